"""Reports of what lasts: told when it begins, and then ever more seldom.

A device that does not answer is found so at each look. That it is still so is no news; a flood it
is not either, at one report a minute, so that no bucket of the throttling runs dry.
"""

from collections.abc import Callable
from typing import Final

import msgspec

ALWAYS: Final = 3
"""Reports in the same words that are told each; then the 4th, 8th, 16th, ..."""
LONGEST: Final = 88_775.244
"""s, one sol: after so long it is told again in any case."""
FORGOTTEN: Final = 7_200.0
"""s without a report, after which the next one begins anew."""
CAPACITY: Final = 256
"""Reports that are counted apart; beyond them the one that was seen longest ago gives way."""


class _Seen(msgspec.Struct):
    count: int
    told: int  # the count when it was told last
    told_at: float
    seen_at: float


class Repeats:
    """Says of each report whether it is to be told again. `clock`: s that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], _Seen] = {}

    def untold(self, event: str, text: str) -> int | None:
        """How many in the same words were kept back since the last that was told; None: so is
        this one."""
        now = self._clock()
        seen = self._seen.pop((event, text), None)
        if seen is None or now - seen.seen_at > FORGOTTEN:
            seen = _Seen(0, 0, now, now)
        self._seen[event, text] = seen  # the newest stands last
        while len(self._seen) > CAPACITY:
            self._seen.pop(next(iter(self._seen)))
        seen.count += 1
        seen.seen_at = now
        due = seen.count <= ALWAYS or seen.count & (seen.count - 1) == 0
        if not due and now - seen.told_at < LONGEST:
            return None
        kept_back = seen.count - seen.told - 1
        seen.told, seen.told_at = seen.count, now
        return kept_back
