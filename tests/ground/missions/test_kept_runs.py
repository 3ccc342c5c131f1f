"""Runs that are kept are listed with what they take, and only what is of one is removed."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.cli import main
from ground.missions.kept_runs import find_runs, remove_run
from ground.missions.run_folder import RunFolder


def kept(folder: Path, state: str = "ended", at: int = 0) -> Path:
    """A run that is over."""
    run = RunFolder(folder)
    run.mark(state, verdict="success")
    run.write_json("summary.json", {"mission": "short"})
    (run.nodes / "mav.sqlite").write_bytes(b"x" * 1000)
    run.close()
    for each in folder.iterdir():
        os.utime(each, (at, at))
    return folder


def test_runs_are_listed_the_newest_first_with_all_that_they_take(tmp_path: Path) -> None:
    for number in (1, 3, 2):
        kept(tmp_path / f"run{number}", at=number)
    (tmp_path / "notes").mkdir()
    found = find_runs(tmp_path)
    assert [each.folder.name for each in found] == ["run3", "run2", "run1"]
    assert {each.mission for each in found} == {"short"}
    assert all(1000 < each.size < 2000 for each in found)
    assert find_runs(tmp_path / "nowhere") == []


def test_one_that_is_under_way_is_told_from_one_that_died(tmp_path: Path) -> None:
    under_way = RunFolder(tmp_path / "now")
    kept(tmp_path / "dead", state="running")
    assert {each.folder.name: each.state for each in find_runs(tmp_path)} == {
        "now": "running", "dead": "died",
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match="the run is under way"):
        remove_run(tmp_path / "now")
    under_way.close()
    assert remove_run(tmp_path / "now") > 0
    assert not (tmp_path / "now").exists()


@pytest.mark.parametrize("name", ["notes.txt", "nodes/notes.txt"])
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, name: str) -> None:
    folder = kept(tmp_path / "run")
    (folder / name).write_text("mine")
    with pytest.raises(ConfigurationError, match="which is not of a run; it is not removed"):
        remove_run(folder)
    assert (folder / name).read_text() == "mine" and (folder / "run.json").exists()


@pytest.mark.parametrize("name", ["run.json", "summary.json", "session.jsonl"])
def test_a_run_whose_files_are_damaged_is_listed_with_what_is_known(
    tmp_path: Path, name: str
) -> None:
    folder = kept(tmp_path / "run")
    for damage in (b"[" * 100_000, b"\xff{}", b"[]", b""):
        (folder / name).write_bytes(damage)
        assert [each.folder for each in find_runs(tmp_path)] == [folder]


def test_a_file_that_goes_while_it_is_looked_at_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path / "run")
    lstat = os.lstat

    def gone(file: str | Path) -> os.stat_result:
        if str(file).endswith("mav.sqlite"):
            raise FileNotFoundError(file)
        return lstat(file)

    monkeypatch.setattr("ground.missions.kept_runs.os.lstat", gone)
    assert find_runs(tmp_path)[0].size < 1000


def test_one_that_another_removes_is_left_to_that_one(tmp_path: Path) -> None:
    folder = kept(tmp_path / "run")
    with (folder / "run.lock").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match="it is not removed"):
            remove_run(folder)
    assert (folder / "summary.json").exists()
    remove_run(folder)
    with pytest.raises(ConfigurationError, match="has gone meanwhile"):
        remove_run(folder)


def test_old_runs_are_removed_only_with_yes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        kept(tmp_path / f"run{number}", at=number)
    words = ["runs", "prune", "--below", str(tmp_path), "--keep", "2"]
    assert main(words) == 0
    assert "would remove" in capsys.readouterr().out
    assert len(find_runs(tmp_path)) == 4
    assert main([*words, "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["removed"]) == 2 and told["bytes"] > 2000
    assert [each.folder.name for each in find_runs(tmp_path)] == ["run3", "run2"]
    assert main(["runs", "prune", "--below", str(tmp_path), "--keep", "-1"]) == 2
    for option in (["--yes"], ["--keep", "5"]):
        assert main(["runs", "list", "--below", str(tmp_path), *option]) == 2
        assert f"{option[0]} needs `msr runs prune`" in capsys.readouterr().err
    assert main(["runs", "list", "--below", str(tmp_path)]) == 0
    assert "2 runs" in capsys.readouterr().out
