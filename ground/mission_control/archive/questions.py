"""What mission control asks of its archive: events, samples, rungs, custody, as they were kept."""

import json
import sqlite3
from typing import Any, Protocol

import msgspec

from flight.icd.custody_record import CustodyRecord
from flight.icd.messages import EventReport, Severity
from ground.mission_control.archive.sample_store import SampleStore
from ground.mission_control.archive.schema import PLACE, RUNG_ORDER


class Look(Protocol):
    """Asks an archive."""

    def __call__(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        ...


class Questions:
    """The questions that an archive answers, of what is written and of what waited until now."""

    _database: sqlite3.Connection
    sampled: SampleStore
    """Samples, for who asks for them."""

    def flush(self) -> None:
        """Writes what waits."""
        raise NotImplementedError

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of any query, after writing what waits."""
        self.flush()
        return self._database.execute(query, values).fetchall()

    def look(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, of what is written by now; what waits goes on waiting."""
        return self._database.execute(query, values).fetchall()

    def count(self, table: str) -> int:
        """Number of rows in a table, or of samples."""
        self.flush()
        if table == "samples":
            return self.sampled.count()
        return int(self.look(f"SELECT COUNT(*) FROM {table}")[0][0])

    def events(
        self, source: str = "", name: str = "", since_ns: int = 0, limit: int = -1
    ) -> list[EventReport]:
        """Events from `since_ns` on; empty texts mean all.

        Those of one source are in the order in which it told them, those of all by their stamps.
        """
        found = self.rows(
            "SELECT source, name, severity, occurred_ns, text, data, number, boot FROM events "
            "WHERE (? = '' OR source = ?) AND (? = '' OR name = ?) AND occurred_ns >= ? "
            "ORDER BY CASE WHEN ? = '' THEN occurred_ns END, source, boot, number LIMIT ?",
            (source, source, name, name, since_ns, source, limit),
        )
        return [
            EventReport(
                source, name, Severity(severity), time, text, json.loads(data), number, boot
            )
            for source, name, severity, time, text, data, number, boot in found
        ]

    def samples(
        self, source: str, channel: str, since_ns: int = 0, until_ns: int = 2**62
    ) -> list[tuple[int, Any]]:
        """Samples of a channel as (occurred_ns, value), in the order in which they were told."""
        self.flush()
        rows = self.sampled.as_told(source, channel, since_ns, until_ns)
        return [(row[0], row[3]) for row in rows]

    def last_values(self) -> list[tuple[str, str, int, int, Any, int]]:
        """The newest sample of each channel: source, channel, occurred_ns, received_ns, value and
        place in the order of what its source said."""
        self.flush()
        return [
            (stream.source, stream.channel, row[0], row[2], row[3], row[1])
            for stream, row in self.sampled.newest()
        ]

    def last_events(self) -> list[tuple[str, int, int, int]]:
        """The newest event of each source: source, place in its order, occurred_ns,
        received_ns."""
        return [
            (source, place, occurred, received)
            for source, place, occurred, received in self.rows(
                f"SELECT source, MAX({PLACE}), occurred_ns, received_ns FROM events "
                "GROUP BY source ORDER BY source"
            )
        ]

    def last_rungs(self) -> list[tuple[str, int, int]]:
        """When each source reported on a command last: source, occurred_ns, received_ns."""
        return [
            (source, occurred, received)
            for source, occurred, received in self.rows(
                "SELECT source, MAX(occurred_ns), received_ns FROM rungs "
                "GROUP BY source ORDER BY source"
            )
        ]

    def last_link(self, identifier: str) -> str:
        """The link by which a command was sent last; empty when it was not sent."""
        found = self._database.execute(
            "SELECT spacecraft FROM attempts WHERE identifier = ? ORDER BY attempt DESC LIMIT 1",
            (identifier,),
        ).fetchone()
        return "" if found is None else str(found[0])

    def rungs(self, identifier: str) -> list[str]:
        """The rungs reported of a command, without the answers to repeats, in order."""
        found = self.rows(
            "SELECT rung FROM rungs WHERE identifier = ? AND repeated = 0 "
            f"ORDER BY occurred_ns, {RUNG_ORDER}",
            (identifier,),
        )
        return [str(rung) for (rung,) in found]

    def reports(self, identifier: str, source: str) -> list[tuple[str, str, bool, int]]:
        """What a vehicle has said of a command, in the order in which that came: rung, detail,
        whether it is the answer to a repeat, received_ns."""
        found = self.rows(
            "SELECT rung, detail, repeated, received_ns FROM rungs WHERE identifier = ? "
            f"AND source = ? ORDER BY received_ns, occurred_ns, {RUNG_ORDER}",
            (identifier, source),
        )
        return [(str(rung), str(detail), bool(again), at) for rung, detail, again, at in found]

    def attempts_since(self, identifier: str, sent_ns: int) -> int:
        """How often a command has left after an instant."""
        [(count,)] = self.rows(
            "SELECT COUNT(*) FROM attempts WHERE identifier = ? AND sent_ns > ?",
            (identifier, sent_ns),
        )
        return int(count)

    def custody_records(self) -> list[tuple[CustodyRecord, int]]:
        """Every custody step with its time of receipt, in order of occurrence."""
        found = self.rows(
            "SELECT record, received_ns FROM custody ORDER BY occurred_ns, source, sequence"
        )
        return [
            (msgspec.json.decode(record, type=CustodyRecord), received)
            for record, received in found
        ]
