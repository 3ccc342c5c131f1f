"""Ascent of a point mass: burns and coasts in inertial axes, stepped onto every break.

The state is position (m), velocity (m/s) and mass (kg). Steps end on ignition, on each corner of
the thrust curve and on burnout, so that the Runge-Kutta method keeps its order there.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flight.astrodynamics.integrators import (
    Arrival,
    Derivative,
    Event,
    Observer,
    State,
    integrate,
    integrate_to_event,
)
from flight.astrodynamics.vectors import Vector, cross, dot, norm
from sim_hw.dynamics.aerodynamics import bridged_drag, knudsen_number
from sim_hw.dynamics.planet import Planet
from sim_hw.dynamics.solid_motor import SolidMotor
from sim_hw.dynamics.steering import Steering
from sim_hw.world.atmosphere import Air

AIR_CEILING = 200_000.0
"""Above it the air is left out: it would slow the vehicle by less than 1e-7 m/s^2."""


@dataclass(frozen=True)
class Shape:
    """What the air sees: reference area (m^2) and length (m), drag and lift coefficients.

    `drag` is a function of Mach and Knudsen number. Lift acts upwards, in the plane of the vertical
    and the velocity through the air.
    """

    area: float
    length: float
    drag: Callable[[float, float], float] = bridged_drag
    drag_factor: float = 1.0
    lift_coefficient: float = 0.0


class AirModel(Protocol):
    """The air over height, such as :class:`sim_hw.world.atmosphere.Atmosphere`."""

    def at(self, height: float) -> Air:
        """The air at a height in m."""
        ...


@dataclass(frozen=True)
class Surroundings:
    """The planet, its air, and the shape that flies through it; without both there is no drag."""

    planet: Planet
    atmosphere: AirModel | None = None
    shape: Shape | None = None

    def acceleration(self, position: Vector, velocity: Vector, mass: float) -> Vector:
        """Gravity and air, m/s^2."""
        gravity = self.planet.gravity(position)
        if self.atmosphere is None or self.shape is None:
            return gravity
        height = self.planet.height(position)
        if height > AIR_CEILING:
            return gravity
        force = air_force(self, position, velocity, self.atmosphere.at(height))
        return (
            gravity[0] + force[0] / mass,
            gravity[1] + force[1] / mass,
            gravity[2] + force[2] / mass,
        )


def air_velocity(planet: Planet, position: Vector, velocity: Vector, air: Air) -> Vector:
    """Velocity (m/s) through the air, which turns with the planet and blows over it."""
    x, y, z = position
    in_plane = math.hypot(x, y)
    distance = math.hypot(in_plane, z)
    rate, wind_east, wind_north = planet.body.rotation_rate, air.wind_east, air.wind_north
    # The axes of local_axes, written out: this is asked for at every step in air.
    east_x, east_y, up_z = -y / in_plane, x / in_plane, z / distance
    north_z = x / distance * east_y - y / distance * east_x
    return (
        velocity[0] + rate * y - wind_east * east_x + wind_north * (up_z * east_y),
        velocity[1] - rate * x - wind_east * east_y - wind_north * (up_z * east_x),
        velocity[2] - wind_north * north_z,
    )


def air_force(surroundings: Surroundings, position: Vector, velocity: Vector, air: Air) -> Vector:
    """Drag and lift in N. Without a shape there is none."""
    shape = surroundings.shape
    moving = air_velocity(surroundings.planet, position, velocity, air)
    speed = norm(moving)
    if shape is None or speed == 0.0:
        return (0.0, 0.0, 0.0)
    coefficient = shape.drag_factor * shape.drag(
        speed / air.speed_of_sound, knudsen_number(air, shape.length)
    )
    push = -0.5 * air.density * speed * shape.area
    drag = push * coefficient
    x, y, z = drag * moving[0], drag * moving[1], drag * moving[2]
    if shape.lift_coefficient == 0.0:
        return (x, y, z)
    upwards = cross(cross(moving, position), moving)
    size = norm(upwards)
    lift = -push * speed * shape.lift_coefficient / size if size > 0.0 else 0.0
    return (x + lift * upwards[0], y + lift * upwards[1], z + lift * upwards[2])


def at_rest_on_the_ground(
    planet: Planet, latitude: float, east_longitude: float, height: float, mass: float
) -> State:
    """State of a vehicle that stands on the turning planet (rad, m, kg)."""
    position = planet.place(latitude, east_longitude, height)
    return (*position, *planet.ground_velocity(position), mass)


def burn_derivative(
    surroundings: Surroundings,
    motor: SolidMotor,
    steering: Steering,
    ignition: float,
    stretch: int,
) -> Derivative:
    """Rate of change of the state on one smooth stretch of a burn, lit at `ignition` (s)."""
    exhaust_speed = motor.exhaust_speed

    def derivative(time: float, y: State) -> Sequence[float]:
        position, velocity, mass = (y[0], y[1], y[2]), (y[3], y[4], y[5]), y[6]
        thrust = motor.thrust_within(stretch, time - ignition)
        direction = steering(time, position, velocity)
        ax, ay, az = surroundings.acceleration(position, velocity, mass)
        push = thrust / mass
        return (
            *velocity,
            ax + push * direction[0],
            ay + push * direction[1],
            az + push * direction[2],
            -thrust / exhaust_speed,
        )

    return derivative


def coast_derivative(surroundings: Surroundings) -> Derivative:
    """Rate of change of the state without thrust."""

    def derivative(time: float, y: State) -> Sequence[float]:
        position, velocity = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        return (*velocity, *surroundings.acceleration(position, velocity, y[6]), 0.0)

    return derivative


def burn(
    surroundings: Surroundings,
    motor: SolidMotor,
    steering: Steering,
    ignition: float,
    state: State,
    maximum_step: float,
    observe: Observer | None = None,
) -> tuple[float, State]:
    """Time and state at burnout of a motor that is lit at `ignition` (s)."""
    for stretch, start, end in motor.stretches:
        derivative = burn_derivative(surroundings, motor, steering, ignition, stretch)
        state = integrate(
            derivative, ignition + start, state, ignition + end, maximum_step, observe
        )
    return ignition + motor.burn_time, state


def coast(
    surroundings: Surroundings,
    start: float,
    state: State,
    end: float,
    maximum_step: float,
    events: Sequence[Event] = (),
    observe: Observer | None = None,
) -> Arrival:
    """Fly without thrust to `end` (s), or to the first of the events."""

    derivative = coast_derivative(surroundings)
    return integrate_to_event(derivative, start, state, end, maximum_step, events, observe)


def drop(state: State, mass: float) -> State:
    """The state after `mass` kg have been dropped. Raises ValueError when nothing would be left."""
    if not state[6] - mass > 0.0:
        raise ValueError(f"{mass} kg cannot be dropped from a vehicle of {state[6]:.3f} kg")
    return (*state[:6], state[6] - mass)


def position_and_velocity(state: State) -> tuple[Vector, Vector]:
    """The two vectors of a state."""
    return (state[0], state[1], state[2]), (state[3], state[4], state[5])


def radial_speed(time: float, state: State) -> float:
    """Speed (m/s) away from the centre."""
    position, velocity = position_and_velocity(state)
    return dot(position, velocity) / norm(position)


APOAPSIS = Event("apoapsis", radial_speed, direction=-1)


def impact(planet: Planet, floor: float = 0.0) -> Event:
    """The event of falling below a height (m) over the areoid."""

    def height_over_floor(time: float, state: State) -> float:
        return planet.height((state[0], state[1], state[2])) - floor

    return Event("impact", height_over_floor, direction=-1)


def flight_path_angle(state: State) -> float:
    """Angle (rad) of the inertial velocity over the local horizontal."""
    position, velocity = position_and_velocity(state)
    return math.asin(dot(position, velocity) / (norm(position) * norm(velocity)))
