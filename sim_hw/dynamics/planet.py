"""The planet under a vehicle: its figure, its gravity, its turning air."""

import math
from dataclasses import dataclass
from functools import cached_property

from flight.astrodynamics.ellipsoids import MARS_IAU, Ellipsoid
from flight.astrodynamics.free_fall import falling
from flight.astrodynamics.gravity import (
    MARS,
    CentralBody,
    acceleration,
    point_mass_acceleration,
)
from flight.astrodynamics.integrators import Derivative, State
from flight.astrodynamics.vectors import Vector


@dataclass(frozen=True)
class Planet:
    """A planet in inertial axes that have its pole as z and its prime meridian as x at time 0."""

    body: CentralBody
    ellipsoid: Ellipsoid
    with_j2: bool = True
    areoid_height: float = 0.0
    """Of the areoid over the ellipsoid, near the flight, m."""

    def gravity(self, position: Vector) -> Vector:
        """Acceleration (m/s^2) at a position (m)."""
        if self.with_j2:
            return acceleration(position, self.body)
        return point_mass_acceleration(position, self.body.gravitational_parameter)

    def free_fall(self) -> Derivative:
        """Rate of change of position (m) and velocity (m/s) of what nothing else acts upon."""
        if self.with_j2 and self.body is MARS:
            return falling  # which is integrated faster, to the same bits

        def derivative(time: float, y: State) -> State:
            return (y[3], y[4], y[5], *self.gravity((y[0], y[1], y[2])))

        return derivative

    def surface_radius(self, position: Vector) -> float:
        """Distance of the areoid from the centre, on the ray through a position, m."""
        x, y, z = position
        in_plane = x * x + y * y
        return self._surface(in_plane, z, in_plane + z * z)

    def _surface(self, in_plane: float, z: float, squared: float) -> float:
        squashed = in_plane / self._equatorial_squared + (z / self.ellipsoid.polar_radius) ** 2
        return math.sqrt(squared / squashed) + self.areoid_height

    @cached_property
    def _equatorial_squared(self) -> float:
        return self.ellipsoid.equatorial_radius**2

    def height(self, position: Vector) -> float:
        """Height (m) over the areoid, along the ray from the centre.

        From the height along the vertical it differs by less than 10 m up to 400 km.
        """
        x, y, z = position
        in_plane = x * x + y * y
        squared = in_plane + z * z
        return math.sqrt(squared) - self._surface(in_plane, z, squared)

    def ground_velocity(self, position: Vector) -> Vector:
        """Inertial velocity (m/s) of what turns with the planet at a position."""
        rate = self.body.rotation_rate
        return (-rate * position[1], rate * position[0], 0.0)

    def place(self, latitude: float, east_longitude: float, height: float) -> Vector:
        """Position (m) at time 0 of a latitude at the centre and a longitude (rad), at a height
        over the areoid."""
        across = math.cos(latitude)
        ray = (
            across * math.cos(east_longitude),
            across * math.sin(east_longitude),
            math.sin(latitude),
        )
        distance = self.surface_radius(ray) + height
        return (distance * ray[0], distance * ray[1], distance * ray[2])


def sphere(body: CentralBody, radius: float) -> Planet:
    """A planet that is a sphere, with the gravity of a point mass."""
    return Planet(body, Ellipsoid(radius, radius), with_j2=False)


# The landing site of Mars 2020 in the mission's map products: 18.44462715 N (at the centre),
# 3 391 936.53 m from the centre, 2 569.91 m below the areoid.
_SITE_LATITUDE = math.radians(18.444_627_15)
_SITE_AREOID_RADIUS = 3_391_936.53 + 2_569.91
_BARE = Planet(MARS, MARS_IAU)
JEZERO = Planet(
    MARS,
    MARS_IAU,
    areoid_height=_SITE_AREOID_RADIUS
    - _BARE.surface_radius((math.cos(_SITE_LATITUDE), 0.0, math.sin(_SITE_LATITUDE))),
)
"""Mars as it is around Jezero."""
