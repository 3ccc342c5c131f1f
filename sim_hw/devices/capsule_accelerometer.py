"""The simulated accelerometer along the axis of the entry capsule."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.entry_capsule import AccelerationState, CapsuleAccelerometer
from sim_hw.devices.capsule_device import CapsuleContext, CapsuleDevice
from sim_hw.serving.failure_modes import Failing, failure


class CapsuleAccelerometerParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Range of the acceleration and of the held peak, noise, bias; one standard deviation."""

    span: Annotated[float, Quantity("m/s2", gt=0, le=1e5)]
    peak_span: Annotated[float, Quantity("m/s2", gt=0, le=1e6)]
    noise: Annotated[float, Quantity("m/s2", ge=0, le=10)]
    bias: Annotated[float, Quantity("m/s2", ge=0, le=10)]


class SimCapsuleAccelerometer(CapsuleDevice, CapsuleAccelerometer):
    """Noise, bias, limits, and a peak that is held until it is cleared.

    For faults: `inverted` (its sign is wrong), `invalid` (it answers without meaning).
    """

    def __init__(self, context: CapsuleContext, parameters: CapsuleAccelerometerParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.inverted = False
        self.invalid = False
        self._bias = parameters.bias * context.random.gauss(0.0, 1.0)
        self._peak = 0.0
        self.flight.watchers.append(self._feel)

    @failure
    def fail_inverted(self) -> Failing:
        """It is mounted the wrong way round."""
        self.inverted = True
        yield
        self.inverted = False

    @failure
    def fail_invalid(self) -> Failing:
        """Its readings are marked invalid."""
        self.invalid = True
        yield
        self.invalid = False

    async def state(self) -> AccelerationState:
        self.need_power()
        self.flight.advance()
        felt = self.flight.felt() + self._bias
        felt += self.parameters.noise * self.random.gauss(0.0, 1.0)
        span = self.parameters.span
        return AccelerationState(
            time_ns=self.time_ns(),
            valid=not self.invalid,
            axial=max(-span, min(span, -felt if self.inverted else felt)),
            peak=min(self._peak, self.parameters.peak_span),
            saturated=abs(felt) > span,
        )

    async def clear(self) -> AccelerationState:
        self.flight.advance()
        self._peak = 0.0
        return await self.state()

    def _feel(self, acceleration: float) -> None:
        self._peak = max(self._peak, acceleration)
