"""The simulated nozzle drive and cold-gas thrusters of the MAV."""

import math
from typing import Annotated

import msgspec

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.configuration.files import Quantity
from flight.icd.devices.ascent import AttitudeEffectors, EffectorState
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.serving.driven import DrivenAxis
from sim_hw.serving.failure_modes import Failing, failure_at_once


class EffectorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nozzle drive: rate, lag. Cold gas: moments of a pair about each axis, thrust of the four
    that push forward, least pulse, specific impulse, levers of the pairs (for their use of gas).

    The first stage has thrusters of its own at its base, with a tank of their own.
    """

    nozzle_rate: Annotated[float, Quantity("deg/s", gt=0, le=500)]
    nozzle_lag: Annotated[float, Quantity("s", gt=0, le=1)]
    roll_moment: Annotated[float, Quantity("N.m", gt=0, le=100)]
    turning_moment: Annotated[float, Quantity("N.m", gt=0, le=200)]
    first_turning_moment: Annotated[float, Quantity("N.m", gt=0, le=500)]
    first_lever: Annotated[float, Quantity("m", gt=0, le=3)]
    lever: Annotated[float, Quantity("m", gt=0, le=2)]
    forward_thrust: Annotated[float, Quantity("N", gt=0, le=200)]
    least_pulse: Annotated[float, Quantity("s", ge=0, le=0.5)]
    gas_specific_impulse: Annotated[float, Quantity("s", gt=0, le=300)]


class SimAttitudeEffectors(AscentDevice, AttitudeEffectors):
    """Failures: `nozzle_stuck` (stays where it is), `no_gas` (none leaves its tank)."""

    def __init__(self, context: AscentContext, parameters: EffectorParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.pitch = self.yaw = 0.0
        self.is_stuck = self.is_shut = False
        self._wanted = (0.0, 0.0)
        self._since = context.truth.clock()
        thrust_of_roll = parameters.roll_moment / (0.5 * context.truth.vehicle.parameters.diameter)
        exhaust = STANDARD_GRAVITY * parameters.gas_specific_impulse

        def flows(turning: float) -> tuple[float, float, float, float]:
            return (
                thrust_of_roll / exhaust, turning / exhaust, turning / exhaust,
                parameters.forward_thrust / exhaust,
            )  # fmt: skip

        motors = context.truth.vehicle.parameters
        gimbals = (motors.first_motor, motors.second_motor)
        self._limits = tuple(math.radians(motor.largest_gimbal) for motor in gimbals)
        self._first_flows = flows(parameters.first_turning_moment / parameters.first_lever)
        self._flows = flows(parameters.turning_moment / parameters.lever)

    @failure_at_once
    def fail_nozzle_stuck(self) -> Failing:
        """The nozzle stays where it is."""
        self.is_stuck = True
        yield
        self.is_stuck = False

    @failure_at_once
    def fail_no_gas(self) -> Failing:
        """The cold gas cannot leave its tank, which reads empty; healed, what was in it is there
        again."""
        self.is_shut = True
        body = self.truth.body
        if body is not None and not body.has_first_stage:
            now = self.truth.clock()
            body.advance(now)
            body.effort.ends = (now, now, now, now)
        yield
        self.is_shut = False

    async def steer(
        self, pitch: float, yaw: float, pulses: tuple[float, float, float], forward: float
    ) -> EffectorState:
        self.need_power()
        self.apply(pitch, yaw, pulses, forward)
        return EffectorState(time_ns=self.time_ns(), pitch=self.pitch, yaw=self.yaw, gas=self.gas)

    @property
    def gas(self) -> float:
        """Cold gas left by what its pressure shows, kg."""
        if self.is_shut:
            return 0.0
        body = self.truth.body
        return self.truth.vehicle.parameters.gas_mass if body is None else body.gas

    def apply(
        self, pitch: float, yaw: float, pulses: tuple[float, float, float], forward: float
    ) -> None:
        """Takes what is told now; what was told before has acted until now."""
        now = self.truth.clock()
        if self.truth.body is not None:
            self.truth.body.advance(now)
        self._swing(now - self._since)
        self._since = now
        limit = self._limit()
        self._wanted = (_within(limit, pitch), _within(limit, yaw))
        self._push(now, pulses, forward)

    def stand(
        self, pitch: float, yaw: float, pulses: tuple[float, float, float], forward: float
    ) -> None:
        """The nozzle is where another says that it is (rad), no further than its stop."""
        now, limit = self.truth.clock(), self._limit()
        if self.truth.body is not None:
            self.truth.body.advance(now)
        if not self.is_stuck:
            self.pitch, self.yaw = _within(limit, pitch), _within(limit, yaw)
        self._since, self._wanted = now, (self.pitch, self.yaw)
        self._push(now, pulses, forward)

    @property
    def stop(self) -> float:
        """How far the nozzle swings to each side, rad."""
        return self._limit()

    def _push(self, now: float, pulses: tuple[float, float, float], forward: float) -> None:
        """Nozzle and thrusters act on the body from now on."""
        body = self.truth.body
        if body is None:
            return
        effort, p = body.effort, self.parameters
        effort.pitch, effort.yaw = self.pitch, self.yaw
        x, y, z = pulses
        whole = body.has_first_stage
        turning = p.first_turning_moment if whole else p.turning_moment
        effort.pushes = (
            math.copysign(p.roll_moment, x), math.copysign(turning, y),
            math.copysign(turning, z), 0.0 if whole else p.forward_thrust,
        )  # fmt: skip
        if self.is_shut and not whole:
            effort.ends = (now, now, now, now)
            return
        least = p.least_pulse - 1e-9
        effort.ends = (
            now + abs(x) if abs(x) >= least else now,
            now + abs(y) if abs(y) >= least else now,
            now + abs(z) if abs(z) >= least else now,
            now + forward if forward >= least else now,
        )
        effort.flows = self._first_flows if whole else self._flows

    def driven(self) -> list[DrivenAxis]:
        """The nozzle, as of when it was swung last."""
        limit = self._limit()
        angles = (("pitch", self.pitch), ("yaw", self.yaw))
        return [DrivenAxis(name, angle, -limit, limit) for name, angle in angles]

    def _limit(self) -> float:
        body = self.truth.body
        return self._limits[0 if body is None or body.has_first_stage else 1]

    def _swing(self, seconds: float) -> None:
        """The nozzle follows its order with a lag of the first order, at a limited rate."""
        if self.is_stuck or seconds <= 0.0:
            return
        part = 1.0 - math.exp(-seconds / self.parameters.nozzle_lag)
        most = math.radians(self.parameters.nozzle_rate) * seconds
        self.pitch += _within(most, part * (self._wanted[0] - self.pitch))
        self.yaw += _within(most, part * (self._wanted[1] - self.yaw))


def _within(most: float, value: float) -> float:
    return value if -most <= value <= most else math.copysign(most, value)
