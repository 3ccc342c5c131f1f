"""What is released leaves: at once, or when what it waits for has come; or it does not leave.

Nothing leaves that is not what was approved: the queue of what is to be sent asks again when it is
a command's turn, which may be hours after its release.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.compiled_expressions import Answer
from flight.icd.messages import Command, CommandReport, Rung
from flight.runtime.loop import NANOSECONDS
from ground.api.entries import StackItem
from ground.mission_control.commanding.origins import origin_of
from ground.mission_control.commanding.stages import stages_of
from ground.mission_control.commanding.tracker import Taken
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.service.approvals import WATCHED, Approvals
from ground.mission_control.service.handling import Refused
from ground.mission_control.service.ladder import Ladder
from ground.mission_control.service.stack import Stack
from ground.mission_control.service.terms import why_fire_is_late
from ground.mission_control.service.waiting import compiled

PERHAPS = "may_have_left"
"""Under which the archive keeps the commands that the stations may have taken."""


class Releases:
    """The commands of the stack on their way to the uplink. `waits_sols`: for which one waits for
    its condition where nobody says until when."""

    def __init__(
        self, control: MissionControl, vehicles: tuple[str, ...], stack: Stack, ladder: Ladder,
        approvals: Approvals, waits_sols: float,
    ) -> None:  # fmt: skip
        self._control = control
        self._vehicles = vehicles
        self._stack = stack
        self._ladder = ladder
        self._approvals = approvals
        self._waits_ns = round(waits_sols * SOL_SECONDS * NANOSECONDS)
        self._conditions: dict[str, Answer] = {}
        self._limits: dict[str, asyncio.TimerHandle] = {}
        self._of: dict[str, str] = {}  # stage of each command that was released
        self._split: dict[str, str] = {}  # stage, by the ARM whose answer its FIRE waits for

    # ------------------------------------------------------------------ loading

    def load(self) -> None:
        """After a start of mission control: takes up what is under way."""
        perhaps: list[str] = self._control.archive.get(PERHAPS, [])
        self._control.uplink.perhaps |= dict.fromkeys(perhaps)
        for item in self._stack.all():
            self._note(item)
            if item.state == "waiting":
                self._wait(item)
        for arm in list(self._split):
            if self._control.tracker.command(arm).verdict is not None:
                self._fire_not(arm, "mission control was started anew after ARM's answer")

    def close(self) -> None:
        """Nobody waits any more."""
        for timer in self._limits.values():
            timer.cancel()
        self._limits.clear()

    def _note(self, item: StackItem) -> None:
        for identifier in item.identifiers:
            self._of[identifier] = item.stage
            self._ladder.users[identifier] = item.by
            self._control.tracker.attribute(identifier, origin_of(item.by))
        if item.state == "released" and not item.unit and len(item.identifiers) == 1:
            self._split[item.identifiers[0]] = item.stage

    # ---------------------------------------------------------------- releasing

    def release(self, items: Sequence[StackItem], user: str) -> list[str]:
        """Lets items leave that were checked; returns the identifiers of those that leave now."""
        identifiers: list[str] = []
        for item in items:
            if item.when is not None and not self._holds(item):
                self._wait(self._stack.change(item, "waiting", user, state="waiting",
                    waits_until=self._limit(item)))  # fmt: skip
            else:
                identifiers += self._issue(item, user)
        return identifiers

    def _limit(self, item: StackItem) -> int:
        now_ns = self._control.clock.now_ns()
        return now_ns + self._waits_ns if item.not_after is None else item.not_after

    def _issue(self, item: StackItem, user: str) -> list[str]:
        control = self._control
        entry = control.dictionary.vehicle(item.vehicle).command(item.command)
        stages = stages_of(entry, item.vehicle, item.arguments, control.tracker)
        split = len(stages) > 1 and not item.unit
        names = self._send(item, stages[:1] if split else stages, user)
        kept = self._stack.change(
            item, "released", user, state="released", identifiers=names
        )
        self._note(kept)
        return names

    def _send(self, item: StackItem, stages: Sequence[str], user: str) -> list[str]:
        control = self._control
        deadline = control.dictionary.vehicle(item.vehicle).command(item.command).deadline
        names = control.tracker.next_identifiers(len(stages))
        for name in names:
            self._ladder.users[name] = item.by
            self._of[name] = item.stage
        orders = [
            Command(
                name, item.vehicle, item.command, dict(item.arguments), origin_of(item.by), stage,
                item.lifetime if stage == "arm" else 0.0,
            )
            for name, stage in zip(names, stages, strict=True)
        ]  # fmt: skip
        control.tracker.issue(f"stage {item.stage}", orders, deadline)
        return names

    # ------------------------------------------------------- waiting for what holds

    def _holds(self, item: StackItem) -> bool:
        answer = self._conditions.get(item.stage)
        if answer is None and item.when is not None:
            control = self._control
            answer = self._conditions[item.stage] = compiled(
                item.when, control.dictionary, self._vehicles, control.telemetry
            )
        return answer is None or answer() is True

    def _wait(self, item: StackItem) -> None:
        """Has it leave when its condition holds; it waits no longer than its limit."""
        loop, now_ns = asyncio.get_running_loop(), self._control.clock.now_ns()
        limit = (item.waits_until or item.not_after or now_ns) - now_ns
        self._limits[item.stage] = loop.call_later(
            max(0, limit) / NANOSECONDS, self._waited_long_enough, item.stage
        )

    def _waited_long_enough(self, stage: str) -> None:
        item = self._stack.item(stage)
        if item.state == "waiting":
            why = f"{item.when} did not hold in time"
            self._forget(stage)
            self._stack.change(item, "expired", "", state="expired", problems=[why])

    def heard(self, vehicle: str) -> None:
        """Something has come down: what waits may leave."""
        for item in self._stack.staged():
            if item.state == "waiting" and self._holds(item):
                why = self._approvals.why_void(item) if item.hazardous else ""
                if why:
                    self._approvals.void(item, why)
                else:
                    self._issue(item, item.by)
                self._forget(item.stage)

    def _forget(self, stage: str) -> None:
        self._conditions.pop(stage, None)
        timer = self._limits.pop(stage, None)
        if timer is not None:
            timer.cancel()

    # ---------------------------------------------------------- FIRE after ARM's answer

    def reported(self, report: CommandReport, taken: Taken) -> None:
        """A vehicle has answered: FIRE may leave, where it waits for ARM's ACCEPTED."""
        stage = self._split.get(report.identifier)
        if stage is None or taken not in (Taken.NEW, Taken.REPEATED):
            return
        if report.rung not in (Rung.ACCEPTED, Rung.COMPLETED):
            if report.rung not in (Rung.RECEIVED, Rung.STARTED, Rung.PROGRESS):
                self._fire_not(report.identifier, f"ARM was not accepted: {report.rung}")
            return
        item = self._stack.item(stage)
        why = self._why_not_fire(item, report)
        if why:
            self._fire_not(report.identifier, why)
            return
        del self._split[report.identifier]
        names = self._send(item, ["fire"], item.by)
        self._stack.change(
            item, "fired", item.by, identifiers=[*item.identifiers, *names]
        )

    def _why_not_fire(self, item: StackItem, report: CommandReport) -> str:
        void = self._approvals.why_void(item, leaving=True, fire=True)
        if void:
            return void
        left = report.time_ns / NANOSECONDS + item.lifetime - self._control.clock.now()
        return why_fire_is_late(self._control.stations.window(item.vehicle).delivery, left)

    def _fire_not(self, arm: str, why: str) -> None:
        item = self._stack.item(self._split.pop(arm))
        self._stack.change(
            item, "expired", "", state="expired", problems=[f"FIRE was not sent: {why}"]
        )

    # ------------------------------------------------------------- when it is its turn

    def why_not_leave(self, orders: Sequence[Command]) -> str:
        """Why commands whose turn it is are not to leave; empty where they may.

        Asked of what has not left before: a repeat is the same command again.
        """
        stage = self._of.get(orders[0].identifier)
        if stage is None:
            return ""
        item = self._stack.item(stage)
        if item.hazardous:
            fire = orders[0].stage == "fire"
            return self._approvals.why_void(item, leaving=True, fire=fire)
        entry = self._control.dictionary.vehicle(item.vehicle).command(item.command)
        now = stages_of(entry, item.vehicle, item.arguments, self._control.tracker)
        if len(now) > len(item.identifiers):
            return "it has become hazardous since its release: what it carries is another thing"
        return self._approvals.why_over(item)

    def about_to_leave(self, identifiers: list[str]) -> None:
        """From now on these may have left, whatever becomes of mission control."""
        self._control.archive.put(PERHAPS, identifiers)

    def keep_back(self, orders: Sequence[Command], why: str) -> None:
        """Commands do not leave after all."""
        with self._control.archive.together():
            for order in orders:
                self._control.tracker.take_back(order.identifier, why)
            stage = self._of[orders[0].identifier]
            self._split.pop(orders[0].identifier, None)
            item = self._stack.item(stage)
            self._stack.change(item, "expired", "", state="expired", problems=[why])

    def call_back(self, item: StackItem, why: str) -> bool:
        """Takes back what was released and has not left; whether anything was."""
        uplink, tracker = self._control.uplink, self._control.tracker
        waiting = [
            name for name in item.identifiers
            if tracker.is_open(name) and not uplink.why_gone(tracker.command(name))
        ]  # fmt: skip
        for name in waiting:
            tracker.take_back(name, why)
        if waiting:
            self._split.pop(waiting[0], None)
            self._stack.change(item, "expired", "", state="expired", problems=[why])
        return bool(waiting)

    def expire(self, item: StackItem, why: str) -> bool:
        """The time of an approval is over: False where there is none that could expire."""
        if not item.hazardous:
            return False
        if item.state in WATCHED:
            self._approvals.void(item, why)
            self._forget(item.stage)
            return True
        return item.state == "released" and self.call_back(item, why)

    def cancel(self, identifier: str, user: str) -> dict[str, Any]:
        """Takes back one command and what travels with it; raises Refused where it has left."""
        control = self._control
        command = control.tracker.command(identifier)
        if command.verdict is not None:
            raise Refused(f"{identifier} is over: {command.verdict}")
        gone = control.uplink.why_gone(command)
        if gone:
            raise Refused(f"{identifier} cannot be taken back: {gone}")
        names = [each.order.identifier for each in control.tracker.bundle(command.bundle)]
        for name in names:
            control.tracker.take_back(name, f"cancelled by {user}")
        stage = self._of.get(identifier)
        if stage is not None:
            self._split.pop(identifier, None)
            item = self._stack.item(stage)
            self._stack.change(item, "cancelled", user, state="cancelled")
        return {"identifiers": names}
