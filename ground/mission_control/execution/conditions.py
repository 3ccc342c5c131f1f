"""What a procedure asks of telemetry and custody, as they are reported."""

import operator
from collections.abc import Callable
from typing import Any

from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures import steps

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def telemetry_is(told: steps.TelemetryIs, tools: ProcedureTools) -> bool:
    """Whether the newest value of a channel compares as said; no value compares to nothing."""
    value = tools.telemetry.value(told.vehicle, told.channel)
    if value is None or value != value:  # not a number: the sensor had nothing to say
        return False
    try:
        return bool(_COMPARE[told.comparison](value, told.value))
    except TypeError:
        return False


def custody_is(wanted: steps.CustodyIs, tools: ProcedureTools) -> bool:
    """Whether enough tubes are reported at one of the places."""
    there = len(wanted.tubes) - len(astray(wanted, tools))
    return there >= (len(wanted.tubes) if wanted.at_least is None else wanted.at_least)


def astray(
    wanted: steps.AssertCustody | steps.CustodyIs | steps.Missing, tools: ProcedureTools
) -> list[str]:
    """The tubes that are reported at none of the places."""
    return [tube for tube in wanted.tubes if tools.custody.place(tube) not in wanted.places]


def whereabouts(tubes: list[str], tools: ProcedureTools) -> str:
    """Each tube with the place that is reported of it, in words."""
    return ", ".join(f"{tube} is {tools.custody.place(tube)}" for tube in tubes)


def reason_of(step: steps.End, tools: ProcedureTools) -> str:
    """What the step says, and the tubes that are missing by the place of their last report."""
    places: dict[str, list[str]] = {}
    for tube in astray(step.missing, tools) if step.missing is not None else []:
        places.setdefault(tools.custody.place(tube), []).append(tube)
    groups = ", ".join(f"{place} ({', '.join(tubes)})" for place, tubes in places.items())
    last = f"by the last reports: {groups}" if groups else ""
    return "; ".join(text for text in (step.reason, last) if text)
