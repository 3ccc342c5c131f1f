"""Virtual time, held back to a pace that can be changed, stopped, and told to run to an instant.

Between two instants, when all that is due has been done, the loop waits for the wall clock, and
serves who speaks to it from outside. What an outsider wants to happen in the run is an input: it is
admitted between two instants, and recorded with its time and order; a run from that record has the
same inputs at the same instants, and so the same bits. Pace, pauses and looks are no inputs and
change nothing.
"""

import random
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

from flight.runtime.loop import NANOSECONDS, Deadlock, VirtualLoop

LEAST_PACE = 1e-3  # mission seconds in a wall second; less stands without being a pause
LARGEST_PACE = 1e9  # mission seconds in a wall second; more is `inf`: as fast as it goes
LONGEST_DEBT = 0.5  # wall seconds by which a run may be late before it gives up catching up
LOOK_OUTSIDE = 0.02  # wall seconds at most between looks at who speaks, also at full speed


@dataclass(frozen=True)
class Input:
    """Something from outside that was admitted at `time_ns`, as the `order`-th of the run (from 1).

    `data` is plain data; what it means is for the run to know.
    """

    time_ns: int
    order: int
    data: Any


class Outside(Protocol):
    """Those who speak to a run from outside, and the wall clock."""

    def now(self) -> float:
        """Wall seconds."""

    def serve(self, seconds: float) -> None:
        """Serves who speaks, as soon as somebody does, and for so many wall seconds at most."""


class Descriptors:
    """An outside of file descriptors, each with a callback."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.look: Callable[[], None] = lambda: None
        """Called whenever descriptors have been served, whether something came or not."""

    def add(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Has `callback` called, between two instants, when a descriptor can be read."""
        self._selector.register(descriptor, selectors.EVENT_READ, callback)

    def remove(self, descriptor: int) -> None:
        """Ends that."""
        self._selector.unregister(descriptor)

    def now(self) -> float:
        """Wall seconds, that never go back."""
        return time.monotonic()

    def serve(self, seconds: float) -> None:
        """Waits for the descriptors, and calls back those that can be read."""
        if not self._selector.get_map():
            time.sleep(max(0.0, seconds))
        else:
            for key, _ in self._selector.select(max(0.0, seconds)):
                key.data()
        self.look()

    def close(self) -> None:
        """Lets go of all descriptors."""
        self._selector.close()


class Pace:
    """How fast mission time may run: so many seconds in a wall second, up to an instant or without.

    `rate` 0 stands, `inf` is as fast as it goes.
    """

    def __init__(self, outside: Outside, rate: float, start_ns: int = 0) -> None:
        self._outside = outside
        self._wall = outside.now()
        self._from_ns = start_ns
        self._rate = checked_rate(rate)
        self._until_ns: int | None = None
        self._then = 0.0

    @property
    def rate(self) -> float:
        """As it was set; 0 as well when the instant that was to be run to has come."""
        return self._rate

    @property
    def until_ns(self) -> int | None:
        """The instant at which it will stand; None: none was set."""
        return self._until_ns

    def allowed_ns(self) -> float:
        """Up to which mission time (ns) the run may be by now; inf: as far as it likes."""
        if self._rate == 0.0:
            return self._from_ns
        if self._rate == inf:
            return inf if self._until_ns is None else self._until_ns
        passed = (self._outside.now() - self._wall) * self._rate * NANOSECONDS
        allowed = self._from_ns + max(0.0, passed)
        return allowed if self._until_ns is None else min(allowed, self._until_ns)

    def wall_until(self, time_ns: int) -> float:
        """Wall seconds until that mission time may be reached; inf: not as things are."""
        if self._until_ns is not None and time_ns > self._until_ns:
            return inf
        if time_ns <= self.allowed_ns():
            return 0.0
        if self._rate == 0.0:
            return inf
        due = self._wall + (time_ns - self._from_ns) / (self._rate * NANOSECONDS)
        return max(0.0, due - self._outside.now())

    def wall_of(self, time_ns: int) -> float:
        """When that mission time is due by the wall; now, where no pace holds it back."""
        if not 0.0 < self._rate < inf:
            return self._outside.now()
        return self._wall + (time_ns - self._from_ns) / (self._rate * NANOSECONDS)

    def set(
        self, rate: float, now_ns: int, until_ns: int | None = None, then: float = 0.0
    ) -> None:
        """From mission time `now_ns` on at `rate`, up to `until_ns`, and from there at `then`.

        Raises ValueError for a rate that is none, or an instant that is past.
        """
        if until_ns is not None and until_ns < now_ns:
            raise ValueError(
                f"the run is at {now_ns / NANOSECONDS:.3f} s: it cannot run to "
                f"{until_ns / NANOSECONDS:.3f} s"
            )
        rate, self._then = checked_rate(rate), checked_rate(then)
        allowed = self.allowed_ns()
        self._from_ns = now_ns if allowed in (inf, self._from_ns) else max(now_ns, int(allowed))
        self._wall = self._outside.now()
        self._rate, self._until_ns = rate, until_ns

    def reached(self, now_ns: int) -> None:
        """The run is at `now_ns`, with all done that is due: stands where it was told to (or goes
        on as it was), and forgives what it is late by."""
        if self._until_ns is not None and now_ns >= self._until_ns:
            self._rate, self._until_ns = self._then, None
            self._from_ns, self._wall = now_ns, self._outside.now()
        elif 0.0 < self._rate < inf:
            late = self._outside.now() - self._wall - (
                (now_ns - self._from_ns) / (self._rate * NANOSECONDS)
            )
            if late > LONGEST_DEBT:
                self._from_ns, self._wall = now_ns, self._outside.now()


def checked_rate(rate: float) -> float:
    """`rate` itself; raises ValueError where it is no pace."""
    if rate != 0.0 and not LEAST_PACE <= rate <= LARGEST_PACE and rate != inf:
        raise ValueError(
            f"{rate:g}: allowed is 0 (a pause), a pace from {LEAST_PACE:g} to {LARGEST_PACE:g}, "
            "or inf"
        )
    return rate


class ThrottledLoop(VirtualLoop):
    """A virtual loop that an outsider holds back, and may put inputs into.

    `admit` is called with each input in its turn, as a callback of the loop; `record` is told of it
    before. `inputs` are those of an earlier run: they are admitted at their instants again. Whoever
    is told of the pace, of time or of state between two instants only looks.
    """

    def __init__(
        self,
        outside: Outside,
        *,
        rate: float = inf,
        admit: Callable[[Input], None] | None = None,
        record: Callable[[Input], None] | None = None,
        inputs: Iterable[Input] = (),
        start_ns: int = 0,
        shuffle: random.Random | None = None,
    ) -> None:
        super().__init__(start_ns=start_ns, shuffle=shuffle)
        self.outside = outside
        self.pace = Pace(outside, rate, start_ns)
        self.admit = admit
        self.record = record
        self._again = deque(sorted(inputs, key=lambda each: (each.time_ns, each.order)))
        self._waiting: deque[Any] = deque()
        self._order = 0
        self._looked = outside.now()

    @property
    def left_to_admit(self) -> int:
        """Inputs of the earlier run that have not had their instant yet."""
        return len(self._again)

    @property
    def admitted(self) -> int:
        """Inputs so far."""
        return self._order

    def put(self, data: Any) -> None:
        """Has an input admitted as soon as all is done that is due at an instant."""
        self._waiting.append(data)

    def set_pace(self, rate: float, until_ns: int | None = None) -> None:
        """Changes the pace; see `Pace.set`."""
        self.pace.set(rate, self.time_ns(), until_ns)

    # ------------------------------------------------------ between two instants

    def _jump(self) -> None:
        due_ns = self._next_due_ns()
        if due_ns is None and not self._again and not self._waiting:
            raise Deadlock(self._describe_waiting())
        # A timer that is due at this very instant is still of it: an input that came before it
        # would come after it when it is admitted again.
        is_over = due_ns is None or due_ns > self._now_ns
        if is_over and (self._admit_again(due_ns) or self._hold_back(due_ns)):
            return
        super()._jump()

    def _admit_again(self, due_ns: int | None) -> bool:
        """Admits the next input of the earlier run, if its instant comes before the next timer."""
        if not self._again or (due_ns is not None and self._again[0].time_ns >= due_ns):
            return False
        if self._hold_back(self._again[0].time_ns):
            return True
        again = self._again.popleft()
        self._take(again.time_ns, again.data)
        return True

    def _hold_back(self, due_ns: int | None) -> bool:
        """Waits until the next instant may come; whether an input has made one before it."""
        self.pace.reached(self.time_ns())
        while True:
            wait = 0.0 if due_ns is None else self.pace.wall_until(due_ns)
            now = self.outside.now()
            if wait > 0.0 or now - self._looked >= LOOK_OUTSIDE:
                self._looked = now
                self.outside.serve(min(wait, LOOK_OUTSIDE))
            if self._ready:  # type: ignore[attr-defined]
                return True  # the run was interrupted while it waited
            if self._waiting:
                self._take(self._instant_of_input(due_ns), self._waiting.popleft())
                return True
            if due_ns is None or self.pace.wall_until(due_ns) <= 0.0:
                return False
            self._stand_at_the_end_of_the_way()

    def _stand_at_the_end_of_the_way(self) -> None:
        until = self.pace.until_ns
        if until is not None and self.pace.allowed_ns() >= until:
            # Nothing is due before: it is that instant now, for who looks and for what comes in.
            self._now_ns = max(self._now_ns, until)
            self.pace.reached(self._now_ns)

    def _instant_of_input(self, due_ns: int | None) -> int:
        """The present mission time by the pace, before the next timer."""
        now_ns = self.time_ns()
        allowed = self.pace.allowed_ns()
        if allowed == inf or due_ns is None:
            return now_ns
        return max(now_ns, min(int(allowed), due_ns - 1))

    def _take(self, time_ns: int, data: Any) -> None:
        self._order += 1
        taken = Input(time_ns, self._order, data)
        if self.record is not None:
            self.record(taken)
        self._now_ns = max(self._now_ns, time_ns)
        self._done += self._standing
        self._standing = 0
        if self.admit is None:
            raise RuntimeError("an input has come into a run that takes none")
        self.call_soon(self.admit, taken)
