"""The drive of the orbiter's solar arrays, simulated: what they give depends on where they look."""

import asyncio
import math
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.array_drive import ArrayDrive, ArrayDriveState
from flight.icd.devices.base import DeviceFault
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.power_and_heat.electrical import Electrical

HELD = 3600.0
"""s for which an angle is held without being told again: assumption."""


class ArrayDriveParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How fast it turns, and where its hard stops are to either side."""

    rate: Annotated[float, Quantity("rad/s", gt=0, le=0.1)]
    stop: Annotated[float, Quantity("rad", gt=0, le=3.2)]


class SimArrayDrive(OrbiterDevice, ArrayDrive):
    """Turns the arrays; they give the cosine of the angle at which they look past the Sun."""

    def __init__(
        self, context: OrbiterContext, parameters: ArrayDriveParameters, power: Electrical
    ) -> None:
        super().__init__(context)
        self.parameters = parameters
        self._power = power
        self._angle = 0.0
        self._held_until = -math.inf

    async def state(self) -> ArrayDriveState:
        self.need_power()
        return self._state()

    async def turn(self, angle: float) -> ArrayDriveState:
        self.need_power()
        stop = self.parameters.stop
        await self._move(max(-stop, min(stop, angle)))
        now = self.world.now()
        self._held_until = now + HELD
        self._set_share(max(0.0, math.cos(self._angle)))
        asyncio.get_running_loop().call_later(HELD, self._let_go)
        if abs(angle) > stop:
            raise DeviceFault("stop", f"{self.service}: it has run against its stop")
        return self._state()

    async def follow(self) -> ArrayDriveState:
        self.need_power()
        await self._move(0.0)
        self._held_until = -math.inf
        self._set_share(1.0)
        return self._state()

    async def _move(self, angle: float) -> None:
        await asyncio.sleep(abs(angle - self._angle) / self.parameters.rate)
        self._angle = angle

    def _let_go(self) -> None:
        if self._held_until > -math.inf and self.world.now() >= self._held_until - 1e-3:
            self._held_until, self._angle = -math.inf, 0.0
            self._set_share(1.0)

    def _set_share(self, share: float) -> None:
        """What the generator gives from now on."""
        self._power.advance()
        self._power.generator_share = share

    def _state(self) -> ArrayDriveState:
        following = self._held_until == -math.inf
        return ArrayDriveState(time_ns=self.time_ns(), angle=self._angle, following=following)
