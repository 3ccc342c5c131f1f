"""Waits for a vehicle that is heard and answers nothing: its receiver may come back by itself.

No command restarts a receiver that hears none. The vehicle does, when it has missed commands for as
long as the command loss of its phase says. Where the mission would end with a step before that, the
ground waits, and asks once a sol.
"""

import asyncio

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


async def sits_out_deafness(
    step: CommandStep, command: TrackedCommand, rules: RecoveryRules, tools: ProcedureTools
) -> bool:
    """Whether a command is asked for once more of who may be deaf; waits until it is."""
    until = command.issued_ns / NANOSECONDS + rules.deaf_sols * SOL_SECONDS
    if not may_be_deaf(step, command, tools) or tools.clock.now() >= until:
        return False
    await asyncio.sleep(min(ASKED_EVERY, until - tools.clock.now()))
    return True
