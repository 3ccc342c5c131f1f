"""An event loop that lets mission time follow the wall clock."""

import asyncio
import selectors
from typing import Any

from flight.runtime.pace import NANOSECONDS, SteadyClock


class PacedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time follows the wall clock: `rate` seconds in one of the wall, from now
    on, or by a `clock` that loops share."""

    _closed = True  # what the base class asks of a loop that was refused before it was opened

    def __init__(self, *, rate: float = 1.0, clock: SteadyClock | None = None) -> None:
        self.clock = SteadyClock(rate) if clock is None else clock
        super().__init__(_PacedSelector(self.clock.rate))
        self._clock_resolution = 1e-6

    @property
    def rate(self) -> float:
        """Seconds of mission time in a second of the wall clock."""
        return self.clock.rate

    def time(self) -> float:
        """Seconds of mission time."""
        return self.clock.now_ns() / NANOSECONDS

    def time_ns(self) -> int:
        """Nanoseconds of mission time."""
        return self.clock.now_ns()

    def wake(self) -> None:
        """Ends a wait: a handler of signals has given the loop something to do."""
        self.call_soon_threadsafe(lambda: None)


class _PacedSelector(selectors.DefaultSelector):
    """Waits 1/rate of what it is asked to."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._rate = rate

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout / self._rate if timeout else timeout)
