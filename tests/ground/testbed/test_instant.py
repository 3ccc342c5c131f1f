"""The instant of a paced run stands while what is due at once is done."""

import asyncio

from flight.runtime.loop import PacedLoop, run
from ground.testbed.instant import Instant


class Ticking:
    """A clock that goes on by a second whenever somebody looks."""

    changes = True
    rate = 1000.0

    def __init__(self) -> None:
        self.seconds = 0

    def now_ns(self) -> int:
        self.seconds += 1
        return self.seconds * 1_000_000_000


def test_an_instant_lasts_until_the_next_turn_of_the_loop() -> None:
    async def main() -> list[float]:
        instant = Instant()
        seen = [instant.now(), instant.now()]
        await asyncio.sleep(0.0)
        return [*seen, instant.now(), instant.now()]

    first, same, later, same_later = run(main(), PacedLoop(clock=Ticking()))
    assert first == same < later == same_later
