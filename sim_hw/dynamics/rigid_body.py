"""Flight of a rigid vehicle in six degrees of freedom: it turns, and its mass changes.

The state is position and velocity of the centre of mass (m, m/s, inertial axes), attitude (unit
quaternion from body to inertial axes, scalar first) and turning rate (rad/s, body axes): thirteen
numbers. Body axis x points to the nose. Mass properties follow from the time since ignition.

Rotation: Euler's equations of a body of revolution, with the damping by the gas that leaves through
the nozzle (Thomson, Introduction to Space Dynamics, sections 7.6 and 8.4).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from flight.astrodynamics.integrators import Observer, State, rk4_step, step_count
from flight.astrodynamics.quaternions import (
    Quaternion,
    derivative,
    normalised,
    rotate,
    rotate_back,
)
from flight.astrodynamics.vectors import Vector, add
from sim_hw.dynamics.aerodynamics import SlenderBody
from sim_hw.dynamics.ascent import AIR_CEILING, AirModel, air_velocity
from sim_hw.dynamics.mass_properties import MassProperties, Stack, combine
from sim_hw.dynamics.planet import Planet
from sim_hw.dynamics.solid_motor import SolidMotor
from sim_hw.dynamics.thrusters import Thruster, thruster_loads

_INERTIA_RATE_STEP = 1.0e-3


@dataclass(frozen=True)
class Nozzle:
    """A nozzle that swings about `pivot`: places along x (m), radius of its exit, largest swing.

    `offset` is how far the thrust passes beside the axis (y, z in m), and `tilt` its misalignment
    (pitch, yaw in rad) beside what is commanded.
    """

    pivot: float
    exit: float
    exit_radius: float = 0.0
    largest_angle: float = math.radians(5.0)
    offset: tuple[float, float] = (0.0, 0.0)
    tilt: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Controls:
    """What the vehicle is told: swing of the nozzle (rad) and opening of each thruster (0 to 1).

    A positive pitch turns the thrust about +y, and so the nose about -y; a positive yaw turns the
    thrust about +z, and the nose about -z.
    """

    pitch: float = 0.0
    yaw: float = 0.0
    thrusters: tuple[float, ...] = ()


IDLE = Controls()


@dataclass(frozen=True)
class RigidVehicle:
    """A vehicle in one phase of flight: what is left of the stack, what burns, what acts on it.

    `ignition` is the time (s) at which its motor is lit; without a motor it coasts, and `spent` is
    what has burnt (kg) of the lowest stage's grain.
    """

    planet: Planet
    stack: Stack
    dropped: int = 0
    motor: SolidMotor | None = None
    ignition: float = 0.0
    spent: float = 0.0
    nozzle: Nozzle | None = None
    thrusters: tuple[Thruster, ...] = ()
    body: SlenderBody | None = None
    atmosphere: AirModel | None = None

    def __post_init__(self) -> None:
        if self.motor is None:
            return
        grain = self.stack.stages[self.dropped].grain
        if self.nozzle is None or grain is None:
            raise ValueError("a stage that burns needs a nozzle and a grain")
        if self.motor.propellant > grain.mass * (1.0 + 1.0e-9):
            raise ValueError(
                f"the motor burns {self.motor.propellant} kg, its grain has {grain.mass} kg"
            )

    @cached_property
    def _inert(self) -> MassProperties:
        """All but the lowest stage's grain, unless that does not burn now."""
        lowest, *above = self.stack.stages[self.dropped :]
        parts = [part.properties() for part in lowest.parts]
        if self.motor is None and lowest.grain is not None:
            parts.append(lowest.grain.properties(self.spent))
        return combine([*parts, *(stage.properties() for stage in above)])

    def mass_properties(self, time: float) -> MassProperties:
        """Mass properties at a time (s)."""
        grain = self.stack.stages[self.dropped].grain
        if self.motor is None or grain is None:
            return self._inert
        return combine([self._inert, grain.properties(self.motor.used(time - self.ignition))])

    def thrust_loads(
        self, time: float, controls: Controls, properties: MassProperties
    ) -> tuple[Vector, Vector]:
        """Force (N) and moment (N m) by the motor, body axes."""
        if self.motor is None or self.nozzle is None:
            return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        thrust = self.motor.thrust(time - self.ignition)
        limit = self.nozzle.largest_angle
        pitch = min(max(controls.pitch, -limit), limit) + self.nozzle.tilt[0]
        yaw = min(max(controls.yaw, -limit), limit) + self.nozzle.tilt[1]
        x = thrust * math.cos(pitch) * math.cos(yaw)
        y, z = thrust * math.cos(pitch) * math.sin(yaw), -thrust * math.sin(pitch)
        arm = self.nozzle.pivot - properties.centre
        beside_y, beside_z = self.nozzle.offset
        moment = (
            beside_y * z - beside_z * y,
            beside_z * x - arm * z,
            arm * y - beside_y * x,
        )
        return (x, y, z), moment

    def damping(self, time: float, properties: MassProperties) -> tuple[float, float]:
        """Moment per turning rate (N m s) about the axis and across it, by the outflow.

        Gas takes angular momentum along as it leaves; what the shrinking inertia gives back counts
        against it. Positive damps.
        """
        if self.motor is None or self.nozzle is None:
            return 0.0, 0.0
        flow = self.motor.mass_flow(time - self.ignition)
        if flow == 0.0:
            return 0.0, 0.0
        later = self.mass_properties(time + _INERTIA_RATE_STEP)
        axial_rate = (later.axial_inertia - properties.axial_inertia) / _INERTIA_RATE_STEP
        across_rate = (
            later.transverse_inertia - properties.transverse_inertia
        ) / _INERTIA_RATE_STEP
        lever = self.nozzle.exit - properties.centre
        return (
            axial_rate + 0.5 * flow * self.nozzle.exit_radius**2,
            across_rate + flow * lever * lever,
        )

    def air_loads(
        self, position: Vector, velocity: Vector, attitude: Quaternion, rate: Vector, centre: float
    ) -> tuple[Vector, Vector]:
        """Force (N) and moment (N m) by the air, body axes."""
        if self.body is None or self.atmosphere is None:
            return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        height = self.planet.height(position)
        if height > AIR_CEILING:
            return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        air = self.atmosphere.at(height)
        through = rotate_back(attitude, air_velocity(self.planet, position, velocity, air))
        loads = self.body.forces(air, through, rate, centre)
        return loads.force, loads.moment

    def derivative(self, time: float, state: State, controls: Controls = IDLE) -> State:
        """Rate of change of the state."""
        position, velocity, attitude, rate = split(state)
        properties = self.mass_properties(time)
        force, moment = self.thrust_loads(time, controls, properties)
        air_force, air_moment = self.air_loads(
            position, velocity, attitude, rate, properties.centre
        )
        force, moment = add(force, air_force), add(moment, air_moment)
        if self.thrusters:
            openings = controls.thrusters or (0.0,) * len(self.thrusters)
            push, turn = thruster_loads(self.thrusters, openings, properties.centre)
            force, moment = add(force, push), add(moment, turn)
        axial_damping, damping = self.damping(time, properties)
        axial, across = properties.axial_inertia, properties.transverse_inertia
        p, q, r = rate
        px, py, pz = rotate(attitude, force)
        gx, gy, gz = self.planet.gravity(position)
        mass = properties.mass
        return (
            *velocity,
            gx + px / mass,
            gy + py / mass,
            gz + pz / mass,
            *derivative(attitude, rate),
            (moment[0] - axial_damping * p) / axial,
            (moment[1] - damping * q - (axial - across) * p * r) / across,
            (moment[2] - damping * r - (across - axial) * p * q) / across,
        )

    def step(self, time: float, state: State, controls: Controls, duration: float) -> State:
        """The state `duration` seconds later, by one Runge-Kutta step with the controls held."""
        stepped = rk4_step(lambda t, y: self.derivative(t, y, controls), time, state, duration)
        return (*stepped[:6], *normalised(split(stepped)[2]), *stepped[10:])


Controller = Callable[[float, State], Controls]
"""Told time and state at the beginning of each step; its answer is held over the step."""


def fly(
    vehicle: RigidVehicle,
    start: float,
    state: State,
    end: float,
    maximum_step: float,
    controller: Controller = lambda time, state: IDLE,
    observe: Observer | None = None,
) -> State:
    """Fly from `start` to exactly `end` (s) in equal steps, each with its controls held.

    Steps that should not straddle ignition or burnout are the caller's to choose, by flying up to
    them.
    """
    count = step_count(end - start, maximum_step)
    for index in range(count):
        time = start + (end - start) * index / count
        if observe is not None:
            observe(time, state)
        state = vehicle.step(time, state, controller(time, state), (end - start) / count)
    if observe is not None:
        observe(end, state)
    return state


def rigid_state(
    position: Vector, velocity: Vector, attitude: Quaternion, rate: Vector = (0.0, 0.0, 0.0)
) -> State:
    """The thirteen numbers of a state."""
    return (*position, *velocity, *normalised(attitude), *rate)


def split(state: Sequence[float]) -> tuple[Vector, Vector, Quaternion, Vector]:
    """Position, velocity, attitude and turning rate of a state."""
    x, y, z, vx, vy, vz, qw, qx, qy, qz, p, q, r = state
    return (x, y, z), (vx, vy, vz), (qw, qx, qy, qz), (p, q, r)


def angular_momentum(vehicle: RigidVehicle, time: float, state: State) -> Vector:
    """Angular momentum about the centre of mass, inertial axes, kg m^2/s."""
    _, _, attitude, rate = split(state)
    properties = vehicle.mass_properties(time)
    across = properties.transverse_inertia
    return rotate(
        attitude, (properties.axial_inertia * rate[0], across * rate[1], across * rate[2])
    )
