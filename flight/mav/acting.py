"""What the MAV does that cannot be undone, and how it knows that it has happened.

A device that is asked is not waited for: the control loop goes on meanwhile, so that one that does
not answer takes no steering away. Whether it has happened says not its answer but what is felt or
seen by another: weightlessness after the ejection, thrust after an ignition, an open break wire
after a separation (`witnesses`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from flight.astrodynamics.vectors import norm
from flight.core.keeping.clock import monotonic
from flight.icd.devices.ascent import EjectorState, SeparationState
from flight.icd.devices.base import DeviceError, DeviceFault
from flight.mav.ascent_computer import AscentComputer
from flight.mav.vehicle import MavVehicle
from flight.runtime.nursery import Nursery

FALLING = 1.5
"""m/s^2 felt, below which the MAV falls: in its tube it feels its weight, 3.7 m/s^2 on Mars."""
FALLING_CYCLES = 3
"""Readings in a row that must say so."""
SENSED_WITHIN = 0.5
"""s after the ejector's answer within which the fall is felt; the MAV is thrown in 0.4 s."""

EJECTION_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""s before each further try: for half a minute what the count aligned and planned still holds."""


@asynccontextmanager
async def beside_the_loop(node: MavVehicle) -> AsyncIterator["Asking"]:
    """Devices are asked beside the control loop; who has not answered by the block's end is no
    more waited for."""
    async with Nursery("asking") as nursery:
        try:
            yield Asking(node, nursery)
        finally:
            nursery.cancel()


class Asking:
    """Calls of devices beside the control loop."""

    def __init__(self, node: MavVehicle, nursery: Nursery) -> None:
        self._node = node
        self._nursery = nursery
        self.last: dict[str, Asked] = {}  # the last call of each name

    def ask(self, name: str, call: Callable[[], Awaitable[Any]]) -> "Asked":
        """Calls a device; what it answers stands in what is returned, once it has."""
        asked = self.last[name] = Asked(self._node, name)
        self._nursery.start(asked.wait(call), name=name)
        return asked


class Asked:
    """One call, and what became of it. `at`: when it was answered; None before."""

    def __init__(self, node: MavVehicle, name: str) -> None:
        self.name = name
        self.answer: Any = None
        self.error = ""
        self.code = ""  # of the device's fault
        self.at: float | None = None
        self._node = node

    async def wait(self, call: Callable[[], Awaitable[Any]]) -> None:
        """Waits for the answer."""
        try:
            self.answer = await call()
        except DeviceError as error:
            self.error = str(error)
            self.code = error.code if isinstance(error, DeviceFault) else ""
            self._node.device_trouble(reason=self.error)
        self.at = monotonic()

    @property
    def is_acknowledged(self) -> bool:
        """Whether the device says that it has done it."""
        return self.at is not None and not self.error


class Fall:
    """Whether the MAV falls freely, by the inertial unit: it has left its tube."""

    def __init__(self, computer: AscentComputer) -> None:
        self._computer = computer
        self._readings = 0

    def felt(self, is_blind: bool) -> bool:
        """To be asked after each cycle; `is_blind`: the unit says nothing valid now."""
        falls = not is_blind and norm(self._computer.navigation.acceleration) < FALLING
        self._readings = self._readings + 1 if falls else 0
        return self._readings >= FALLING_CYCLES

    async def within(self, seconds: float, cycle: Callable[[], Awaitable[bool]]) -> bool:
        """Whether it is felt in so many seconds of cycles, each of which says if it was blind."""
        begun = monotonic()
        while monotonic() - begun < seconds:
            if self.felt(await cycle()):
                return True
        return False


def in_tube(asked: Asked | None) -> bool | None:
    """What the ejector's switch says; None when it says nothing valid."""
    state: EjectorState | None = None if asked is None else asked.answer
    return state.in_tube if state is not None and state.valid else None


def is_from_before(state: Asked, ejection: Asked | None) -> bool:
    """Whether a state of the ejector tells of the time before an ejection: it says that the charge
    is still there, and the ejection's own answer that it has fired and the switch has opened. A
    charge does not come back: then the state has stuck, and says nothing of where the MAV is."""
    before: EjectorState | None = state.answer
    after: EjectorState | None = None if ejection is None else ejection.answer
    if before is None or after is None or not (before.valid and after.valid):
        return False
    return before.charged and not after.charged and not after.in_tube


def can_throw(asked: Asked) -> bool:
    """Whether the ejector says that it is charged, and its switch that the MAV lies in its tube;
    no, while it says nothing valid: what has moved once is not fired again."""
    state: EjectorState | None = asked.answer
    return state is not None and state.valid and state.charged and state.in_tube


def is_there(asked: Asked, part: str) -> bool | None:
    """What a break wire says of a part; None when it says nothing valid."""
    state: SeparationState | None = asked.answer
    return bool(getattr(state, part)) if state is not None and state.valid else None
