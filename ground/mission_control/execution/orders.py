"""The commands of a step: each is issued once, and waited for as long as its step allows."""

import asyncio
from collections.abc import Awaitable, Callable

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import Command
from flight.runtime.loop import NANOSECONDS
from ground.mission_control.commanding.stages import stages_of
from ground.mission_control.commanding.tracker import ORIGIN, Verdict
from ground.mission_control.execution.arguments import arguments_of
from ground.mission_control.execution.cursor import Cursor
from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures import steps

_FOR_EVER = 1e6  # sols
INSTANT = 1e-6  # seconds: a timer may fire that much before the float it was set to


class StepOrders:
    """Issues commands for the step at which a program stands.

    `keep` keeps where it stands, `sit_out` waits for a vehicle that hibernates, `place` names the
    step.
    """

    def __init__(
        self,
        tools: ProcedureTools,
        cursor: Cursor,
        keep: Callable[[], None],
        sit_out: Callable[[str, str], Awaitable[bool]],
        place: Callable[[], str],
    ) -> None:
        self._tools = tools
        self._cursor = cursor
        self._keep = keep
        self._sit_out = sit_out
        self._place = place

    def issue(self, name: str, step: steps.CommandStep) -> str:
        """Sends the step's command, unless it was sent before; returns its identifier."""
        tools = self._tools
        known = tools.tracker.of_step(name)
        if known:
            return known[-1].order.identifier
        arguments = arguments_of(step, tools)
        entry = tools.dictionary.check(step.vehicle, step.command, arguments)
        stages = stages_of(entry, step.vehicle, arguments, tools.tracker, armed=step.armed)
        identifiers = tools.tracker.next_identifiers(len(stages))
        orders = [
            Command(
                identifier, step.vehicle, step.command, arguments, ORIGIN, stage,
                step.lifetime if stage == "arm" else 0.0,
            )
            for identifier, stage in zip(identifiers, stages, strict=True)
        ]  # fmt: skip
        self._cursor.commanded_ns = tools.clock.now_ns()
        self._keep()
        tools.tracker.issue(name, orders, entry.deadline)
        return identifiers[-1]

    async def verdict(
        self, step: steps.CommandStep, identifier: str, began: float | None = None
    ) -> Verdict:
        """Waits for a verdict for as long as the step allows; then gives the command up.

        `began`: mission time from which the limit counts; None: the step's own.
        """
        tracker = self._tools.tracker
        issued = tracker.command(identifier).issued_ns / NANOSECONDS
        while True:
            limit, silent = self.limit(step, began), self._silent_at(step, issued)
            try:
                async with asyncio.timeout_at(min(limit, silent)):
                    return await tracker.verdict(identifier)
            except TimeoutError:
                now = self._tools.clock.now() + INSTANT
            if await self._sit_out(self._place(), step.vehicle):
                continue
            if now >= limit:
                tracker.give_up(identifier, f"no verdict within {step.limit_sols:g} sols")
            elif now >= self._silent_at(step, issued):
                reason = f"nothing was heard of {step.vehicle} for {step.silence_sols:g} sols"
                tracker.give_up(identifier, reason)

    def limit(self, step: steps.CommandStep, began: float | None = None) -> float:
        """Mission time at which the step is over."""
        since = self._cursor.entered_ns / NANOSECONDS if began is None else began
        return since + self._cursor.slept + (step.limit_sols or _FOR_EVER) * SOL_SECONDS

    def _silent_at(self, step: steps.CommandStep, issued: float) -> float:
        """Mission time at which the vehicle counts as lost, if nothing is heard until then."""
        silence = (step.silence_sols or _FOR_EVER) * SOL_SECONDS
        return max(issued, self._tools.telemetry.last_receipt(step.vehicle)) + silence
