"""Short work that is done again and again, by a timer: a task that sleeps costs several times as
much, and a node's health is looked at some hundred thousand times in a run."""

import asyncio
from collections.abc import Callable

from flight.runtime.handles import LeanTimer
from flight.runtime.loop import NANOSECONDS, clock_of
from flight.runtime.nursery import Nursery


class Rounds:
    """Has some work done each `period` s.

    An error of the work ends it, and is raised by a child of the nursery, which it ends so.
    """

    def __init__(self, name: str, period: float) -> None:
        self.name = name
        self._period = period
        self._period_ns = round(period * NANOSECONDS)
        self._time_ns: Callable[[], int]
        self._work: Callable[[], object]
        self._nursery: Nursery
        self._loop: asyncio.AbstractEventLoop
        self._handle: asyncio.Handle | None = None

    def begin(self, nursery: Nursery, work: Callable[[], object]) -> None:
        """Begins with the next turn of the loop."""
        self._nursery, self._work = nursery, work
        self._loop = asyncio.get_running_loop()
        self._time_ns = clock_of(self._loop)
        self._handle = self._loop.call_soon(self._go)

    def _go(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._nursery.start(_raised(error), name=self.name)
            return
        timer = self._handle
        if timer is None:
            return  # ended by its own work
        if isinstance(timer, LeanTimer):
            timer.again(self._time_ns() + self._period_ns)
        else:
            self._handle = self._loop.call_later(self._period, self._go)

    def end(self) -> None:
        """No more of it."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


async def _raised(error: Exception) -> None:
    raise error
