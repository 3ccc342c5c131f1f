"""The loop of one process among several that have a clock in common."""

import selectors
import time
from collections.abc import Callable
from math import inf

from flight.runtime.common_clock import NEVER, CommonClock
from flight.runtime.loop import VirtualLoop


class _Look:
    """Somebody who looks now and then, by the wall."""

    def __init__(self, callback: Callable[[], object], seconds: float) -> None:
        self.callback = callback
        self.seconds = seconds
        self.due = time.monotonic() + seconds


class CommonLoop(VirtualLoop):
    """Virtual time that jumps when every participant of the run has done what was due.

    Between two instants it waits for the others and for descriptors: sockets, pipes, signals.
    """

    def __init__(self, clock: CommonClock) -> None:
        super().__init__(start_ns=clock.at())
        self.clock = clock
        self._looks: list[_Look] = []
        self._poller = selectors.DefaultSelector()
        self._poller.register(clock.descriptor, selectors.EVENT_READ)

    def look_by_wall(self, callback: Callable[[], object], seconds: float) -> None:
        """Has somebody look from time to time, in wall seconds, between two instants."""
        self._looks.append(_Look(callback, seconds))

    def wake(self) -> None:
        """Ends a wait: a handler of signals has given the loop something to do."""
        self.clock.knock()

    def _jump(self) -> None:
        next_ns = self._next_due_ns()
        due_ns = NEVER if next_ns is None else max(next_ns, self._now_ns)
        if self._wait_for(due_ns):
            self._come_to(self._now_ns)

    def _wait_for(self, due_ns: int) -> bool:
        """Waits until that instant has come; False when something else is to be done before."""
        clock, poller = self.clock, self._poller
        assert poller is not None
        clock.idle(due_ns)
        while True:
            look = self._look_around()
            seconds = clock.wait(due_ns)
            if seconds <= 0.0 and not self._ready:  # type: ignore[attr-defined]
                # Who was held up meanwhile finds that it is later than that.
                self._begin(max(due_ns, clock.at()))
                return True
            found = poller.select(max(0.0, min(seconds, look)))
            clock.answer_door()
            if self._ready or any(key.fd != clock.descriptor for key, _ in found):  # type: ignore[attr-defined]
                self._begin(clock.at())
                return False

    def _begin(self, now_ns: int) -> None:
        if now_ns > self._now_ns:
            self._now_ns = now_ns
            self._standing = 0
        self.clock.busy(self._now_ns)

    def _look_around(self) -> float:
        """Lets look who is due to; wall seconds until the next."""
        if not self._looks:
            return inf
        now = time.monotonic()
        for each in list(self._looks):
            if each.due <= now:
                each.due = now + each.seconds
                try:
                    each.callback()
                except BaseException:
                    self._looks.remove(each)  # who broke does not break the end of the run too
                    raise
        return min((each.due for each in self._looks), default=inf) - now
