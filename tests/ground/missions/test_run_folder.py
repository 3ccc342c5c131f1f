"""A run's folder: only what runs have left is removed; who reads it sees whole files."""

import errno
import fcntl
import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from flight.configuration.whole_files import part_of
from ground.missions.mission import load_mission
from ground.missions.run_folder import RunFolder
from ground.terminal import destinations
from ground.terminal.signals import ended_in_order
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from ground.testbed.hardware.truth_tracks import TruthTracks


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The folder of a run that has ended, with something in each of its folders."""
    path = tmp_path / "run"
    RunFolder(path).close()
    for name in (
        "pictures/descent.png", "logs/rover.log", "ground/archive.sqlite-wal", "nodes/rover.sqlite",
        "nodes/rover.boots", "nodes/rover.sqlite.damaged-3", "tracks/transfer.csv", "summary.json",
        part_of(Path("summary.json")).name,
    ):  # fmt: skip
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("earlier")
    return path


def test_what_an_earlier_run_has_left_is_replaced(earlier: Path) -> None:
    folder = RunFolder(earlier)
    folder.begin()
    assert sorted(entry.name for entry in earlier.iterdir()) == [
        "nodes", "pictures", "run.json", "run.lock",
    ]  # fmt: skip
    assert list(folder.nodes.iterdir()) == list(folder.pictures.iterdir()) == []
    folder.close()


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt", "pictures/mine.png", "logs/mine.log", "ground/notes.md", "nodes/mine.sqlite",
        "tracks/mine.csv", "pictures/descent.png.orig", "pictures/.hidden.part",
    ],
)  # fmt: skip
def test_a_file_of_ones_own_is_a_reason_to_refuse_and_nothing_is_removed(
    earlier: Path, name: str
) -> None:
    (earlier / name).write_text("mine")
    before = sorted(earlier.rglob("*"))
    with pytest.raises(ConfigurationError, match=f"holds {name}, which is not of a run"):
        RunFolder(earlier)
    assert sorted(earlier.rglob("*")) == before


@pytest.mark.parametrize("name", ["pictures/descent.png", "nodes/rover.sqlite"])
def test_a_folder_that_is_called_as_a_file_of_a_run_is_not_of_one(earlier: Path, name: str) -> None:
    (earlier / name).unlink()
    (earlier / name).mkdir()
    with pytest.raises(ConfigurationError, match="which is not of a run"):
        RunFolder(earlier)


def test_a_link_to_a_folder_is_not_of_a_run(tmp_path: Path, earlier: Path) -> None:
    (earlier / "pictures" / "descent.png").unlink()
    (earlier / "pictures").rmdir()
    (earlier / "pictures").symlink_to(tmp_path)
    with pytest.raises(ConfigurationError, match="holds pictures, which is not of a run"):
        RunFolder(earlier)


def test_the_lock_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.lock").symlink_to(tmp_path / "made")
    with pytest.raises(ConfigurationError, match=r"run\.lock is a link; allowed is a file"):
        RunFolder(tmp_path / "run")
    assert not (tmp_path / "made").exists()


def test_a_second_run_in_one_folder_is_refused_and_a_third_after_it_is_not(tmp_path: Path) -> None:
    first = RunFolder(tmp_path / "run")
    with pytest.raises(ConfigurationError, match="another run is under way"):
        RunFolder(tmp_path / "run")
    first.close()
    third = RunFolder(tmp_path / "run")
    with open(tmp_path / "run" / "run.lock") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    third.close()


def test_a_disk_without_room_is_refused_before_the_earlier_run_is_removed(
    earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = 49_999_999
    nearly_full = os.statvfs_result((1, 1, blocks, blocks, blocks, 9, 9, 9, 0, 255))
    monkeypatch.setattr(destinations.os, "statvfs", lambda path: nearly_full)
    with pytest.raises(ConfigurationError, match="allowed is a disk with 50 MB free"):
        RunFolder(earlier)
    assert (earlier / "summary.json").read_text() == "earlier"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_that_a_signal_ends_says_which(tmp_path: Path, number: signal.Signals) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin()
    with pytest.raises(KeyboardInterrupt), ended_in_order(), folder.in_use():
        os.kill(os.getpid(), number)
    mark = json.loads((tmp_path / "run" / "run.json").read_text())
    assert mark == {"state": "interrupted", "reason": f"ended by {number.name}"}
    RunFolder(tmp_path / "run").close()  # nobody holds it


def test_a_run_that_breaks_says_why(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(ZeroDivisionError), folder.in_use():
        raise ZeroDivisionError("a bug")
    mark = json.loads((tmp_path / "run" / "run.json").read_text())
    assert mark == {"state": "interrupted", "reason": "ZeroDivisionError: a bug"}


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file"), ZeroDivisionError()])
def test_a_folder_that_is_taken_away_is_told_and_who_comes_after_is_left_alone(
    tmp_path: Path, error: Exception
) -> None:
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(OSError) as told, folder.in_use():
        folder.begin()
        shutil.rmtree(folder.path)
        other = RunFolder(tmp_path / "run")
        before = contents(other.path)
        raise error
    assert (told.value.errno, told.value.filename) == (errno.ESTALE, str(folder.path))
    assert contents(other.path) == before
    with pytest.raises(KeyboardInterrupt), other.in_use():
        shutil.rmtree(other.path)
        raise KeyboardInterrupt
    assert not other.path.exists()


def contents(path: Path) -> dict[str, str | None]:
    return {
        str(each.relative_to(path)): each.read_text() if each.is_file() else None
        for each in sorted(path.rglob("*"))
    }


REFUSED = ConfigurationError("desk.yaml", None, "devices", "it is not there")


@pytest.mark.parametrize("error", [REFUSED, KeyboardInterrupt()])
def test_one_that_is_refused_before_it_has_begun_leaves_the_earlier_one_as_it_was(
    earlier: Path, error: BaseException
) -> None:
    before = contents(earlier)
    folder = RunFolder(earlier)
    with pytest.raises(type(error)), folder.in_use():
        (folder.path / "bench.mcap").write_text("begun")
        raise error
    assert contents(earlier) == before
    folder = RunFolder(earlier)
    with pytest.raises(ConfigurationError, match="not there"), folder.in_use():
        folder.begin()
        raise REFUSED
    mark = json.loads((earlier / "run.json").read_text())
    assert mark["state"] == "interrupted" and not (earlier / "summary.json").exists()


def test_where_nothing_was_one_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("run", "mine", "mine/a/b"):
        before = contents(tmp_path)
        folder = RunFolder(tmp_path / name)
        with pytest.raises(ConfigurationError, match="not there"), folder.in_use():
            raise REFUSED
        assert contents(tmp_path) == before


def test_an_earlier_run_outlives_the_death_of_one_that_had_not_begun(earlier: Path) -> None:
    before = contents(earlier)
    RunFolder(earlier).close()  # as a death leaves it
    assert not (earlier / "summary.json").exists()
    folder = RunFolder(earlier)
    with pytest.raises(ConfigurationError), folder.in_use():
        raise REFUSED
    assert contents(earlier) == before
    (earlier / ".earlier").mkdir()
    (earlier / ".earlier" / "notes.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match=r"holds \.earlier/notes\.txt, which is not of a"):
        RunFolder(earlier)


def test_all_tracks_of_a_run_are_known_as_of_a_run(tmp_path: Path) -> None:
    mission = load_mission("return")
    hardware = Hardware(mission, load_vehicle_files(mission), 1)
    hardware.world.clock = lambda: 0.0
    hardware.services()
    tracks = TruthTracks(hardware)
    path = tmp_path / "run"
    RunFolder(path).close()
    (path / "tracks").mkdir()
    for track in tracks.tracks:
        (path / "tracks" / f"{track.name}.csv").write_text("")
    assert (path / "tracks" / "transfer.csv").exists()
    RunFolder(path).close()
