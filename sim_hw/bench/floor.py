"""How late this machine is by itself: the same periodic work with no device at all.

What a device is late by is told beside it; where the floor is bad, nobody can say of a device that
it is slow. The ways are measured in turns within one run, since a shared machine changes its mind.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from flight.runtime.paced_loop import PacedLoop
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.realtime import real_time

FLOOR_WAY = "sleeping thread"
"""What others are held against: a thread that only sleeps."""
WAYS = (FLOOR_WAY, "loop, epoll", "loop, timerfd")
RATE = 100.0  # Hz, where nothing says another
TURN = 0.5  # s of one way before the next has its turn


@dataclass
class Floor:
    """Lateness (s) by each way of waiting; `slips`: cycles that never began."""

    rate: float
    lateness: dict[str, Histogram]
    slips: dict[str, int]
    refused: list[str]

    def ratio(self, way: str, other: str, part: float) -> float:
        """How many times as late one way is as another at a part of all cycles."""
        base = self.lateness[other].at(part)
        return self.lateness[way].at(part) / base if base else float("inf")


def floor_rate(timed: Iterable[tuple[float, float]]) -> float:
    """The rate (Hz) at which a floor says something of what has a deadline: (period, deadline), s,
    of each; the fastest loop's, and `RATE` where there is none."""
    periods = [period for period, _ in timed if period > 0.0]
    return 1.0 / min(periods) if periods else RATE


def measure_floor(
    rate: float, seconds: float, *, priority: int | None = None, ways: Collection[str] = WAYS
) -> Floor:
    """Periodic work `rate` times a second, for `seconds` of the wall in all: by each of the ways
    for a third of it, or by the ways that are named alone. `priority`: of SCHED_FIFO, with memory
    locked; None: as any program."""
    every: dict[str, Callable[[float, int], Iterator[tuple[float, int]]]] = {
        FLOOR_WAY: _sleeping,
        "loop, epoll": lambda period, n: _loop(period, n, False),
        "loop, timerfd": lambda period, n: _loop(period, n, True),
    }
    found = Floor(rate, {way: Histogram() for way in ways}, dict.fromkeys(ways, 0), [])
    count = max(1, round(TURN * rate))
    turns = max(1, round(seconds / (TURN * len(every))))

    def measure() -> None:
        for _ in range(turns):
            for way, work in every.items():
                if way not in ways:
                    continue
                for late, slipped in work(1.0 / rate, count):
                    found.lateness[way].add(late)
                    found.slips[way] += slipped

    if priority is not None:
        with real_time(priority) as refused:
            found.refused += refused
            measure()
    else:
        measure()
    return found


def _sleeping(period: float, count: int) -> Iterator[tuple[float, int]]:
    begun = time.monotonic()
    cycle = 1
    for _ in range(count):
        due = begun + cycle * period
        time.sleep(max(0.0, due - time.monotonic()))
        late = time.monotonic() - due
        slipped = int(late / period)
        cycle += 1 + slipped
        yield late, slipped


def _loop(period: float, count: int, exact: bool) -> Iterator[tuple[float, int]]:
    loop = PacedLoop(exact_timers=exact)
    found: list[tuple[float, int]] = []
    begun = loop.time()

    def work(cycle: int) -> None:
        late = loop.time() - (begun + cycle * period)
        slipped = int(late / period)
        found.append((late, slipped))
        if len(found) == count:
            loop.stop()
        else:
            loop.call_at(begun + (cycle + 1 + slipped) * period, work, cycle + 1 + slipped)

    loop.call_at(begun + period, work, 1)
    try:
        loop.run_forever()
    finally:
        loop.close()
    return iter(found)
