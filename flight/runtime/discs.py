"""Where SQLite databases, and the small notes beside them, lie: in files or in memory.

A database in memory survives the death of who uses it, as a file does, and loses what a file
loses: the transaction that was open. Several of a run lie on one disc, under the paths that their
files would have.
"""

import os
import sqlite3
from pathlib import Path
from typing import Protocol

from flight.configuration.whole_files import replace_file


class Disc(Protocol):
    """Opens databases, and takes them back."""

    @property
    def synchronous(self) -> str:
        """How stores wait for the machine's own disc, as SQLite has it: NORMAL, or OFF where they
        need to survive the death of their process only, not a power cut of the machine."""
        ...

    def connect(self, path: Path | str, timeout: float = 5.0) -> sqlite3.Connection:
        """The database at `path`, made if it is not there; transactions are up to the caller.

        Waits `timeout` s of the wall clock for the lock of another process. Raises sqlite3.Error.
        """
        ...

    def release(self, connection: sqlite3.Connection) -> None:
        """Ends the use of a database, in order or by death: what is not committed is undone."""

    def size(self, path: Path) -> int | None:
        """Bytes of the database, which nobody uses; None when there is none."""
        ...

    def set_aside(self, path: Path, name: str) -> None:
        """Gives the database another name in its folder, if there is one."""

    def read_note(self, path: Path) -> str:
        """A note that was written. Raises OSError or UnicodeDecodeError."""
        ...

    def write_note(self, path: Path, text: str) -> None:
        """Writes a note in ASCII, whole or not at all."""


class FileDisc:
    """Databases in files. `factory` makes their connections; see `Disc` for `synchronous`."""

    def __init__(
        self,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
        synchronous: str = "NORMAL",
    ) -> None:
        self.factory = factory
        self.synchronous = synchronous

    def connect(self, path: Path | str, timeout: float = 5.0) -> sqlite3.Connection:
        """Opens or makes the file."""
        return sqlite3.connect(
            path, timeout=timeout, isolation_level=None, factory=self.factory
        )

    def release(self, connection: sqlite3.Connection) -> None:
        """Closes it."""
        connection.close()

    def size(self, path: Path) -> int | None:
        """Bytes of the file."""
        return path.stat().st_size if path.exists() else None

    def set_aside(self, path: Path, name: str) -> None:
        """Moves the file and what SQLite keeps beside it away: a log must not meet another file."""
        for ending in ("", "-wal", "-shm"):
            file = path.with_name(path.name + ending)
            if file.exists():
                file.rename(path.with_name(name + ending))

    def read_note(self, path: Path) -> str:
        """Reads a text file."""
        return path.read_text(encoding="ascii")

    def write_note(self, path: Path, text: str) -> None:
        """Writes a text file."""
        draft = path.with_name(path.name + ".new")
        draft.write_text(text, encoding="ascii")
        os.replace(draft, path)


def image_of(database: sqlite3.Connection) -> bytes:
    """A database in memory as its file would be: nothing, where nothing was ever written to it,
    which SQLite calls an error."""
    # By the class itself: a connection whose statements fail has its pages all the same.
    pages = sqlite3.Connection.execute(database, "PRAGMA page_count").fetchone()[0]
    return database.serialize() if pages else b""


class MemoryDisc:
    """Databases in memory, each used by one at a time. `save` writes them to their files.

    `factory` makes their connections.
    """

    synchronous = "NORMAL"  # of the files that they may become; in memory nobody waits

    def __init__(self, factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        self.factory = factory
        self._images: dict[str, bytes] = {}  # as the files would be, of those that nobody uses
        self._used: dict[str, sqlite3.Connection] = {}
        self._notes: dict[str, str] = {}

    def connect(self, path: Path | str, timeout: float = 5.0) -> sqlite3.Connection:
        """The database of that path. Raises sqlite3.OperationalError while it is in use."""
        key = str(path)
        if key in self._used:
            raise sqlite3.OperationalError(f"{key} is in use: a database in memory has one user")
        database = sqlite3.connect(":memory:", isolation_level=None, factory=self.factory)
        image = self._images.get(key)
        if image:
            database.deserialize(image)
        self._used[key] = database
        self._images[key] = b""
        return database

    def release(self, connection: sqlite3.Connection) -> None:
        """Keeps what is committed, and closes."""
        for key, used in list(self._used.items()):
            if used is connection:
                connection.rollback()
                self._images[key] = image_of(connection)
                del self._used[key]
        connection.close()

    def size(self, path: Path) -> int | None:
        """Bytes that its file would have."""
        image = self._images.get(str(path))
        return None if image is None else len(image)

    def set_aside(self, path: Path, name: str) -> None:
        """Keeps it under another name."""
        if str(path) in self._images:
            self._images[str(path.with_name(name))] = self._images.pop(str(path))

    def read_note(self, path: Path) -> str:
        """A note that was written; raises FileNotFoundError when none was."""
        try:
            return self._notes[str(path)]
        except KeyError:
            raise FileNotFoundError(str(path)) from None

    def write_note(self, path: Path, text: str) -> None:
        """Keeps a note."""
        self._notes[str(path)] = text

    def save(self) -> None:
        """Writes all into their files.

        Raises RuntimeError when somebody still uses a database, OSError when a file cannot be
        written.
        """
        for key in self._used:
            raise RuntimeError(f"{key} is still in use: what it holds is not final")
        for key, image in self._images.items():
            Path(key).parent.mkdir(parents=True, exist_ok=True)
            replace_file(Path(key), image)
        for key, text in self._notes.items():
            replace_file(Path(key), text)


FILES = FileDisc()
UNWAITED_FILES = FileDisc(synchronous="OFF")
"""Of a run that can be flown again: files are as they were left by whoever is killed, at any
instant, and nobody waits for the machine's disc, which takes a twentieth of a flight."""

REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_BUSY: "another process holds its lock; end that process first",
    sqlite3.SQLITE_READONLY: "it is read-only; allow writing",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that its folder exists and is writable",
    sqlite3.SQLITE_CORRUPT: "it is damaged; replace it",
    sqlite3.SQLITE_NOTADB: "it is damaged or no SQLite database; replace it",
    sqlite3.SQLITE_IOERR: "the disk reports an input or output error; check it",
}
"""What is wrong and what to do, by the code of an error of SQLite."""
