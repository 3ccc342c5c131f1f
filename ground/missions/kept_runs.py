"""The runs that lie in a folder: what they are, how much they take, and their end."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from ground.missions.run_folder import LOCK, MARK, clear_run, foreign_entry, is_under_way


@dataclass(frozen=True)
class KeptRun:
    """A run folder. `changed`: seconds since 1970; `size`: bytes of all its files; `branch_of`:
    the run and the instant that it branches off from; "": none."""

    folder: Path
    mission: str
    state: str
    verdict: str
    changed: float
    size: int
    branch_of: str = ""


def find_runs(below: Path) -> list[KeptRun]:
    """The run folders right below a folder, the newest first."""
    if not below.is_dir():
        return []
    found = []
    for mark in below.glob(f"*/{MARK}"):
        with contextlib.suppress(FileNotFoundError):  # somebody removes it at this moment
            found.append(_read(mark.parent))
    return sorted(found, key=lambda each: (-each.changed, each.folder.name))


def remove_run(folder: Path) -> int:
    """Removes what a run has left, and the folder; returns the bytes that it took.

    Raises ConfigurationError for a run that is under way, or that another removes at this moment,
    and where other files lie in it.
    """
    with _locked(folder):
        foreign = foreign_entry(folder)
        if foreign:
            raise ConfigurationError(
                str(folder), None, "", f"holds {foreign}, which is not of a run; it is not removed"
            )
        size = _size(folder)
        clear_run(folder)
        (folder / LOCK).unlink(missing_ok=True)
        folder.rmdir()
    return size


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody begins a run in a folder, or removes that one, meanwhile."""
    lock = -1
    try:
        with contextlib.suppress(FileNotFoundError):  # what an old version has left has none
            lock = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not folder.is_dir():
            raise ConfigurationError(str(folder), None, "", "the run has gone meanwhile")
        yield
    except BlockingIOError:
        problem = "the run is under way; it is not removed"
        raise ConfigurationError(str(folder), None, "", problem) from None
    finally:
        if lock >= 0:
            os.close(lock)


def _read(folder: Path) -> KeptRun:
    mark = _json(folder / MARK)
    summary = _json(folder / "summary.json")
    state = str(mark.get("state", "unknown"))
    if state == "running" and not is_under_way(folder):
        state = "died"
    recorded = _recorded(folder)
    mission = str(summary.get("mission") or recorded.get("mission") or "-")
    verdict = str(mark.get("verdict") or mark.get("reason") or "")
    branch_of = _branch_of(recorded.get("parent"))
    return KeptRun(folder, mission, state, verdict, _changed(folder), _size(folder), branch_of)


def _branch_of(parent: object) -> str:
    """In words: `runs/demo at storm`, `runs/demo at 8000 s`."""
    if not isinstance(parent, dict):
        return ""
    try:
        at = parent.get("checkpoint") or f"{int(parent['time_ns']) / 1e9:.0f} s"
        return f"{parent['run']} at {at}"
    except (KeyError, TypeError, ValueError):
        return "a run that its record does not name"


def _recorded(folder: Path) -> dict[str, object]:
    """What the record of an operated run says of it."""
    try:
        with (folder / "session.jsonl").open("rb") as file:
            head = json.loads(file.readline(1 << 20))
    except (OSError, *UNDECODABLE):
        return {}
    return head if isinstance(head, dict) else {}


def _json(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, *UNDECODABLE):
        return {}
    return found if isinstance(found, dict) else {}


def _changed(folder: Path) -> float:
    return max((found.st_mtime for found in _stats(os.listdir(folder), folder)), default=0.0)


def _size(folder: Path) -> int:
    walked = os.walk(folder)
    return sum(found.st_size for inner, _, names in walked for found in _stats(names, inner))


def _stats(names: list[str], folder: Path | str) -> Iterator[os.stat_result]:
    """Of those of the entries that are still there: a run that flies makes and removes files."""
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            yield os.lstat(os.path.join(folder, name))
