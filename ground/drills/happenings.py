"""What a drill can wait for: an event, a state, the end of a command, an expression that holds."""

from dataclasses import dataclass
from typing import Any

from flight.configuration.sections import Section
from flight.icd.expression_values import check_expression
from flight.icd.expressions import Expression, ExpressionError, parse_expression
from ground.drills.told_names import name_problem
from ground.drills.vocabulary import Vocabulary
from ground.mission_control import field_problem, value_problem

VIOLATED, STARTED = "monitor_violated", "response_started"
KINDS = ("event", "warning", "state", "monitor", "response", "command_completes", "holds")


@dataclass(frozen=True)
class EventComes:
    """A vehicle tells an event, with these values among its data."""

    vehicle: str
    event: str
    fields: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        told = ", ".join(f"{name} = {value}" for name, value in self.fields)
        return f"event {self.vehicle}.{self.event}" + (f" ({told})" if told else "")


@dataclass(frozen=True)
class WarningComes:
    """A vehicle tells of something that is not in order: an event of severity WARNING or FATAL."""

    vehicle: str

    def __str__(self) -> str:
        return f"a warning of {self.vehicle}"


@dataclass(frozen=True)
class StateEntered:
    """A vehicle is in a state, or inside it."""

    vehicle: str
    state: str

    def __str__(self) -> str:
        return f"state {self.vehicle}.{self.state}"


@dataclass(frozen=True)
class CommandCompletes:
    """A command of that name ends COMPLETED."""

    vehicle: str
    command: str

    def __str__(self) -> str:
        return f"command {self.vehicle}.{self.command} completed"


@dataclass(frozen=True)
class Holds:
    """An expression is true."""

    expression: Expression

    def __str__(self) -> str:
        return self.expression.text


Happening = EventComes | WarningComes | StateEntered | CommandCompletes | Holds


def read_happening(section: Section, vocabulary: Vocabulary, beside: tuple[str, ...]) -> Happening:
    """What a mapping waits for; `beside` are keys that mean something else.

    Raises ConfigurationError.
    """
    entries = section.entries()
    given = [kind for kind in KINDS if kind in entries]
    if len(given) != 1:
        raise section.refuse(
            f"{section.key} says what to wait for {len(given)} times: allowed is one of "
            f"{', '.join(KINDS)}"
        )
    kind = given[0]
    said = entries[kind]
    text = said.read(str)
    try:
        if kind in ("monitor", "response"):
            section.only((kind, "of", *beside), ("of",))
            owner = section.at("of")
            return _of_protection(kind, said, owner, vocabulary)
        if kind == "event":
            return _event(section, text, vocabulary, beside)
        section.only((kind, *beside))
        if kind == "warning":
            vocabulary.vehicle(text)
            return WarningComes(text)
        if kind == "state":
            return StateEntered(*vocabulary.state(text))
        if kind == "command_completes":
            return CommandCompletes(*vocabulary.command(text))
        return Holds(read_expression(said, vocabulary))
    except ExpressionError as error:
        raise said.refuse(f"{said.key} = {text}: {error}") from None


def _of_protection(
    kind: str, said: Section, owner: Section, vocabulary: Vocabulary
) -> EventComes:
    name, vehicle = said.read(str), owner.read(str)
    event = VIOLATED if kind == "monitor" else STARTED
    try:
        found = vocabulary.event(f"{vehicle}.{event}")
    except ExpressionError as error:
        raise owner.refuse(f"{owner.key} = {vehicle}: {error}") from None
    allowed = name_problem(vocabulary.told(vehicle), kind, name)
    if allowed:
        raise said.refuse_value(f"a {kind} of {vehicle}: {allowed}")
    return EventComes(*found, ((kind, name),))


def _event(
    section: Section, path: str, vocabulary: Vocabulary, beside: tuple[str, ...]
) -> EventComes:
    vehicle, event = vocabulary.event(path)
    entry = vocabulary.dictionary.vehicles[vehicle].events[event]
    fields: list[tuple[str, Any]] = []
    for name, value in section.entries().items():
        if name == "event" or name in beside:
            continue
        wanted = value.plain()
        problem = field_problem(entry, [name])
        if problem:
            raise value.refuse(f"{value.key}{problem}")
        problem = value_problem(entry, {name: wanted})
        if problem:
            raise value.refuse_value(f"{entry.arguments[name].words()}, which {event} tells")
        allowed = name_problem(vocabulary.told(vehicle), name, wanted)
        if allowed:
            raise value.refuse_value(f"a {name} of {vehicle}: {allowed}")
        fields.append((name, wanted))
    return EventComes(vehicle, event, tuple(fields))


def read_expression(section: Section, vocabulary: Vocabulary) -> Expression:
    """An expression that can be asked in this scenario; raises ConfigurationError."""
    text = section.read(str)
    try:
        expression = parse_expression(text)
        check_expression(expression, vocabulary.symbol)
    except ExpressionError as error:
        raise section.refuse(f"{section.key} = {text}: {error}") from None
    return expression
