"""The simulated ejector of the MAV."""

import asyncio

from flight.icd.devices.ascent import Ejector, EjectorState
from flight.icd.devices.base import DeviceFault
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.devices.flight_battery import MavSupply
from sim_hw.serving.failure_modes import Failing, failure

STROKE = 0.4
"""Seconds from the order to the end of the tube; assumption."""


class SimEjector(AscentDevice, Ejector):
    """Throws the MAV once. Failure: `stuck` (the gas is spent, the MAV stays)."""

    supply: MavSupply

    def __init__(self, context: AscentContext) -> None:
        super().__init__(context)
        self.charged = True
        self.stuck = False

    @failure
    def fail_stuck(self) -> Failing:
        """It fires, and the MAV stays in its tube."""
        self.stuck = True
        yield
        self.stuck = False

    async def state(self) -> EjectorState:
        self.need_power()
        return self._state()

    async def eject(self) -> EjectorState:
        self.need_power()
        if not self.charged:
            raise DeviceFault("spent", f"{self.service}: the gas generator is spent")
        self.charged = False
        await asyncio.sleep(STROKE)
        if self.stuck:
            raise DeviceFault("stuck", f"{self.service}: the MAV has not left its tube")
        self.throw()
        return self._state()

    def throw(self) -> None:
        """The MAV leaves its tube now."""
        self.truth.eject()
        self.supply.cut()

    def _state(self) -> EjectorState:
        return EjectorState(
            time_ns=self.time_ns(), charged=self.charged, in_tube=self.truth.body is None
        )
