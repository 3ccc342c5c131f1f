"""The samples of an archive: taken without waiting, logged in batches, kept in blocks by channel.

A batch that is written is one row of the log. When the log is long, what is in it goes into blocks,
one and more for each channel, in one transaction: a death leaves all of it in the log, or all in
blocks. Until then it is in memory as well, so that who asks reads no log.
"""

import sqlite3
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from flight.icd.messages import Telemetry
from ground.mission_control.archive.rows import check_integers, json_text, order_of, transaction
from ground.mission_control.archive.sample_blocks import (
    INSERT_BLOCK,
    Row,
    Value,
    block_of,
    in_blocks,
    newest_news,
    read_batch,
    read_rows,
    write_rows,
)

PER_CHANNEL = 32
LEAST, MOST = 4_000, 25_000
"""Samples in the log, from which on they go into blocks: so many of each channel, in bounds."""

BEGINNING, EVER = -(2**63), 2**63 - 2  # ns; one more is a number still

_INSERT_LOG = "INSERT INTO sample_log (samples, checksum, rows) VALUES (?,?,?)"
_INSERT_STREAM = "INSERT OR IGNORE INTO streams VALUES (?,?,?,?)"
_INSERT_REPORT = "INSERT OR IGNORE INTO reports VALUES (?,?,?)"
_NEWEST_BLOCKS = """
    SELECT block.number, block.stream, checksum, CAST(rows AS BLOB)
    FROM streams JOIN sample_blocks AS block
    ON block.number = (SELECT number FROM sample_blocks AS one WHERE one.stream = streams.stream
        AND news_ns <= ? ORDER BY news_ns DESC, number DESC LIMIT 1)
"""
_BLOCKS_OF = (
    "SELECT number, stream, checksum, CAST(rows AS BLOB) FROM sample_blocks WHERE stream = ? "
)
_BLOCKS_BEFORE = _BLOCKS_OF + "AND news_ns <= ? ORDER BY news_ns DESC, number DESC"
_BLOCKS_WITHIN = _BLOCKS_OF + "AND first_ns < ? AND last_ns >= ? ORDER BY first_ns"
_BLOCKS_ENDED = _BLOCKS_OF + (
    "AND last_ns = (SELECT MAX(last_ns) FROM sample_blocks WHERE stream = ? AND last_ns < ?)"
)


_by_stamp = itemgetter(0, 1)


class Stream:
    """A channel of a vehicle: what of it is in no block yet, and the newest of all."""

    __slots__ = ("channel", "logged", "newest", "number", "place", "rows", "source", "unit")

    def __init__(self, number: int, source: str, channel: str, unit: str) -> None:
        self.number = number
        self.source = source
        self.channel = channel
        self.unit = unit
        self.rows: list[Row] = []
        self.logged = 0
        """Of `rows`, so many are in the log; the others wait."""
        self.newest: Row | None = None
        self.place = -1


class SampleStore:
    """What a database holds of samples, and what waits to be written to it.

    `units` gives the unit of `(source, channel)`.
    """

    def __init__(
        self, database: sqlite3.Connection, units: Mapping[tuple[str, str], str]
    ) -> None:
        self._database = database
        self._units = units
        self._streams: dict[str, dict[str, Stream]] = {}
        self._by_number: dict[int, Stream] = {}
        self._new_streams: list[Stream] = []
        self._new_reports: dict[tuple[str, int, int], None] = {}
        self._places: dict[str, int] = {}  # of the newest report of each source
        self._log: list[int] = []  # numbers of its rows, each of which is in memory as well
        self._logged = 0
        self.damaged: dict[str, None] = {}
        """What was skipped since it is not what was written, each once."""
        self._load()

    def _load(self) -> None:
        for number, *names in self._database.execute(
            "SELECT stream, source, channel, unit FROM streams ORDER BY stream"
        ):
            self._know(Stream(number, *names))
        self._places = dict(
            self._database.execute("SELECT source, MAX(place) FROM reports GROUP BY source")
        )
        for stream, row in self._newest_in_blocks(2**63 - 1).items():
            self._by_number[stream].newest = row
            self._by_number[stream].place = row[1]
        for number, checksum, text in self._database.execute(
            "SELECT number, checksum, CAST(rows AS BLOB) FROM sample_log ORDER BY number"
        ):
            try:
                batch = read_batch(text, checksum)
                found = [(self._by_number[int(stream)], rows) for stream, rows in batch.items()]
            except (ValueError, KeyError) as error:
                self._skip(f"batch {number} of the samples' log", error)
                continue
            self._log.append(number)
            for each, rows in found:
                self._take_up(each, rows)

    def _take_up(self, stream: Stream, rows: list[Row]) -> None:
        stream.rows += rows
        stream.logged += len(rows)
        self._logged += len(rows)
        news = newest_news(reversed(rows), 2**63 - 1)
        if news is not None:
            stream.newest, stream.place = news, news[1]

    def _know(self, stream: Stream) -> None:
        self._by_number[stream.number] = stream
        self._streams.setdefault(stream.source, {})[stream.channel] = stream

    # ------------------------------------------------------------ what arrives

    def stream(self, source: str, channel: str) -> Stream | None:
        """A channel of which something ever came."""
        return self._streams.get(source, {}).get(channel)

    def _begin(self, source: str, channel: str) -> Stream:
        unit = self._units.get((source, channel), "")
        stream = Stream(len(self._by_number) + 1, source, channel, unit)
        self._know(stream)
        self._new_streams.append(stream)
        return stream

    def add(self, report: Telemetry, received_ns: int) -> int:
        """Takes a report; copies of its samples change nothing. How many streams are new.

        Raises Unstorable, and then takes nothing of it.
        """
        occurred, place = report.time_ns, order_of(report)
        check_integers((occurred, report.number, place, *report.values.values()))
        values = {channel: storable(value) for channel, value in report.values.items()}
        kept = self._kept_of(report, place)
        streams = self._streams.setdefault(report.source, {})
        new = 0
        for channel, value in values.items():
            stream = streams.get(channel)
            if stream is None:
                stream = self._begin(report.source, channel)
                new += 1
            elif channel in kept:
                continue
            if place > stream.place:
                stream.place = place
                stream.newest = row = (occurred, place, received_ns, value, 1)
            else:
                row = (occurred, place, received_ns, value, 0)
            stream.rows.append(row)
        return new

    def _kept_of(self, report: Telemetry, place: int) -> set[str]:
        """Channels of a report whose samples are here already; notes that it came."""
        source, key = report.source, (report.source, place, report.time_ns)
        newest = self._places.get(source)
        if newest is None or place > newest:
            self._places[source] = place
        elif key in self._new_reports or self._database.execute(
            "SELECT 1 FROM reports WHERE source = ? AND place = ? AND occurred_ns = ?", key
        ).fetchone():
            return {
                channel for channel in report.values
                if (stream := self.stream(source, channel)) is not None
                and any(row[1] == place for row in self.within(
                    stream, report.time_ns, report.time_ns + 1))
            }  # fmt: skip
        self._new_reports[key] = None
        return set()

    # ----------------------------------------------------------------- writing

    @property
    def waiting(self) -> bool:
        """Something is not written yet."""
        return bool(self._new_streams or self._new_reports or self._waiting_rows())

    def _waiting_rows(self) -> dict[int, list[Row]]:
        return {
            stream.number: stream.rows[stream.logged :]
            for stream in self._by_number.values()
            if len(stream.rows) > stream.logged
        }

    def write(self) -> tuple[int, int]:
        """Writes what waits into the log, in the transaction that is open; `written` says that it
        was kept. The number of the log's row, 0 for none, and how many samples it has."""
        write = self._database.executemany
        streams = [(each.number, each.source, each.channel, each.unit)
                   for each in self._new_streams]  # fmt: skip
        write(_INSERT_STREAM, streams)
        write(_INSERT_REPORT, list(self._new_reports))
        rows = self._waiting_rows()
        if not rows:
            return 0, 0
        count = 0
        for samples in rows.values():
            count += len(samples)
        self._database.execute(_INSERT_LOG, (count, *write_rows(rows)))
        number = self._database.execute("SELECT last_insert_rowid()").fetchone()[0]
        return int(number), count

    def written(self, log: tuple[int, int]) -> None:
        """What `write` wrote will not be lost: it waits no longer."""
        self._new_streams.clear()
        self._new_reports.clear()
        number, count = log
        if number:
            self._log.append(number)
            self._logged += count
        for stream in self._by_number.values():
            stream.logged = len(stream.rows)

    @property
    def is_long(self) -> bool:
        """The log is to go into blocks."""
        return self._logged >= min(MOST, max(LEAST, PER_CHANNEL * len(self._by_number)))

    def pack(self) -> None:
        """Moves all that is in the log into blocks, in one transaction; what waits goes on
        waiting."""
        if not self._log:
            return
        with transaction(self._database):
            self._database.executemany(
                INSERT_BLOCK,
                [
                    block_of(stream.number, rows)
                    for stream in self._by_number.values()
                    for rows in in_blocks(stream.rows[: stream.logged])
                ],
            )
            self._database.executemany(
                "DELETE FROM sample_log WHERE number = ?", [(number,) for number in self._log]
            )
        self._log.clear()
        self._logged = 0
        for stream in self._by_number.values():
            del stream.rows[: stream.logged]
            stream.logged = 0

    # ----------------------------------------------------------------- reading

    def count(self) -> int:
        """Samples that are kept or wait."""
        (blocks,) = self._database.execute("SELECT SUM(samples) FROM sample_blocks").fetchone()
        return int(blocks or 0) + sum(len(each.rows) for each in self._by_number.values())

    def newest(self) -> list[tuple[Stream, Row]]:
        """The newest of each channel, in the order of their names."""
        return self._in_order({
            number: stream.newest for number, stream in self._by_number.items()
            if stream.newest is not None
        })  # fmt: skip

    def newest_at(self, at_ns: int) -> list[tuple[Stream, Row]]:
        """The newest of each channel of what was here at an instant."""
        found = self._newest_in_blocks(at_ns)
        for number, stream in self._by_number.items():
            row = newest_news(reversed(stream.rows), at_ns)
            if row is not None:
                found[number] = row
        return self._in_order(found)

    def _in_order(self, found: dict[int, Row]) -> list[tuple[Stream, Row]]:
        rows = [(self._by_number[number], row) for number, row in found.items()]
        return sorted(rows, key=lambda each: (each[0].source, each[0].channel))

    def _newest_in_blocks(self, at_ns: int) -> dict[int, Row]:
        found: dict[int, Row] = {}
        for number, stream, checksum, text in self._database.execute(_NEWEST_BLOCKS, (at_ns,)):
            row = newest_news(reversed(self._read(number, stream, checksum, text)), at_ns)
            if row is None:  # it is damaged: what held before
                earlier = self._database.execute(_BLOCKS_BEFORE, (stream, at_ns))
                row = next(filter(None, (
                    newest_news(reversed(self._read(*each)), at_ns) for each in earlier
                )), None)  # fmt: skip
            if row is not None:
                found[stream] = row
        return found

    def within(self, stream: Stream, t0_ns: int, t1_ns: int) -> list[Row]:
        """Samples from `t0_ns` up to, without, `t1_ns`, in the order of their stamps."""
        rows = [
            row
            for block in self._database.execute(_BLOCKS_WITHIN, (stream.number, t1_ns, t0_ns))
            for row in self._read(*block)
            if t0_ns <= row[0] < t1_ns
        ]
        rows += [row for row in stream.rows if t0_ns <= row[0] < t1_ns]
        rows.sort(key=_by_stamp)
        return rows

    def all_of(self, source: str, channel: str) -> list[Row]:
        """All samples of a channel, in the order of their stamps; none of an unknown one."""
        stream = self.stream(source, channel)
        return [] if stream is None else self.within(stream, BEGINNING, EVER + 1)

    def as_told(
        self, source: str, channel: str, since_ns: int = BEGINNING, until_ns: int = EVER
    ) -> list[Row]:
        """Samples of a channel from `since_ns` to `until_ns`, in the order in which its source
        told them."""
        stream = self.stream(source, channel)
        rows = [] if stream is None else self.within(stream, since_ns, min(until_ns, EVER) + 1)
        return sorted(rows, key=itemgetter(1, 0))

    def before(self, stream: Stream, t0_ns: int) -> Row | None:
        """The last sample before an instant, by its stamp."""
        number = stream.number
        rows = [row for row in stream.rows if row[0] < t0_ns]
        for query, values in (
            (_BLOCKS_ENDED, (number, number, t0_ns)),
            (_BLOCKS_WITHIN, (number, t0_ns, t0_ns)),
        ):
            for block in self._database.execute(query, values):
                rows += [row for row in self._read(*block) if row[0] < t0_ns]
        return max(rows, key=_by_stamp, default=None)

    def streams(self) -> list[Stream]:
        """All channels of which something came."""
        return list(self._by_number.values())

    def second_stamp(self, stream: Stream) -> int | None:
        """The stamp of the second oldest sample of a channel; None where there are not two."""
        stamps = [row[0] for row in stream.rows]
        query = _BLOCKS_OF + "ORDER BY first_ns LIMIT 2"
        for block in self._database.execute(query, (stream.number,)):
            stamps += [row[0] for row in self._read(*block)]
        return sorted(stamps)[1] if len(stamps) > 1 else None

    # -------------------------------------------------------------- letting go

    def let_go(self, stream: Stream, cut_ns: int) -> None:
        """Deletes what is older than an instant, but the newest of what was told before it: so
        that an instant that is left has all its values. All that is kept must be in blocks."""
        query = _BLOCKS_OF + "AND first_ns < ?"
        old = list(self._database.execute(query, (stream.number, cut_ns)))
        left, last = [], None
        for block in old:
            for row in self._read(*block):
                if row[0] >= cut_ns:
                    left.append(row)
                elif row[4] and (last is None or (row[2], row[1]) > (last[2], last[1])):
                    last = row
        if last is not None:
            left.append(last)
        left.sort(key=itemgetter(2, 1))  # as they came
        execute = self._database.executemany
        execute("DELETE FROM sample_blocks WHERE number = ?", [(block[0],) for block in old])
        execute(INSERT_BLOCK, [block_of(stream.number, rows) for rows in in_blocks(left)])

    def forget_reports(self, cut_ns: int) -> None:
        """Copies of reports from before an instant are not known as such any more."""
        self._database.execute("DELETE FROM reports WHERE occurred_ns < ?", (cut_ns,))

    def _read(self, number: int, stream: int, checksum: int, text: bytes) -> list[Row]:
        try:
            return read_rows(text, checksum)
        except ValueError as error:
            each = self._by_number.get(stream)
            of = f" of {each.source} {each.channel}" if each is not None else ""
            self._skip(f"block {number} of samples{of}", error)
            return []

    def _skip(self, what: str, error: Exception) -> None:
        self.damaged[f"{what} is damaged and was skipped: {error}"] = None


def storable(value: Any) -> Value:
    """A value of a channel, as a row holds it. Raises UnicodeError for what is no text."""
    if isinstance(value, float):
        return value if value == value else None  # SQLite has no "not a number"
    if value is None:
        return None
    if isinstance(value, str):
        if not value.isascii():
            value.encode()
        return value
    if isinstance(value, int):
        return int(value)  # True is 1
    return json_text(value)
