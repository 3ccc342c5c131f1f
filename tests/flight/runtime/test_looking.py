"""Who looks besides takes nobody's look away; a way to an instant ends as it was told to."""

import asyncio
from math import inf

import pytest

from flight.runtime.looking import watch_too
from flight.runtime.loop import NANOSECONDS, VirtualLoop, run
from flight.runtime.throttled_loop import Pace


def test_each_looks_as_often_as_it_wants_and_nothing_is_the_other_for_it() -> None:
    seen: dict[str, list[float]] = {"slow": [], "fast": [], "alone": []}

    async def flight(loop: VirtualLoop) -> int:
        for _ in range(40):
            await asyncio.sleep(1.0)
        return loop.callbacks

    def flown(*, both: bool) -> int:
        loop = VirtualLoop()
        if both:
            loop.watch(lambda: seen["slow"].append(loop.time()), 10 * NANOSECONDS)
        watch_too(loop, lambda: seen["fast" if both else "alone"].append(loop.time()), NANOSECONDS)
        return run(flight(loop), loop)

    assert flown(both=True) == flown(both=False)
    assert seen["fast"] == seen["alone"] and len(seen["fast"]) > 15
    assert 3 <= len(seen["slow"]) <= 5


class Wall:
    """A wall clock that stands where it is put."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def serve(self, seconds: float) -> None:
        self.seconds += seconds


def test_a_way_to_an_instant_goes_on_as_it_was_told_to_and_stands_otherwise() -> None:
    wall = Wall()
    pace = Pace(wall, 50.0)
    pace.set(inf, 0, 100, then=2.0)
    assert pace.allowed_ns() == 100
    pace.reached(99)
    assert (pace.rate, pace.until_ns) == (inf, 100)
    pace.reached(100)
    assert (pace.rate, pace.until_ns) == (2.0, None) and pace.allowed_ns() == 100
    wall.seconds += 1.0
    assert pace.allowed_ns() == 100 + 2 * NANOSECONDS
    pace.set(inf, 200, 300)
    pace.reached(300)
    assert pace.rate == 0.0, "what was told for an earlier way is over"
    with pytest.raises(ValueError, match="allowed is 0"):
        pace.set(1.0, 300, 400, then=-1.0)
