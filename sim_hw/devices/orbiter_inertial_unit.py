"""The orbiter's gyroscopes and accelerometers, simulated."""

import random
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.orbiter_navigation import InertialReading, InertialUnit
from sim_hw.devices.orbiter_device import OrbiterDevice
from sim_hw.devices.orbiter_vehicle import OrbiterVehicle
from sim_hw.power_and_heat.powered import PowerSupply
from sim_hw.serving.failure_modes import Failing, failure


class OrbiterInertialParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Error of the accelerometers: part of each burn, and a noise for each; noise of the gyros."""

    scale_error: Annotated[float, Quantity("1", ge=0, le=0.1)]
    velocity_noise: Annotated[float, Quantity("m/s", ge=0, le=1)]
    rate_noise: Annotated[float, Quantity("rad/s", ge=0, le=0.01)]


class SimOrbiterInertialUnit(OrbiterDevice, InertialUnit):
    """Sums up what thrust gives. Failure: `invalid`."""

    def __init__(
        self,
        service: str,
        random_stream: random.Random,
        electrical: PowerSupply,
        vehicle: OrbiterVehicle,
        parameters: OrbiterInertialParameters,
    ) -> None:
        super().__init__(service, random_stream, electrical, vehicle)
        self.parameters = parameters
        self.invalid = False
        vehicle.accelerometer = (parameters.scale_error, parameters.velocity_noise)

    @failure
    def fail_invalid(self, lasting: bool = True) -> Failing:
        """The readings mean nothing; `lasting: false` ends that."""
        self.invalid = lasting
        yield
        self.invalid = False

    async def state(self) -> InertialReading:
        self.need_power()
        noise = self.parameters.rate_noise
        turning = self.world.now() < self.vehicle.turning_until
        rate = self.vehicle.parameters.slew_rate if turning else 0.0
        return InertialReading(
            valid=not self.invalid,
            time_ns=self.time_ns(),
            rate=[self.random.gauss(rate if axis == 2 else 0.0, noise) for axis in range(3)],
            delta_v=list(self.vehicle.felt.delta_v),
            saturated=self.vehicle.felt.saturated,
        )
