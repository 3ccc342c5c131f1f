"""The simulated impact sensor: wires through what is crushed when the capsule hits the ground."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.entry_capsule import ImpactSensor, ImpactState
from sim_hw.devices.capsule_device import CapsuleContext, CapsuleDevice
from sim_hw.serving.failure_modes import Failing, failure_at_once


class ImpactSensorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The deceleration that tears the wires; the load at which vibration may latch a false one,
    and how likely it does."""

    tears_at: Annotated[float, Quantity("m/s2", gt=0, le=1e5)]
    false_load: Annotated[float, Quantity("m/s2", gt=0, le=1e5)]
    false_probability: Annotated[float, Quantity("1", ge=0, le=1)]


class SimImpactSensor(CapsuleDevice, ImpactSensor):
    """Torn by the landing. The loads of the entry may break contact for an instant: the latch then
    remembers what was no landing, until it is cleared.

    For faults: `never_tears`.
    """

    def __init__(self, context: CapsuleContext, parameters: ImpactSensorParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.never_tears = False
        self._torn = False
        self._latched = False
        self._breaks = context.random.random() < parameters.false_probability
        self.flight.watchers.append(self._feel)

    @failure_at_once
    def fail_never_tears(self) -> Failing:
        """The landing does not tear its wires."""
        self.never_tears = True
        yield
        self.never_tears = False

    @failure_at_once
    def fail_false_latch(self) -> Failing:
        """The next high load latches."""
        before, self._breaks = self._breaks, True
        yield
        self._breaks = before

    async def state(self) -> ImpactState:
        self.need_power()
        self.flight.advance()
        return ImpactState(time_ns=self.time_ns(), torn=self._torn, latched=self._latched)

    async def clear(self) -> ImpactState:
        self.flight.advance()
        self._latched = self._torn
        return await self.state()

    def _feel(self, acceleration: float) -> None:
        if acceleration >= self.parameters.tears_at and not self.never_tears:
            self._torn = self._latched = True
        elif acceleration >= self.parameters.false_load and self._breaks:
            self._latched = True
