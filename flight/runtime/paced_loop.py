"""An event loop that lets mission time follow the wall clock."""

import asyncio
import selectors
from typing import Any

from flight.runtime.pace import NANOSECONDS, SteadyClock
from flight.runtime.timer_descriptor import TimerDescriptor, timer_descriptor

LONGEST_WAIT = 1e6  # s for which the kernel's timer is set at most: a loop may look in between


class PacedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time follows the wall clock: `rate` seconds in one of the wall, from now
    on, or by a `clock` that loops share.

    It waits for its timers by `timerfd` where the platform has it, else (or without
    `exact_timers`) by the timeout of the selector, which is up to a millisecond late.
    """

    _closed = True  # what the base class asks of a loop that was refused before it was opened

    def __init__(
        self, *, rate: float = 1.0, clock: SteadyClock | None = None, exact_timers: bool = True
    ) -> None:
        self.clock = SteadyClock(rate) if clock is None else clock
        timer = timer_descriptor() if exact_timers else None
        self.exact_timers = timer is not None
        """Whether it waits for its timers by `timerfd`."""
        super().__init__(_PacedSelector(self.clock.rate, timer))
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

    def __init__(self, rate: float, timer: TimerDescriptor | None) -> None:
        super().__init__()
        self._rate = rate
        self._timer = timer
        if timer is not None:
            self.register(timer.descriptor, selectors.EVENT_READ)

    def select(self, timeout: float | None = None) -> Any:
        timer = self._timer
        if timer is None:
            return super().select(timeout / self._rate if timeout else timeout)
        if timeout is not None and timeout > 0.0:
            timer.set(min(timeout / self._rate, LONGEST_WAIT))
            timeout = None
        found = super().select(timeout)
        if any(key.fd == timer.descriptor for key, _ in found):
            timer.taken()
            found = [each for each in found if each[0].fd != timer.descriptor]
        return found

    def close(self) -> None:
        super().close()
        if self._timer is not None:
            self._timer.close()
            self._timer = None
