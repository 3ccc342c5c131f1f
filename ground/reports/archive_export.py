"""What a run's archive holds, for other programs: MCAP for Foxglove, CSV for anything.

Times are UTC of the mission: the epoch of the run and its mission time. What a vehicle measured or
said is at its own stamp; when it was on the ground is told beside it.
"""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from flight.configuration.whole_files import PART
from ground.api.training import is_hidden
from ground.mission_control import damaged_blocks, sound_samples
from ground.missions.run_folder import read_archive

NANOSECONDS = 1_000_000_000
EVER = 2**62
AN_EPOCH = "2028-08-05T12:00:00Z"
MOST_NAMES = 12  # that a refusal tells
_LEVELS = {"DIAGNOSTIC": 1, "WARNING_LO": 3, "WARNING_HI": 4, "FATAL": 5}
"""Levels of `foxglove.Log`; what is not named is INFO, 2."""
CSV_HEAD = (
    "time_utc", "mission_s", "received_mission_s", "vehicle", "channel", "value", "unit",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is exported: of one vehicle or channel, or of all; mission time from and up to, in ns,
    by the stamps of the vehicles. `training`: with what trainers did, which is not for who is
    trained."""

    vehicle: str | None = None
    channel: str | None = None
    since_ns: int = -EVER
    until_ns: int = EVER
    training: bool = False


def epoch_of(run_folder: Path) -> str:
    """UTC of mission time zero, by the summary of a run. Raises ConfigurationError."""
    if not run_folder.is_dir():
        raise ConfigurationError(str(run_folder), None, "RUN", "there is no such run folder")
    if not (run_folder / "ground" / "archive.sqlite").exists():
        raise ConfigurationError(str(run_folder), None, "RUN", "holds no archive of a run")
    try:
        summary = json.loads((run_folder / "summary.json").read_text(encoding="utf-8"))
        return str(summary.get("epoch_utc") or summary["landing"])
    except (OSError, *UNDECODABLE, KeyError, AttributeError) as error:
        raise ConfigurationError(
            str(run_folder), None, "--epoch",
            "the run has left no summary with its epoch, as one that has not ended; allowed is "
            f"--epoch, such as {AN_EPOCH}",
        ) from error  # fmt: skip


def epoch_ns(text: str) -> int:
    """UTC nanoseconds since 1970 of an ISO date. Raises ValueError."""
    date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if not 1970 <= date.year < 2100:  # MCAP has no earlier times, and none after 2262
        raise ValueError(text)
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return round(date.timestamp()) * NANOSECONDS


@dataclass(frozen=True)
class Exported:
    """How much a file holds, and how many blocks of samples were damaged and are not in it."""

    entries: int
    damaged: int


def export(run_folder: Path, file: Path, epoch: str, wanted: Wanted) -> Exported:
    """Writes a file, MCAP or CSV by its ending, whole or not at all.

    Raises ConfigurationError for what is no archive, epoch or ending.
    """
    writers: dict[str, Callable[[sqlite3.Connection, Path, int, Wanted], int]] = {
        ".mcap": _write_mcap, ".csv": _write_csv,
    }  # fmt: skip
    write = writers.get(file.suffix.lower())
    if write is None:
        raise ConfigurationError(
            str(file), None, "FILE", f"= {file}: allowed is a name that ends in .mcap or .csv"
        )
    try:
        zero = epoch_ns(epoch)
    except ValueError:
        problem = f"= {epoch}: allowed is a date and time from 1970 on to 2099, such as " + AN_EPOCH
        raise ConfigurationError("command line", None, "--epoch", problem) from None
    if wanted.until_ns <= wanted.since_ns:
        until, since = wanted.until_ns / NANOSECONDS, wanted.since_ns / NANOSECONDS
        problem = f"= {until:g}: allowed is more than {since:g}, where it begins"
        raise ConfigurationError("command line", None, "--until", problem)
    part = file.with_name(file.name + PART)
    try:
        archive = read_archive(run_folder)
        if archive is None:
            raise ConfigurationError(str(run_folder), None, "RUN", "holds no archive of a run")
        with closing(archive):
            _check_names(archive, wanted)
            file.parent.mkdir(parents=True, exist_ok=True)
            told = Exported(write(archive, part, zero, wanted), damaged_blocks(archive))
        part.replace(file)
    except (sqlite3.Error, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        problem = f"the archive cannot be read: {error}"
        raise ConfigurationError(str(run_folder), None, "RUN", problem) from error
    finally:
        part.unlink(missing_ok=True)  # of what was broken off
    return told


def _check_names(archive: sqlite3.Connection, wanted: Wanted) -> None:
    """Refuses a vehicle or channel of which nothing ever came: a file without entries would say
    that nothing of it came then."""
    if wanted.vehicle is not None:
        query = (
            "SELECT source FROM streams UNION SELECT source FROM events "
            "UNION SELECT vehicle FROM commands UNION SELECT source FROM rungs ORDER BY 1"
        )
        _need(wanted.vehicle, "--vehicle", archive.execute(query))
    if wanted.channel is not None:
        query = "SELECT DISTINCT channel FROM streams WHERE ? IN (source, '') ORDER BY 1"
        _need(wanted.channel, "--channel", archive.execute(query, (wanted.vehicle or "",)))


def _need(name: str, option: str, known: Iterable[tuple[str]]) -> None:
    names = [each for (each,) in known]
    if name not in names:
        few = get_close_matches(name, names, MOST_NAMES) or names[:MOST_NAMES]
        allowed = f"allowed is one of {len(names)}, such as {', '.join(few)}"
        problem = f"= {name}: {allowed if names else 'nothing at all has come'}"
        raise ConfigurationError("command line", None, option, problem)


def _samples(archive: sqlite3.Connection, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Rows (occurred, received, vehicle, channel, value, unit) in order of time."""
    # What it is ordered by is selected: else SQLite unfolds all blocks before it looks whose.
    for row in archive.execute(
        "SELECT occurred_ns, received_ns, source, channel, value, unit, place "
        f"FROM {sound_samples(archive)} JOIN streams USING (stream) "
        "WHERE (? IS NULL OR source = ?) AND (? IS NULL OR channel = ?) "
        "AND occurred_ns >= ? AND occurred_ns < ? ORDER BY occurred_ns, source, channel, place",
        (wanted.vehicle, wanted.vehicle, wanted.channel, wanted.channel, wanted.since_ns,
         wanted.until_ns),
    ):  # fmt: skip
        yield row[:6]


def _write_csv(archive: sqlite3.Connection, part: Path, zero: int, wanted: Wanted) -> int:
    count = 0
    with part.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(CSV_HEAD)
        for occurred, received, vehicle, channel, value, unit in _samples(archive, wanted):
            seconds, received_s = occurred / NANOSECONDS, received / NANOSECONDS
            stamp = _utc(zero + occurred)
            shown = "" if value is None else value
            table.writerow((stamp, seconds, received_s, vehicle, channel, shown, unit))
            count += 1
    return count


def _utc(ns: int) -> str:
    whole, rest = divmod(ns, NANOSECONDS)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


_VALUE = {"type": "object", "properties": {
    "value": {}, "mission_s": {"type": "number"}, "received_mission_s": {"type": "number"},
}}  # fmt: skip
_NUMBER = {"type": "object", "properties": {
    **_VALUE["properties"], "value": {"type": ["number", "null"]},  # type: ignore[dict-item]
}}  # fmt: skip
_ANY = {"type": "object"}
_LOG = {"type": "object", "properties": {
    "timestamp": {"type": "object", "title": "time", "properties": {
        "sec": {"type": "integer"}, "nsec": {"type": "integer"}}},
    "level": {"type": "integer"}, "message": {"type": "string"}, "name": {"type": "string"},
    "file": {"type": "string"}, "line": {"type": "integer"},
}}  # fmt: skip


def _write_mcap(archive: sqlite3.Connection, part: Path, zero: int, wanted: Wanted) -> int:
    try:
        from mcap.writer import Writer
    except ImportError:
        raise ConfigurationError(
            "command line", None, "FILE",
            "of MCAP needs the package mcap, which is not installed; install threeforks[export]",
        ) from None  # fmt: skip
    with part.open("wb") as out:
        writer = Writer(out)
        writer.start(profile="", library="threeforks")
        book = _Book(writer, zero)
        for occurred, received, vehicle, channel, value, unit in _samples(archive, wanted):
            number = value is None or isinstance(value, int | float)
            book.add(
                f"/{vehicle}/{channel}", "number" if number else "value",
                _NUMBER if number else _VALUE, occurred, received,
                {"value": value, "mission_s": occurred / NANOSECONDS,
                 "received_mission_s": received / NANOSECONDS},
                {"unit": unit},
            )  # fmt: skip
        if wanted.channel is None:
            for topic, schema, plain, occurred, received in _told(archive, wanted, zero):
                name = "foxglove.Log" if schema is _LOG else "entry"
                book.add(topic, name, schema, occurred, received, plain, {})
        writer.finish()
        return book.count


class _Book:
    """Registers each schema and topic once."""

    def __init__(self, writer: Any, zero: int) -> None:
        self._writer = writer
        self._zero = zero
        self._schemas: dict[str, int] = {}
        self._channels: dict[tuple[str, str], int] = {}
        self.count = 0

    def add(
        self, topic: str, name: str, schema: dict[str, Any], occurred: int, received: int,
        plain: dict[str, Any], metadata: dict[str, str],
    ) -> None:  # fmt: skip
        if name not in self._schemas:
            text = json.dumps(schema).encode()
            self._schemas[name] = self._writer.register_schema(name, "jsonschema", text)
        key = (topic, name)
        if key not in self._channels:
            self._channels[key] = self._writer.register_channel(
                topic, "json", self._schemas[name], metadata
            )
        self._writer.add_message(
            self._channels[key],
            log_time=max(0, self._zero + occurred),
            data=json.dumps(plain, ensure_ascii=False).encode(),
            publish_time=max(0, self._zero + received),
            sequence=self.count,
        )
        self.count += 1


def _told(
    archive: sqlite3.Connection, wanted: Wanted, zero: int
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], int, int]]:
    """Events, commands, rungs, custody and the journal: topic, schema, content, times."""
    one = (wanted.vehicle, wanted.vehicle, wanted.since_ns, wanted.until_ns)
    within = "(? IS NULL OR {0} = ?) AND {1} >= ? AND {1} < ? ORDER BY {1}"
    for source, name, severity, occurred, received, text in archive.execute(
        "SELECT source, name, severity, occurred_ns, received_ns, text FROM events WHERE "
        + within.format("source", "occurred_ns"), one,
    ):  # fmt: skip
        sec, nsec = divmod(max(0, zero + occurred), NANOSECONDS)
        plain = {
            "timestamp": {"sec": sec, "nsec": nsec}, "level": _LEVELS.get(severity, 2),
            "message": text, "name": f"{source} {name}", "file": "", "line": 0,
        }  # fmt: skip
        yield "/events", _LOG, plain, occurred, received
    tables = (
        ("/commands", "vehicle", "issued_ns", "issued_ns",
         "SELECT issued_ns, issued_ns, identifier, vehicle, name, arguments, stage, "
         "COALESCE(verdict, 'under way') AS verdict, detail FROM commands"),
        ("/rungs", "source", "occurred_ns", "received_ns",
         "SELECT occurred_ns, received_ns, identifier, source, rung, detail FROM rungs"),
        ("/custody", "source", "occurred_ns", "received_ns",
         "SELECT occurred_ns, received_ns, source, tube, step, status, place FROM custody"),
        ("/journal", "vehicle", "time_ns", "time_ns",
         "SELECT time_ns, time_ns, number, topic, what, who, vehicle, data FROM journal"),
    )  # fmt: skip
    known = {name for (name,) in archive.execute("SELECT name FROM sqlite_schema")}
    for topic, owner, time, _, query in tables:
        if topic[1:] not in known:
            continue
        cursor = archive.execute(f"{query} WHERE {within.format(owner, time)}", one)
        heads = [column[0] for column in cursor.description][2:]
        for row in cursor:
            plain = dict(zip(heads, row[2:], strict=True))
            for key in ("arguments", "data"):
                if key in plain:
                    plain[key] = json.loads(plain[key])
            if topic == "/journal" and is_hidden(plain) and not wanted.training:
                continue
            yield topic, _ANY, plain, row[0], row[1]
