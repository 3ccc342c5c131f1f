"""The simulated gripper of the transfer arm."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.transfer_arm import ArmGripper, ArmGripperState
from sim_hw.devices.jaws import Jaws
from sim_hw.devices.transfer_arm import SimTransferArm
from sim_hw.power_and_heat.powered import PoweredContext


class ArmGripperParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The jaws."""

    opening: Annotated[float, Quantity("m", gt=0, le=0.2)]
    tube_diameter: Annotated[float, Quantity("m", gt=0, le=0.1)]
    force: Annotated[float, Quantity("N", gt=0, le=500)]
    seconds: Annotated[float, Quantity("s", gt=0, le=100)]
    power: Annotated[float, Quantity("W", gt=0, le=100)]


class SimArmGripper(Jaws, ArmGripper):
    """Two jaws that centre what they grip."""

    def __init__(
        self, context: PoweredContext, arm: SimTransferArm, parameters: ArmGripperParameters
    ) -> None:
        super().__init__(context, parameters)
        self.arm = arm
        self.parameters = parameters

    async def state(self) -> ArmGripperState:
        self.need_power()
        return self._state()

    async def open(self) -> ArmGripperState:
        await self._move()
        self.arm.scene.let_go(self.arm.tip())
        self._opened()
        return self._state()

    async def close(self) -> ArmGripperState:
        await self._move()
        scene = self.arm.scene
        scene.grip(self.arm.tip())
        holds = scene.held_tube is not None or scene.held_lid
        self._closed_on(self.parameters.tube_diameter if holds else 0.0)
        return self._state()

    def _state(self) -> ArmGripperState:
        opening, force = self._felt()
        return ArmGripperState(time_ns=self.time_ns(), opening=opening, force=force)
