"""The Earth entry capsule as a body: a blunt cone without parachute; its drag and its heating."""

import math
from bisect import bisect_right
from dataclasses import dataclass

from sim_hw.dynamics.aerodynamics import AVOGADRO, free_molecular_part
from sim_hw.world.atmosphere import Air

MOLECULE_DIAMETER = 4.17e-10
"""Of nitrogen as a variable hard sphere, m (Bird 1994, table A2)."""
FREE_MOLECULAR_DRAG = 2.1
"""Diffuse reflection, speed high beside that of the molecules: 2 and a little (Bird 1994)."""
HYPERSONIC_PRESSURE = 1.93
"""Pressure coefficient at the nose: 2 less the density ratio over the shock, 1/14 in dissociating
air at more than Mach 20."""

# White, Fluid Mechanics, table 7.3: slow drag coefficient of a cone over its half-angle (degrees).
_SLOW_DRAG = (
    (10.0, 0.30), (20.0, 0.40), (30.0, 0.55), (40.0, 0.65), (60.0, 0.80), (75.0, 1.05),
    (90.0, 1.15),
)  # fmt: skip
SLOW_MACH = 0.6  # up to which the slow value holds; assumption
NEWTONIAN_MACH = 2.0  # from which Newton's flow holds; between both a straight line: assumption

SUTTON_GRAVES = 1.7415e-4
"""Of the Earth's air, kg^0.5/m (Sutton and Graves, NASA TR R-376, 1971)."""
# Radiation to a stagnation point (Tauber and Sutton, Journal of Spacecraft and Rockets 28 (1991)
# 40): speed (m/s) and velocity function. Made for 10 to 16 km/s and noses of 0.3 to 3 m.
_RADIATION = (
    (9_000.0, 1.5), (9_250.0, 4.3), (9_500.0, 9.7), (9_750.0, 19.5), (10_000.0, 35.0),
    (10_250.0, 55.0), (10_500.0, 81.0), (10_750.0, 115.0), (11_000.0, 151.0), (11_500.0, 238.0),
    (12_000.0, 359.0), (12_500.0, 495.0), (13_000.0, 660.0), (13_500.0, 850.0),
    (14_000.0, 1065.0), (14_500.0, 1313.0), (15_000.0, 1550.0), (15_500.0, 1780.0),
    (16_000.0, 2040.0),
)  # fmt: skip
_RADIATION_COEFFICIENT = 4.736e8  # 4.736e4 W/cm^2


@dataclass(frozen=True)
class Capsule:
    """A blunted cone that flies nose first: m, kg, degrees. `drag_factor` for dispersions."""

    diameter: float
    mass: float
    nose_radius: float
    half_angle_degrees: float = 60.0
    drag_factor: float = 1.0

    def __post_init__(self) -> None:
        if not (self.diameter > 0.0 and self.mass > 0.0 and self.drag_factor > 0.0):
            raise ValueError(
                f"no capsule: {self.diameter} m across, {self.mass} kg, drag factor "
                f"{self.drag_factor}; all must be positive"
            )
        largest = 0.5 * self.diameter / math.cos(math.radians(self.half_angle_degrees))
        if not 0.0 < self.nose_radius <= largest:
            raise ValueError(
                f"nose_radius = {self.nose_radius} m: allowed on a cone of "
                f"{self.half_angle_degrees} degrees is up to {largest:.3f} m"
            )
        if not 30.0 <= self.half_angle_degrees <= 75.0:
            raise ValueError(
                f"half_angle_degrees = {self.half_angle_degrees}: allowed are 30 to 75"
            )

    @property
    def area(self) -> float:
        """Cross-section, m^2: the reference area."""
        return 0.25 * math.pi * self.diameter**2

    @property
    def ballistic_coefficient(self) -> float:
        """Mass over drag area at hypersonic speed, kg/m^2."""
        return self.mass / (self.area * self.drag_coefficient(30.0, 0.0))

    def drag_coefficient(self, mach: float, knudsen: float) -> float:
        """Drag coefficient at a Mach and a Knudsen number (on the diameter)."""
        dense = self._dense_drag(mach)
        part = free_molecular_part(knudsen)
        return self.drag_factor * (dense + (FREE_MOLECULAR_DRAG - dense) * part)

    def drag(self, air: Air, speed: float) -> float:
        """Drag in N at a speed (m/s) through the air."""
        coefficient = self.drag_coefficient(
            speed / air.speed_of_sound, knudsen_number(air, self.diameter)
        )
        return 0.5 * air.density * speed * speed * self.area * coefficient

    def _dense_drag(self, mach: float) -> float:
        slow = _interpolate(_SLOW_DRAG, self.half_angle_degrees)
        if mach <= SLOW_MACH:
            return slow
        if mach < NEWTONIAN_MACH:
            part = (mach - SLOW_MACH) / (NEWTONIAN_MACH - SLOW_MACH)
            return slow + part * (self._newtonian_drag(NEWTONIAN_MACH) - slow)
        return self._newtonian_drag(mach)

    def _newtonian_drag(self, mach: float) -> float:
        """Modified Newtonian flow over nose and cone; 70 % of a vacuum behind (1/M^2)."""
        angle = math.radians(self.half_angle_degrees)
        nose = (self.nose_radius / (0.5 * self.diameter)) ** 2
        shape = 0.5 * nose * (1.0 - math.sin(angle) ** 4)
        shape += math.sin(angle) ** 2 * (1.0 - nose * math.cos(angle) ** 2)
        return shape * _nose_pressure(mach) + 1.0 / (mach * mach)


def _nose_pressure(mach: float) -> float:
    """Pressure coefficient behind a normal shock: perfect gas up to Mach 10, real from 20 on."""
    squared = min(mach, 10.0) ** 2
    perfect = 1.2 * squared  # Rayleigh's formula for a heat capacity ratio of 1.4
    pitot = perfect**3.5 * (6.0 / (7.0 * squared - 1.0)) ** 2.5
    pressure = (pitot - 1.0) / (0.7 * squared)
    if mach <= 10.0:
        return pressure
    return pressure + min(0.1 * (mach - 10.0), 1.0) * (HYPERSONIC_PRESSURE - pressure)


def knudsen_number(air: Air, length: float) -> float:
    """Mean free path in the Earth's air over a length (m)."""
    number_density = air.density * AVOGADRO / air.molar_mass
    return 1.0 / (math.sqrt(2.0) * math.pi * MOLECULE_DIAMETER**2 * number_density * length)


def convective_heating(density: float, speed: float, nose_radius: float) -> float:
    """Convective flux at the stagnation point, W/m^2 (cold wall)."""
    return SUTTON_GRAVES * math.sqrt(density / nose_radius) * speed**3


def radiative_heating(density: float, speed: float, nose_radius: float) -> float:
    """Flux by radiation of the shock layer at the stagnation point, W/m^2; none below 9 km/s.

    Below 10 km/s and for noses under 0.3 m it goes beyond what the correlation was made for.
    """
    if speed < _RADIATION[0][0]:
        return 0.0
    ceiling = 1.0 if nose_radius < 1.0 else 0.6 if nose_radius <= 2.0 else 0.5
    exponent = min(1.072e6 * speed**-1.88 * density**-0.325, ceiling)
    return (
        _RADIATION_COEFFICIENT
        * nose_radius**exponent
        * density**1.22
        * _interpolate(_RADIATION, speed)
    )


def _interpolate(table: tuple[tuple[float, float], ...], x: float) -> float:
    index = min(max(bisect_right(table, (x, math.inf)), 1), len(table) - 1)
    (x0, y0), (x1, y1) = table[index - 1], table[index]
    return y0 + (min(max(x, x0), x1) - x0) / (x1 - x0) * (y1 - y0)


EARTH_ENTRY_SYSTEM = Capsule(diameter=1.25, mass=85.0, nose_radius=0.3125)
"""1.25 m (NASA PIA25986); mass by area from the vehicle below, nose a quarter of the diameter:
assumptions."""
LEGACY_VEHICLE = Capsule(diameter=0.9, mass=44.0, nose_radius=0.225)
"""The Earth entry vehicle of Mitcheltree and others, 2001 (nose: assumption)."""
