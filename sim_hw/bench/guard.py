"""What a bench lets a real device be asked for: within its limits, so often, and for so long.

The guard stands in the bench process, before the wire. It counts wall time, and refuses before
anything has happened; stopping and making safe pass it always.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

DUTY_WINDOW = 60.0  # s over which the part of time in motion is taken (assumption: a motor's heat)
LEAST_MOTION = 0.1
"""s for which an actuation counts as motion at least: a device that answers at once goes on to
where it was told to be (assumption: a tenth of a second, as a nozzle takes from stop to stop)."""
MAY_MOVE = 10.0
"""s after the last actuation in which a device that has answered may still move, or hold what it
was told to (assumption)."""
RATE_WINDOW = 1.0  # s; a rate below one a second is taken over as long as one call takes


class Span(msgspec.Struct, frozen=True):
    """The least and the most that an argument may be, in the unit of the interface."""

    lowest: float
    highest: float
    unit: str = "1"


class GuardRules(msgspec.Struct, frozen=True):
    """`actuations`: the methods that move something; `limits`: by `method.argument`; `rate`:
    actuations a second (0: any); `duty`: part of the last minute that it may be in motion;
    `finish`: the methods of which a motion goes on to its end though its arming is over."""

    actuations: Sequence[str] = ()
    limits: Mapping[str, Span] = {}
    rate: float = 0.0
    duty: float = 1.0
    finish: Sequence[str] = ()


class Guard:
    """Of one device. Times are seconds of one clock that never goes back."""

    def __init__(self, rules: GuardRules) -> None:
        self._rules = rules
        self._actuations = frozenset(rules.actuations)
        window = max(RATE_WINDOW, 1.0 / rules.rate) if rules.rate > 0.0 else 0.0
        self._window = window
        # No more of them are looked at, so no more are kept.
        self._begun: deque[float] = deque(maxlen=max(1, int(rules.rate * window + 1e-9)))
        self._moved: deque[tuple[float, float]] = deque()
        self._moving: dict[int, float] = {}
        self._finish: set[int] = set()  # of those in motion
        self._last = -1e18  # when the latest was begun

    def actuates(self, method: str) -> bool:
        """Whether a method moves something."""
        return method in self._actuations

    @property
    def in_motion(self) -> bool:
        """Whether something that was asked for is not over."""
        return bool(self._moving)

    @property
    def finishes(self) -> bool:
        """Whether something is in motion, and all of it may go on to its end."""
        return self.in_motion and self._finish >= self._moving.keys()

    def may_move(self, now: float) -> bool:
        """Whether it is in motion, or was told to move so lately that it may still be."""
        return self.in_motion or now - self._last <= MAY_MOVE

    def refuses(self, method: str, arguments: Mapping[str, Any], now: float) -> str:
        """Why an actuation may not be begun now; "" when it may."""
        for name, value in arguments.items():
            span = self._rules.limits.get(f"{method}.{name}")
            if span is None:
                continue
            for number in value if isinstance(value, list | tuple) else (value,):
                if type(number) not in (int, float) or not span.lowest <= number <= span.highest:
                    return (
                        f"{method}.{name} = {number}: this bench allows {span.lowest:g} to "
                        f"{span.highest:g} {span.unit}"
                    )
        return self._too_often(now) or self._too_long(now)

    def _too_often(self, now: float) -> str:
        rate = self._rules.rate
        if rate <= 0.0:
            return ""
        while self._begun and now - self._begun[0] >= self._window:
            self._begun.popleft()
        if len(self._begun) < (self._begun.maxlen or 1):
            return ""
        return f"this bench allows {rate:g} actuations a second"

    def _too_long(self, now: float) -> str:
        if self._rules.duty >= 1.0:
            return ""
        part = self.moved_within(now) / DUTY_WINDOW
        if part < self._rules.duty:
            return ""
        return (
            f"it was in motion for {part:.0%} of the last {DUTY_WINDOW:g} s; this bench allows "
            f"{self._rules.duty:.0%}: let it cool"
        )

    def moved_within(self, now: float) -> float:
        """Seconds in motion of the last `DUTY_WINDOW`."""
        first = now - DUTY_WINDOW
        self._forget(first)
        over = [max(0.0, min(end, now) - max(start, first)) for start, end in self._moved]
        now_moving = [now - max(start, first) for start in self._moving.values()]
        total = 0.0
        for each in (*over, *now_moving):
            total += each
        return min(total, DUTY_WINDOW)

    def _forget(self, first: float) -> None:
        while self._moved and self._moved[0][1] <= first:
            self._moved.popleft()

    def begun(self, number: int, now: float, method: str = "") -> None:
        """An actuation begins."""
        if method in self._rules.finish:
            self._finish.add(number)
        self._begun.append(now)
        self._moving[number] = self._last = now

    def ended(self, number: int, now: float) -> None:
        """It is over, whatever has ended it; one that was not begun is no matter."""
        start = self._moving.pop(number, None)
        self._finish.discard(number)
        if start is None:
            return
        end = max(now, start + LEAST_MOTION)
        if self._moved and start <= self._moved[-1][1]:  # what overlaps is one motion
            before, ended = self._moved.pop()
            start, end = min(before, start), max(ended, end)
        self._moved.append((start, end))
        self._forget(now - DUTY_WINDOW)
