"""Whether something can be written where a person wants it: asked before the work begins."""

import os
from pathlib import Path

from flight.configuration.files import ConfigurationError

LEAST_FREE = 1_000_000
"""Bytes that a disk must have free for the files of a study, a table, a page: far more than one."""


def check_folder(option: str, folder: Path | None, least_free: int = LEAST_FREE) -> None:
    """Refuses a folder, there or not yet, into which nothing can be written.

    Raises ConfigurationError. `least_free`: bytes.
    """
    if folder is not None:
        nearest = _nearest(folder)
        if not nearest.is_dir():
            raise _refused(option, folder, f"{nearest} is a file; allowed is a folder")
        _check_room(option, folder, nearest, "another folder", least_free)


def check_file(option: str, file: Path | None) -> None:
    """Refuses a file that cannot be written; raises ConfigurationError."""
    if file is None:
        return
    if file.is_dir():
        raise _refused(option, file, "is a folder; allowed is a file")
    if file.exists():
        if not os.access(file, os.W_OK):
            raise _refused(option, file, "that file may not be written; allowed is another one")
        if not file.is_file():  # such as /dev/stdout
            return
    nearest = _nearest(file.absolute().parent)
    if not nearest.is_dir():
        raise _refused(option, file, f"{nearest} is no folder; allowed is a file in one")
    _check_room(option, file, nearest, "another place", LEAST_FREE)


def _check_room(option: str, path: Path, nearest: Path, allowed: str, least_free: int) -> None:
    if not os.access(nearest, os.W_OK | os.X_OK):
        problem = f"nothing can be written into {nearest}; allowed is {allowed}"
        raise _refused(option, path, problem)
    disk = os.statvfs(nearest)
    free = disk.f_bavail * disk.f_frsize
    if free < least_free:
        problem = (
            f"{free / 1e6:.1f} MB are free there; allowed is a disk with "
            f"{least_free / 1e6:.0f} MB free"
        )
        raise _refused(option, path, problem)
    if disk.f_files and not disk.f_favail:
        raise _refused(option, path, "no inode is free there; allowed is another disk")


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest above it that is there."""
    return next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))


def _refused(option: str, path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError("command line", None, option, f"= {path}: {problem}")
