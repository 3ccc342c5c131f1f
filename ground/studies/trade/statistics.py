"""Means, spreads and shares of the flights of one design."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

NORMAL_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation; both not a number without values."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of those of the values that are numbers."""
        sound = [value for value in values if math.isfinite(value)]
        if not sound:
            return cls(math.nan, math.nan)
        mean = math.fsum(sound) / len(sound)
        squares = math.fsum((value - mean) ** 2 for value in sound)
        return cls(mean, math.sqrt(squares / (len(sound) - 1)) if len(sound) > 1 else 0.0)


def wilson(hits: int, count: int, quantile: float = NORMAL_95) -> tuple[float, float]:
    """Wilson's interval of a share (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209).

    Raises ValueError without trials.
    """
    if not 0 <= hits <= count or count == 0:
        raise ValueError(f"{hits} of {count} is no share")
    share, square = hits / count, quantile * quantile
    middle = (share + 0.5 * square / count) / (1.0 + square / count)
    half = (
        quantile * math.sqrt(share * (1.0 - share) / count + 0.25 * square / count**2)
        / (1.0 + square / count)
    )  # fmt: skip
    return max(0.0, middle - half), min(1.0, middle + half)


def exceeded_by(values: Sequence[float], risk: float) -> float:
    """The value that all but a share `risk` of the values reach, straight between ranks.

    What is not a number counts as the lowest there can be.
    """
    ordered = sorted(value if math.isfinite(value) else -math.inf for value in values)
    if not ordered:
        return math.nan
    place = risk * (len(ordered) - 1)
    low = int(place)
    if low + 1 >= len(ordered) or ordered[low] == -math.inf:
        return ordered[low]
    return ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])
