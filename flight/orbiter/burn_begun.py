"""A burn that was begun, as it is remembered until its end has been felt."""

import msgspec

from flight.astrodynamics.vectors import Vector


class BurnBegun(msgspec.Struct, frozen=True):
    """When (mission time, s) and what for; the velocity change that was wanted (m/s, inertial), at
    which specific impulse (s), and what the accelerometers had summed up before (m/s)."""

    time: float
    purpose: str
    wanted: Vector
    impulse: float
    felt: Vector | None
