"""What an earlier run has left in a folder, while the one that is to replace it has not begun: it
lies aside, so that one that is refused leaves all as it was."""

from collections.abc import Callable
from pathlib import Path

ASIDE = ".earlier"
"""The folder within a run folder in which it lies."""


def set_aside(path: Path, mark: str, keep: str) -> None:
    """Moves all but `keep` aside, the file `mark` first: what lies there is of a run, whenever a
    death comes."""
    entries = [each for each in path.iterdir() if each.name not in (keep, ASIDE)]
    if not entries:
        return
    aside = path / ASIDE
    aside.mkdir(exist_ok=True)
    for entry in sorted(entries, key=lambda each: each.name != mark):
        entry.rename(aside / entry.name)


def give_back(path: Path, mark: str, clear: Callable[[Path], None]) -> None:
    """All is as it was: `clear` removes what has come since; the file `mark` comes back last."""
    aside = path / ASIDE
    kept = sorted(aside.iterdir(), key=lambda each: each.name == mark) if aside.is_dir() else []
    clear(path)
    for entry in kept:
        entry.rename(path / entry.name)
    if aside.is_dir():
        aside.rmdir()


def nearest_made(path: Path) -> Path | None:
    """The outermost folder that has to be made for a path to be one; None where it is one."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    return missing[-1] if missing else None


def remove_empty(path: Path, outermost: Path) -> None:
    """Removes a folder and those around it, up to that one, as far as they are empty; raises
    OSError at the first that is not."""
    while True:
        path.rmdir()
        if path == outermost:
            return
        path = path.parent
