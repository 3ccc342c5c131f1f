"""Forces of the air on a slender body of revolution, from dense air to free molecules.

Drag over Mach number: the piecewise lines that Petrovic used for a Mars ascent vehicle (TU Delft
2016). Free molecules: the coefficients of Gaffarel's MAV upper stage (TU Delft 2022). Between both
regimes the bridging of Wilmoth, Mitcheltree and Moss (Journal of Spacecraft and Rockets 36 (1999)
436). Normal force: Allen and Perkins, NACA report 1048 (1951).
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from flight.astrodynamics.vectors import Vector
from sim_hw.world.atmosphere import Air

# From this Mach number on: intercept and slope of the drag coefficient.
_DRAG_LINES = (
    (0.0, 0.2, 0.0),
    (0.5, 0.0, 0.4),
    (1.0, -0.1667, 0.5667),
    (1.3, 0.7542, -0.1417),
    (2.5, 0.5667, -0.0667),
    (4.0, 0.3, 0.0),
)
_DRAG_STARTS = tuple(line[0] for line in _DRAG_LINES)
FREE_MOLECULAR_DRAG = 1.7
"""1.60 at 100 km, 1.77 at 125, 1.72 at 200, 1.68 from 300 km on (Gaffarel 2022)."""
_CONTINUUM_KNUDSEN, _FREE_KNUDSEN = 1.0e-3, 10.0

AVOGADRO = 6.022_140_76e23
MOLECULE_DIAMETER = 5.62e-10
"""Of carbon dioxide as a variable hard sphere, m (Bird 1994, table A2)."""
_CROSS_SECTION = math.sqrt(2.0) * math.pi * MOLECULE_DIAMETER**2
CROSSFLOW_DRAG = 1.2
"""Drag coefficient of a long cylinder across the flow (Hoerner 1965)."""


def drag_coefficient(mach: float) -> float:
    """Drag coefficient of the vehicle in dense air, on its cross-section."""
    _, intercept, slope = _DRAG_LINES[max(bisect_right(_DRAG_STARTS, mach) - 1, 0)]
    return intercept + slope * mach


def knudsen_number(air: Air, length: float) -> float:
    """Mean free path over a length (m)."""
    number_density = air.density * AVOGADRO / air.molar_mass
    path = 1.0 / (_CROSS_SECTION * number_density)
    return path / length


def free_molecular_part(knudsen: float) -> float:
    """How much of the free-molecular coefficient holds: 0 in dense air, 1 in the thinnest."""
    if knudsen <= _CONTINUUM_KNUDSEN:
        return 0.0
    if knudsen >= _FREE_KNUDSEN:
        return 1.0
    span = math.log(_FREE_KNUDSEN / _CONTINUUM_KNUDSEN)
    part = math.log(knudsen / _CONTINUUM_KNUDSEN) / span
    return math.sin(0.5 * math.pi * part) ** 2


def bridged_drag(mach: float, knudsen: float) -> float:
    """Drag coefficient at any density."""
    dense = drag_coefficient(mach)
    return dense + (FREE_MOLECULAR_DRAG - dense) * free_molecular_part(knudsen)


@dataclass(frozen=True)
class SlenderBody:
    """A body of revolution: diameter, length, length of its nose (m), base plane at `base`.

    The centre of pressure of the nose lies at `nose_centre` of its length from the tip: 2/3 on a
    cone, 0.466 on a tangent ogive (slender-body theory).
    """

    diameter: float
    length: float
    nose_length: float
    base: float = 0.0
    nose_centre: float = 0.466

    def __post_init__(self) -> None:
        if not (self.diameter > 0.0 and 0.0 < self.nose_length <= self.length):
            raise ValueError(
                f"no body: diameter {self.diameter} m, length {self.length} m, nose "
                f"{self.nose_length} m"
            )

    @cached_property
    def area(self) -> float:
        """Cross-section, m^2: the reference area."""
        return 0.25 * math.pi * self.diameter**2

    @cached_property
    def centre_of_pressure(self) -> float:
        """Of the nose, where the force at small angles acts: metres along the body axis."""
        return self.base + self.length - self.nose_centre * self.nose_length

    @cached_property
    def planform(self) -> float:
        """Area seen from the side, m^2, the nose counted as two thirds of its rectangle."""
        return self.diameter * (self.length - self.nose_length / 3.0)

    def forces(self, air: Air, air_velocity: Vector, rate: Vector, centre: float) -> "AirLoads":
        """Force and moment about the centre of mass, in body axes.

        `air_velocity` is the velocity of the body through the air (m/s) and `rate` its turning
        (rad/s), both in body axes; `centre` is the place of its centre of mass. Damping follows
        from the speed at which the centre of pressure swings.
        """
        ahead, aside, below = air_velocity
        speed_squared = ahead * ahead + aside * aside + below * below
        if speed_squared == 0.0:
            return AirLoads((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0, 0.0)
        speed = math.sqrt(speed_squared)
        pressure = 0.5 * air.density * speed_squared
        mach = speed / air.speed_of_sound
        knudsen = knudsen_number(air, self.diameter)
        axial = math.copysign(pressure * self.area * bridged_drag(mach, knudsen), ahead)
        arm = self.centre_of_pressure - centre
        across_y, across_z = aside + rate[2] * arm, below - rate[1] * arm
        across_speed = math.hypot(across_y, across_z)
        angle = math.atan2(math.hypot(aside, below), ahead)
        if across_speed == 0.0:
            return AirLoads((-axial, 0.0, 0.0), (0.0, 0.0, 0.0), pressure, angle)
        local = math.atan2(across_speed, ahead)
        nose = pressure * self.area * abs(math.sin(2.0 * local)) * math.cos(0.5 * local)
        side = pressure * self.planform * CROSSFLOW_DRAG * math.sin(local) ** 2
        side_arm = self.base + 0.5 * self.length - centre
        y, z = -across_y / across_speed, -across_z / across_speed
        total, turning = nose + side, nose * arm + side * side_arm
        return AirLoads(
            (-axial, total * y, total * z), (0.0, -turning * z, turning * y), pressure, angle
        )


class AirLoads(NamedTuple):
    """Force (N) and moment (N m) in body axes, dynamic pressure (Pa), angle of attack (rad)."""

    force: Vector
    moment: Vector
    dynamic_pressure: float
    angle_of_attack: float
