"""Whether the radar's ranges are noise: then none is believed, not even what happens to fit.

IM-2 came down on the Moon (6 March 2025) with an altimeter that was noise. A filter that takes of
noise what lies within its gate follows it, and is surer of itself with each.
"""

from itertools import pairwise
from statistics import median

JUMPS = 6
"""Jumps from one range to the next whose median counts: one, as at a crater's rim, is none."""
RESTLESS, CALM = 2.0, 1.0
"""Standard deviations of a range that the jumps are of when it is noise, and when it is not."""
OF = 10  # readings, half of which were refused, that make ranges be doubted


class RestlessRadar:
    """Judges range after range."""

    def __init__(self) -> None:
        self.is_restless = False
        self.jump = 0.0
        """The median of the last jumps, m."""
        self._offsets: list[float] = []
        self._refused: list[bool] = []

    def note(self, refused: bool) -> None:
        """Takes note of a reading, and whether its range was refused, by whomever."""
        self._refused = [*self._refused[1 - OF :], refused]

    def judge(self, offset: float, sigma: float) -> bool:
        """Whether what the radar shows is noise; `offset`: the measured height over the one that
        was only felt, `sigma`: the standard deviation of that measurement, m."""
        self._offsets = [*self._offsets[-JUMPS:], offset]
        jumps = [abs(after - before) for before, after in pairwise(self._offsets)]
        if len(jumps) < JUMPS:
            return self.is_restless
        self.jump = median(jumps)
        if self.is_restless:
            self.is_restless = self.jump >= CALM * sigma
        else:
            doubted = 2 * self._refused.count(True) >= OF
            self.is_restless = doubted and self.jump > RESTLESS * sigma
        return self.is_restless
