"""The local frame of a landing site: metres east, north and up, on a planet that turns.

Inertial axes: z to the north pole, x to the prime meridian at mission time zero. East and north are
arcs on the areoid from the origin of the frame, up is the height over the areoid on the ray from
the centre: so a map drawn in this frame stays true some kilometres around its origin.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from flight.astrodynamics.ellipsoids import MARS_IAU, Ellipsoid
from flight.astrodynamics.gravity import MARS, CentralBody
from flight.astrodynamics.vectors import Vector, cross, dot


def local_axes(position: Vector) -> tuple[Vector, Vector, Vector]:
    """Unit vectors east, north and up (from the centre) at a position."""
    x, y, z = position
    in_plane = math.hypot(x, y)
    distance = math.hypot(in_plane, z)
    up = (x / distance, y / distance, z / distance)
    east = (-y / in_plane, x / in_plane, 0.0)
    return east, cross(up, east), up


@dataclass(frozen=True)
class SiteFrame:
    """The frame of a site: latitude at the centre and east longitude of its origin (rad), and how
    high the areoid lies over the ellipsoid there (m)."""

    latitude: float
    longitude: float
    areoid_height: float
    body: CentralBody = MARS
    ellipsoid: Ellipsoid = MARS_IAU

    @cached_property
    def radius(self) -> float:
        """Distance of the areoid from the centre at the origin, m."""
        return self.surface_radius(math.sin(self.latitude) ** 2)

    @cached_property
    def _parallel_radius(self) -> float:
        """Distance of the origin from the planet's axis, on the areoid, m."""
        return self.radius * math.cos(self.latitude)

    def surface_radius(self, sine_squared: float) -> float:
        """Distance of the areoid from the centre (m), by the squared sine of the latitude."""
        a, b = self.ellipsoid.equatorial_radius, self.ellipsoid.polar_radius
        stretch = (1.0 - sine_squared) / (a * a) + sine_squared / (b * b)
        return 1.0 / math.sqrt(stretch) + self.areoid_height

    def height(self, position: Vector) -> float:
        """Height over the areoid, m."""
        x, y, z = position
        squared = x * x + y * y + z * z
        return math.sqrt(squared) - self.surface_radius(z * z / squared)

    def local(self, time: float, position: Vector) -> Vector:
        """East, north and height (m) of an inertial position at a mission time (s)."""
        x, y, z = position
        longitude = math.atan2(y, x) - self.body.rotation_rate * time
        latitude = math.atan2(z, math.hypot(x, y))
        east = math.remainder(longitude - self.longitude, math.tau)
        return (
            east * self._parallel_radius,
            (latitude - self.latitude) * self.radius,
            self.height(position),
        )

    def inertial(self, time: float, east: float, north: float, height: float) -> Vector:
        """Inertial position of a place of the frame at a mission time."""
        latitude = self.latitude + north / self.radius
        longitude = self.longitude + east / self._parallel_radius
        longitude += self.body.rotation_rate * time
        distance = self.surface_radius(math.sin(latitude) ** 2) + height
        across = distance * math.cos(latitude)
        return (
            across * math.cos(longitude),
            across * math.sin(longitude),
            distance * math.sin(latitude),
        )

    def ground_velocity(self, position: Vector) -> Vector:
        """Inertial velocity of the ground under a position, m/s."""
        rate = self.body.rotation_rate
        return (-rate * position[1], rate * position[0], 0.0)

    def local_velocity(self, position: Vector, velocity: Vector) -> Vector:
        """Velocity over the ground: towards east, north and up, m/s."""
        ground = self.ground_velocity(position)
        moving = (velocity[0] - ground[0], velocity[1] - ground[1], velocity[2] - ground[2])
        east, north, up = local_axes(position)
        return (dot(moving, east), dot(moving, north), dot(moving, up))
