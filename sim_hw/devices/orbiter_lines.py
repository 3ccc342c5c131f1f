"""The latch valves of the orbiter's two propellant lines, simulated."""

import asyncio

from flight.icd.devices.orbiter_propulsion import LinesState, PropellantLines
from sim_hw.devices.orbiter_device import OrbiterDevice

SWITCHING = 0.1  # s that a latch valve takes (assumption)


class SimPropellantLines(OrbiterDevice, PropellantLines):
    """Opens and closes the lines of the true tanks."""

    async def state(self) -> LinesState:
        self.need_power()
        return self._state()

    async def set_valves(self, a: bool, b: bool) -> LinesState:
        self.need_power()
        await asyncio.sleep(SWITCHING)
        self.vehicle.tanks.set_valves(a, b)
        return self._state()

    def _state(self) -> LinesState:
        tanks = self.vehicle.tanks
        return LinesState(time_ns=self.time_ns(), a=tanks.a, b=tanks.b)
