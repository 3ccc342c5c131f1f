"""Ballistic entry at the Earth: from 125 km to the ground, with loads and heating.

State: position (m) and velocity (m/s) in inertial axes, z to the north pole, and the angle of the
prime meridian from x at time 0 beside it. Plain functions; nothing here knows the mission.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.ellipsoids import WGS84
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.integrators import Event, State, integrate_to_event
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract
from sim_hw.dynamics.ascent import AirModel, air_velocity
from sim_hw.dynamics.entry_capsule import Capsule, convective_heating, radiative_heating
from sim_hw.dynamics.planet import Planet
from sim_hw.world.earth_atmosphere import EarthAtmosphere

EARTH_SURFACE = Planet(EARTH, WGS84)
ENTRY_HEIGHT = 125_000.0  # m, the entry interface
AIR_CEILING = 200_000.0  # m; above it the air is left out
STEP = 0.25  # s, while the air brakes hard
SLOW_SPEED = 400.0  # m/s; below it the capsule falls at nearly the speed that its weight asks for
SLOW_STEP = 1.0  # s
_LONGEST_FLIGHT = 7_200.0  # s


@dataclass(frozen=True)
class Site:
    """A place on the ground: geodetic latitude, east longitude (rad), height (m)."""

    latitude: float
    east_longitude: float
    height: float


UTAH_RANGE = Site(math.radians(40.2), math.radians(-113.2), 1_300.0)
"""The Utah Test and Training Range, where Stardust and OSIRIS-REx came down."""


@dataclass(frozen=True)
class EntryReport:
    """What an entry came to. Angles in rad, loads in g, fluxes in W/m^2, heat in J/m^2, s, m/s.

    `outcome`: "ground", or "skipped" when it left the air again; then the end is meant where the
    touchdown would be. The duration counts from the start of the flight.
    """

    outcome: str
    duration: float
    touchdown_speed: float
    latitude: float
    east_longitude: float
    peak_load: float
    peak_load_time: float
    peak_convective: float
    peak_radiative: float
    peak_heating: float
    peak_heating_time: float
    heat_load: float
    peak_dynamic_pressure: float
    state: State


def entry_state(
    speed: float,
    angle: float,
    latitude: float,
    longitude: float,
    heading: float,
    planet: Planet = EARTH_SURFACE,
    height: float = ENTRY_HEIGHT,
) -> State:
    """State at the entry interface, from inertial speed (m/s), flight-path angle (rad, negative
    downwards) and heading (rad from north, to the east) over a latitude at the centre (rad)."""
    position = planet.place(latitude, longitude, height)
    east, north, up = local_axes(position)
    level = add(scale(math.sin(heading), east), scale(math.cos(heading), north))
    direction = add(scale(math.cos(angle), level), scale(math.sin(angle), up))
    return (*position, *scale(speed, direction))


def capsule_acceleration(
    capsule: Capsule, atmosphere: AirModel, planet: Planet, position: Vector, velocity: Vector
) -> tuple[Vector, float, float]:
    """What the air does: deceleration (m/s^2), density (kg/m^3) and speed through it (m/s)."""
    height = planet.height(position)
    if height > AIR_CEILING:
        return (0.0, 0.0, 0.0), 0.0, norm(velocity)
    air = atmosphere.at(height)
    moving = air_velocity(planet, position, velocity, air)
    speed = norm(moving)
    if speed == 0.0:
        return (0.0, 0.0, 0.0), air.density, 0.0
    return scale(-capsule.drag(air, speed) / (capsule.mass * speed), moving), air.density, speed


@dataclass
class _Log:
    """Watches a flight for its extremes; the heat is summed by trapezoids."""

    capsule: Capsule
    atmosphere: AirModel
    planet: Planet
    load: tuple[float, float] = (0.0, 0.0)
    heating: tuple[float, float] = (0.0, 0.0)
    convective: float = 0.0
    radiative: float = 0.0
    pressure: float = 0.0
    heat: float = 0.0
    _last: tuple[float, float] | None = field(default=None)

    def __call__(self, time: float, state: State) -> None:
        push, density, speed = capsule_acceleration(
            self.capsule, self.atmosphere, self.planet, _position(state), _velocity(state)
        )
        nose = self.capsule.nose_radius
        convective = convective_heating(density, speed, nose) if density > 0.0 else 0.0
        radiative = radiative_heating(density, speed, nose) if density > 0.0 else 0.0
        total = convective + radiative
        self.load = max(self.load, (norm(push) / STANDARD_GRAVITY, time))
        self.heating = max(self.heating, (total, time))
        self.convective = max(self.convective, convective)
        self.radiative = max(self.radiative, radiative)
        self.pressure = max(self.pressure, 0.5 * density * speed * speed)
        if self._last is not None:
            self.heat += 0.5 * (total + self._last[1]) * (time - self._last[0])
        self._last = (time, total)


def fly(
    capsule: Capsule,
    state: State,
    atmosphere: AirModel | None = None,
    ground_height: float = 0.0,
    prime_meridian: float = 0.0,
    step: float = STEP,
    planet: Planet = EARTH_SURFACE,
) -> EntryReport:
    """Flies from a state at time 0 to the ground, or until it leaves the air again.

    Raises ValueError for a state that does not come down.
    """
    position, velocity = _position(state), _velocity(state)
    if dot(position, velocity) >= 0.0:
        raise ValueError("the capsule is not coming down: its velocity points away from the Earth")
    air = atmosphere or EarthAtmosphere()
    log = _Log(capsule, air, planet)

    def derivative(time: float, y: State) -> Sequence[float]:
        place, motion = _position(y), _velocity(y)
        push = capsule_acceleration(capsule, air, planet, place, motion)[0]
        return (*motion, *add(planet.gravity(place), push))

    ceiling = max(planet.height(position), ENTRY_HEIGHT) + 10.0
    ground = Event("ground", lambda t, y: planet.height(_position(y)) - ground_height, -1)
    skipped = Event("skipped", lambda t, y: planet.height(_position(y)) - ceiling, 1)
    slow = Event("slow", lambda t, y: _ground_speed(planet, y) - SLOW_SPEED, -1)
    events = (ground, skipped, slow)
    end = integrate_to_event(derivative, 0.0, tuple(state), _LONGEST_FLIGHT, step, events, log)
    if end.event is slow:
        end = integrate_to_event(
            derivative, end.time, end.state, _LONGEST_FLIGHT, max(step, SLOW_STEP), (ground,), log
        )
    if end.event is None:
        raise ValueError(f"the capsule is still aloft after {_LONGEST_FLIGHT} s")
    place = _position(end.state)
    latitude, longitude = geodetic(place, end.time, prime_meridian)
    moving = air_velocity(planet, place, _velocity(end.state), air.at(ground_height))
    return EntryReport(
        outcome=end.event.name,
        duration=end.time,
        touchdown_speed=norm(moving),
        latitude=latitude,
        east_longitude=longitude,
        peak_load=log.load[0],
        peak_load_time=log.load[1],
        peak_convective=log.convective,
        peak_radiative=log.radiative,
        peak_heating=log.heating[0],
        peak_heating_time=log.heating[1],
        heat_load=log.heat,
        peak_dynamic_pressure=log.pressure,
        state=end.state,
    )


def geodetic(position: Vector, time: float, prime_meridian: float = 0.0) -> tuple[float, float]:
    """Geodetic latitude and east longitude (rad, -pi to pi) of an inertial position at a time."""
    latitude, right_ascension, _ = WGS84.to_geodetic(position)
    turned = prime_meridian + EARTH.rotation_rate * time
    return latitude, math.remainder(right_ascension - turned, math.tau)


def _ground_speed(planet: Planet, state: State) -> float:
    return norm(subtract(_velocity(state), planet.ground_velocity(_position(state))))


def _position(state: State) -> Vector:
    return (state[0], state[1], state[2])


def _velocity(state: State) -> Vector:
    return (state[3], state[4], state[5])
