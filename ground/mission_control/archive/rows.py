"""The rows of an archive: how each kind is written, and what no row can hold."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from flight.icd.messages import EventReport, Telemetry
from ground.mission_control.archive.schema import REPORTS_OF_A_BOOT

INSERTS = {
    "rungs": "INSERT OR IGNORE INTO rungs (identifier, rung, occurred_ns, received_ns, detail, "
    "repeated, source) VALUES (?,?,?,?,?,?,?)",
    "events": "INSERT OR IGNORE INTO events VALUES (?,?,?,?,?,?,?,?,?)",
    "custody": "INSERT OR IGNORE INTO custody VALUES (?,?,?,?,?,?,?,?,?)",
    "passes": "INSERT OR IGNORE INTO passes VALUES (?,?,?,?)",
    "light_times": "INSERT OR IGNORE INTO light_times VALUES (?,?,?)",
    "link_states": "INSERT OR IGNORE INTO link_states VALUES (?,?,?,?)",
    "uplinks": "INSERT INTO uplinks (spacecraft, destination, sent_ns, bytes, commands, outcome) "
    "VALUES (?,?,?,?,?,?)",
    "downlinks": "INSERT INTO downlinks (spacecraft, source, frame, received_ns, bytes, packets) "
    "VALUES (?,?,?,?,?,?)",
    "procedure_log": "INSERT INTO procedure_log (time_ns, step, text) VALUES (?,?,?)",
    "state": "INSERT OR REPLACE INTO state VALUES (?,?)",
}
_INTEGERS = range(-(2**63), 2**63)  # that SQLite can keep
CAUSED_BY_A_ROW = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    OverflowError,
    ValueError,
)


class ArchiveError(Exception):
    """The archive cannot be opened, was lost or damaged, is of another version, or takes no
    more."""


class NoRoom(ArchiveError):
    """The archive takes no more as it is, such as on a full disk; what it holds is whole, and who
    opens it when there is room goes on with it."""


class Unstorable(ValueError):
    """Something that came down and that no row can hold; says what."""


def order_of(report: EventReport | Telemetry) -> int:
    """The place of a report in all that its source says: the greater was said later, whatever its
    clock was set to."""
    return report.boot * REPORTS_OF_A_BOOT + report.number


def check_integers(row: Iterable[Any]) -> None:
    """Raises Unstorable."""
    for value in row:
        if type(value) is int and value not in _INTEGERS:
            raise Unstorable(f"{value}: allowed are whole numbers of 64 bits with a sign")


def json_text(value: Any) -> str:
    """As JSON."""
    return msgspec.json.encode(value).decode()


LARGE = 50_000
"""Pages (200 MB) from which on the samples are not looked through when an archive is opened: that
takes seconds, and nothing is decided by them. Damage there is met by who asks for them."""


def damage_in(database: sqlite3.Connection) -> str:
    """What is damaged in an archive that is opened, in SQLite's words; empty: nothing."""
    if database.execute("PRAGMA page_count").fetchone()[0] < LARGE:
        checks = ["PRAGMA quick_check(1)"]
    else:
        tables = database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'sample_blocks'"
        )
        checks = [f"PRAGMA quick_check('{name}')" for (name,) in tables]
    for check in checks:
        found = str(database.execute(check).fetchone()[0])
        if found != "ok":
            return found
    return ""


@contextmanager
def room_in(path: Path) -> Iterator[None]:
    """Says by NoRoom that an archive takes no more, as on a full disk."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise NoRoom(f"{path} takes no more: {error}") from error


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All that is executed within, or nothing of it; within another, it is a part of that."""
    inside = database.in_transaction
    database.execute("SAVEPOINT part" if inside else "BEGIN")
    try:
        yield
        database.execute("RELEASE part" if inside else "COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK TO part" if inside else "ROLLBACK")
            if inside:
                database.execute("RELEASE part")
        raise


@contextmanager
def without_waiting(database: sqlite3.Connection, durable: bool) -> Iterator[None]:
    """While what arrived is written: a power cut may cost the last of it, and all of that comes
    again, since the number of the frame that was taken last is written with it."""
    eased = durable and not database.in_transaction
    if eased:
        database.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        if eased:
            database.execute("PRAGMA synchronous = FULL")
