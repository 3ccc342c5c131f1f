"""How well a place and a velocity are known on one axis, and what measurements make of it."""

import math
from dataclasses import dataclass, field

GATE = 5.0
"""Standard deviations beyond which a measurement is set aside."""
ACCELERATION_NOISE = 2.0e-3
"""m/s of velocity error per root second: accelerometers."""
INSISTENT = 8
"""As many in a row that agree are believed against the gate where what is felt is in doubt."""


@dataclass
class AxisError:
    """Variances of position and velocity on one axis, and their covariance."""

    position: float
    cross: float
    velocity: float
    felt: float = 0.0
    """m/s that were felt since the velocity was measured: so much of it the attitude has turned."""
    refused: dict[str, list[float]] = field(default_factory=dict)

    def accepts(
        self, kind: str, residual: float, variance: float, sigma: float, *, insist: bool
    ) -> bool:
        """Whether a residual lies within the gate; or, where a source may `insist` alone, has been
        the same so often that the variance is widened for it."""
        held = self.refused.setdefault(kind, [])
        if within_gate(residual, variance, sigma):
            held.clear()
            return True
        held.append(residual)
        del held[:-INSISTENT]
        middle = math.fsum(held) / len(held)
        agreed = all(abs(value - middle) < max(0.15 * abs(middle), 3.0 * sigma) for value in held)
        if not insist or len(held) < INSISTENT or not agreed:
            return False
        held.clear()
        if kind == "velocity":
            self.velocity += residual * residual
        else:
            self.position += residual * residual
        return True

    def propagate(self, interval: float) -> None:
        """Lets time pass."""
        self.position += (2.0 * self.cross + self.velocity * interval) * interval
        self.cross += self.velocity * interval
        self.velocity += ACCELERATION_NOISE**2 * interval

    def feel(self, size: float, doubt: float) -> None:
        """So much (m/s) was felt, while the attitude is in doubt by an angle (rad)."""
        before, self.felt = self.felt, self.felt + size
        self.velocity += doubt**2 * (self.felt**2 - before**2)

    def position_gain(self, sigma: float) -> tuple[float, float]:
        """Gains on position and velocity of a position measurement, taken into the variances."""
        total = self.position + sigma * sigma
        gain = (self.position / total, self.cross / total)
        self.velocity -= gain[1] * self.cross
        self.cross -= gain[0] * self.cross
        self.position -= gain[0] * self.position
        return gain

    def velocity_gain(self, sigma: float) -> tuple[float, float]:
        """Gains on position and velocity of a velocity measurement, taken into the variances."""
        total = self.velocity + sigma * sigma
        gain = (self.cross / total, self.velocity / total)
        self.position -= gain[0] * self.cross
        self.cross -= gain[1] * self.cross
        self.velocity -= gain[1] * self.velocity
        return gain


def within_gate(residual: float, variance: float, sigma: float) -> bool:
    """Whether a measurement fits what is known; what does not is set aside, however often it is
    said by the same source alone."""
    return abs(residual) <= GATE * math.sqrt(max(variance, 0.0) + sigma * sigma)


class FeltOnly:
    """What the navigation would be had nothing been measured: on each axis what measurements have
    moved since the alignment (m, m/s), and how well it would be known without them."""

    def __init__(self, errors: list[AxisError]) -> None:
        self.offsets = [0.0, 0.0, 0.0]
        self.slopes = [0.0, 0.0, 0.0]
        self.errors = [AxisError(e.position, e.cross, e.velocity) for e in errors]

    def pass_by(self, interval: float) -> None:
        """Lets time pass: what the velocity was corrected by moves the place."""
        for axis, slope in enumerate(self.slopes):
            self.offsets[axis] += slope * interval

    def correct(self, axis: int, moved: float, faster: float) -> None:
        """A measurement has moved place (m) and velocity (m/s)."""
        self.offsets[axis] += moved
        self.slopes[axis] += faster
