"""Whether a silence is a device's own: a host that gives nobody the CPU makes a device silent that
is a program on it, and makes its dead man act where the bench itself had no turn.

Looked at four times a second; the question is asked when a device has been lost.
"""

from collections import deque
from collections.abc import Callable

from sim_hw.bench.pressure import of_a_silence, stalled_s

KEPT = 40  # looks: ten seconds at four a second, and no silence is longer than some two


class Starvation:
    """`look` is called each `period` s, as far as the loop has its turn; `stalled`: s since the
    machine began in which some program waited for a CPU; `clock`: s of the wall."""

    def __init__(
        self, period: float, clock: Callable[[], float], stalled: Callable[[], float] = stalled_s
    ) -> None:
        self._period, self._clock, self._stalled = period, clock, stalled
        self._late = 0.0  # s in all by which looks came too late
        self._looks = deque([(clock(), stalled(), 0.0)], maxlen=KEPT)

    def look(self) -> None:
        """It is time."""
        now = self._clock()
        self._late += max(0.0, now - self._looks[-1][0] - self._period)
        self._looks.append((now, self._stalled(), self._late))

    def words(self, seconds: float) -> str:
        """Why a silence of the last so many s may not be a device's own; "" where it is."""
        now, waited = self._clock(), self._stalled()
        late = self._late + max(0.0, now - self._looks[-1][0] - self._period)
        since = [each for each in self._looks if each[0] <= now - seconds] or [self._looks[0]]
        before = max(0.0, now - seconds - since[-1][0])  # of the look that is no part of it
        late, waited = late - since[-1][2], waited - since[-1][1] - before
        return of_a_silence(seconds).words(late, waited, seconds)
