"""The simulated inertial unit of the ascent: increments of angle and velocity since the last look.

Each increment is that of the true motion, found from the change of attitude and of velocity, then
spoilt by bias, scale factor, misalignment of the axes, random walk and range.
"""

import math
from typing import Annotated

import msgspec

from flight.astrodynamics.attitude_kinematics import turned
from flight.astrodynamics.quaternions import product, rotate_back
from flight.astrodynamics.vectors import Vector
from flight.configuration.files import Quantity
from flight.icd.devices.ascent import Increments, InertialIncrements
from flight.runtime.pace import NANOSECONDS
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.serving.failure_modes import Failing, failure


class InertialParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Errors and ranges of the sensors, standard deviations."""

    gyro_bias: Annotated[float, Quantity("deg/h", ge=0, le=100)]
    gyro_walk: Annotated[float, Quantity("deg/h^0.5", ge=0, le=10)]
    gyro_scale: Annotated[float, Quantity("1", ge=0, le=0.1)]
    gyro_range: Annotated[float, Quantity("deg/s", gt=0, le=5000)]
    accelerometer_bias: Annotated[float, Quantity("m/s^2", ge=0, le=0.5)]
    accelerometer_walk: Annotated[float, Quantity("m/s/h^0.5", ge=0, le=10)]
    accelerometer_scale: Annotated[float, Quantity("1", ge=0, le=0.1)]
    accelerometer_range: Annotated[float, Quantity("m/s^2", gt=0, le=2000)]
    axis_error: Annotated[float, Quantity("deg", ge=0, le=1)]


class SimInertialIncrements(AscentDevice, InertialIncrements):
    """Failures: `saturate` (a shock: the next increments are marked saturated), `dead` (no valid
    readings any more)."""

    def __init__(self, context: AscentContext, parameters: InertialParameters) -> None:
        super().__init__(context)
        self.parameters = p = parameters
        gauss = context.random.gauss

        def three(sigma: float) -> Vector:
            return (sigma * gauss(0, 1), sigma * gauss(0, 1), sigma * gauss(0, 1))

        def scales(sigma: float) -> Vector:
            x, y, z = three(sigma)
            return (1.0 + x, 1.0 + y, 1.0 + z)

        gyro_bias = three(math.radians(p.gyro_bias) / 3600.0)
        gyro_scale = scales(p.gyro_scale)
        push_bias = three(p.accelerometer_bias)
        push_scale = scales(p.accelerometer_scale)
        self._errors = tuple(zip(gyro_scale, gyro_bias, push_scale, push_bias, strict=True))
        self._axes = three(math.radians(p.axis_error))
        self._gyro_walk = math.radians(p.gyro_walk) / 60.0
        self._accelerometer_walk = p.accelerometer_walk / 60.0
        self._gyro_range = math.radians(p.gyro_range)
        self._last: tuple[float, bool, Vector, tuple[float, float, float, float]] | None = None
        self._shock = False
        self._dead = False

    @failure
    def fail_saturate(self) -> Failing:
        """A shock: the next increments are marked saturated."""
        self._shock = True
        yield
        self._shock = False

    @failure
    def fail_dead(self) -> Failing:
        """No valid readings any more."""
        self._dead = True
        yield
        self._dead = False

    async def increments(self) -> Increments:
        self.need_power()
        return self.sense()

    def sense(self) -> Increments:
        """Increments since it was called last."""
        now = self.truth.clock()
        _, velocity, attitude, _ = self.truth.now()
        flying = self.truth.body is not None
        before, self._last = self._last, (now, flying, velocity, attitude)
        zero = (0.0, 0.0, 0.0)
        if before is None or self._dead or now <= before[0]:
            return Increments(
                time_ns=self.time_ns(), valid=not self._dead, interval=0.0, delta_angle=zero,
                delta_velocity=zero, saturated=False,
            )  # fmt: skip
        interval = now - before[0]
        if not flying:
            angle, speed = self._at_rest(before[0], interval)
        else:
            angle, speed = self._in_flight(before, interval, velocity, attitude)
        return self._spoil(now, interval, angle, speed)

    def _at_rest(self, since: float, interval: float) -> tuple[Vector, Vector]:
        middle = since + 0.5 * interval
        _, _, _, rate = self.truth.at_rest(middle)
        force = self.truth.resting_force(middle)
        return (
            (rate[0] * interval, rate[1] * interval, rate[2] * interval),
            (force[0] * interval, force[1] * interval, force[2] * interval),
        )

    def _in_flight(
        self,
        before: tuple[float, bool, Vector, tuple[float, float, float, float]],
        interval: float,
        velocity: Vector,
        attitude: tuple[float, float, float, float],
    ) -> tuple[Vector, Vector]:
        _, _, old_velocity, old_attitude = before
        body = self.truth.body
        assert body is not None
        x, y, z = body.state[:3]
        half = 0.5 * interval
        gx, gy, gz = self.truth.planet.gravity(
            (x - half * velocity[0], y - half * velocity[1], z - half * velocity[2])
        )
        change = (
            velocity[0] - old_velocity[0] - gx * interval,
            velocity[1] - old_velocity[1] - gy * interval,
            velocity[2] - old_velocity[2] - gz * interval,
        )
        ow, ox, oy, oz = old_attitude
        w, a, b, c = product((ow, -ox, -oy, -oz), attitude)
        if w < 0.0:
            w, a, b, c = -w, -a, -b, -c
        sine = math.sqrt(a * a + b * b + c * c)
        factor = 2.0 * math.atan2(sine, w) / sine if sine > 1e-12 else 2.0
        angle = (a * factor, b * factor, c * factor)
        middle = turned(old_attitude, angle, 0.5)
        return angle, rotate_back(middle, change)

    def _spoil(self, now: float, interval: float, angle: Vector, speed: Vector) -> Increments:
        gauss, root = self.random.gauss, math.sqrt(interval)
        gyro_walk, push_walk = self._gyro_walk * root, self._accelerometer_walk * root
        gyro_most = self._gyro_range * interval
        most = self.parameters.accelerometer_range * interval
        saturated, self._shock = self._shock, False
        angles, speeds = [], []
        ax, ay, az = self._axes
        seen = (
            speed[0] + ay * speed[2] - az * speed[1],
            speed[1] + az * speed[0] - ax * speed[2],
            speed[2] + ax * speed[1] - ay * speed[0],
        )
        for turn, push, errors in zip(angle, seen, self._errors, strict=True):
            turn_scale, turn_bias, push_scale, push_bias = errors
            turn = turn * turn_scale + turn_bias * interval + gyro_walk * gauss()
            push = push * push_scale + push_bias * interval + push_walk * gauss()
            if saturated or abs(turn) > gyro_most or abs(push) > most:
                saturated = True
                turn = max(-gyro_most, min(gyro_most, turn))
                push = max(-most, min(most, push))
            angles.append(turn)
            speeds.append(push)
        return Increments(
            time_ns=round(now * NANOSECONDS),
            interval=interval,
            delta_angle=(angles[0], angles[1], angles[2]),
            delta_velocity=(speeds[0], speeds[1], speeds[2]),
            saturated=saturated,
        )
