"""What the orbiter remembers beside single values."""

import msgspec

from flight.astrodynamics.vectors import Vector
from flight.orbiter.propagation import State


class TargetOrbit(msgspec.Struct, frozen=True):
    """Where the container was at a mission time (s): inertial axes of Mars (m, m/s), and how well
    its semi-major axis is known (one standard deviation, m)."""

    position: Vector
    velocity: Vector
    time: float
    axis_sigma: float

    def state(self) -> State:
        """Position and velocity."""
        return self.position, self.velocity


class Guess(msgspec.Struct, frozen=True):
    """A state of the container (inertial axes of Mars; m, m/s) at a mission time (s)."""

    time: float
    state: State


class Departure(msgspec.Struct, frozen=True):
    """When it left Mars and is to arrive at Earth (mission time, s); C3 reached (km2/s2)."""

    time: float
    arrival: float
    c3: float


class LastLeg(msgspec.Struct, frozen=True):
    """The leg into the close range: goal in local axes (m), arrival (mission time, s)."""

    goal: Vector
    arrival: float


class CapsuleRelease(msgspec.Struct, frozen=True):
    """When the capsule was let go, and its entry as predicted then (mission time, s)."""

    time: float
    entry_time: float
