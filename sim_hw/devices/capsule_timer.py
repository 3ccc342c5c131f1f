"""The simulated timer of the entry capsule: two wires to the orbiter, and a counter."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.entry_capsule import CapsuleTimer, TimerState
from sim_hw.devices.capsule_device import CapsuleContext, CapsuleDevice
from sim_hw.serving.failure_modes import Failing, failure, put


class CapsuleTimerParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock's error, one standard deviation, as a part of the time."""

    drift: Annotated[float, Quantity("1", ge=0, le=1e-2)]


class SimCapsuleTimer(CapsuleDevice, CapsuleTimer):
    """Counts from the instant at which both wires are cut.

    For faults: `wires` are what a broken wire says; `stopped`: it counts no more.
    """

    def __init__(self, context: CapsuleContext, parameters: CapsuleTimerParameters) -> None:
        super().__init__(context)
        self.wires: dict[int, bool] = {}
        self.stopped: float | None = None
        self._rate = 1.0 + parameters.drift * context.random.gauss(0.0, 1.0)
        self._entry_after = 0.0

    @failure
    def fail_wire(
        self, wire: Annotated[int, msgspec.Meta(ge=0, le=1)] = 0, cut: bool = True
    ) -> Failing:
        """Wire number `wire` says for ever that it is `cut`."""
        yield from put(self.wires, wire, cut)

    @failure
    def fail_stopped(self) -> Failing:
        """It counts no more."""
        self.stopped = self._counted()
        yield
        self.stopped = None

    async def state(self) -> TimerState:
        self.need_power()
        released = self.flight.released
        separated = [self.wires.get(wire, released) for wire in range(2)]
        return TimerState(
            time_ns=self.time_ns(),
            separated=separated,
            since_separation=self._counted() if all(separated) else 0.0,
            entry_after=self._entry_after,
        )

    async def set_entry(self, seconds: float) -> TimerState:
        self.need_power()
        if self.flight.released:
            raise DeviceFault("running", f"{self.service} runs already: it cannot be set")
        self._entry_after = seconds
        return await self.state()

    def _counted(self) -> float:
        if self.stopped is not None:
            return self.stopped
        released = self.flight.released_at
        return 0.0 if released is None else self._rate * (self.world.now() - released)
