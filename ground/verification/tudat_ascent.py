"""V9: an ascent of two solid stages in air, after an example of tudatpy.

Masses, motors, coefficients and start are those of the example (tudat-team/tudatpy-examples,
two_stage_rocket_ascent, Delft University of Technology). Its air is Tudat's predefined exponential
one for Mars; its gravity has harmonics to degree 4, ours J2 alone.

It does not settle everything. Its text speaks of a separation after 9 minutes, the notebook's
stored run printed 7.55; its motors have 1.75 times the thrust in the first 15 s, but the plots of
that run show none of it; and which way its lift points is left to the library. So the stored run
is flown without the boost, with the lift upwards, and every row is informative.
"""

from dataclasses import dataclass
from math import cos, exp, radians, sin, sqrt

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.ellipsoids import Ellipsoid
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.integrators import Observer, State
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, norm, subtract
from ground.verification.rows import Row
from sim_hw.dynamics.ascent import (
    APOAPSIS,
    Shape,
    Surroundings,
    at_rest_on_the_ground,
    burn,
    coast,
    position_and_velocity,
)
from sim_hw.dynamics.planet import Planet
from sim_hw.dynamics.solid_motor import STANDARD_GRAVITY, SolidMotor, ThrustCurve
from sim_hw.dynamics.steering import held_in_local_axes
from sim_hw.world.atmosphere import GAS_CONSTANT, Air

TUDATPY = "tudatpy ascent"
PLANET = Planet(MARS, Ellipsoid(MARS_MEAN_RADIUS, MARS_MEAN_RADIUS))
LATEST_APOGEE = 225.0 * 60.0
"""Seconds after lift-off at which the example gives up waiting for it."""


class ExponentialAir:
    """Air without wind whose density falls by one scale height; Tudat's figures for Mars."""

    density = 0.02
    scale_height = 11_100.0
    temperature = 215.0
    gas_constant = 197.0
    heat_capacity_ratio = 1.3

    def at(self, height: float) -> Air:
        """The air at a height in m."""
        density = self.density * exp(-height / self.scale_height)
        by_density = self.gas_constant * self.temperature
        return Air(
            density,
            self.temperature,
            density * by_density,
            sqrt(self.heat_capacity_ratio * by_density),
            0.0,
            0.0,
            GAS_CONSTANT / self.gas_constant,
        )


@dataclass(frozen=True)
class Section:
    """A section of the example's rocket: kg, N, s, thrust from the vertical in degrees."""

    mass: float
    dry_mass: float
    thrust: float
    specific_impulse: float
    from_vertical_degrees: float
    drag_coefficient: float
    lift_coefficient: float
    boost_seconds: float = 15.0
    boost: float = 1.0
    """Thrust in the first seconds over that of the rest; 1.75 in the example's program."""

    def motor(self) -> SolidMotor:
        """Its motor, with more thrust in the first seconds."""
        exhaust_speed = self.specific_impulse * STANDARD_GRAVITY
        propellant = self.mass - self.dry_mass
        boosted = self.boost * self.thrust * self.boost_seconds
        rest = propellant * exhaust_speed - boosted
        if not rest > 0.0:
            raise ValueError(f"{propellant} kg burn up within the boost of {self.boost_seconds} s")
        burn_time = self.boost_seconds + rest / self.thrust
        step = self.boost_seconds / burn_time
        curve = ThrustCurve(((0.0, self.boost), (step, self.boost), (step, 1.0), (1.0, 1.0)))
        return SolidMotor(propellant, burn_time, self.specific_impulse, curve)

    def surroundings(self) -> Surroundings:
        """What acts on it beside its thrust."""
        shape = Shape(
            area=0.25,
            length=0.56,
            drag=lambda mach, knudsen: self.drag_coefficient,
            lift_coefficient=self.lift_coefficient,
        )
        return Surroundings(PLANET, ExponentialAir(), shape)


SECTION_1 = Section(370.0, 185.0, 4_250.0, 275.0, 40.0, 0.85, 0.4)
SECTION_2 = Section(85.0, 38.25, 2_250.0, 273.0, 90.0, 0.55, 0.25)


@dataclass(frozen=True)
class Flight:
    """Seconds of burnout 1 and of separation at apogee; altitudes in m, speed through the air in
    m/s, highest dynamic pressure in Pa; periapsis and apoapsis after the burn of stage 2."""

    burnout: float
    separation: float
    apogee: float
    apogee_speed: float
    dynamic_pressure: float
    periapsis: float
    apoapsis: float


def fly(
    first: Section = SECTION_1,
    second: Section = SECTION_2,
    latitude_degrees: float = 18.85,
    longitude_degrees: float = 77.52,
    step: float = 1.0,
) -> Flight:
    """Fly both sections. Raises ValueError when stage 1 does not come to an apogee."""
    state = _start(first.mass, radians(latitude_degrees), radians(longitude_degrees))
    peak = 0.0

    def observe(time: float, y: State) -> None:
        nonlocal peak
        position, velocity = position_and_velocity(y)
        density = ExponentialAir().at(PLANET.height(position)).density
        peak = max(peak, 0.5 * density * _airspeed(position, velocity) ** 2)

    burnout, state = _burn(first, 0.0, state, step, observe)
    arrival = coast(first.surroundings(), burnout, state, LATEST_APOGEE, step, [APOAPSIS])
    if arrival.event is None:
        raise ValueError("stage 1 does not come to an apogee within 225 minutes")
    position, velocity = position_and_velocity(arrival.state)
    _, state = _burn(second, arrival.time, (*arrival.state[:6], second.mass), step)
    orbit = elements_from_state(*position_and_velocity(state), MARS.gravitational_parameter)
    radius = PLANET.ellipsoid.equatorial_radius
    return Flight(
        burnout=burnout,
        separation=arrival.time,
        apogee=PLANET.height(position),
        apogee_speed=_airspeed(position, velocity),
        dynamic_pressure=peak,
        periapsis=orbit.periapsis_radius - radius,
        apoapsis=orbit.apoapsis_radius - radius,
    )


def rows() -> list[Row]:
    """The stored run of the notebook: what it printed, and what can be read off its plots."""
    flight = fly()
    return [
        _row("burn of stage 1 ends", 1.96, flight.burnout / 60.0, 0.05, "min"),
        _row("highest dynamic pressure", 1.42, flight.dynamic_pressure / 1000.0, 0.1, "kPa"),
        _row("separation at apogee, as printed", 7.55, flight.separation / 60.0, 0.15, "min"),
        _row("separation at apogee, in its text", 9.0, flight.separation / 60.0, 0.5, "min"),
        _row("altitude of the apogee", 200.0, flight.apogee / 1000.0, 20.0, "km"),
        _row("speed at the apogee", 1.06, flight.apogee_speed / 1000.0, 0.05, "km/s"),
        _row("lowest altitude after burn 2", 117.0, flight.periapsis / 1000.0, 30.0, "km"),
        _row("highest altitude after burn 2", 410.0, flight.apoapsis / 1000.0, 50.0, "km"),
    ]


def _airspeed(position: Vector, velocity: Vector) -> float:
    return norm(subtract(velocity, PLANET.ground_velocity(position)))


def _start(mass: float, latitude: float, longitude: float) -> State:
    """500 m up, at 1 m/s over the ground, 40 degrees upwards to the north."""
    state = at_rest_on_the_ground(PLANET, latitude, longitude, 500.0, mass)
    position, velocity = position_and_velocity(state)
    _, north, up = local_axes(position)
    climb, along = sin(radians(40.0)), cos(radians(40.0))
    x, y, z = (v + climb * u + along * n for v, u, n in zip(velocity, up, north, strict=True))
    return (*position, x, y, z, mass)


def _burn(
    section: Section, ignition: float, state: State, step: float, observe: Observer | None = None
) -> tuple[float, State]:
    steering = held_in_local_axes(radians(90.0 - section.from_vertical_degrees), radians(90.0))
    return burn(section.surroundings(), section.motor(), steering, ignition, state, step, observe)


def _row(quantity: str, published: float, computed: float, tolerance: float, unit: str) -> Row:
    return Row(
        quantity=quantity,
        source=TUDATPY,
        published=published,
        computed=computed,
        tolerance=tolerance,
        unit=unit,
        digits=2,
        required=False,
    )
