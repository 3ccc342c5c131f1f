"""A simulated inertial measurement unit."""

from math import pi, radians
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.attitude import InertialMeasurementUnit, InertialState
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure
from sim_hw.world.world import Body

Radians = Annotated[float, msgspec.Meta(ge=-7.0, le=7.0)]


class InertialMeasurementUnitParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Errors of the sensors."""

    gyro_bias: Annotated[float, Quantity("deg/h", ge=0, le=100)]
    yaw_noise: Annotated[float, Quantity("deg", ge=0, le=5)]
    tilt_noise: Annotated[float, Quantity("deg", ge=0, le=5)]
    tilt_bias: Annotated[float, Quantity("deg", ge=0, le=5)]


class SimInertialMeasurementUnit(PoweredDevice, InertialMeasurementUnit):
    """Gyros that drift, accelerometers that are nearly right. `saturate()` hits the limit once."""

    def __init__(
        self, context: PoweredContext, body: Body, parameters: InertialMeasurementUnitParameters
    ) -> None:
        super().__init__(context)
        self.body = body
        self.parameters = parameters
        gauss = context.random.gauss
        self._bias = radians(parameters.gyro_bias) / 3600.0 * gauss(0.0, 1.0)
        self._tilt_bias = (
            radians(parameters.tilt_bias) * gauss(0.0, 1.0),
            radians(parameters.tilt_bias) * gauss(0.0, 1.0),
        )
        self._last_heading = body.heading
        self._last_time = 0.0
        self._yaw = 0.0
        self._saturated = False

    def saturate(self, error: float) -> None:
        """A shock beyond the range of the sensors: yaw is wrong by `error` radians from now on."""
        self._saturated = True
        self._yaw += error

    @failure
    def fail_saturate(self, error: Radians = 0.5) -> Failing:
        """A shock beyond the range of the sensors: yaw is wrong by `error` radians."""
        self.saturate(error)
        yield
        self._saturated = False
        self._yaw -= error

    async def state(self) -> InertialState:
        self.need_power()
        now = self.world.now()
        change = (self.body.heading - self._last_heading + pi) % (2.0 * pi) - pi
        self._yaw += change + self._bias * (now - self._last_time)
        self._last_heading, self._last_time = self.body.heading, now
        saturated, self._saturated = self._saturated, False
        ground = self.world.terrain.ground(self.body.east, self.body.north)
        noise = radians(self.parameters.tilt_noise)
        gauss = self.random.gauss
        return InertialState(
            time_ns=self.time_ns(),
            # The right side goes down where the ground falls to the right.
            roll=-ground.slope_along(self.body.heading + 0.5 * pi)
            + self._tilt_bias[0]
            + noise * gauss(0.0, 1.0),
            pitch=ground.slope_along(self.body.heading)
            + self._tilt_bias[1]
            + noise * gauss(0.0, 1.0),
            yaw=self._yaw + radians(self.parameters.yaw_noise) * gauss(0.0, 1.0),
            saturated=saturated,
        )
