"""Databases in memory that become files while they are used."""

import sqlite3
from pathlib import Path

from flight.configuration.whole_files import replace_file
from flight.runtime.discs import FileDisc, MemoryDisc, image_of

KEPT_PRAGMAS = ("synchronous", "cache_size", "wal_autocheckpoint")
"""What a user has asked of a connection, and asks of that to the file as well."""


class MovableDisc(MemoryDisc):
    """In memory until `move`; from then on the files below `new` stand for the paths below `old`,
    under which they are still asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._files = FileDisc()
        self._from: Path | None = None
        self._to = Path()

    def move(self, old: Path, new: Path) -> dict[int, sqlite3.Connection]:
        """Writes all into their files. Returns, by the `id` of each connection that is in use, the
        one that is to be used instead.

        Raises RuntimeError within a transaction, OSError and sqlite3.Error when a file cannot be
        written; then nobody has moved.
        """
        moved = {}
        for key, used in self._used.items():
            if used.in_transaction:
                raise RuntimeError(f"{key} is within a transaction: what it holds is not final")
        for key, image in self._images.items():
            database = self._used.get(key)
            file = _moved(Path(key), old, new)
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(file, image if database is None else image_of(database))
            if database is not None:
                moved[id(database)] = self._opened(file, database)
        for key, text in self._notes.items():
            replace_file(_moved(Path(key), old, new), text)
        for database in self._used.values():
            database.close()
        self._used, self._images, self._notes = {}, {}, {}
        self._from, self._to = old, new
        return moved

    def _opened(self, file: Path, like: sqlite3.Connection) -> sqlite3.Connection:
        database = self._files.connect(file)
        database.execute("PRAGMA journal_mode = WAL")
        for name in KEPT_PRAGMAS:
            [value] = like.execute(f"PRAGMA {name}").fetchone()
            database.execute(f"PRAGMA {name} = {value}")
        return database

    def _file(self, path: Path | str) -> Path | None:
        return None if self._from is None else _moved(Path(path), self._from, self._to)

    # ------------------------------------------------------------ see `Disc`

    def connect(self, path: Path | str, timeout: float = 5.0) -> sqlite3.Connection:
        """See `Disc`."""
        file = self._file(path)
        return super().connect(path) if file is None else self._files.connect(file, timeout)

    def release(self, connection: sqlite3.Connection) -> None:
        """See `Disc`."""
        if self._from is None:
            super().release(connection)
        else:
            self._files.release(connection)

    def size(self, path: Path) -> int | None:
        """See `Disc`."""
        file = self._file(path)
        return super().size(path) if file is None else self._files.size(file)

    def set_aside(self, path: Path, name: str) -> None:
        """See `Disc`."""
        file = self._file(path)
        if file is None:
            super().set_aside(path, name)
        else:
            self._files.set_aside(file, name)

    def read_note(self, path: Path) -> str:
        """See `Disc`."""
        file = self._file(path)
        return super().read_note(path) if file is None else self._files.read_note(file)

    def write_note(self, path: Path, text: str) -> None:
        """See `Disc`."""
        file = self._file(path)
        if file is None:
            super().write_note(path, text)
        else:
            self._files.write_note(file, text)

    def save(self) -> None:
        """Writes all into their files, where they are not there already."""
        if self._from is None:
            super().save()


def _moved(path: Path, old: Path, new: Path) -> Path:
    return new / path.relative_to(old) if path.is_relative_to(old) else path
