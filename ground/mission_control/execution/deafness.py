"""Waits for a vehicle that is heard and answers nothing: its receiver may come back by itself.

No command restarts a receiver that hears none. The vehicle does, when it has missed commands for as
long as the command loss of its phase says. Where the mission would end with a step before that, the
ground waits, and asks once a sol.
"""

import asyncio
from collections.abc import Callable

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.commanding.tracker import TrackedCommand, Verdict
from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures.recovery_rules import RecoveryRules
from ground.mission_control.procedures.steps import CommandStep

ASKED_EVERY = SOL_SECONDS  # s: by then day, night and each pass have come round


def may_be_deaf(step: CommandStep, command: TrackedCommand, tools: ProcedureTools) -> bool:
    """Whether a command was never answered by who has been heard since, and nothing but the end of
    the mission would follow. A step with another way goes that way."""
    if command.verdict is not Verdict.UNANSWERED or command.rung is not None:
        return False
    if step.on_failure != "stop" or command.sent_ns is None:
        return False
    return tools.telemetry.last_receipt(step.vehicle) > command.issued_ns / NANOSECONDS


class Deafness:
    """Sits out that a vehicle hears nothing. `log` notes a sentence; `count_anew` has the limit of
    the step count from now; `left(vehicle)`: it is not for the rule to wait, but for people, or for
    one that hibernates."""

    def __init__(
        self,
        rules: RecoveryRules,
        tools: ProcedureTools,
        log: Callable[[str, str], None],
        count_anew: Callable[[], None],
        left: Callable[[str], bool],
    ) -> None:
        self._rules = rules
        self._tools = tools
        self._log = log
        self._count_anew = count_anew
        self._left = left

    async def sit_out(self, name: str, step: CommandStep, command: TrackedCommand) -> bool:
        """Whether a command was asked for once more of who may be deaf; waits until then. `name`:
        what it was issued under."""
        clock = self._tools.clock
        until = command.issued_ns / NANOSECONDS + self._rules.deaf_sols * SOL_SECONDS
        if not may_be_deaf(step, command, self._tools) or clock.now() >= until:
            return False
        if self._left(step.vehicle):
            return False
        await asyncio.sleep(min(ASKED_EVERY, until - clock.now()))
        if self._left(step.vehicle):
            return False
        self._log(name, f"{step.vehicle} is heard and has not answered: it is asked once more")
        self._count_anew()
        self._tools.tracker.ask_again(command.order.identifier)
        return True
