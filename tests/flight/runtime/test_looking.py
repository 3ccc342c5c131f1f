"""Who looks besides takes nobody's look away."""

import asyncio

from flight.runtime.looking import watch_too
from flight.runtime.loop import NANOSECONDS, VirtualLoop, run


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
