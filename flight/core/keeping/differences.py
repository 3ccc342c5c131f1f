"""What the disc of a store has otherwise than memory, and how that is written."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flight.core.keeping.image import Image, Stored

APPEND = "INSERT INTO journal VALUES (?1, ?2) ON CONFLICT (journal) DO UPDATE SET last_number = ?2"
PUT = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)"
ENTER = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM record WHERE namespace = ? AND key = ?"
_REMOVE = "DELETE FROM entry WHERE journal = ? AND number = ?"
_RECORD = "SELECT value, crc FROM record WHERE namespace = ? AND key = ?"
_ENTRIES = "SELECT number, crc FROM entry WHERE journal = ? AND number >= ? ORDER BY number"
_LAST = "SELECT last_number FROM journal WHERE journal = ?"

Step = tuple[str, list[tuple[Any, ...]], list[str]]
"""A statement, the rows that it is for, and how each of them is called."""


def gives_back(connection: sqlite3.Connection, image: Image) -> bool:
    """Whether what was changed stands on the disc as in memory; raises sqlite3.Error."""
    for namespace, key in image.changed_records:
        if connection.execute(_RECORD, (namespace, key)).fetchone() != image.record(namespace, key):
            return False
    for journal, first in image.changed_journals.items():
        table = image.entries.get(journal, {})
        rows = connection.execute(_ENTRIES, (journal, first)).fetchall()
        if rows != [(number, table[number][1]) for number in sorted(table) if number >= first]:
            return False
        last = connection.execute(_LAST, (journal,)).fetchone()
        if (0 if last is None else last[0]) != image.last.get(journal, 0):
            return False
    return True


def write_differences(connection: sqlite3.Connection, image: Image) -> list[str]:
    """Makes the disc as memory is, in one transaction; the names of what differed.

    Raises sqlite3.Error; nothing is written then.
    """
    names: list[str] = []
    connection.rollback()  # what a failing disc would not even undo
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement, rows, what in _differences(connection, image):
            connection.executemany(statement, rows)
            names += what
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.rollback()
        raise
    return names


def _differences(connection: sqlite3.Connection, image: Image) -> Iterator[Step]:
    yield from _of_table(connection, "record", image.records, PUT, _DELETE)
    yield from _of_table(connection, "entry", image.entries, ENTER, _REMOVE)
    last = dict(connection.execute("SELECT * FROM journal").fetchall())
    wrong = [item for item in image.last.items() if last.get(item[0]) != item[1]]
    yield APPEND, wrong, [f"the last number of {journal!r}" for journal, _ in wrong]


def _of_table(
    connection: sqlite3.Connection,
    table: str,
    tables: dict[str, dict[Any, Stored]],
    write: str,
    erase: str,
) -> Iterator[Step]:
    if _is_alike(connection, table, tables):
        return  # as nearly always
    memory = _flat(tables)
    there = {
        (first, second): (value, crc)
        for first, second, value, crc in connection.execute(f"SELECT * FROM {table}")
    }
    wrong = [name for name, stored in memory.items() if there.get(name) != stored]
    gone = [name for name in there if name not in memory]
    yield write, [(*name, *memory[name]) for name in wrong], [_words(*name) for name in wrong]
    yield erase, gone, [_words(*name) for name in gone]


def _is_alike(
    connection: sqlite3.Connection, table: str, tables: dict[str, dict[Any, Stored]]
) -> bool:
    """Whether a table stands on the disc as in memory; without a copy of it, which may be large."""
    left = sum(len(each) for each in tables.values())
    nothing: dict[Any, Stored] = {}
    for first, second, value, crc in connection.execute(f"SELECT * FROM {table}"):
        if tables.get(first, nothing).get(second) != (value, crc):
            return False
        left -= 1
    return left == 0


def _flat(tables: dict[str, dict[Any, Stored]]) -> dict[tuple[str, Any], Stored]:
    return {(name, key): stored for name, table in tables.items() for key, stored in table.items()}


def _words(first: str, second: Any) -> str:
    return f"{second!r} of {first!r}"
