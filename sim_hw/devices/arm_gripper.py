"""The simulated gripper of the transfer arm."""

import random
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.transfer_arm import ArmGripper, ArmGripperState
from sim_hw.devices.transfer_arm import SimTransferArm
from sim_hw.power_and_heat.powered import PoweredDevice, PowerSupply
from sim_hw.serving.failure_modes import unknown_mode
from sim_hw.world.world import World


class ArmGripperParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The jaws."""

    opening: Annotated[float, Quantity("m", gt=0, le=0.2)]
    tube_diameter: Annotated[float, Quantity("m", gt=0, le=0.1)]
    force: Annotated[float, Quantity("N", gt=0, le=500)]
    seconds: Annotated[float, Quantity("s", gt=0, le=100)]
    power: Annotated[float, Quantity("W", gt=0, le=100)]


class SimArmGripper(PoweredDevice, ArmGripper):
    """Two jaws that centre what they grip. `jammed` may be set to let it fail."""

    def __init__(
        self,
        service: str,
        random_stream: random.Random,
        world: World,
        electrical: PowerSupply,
        arm: SimTransferArm,
        parameters: ArmGripperParameters,
    ) -> None:
        super().__init__(service, random_stream, world, electrical)
        self._consumer = service  # switched with the vehicle it belongs to
        self.arm = arm
        self.parameters = parameters
        self.jammed = False
        self._opening = parameters.opening
        self._force = 0.0

    def fail(self, mode: str) -> None:
        """Mode: `jam` (the jaws do not move any more)."""
        if mode != "jam":
            raise unknown_mode(self, mode, "jam")
        self.jammed = True

    async def state(self) -> ArmGripperState:
        self.need_power()
        return self._state()

    async def open(self) -> ArmGripperState:
        await self._move()
        self.arm.scene.let_go(self.arm.tip())
        self._opening, self._force = self.parameters.opening, 0.0
        return self._state()

    async def close(self) -> ArmGripperState:
        await self._move()
        scene = self.arm.scene
        scene.grip(self.arm.tip())
        holds = scene.held_tube is not None or scene.held_lid
        self._opening = self.parameters.tube_diameter if holds else 0.0
        self._force = self.parameters.force
        return self._state()

    def _state(self) -> ArmGripperState:
        gauss = self.random.gauss
        return ArmGripperState(
            time_ns=self.time_ns(),
            # Dust between the jaws makes the opening a poor witness of what they hold.
            opening=max(0.0, self._opening + 0.008 * gauss(0, 1)),
            force=max(0.0, self._force + 2.0 * gauss(0, 1)),
        )

    async def _move(self) -> None:
        await self.work(self.parameters.seconds, self.parameters.power)
        if self.jammed:
            raise DeviceFault("jam", f"{self.service} does not move")
