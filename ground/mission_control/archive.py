"""The archive of a run: every command, rung, event, sample, custody step and frame, in SQLite.

What arrives is written in batches. What the ground must not forget when it is killed (a command
about to be sent, a verdict, where the procedure stands) is committed at once.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from flight.icd.custody_record import CustodyRecord
from flight.icd.messages import CommandReport, EventReport, Severity, Telemetry
from flight.runtime.discs import FILES, Disc
from ground.mission_control.archive_schema import RUNG_ORDER, SCHEMA, VERSION

BATCH = 2000  # rows that wait before they are written

_INSERTS = {
    "rungs": "INSERT OR IGNORE INTO rungs VALUES (?,?,?,?,?,?,?)",
    "events": "INSERT OR IGNORE INTO events VALUES (?,?,?,?,?,?,?,?)",
    "streams": "INSERT OR IGNORE INTO streams VALUES (?,?,?,?)",
    "samples": "INSERT OR IGNORE INTO samples VALUES (?,?,?,?)",
    "custody": "INSERT OR IGNORE INTO custody VALUES (?,?,?,?,?,?,?,?,?)",
    "uplinks": "INSERT INTO uplinks (spacecraft, destination, sent_ns, bytes, commands, outcome) "
    "VALUES (?,?,?,?,?,?)",
    "downlinks": "INSERT INTO downlinks (spacecraft, source, frame, received_ns, bytes, packets) "
    "VALUES (?,?,?,?,?,?)",
    "procedure_log": "INSERT INTO procedure_log (time_ns, step, text) VALUES (?,?,?)",
    "state": "INSERT OR REPLACE INTO state VALUES (?,?)",
}


class ArchiveError(Exception):
    """The archive cannot be opened or is of another version."""


class Archive:
    """The archive at `path` on a disc, made if it is not there, continued if it is.

    `units` gives the unit of `(source, channel)` for the table of streams. Raises ArchiveError.
    """

    def __init__(
        self,
        path: Path,
        units: Mapping[tuple[str, str], str] | None = None,
        disc: Disc = FILES,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._disc = disc
        self._units = units or {}
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERTS}
        self._waiting = 0
        try:
            self._database = disc.connect(path)
            self._database.execute("PRAGMA journal_mode = WAL")
            # Survives the death of the process; only a crash of the machine may cost the last rows.
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute("PRAGMA cache_size = -20000")
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise ArchiveError(f"{path} is no archive: {error}") from error
        self._streams: dict[tuple[str, str], int] = {
            (source, channel): stream
            for stream, source, channel in self._database.execute(
                "SELECT stream, source, channel FROM streams"
            )
        }

    def _prepare(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise ArchiveError(f"{self.path} is of version {version}; allowed is {VERSION}")
        self._database.executescript(SCHEMA)
        self._database.execute(f"PRAGMA user_version = {VERSION}")

    # ------------------------------------------------------------ what arrives

    def add_rung(self, report: CommandReport, received_ns: int) -> None:
        """A rung of a command; a copy of one that is kept changes nothing."""
        row = (report.identifier, str(report.rung), report.time_ns, received_ns)
        self._add("rungs", (*row, report.detail, int(report.repeated), report.source))

    def add_event(self, event: EventReport, received_ns: int) -> None:
        """An event; a copy changes nothing."""
        row = (event.source, event.time_ns, event.number, event.name, str(event.severity))
        self._add("events", (*row, received_ns, event.text, _json(event.data)))

    def add_samples(self, telemetry: Telemetry, received_ns: int) -> None:
        """The samples of a telemetry report; copies change nothing."""
        rows = self._rows["samples"]
        for channel, value in telemetry.values.items():
            key = (telemetry.source, channel)
            stream = self._streams.get(key)
            if stream is None:
                stream = self._streams[key] = len(self._streams) + 1
                self._add("streams", (stream, *key, self._units.get(key, "")))
            rows.append((stream, telemetry.time_ns, received_ns, _storable(value)))
        self._count(len(telemetry.values))

    def add_custody(self, source: str, record: CustodyRecord, received_ns: int) -> None:
        """A step of a tube's custody, as journalled by `source`; a copy changes nothing."""
        row = (source, record.tube, record.sequence, record.step, str(record.status), record.place)
        text = msgspec.json.encode(record).decode()
        self._add("custody", (*row, record.since_ns, received_ns, text))

    def add_downlink(
        self, spacecraft: str, source: str, frame: int, received_ns: int, size: int, packets: int
    ) -> None:
        """A frame that came down."""
        self._add("downlinks", (spacecraft, source, frame, received_ns, size, packets))

    def add_uplink(
        self,
        spacecraft: str,
        destination: str,
        sent_ns: int,
        size: int,
        commands: Iterable[str],
        outcome: str,
    ) -> None:
        """A frame that was sent, or could not be; `outcome` says which."""
        row = (spacecraft, destination, sent_ns, size, ", ".join(commands), outcome)
        self._add("uplinks", row)

    def add_log(self, time_ns: int, step: str, text: str) -> None:
        """What the procedure did."""
        self._add("procedure_log", (time_ns, step, text))

    def note(self, key: str, value: Any) -> None:
        """Keeps a piece of state that is true once all that was added before is written."""
        self._add("state", (key, _json(value)))

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        self._rows[table].append(row)
        self._count(1)

    def _count(self, rows: int) -> None:
        self._waiting += rows
        if self._waiting >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        if not self._waiting:
            return
        self._waiting = 0
        database = self._database
        database.execute("BEGIN")
        for table, rows in self._rows.items():
            if rows:
                database.executemany(_INSERTS[table], rows)
                rows.clear()
        database.execute("COMMIT")

    def close(self) -> None:
        """Writes what waits and closes."""
        self.flush()
        self._disc.release(self._database)

    def crash(self) -> None:
        """Closes as a killed process does: what waits is lost."""
        self._disc.release(self._database)

    # ------------------------------------------------------------ kept at once

    def put(self, key: str, value: Any) -> None:
        """Keeps a piece of the ground's own state."""
        self._database.execute("INSERT OR REPLACE INTO state VALUES (?,?)", (key, _json(value)))

    def get(self, key: str, default: Any = None) -> Any:
        """A piece of state that was kept."""
        row = self._database.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row[0])

    def execute(self, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        """Runs several statements as one transaction."""
        self._database.execute("BEGIN")
        for statement, values in statements:
            self._database.execute(statement, values)
        self._database.execute("COMMIT")

    # ----------------------------------------------------------------- queries

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of any query, after writing what waits."""
        self.flush()
        return self._database.execute(query, values).fetchall()

    def count(self, table: str) -> int:
        """Number of rows in a table."""
        return int(self.rows(f"SELECT COUNT(*) FROM {table}")[0][0])

    def events(
        self, source: str = "", name: str = "", since_ns: int = 0, limit: int = -1
    ) -> list[EventReport]:
        """Events in order of occurrence, from `since_ns` on; empty texts mean all."""
        found = self.rows(
            "SELECT source, name, severity, occurred_ns, text, data, number FROM events "
            "WHERE (? = '' OR source = ?) AND (? = '' OR name = ?) AND occurred_ns >= ? "
            "ORDER BY occurred_ns, source, number LIMIT ?",
            (source, source, name, name, since_ns, limit),
        )
        return [
            EventReport(origin, title, Severity(severity), time, text, json.loads(data), number)
            for origin, title, severity, time, text, data, number in found
        ]

    def samples(
        self, source: str, channel: str, since_ns: int = 0, until_ns: int = 2**62
    ) -> list[tuple[int, Any]]:
        """Samples of a channel as (occurred_ns, value), in order."""
        return [
            (time, value)
            for time, value in self.rows(
                "SELECT occurred_ns, value FROM samples JOIN streams USING (stream) "
                "WHERE source = ? AND channel = ? AND occurred_ns BETWEEN ? AND ? "
                "ORDER BY occurred_ns",
                (source, channel, since_ns, until_ns),
            )
        ]

    def last_values(self) -> list[tuple[str, str, int, int, Any]]:
        """The newest sample of each channel: source, channel, occurred_ns, received_ns, value."""
        return [
            (source, channel, occurred, received, value)
            for source, channel, occurred, received, value in self.rows(
                "SELECT source, channel, MAX(occurred_ns), received_ns, value FROM samples "
                "JOIN streams USING (stream) GROUP BY stream ORDER BY source, channel"
            )
        ]

    def rungs(self, identifier: str) -> list[str]:
        """The rungs reported of a command, without the answers to repeats, in order."""
        found = self.rows(
            "SELECT rung FROM rungs WHERE identifier = ? AND repeated = 0 "
            f"ORDER BY occurred_ns, {RUNG_ORDER}",
            (identifier,),
        )
        return [str(rung) for (rung,) in found]

    def custody_records(self) -> list[tuple[CustodyRecord, int]]:
        """Every custody step with its time of receipt, in order of occurrence."""
        found = self.rows(
            "SELECT record, received_ns FROM custody ORDER BY occurred_ns, source, sequence"
        )
        return [
            (msgspec.json.decode(record, type=CustodyRecord), received)
            for record, received in found
        ]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _storable(value: Any) -> Any:
    if value is None or isinstance(value, int | float | str):
        return value
    return _json(value)
