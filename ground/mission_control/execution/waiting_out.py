"""Waits for what a vehicle says of itself: one that goes safe meanwhile is led out.

Nobody commands it, so nobody is told that it does not do what it is to: in a cruise of years its
safe state would last until it has passed where it was going.
"""

from collections.abc import Awaitable, Callable

from ground.mission_control.execution.conditions import telemetry_is
from ground.mission_control.execution.recovery import MODE, Recoverer
from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures.steps import TelemetryIs, WaitForTelemetry


async def wait_for_telemetry(
    step: WaitForTelemetry,
    tools: ProcedureTools,
    recoverer: Recoverer,
    named: Callable[[int], str],
    wait: Callable[[Callable[[], bool], str], Awaitable[None]],
    limit: float,
) -> None:
    """Waits until the step's condition is met; `named`: what a recovery is kept under, by its
    number; `limit`: mission time (s) at which the step is over. Raises StepFailed."""
    told = TelemetryIs(step.vehicle, step.channel, step.comparison, step.value)
    what = f"{step.vehicle} {step.channel} {step.comparison} {step.value}"

    def met() -> bool:
        return telemetry_is(told, tools)

    number = 0
    while step.channel == MODE:
        await wait(lambda: met() or recoverer.is_safe(step.vehicle), what)
        if met():
            return
        number += 1
        if not await recoverer.recover_waiting(named(number), step.vehicle, limit):
            break
    await wait(met, what)
