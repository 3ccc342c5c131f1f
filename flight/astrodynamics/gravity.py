"""Gravity of Sun, Earth, Moon and Mars: constants, and acceleration by point mass and J2."""

import math
from dataclasses import dataclass
from functools import cached_property

from flight.astrodynamics.vectors import Vector


@dataclass(frozen=True)
class CentralBody:
    """Gravity and rotation of a body, in SI units."""

    name: str
    gravitational_parameter: float
    """GM, m^3/s^2."""
    gravity_radius: float
    """Radius that belongs to J2, m (near the equatorial radius, not always equal to it)."""
    j2: float
    """Zonal harmonic of degree 2, unnormalised."""
    rotation_rate: float
    """Sidereal rotation, rad/s."""

    @cached_property
    def oblateness(self) -> float:
        """1.5 J2 times the square of its radius, m^2."""
        return 1.5 * self.j2 * self.gravity_radius**2


SUN = CentralBody(
    name="Sun",
    gravitational_parameter=1.327_124_400_412_794_19e20,  # DE440 (Park et al. 2021)
    gravity_radius=6.957e8,
    j2=2.25e-7,  # Park et al. 2017, used in DE440
    rotation_rate=2.865_33e-6,  # IAU 2015: 14.1844 degrees a day
)

EARTH = CentralBody(
    name="Earth",
    gravitational_parameter=3.986_004_355_07e14,  # DE440 (Park et al. 2021)
    gravity_radius=6_378_136.6,  # IERS Conventions 2010, table 1.1, as the next two
    j2=1.082_635_9e-3,
    rotation_rate=7.292_115e-5,
)

MOON = CentralBody(
    name="Moon",
    gravitational_parameter=4.902_800_118e12,  # DE440 (NAIF gm_de440)
    gravity_radius=1_738_000.0,  # GRAIL, GL0660B (Konopliv et al., JGR Planets 118 (2013)), as J2
    j2=2.0321e-4,
    rotation_rate=2.661_699e-6,  # IAU 2015: 13.17635815 degrees a day
)

MARS = CentralBody(
    name="Mars",
    gravitational_parameter=4.282_837_362_07e13,  # planet alone, DE440 (NAIF gm_de440)
    gravity_radius=3_397_000.0,  # GMM-2B (Lemoine et al., JGR 106 (2001) 23359), as the next
    j2=1.955_45e-3,
    rotation_rate=7.088_218e-5,  # IAU 2015: 350.891982 degrees a day
)


def point_mass_acceleration(position: Vector, gravitational_parameter: float) -> Vector:
    """Acceleration (m/s^2) at a position (m) from the centre of a point mass."""
    x, y, z = position
    squared = x * x + y * y + z * z
    factor = -gravitational_parameter / (squared * math.sqrt(squared))
    return (factor * x, factor * y, factor * z)


def acceleration(position: Vector, body: CentralBody) -> Vector:
    """Acceleration (m/s^2) by point mass and J2 at a position (m) whose z axis is the pole.

    Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., equation 8-30.
    """
    x, y, z = position
    squared = x * x + y * y + z * z
    point_mass = -body.gravitational_parameter / (squared * math.sqrt(squared))
    flattening = body.oblateness / squared
    tilt = 5.0 * z * z / squared
    in_plane = point_mass * (1.0 + flattening * (1.0 - tilt))
    along_pole = point_mass * (1.0 + flattening * (3.0 - tilt))
    return (in_plane * x, in_plane * y, along_pole * z)


def potential(position: Vector, body: CentralBody) -> float:
    """Potential energy per mass (J/kg, zero at infinity) by point mass and J2."""
    x, y, z = position
    squared = x * x + y * y + z * z
    oblate = body.j2 * body.gravity_radius**2 / squared * (1.5 * z * z / squared - 0.5)
    return -body.gravitational_parameter / math.sqrt(squared) * (1.0 - oblate)
