"""What a drill may not ask for at once: things that exclude each other, and what judges nothing."""

from flight.configuration.sections import Section
from flight.core.chart.statechart import is_inside
from flight.icd.expressions import Expression, Name
from ground.drills.drill import Drill, Within
from ground.drills.happenings import Holds, StateEntered
from ground.drills.scenario import Scenario


def check_contradictions(section: Section, drill: Drill, scenario: Scenario) -> None:
    """Raises ConfigurationError for the first that is found."""
    _never_against_within(section, drill)
    _always_against_never(section, drill)
    _always_against_within(section, drill, scenario)
    if not (drill.always or drill.never or _waits(drill)):
        raise section.refuse(
            "the drill judges nothing: allowed is at least one of always, never, within, heal.then"
        )


def _never_against_within(section: Section, drill: Drill) -> None:
    for index, expression in enumerate(drill.never):
        for within in _waits(drill):
            if _forbids(expression, within):
                item = section.at("never").items()[index]
                raise item.refuse(
                    f"{item.key} = {expression.text}: {within.name} waits for just that; allowed "
                    "is to forbid it or to wait for it"
                )


def _waits(drill: Drill) -> list[Within]:
    then = drill.heal.then if drill.heal is not None else None
    return [*drill.within, *([] if then is None else [then])]


def _forbids(expression: Expression, within: Within) -> bool:
    """Whether what is waited for is what must never be."""
    if expression.during is not None:
        return False
    if isinstance(within.what, StateEntered) and isinstance(expression.asked, Name):
        state = f"{within.what.vehicle}.{within.what.state}"
        return state == expression.asked.path or state.startswith(f"{expression.asked.path}.")
    return isinstance(within.what, Holds) and within.what.expression == expression


def _always_against_within(section: Section, drill: Drill, scenario: Scenario) -> None:
    for index, expression in enumerate(drill.always):
        vehicle, state = _state_of(expression, scenario)
        for within in _waits(drill):
            what = within.what
            if not state or not isinstance(what, StateEntered) or what.vehicle != vehicle:
                continue
            if not (is_inside(what.state, state) or is_inside(state, what.state)):
                item = section.at("always").items()[index]
                raise item.refuse(
                    f"{item.key} = {expression.text}: {within.name} waits for {what}, in which it "
                    "does not hold; allowed is one of them, or to say while what it holds"
                )


def _state_of(expression: Expression, scenario: Scenario) -> tuple[str, str]:
    """Vehicle and state where an expression asks for just that, at any time; else "" and ""."""
    if expression.during is None and isinstance(expression.asked, Name):
        vehicle, _, state = expression.asked.path.partition(".")
        entry = scenario.vocabulary.dictionary.vehicles.get(vehicle)
        if entry is not None and state in entry.states:
            return vehicle, state
    return "", ""


def _always_against_never(section: Section, drill: Drill) -> None:
    for index, expression in enumerate(drill.never):
        if any(expression.asked == other.asked for other in drill.always):
            item = section.at("never").items()[index]
            raise item.refuse(
                f"{item.key} = {expression.text}: it stands under always, too; allowed is one of "
                "them"
            )
