"""When a step is tried once more whose attempts are used up, so that what passes ends no mission.

The attempts of a step follow each other: all of them may fall into one disturbance of some hours.
Where nothing but the end of the mission would follow, the ground waits, longer each time, and tries
again while the limit of the step lasts.
"""

from typing import Any

from ground.mission_control.commanding.tracker import TrackedCommand, Verdict
from ground.mission_control.execution.recovery import MODE
from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures.recovery_rules import RecoveryRules
from ground.mission_control.procedures.steps import CommandStep

LOST = "lost"
"""The state of a vehicle that nothing brings back."""
_SAID = (Verdict.REJECTED, Verdict.FAILED, Verdict.TIMED_OUT, Verdict.ABORTED)


def pause_before_more(
    step: CommandStep,
    command: TrackedCommand,
    further: int,
    rules: RecoveryRules,
    tools: ProcedureTools,
    limit: float,
) -> float | None:
    """Seconds to wait before a step is tried again whose attempts are used up; None: it has failed.

    `further`: how often it was tried beyond its attempts; `limit`: mission time (s) at which it is
    over. A step of one attempt is tried once, one that has another way goes that way, and of a
    vehicle that says nothing, or is lost, nothing is waited for.
    """
    if step.attempts == 1 or step.on_failure != "stop" or further >= len(rules.pauses_seconds):
        return None
    mode: Any = tools.telemetry.value(step.vehicle, MODE)
    if command.verdict not in _SAID or mode == LOST:
        return None
    pause = rules.pauses_seconds[further]
    return pause if tools.clock.now() + pause < limit else None
