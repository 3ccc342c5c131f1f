"""Directions at a launch site, and orbit planes through it. Inertial axes with the pole as z."""

import math

from flight.astrodynamics.quaternions import (
    Quaternion,
    between,
    from_axis_angle,
    normalised,
    product,
    rotate,
)
from flight.astrodynamics.vectors import Vector, add, cross, dot, scale, unit


def east_north_up(position: Vector) -> tuple[Vector, Vector, Vector]:
    """Unit vectors east, north and up (from the centre) at a position."""
    up = unit(position)
    east = unit((-position[1], position[0], 0.0))
    return east, cross(up, east), up


def direction_at(position: Vector, elevation: float, azimuth: float) -> Vector:
    """Unit vector at an elevation and at an azimuth clockwise from north (rad)."""
    east, north, up = east_north_up(position)
    level = add(scale(math.cos(azimuth), north), scale(math.sin(azimuth), east))
    return add(scale(math.cos(elevation), level), scale(math.sin(elevation), up))


def attitude_of(nose: Vector, left: Vector) -> Quaternion:
    """Attitude whose body x points along `nose`, and body y as nearly as it can along `left`."""
    nose = unit(nose)
    first = between((1.0, 0.0, 0.0), nose)
    wanted = unit(add(left, scale(-dot(left, nose), nose)))
    there = rotate(first, (0.0, 1.0, 0.0))
    roll = math.atan2(dot(cross(there, wanted), nose), dot(there, wanted))
    return normalised(product(from_axis_angle(nose, roll), first))


def attitude_on_rail(position: Vector, elevation: float, azimuth: float) -> Quaternion:
    """Attitude of a vehicle that lies on a rail: body x along it, y to the left, z upwards."""
    nose = direction_at(position, elevation, azimuth)
    return attitude_of(nose, cross(unit(position), nose))


def launch_azimuth(position: Vector, inclination: float) -> float:
    """Inertial azimuth (rad clockwise from north) of a northbound orbit of an inclination (rad).

    Raises ValueError when the place lies too far from the equator for it.
    """
    latitude = math.asin(unit(position)[2])
    sine = math.cos(inclination) / math.cos(latitude)
    if not -1.0 <= sine <= 1.0:
        raise ValueError(
            f"from a latitude of {math.degrees(latitude):.2f} degrees no orbit of "
            f"{math.degrees(inclination):.2f} degrees inclination can be reached directly"
        )
    return math.asin(sine)


def orbit_normal(position: Vector, inclination: float) -> Vector:
    """Unit normal of the northbound orbit of an inclination (rad) through a position."""
    ahead = direction_at(position, 0.0, launch_azimuth(position, inclination))
    return unit(cross(position, ahead))
