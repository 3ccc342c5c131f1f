"""Equations of motion of an entry vehicle: under its aeroshell, and as a rigid body after it.

State: position (3), velocity (3), propellant (1), integral of the non-gravitational acceleration
(3, inertial axes: what accelerometers feel), then bank, bank rate and angle of attack under the
aeroshell, or the attitude quaternion (4) and body rates (3) after it.

Under the aeroshell pitch and yaw are those of trimmed flight; the bank angle turns as its thrusters
let it. Body axes: z from the nose to the parachute, x on the lifting side.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from flight.astrodynamics.integrators import State
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, subtract, unit
from sim_hw.dynamics.planet import Planet
from sim_hw.world.atmosphere import Air, Atmosphere

AIR_CEILING = 200_000.0
ATTITUDE = 10
"""Where the attitude begins in the state."""


@dataclass
class AirFlow:
    """The air as it meets the vehicle; velocity of the vehicle through it in m/s."""

    velocity: Vector
    speed: float
    density: float
    mach: float

    @property
    def pressure(self) -> float:
        """Dynamic pressure, Pa."""
        return 0.5 * self.density * self.speed * self.speed


def air_flow(planet: Planet, atmosphere: Atmosphere, position: Vector, velocity: Vector) -> AirFlow:
    """How the air meets a vehicle; above 200 km there is none."""
    height = planet.height(position)
    ground = planet.ground_velocity(position)
    if height > AIR_CEILING:
        moving = subtract(velocity, ground)
        return AirFlow(moving, norm(moving), 0.0, 0.0)
    air: Air = atmosphere.at(height)
    east, north, _ = local_axes(position)
    moving = (
        velocity[0] - ground[0] - air.wind_east * east[0] - air.wind_north * north[0],
        velocity[1] - ground[1] - air.wind_east * east[1] - air.wind_north * north[1],
        velocity[2] - ground[2] - air.wind_east * east[2] - air.wind_north * north[2],
    )
    speed = norm(moving)
    return AirFlow(moving, speed, air.density, speed / air.speed_of_sound)


def lift_direction(position: Vector, moving: Vector, bank: float) -> Vector:
    """Unit vector across the airflow, in the vertical plane at bank 0, to the right at 90 deg."""
    forward = unit(moving)
    right = unit(cross(forward, position))
    upwards = cross(right, forward)
    return add(scale(math.cos(bank), upwards), scale(math.sin(bank), right))


def trimmed_axes(
    position: Vector, moving: Vector, bank: float, attack: float
) -> tuple[Vector, Vector, Vector]:
    """Body axes x, y, z in inertial axes under the aeroshell."""
    forward, lift = unit(moving), lift_direction(position, moving, bank)
    c, s = math.cos(attack), math.sin(attack)
    z = add(scale(-c, forward), scale(s, lift))
    x = add(scale(s, forward), scale(c, lift))
    return x, cross(z, x), z


@dataclass
class AeroshellMotion:
    """Flight under the aeroshell; `coefficients`: drag and lift by Mach number and attack."""

    planet: Planet
    atmosphere: Atmosphere
    coefficients: Callable[[float, float], tuple[float, float]]
    area: float
    dry_mass: float
    bank_target: float
    bank_rate: float
    bank_acceleration: float
    attack_target: float
    trim_time: float

    def derivative(self, time: float, y: State) -> State:
        position, velocity = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        bank, bank_rate, attack = y[10], y[11], y[12]
        gravity = self.planet.gravity(position)
        felt = self.felt(position, velocity, y[6], bank, attack)
        return (
            *velocity,
            gravity[0] + felt[0],
            gravity[1] + felt[1],
            gravity[2] + felt[2],
            0.0,
            *felt,
            bank_rate,
            self._bank_acceleration(bank, bank_rate),
            (self.attack_target - attack) / self.trim_time,
        )

    def felt(
        self, position: Vector, velocity: Vector, propellant: float, bank: float, attack: float
    ) -> Vector:
        """Acceleration by the air, m/s^2."""
        flow = air_flow(self.planet, self.atmosphere, position, velocity)
        if flow.density == 0.0:
            return (0.0, 0.0, 0.0)
        drag, lift = self.coefficients(flow.mach, attack)
        push = flow.pressure * self.area / (self.dry_mass + propellant)
        along = -push * drag / flow.speed
        across = lift_direction(position, flow.velocity, bank)
        up = push * lift
        return (
            along * flow.velocity[0] + up * across[0],
            along * flow.velocity[1] + up * across[1],
            along * flow.velocity[2] + up * across[2],
        )

    def _bank_acceleration(self, bank: float, rate: float) -> float:
        """Of a controller that turns as fast as it may and brakes in time (phase plane)."""
        error = self.bank_target - bank
        braking = math.sqrt(2.0 * 0.8 * self.bank_acceleration * abs(error))
        wanted = math.copysign(min(self.bank_rate, braking, 2.0 * abs(error)), error)
        limit = self.bank_acceleration
        return min(max(4.0 * (wanted - rate), -limit), limit)


@dataclass
class RigidMotion:
    """Flight as a rigid body, under the parachute or on engines.

    `loads(time, state, flow)` gives force in inertial axes (N), moment in body axes (N m) and the
    propellant flow (kg/s).
    """

    planet: Planet
    atmosphere: Atmosphere
    loads: Callable[[float, State, AirFlow], tuple[Vector, Vector, float]]
    dry_mass: float
    inertia_across: float
    inertia_along: float

    def derivative(self, time: float, y: State) -> State:
        position, velocity = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        flow = air_flow(self.planet, self.atmosphere, position, velocity)
        force, moment, used = self.loads(time, y, flow)
        gravity = self.planet.gravity(position)
        by_mass = 1.0 / (self.dry_mass + y[6])
        felt = scale(by_mass, force)
        w, x, yy, z, p, q, r = y[10:17]
        across, along = self.inertia_across, self.inertia_along
        return (
            *velocity,
            gravity[0] + felt[0],
            gravity[1] + felt[1],
            gravity[2] + felt[2],
            -used if y[6] > 0.0 else 0.0,
            *felt,
            0.5 * (-x * p - yy * q - z * r),
            0.5 * (w * p + yy * r - z * q),
            0.5 * (w * q + z * p - x * r),
            0.5 * (w * r + x * q - yy * p),
            (moment[0] - (along - across) * q * r) / across,
            (moment[1] - (across - along) * r * p) / across,
            moment[2] / along,
        )


def swing_moment(force: Vector, axis: Vector, arm: float) -> Vector:
    """Moment (inertial axes) of a force that acts at a distance along the body's axis."""
    return cross(scale(arm, axis), force)


def tilt_of(axis: Vector, position: Vector) -> float:
    """Angle (rad) between the body's axis and the vertical."""
    return math.acos(max(-1.0, min(1.0, dot(axis, unit(position)))))
