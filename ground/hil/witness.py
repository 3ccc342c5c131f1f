"""How late this machine was while something was asked of a device: whether a device that said
nothing in time was slow, or nobody here had the CPU, can be told by that alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from flight.runtime.nursery import Nursery
from sim_hw.bench.pressure import of_a_probe, stalled_s

STEP = 0.01  # s of each sleep
EFFECT_EVERY = 0.05  # s, of the device protocol
EFFECTS_APART = 1.5 * EFFECT_EVERY  # s between two effects: the least that a probe allows a device
CALM_FOR = 0.5  # s without either, before something is asked once more
MOST_WAIT = 5.0  # s in which that is hoped for


class Witness:
    """Sleeps beside what goes on in its loop, and looks at what the kernel tells of the CPU."""

    def __init__(
        self,
        *,
        stalled: Callable[[], float] = stalled_s,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`stalled`: s since the machine began in which some program waited for a CPU."""
        self._stalled, self._clock, self._sleep = stalled, clock, sleep
        self.latest = 0.0
        """s by which the latest of its sleeps within `watch` at most ended too late."""
        self.waited = 0.0
        """s in which some program waited for a CPU, within the last `watch`."""
        self._lasted = self._due = 0.0

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """What is late within the block is known behind it."""
        self.latest, begun, waited = 0.0, self._clock(), self._stalled()
        self._due = begun + STEP
        async with Nursery("witness") as nursery:
            nursery.start(self._watch(), name="watch")
            try:
                yield
            finally:
                self._look()  # also at the sleep within which it ends
                self.waited = self._stalled() - waited
                self._lasted = self._clock() - begun
                nursery.cancel()

    async def _watch(self) -> None:
        while True:
            self._due = self._clock() + STEP
            await self._sleep(STEP)
            self._look()

    def _look(self) -> None:
        self.latest = max(self.latest, self._clock() - self._due)

    @property
    def words(self) -> str:
        """By what this machine was late itself; "" where it was not."""
        excuse = of_a_probe(self._lasted, EFFECTS_APART)
        return excuse.words(self.latest, self.waited, self._lasted)

    async def calm(self) -> None:
        """Until nobody is late, for `MOST_WAIT` s at most."""
        until = self._clock() + MOST_WAIT
        while self._clock() < until:
            async with self.watch():
                await self._sleep(CALM_FOR)
            if not self.words:
                return
