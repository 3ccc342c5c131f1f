"""Repeated measurements, interleaved so that a slow moment of the machine hits both sides."""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """The repetitions of one measurement, in seconds per operation."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle repetition, seconds per operation."""
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Operations per second of the middle repetition."""
        return 1.0 / self.median

    @property
    def noise(self) -> float:
        """Half the spread from the fastest to the slowest repetition, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / (2.0 * self.median)


@dataclass(frozen=True)
class Comparison:
    """Ours beside a bare one, measured in turns."""

    bare: Sample
    ours: Sample

    @property
    def speed(self) -> float:
        """Speed of ours as a share of the bare one's (1: as fast; above: faster)."""
        return self.bare.median / self.ours.median

    @property
    def noise(self) -> float:
        """The larger noise of the two sides."""
        return max(self.bare.noise, self.ours.noise)


async def compare(
    bare: Callable[[], Awaitable[None]],
    ours: Callable[[], Awaitable[None]],
    *,
    operations: int,
    repetitions: int,
) -> Comparison:
    """Runs both in turns, each after one run that does not count; the order swaps each time.

    Each call does `operations` operations.
    """
    seconds: dict[bool, list[float]] = {False: [], True: []}
    gc.collect()
    works = {False: bare, True: ours}
    for repetition in range(-1, repetitions):
        for is_ours in (False, True) if repetition % 2 else (True, False):
            taken = await _seconds(works[is_ours]) / operations
            if repetition >= 0:
                seconds[is_ours].append(taken)
    return Comparison(Sample(tuple(seconds[False])), Sample(tuple(seconds[True])))


def take_turns(
    works: Mapping[str, Callable[[int], object]],
    *,
    operations: int = 1,
    rounds: int,
    warm_up: bool = True,
) -> dict[str, Sample]:
    """Runs all in turns, in an order that swaps each round, and hands each the round's number.

    Each call does `operations` operations. The warm-up is round -1, which does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    for number in range(-1 if warm_up else 0, rounds):
        for name in list(works) if number % 2 else reversed(list(works)):
            start = time.perf_counter()
            works[name](number)
            if number >= 0:
                seconds[name].append((time.perf_counter() - start) / operations)
    return {name: Sample(tuple(taken)) for name, taken in seconds.items()}


async def _seconds(work: Callable[[], Awaitable[None]]) -> float:
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start
