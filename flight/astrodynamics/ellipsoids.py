"""Positions on an ellipsoid of revolution: geodetic (planetographic) and Cartesian."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NewType

from flight.astrodynamics.vectors import Vector, direction

PlanetographicDegrees = NewType("PlanetographicDegrees", float)
"""Latitude of the local vertical, degrees: what the height of the Sun depends on. That of a site is
given at the centre of the planet; on Mars they are up to a third of a degree apart, so that a
function that wants this one asks for its type."""
PlanetographicRadians = NewType("PlanetographicRadians", float)
"""The same in radians."""


@dataclass(frozen=True)
class Ellipsoid:
    """Semi-axes of an ellipsoid of revolution, metres."""

    equatorial_radius: float
    polar_radius: float

    @property
    def _axis_ratio_squared(self) -> float:
        return (self.polar_radius / self.equatorial_radius) ** 2

    def to_cartesian(self, latitude: float, east_longitude: float, height: float) -> Vector:
        """Body-fixed position (m) of a geodetic latitude and longitude (rad) and a height (m)."""
        normal = self._normal_radius(latitude)
        in_plane = (normal + height) * math.cos(latitude)
        return (
            in_plane * math.cos(east_longitude),
            in_plane * math.sin(east_longitude),
            (normal * self._axis_ratio_squared + height) * math.sin(latitude),
        )

    def to_geodetic(self, position: Vector) -> tuple[float, float, float]:
        """Geodetic latitude and east longitude (rad, -pi to pi) and height (m) of a position.

        By fixed-point iteration on the latitude; not meant for the middle of the body.
        """
        x, y, z = position
        in_plane = math.hypot(x, y)
        eccentricity_squared = 1.0 - self._axis_ratio_squared
        latitude = math.atan2(z, in_plane * self._axis_ratio_squared)
        for _ in range(20):
            shifted = z + self._normal_radius(latitude) * eccentricity_squared * math.sin(latitude)
            previous, latitude = latitude, math.atan2(shifted, in_plane)
            if abs(latitude - previous) < 1.0e-15:
                break
        normal = self._normal_radius(latitude)
        height = (
            in_plane * math.cos(latitude)
            + z * math.sin(latitude)
            - normal * (1.0 - eccentricity_squared * math.sin(latitude) ** 2)
        )
        return (latitude, math.atan2(y, x), height)

    def geodetic_latitude(self, centric_latitude: float) -> PlanetographicRadians:
        """Latitude of the vertical at a surface point, from its latitude at the centre (rad)."""
        return PlanetographicRadians(
            math.atan2(
                math.sin(centric_latitude), self._axis_ratio_squared * math.cos(centric_latitude)
            )
        )

    def planetographic(self, centric_degrees: float) -> PlanetographicDegrees:
        """Latitude of the vertical at a surface point, from its latitude at the centre, degrees."""
        return PlanetographicDegrees(
            math.degrees(self.geodetic_latitude(math.radians(centric_degrees)))
        )

    def centric_latitude(self, geodetic_latitude: float) -> float:
        """Latitude at the centre of a surface point, from the latitude of its vertical (rad)."""
        return math.atan2(
            self._axis_ratio_squared * math.sin(geodetic_latitude), math.cos(geodetic_latitude)
        )

    def _normal_radius(self, latitude: float) -> float:
        sine = math.sin(latitude)
        return self.equatorial_radius / math.sqrt(
            1.0 - (1.0 - self._axis_ratio_squared) * sine * sine
        )


WGS84 = Ellipsoid(6_378_137.0, 6_356_752.314_245)
"""Earth (World Geodetic System 1984)."""

MARS_IAU = Ellipsoid(3_396_190.0, 3_376_200.0)
"""Mars (IAU working group on cartographic coordinates 2015, Archinal et al. 2018)."""


@lru_cache(maxsize=64)  # mostly of a few sites
def east_north_up(latitude: float, east_longitude: float) -> tuple[Vector, Vector, Vector]:
    """Body-fixed unit vectors east, north and up at a geodetic latitude and longitude (rad).

    They are the rows of the matrix that turns body-fixed components into local ones.
    """
    up = direction(east_longitude, latitude)
    east = (-math.sin(east_longitude), math.cos(east_longitude), 0.0)
    north = (
        -math.sin(latitude) * math.cos(east_longitude),
        -math.sin(latitude) * math.sin(east_longitude),
        math.cos(latitude),
    )
    return (east, north, up)
