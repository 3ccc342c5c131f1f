"""The archive of mission control under load: how fast it takes samples, how fast it answers."""

import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flight.configuration.scratch_folder import ScratchFolder
from flight.icd.messages import Telemetry
from ground.benchmarks.measurement import Sample
from ground.mission_control import BenchedArchive

SOURCES, CHANNELS = 7, 50
"""As many as a mission has, in round figures: 350 channels."""
PERIOD_NS = 60_000_000_000
"""Between two samples of a channel: a sol has 1,480 of them."""
SOL_NS = 88_775_244_000_000
ROWS_AT_ONCE = 2000
FLOOR_STEPS = 3000
"""Of the samples, as many go into the bare table as well: a million."""


@dataclass(frozen=True)
class Taken:
    """Samples a second, by the wall clock and by the processor's time of this process."""

    wall: float
    processor: float


@dataclass(frozen=True)
class ArchiveFigures:
    """Of one run of the benchmark. `floor`: the same rows, in turns with the others, into a bare
    table of SQLite. The questions in seconds; `processor`: their middles in the processor's time,
    in their order."""

    samples: int
    taken: Taken
    floor: Taken
    opened: float
    size: int
    at_an_instant: Sample
    channel_day: Sample
    last_values: Sample
    processor: tuple[float, float, float]


def measure_archive(samples: int, repetitions: int) -> ArchiveFigures:
    """Takes so many samples with power-loss safety on, and asks so often."""
    with ScratchFolder("archive-") as folder:
        file = Path(folder) / "archive.sqlite"
        archive = BenchedArchive(file, durable=True)
        steps = samples // (SOURCES * CHANNELS)
        taken, floor = _take(archive, BareTable(Path(folder) / "floor.sqlite"), steps)
        archive.close()
        size = file.stat().st_size
        begin = time.perf_counter()
        archive = BenchedArchive(file, durable=True)
        opened = time.perf_counter() - begin
        end = steps * PERIOD_NS
        turns = range(repetitions)

        def instants(turn: int) -> int:
            return end * (2 * turn + 1) // (2 * repetitions)

        asked = [
            _asked(turns, lambda turn: archive.values_at(instants(turn))),
            _asked(turns, lambda turn: archive.series(
                f"v{turn % SOURCES}", f"c{turn % CHANNELS}",
                max(0, instants(turn) - SOL_NS), instants(turn) + 1, 1000)),
            _asked(turns, lambda turn: archive.last_values()),
        ]  # fmt: skip
        archive.close()
    (instant, one), (day, two), (last, three) = asked
    return ArchiveFigures(
        steps * SOURCES * CHANNELS, taken, floor, opened, size, instant, day, last,
        (one, two, three),
    )  # fmt: skip


class Watch:
    """Seconds that something has taken, by the wall and by the processor."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._began[0]
        self.processor += time.process_time() - self._began[1]

    def rate(self, rows: int) -> Taken:
        """Of so many rows."""
        return Taken(rows / self.wall, rows / self.processor)


class BareTable:
    """A table with the same key, without index, safe against power loss."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(
            "CREATE TABLE samples (stream INTEGER, occurred_ns INTEGER, place INTEGER, "
            "received_ns INTEGER, value, news INTEGER, "
            "PRIMARY KEY (stream, occurred_ns, place)) WITHOUT ROWID"
        )
        self.rows: list[tuple[float, ...]] = []

    def write(self) -> None:
        """Writes what waits, in the order of its key, and waits for the disc."""
        self.rows.sort()
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO samples VALUES (?,?,?,?,?,?)", self.rows)
        self._database.execute("COMMIT")
        self.rows.clear()

    def close(self) -> None:
        """Ends it."""
        self._database.close()


def _take(archive: BenchedArchive, bare: BareTable, steps: int) -> tuple[Taken, Taken]:
    """How fast each takes the samples, without the making of the reports."""
    ours, floor, bare_rows = Watch(), Watch(), 0
    for step in range(steps):
        at = step * PERIOD_NS
        reports = [
            Telemetry(
                f"v{source}", at,
                {f"c{channel}": step * 0.37 + channel for channel in range(CHANNELS)}, step, 1,
            )
            for source in range(SOURCES)
        ]  # fmt: skip
        with ours:
            for report in reports:
                archive.add_samples(report, at + 10**12)
        if step < FLOOR_STEPS:
            bare.rows += [
                (stream, at, step, at + 10**12, step * 0.37, 1)
                for stream in range(SOURCES * CHANNELS)
            ]
            if len(bare.rows) >= ROWS_AT_ONCE or step + 1 == min(steps, FLOOR_STEPS):
                bare_rows += len(bare.rows)
                with floor:
                    bare.write()
    with ours:
        archive.flush()
    bare.close()
    return ours.rate(steps * SOURCES * CHANNELS), floor.rate(bare_rows)


def _asked(turns: range, ask: Callable[[int], object]) -> tuple[Sample, float]:
    """Each time by the wall, and the middle of the processor's time."""
    seconds, processor = [], []
    for turn in turns:
        begin = time.perf_counter(), time.process_time()
        ask(turn)
        seconds.append(time.perf_counter() - begin[0])
        processor.append(time.process_time() - begin[1])
    return Sample(tuple(seconds)), statistics.median(processor)
