"""What a vehicle is to make active is named once more by the ground, and compared on board.

The ground knows what it has loaded; whatever became of that on its way, the activation names it
(`expected`), and a vehicle that holds anything else refuses. Then the ground loads it again, a few
times at the most.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from flight.icd.messages import Command
from flight.icd.refusals import READ_BACK_REFUSAL
from ground.mission_control.commanding.tracker import (
    ORIGIN,
    CommandTracker,
    TrackedCommand,
    Verdict,
)

LOAD, ACTIVATE = "load_parameters", "activate_parameters"
TRIES = 2
"""Times that the same values are loaded again by themselves."""
ARMED_FOR = 300.0
"""s that an activation is armed which is sent again."""


@dataclass
class ReadBack:
    """`deadline`: that of a command of a vehicle on board, s."""

    tracker: CommandTracker
    deadline: Callable[[str, str], float]
    _again: dict[str, int] = field(default_factory=dict)

    def completed(self, order: Command) -> Command:
        """An order as it is to leave: an activation names what was loaded before it."""
        if order.name != ACTIVATE or "expected" in order.arguments:
            return order
        values = loaded(self.tracker, order.target)
        if not values:
            return order
        return msgspec.structs.replace(order, arguments={**order.arguments, "expected": values})

    def heard(self, command: TrackedCommand) -> None:
        """A command has ended: where something else than was loaded would have become active, it is
        loaded again; an activation that no procedure repeats is sent with it."""
        order = command.order
        if order.name != ACTIVATE:
            return
        if command.verdict is Verdict.COMPLETED:
            self._again.pop(order.target, None)
            return
        values = order.arguments.get("expected")
        tried = self._again.get(order.target, 0)
        if READ_BACK_REFUSAL not in command.detail or not values or tried >= TRIES:
            return
        self._again[order.target] = tried + 1
        wanted = [(LOAD, {"values": values}, "run")]
        if order.origin != ORIGIN:
            stages = ["run"] if order.stage == "run" else ["arm", "fire"]
            wanted += [(ACTIVATE, {"expected": values}, stage) for stage in stages]
        names = self.tracker.next_identifiers(len(wanted))
        orders = [
            Command(
                identifier, order.target, name, arguments, order.origin, stage,
                ARMED_FOR if stage == "arm" else 0.0,
            )
            for identifier, (name, arguments, stage) in zip(names, wanted, strict=True)
        ]  # fmt: skip
        deadline = self.deadline(order.target, LOAD)
        self.tracker.issue(f"read back {names[0]}", orders, deadline)


def loaded(tracker: CommandTracker, vehicle: str) -> dict[str, Any]:
    """What the ground has loaded into a vehicle since the last activation, as it was given."""
    values: dict[str, Any] = {}
    for each in tracker.commands():
        order = each.order
        if order.target != vehicle:
            continue
        armed = order.stage == "arm"
        if order.name == ACTIVATE and not armed and each.verdict is Verdict.COMPLETED:
            values = {}
        elif order.name == LOAD and each.verdict in (None, Verdict.COMPLETED):
            values |= order.arguments.get("values", {})
    return values
