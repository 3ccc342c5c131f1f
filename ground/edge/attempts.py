"""How often somebody may try to log in."""

from collections import deque
from collections.abc import Callable, Collection

from ground.api.times import DEFAULT_TIMES, Times

STRANGERS = ""  # all names that are nobody's are counted as one: they could be any number


class Attempts:
    """Counts failures by name; `now` tells wall seconds."""

    def __init__(
        self, known: Collection[str], now: Callable[[], float], times: Times = DEFAULT_TIMES
    ) -> None:
        self._times = times
        self._known = frozenset(known)
        self._now = now
        self._failures: dict[str, deque[float]] = {}
        self._locked: dict[str, float] = {}

    def locked_for(self, name: str) -> float:
        """Seconds for which nothing of that name is tried; 0: it may be."""
        bucket, now = self._bucket(name), self._now()
        left = self._locked.get(bucket, 0.0) - now
        if left > self._times.locked_seconds:  # the wall's clock was set back
            left = self._times.locked_seconds
            self._locked[bucket] = now + left
        return max(0.0, left)

    def failed(self, name: str) -> None:
        """It was not right."""
        bucket, now = self._bucket(name), self._now()
        most = self._times.attempts
        failures = self._failures.setdefault(bucket, deque(maxlen=most))
        failures.append(now)
        if len(failures) == most and now - failures[0] <= self._times.attempts_seconds:
            self._locked[bucket] = now + self._times.locked_seconds
            failures.clear()

    def succeeded(self, name: str) -> None:
        """It was right: what failed before is forgotten."""
        self._failures.pop(self._bucket(name), None)

    def _bucket(self, name: str) -> str:
        return name if name in self._known else STRANGERS
