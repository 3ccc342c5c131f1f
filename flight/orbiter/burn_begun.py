"""What is kept of a burn from its beginning to its end, and the sums of the accelerometers."""

import msgspec

from flight.astrodynamics.vectors import Vector, subtract


class FeltSum(msgspec.Struct, frozen=True):
    """What thrust has given (m/s, inertial) by the count of one inertial unit since one of its
    power-ups: each counts for itself, and begins anew when it is switched on."""

    unit: str
    boot: int
    delta_v: Vector


class BurnBegun(msgspec.Struct, frozen=True):
    """A burn that has begun and whose end nobody has felt yet: when (s of mission time), what for,
    what it is to give (m/s, inertial), at which specific impulse (s), and the sum of the
    accelerometers before it (None: nobody has felt)."""

    time: float
    purpose: str
    wanted: Vector
    impulse: float
    felt: FeltSum | None


def gained_between(before: FeltSum | None, after: FeltSum | None) -> Vector | None:
    """What thrust has given (m/s, inertial) between two sums; None where nobody can tell: one is
    missing, or they are two counts, of a unit that was swapped or switched on anew meanwhile."""
    if before is None or after is None:
        return None
    if (before.unit, before.boot) != (after.unit, after.boot):
        return None
    return subtract(after.delta_v, before.delta_v)
