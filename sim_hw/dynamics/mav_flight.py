"""The flight of the Mars Ascent Vehicle in truth: six degrees of freedom, one evaluation a step.

A step takes forces in its middle: body-fixed loads turned by the attitude in the middle, gravity at
the place in the middle, and the turning rate by the midpoint rule; second order in the step. With
steps of 20 ms that is as exact as the sensors are, and thirteen times as fast as Runge-Kutta steps
of :mod:`sim_hw.dynamics.rigid_body`, against which it is tested.

Sign of the gimbal as there: a positive pitch turns the thrust about +y, and so the nose about -y.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from flight.astrodynamics.attitude_kinematics import turned
from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.integrators import State
from flight.astrodynamics.long_fall import fall_long
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.quaternions import Quaternion, rotate, rotate_back
from flight.astrodynamics.vectors import Vector
from sim_hw.dynamics.aerodynamics import SlenderBody
from sim_hw.dynamics.ascent import AIR_CEILING, AirModel, air_velocity
from sim_hw.dynamics.mav_vehicle import MavSample, MavVehicle
from sim_hw.dynamics.planet import Planet
from sim_hw.dynamics.solid_motor import SolidMotor
from sim_hw.world.space import FlyingBody

BURN_STEP = 0.02
AIR_STEP = 0.1
COAST_STEP = 1.0
LONG_COAST = 600.0
"""s from which on a shadow that only falls is flown by the laws of orbits: step by step, a look
after months would take minutes."""
PRESSING = 400.0
"""Pa, from which on an angle of attack counts as a load."""
THIN_AIR = 120_000.0
"""Above it the air turns a coasting vehicle too slowly to need short steps, m."""


@dataclass
class Effort:
    """What acts on the vehicle by its own doing: swing of the nozzle (rad); moments (N m, about x,
    y, z) and forward force (N) of the reaction control, each until the time in `ends`, with the
    gas that each uses (kg/s)."""

    pitch: float = 0.0
    yaw: float = 0.0
    pushes: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    ends: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    flows: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def at(self, time: float) -> tuple[float, float, float, float]:
        """Moments and forward force at a time."""
        if time >= max(self.ends):
            return (0.0, 0.0, 0.0, 0.0)
        (a, b, c, d), (e, f, g, h) = self.pushes, self.ends
        return (
            a if time < e else 0.0, b if time < f else 0.0,
            c if time < g else 0.0, d if time < h else 0.0,
        )  # fmt: skip


@dataclass
class TrueLoads:
    """The largest loads of a flight: Pa, rad, m/s^2, Pa rad."""

    dynamic_pressure: float = 0.0
    angle_of_attack: float = 0.0
    acceleration: float = 0.0
    bending: float = 0.0


class MavBody(FlyingBody):
    """The vehicle in flight. `state`: position, velocity, attitude (body to inertial), rate.

    `ignitions` are the times at which the motors were lit, None before.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        planet: Planet,
        atmosphere: AirModel,
        vehicle: MavVehicle,
        sample: MavSample,
        state: State,
    ) -> None:
        super().__init__(name, clock, lambda time, y: y, state)
        self.planet = planet
        self.atmosphere = atmosphere
        self.vehicle = vehicle
        self.sample = sample
        self.effort = Effort()
        self.loads = TrueLoads()
        self.ignitions: list[float | None] = [None, None]
        self.has_first_stage = True
        self.has_fairing = True
        self.has_container = True
        self.gas = self._gas_at_first = vehicle.parameters.gas_mass
        self.first_gas = self._first_gas_at_first = vehicle.parameters.first_gas_mass
        self._designed = (vehicle.first_motor.propellant, vehicle.second_motor.propellant)
        self.ground_height = -math.inf
        self.burn_step = BURN_STEP
        self._acceleration = (0.0, 0.0, 0.0)
        self.crashed = False
        self._table = vehicle.whole(fairing=True)
        self._height_of: State | None = None
        self._height = 0.0
        self._is_shadow = False

    # ------------------------------------------------------------ what happens to it

    def ignite(self, motor: int, delay: float = 0.0) -> None:
        """Lights motor 0 or 1 after a delay (s); one that has burnt does nothing.

        The second is not lit against the first stage: its flame would destroy both, which an
        interlock of the break wires prevents.
        """
        self.advance()
        if self.ignitions[motor] is None and self.has_first_stage is (motor == 0):
            self.ignitions[motor] = self.time + delay

    def drop_first_stage(self) -> None:
        """Separates the first stage; its springs push by an amount that is left out."""
        self.advance()
        self.has_first_stage = False
        self._rebuild()

    def drop_fairing(self) -> None:
        """Lets the fairing go."""
        self.advance()
        self.has_fairing = False
        self._rebuild()

    def drop_container(self) -> None:
        """Lets the container go."""
        self.advance()
        self.has_container = False
        self._rebuild()

    def _rebuild(self) -> None:
        if self.has_first_stage:
            self._table = self.vehicle.whole(fairing=self.has_fairing)
        else:
            self._table = self.vehicle.second_stage(
                fairing=self.has_fairing, container=self.has_container
            )

    # ------------------------------------------------------------ what it is

    def burning(self, time: float) -> int | None:
        """The motor that burns at a time."""
        first, second = self.ignitions
        if first is not None and 0.0 <= time - first < self.sample.first_motor.burn_time:
            return 0
        if second is not None and 0.0 <= time - second < self.sample.second_motor.burn_time:
            return 1
        return None

    def mass(self) -> float:
        """Mass now, kg."""
        return self._mass_properties(self.time)[0]

    def _motor(self, number: int) -> SolidMotor:
        return self.sample.first_motor if number == 0 else self.sample.second_motor

    def _mass_properties(self, time: float) -> tuple[float, float, float, float]:
        number, sample = 0 if self.has_first_stage else 1, self.sample
        lit, motor = self.ignitions[number], self._motor(number)
        share = 0.0 if lit is None else motor.used(time - lit) / motor.propellant
        mass, centre, axial, across = self._table.at(share)
        # More or less propellant than designed, and structure that was not weighed well.
        spare = motor.propellant - self._designed[number]
        mass += spare * (1.0 - share) + sample.extra_mass
        mass -= self._gas_at_first - self.gas
        if number == 0:
            mass -= self._first_gas_at_first - self.first_gas
            mass += sample.second_motor.propellant - self._designed[1]
        return mass, centre, axial, across

    # ------------------------------------------------------------ flying

    def advance(self, until: float | None = None) -> State:
        goal = self._clock() if until is None else until
        while not self.frozen and goal - self.time > 1e-9:
            if self._is_shadow and goal - self.time > LONG_COAST and self._only_falls():
                place, turning = self.state[:6], self.state[6:]
                self.state, self.time = (*fall_long(place, goal - self.time), *turning), goal
                break
            step = min(self._longest_step(), goal - self.time)
            self._step(step)
            self.time += step
            for observer in self.observers:
                observer(self.time, self.state)
        if self.frozen:
            self.time = max(self.time, goal)
        return self.state

    def _fall_silent(self) -> None:
        super()._fall_silent()
        self._is_shadow = True
        self.loads = replace(self.loads)

    def _only_falls(self) -> bool:
        """Whether nothing but gravity acts on it from now on, and turns are of no account."""
        if self.frozen or self.time < max(self.effort.ends):
            return False
        for number, lit in enumerate(self.ignitions):
            if lit is not None and self.time < lit + self._motor(number).burn_time:
                return False
        x, y, z, u, v, w = self.state[:6]
        orbit = elements_from_state((x, y, z), (u, v, w), MARS.gravitational_parameter)
        lowest = orbit.semi_major_axis * (1.0 - orbit.eccentricity) - MARS_MEAN_RADIUS
        return orbit.eccentricity < 1.0 and lowest > AIR_CEILING

    def _coasting_step(self) -> float:
        longest = AIR_STEP if self._height_now() < THIN_AIR else COAST_STEP
        for end in self.effort.ends:
            if 1e-9 < end - self.time < longest:
                longest = end - self.time
        return longest

    def _longest_step(self) -> float:
        longest = self._coasting_step()
        for number, lit in enumerate(self.ignitions):
            if lit is None:
                continue
            to_ignition = lit - self.time
            left = to_ignition + self._motor(number).burn_time
            if to_ignition > 1e-9:
                longest = min(longest, to_ignition)
            elif left > 1e-9:
                longest = min(longest, self.burn_step, left)
        return longest

    def _height_now(self) -> float:
        """Height of the state, found once for each."""
        if self._height_of is not self.state:
            self._height_of = self.state
            x, y, z = self.state[:3]
            self._height = self.planet.height((x, y, z))
        return self._height

    def _step(self, step: float) -> None:
        x, y, z, vx, vy, vz, qw, qx, qy, qz, p, q, r = self.state
        half = 0.5 * step
        time = self.time + half
        middle = (x + half * vx, y + half * vy, z + half * vz)
        bx, by, bz = self._acceleration  # of the step before: good enough for the drag's middle
        speed = (vx + half * bx, vy + half * by, vz + half * bz)
        rate = (p, q, r)
        attitude = turned((qw, qx, qy, qz), rate, half)
        mass, centre, axial, across = self._mass_properties(time)
        fx, fy, fz, mx, my, mz, damping = self._loads(time, middle, speed, attitude, rate, centre)
        # Euler's equations of a body of revolution, at the start and in the middle.
        gyro = (across - axial) / across
        ph = p + half * mx / axial
        qh = q + half * ((my - damping * q) / across + gyro * p * r)
        rh = r + half * ((mz - damping * r) / across - gyro * p * q)
        new_rate = (
            p + step * mx / axial,
            q + step * ((my - damping * qh) / across + gyro * ph * rh),
            r + step * ((mz - damping * rh) / across - gyro * ph * qh),
        )
        new_attitude = turned((qw, qx, qy, qz), (ph, qh, rh), step)
        px, py, pz = rotate(attitude, (fx, fy, fz))
        gx, gy, gz = self.planet.gravity(middle)
        ax, ay, az = gx + px / mass, gy + py / mass, gz + pz / mass
        self._acceleration = (ax, ay, az)
        felt = math.sqrt(fx * fx + fy * fy + fz * fz) / mass
        if felt > self.loads.acceleration:
            self.loads.acceleration = felt
        self.state = (
            x + step * (vx + half * ax),
            y + step * (vy + half * ay),
            z + step * (vz + half * az),
            vx + step * ax,
            vy + step * ay,
            vz + step * az,
            *new_attitude,
            *new_rate,
        )
        if time < max(self.effort.ends):
            self._use_gas(time, step)
        if self._height_now() < self.ground_height:
            self.crashed = self.frozen = True

    def _use_gas(self, time: float, step: float) -> None:
        for end, flow in zip(self.effort.ends, self.effort.flows, strict=True):
            if time < end and self.has_first_stage:
                self.first_gas = max(0.0, self.first_gas - flow * step)
            elif time < end:
                self.gas = max(0.0, self.gas - flow * step)

    def _loads(
        self,
        time: float,
        position: Vector,
        velocity: Vector,
        attitude: Quaternion,
        rate: Vector,
        centre: float,
    ) -> tuple[float, float, float, float, float, float, float]:
        """Force (N), moment (N m) and jet damping (N m s), body axes."""
        effort = self.effort
        mx = my = mz = fx = fy = fz = damping = 0.0
        if (self.first_gas if self.has_first_stage else self.gas) > 0.0:
            mx, my, mz, fx = effort.at(time)
        number = self.burning(time)
        if number is not None:
            thrust, flow, tilt, pivot = self._push(number, time)
            pitch, yaw = effort.pitch + tilt[0], effort.yaw + tilt[1]
            arm = pivot - centre
            level = thrust * math.cos(pitch)
            fx += level * math.cos(yaw)
            fy, fz = level * math.sin(yaw), -thrust * math.sin(pitch)
            my -= arm * fz
            mz += arm * fy
            damping = flow * arm * arm
        height = self.planet.height(position)
        if height < AIR_CEILING:
            air = self.atmosphere.at(height)
            through = rotate_back(attitude, air_velocity(self.planet, position, velocity, air))
            force, moment, pressure, angle = self._shape().forces(air, through, rate, centre)
            fx += self.sample.drag_factor * force[0]
            fy, fz = fy + force[1], fz + force[2]
            mx, my, mz = mx + moment[0], my + moment[1], mz + moment[2]
            self._note_air(pressure, angle)
        return fx, fy, fz, mx, my, mz, damping

    def _push(self, number: int, time: float) -> tuple[float, float, tuple[float, float], float]:
        """Of the motor that burns: thrust (N), flow (kg/s), misalignment (rad), pivot (m)."""
        motor, lit = self._motor(number), self.ignitions[number]
        assert lit is not None
        thrust = motor.thrust(time - lit)
        pivot = self.vehicle.first_pivot if number == 0 else self.vehicle.second_pivot
        return thrust, thrust / motor.exhaust_speed, self.sample.tilts[number], pivot

    def _shape(self) -> SlenderBody:
        return self.vehicle.full_shape if self.has_first_stage else self.vehicle.second_shape

    def _note_air(self, pressure: float, angle: float) -> None:
        loads = self.loads
        if pressure > loads.dynamic_pressure:
            loads.dynamic_pressure = pressure
        if pressure * angle > loads.bending:
            loads.bending = pressure * angle
        if pressure > PRESSING and angle > loads.angle_of_attack:
            loads.angle_of_attack = angle
