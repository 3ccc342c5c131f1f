"""When the commands of a preview leave, on the twin: at once, or as each of them says.

`when`: once its condition holds by what the twin's mission control has heard. `not_after`: by then
or not at all. Not as one unit: FIRE when ARM's ACCEPTED is on the ground, where it would still be
there within ARM's lifetime. The same as of what the run's mission control releases.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flight.icd.messages import Command
from flight.runtime.loop import NANOSECONDS
from ground.mission_control import (
    DictionaryRefusal,
    MissionControl,
    compiled_condition,
    origin_of,
    why_fire_is_late,
    why_past,
)
from ground.preview.flown import ENDS, PREVIEW
from ground.testbed.operating.sending import order
from ground.testbed.record.inputs import CommandInput

ACCEPTED = ("ACCEPTED", "COMPLETED")
"""Rungs that say that ARM has armed."""


@dataclass
class HeldItem:
    """One of them. `limit_ns`: until when it waits for its condition. `identifiers`: of the
    commands that it has become; `why_not`: why it has not become one, or not FIRE."""

    item: dict[str, Any]
    limit_ns: int | None = None
    holds: Callable[[], Any] | None = None
    identifiers: list[str] = field(default_factory=list)
    waits: bool = True
    fire_waits: bool = False
    why_not: str = ""


class Held:
    """Of one preview. `waits_ns`: how long a condition is waited for where `not_after` does not say
    until when; `vehicles`: of which it may be."""

    def __init__(
        self, control: MissionControl, vehicles: Sequence[str], items: Sequence[dict[str, Any]],
        begin_ns: int, waits_ns: int,
    ) -> None:  # fmt: skip
        self._control = control
        self.items: list[HeldItem] = []
        for item in items:
            each = HeldItem(item, item.get("not_after"))
            if item.get("when"):
                each.limit_ns = each.limit_ns or begin_ns + waits_ns
                each.holds = compiled_condition(
                    item["when"], control.dictionary, vehicles, control.telemetry
                )
            self.items.append(each)
        self._limits: dict[str, int] = {}  # of what is issued: mission time by which it leaves
        before, keep_back = control.uplink.why_not_leave, control.uplink.keep_back
        control.uplink.why_not_leave = lambda orders: self._why_not(orders) or before(orders)
        control.uplink.keep_back = lambda orders, why: (
            self._keep_back(orders, why) if orders[0].identifier in self._limits
            else keep_back(orders, why)
        )  # fmt: skip

    @property
    def is_waiting(self) -> bool:
        """Whether anything of them is still to be issued."""
        return any(each.waits or each.fire_waits for each in self.items)

    def look(self, now_ns: int, commands: Sequence[dict[str, Any]]) -> None:
        """Issues what may leave now; `commands` as they stand."""
        known = {each["identifier"]: each for each in commands}
        for each in self.items:
            if each.waits:
                self._look_at(each, now_ns)
            elif each.fire_waits and each.identifiers[0] in known:
                self._fire(each, known[each.identifiers[0]])

    def _look_at(self, each: HeldItem, now_ns: int) -> None:
        if each.holds is None or each.holds() is True:
            each.waits = False
            apart = each.item.get("unit") is False
            self._issue(each, "arm" if apart else "")
            each.fire_waits = apart and self._is_armed(each)
        elif each.limit_ns is not None and now_ns >= each.limit_ns:
            each.waits, each.why_not = False, f"{each.item['when']} did not hold in time"

    def _issue(self, each: HeldItem, stage: str) -> None:
        item = each.item
        given = CommandInput(
            item["vehicle"], item["command"], PREVIEW, item["arguments"],
            item.get("lifetime", 600.0),
        )  # fmt: skip
        try:
            names = order(self._control, given, stage)
        except DictionaryRefusal as error:
            each.why_not = str(error)
            return
        each.identifiers += names
        if item.get("not_after") is not None:
            self._limits |= dict.fromkeys(names, int(item["not_after"]))

    def _is_armed(self, each: HeldItem) -> bool:
        """Whether what was issued is an ARM."""
        first = each.identifiers[:1]
        return any(self._control.tracker.command(name).order.stage == "arm" for name in first)

    def _fire(self, each: HeldItem, arm: dict[str, Any]) -> None:
        there = next((rung for rung in arm["rungs"] if rung["rung"] in ACCEPTED), None)
        if there is None:
            each.fire_waits = arm["status"] not in ENDS
            each.why_not = "" if each.fire_waits else f"FIRE was not sent: ARM is {arm['status']}"
            return
        each.fire_waits, control = False, self._control
        ends = there["occurred_ns"] / NANOSECONDS + each.item.get("lifetime", 600.0)
        left = ends - control.clock.now()
        late = why_fire_is_late(control.stations.window(each.item["vehicle"]).delivery, left)
        if late:
            each.why_not = f"FIRE was not sent: {late}"
        else:
            self._issue(each, "fire")

    def _why_not(self, orders: Sequence[Command]) -> str:
        limit = self._limits.get(orders[0].identifier)
        if orders[0].origin != origin_of(PREVIEW):
            return ""
        return why_past(limit, self._control.clock.now_ns())

    def _keep_back(self, orders: Sequence[Command], why: str) -> None:
        for each in orders:
            self._control.tracker.take_back(each.identifier, why)
