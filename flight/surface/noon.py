"""The time of day by what an array gives: its middle is noon, whatever the clock says.

A vehicle that has slept for weeks cannot know that its clock still tells the time: Opportunity's
mission clock was among what was thought to have failed in June 2018. The light does not err.
"""

import math

DARK = 0.5  # W, at and below which it is night
LEAST_DAY = 4 * 3600.0  # s of light without a gap that make a day
_GAP = 2 * 3600.0  # s without a reading, after which a day is not known


class Noon:
    """Finds the middle of each day from readings of the array."""

    def __init__(self) -> None:
        self._last: float | None = None  # s of the last reading
        self._was_dark = False  # then
        self._day: list[tuple[float, float]] = []  # s and W of a day whose morning was seen

    def array_gives(self, now: float, watts: float) -> float | None:
        """Takes a reading (s of a count that nobody sets, W). Returns when noon was, once in the
        evening; None at other times, and where not the whole day was seen."""
        is_first = self._last is None or now - self._last > _GAP
        self._last = now
        if is_first:
            self._was_dark, self._day = watts <= DARK, []
            return None
        if watts > DARK:
            if self._was_dark or self._day:
                self._day.append((now, watts))
            self._was_dark = False
            return None
        day, self._day, self._was_dark = self._day, [], True
        return _middle(day)


def _middle(day: list[tuple[float, float]]) -> float | None:
    if not day or day[-1][0] - day[0][0] < LEAST_DAY:
        return None
    first, last = day[0][0], len(day) - 1
    # Each reading stands for half the way to both its neighbours.
    weights = [
        watts * (day[min(i + 1, last)][0] - day[max(i - 1, 0)][0])
        for i, (_, watts) in enumerate(day)
    ]
    moment = math.fsum(w * (at - first) for w, (at, _) in zip(weights, day, strict=True))
    return first + moment / math.fsum(weights)
