"""What the simulated devices of the orbiter have in common."""

from sim_hw.devices.orbiter_vehicle import OrbiterVehicle
from sim_hw.power_and_heat.powered import PoweredDevice, PowerSupply
from sim_hw.serving.device import DeviceContext

OrbiterContext = DeviceContext[OrbiterVehicle, PowerSupply]
"""Of a device on the orbiter."""


class OrbiterDevice(PoweredDevice):
    """A powered device on the orbiter."""

    def __init__(self, context: OrbiterContext) -> None:
        super().__init__(context.within(context.truth.world))
        self.vehicle = context.truth
