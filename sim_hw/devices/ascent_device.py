"""What the simulated devices of the ascent have in common: the true MAV, and its power."""

from flight.icd.devices.base import DeviceFault
from flight.runtime.pace import NANOSECONDS
from sim_hw.dynamics.mav_truth import MavTruth
from sim_hw.power_and_heat.powered import PowerSupply
from sim_hw.serving.device import DeviceContext, SimulatedDevice

AscentContext = DeviceContext[MavTruth, PowerSupply]
"""Of a device on the MAV."""


class AscentDevice(SimulatedDevice):
    """A device on the MAV. It draws from the lander until the ejection, then from the battery."""

    def __init__(self, context: AscentContext) -> None:
        super().__init__(context)
        self.truth = context.truth
        self.supply = context.electrical

    def time_ns(self) -> int:
        """Mission time in nanoseconds."""
        return round(self.truth.clock() * NANOSECONDS)

    def need_power(self) -> None:
        """Raises DeviceFault `no_power` when there is none."""
        if self.supply.brownout:
            raise DeviceFault("no_power", f"{self.service} has no power")
