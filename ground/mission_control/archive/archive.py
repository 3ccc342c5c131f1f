"""The archive of a run: every command, rung, event, sample, custody step and frame, in SQLite.

What arrives is written in batches. What the ground must not forget when it is killed (a command
about to be sent, a verdict, where the procedure stands) is committed at once.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from flight.icd.custody_record import CustodyRecord
from flight.icd.messages import CommandReport, EventReport, Telemetry
from flight.runtime.discs import FILES, Disc
from ground.mission_control.archive.opening import ADVICE, prepare
from ground.mission_control.archive.questions import Look, Questions
from ground.mission_control.archive.rows import (
    CAUSED_BY_A_ROW,
    INSERTS,
    check_integers,
    json_text,
    room_in,
    transaction,
    without_waiting,
)
from ground.mission_control.archive.rows import ArchiveError as ArchiveError
from ground.mission_control.archive.rows import NoRoom as NoRoom
from ground.mission_control.archive.rows import Unstorable as Unstorable
from ground.mission_control.archive.rows import order_of as order_of
from ground.mission_control.archive.sample_store import SampleStore, Stream

BATCH = 2000  # rows that wait before they are written
LOG_PAGES = 10_000
"""Pages (40 MB) of SQLite's log before they are put in their places, and the disc is waited for."""

PASSING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)
"""What is wrong with the disc and not with what lies on it."""
PRIMARY = 0xFF  # of a code of SQLite's: without what it tells more closely
BEGUN_FILE = "archive.begun"
"""Beside the archive: says that it was begun, so that a lost one is not taken for a new one."""


class Archive(Questions):
    """The archive at `path` on a disc, made if it is not there, continued if it is.

    `units` gives the unit of `(source, channel)` for the table of streams. `began_ns`: mission time
    at which a new one begins. `durable`: what was kept outlives a power cut of the machine as well,
    at the price of waiting for the disc; else it outlives the death of the process.

    Raises ArchiveError, also when the archive was begun and is not there or is damaged: then
    nothing is known of what was sent, and nobody must begin anew. NoRoom: it is not to be opened
    now, and may be later.
    """

    def __init__(
        self,
        path: Path,
        units: Mapping[tuple[str, str], str] | None = None,
        disc: Disc = FILES,
        began_ns: int = 0,
        *,
        durable: bool = False,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.dropped = 0
        """Rows that could not be written."""
        self._disc = disc
        self._begun = self._was_begun()
        if self._begun and not disc.size(path):
            raise ArchiveError(f"{path} was begun and is missing or empty: {ADVICE}")
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in INSERTS}
        self._waiting = 0
        self._told: set[str] = set()  # of what is damaged
        self._is_closed = False
        try:
            self._database = disc.connect(path)
        except sqlite3.Error as error:
            raise _no_archive(path, error) from error
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            self._durable = durable
            self._database.execute("PRAGMA cache_size = -20000")
            self._database.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            prepare(self._database, path)
            self.life = self._take_life(began_ns)
            self.sampled = SampleStore(self._database, units or {})
            """Samples, for who asks for them."""
        except BaseException as error:
            disc.release(self._database)
            if isinstance(error, sqlite3.DatabaseError | ValueError):
                raise _no_archive(path, error) from error
            raise

    def _was_begun(self) -> bool:
        try:
            self._disc.read_note(self.path.with_name(BEGUN_FILE))
        except FileNotFoundError:
            return False
        except (OSError, UnicodeDecodeError):
            return True  # something is there, and no new run has it
        return True

    def _take_life(self, began_ns: int) -> str:
        """The token of this archive's life: no other archive of the run has it.

        It is the mission time at which the archive was begun. Time goes on over a loss, so that
        what is numbered within a life is never numbered so again.
        """
        life = self.get("life")
        if life is None:
            if self._begun:
                raise ArchiveError(f"{self.path} was begun and holds nothing: {ADVICE}")
            life = f"{began_ns:x}"
            self.put("life", life)
            self._disc.write_note(self.path.with_name(BEGUN_FILE), f"{life}\n")
        return str(life)

    # ------------------------------------------------------------ what arrives

    def add_rung(self, report: CommandReport, received_ns: int) -> None:
        """A rung of a command; a copy of one that is kept changes nothing."""
        row = (report.identifier, str(report.rung), report.time_ns, received_ns)
        self._add("rungs", (*row, report.detail, int(report.repeated), report.source))

    def add_event(self, event: EventReport, received_ns: int) -> None:
        """An event; a copy changes nothing."""
        row = (event.source, event.time_ns, event.number, event.name, str(event.severity))
        check_integers((order_of(event),))
        self._add("events", (*row, received_ns, event.text, json_text(event.data), event.boot))

    def add_samples(self, telemetry: Telemetry, received_ns: int) -> None:
        """The samples of a telemetry report; copies change nothing."""
        try:
            new = self.sampled.add(telemetry, received_ns)
        except sqlite3.Error as error:  # it was asked whether this is a copy
            raise ArchiveError(f"{self.path} cannot be read: {error}") from error
        self._count(new + len(telemetry.values))

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
        self._add("state", (key, json_text(value)))

    def add_pass(self, vehicle: str, start_ns: int, end_ns: int, predicted_ns: int) -> None:
        """A pass over a vehicle, as it was predicted first."""
        self._add("passes", (vehicle, start_ns, end_ns, predicted_ns))

    def add_light_time(self, time_ns: int, seconds: float, moratorium: bool) -> None:
        """One-way light time, and whether the Sun stands between, as told at an instant."""
        self._add("light_times", (time_ns, seconds, int(moratorium)))

    def add_link_state(self, spacecraft: str, since_ns: int, up: bool, rate_bps: float) -> None:
        """A spacecraft can be commanded from Earth, or no longer."""
        self._add("link_states", (spacecraft, since_ns, int(up), rate_bps))

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        check_integers(row)
        self._rows[table].append(row)
        self._count(1)

    def _count(self, rows: int) -> None:
        self._waiting += rows
        if self._waiting >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes what waits: all of it, or nothing.

        A row that cannot be written is dropped, counted and named in the procedure's log. Raises
        NoRoom, which names the row, when the archive takes no more (a full disk); then everything
        still waits.
        """
        untold = self._untold()
        if not self._waiting and not untold:
            return
        try:
            with without_waiting(self._database, self._durable):
                log = self._write(untold)
        except sqlite3.Error as error:
            raise NoRoom(f"{self.path} takes no more: {error}; {self._first()}") from error
        for rows in self._rows.values():
            rows.clear()
        self._waiting = 0
        self._told.update(untold)
        self.sampled.written(log)
        if self.sampled.is_long:
            self._pack()

    def _pack(self) -> None:
        """Moves what was written of samples into blocks, unless it may still be undone."""
        if self._database.in_transaction:
            return
        try:
            with without_waiting(self._database, self._durable):
                self.sampled.pack()
        except sqlite3.Error as error:
            raise NoRoom(f"{self.path} takes no more: {error}; it is in its log") from error

    def _untold(self) -> list[str]:
        """What is damaged, and does not stand in the log yet. Where what is written may still be
        undone by others, that is told of later."""
        if self._database.in_transaction:
            return []
        return [each for each in self.sampled.damaged if each not in self._told]

    def _write(self, untold: list[str]) -> tuple[int, int]:
        """Writes what waits in one transaction; what the samples' log got."""
        try:
            with transaction(self._database):
                for table, rows in self._rows.items():
                    if rows:
                        self._database.executemany(INSERTS[table], rows)
                return self._write_samples(untold)
        except CAUSED_BY_A_ROW:
            return self._write_row_by_row(untold)

    def _write_samples(self, untold: list[str]) -> tuple[int, int]:
        for text in untold:
            self._database.execute(INSERTS["procedure_log"], (0, "archive", text))
        return self.sampled.write()

    def _write_row_by_row(self, untold: list[str]) -> tuple[int, int]:
        bad: list[str] = []
        with transaction(self._database):
            for table, rows in self._rows.items():
                for row in rows:
                    try:
                        self._database.execute(INSERTS[table], row)
                    except CAUSED_BY_A_ROW as error:
                        bad.append(f"a row of {table} cannot be kept: {row!r:.200}: {error}")
            for text in bad:
                self._database.execute(INSERTS["procedure_log"], (0, "archive", text))
            log = self._write_samples(untold)
        self.dropped += len(bad)
        return log

    def _first(self) -> str:
        """The first row that waits, in words."""
        waits = [(table, rows) for table, rows in self._rows.items() if rows]
        if not waits:
            return "samples wait"
        table, rows = waits[0]
        return f"the first row that waits is of {table}: {rows[0]!r:.200}"

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keeps what is kept at once within it in one go, so that the disc is waited for once."""
        with transaction(self._database):
            yield
        if self.sampled.is_long:
            self._pack()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Keeps all that is done within at once, whatever it consists of, or nothing of it."""
        self.flush()
        with transaction(self._database):
            yield

    def close(self) -> None:
        """Writes what waits, each sample in a block of its channel, and closes; does nothing when
        it is closed. Closed it is also where that raises NoRoom."""
        if self._is_closed:
            return
        try:
            self.flush()
            self._pack()
        finally:
            self.crash()

    def crash(self) -> None:
        """Closes as a killed process does: what waits is lost."""
        if not self._is_closed:
            self._is_closed = True
            self._disc.release(self._database)

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Closes it when what is done within raises: nobody has it then. Raises NoRoom."""
        try:
            with room_in(self.path):
                yield
        except BaseException:
            self.crash()
            raise

    # ------------------------------------------------------------ kept at once

    def put(self, key: str, value: Any) -> None:
        """Keeps a piece of the ground's own state."""
        with room_in(self.path):
            self._database.execute(INSERTS["state"], (key, json_text(value)))

    def get(self, key: str, default: Any = None) -> Any:
        """A piece of state that was kept."""
        row = self._database.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row[0])

    def execute(self, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        """Runs several statements as one transaction. Raises ArchiveError on a full disk."""
        with room_in(self.path), transaction(self._database):
            for statement, values in statements:
                self._database.execute(statement, values)

    def let_go(
        self,
        streams: Iterable[Stream],
        cut_ns: int,
        statements: Iterable[tuple[str, tuple[Any, ...]]],
    ) -> None:
        """Deletes what is older than an instant of some channels, and runs statements, as one
        transaction. Raises ArchiveError on a full disk."""
        self.flush()
        self._pack()
        with room_in(self.path), transaction(self._database):
            for stream in streams:
                self.sampled.let_go(stream, cut_ns)
            self.sampled.forget_reports(cut_ns)
            for statement, values in statements:
                self._database.execute(statement, values)

    def set_clock(self, sols_at_zero: float) -> None:
        """For the views: how many sols after the landing sol's midnight mission time zero is."""
        self.execute([("INSERT OR REPLACE INTO mission_clock VALUES (1, ?)", (sols_at_zero,))])

    # ----------------------------------------------------------------- queries

    @contextmanager
    def seeing(self) -> Iterator[Look]:
        """Gives the rows of any query, also of what waits; that goes on waiting.

        For whoever only looks at a run: what a death of it loses is no matter of theirs.
        """
        self._database.execute("SAVEPOINT look")
        try:
            for table, rows in self._rows.items():
                for row in rows:
                    with suppress(*CAUSED_BY_A_ROW):
                        self._database.execute(INSERTS[table], row)
            self.sampled.write()
            yield lambda query, values=(): self._database.execute(query, values).fetchall()
        finally:
            self._database.execute("ROLLBACK TO look")
            self._database.execute("RELEASE look")

    def seen(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of one query, as `seeing` gives them."""
        with self.seeing() as look:
            return look(query, values)


def _no_archive(path: Path, error: sqlite3.Error | ValueError) -> ArchiveError:
    """What is said of an archive that does not open: that its disc is full or gone passes."""
    if getattr(error, "sqlite_errorcode", 0) & PRIMARY in PASSING:
        return NoRoom(f"{path} cannot be opened: {error}")
    return ArchiveError(f"{path} is no archive, or damaged: {error}. {ADVICE}")
