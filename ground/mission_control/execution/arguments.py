"""The arguments of a command step: as the file says, and as they are found when it is issued."""

from collections.abc import Sequence
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.mission_control.execution.tools import ProcedureTools, StepFailed
from ground.mission_control.procedures import steps


def arguments_of(step: steps.CommandStep, tools: ProcedureTools) -> dict[str, Any]:
    """All arguments of a command that is issued now. Raises StepFailed when one is not known."""
    arguments = dict(step.arguments)
    try:
        if step.tubes_at:
            arguments["tubes"] = _tubes_at(step.tubes_at, tools)
        if step.records_at:
            records = tools.custody.last_records(step.records_at)
            arguments["records"] = [msgspec.to_builtins(each) for each in records]
        if step.from_event is not None:
            arguments |= _told(step.from_event, tools)
        if step.from_survey is not None:
            arguments |= _surveyed(step.from_survey, tools)
        if step.opportunity is not None:
            arguments[step.opportunity.argument] = _next(step.opportunity, tools)
        if step.until is not None:
            arguments[step.until.argument] = _left(step.until, tools)
    except StepFailed as failure:
        raise StepFailed(f"{step.vehicle} {step.command} was not sent: {failure}") from None
    return arguments


def survey_key(vehicle: str) -> str:
    """Where the archive keeps what the last survey of a vehicle has found."""
    return f"survey {vehicle}"


def _tubes_at(wanted: Sequence[str], tools: ProcedureTools) -> list[str]:
    places = tools.custody.places()
    tubes = [tube for place in wanted for tube in places.get(place, [])]
    if not tubes:
        raise StepFailed(f"no tube is reported at {' or '.join(wanted)}")
    return tubes


def _told(source: steps.EventArguments, tools: ProcedureTools) -> dict[str, Any]:
    events = tools.archive.events(source.vehicle, source.event)
    if not events:
        raise StepFailed(f"{source.vehicle} has not told {source.event}")
    data = events[-1].data
    missing = [field for field in source.fields.values() if field not in data]
    if missing:
        raise StepFailed(f"{source.event} does not tell {', '.join(missing)}")
    return {argument: data[field] for argument, field in source.fields.items()}


def _surveyed(wanted: steps.SurveyArguments, tools: ProcedureTools) -> dict[str, float]:
    found = tools.archive.get(survey_key(wanted.of))
    if found is None:
        raise StepFailed(f"{wanted.of} was not surveyed")
    return {name: float(found[field]) for name, field in wanted.fields.items()}


def _left(wanted: steps.Until, tools: ProcedureTools) -> float:
    """Seconds from now until a time."""
    at = tools.clock.seconds_at(int(wanted.sol), wanted.lmst) + wanted.more_sols * SOL_SECONDS
    return max(0.0, at - tools.clock.now())


def _next(wanted: steps.Opportunity, tools: ProcedureTools) -> float:
    """Mission time of the next opportunity, s."""
    find = tools.opportunities.get(wanted.of)
    if find is None:
        raise StepFailed(f"this mission knows no opportunity for a {wanted.of}")
    return find(tools.clock.now() + wanted.lead_sols * SOL_SECONDS)
