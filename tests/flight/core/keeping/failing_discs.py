"""Discs that are full, dead, or say yes and keep nothing, while a test says so."""

import sqlite3
from pathlib import Path
from typing import Any

from flight.runtime.discs import FileDisc, MemoryDisc

WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE")


def sqlite_error(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


class Sickness:
    """What ails a disc: `""`, `full`, `dead` or `lying`."""

    def __init__(self) -> None:
        self.now = ""
        self.asked = 0

    def passes(self, statement: str) -> bool:
        """Whether a statement is carried out; raises when it says that it is not."""
        self.asked += 1
        writes = statement.lstrip().upper().startswith(WRITES)
        if self.now == "dead":
            raise sqlite_error(sqlite3.SQLITE_IOERR, "disk I/O error")
        if self.now == "full" and writes:
            raise sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full")
        return not (self.now == "lying" and writes)


def sick(sickness: Sickness) -> type[sqlite3.Connection]:
    """Connections of a disc that may be sick."""

    class SickConnection(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:  # type: ignore[override]
            done = sickness.passes(sql)
            return super().execute(sql, *values) if done else super().execute("SELECT 0 WHERE 0")

        def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:  # type: ignore[override]
            done = sickness.passes(sql)
            return (
                super().executemany(sql, *values) if done else super().execute("SELECT 0 WHERE 0")
            )

    return SickConnection


class SickMemoryDisc(MemoryDisc):
    """Databases in memory, of which the whole disc may be sick; notes lie elsewhere."""

    def __init__(self) -> None:
        self.sickness = Sickness()
        super().__init__(sick(self.sickness))

    def connect(self, path: Path | str, timeout: float = 5.0) -> sqlite3.Connection:
        if self.sickness.now == "dead":
            raise sqlite_error(sqlite3.SQLITE_CANTOPEN, "unable to open database file")
        return super().connect(path, timeout)


class SickFileDisc(FileDisc):
    """The same with files."""

    def __init__(self) -> None:
        self.sickness = Sickness()
        super().__init__(sick(self.sickness))

    def connect(self, path: Path | str, timeout: float = 5.0) -> sqlite3.Connection:
        if self.sickness.now == "dead":
            raise sqlite_error(sqlite3.SQLITE_CANTOPEN, "unable to open database file")
        return super().connect(path, timeout)
