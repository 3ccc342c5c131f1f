"""Where an entry begins: the state that was aimed at, what was flown, and what is known of it."""

import math
import random
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.integrators import rk4_step
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, scale
from flight.configuration.files import Quantity
from sim_hw.dynamics.planet import JEZERO, Planet

LEAD = 600.0
"""Seconds before the entry interface at which the cruise stage is let go (MSL 2012)."""
INTERFACE_RADIUS = 3_522_200.0
"""m from the centre: the entry interface of MSL."""


class EntryAim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entry that is aimed at: speed and flight path angle (inertial) and azimuth (clockwise
    from north) at the interface, and how far from there to the landing site over the ground."""

    speed: Annotated[float, Quantity("m/s", ge=3000, le=8000)]
    path_angle: Annotated[float, Quantity("deg", ge=-30, le=-8)]
    azimuth: Annotated[float, Quantity("deg", ge=0, le=360)]
    downrange: Annotated[float, Quantity("m", ge=1e5, le=3e6)]


class EntryErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Standard deviations: of delivery (metres across and seconds along), of the path angle, and of
    what is known of place and velocity on each axis."""

    delivery_across: Annotated[float, Quantity("m", ge=0, le=50_000)]
    delivery_along: Annotated[float, Quantity("m", ge=0, le=50_000)]
    path_angle: Annotated[float, Quantity("deg", ge=0, le=1)]
    known_position: Annotated[float, Quantity("m", ge=0, le=10_000)]
    known_velocity: Annotated[float, Quantity("m/s", ge=0, le=10)]


DEFAULT_AIM = EntryAim(speed=5845.0, path_angle=-15.47, azimuth=95.0, downrange=640_000.0)
DEFAULT_ERRORS = EntryErrors(
    delivery_across=700.0,
    delivery_along=1500.0,
    path_angle=0.03,
    known_position=250.0,
    known_velocity=0.1,
)


@dataclass(frozen=True)
class EntryStart:
    """The true state at a time (s, m, m/s), and the state that the lander is told of."""

    time: float
    position: Vector
    velocity: Vector
    known: dict[str, Any]


def interface_state(
    aim: EntryAim, frame: SiteFrame, east: float, north: float, time: float
) -> tuple[Vector, Vector]:
    """Position and velocity at the interface (m, m/s; inertial) at a time.

    The interface lies `downrange` before the place of the frame, on the great circle that leaves it
    with the azimuth; the turning of the planet until landing is not in it.
    """
    target = frame.inertial(time, east, north, 0.0)
    back = math.radians(aim.azimuth)
    # The azimuth changes along the great circle: found by going back and forth.
    for _ in range(8):
        place = _away(target, back + math.pi, aim.downrange / frame.radius)
        back += math.radians(aim.azimuth) - _azimuth(place, target)
    place = scale(INTERFACE_RADIUS, _away(target, back + math.pi, aim.downrange / frame.radius))
    east_axis, north_axis, up = local_axes(place)
    heading, angle = math.radians(aim.azimuth), math.radians(aim.path_angle)
    along = math.cos(angle) * aim.speed
    level = add(
        scale(along * math.sin(heading), east_axis), scale(along * math.cos(heading), north_axis)
    )
    velocity = add(level, scale(math.sin(angle) * aim.speed, up))
    return place, velocity


def _away(place: Vector, heading: float, angle: float) -> Vector:
    """Unit vector at an angle from a place, in the direction of a heading."""
    east, north, up = local_axes(place)
    ahead = add(scale(math.sin(heading), east), scale(math.cos(heading), north))
    return add(scale(math.cos(angle), up), scale(math.sin(angle), ahead))


def _azimuth(start: Vector, goal: Vector) -> float:
    east, north, _ = local_axes(start)
    x = math.fsum(a * b for a, b in zip(goal, east, strict=True))
    y = math.fsum(a * b for a, b in zip(goal, north, strict=True))
    return math.atan2(x, y)


def start_of_entry(
    aim: EntryAim,
    frame: SiteFrame,
    east: float,
    north: float,
    stream: random.Random,
    *,
    errors: EntryErrors | None = DEFAULT_ERRORS,
    time: float = 0.0,
    planet: Planet = JEZERO,
    lead: float = LEAD,
) -> EntryStart:
    """The start of an entry `lead` seconds before the interface, at a mission time.

    Without `errors` all goes as aimed and all is known.
    """
    position, velocity = interface_state(aim, frame, east, north, time + lead)
    told_position, told_velocity = 0.0, 0.0
    if errors is not None:
        gauss = stream.gauss
        ahead, across = _directions(position, velocity)
        position = add(position, scale(gauss(0.0, errors.delivery_along), ahead))
        position = add(position, scale(gauss(0.0, errors.delivery_across), across))
        turn = math.radians(gauss(0.0, errors.path_angle))
        up = local_axes(position)[2]
        speed = math.sqrt(math.fsum(v * v for v in velocity))
        velocity = add(velocity, scale(speed * turn, up))
        told_position, told_velocity = errors.known_position, errors.known_velocity
    position, velocity = coast_back(planet, position, velocity, lead)
    gauss = stream.gauss
    known = {
        "time": time,
        "position": [p + gauss(0.0, told_position) for p in position],
        "velocity": [v + gauss(0.0, told_velocity) for v in velocity],
        "position_error": max(told_position, 1.0),
        "velocity_error": max(told_velocity, 0.01),
    }
    return EntryStart(time, position, velocity, known)


def _directions(position: Vector, velocity: Vector) -> tuple[Vector, Vector]:
    east, north, _ = local_axes(position)
    e = math.fsum(a * b for a, b in zip(velocity, east, strict=True))
    n = math.fsum(a * b for a, b in zip(velocity, north, strict=True))
    size = math.hypot(e, n)
    ahead = add(scale(e / size, east), scale(n / size, north))
    across = add(scale(n / size, east), scale(-e / size, north))
    return ahead, across


def coast_back(
    planet: Planet, position: Vector, velocity: Vector, seconds: float
) -> tuple[Vector, Vector]:
    """The state some seconds earlier, in gravity alone."""

    def derivative(time: float, y: tuple[float, ...]) -> tuple[float, ...]:
        gravity = planet.gravity((y[0], y[1], y[2]))
        return (-y[3], -y[4], -y[5], -gravity[0], -gravity[1], -gravity[2])

    state: tuple[float, ...] = (*position, *velocity)
    steps = math.ceil(seconds / 5.0)
    for _ in range(steps):
        state = rk4_step(derivative, 0.0, state, seconds / steps)
    return (state[0], state[1], state[2]), (state[3], state[4], state[5])
