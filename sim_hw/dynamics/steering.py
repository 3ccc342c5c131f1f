"""Where the thrust of a point mass is turned: laws for :mod:`sim_hw.dynamics.ascent`."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import cos, sin

from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, norm, scale, subtract, unit
from sim_hw.dynamics.planet import Planet

Steering = Callable[[float, Vector, Vector], Vector]
"""Unit vector of the thrust, inertial axes, of a time (s), position (m) and velocity (m/s)."""


def local_direction(position: Vector, pitch: float, heading: float) -> Vector:
    """Inertial unit vector at a pitch (rad) over the horizontal and a heading (rad) clockwise
    from north, seen from a position."""
    east, north, up = local_axes(position)
    along, across = cos(pitch) * cos(heading), cos(pitch) * sin(heading)
    rise = sin(pitch)
    return (
        along * north[0] + across * east[0] + rise * up[0],
        along * north[1] + across * east[1] + rise * up[1],
        along * north[2] + across * east[2] + rise * up[2],
    )


def held_in_local_axes(pitch: float, heading: float) -> Steering:
    """A pitch and heading that stay as they are while the local axes turn with the vehicle."""
    return lambda time, position, velocity: local_direction(position, pitch, heading)


def held_in_inertial_axes(direction: Vector) -> Steering:
    """A direction among the stars, such as that of a spinning stage."""
    fixed = unit(direction)
    return lambda time, position, velocity: fixed


def pitch_programme(points: Sequence[tuple[float, float]], heading: float) -> Steering:
    """Pitch (rad) over time (s), straight between the points and constant beyond them."""
    times = [time for time, _ in points]
    if not points or times != sorted(set(times)):
        raise ValueError(f"a pitch programme needs points in the order of time, not {times}")

    def steer(time: float, position: Vector, velocity: Vector) -> Vector:
        index = bisect_right(times, time)
        if index in (0, len(points)):
            pitch = points[min(index, len(points) - 1)][1]
        else:
            (start, before), (end, after) = points[index - 1], points[index]
            pitch = before + (after - before) * (time - start) / (end - start)
        return local_direction(position, pitch, heading)

    return steer


def gravity_turn(planet: Planet) -> Steering:
    """Thrust along the velocity over the turning ground, so without angle of attack in calm air.

    At rest it points up.
    """

    def steer(time: float, position: Vector, velocity: Vector) -> Vector:
        moving = subtract(velocity, planet.ground_velocity(position))
        size = norm(moving)
        return scale(1.0 / size, moving) if size > 0.0 else unit(position)

    return steer
