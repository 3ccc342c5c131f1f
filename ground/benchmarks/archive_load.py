"""The archive of mission control under load: how fast it takes samples, how fast it answers."""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flight.icd.messages import Telemetry
from ground.benchmarks.measurement import Sample
from ground.mission_control import BenchedArchive

SOURCES, CHANNELS = 7, 50
"""As many as a mission has, in round figures: 350 channels."""
PERIOD_NS = 60_000_000_000
"""Between two samples of a channel: a sol has 1,480 of them."""
SOL_NS = 88_775_244_000_000
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class ArchiveFigures:
    """Of one run of the benchmark. `floor`: the same rows into a bare table of SQLite, in rows/s;
    the questions in seconds."""

    samples: int
    taken: float
    floor: float
    opened: float
    size: int
    at_an_instant: Sample
    channel_day: Sample
    last_values: Sample


def measure_archive(samples: int, repetitions: int) -> ArchiveFigures:
    """Takes so many samples with power-loss safety on, and asks so often."""
    with tempfile.TemporaryDirectory(prefix="msr-archive-") as folder:
        floor = _floor(Path(folder) / "floor.sqlite", min(samples, 1_000_000))
        archive = BenchedArchive(Path(folder) / "archive.sqlite", durable=True)
        steps = samples // (SOURCES * CHANNELS)
        taken = _take(archive, steps)
        archive.close()
        size = (Path(folder) / "archive.sqlite").stat().st_size
        begin = time.perf_counter()
        archive = BenchedArchive(Path(folder) / "archive.sqlite", durable=True)
        opened = time.perf_counter() - begin
        end = steps * PERIOD_NS
        turns = range(repetitions)

        def instants(turn: int) -> int:
            return end * (2 * turn + 1) // (2 * repetitions)

        figures = ArchiveFigures(
            steps * SOURCES * CHANNELS, taken, floor, opened, size,
            _asked(turns, lambda turn: archive.values_at(instants(turn))),
            _asked(turns, lambda turn: archive.series(
                f"v{turn % SOURCES}", f"c{turn % CHANNELS}",
                max(0, instants(turn) - SOL_NS), instants(turn) + 1, 1000)),
            _asked(turns, lambda turn: archive.last_values()),
        )  # fmt: skip
        archive.close()
    return figures


def _take(archive: BenchedArchive, steps: int) -> float:
    """Samples per second, without the making of the reports."""
    spent = 0.0
    for step in range(steps):
        reports = [
            Telemetry(
                f"v{source}", step * PERIOD_NS,
                {f"c{channel}": step * 0.37 + channel for channel in range(CHANNELS)}, step, 1,
            )
            for source in range(SOURCES)
        ]  # fmt: skip
        begin = time.perf_counter()
        for report in reports:
            archive.add_samples(report, step * PERIOD_NS + 10**12)
        spent += time.perf_counter() - begin
    begin = time.perf_counter()
    archive.flush()
    return steps * SOURCES * CHANNELS / (spent + time.perf_counter() - begin)


def _floor(path: Path, rows: int) -> float:
    """Rows per second into a table with the same key, without index, safe against power loss."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE samples (stream INTEGER, occurred_ns INTEGER, place INTEGER, "
        "received_ns INTEGER, value, news INTEGER, "
        "PRIMARY KEY (stream, occurred_ns, place)) WITHOUT ROWID"
    )
    streams = SOURCES * CHANNELS
    spent = 0.0
    for first in range(0, rows, ROWS_AT_ONCE):
        batch = [
            (n % streams, n // streams * PERIOD_NS, n // streams, n, n * 0.37, 1)
            for n in range(first, first + ROWS_AT_ONCE)
        ]
        begin = time.perf_counter()
        database.execute("BEGIN")
        database.executemany("INSERT OR IGNORE INTO samples VALUES (?,?,?,?,?,?)", batch)
        database.execute("COMMIT")
        spent += time.perf_counter() - begin
    database.close()
    return rows / spent


def _asked(turns: range, ask: Callable[[int], object]) -> Sample:
    seconds = []
    for turn in turns:
        begin = time.perf_counter()
        ask(turn)
        seconds.append(time.perf_counter() - begin)
    return Sample(tuple(seconds))
