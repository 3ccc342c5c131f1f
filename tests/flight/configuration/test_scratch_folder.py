"""Folders in the temporary directory: removed in order, and swept after a death, ours alone."""

import contextlib
import os
import select
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flight.configuration import scratch_folder
from flight.configuration.scratch_folder import OWNER, ScratchFolder, sweep


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ScratchFolder, "_swept", True)
    return tmp_path


class Neighbour:
    """A process that makes a folder and lives on; with `copied` its copy does, and it has ended."""

    def __init__(self, name: str, copied: bool = False) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            made = ScratchFolder(name)
            (made.path / "inside").mkdir()
            if copied and os.fork():
                os._exit(0)
            os.write(writing, f"{os.getpid()} {made.path}".encode())
            signal.pause()
        os.close(writing)
        with open(reading, encoding="ascii") as told:
            owner, _, path = os.read(told.fileno(), 1000).decode().partition(" ")
        self.owner, self.path = int(owner), Path(path)
        if copied:
            os.waitpid(self.pid, 0)

    def dies(self) -> None:
        gone = os.pidfd_open(self.owner)
        os.kill(self.owner, signal.SIGKILL)
        assert select.select([gone], [], [], 10.0)[0]
        os.close(gone)
        if self.owner == self.pid:
            os.waitpid(self.pid, 0)


@pytest.fixture
def neighbour(place: Path) -> Iterator[Callable[..., Neighbour]]:
    made: list[Neighbour] = []

    def begins(name: str, copied: bool = False) -> Neighbour:
        made.append(Neighbour(name, copied))
        return made[-1]

    yield begins
    for each in made:
        with contextlib.suppress(ProcessLookupError):
            each.dies()


def test_what_a_dead_process_has_left_is_swept_and_what_a_living_one_has_is_not(
    place: Path, neighbour: Callable[..., Neighbour]
) -> None:
    dead, living = neighbour("spare-"), neighbour("spare-")
    assert sweep() == []
    dead.dies()
    assert sweep() == [dead.path] and (living.path / "inside").is_dir()
    assert sweep() == []


def test_a_folder_is_its_owners_copys_as_well(
    place: Path, neighbour: Callable[..., Neighbour]
) -> None:
    copied = neighbour("", copied=True)
    assert copied.owner != copied.pid and sweep() == []
    copied.dies()
    assert sweep() == [copied.path]


def test_the_first_of_a_process_sweeps_and_is_not_swept_itself(
    place: Path, neighbour: Callable[..., Neighbour], monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = neighbour("")
    dead.dies()
    monkeypatch.setattr(ScratchFolder, "_swept", False)
    with ScratchFolder("twin-") as path:
        assert not dead.path.exists() and sweep() == []
        assert path.stat().st_mode & 0o777 == 0o700 and path.name.startswith("msr-twin-")
        again = neighbour("")
        again.dies()
        with ScratchFolder():
            assert again.path.exists()
    assert not path.exists()


def test_what_nobody_has_locked_is_not_ours_whatever_it_is_called(place: Path) -> None:
    notes = place / "msr-notes"
    (notes / "kept").mkdir(parents=True)
    other = place / "other"
    other.mkdir()
    (other / OWNER).touch()
    (place / "msr-link").symlink_to(other)
    (place / "msr-file").touch()
    linked = place / "msr-linked"
    linked.mkdir()
    (linked / OWNER).symlink_to(other / OWNER)
    half = place / "msr-half"
    half.mkdir()
    (half / f"{OWNER}.new").touch()
    assert sweep() == []
    assert all(each.exists() for each in (notes / "kept", other / OWNER, linked, half))
    (notes / OWNER).touch()
    assert sweep() == [notes]


def test_those_of_another_user_are_not_touched(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = place / "msr-theirs"
    theirs.mkdir()
    (theirs / OWNER).touch()
    monkeypatch.setattr(scratch_folder.os, "getuid", lambda: os.stat(place).st_uid + 1)
    assert sweep() == [] and theirs.exists()


def test_it_is_removed_once(place: Path) -> None:
    made = ScratchFolder()
    made.remove()
    assert not made.path.exists()
    made.remove()
    assert list(place.iterdir()) == []
