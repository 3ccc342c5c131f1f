"""The control loop of the flight: a reading, a step of the computer, an order, each cycle."""

import asyncio
from collections.abc import Callable

from flight.core.keeping.clock import monotonic
from flight.icd.devices.ascent import EffectorState, Increments
from flight.icd.devices.base import DeviceError
from flight.mav.acting import Asked
from flight.mav.ascent_computer import AscentComputer
from flight.mav.ascent_memory import remember
from flight.mav.attitude_control import Order
from flight.mav.felt import Felt
from flight.mav.vehicle import MavVehicle

FIRING = 0.5
"""s that a device may take for an actuation in the loop."""
REMEMBER_COASTING = 5.0  # s
REMEMBER_BURNING = 0.1
TELL = 2.0  # s between telemetry in flight

Step = Callable[[Increments], Order | None]


class Loop:
    """The control loop of one phase: cycles, telemetry, record, memory."""

    def __init__(self, node: MavVehicle, phase: str) -> None:
        self.node = node
        self.phase = phase
        self.computer: AscentComputer = node.computer  # type: ignore[assignment]
        self.effectors: EffectorState | None = node.last_effectors
        self._next = asyncio.get_running_loop().time()
        self._told = self._kept = -1e9
        self._felt = Felt(node, self.computer.navigation)
        remember(node, phase)

    @property
    def is_blind(self) -> bool:
        """Whether nothing valid is felt now."""
        return self._felt.is_blind

    def hold(self, seen: Increments) -> Order | None:
        """A step that holds the attitude of the whole vehicle."""
        return self.computer.coast(seen, whole=True)

    async def cycle(self, step: Step, seconds: float) -> bool:
        """One cycle that ends `seconds` after the last; False when the step has nothing to do."""
        clock = asyncio.get_running_loop()
        self._next = max(self._next + seconds, clock.time())
        node = self.node
        node.vigil.alive(self._next - clock.time())
        await asyncio.sleep(self._next - clock.time())
        node.vigil.alive()
        order = step(await self._felt.read(seconds))
        if order is None:
            return False
        try:
            told = await node.effectors.steer(order.pitch, order.yaw, order.pulses, order.forward)
        except DeviceError as error:
            # The next cycle may be luckier; nothing else can fly this vehicle.
            node.device_trouble(reason=str(error))
            return True
        if told.valid:
            self.effectors = node.last_effectors = told
        node.vigil.alive(FIRING)
        await node.ascent_log.note(self.computer, self.phase, self.effectors)
        self._tell(clock.time())
        return True

    def _tell(self, now: float) -> None:
        if now - self._told >= TELL:
            self.node.show_flight()
            self.node.publish_telemetry()
            self._told = now
        period = REMEMBER_COASTING if self.phase == "coasting" else REMEMBER_BURNING
        if now - self._kept >= period:
            remember(self.node, self.phase)
            self._kept = now


async def until_answered(loop: Loop, asked: Asked, patience: float, step: Step) -> None:
    """Flies on until a call is answered, or for so many seconds."""
    begun = monotonic()
    while asked.at is None and monotonic() - begun < patience:
        await loop.cycle(step, loop.node.burn_cycle)


async def fly_for(loop: Loop, seconds: float, step: Step) -> None:
    end = monotonic() + seconds
    while monotonic() < end:
        await loop.cycle(step, loop.node.burn_cycle)
