"""A simulated Sun sensor."""

from math import degrees, pi, radians
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.attitude import SunDirection, SunSensor
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure
from sim_hw.world.world import Body


class SunSensorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the Sun can be found, and how well."""

    lowest_elevation: Annotated[float, Quantity("deg", ge=0, le=45)]
    highest_optical_depth: Annotated[float, Quantity("1", gt=0, le=10)]
    noise: Annotated[float, Quantity("deg", ge=0, le=5)]
    bias: Annotated[float, Quantity("deg", ge=0, le=5)]


class SimSunSensor(PoweredDevice, SunSensor):
    """Finds the Sun's disc unless it is low or drowned in dust."""

    def __init__(
        self, context: PoweredContext, body: Body, parameters: SunSensorParameters
    ) -> None:
        super().__init__(context)
        self.body = body
        self.parameters = parameters
        self.blind = False
        self._bias = radians(parameters.bias) * context.random.gauss(0.0, 1.0)

    @failure
    def fail_blind(self) -> Failing:
        """It finds no Sun any more."""
        self.blind = True
        yield
        self.blind = False

    async def direction(self) -> SunDirection:
        self.need_power()
        sky = self.world.sun()
        noise = radians(self.parameters.noise)
        azimuth = sky.sun_azimuth - self.body.heading + self._bias
        return SunDirection(
            valid=not self.blind
            and degrees(sky.sun_elevation) > self.parameters.lowest_elevation
            and sky.optical_depth < self.parameters.highest_optical_depth,
            time_ns=self.time_ns(),
            azimuth=(azimuth + noise * self.random.gauss(0.0, 1.0)) % (2.0 * pi),
            elevation=sky.sun_elevation + noise * self.random.gauss(0.0, 1.0),
        )
