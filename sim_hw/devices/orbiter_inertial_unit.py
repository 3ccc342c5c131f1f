"""The orbiter's gyroscopes and accelerometers, simulated."""

from typing import Annotated

import msgspec

from flight.astrodynamics.vectors import Vector, subtract
from flight.configuration.files import Quantity
from flight.icd.devices.orbiter_navigation import InertialReading, InertialUnit
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, failure


class OrbiterInertialParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Error of the accelerometers: part of each burn, and a noise for each; noise of the gyros."""

    scale_error: Annotated[float, Quantity("1", ge=0, le=0.1)]
    velocity_noise: Annotated[float, Quantity("m/s", ge=0, le=1)]
    rate_noise: Annotated[float, Quantity("rad/s", ge=0, le=0.01)]


class SimOrbiterInertialUnit(OrbiterDevice, InertialUnit):
    """Sums up what thrust gives; a `spare` is off until it is asked first, and counts from then on.
    Failure: `invalid`."""

    def __init__(
        self, context: OrbiterContext, parameters: OrbiterInertialParameters, *, spare: bool = False
    ) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.invalid = False
        # What was given before it was switched on, m/s.
        self._before: Vector | None = None if spare else (0.0, 0.0, 0.0)
        context.truth.accelerometer = (parameters.scale_error, parameters.velocity_noise)

    @failure
    def fail_invalid(self, lasting: bool = True) -> Failing:
        """The readings mean nothing; `lasting: false` ends that."""
        self.invalid = lasting
        yield
        self.invalid = False

    async def state(self) -> InertialReading:
        self.need_power()
        felt = self.vehicle.felt_now()
        if self._before is None:
            self._before = felt
        noise = self.parameters.rate_noise
        turning = self.world.now() < self.vehicle.turning_until
        rate = self.vehicle.parameters.slew_rate if turning else 0.0
        return InertialReading(
            valid=not self.invalid,
            time_ns=self.time_ns(),
            rate=[self.random.gauss(rate if axis == 2 else 0.0, noise) for axis in range(3)],
            delta_v=list(subtract(felt, self._before)),
            saturated=self.vehicle.felt.saturated,
        )
