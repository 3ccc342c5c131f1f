"""Reaction control: small thrusters somewhere on the body, each on or off."""

from collections.abc import Sequence
from dataclasses import dataclass

from flight.astrodynamics.vectors import Vector, cross, norm, scale


@dataclass(frozen=True)
class Thruster:
    """Where it sits (m, body axes, x from the base plane), the unit vector of its push, thrust (N).

    The push is what the vehicle feels: opposite to the jet.
    """

    place: Vector
    direction: Vector
    thrust: float

    def __post_init__(self) -> None:
        if abs(norm(self.direction) - 1.0) > 1.0e-6:
            raise ValueError(f"a thruster's direction must have length 1, not {self.direction}")
        if not self.thrust > 0.0:
            raise ValueError(f"a thruster cannot have a thrust of {self.thrust} N")


def thruster_loads(
    thrusters: Sequence[Thruster], openings: Sequence[float], centre: float
) -> tuple[Vector, Vector]:
    """Force (N) and moment about the centre of mass (N m), body axes.

    `openings` are the parts of the time that each is on, 0 to 1 (more or less is cut off).
    """
    if len(openings) != len(thrusters):
        raise ValueError(f"{len(openings)} openings for {len(thrusters)} thrusters")
    fx = fy = fz = mx = my = mz = 0.0
    for thruster, opening in zip(thrusters, openings, strict=True):
        push = scale(thruster.thrust * min(max(opening, 0.0), 1.0), thruster.direction)
        x, y, z = thruster.place
        turn = cross((x - centre, y, z), push)
        fx, fy, fz = fx + push[0], fy + push[1], fz + push[2]
        mx, my, mz = mx + turn[0], my + turn[1], mz + turn[2]
    return (fx, fy, fz), (mx, my, mz)
