"""How often somebody may try to log in."""

from collections import deque
from collections.abc import Callable, Collection

FAILURES = 5  # in WINDOW, after which nothing is tried for LOCKED
WINDOW = 300.0  # wall seconds
LOCKED = 60.0  # wall seconds
STRANGERS = ""  # all names that are nobody's are counted as one: they could be any number


class Attempts:
    """Counts failures by name; `now` tells wall seconds."""

    def __init__(self, known: Collection[str], now: Callable[[], float]) -> None:
        self._known = frozenset(known)
        self._now = now
        self._failures: dict[str, deque[float]] = {}
        self._locked: dict[str, float] = {}

    def locked_for(self, name: str) -> float:
        """Seconds for which nothing of that name is tried; 0: it may be."""
        return max(0.0, self._locked.get(self._bucket(name), 0.0) - self._now())

    def failed(self, name: str) -> None:
        """It was not right."""
        bucket, now = self._bucket(name), self._now()
        failures = self._failures.setdefault(bucket, deque(maxlen=FAILURES))
        failures.append(now)
        if len(failures) == FAILURES and now - failures[0] <= WINDOW:
            self._locked[bucket] = now + LOCKED
            failures.clear()

    def succeeded(self, name: str) -> None:
        """It was right: what failed before is forgotten."""
        self._failures.pop(self._bucket(name), None)

    def _bucket(self, name: str) -> str:
        return name if name in self._known else STRANGERS
