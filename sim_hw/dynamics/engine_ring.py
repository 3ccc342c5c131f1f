"""Force and moment of engines on a ring, in body axes with z up along the vehicle's axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.vectors import Vector
from sim_hw.dynamics.entry_parameters import EngineParameters


@dataclass(frozen=True)
class Wrench:
    """Force (N), moment about the centre of mass (N m), and propellant used (kg/s)."""

    force: Vector = (0.0, 0.0, 0.0)
    moment: Vector = (0.0, 0.0, 0.0)
    flow: float = 0.0


class EngineRing:
    """Where the engines are and where they push. Thrust follows its command with a first-order
    lag: as all lag alike, so does the sum."""

    def __init__(self, parameters: EngineParameters) -> None:
        self.parameters = parameters
        self._levers: list[tuple[Vector, Vector]] = []
        sine, cosine = (f(math.radians(parameters.cant)) for f in (math.sin, math.cos))
        for index in range(parameters.count):
            angle = math.tau * (index + 0.5) / parameters.count
            radius, z = parameters.ring_radius, -parameters.below_centre
            x, y = radius * math.cos(angle), radius * math.sin(angle)
            along = sine if index % 2 == 0 else -sine
            fx, fy, fz = -along * math.sin(angle), along * math.cos(angle), cosine
            moment = (y * fz - z * fy, z * fx - x * fz, x * fy - y * fx)
            self._levers.append(((fx, fy, fz), moment))

    def wrench(self, thrusts: Sequence[float]) -> Wrench:
        """What the engines do together with these thrusts (N)."""
        sums = [0.0] * 6
        for thrust, (force, moment) in zip(thrusts, self._levers, strict=True):
            for axis in range(3):
                sums[axis] += thrust * force[axis]
                sums[3 + axis] += thrust * moment[axis]
        flow = math.fsum(thrusts) / (self.parameters.specific_impulse * STANDARD_GRAVITY)
        return Wrench((sums[0], sums[1], sums[2]), (sums[3], sums[4], sums[5]), flow)
