"""What the simulated devices of the entry capsule have in common."""

from sim_hw.dynamics.capsule_flight import CapsuleFlight
from sim_hw.power_and_heat.powered import PoweredDevice, PowerSupply
from sim_hw.serving.device import DeviceContext

CapsuleContext = DeviceContext[CapsuleFlight, PowerSupply]
"""Of a device in the capsule."""


class CapsuleDevice(PoweredDevice):
    """A powered device in the capsule."""

    def __init__(self, context: CapsuleContext) -> None:
        super().__init__(context.within(context.truth.world))
        self.flight = context.truth
