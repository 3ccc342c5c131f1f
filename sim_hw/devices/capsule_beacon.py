"""The simulated UHF beacon of the entry capsule."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.entry_capsule import CapsuleBeacon, CapsuleBeaconState
from sim_hw.devices.capsule_device import CapsuleContext, CapsuleDevice
from sim_hw.serving.failure_modes import Failing, failure_at_once


class CapsuleBeaconParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Power drawn and sent."""

    drawn: Annotated[float, Quantity("W", gt=0, le=100)]
    sent: Annotated[float, Quantity("W", gt=0, le=50)]


class SimCapsuleBeacon(CapsuleDevice, CapsuleBeacon):
    """Sends while it is on and has power. For faults: `dead`."""

    def __init__(self, context: CapsuleContext, parameters: CapsuleBeaconParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.dead = False
        self._on = False

    @failure_at_once
    def fail_dead(self) -> Failing:
        """It does not react, and is not heard."""
        self.dead = True
        yield
        self.dead = False

    @property
    def sending(self) -> bool:
        """Whether it can be heard."""
        return self._on and not self.dead and not self.electrical.brownout

    async def state(self) -> CapsuleBeaconState:
        self.need_power()
        sending = self.sending
        return CapsuleBeaconState(
            time_ns=self.time_ns(), on=sending, power=self.parameters.sent if sending else 0.0
        )

    async def set_power(self, on: bool) -> CapsuleBeaconState:
        self.need_power()
        if self.dead:
            raise DeviceFault("dead", f"{self.service} does not react")
        self._on = on
        self.electrical.set_load(self._consumer, self.parameters.drawn if on else 0.0)
        return await self.state()
