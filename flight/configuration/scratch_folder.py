"""Folders in the temporary directory that outlive nobody: what the dead have left is swept.

Who is killed removes nothing. A folder belongs to the process that made it and to the copies of
that (`fork`): all of them hold a lock in it, which the kernel takes from them when the last one
ends, however that happens. So no number of a process is kept, which could be another's by now.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path
from types import TracebackType

from flight.configuration.held_locks import is_held

PREFIX = "msr-"
OWNER = ".owner"
"""The lock: where it is missing, a folder is not ours to remove, whatever it is called."""


class ScratchFolder:
    """A folder of mode 0700, called `msr-`, `name` and something that makes it the only one; `with`
    gives its path, and removes it in the end. The first one of a process sweeps (`sweep`)."""

    _swept = False

    def __init__(self, name: str = "") -> None:
        if not ScratchFolder._swept:
            ScratchFolder._swept = True
            sweep()
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{name}"))
        self._lock = _owned(self.path)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """It is of no more use; again: nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)


def _owned(folder: Path) -> int:
    """The lock in a folder, taken. It gets its name when it is: who sweeps finds none before."""
    new = folder / f"{OWNER}.new"
    lock = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    new.rename(folder / OWNER)
    return lock


def is_scratch(folder: Path) -> bool:
    """Whether it is such a folder of this user, that nobody else can enter."""
    try:
        found = folder.lstat()
        owner = (folder / OWNER).lstat()
    except OSError:
        return False
    mine = found.st_uid == owner.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
    return mine and not found.st_mode & 0o077 and folder.name.startswith(PREFIX)


def sweep(place: Path | None = None) -> list[Path]:
    """Removes the folders of this user that dead processes have left in the temporary directory (or
    in `place`), and says which. Not those of the living, of others, and what nobody locks."""
    swept: list[Path] = []
    for folder in sorted((place or Path(tempfile.gettempdir())).glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError):  # another sweeps it as well, or it cannot be looked at
            if _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)
                swept.append(folder)
    return swept


def _is_left(folder: Path) -> bool:
    """Whether it was somebody's who is dead. Raises OSError where it is no such folder."""
    found = folder.lstat()
    if found.st_uid != os.getuid():
        return False
    home = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        lock = os.open(OWNER, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=home)
    finally:
        os.close(home)
    return not is_held(lock)
