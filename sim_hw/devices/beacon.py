"""The simulated UHF beacon of the MAV."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.ascent import Beacon, BeaconState
from flight.icd.devices.base import DeviceFault
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.serving.failure_modes import Failing, failure_at_once


class BeaconParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Energy of its cell, and its mean power: it sends a short burst now and then."""

    energy: Annotated[float, Quantity("W.h", gt=0, le=5000)]
    mean_power: Annotated[float, Quantity("W", gt=0, le=10)]


class SimBeacon(AscentDevice, Beacon):
    """Failure: `mute`. `sending` is the truth for those who listen."""

    def __init__(self, context: AscentContext, parameters: BeaconParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.mute = False
        self._on = False
        self._energy = parameters.energy
        self._since = context.truth.clock()

    @failure_at_once
    def fail_mute(self) -> Failing:
        """Nobody can hear it."""
        self.mute = True
        yield
        self.mute = False

    @property
    def sending(self) -> bool:
        """Whether anybody could hear it now."""
        self._drain()
        return self._on and not self.mute

    async def state(self) -> BeaconState:
        self._drain()
        return BeaconState(time_ns=self.time_ns(), sending=self._on, energy=self._energy)

    async def set_sending(self, on: bool) -> BeaconState:
        self._drain()
        if on and self._energy <= 0.0:
            raise DeviceFault("empty", f"{self.service}: its cell is empty")
        self._on = on
        return await self.state()

    def _drain(self) -> None:
        now = self.truth.clock()
        if self._on:
            used = self.parameters.mean_power * (now - self._since) / 3600.0
            self._energy = max(0.0, self._energy - used)
            self._on = self._energy > 0.0
        self._since = now
