"""The MAV's ascent as a point mass with programmed steering, by two integrators.

Both integrate the same derivatives, from the ground to the second burnout: burn, coast to a height
at which the first stage is let go, coast to the climb rate at which the second motor is lit, burn.
Both stop on ignition, on each corner of a thrust curve and on burnout, and find the two events by
themselves. Steering is the law planned on the ground, a function of time and place.
"""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from flight.astrodynamics.finite_burn import Tangents, fly_ahead
from flight.astrodynamics.integrators import Derivative, Event, State
from flight.astrodynamics.vectors import Vector
from flight.mav.ascent_computer import plan_ascent
from flight.mav.ascent_guidance import fly_first_stage, gravity
from flight.mav.ascent_settings import AscentSettings
from flight.runtime.streams import stream
from ground.studies.ascent_study import vehicle_file_once
from sim_hw.dynamics.ascent import (
    Shape,
    Surroundings,
    burn,
    burn_derivative,
    coast,
    coast_derivative,
    drop,
    radial_speed,
)
from sim_hw.dynamics.mav_vehicle import MavSample, MavVehicle
from sim_hw.dynamics.planet import JEZERO
from sim_hw.dynamics.solid_motor import SolidMotor
from sim_hw.dynamics.steering import Steering
from sim_hw.world.atmosphere import AirDispersion, Atmosphere

LAUNCH = 1000.0
"""Mission time of the ignition, s."""
SEPARATION_HEIGHT = 100_000.0
"""Where the first stage is let go, m; far enough above the air that heats."""
LONGEST_COAST = 1500.0


@dataclass(frozen=True)
class Programme:
    """What is planned for all: start (m, m/s), steering of both burns, plane, and the climb rate
    (m/s) to which the vehicle has slowed when the second motor is lit."""

    position: Vector
    velocity: Vector
    climb: Tangents
    second: Tangents
    first_normal: Vector
    second_normal: Vector
    ignition_climb: float


@dataclass(frozen=True)
class PointAscent:
    """One vehicle on one day."""

    programme: Programme
    surroundings: Surroundings
    first_motor: SolidMotor
    second_motor: SolidMotor
    lift_off_mass: float
    dropped_mass: float

    @property
    def start(self) -> State:
        """Position, velocity and mass at the first ignition."""
        return (*self.programme.position, *self.programme.velocity, self.lift_off_mass)

    def first_steering(self) -> Steering:
        """The direction of the first burn's thrust."""
        plan = self.programme
        return lambda time, position, velocity: plan.climb.direction(
            time - LAUNCH, position, plan.first_normal
        )

    def second_steering(self, ignition: float) -> Steering:
        """The direction of the second burn's thrust."""
        plan = self.programme
        return lambda time, position, velocity: plan.second.direction(
            time - ignition, position, plan.second_normal
        )

    @property
    def events(self) -> tuple[Event, Event]:
        """Separation and second ignition."""
        climb = self.programme.ignition_climb
        planet = self.surroundings.planet

        def height(time: float, y: State) -> float:
            return planet.height((y[0], y[1], y[2])) - SEPARATION_HEIGHT

        def slowed(time: float, y: State) -> float:
            return radial_speed(time, y) - climb

        return Event("separation", height, +1), Event("ignition", slowed, -1)


def plan() -> Programme:
    """The programme of the MAV as its computer plans it."""
    settings = AscentSettings.of(vehicle_file_once().flight)
    planned = plan_ascent(settings, LAUNCH - settings.ignition_delay)
    position, velocity = settings.pad.at(LAUNCH)
    place, speed = fly_first_stage(
        settings.first, 0.0, position, velocity, planned.climb, planned.normal
    )
    coasting = planned.second.ignition - LAUNCH - settings.first.stage.burn_time
    lit = fly_ahead(place, speed, coasting, gravity)
    return Programme(
        position, velocity, planned.climb, planned.second.tangents, planned.normal,
        planned.second.normal, radial_speed(0.0, (*lit[0], *lit[1])),
    )  # fmt: skip


def point_ascent(programme: Programme, number: int | None = None) -> PointAscent:
    """The vehicle as designed in the mean air, or the dispersed one of a number."""
    hardware = vehicle_file_once().hardware
    vehicle = MavVehicle(hardware.vehicle)
    sample = MavSample(vehicle.first_motor, vehicle.second_motor)
    air = Atmosphere()
    if number is not None:
        sample = hardware.dispersion.draw(vehicle, _stream(number, "vehicle"))
        air = Atmosphere(AirDispersion(_stream(number, "air")))
    shape = vehicle.full_shape
    spare = sample.first_motor.propellant - vehicle.first_motor.propellant
    spare += sample.second_motor.propellant - vehicle.second_motor.propellant
    return PointAscent(
        programme,
        Surroundings(
            JEZERO, air, Shape(shape.area, shape.diameter, drag_factor=sample.drag_factor)
        ),
        sample.first_motor,
        sample.second_motor,
        hardware.vehicle.lift_off_mass + spare + sample.extra_mass,
        hardware.vehicle.first_inert_mass + hardware.vehicle.fairing_mass,
    )


def _stream(number: int, name: str) -> random.Random:
    return stream(number, f"programmed_ascent.{name}")


def fly_runge_kutta(ascent: PointAscent, burn_step: float, coast_step: float) -> State:
    """The state at the second burnout by steps (s) of the classical Runge-Kutta method."""
    around = ascent.surroundings
    separation, ignition = ascent.events
    time, state = burn(
        around, ascent.first_motor, ascent.first_steering(), LAUNCH, ascent.start, burn_step
    )
    for event in (separation, ignition):
        there = coast(around, time, state, time + LONGEST_COAST, coast_step, (event,))
        time, state = there.time, there.state
        if event is separation:
            state = drop(state, ascent.dropped_mass)
    _, state = burn(
        around, ascent.second_motor, ascent.second_steering(time), time, state, burn_step
    )
    return state


def fly_dop853(ascent: PointAscent, tolerance: float) -> State:
    """The state at the second burnout by scipy's DOP853, its events on its dense output.

    `tolerance` is the relative one; the absolute one is the same number of m, m/s and kg. The
    state is handed to the derivative as plain floats, on which that is faster than on an array.
    """
    around = ascent.surroundings
    separation, ignition = ascent.events
    time, state = _burn(
        around, ascent.first_motor, ascent.first_steering(), LAUNCH, ascent.start, tolerance
    )
    for event in (separation, ignition):
        derivative = coast_derivative(around)
        time, state = _solve(derivative, time, time + LONGEST_COAST, state, tolerance, event)
        if event is separation:
            state = drop(state, ascent.dropped_mass)
    _, state = _burn(
        around, ascent.second_motor, ascent.second_steering(time), time, state, tolerance
    )
    return state


def _burn(
    around: Surroundings, motor: SolidMotor, steering: Steering, ignition: float, state: State,
    tolerance: float,
) -> tuple[float, State]:  # fmt: skip
    for stretch, start, end in motor.stretches:
        derivative = burn_derivative(around, motor, steering, ignition, stretch)
        _, state = _solve(derivative, ignition + start, ignition + end, state, tolerance)
    return ignition + motor.burn_time, state


def _solve(
    derivative: Derivative, start: float, end: float, state: State, tolerance: float,
    event: Event | None = None,
) -> tuple[float, State]:  # fmt: skip
    from scipy.integrate import solve_ivp  # imported late: it takes half a second

    functions: list[Any] = []
    if event is not None:

        def crossing(time: float, y: "np.ndarray[Any, Any]") -> float:
            return event.function(time, tuple(y.tolist()))

        stopping: Any = crossing
        stopping.terminal, stopping.direction = True, event.direction
        functions.append(stopping)
    found = solve_ivp(
        lambda time, y: derivative(time, tuple(y.tolist())), (start, end), np.array(state),
        method="DOP853", rtol=tolerance, atol=tolerance, events=functions or None,
    )  # fmt: skip
    return float(found.t[-1]), tuple(found.y[:, -1].tolist())
