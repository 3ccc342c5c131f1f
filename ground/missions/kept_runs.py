"""The runs that lie in a folder: what they are, how much they take, and their end."""

import json
from dataclasses import dataclass
from pathlib import Path

from flight.configuration.files import ConfigurationError
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
    found = [_read(mark.parent) for mark in below.glob(f"*/{MARK}")]
    return sorted(found, key=lambda each: (-each.changed, each.folder.name))


def remove_run(folder: Path) -> int:
    """Removes what a run has left, and the folder; returns the bytes that it took.

    Raises ConfigurationError for a run that is under way, and where other files lie in it.
    """
    if is_under_way(folder):
        raise ConfigurationError(str(folder), None, "", "the run is under way; it is not removed")
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
    except (OSError, ValueError):
        return {}
    return head if isinstance(head, dict) else {}


def _json(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _changed(folder: Path) -> float:
    return max((each.lstat().st_mtime for each in folder.iterdir()), default=0.0)


def _size(folder: Path) -> int:
    return sum(each.lstat().st_size for each in folder.rglob("*") if not each.is_dir())
