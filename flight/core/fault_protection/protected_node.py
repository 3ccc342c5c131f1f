"""The part of a node that protects it: what it tells of its readings."""

from typing import ClassVar

from flight.core.commanding.standard_commands import StandardCommands
from flight.core.context import NodeContext
from flight.core.fault_protection.readings import Readings
from flight.core.fault_protection.safeguards import Safeguard
from flight.core.telling.events import event
from flight.icd.messages import Severity


class ProtectedNode(StandardCommands):
    """What `Node` adds its work to. `safeguards`: what the code of the vehicle does by itself."""

    safeguards: ClassVar[tuple[Safeguard, ...]] = ()

    @event(Severity.WARNING_LO, "{device}.{method} is not valid: {reason}")
    def reading_invalid(self, *, device: str, method: str, reason: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "{device}.{method} is valid again, after {count} that were not")
    def reading_valid(self, *, device: str, method: str, count: int) -> None: ...

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        self.readings = Readings(
            self._reading_refused, self._reading_passed, open=context.structure.gate_is_open
        )

    def _reading_refused(self, device: str, method: str, reason: str) -> None:
        self.reading_invalid(device=device, method=method, reason=reason)

    def _reading_passed(self, device: str, method: str, count: int) -> None:
        self.reading_valid(device=device, method=method, count=count)
