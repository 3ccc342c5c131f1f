"""The simulated g-switch: a mass on a spring that closes a contact when the capsule brakes."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.entry_capsule import GSwitch, GSwitchState
from sim_hw.devices.capsule_device import CapsuleContext, CapsuleDevice
from sim_hw.serving.failure_modes import Failing, failure


class GSwitchParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The load at which it closes, and the spread of that among switches (a part of it)."""

    closes_at: Annotated[float, Quantity("m/s2", gt=0, le=500)]
    spread: Annotated[float, Quantity("1", ge=0, le=0.3)]


class SimGSwitch(CapsuleDevice, GSwitch):
    """Closed while it feels more than its load.

    For faults: `inverted` (built in the wrong way round, as in Genesis: it never closes when the
    capsule brakes), `stuck` (what the contact always says).
    """

    def __init__(self, context: CapsuleContext, parameters: GSwitchParameters) -> None:
        super().__init__(context)
        self.inverted = False
        self.stuck: bool | None = None
        self._closes_at = parameters.closes_at * (
            1.0 + parameters.spread * context.random.uniform(-1.0, 1.0)
        )
        self._has_closed = False
        self.flight.watchers.append(self._feel)

    @failure
    def fail_inverted(self) -> Failing:
        """It is mounted the wrong way round."""
        self.inverted = True
        yield
        self.inverted = False

    @failure
    def fail_stuck(self, closed: bool = False) -> Failing:
        """It is always `closed`, or never."""
        before, self.stuck = self.stuck, closed
        yield
        self.stuck = before

    async def state(self) -> GSwitchState:
        self.need_power()
        self.flight.advance()
        closed = self._is_closed(self.flight.felt())
        self._has_closed = self._has_closed or closed
        return GSwitchState(time_ns=self.time_ns(), closed=closed, has_closed=self._has_closed)

    async def clear(self) -> GSwitchState:
        self.flight.advance()
        self._has_closed = False
        return await self.state()

    def _is_closed(self, acceleration: float) -> bool:
        if self.stuck is not None:
            return self.stuck
        return (-acceleration if self.inverted else acceleration) >= self._closes_at

    def _feel(self, acceleration: float) -> None:
        self._has_closed = self._has_closed or self._is_closed(acceleration)
