"""The solar array, simulated."""

import asyncio

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.power import SolarArray, SolarArrayState
from sim_hw.power_and_heat.electrical import JOULES_PER_WATT_HOUR, PowerSystemContext
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.failure_modes import Failing, Fraction, Tries, failure
from sim_hw.serving.timestamps import mission_ns

DEPLOYMENT_SECONDS = 960.0
"""InSight's arrays took 16 minutes (NASA, November 2018)."""

_POWER_NOISE = 0.01  # relative
_MOTOR_POWER = 10.0  # W, assumption


class SimSolarArray(SimulatedDevice, SolarArray):
    """Shows what the array gives; unfolds it.

    Failures: `jam` (tries that will not succeed), `panel_shut` (for good, and over an antenna).
    """

    def __init__(self, context: PowerSystemContext) -> None:
        super().__init__(context)
        self._electrical = context.electrical
        self._travelled = 0.0  # s of the deployment that are done
        self.jams = 0
        self._tried = False

    @failure
    def fail_panel_shut(self, share: Fraction = 0.25) -> Failing:
        """A `share` of the array never opens, and lies over the antenna of the UHF radio."""
        electrical = self._electrical
        electrical.advance()
        before, electrical.array_shut = electrical.array_shut, share
        yield
        electrical.advance()
        electrical.array_shut = before

    @property
    def covers_antenna(self) -> bool:
        """Whether a panel that ought to have opened lies over the antenna."""
        return self._tried and self._electrical.array_shut > 0.0

    @failure
    def fail_jam(self, tries: Tries = 1) -> Failing:
        """The next `tries` to unfold do not succeed."""
        self.jams = tries
        yield
        self.jams = 0

    async def state(self) -> SolarArrayState:
        return self._state()

    async def deploy(self) -> SolarArrayState:
        electrical = self._electrical
        if electrical.array_deployed and not electrical.array_shut:
            return self._state()
        if electrical.brownout:
            raise DeviceFault("jammed", "there is no power to unfold the array")
        if self.jams > 0:
            self.jams -= 1
            await self._move(0.3 * DEPLOYMENT_SECONDS)
            raise DeviceFault("jammed", "the array stopped before it was open")
        await self._move(DEPLOYMENT_SECONDS - self._travelled)
        electrical.advance()
        electrical.array_deployed = self._tried = True
        if electrical.array_shut:
            raise DeviceFault("jammed", "a panel stayed shut")
        return self._state()

    async def _move(self, seconds: float) -> None:
        """Runs the motors; what is done stays done when the call is cancelled."""
        began = self._electrical.world.now()
        self._electrical.set_load("array_motors", _MOTOR_POWER)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._electrical.set_load("array_motors", 0.0)
            moved = self._travelled + self._electrical.world.now() - began
            self._travelled = min(moved, DEPLOYMENT_SECONDS)

    def _state(self) -> SolarArrayState:
        electrical = self._electrical
        electrical.advance()
        noise = 1.0 + self.random.gauss(0.0, _POWER_NOISE)
        return SolarArrayState(
            time_ns=mission_ns(electrical.world.now()),
            deployed=electrical.array_deployed and not electrical.array_shut,
            power=max(0.0, electrical.array_power * noise),
            energy=electrical.account.array / JOULES_PER_WATT_HOUR,
        )
