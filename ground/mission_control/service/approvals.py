"""An approval holds for exactly what was read: anything else makes it void.

Another mode or another start of the vehicle, an edit, the end of the pass or of the time for which
it was staged, another content of what it carries: whatever was hashed is compared anew, when news
of a vehicle come, when it is released, and when it leaves.
"""

from ground.api.entries import StackItem
from ground.mission_control.commanding.stages import carried_by
from ground.mission_control.dictionary.condition_checks import MODE
from ground.mission_control.dictionary.dictionary import DictionaryRefusal
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.service.handling import Refused
from ground.mission_control.service.stack import Stack
from ground.mission_control.service.staging import Wanted, assess, frozen_hash
from ground.mission_control.service.terms import why_past

WATCHED = ("waiting_approval", "approved", "waiting")
"""States of a hazardous item in which news of its vehicle may make it void."""


class Approvals:
    """What makes approvals void."""

    def __init__(self, control: MissionControl, vehicles: tuple[str, ...], stack: Stack) -> None:
        self._control = control
        self._vehicles = vehicles
        self._stack = stack

    def heard(self, vehicle: str) -> None:
        """Something of a vehicle has come down: what was approved may be void."""
        for item in self._stack.staged():
            if item.vehicle == vehicle and item.hazardous and item.state in WATCHED:
                why = self.why_void(item)
                if why:
                    self.void(item, why)

    def void(self, item: StackItem, why: str) -> None:
        """What was staged is void: it has to be edited, read and approved anew."""
        self._stack.change(
            item, "void", "", state="void", approved_by="", approved_session="",
            approved_at_ns=None, approved_note="", problems=[why],
        )  # fmt: skip

    def why_void(self, item: StackItem, *, leaving: bool = False, fire: bool = False) -> str:
        """Why an item is not what was staged any more; empty where it is.

        `leaving`: it is about to leave; it was in order when it was released. `fire`: what leaves
        is FIRE, after ARM's answer: in which pass is a matter of ARM's lifetime.
        """
        telemetry = self._control.telemetry
        boot, mode = telemetry.boot(item.vehicle), telemetry.value(item.vehicle, MODE)
        if boot != item.boot:
            return f"{item.vehicle} has booted since: boot {boot}, not {item.boot}"
        if mode != item.mode:
            return f"{item.vehicle} is in state {mode}, not {item.mode} as was assumed"
        over = self.why_over(item, in_pass=not fire)
        if over:
            return over
        return self._why_carried(item) if leaving else self._why_other(item)

    def _why_carried(self, item: StackItem) -> str:
        """Why what it carries is not what was read; empty where it is."""
        control = self._control
        entry = control.dictionary.vehicle(item.vehicle).command(item.command)
        now = carried_by(entry, item.vehicle, item.arguments, control.tracker)
        return "" if now == item.carried else "what it carries is not what was read"

    def why_over(self, item: StackItem, *, in_pass: bool = True) -> str:
        """Why it is too late for an item; empty where it is not."""
        now_ns = self._control.clock.now_ns()
        if late := why_past(item.not_after, now_ns):
            return late
        if in_pass and item.hazardous and item.window is not None and now_ns > item.window[1]:
            return "the pass for which it was staged is over"
        return ""

    def _why_other(self, item: StackItem) -> str:
        """Why what it is, or what it carries, is another thing now."""
        wanted = Wanted(item.vehicle, item.command, item.arguments, unit=item.unit)
        try:
            seen = assess(self._control, self._vehicles, wanted)
        except (Refused, DictionaryRefusal) as error:
            return str(error)
        if seen.hazardous != item.hazardous or seen.hazard != item.hazard:
            return f"its hazard is another now: {seen.hazard or 'none'}"
        if item.hazardous and frozen_hash(item) != item.hash:
            return "it is not what was hashed"
        return self._why_carried(item)
