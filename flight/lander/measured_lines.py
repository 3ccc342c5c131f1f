"""What a source has said lately, as one estimate: how far off what was only felt is, and how fast.

Over some seconds the error of an inertial navigation is a straight line. Places that a source has
measured, less those that were felt, lie on it; so do velocities on its slope.
"""

import math
from dataclasses import dataclass

WINDOW = 8.0
"""s that count: long enough to show a slope, short enough for the line to be straight."""
LEAST_SPAN = 3.0  # s between the first and the last
LEAST = 5  # measurements
UNSTEADY = 4.0
"""Variance about the line, in units of what was expected, beyond which it is no line."""


@dataclass(frozen=True)
class Estimate:
    """Offset (m) and slope (m/s) of a line now, as information: the inverse of the covariance
    (`pp`, `pv`, `vv`; 1/m^2, s/m^2, s^2/m^2). A source that says nothing of one has none of it."""

    offset: float
    slope: float
    pp: float
    pv: float
    vv: float

    @property
    def variance(self) -> float:
        """Of the offset, m^2."""
        return self.vv / max(self.pp * self.vv - self.pv * self.pv, 1e-30)

    def misfit(self, offset: float, slope: float) -> float:
        """Squared distance to another line, in standard deviations."""
        p, v = self.offset - offset, self.slope - slope
        return p * p * self.pp + 2.0 * p * v * self.pv + v * v * self.vv


def of_covariance(offset: float, slope: float, pp: float, pv: float, vv: float) -> Estimate:
    """The same from variances of offset (m^2) and slope and their covariance."""
    size = max(pp * vv - pv * pv, 1e-12)
    return Estimate(offset, slope, vv / size, -pv / size, pp / size)


class MeasuredLine:
    """The last places or velocities of one source on one axis."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, float, float]] = []

    def add(self, time: float, error: float, sigma: float) -> None:
        """Takes what was measured less what was felt (m or m/s), and its standard deviation."""
        self._kept.append((time, error, sigma))

    def clear(self) -> None:
        """Forgets all."""
        self._kept.clear()

    def _recent(self, now: float) -> list[tuple[float, float, float]]:
        self._kept = [each for each in self._kept if now - each[0] <= WINDOW]
        if len(self._kept) < LEAST or self._kept[-1][0] - self._kept[0][0] < LEAST_SPAN:
            return []
        return self._kept

    def of_places(self, now: float, alike: float, alike_rate: float) -> Estimate | None:
        """The line through places; None while too few were measured, or they lie on none.

        `alike`, `alike_rate`: standard deviation (m, m/s) of what all of them err alike.
        """
        recent = self._recent(now)
        if not recent:
            return None
        weights = [1.0 / (sigma * sigma) for _, _, sigma in recent]
        total = math.fsum(weights)
        times = [time - now for time, _, _ in recent]
        mean = math.fsum(w * t for w, t in zip(weights, times, strict=True)) / total
        middle = math.fsum(w * e for w, (_, e, _) in zip(weights, recent, strict=True)) / total
        spread = math.fsum(w * (t - mean) ** 2 for w, t in zip(weights, times, strict=True))
        leaning = math.fsum(
            w * (t - mean) * (e - middle)
            for w, t, (_, e, _) in zip(weights, times, recent, strict=True)
        )
        slope = leaning / spread
        offset = middle - slope * mean
        about = math.fsum(
            w * (e - offset - slope * t) ** 2
            for w, t, (_, e, _) in zip(weights, times, recent, strict=True)
        )
        if about > UNSTEADY * (len(recent) - 2):
            return None
        slope_variance = 1.0 / spread
        return of_covariance(
            offset,
            slope,
            1.0 / total + mean * mean * slope_variance + alike * alike,
            -mean * slope_variance + alike * alike_rate,
            slope_variance + alike_rate * alike_rate,
        )

    def of_velocities(self, now: float, alike: float) -> Estimate | None:
        """The mean of velocities; None while too few were measured, or they do not agree.

        `alike`: standard deviation (m/s) of what all of them err alike.
        """
        recent = self._recent(now)
        if not recent:
            return None
        weights = [1.0 / (sigma * sigma) for _, _, sigma in recent]
        total = math.fsum(weights)
        mean = math.fsum(w * e for w, (_, e, _) in zip(weights, recent, strict=True)) / total
        about = math.fsum(w * (e - mean) ** 2 for w, (_, e, _) in zip(weights, recent, strict=True))
        if about > UNSTEADY * (len(recent) - 1):
            return None
        return Estimate(0.0, mean, 0.0, 0.0, 1.0 / (1.0 / total + alike * alike))
