"""Whether a table means something for a vehicle: names, units, and where safing is forbidden.

The same checks are made of a file before a run and on board of a table that was loaded by command.
"""

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass

from flight.configuration.allowed_values import choices_words, one_of
from flight.core.chart.statechart import Safing, is_inside
from flight.core.fault_protection.actions import ActionError, Call, parse_action
from flight.core.fault_protection.names import Names
from flight.core.fault_protection.reading_rules import check_rules
from flight.core.fault_protection.tables import Load, Monitor, Response, Rung, Table, Timers
from flight.icd.expression_values import check_expression
from flight.icd.expressions import ExpressionError, parse_expression


@dataclass(frozen=True)
class Problem:
    """What is wrong with a table: the path of the key, and a sentence."""

    key: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.key}: {self.sentence}"


def problems(table: Table, names: Names) -> list[Problem]:
    """All that has no meaning for a vehicle, and all that would be wrong to do."""
    found: list[Problem] = []
    for name, monitor in table.monitors.items():
        found += _of_monitor(f"monitors.{name}", monitor, names)
    for name, response in table.responses.items():
        found += _of_response(f"responses.{name}", response, table, names)
        if name in table.monitors:
            found.append(Problem(f"responses.{name}", "a monitor has this name already"))
    found += _of_timers(table.timers, names)
    found += _of_shedding(table, names)
    return found


def parameters_of(table: Table, declared: Container[str]) -> set[str]:
    """The parameters by which the monitors of a table go."""
    texts = [
        text
        for each in table.monitors.values()
        for text in (each.violated_if, each.clear_if)
        if text
    ]
    return {name for text in texts for name in parse_expression(text).names if name in declared}


def active_leaves(monitor: Monitor, names: Names) -> list[str]:
    """The leaf states in which a monitor is active."""

    def inside(leaf: str, paths: tuple[str, ...]) -> bool:
        return any(is_inside(leaf, path) for path in paths)

    return [
        leaf
        for leaf in names.chart.leaves
        if (not monitor.active_in or inside(leaf, monitor.active_in))
        and not inside(leaf, monitor.not_in)
    ]


# -------------------------------------------------------------------- monitors


def _of_monitor(key: str, monitor: Monitor, names: Names) -> Iterator[Problem]:
    states = [("active_in", monitor.active_in), ("not_in", monitor.not_in)]
    wrong = False
    for which, paths in states:
        for number, path in enumerate(paths):
            words = names.refuse_state(path)
            if words:
                wrong = True
                yield Problem(f"{key}.{which}[{number}]", f"there is no state {path!r}: {words}")
    if not wrong and not active_leaves(monitor, names):
        yield Problem(key, "it is active in no state")
    for which, text in (("violated_if", monitor.violated_if), ("clear_if", monitor.clear_if)):
        if text:
            sentence = _of_condition(text, names)
            if sentence:
                yield Problem(f"{key}.{which}", sentence)
    if monitor.of:
        for path, sentence in check_rules(monitor, names):
            yield Problem(f"{key}.{path}", sentence)


def _of_condition(text: str, names: Names) -> str:
    try:
        expression = parse_expression(text)
        if expression.during is not None:
            return "`while` has no meaning here: name the states in active_in"
        check_expression(expression, names.resolve)
    except ExpressionError as error:
        return str(error)
    return ""


# ------------------------------------------------------------------- responses


def _of_response(key: str, response: Response, table: Table, names: Names) -> Iterator[Problem]:
    leaves: dict[str, None] = {}
    for number, monitor in enumerate(response.monitors):
        if monitor not in table.monitors:
            place = f"{key}.on" if isinstance(response.on, str) else f"{key}.on[{number}]"
            yield Problem(place, choices_words(monitor, list(table.monitors)))
            continue
        leaves |= dict.fromkeys(active_leaves(table.monitors[monitor], names))
    forbidden = [leaf for leaf in leaves if names.chart.safing(leaf) is Safing.FORBIDDEN]
    undone = [
        (place.replace(".do[", ".when_clear["), call, problem)
        for place, call, problem in _ladder(key, response.when_clear, None, names)
    ]
    for place, call, problem in [*_ladder(key, response.do, response.then, names), *undone]:
        if problem or call is None:
            yield Problem(place, problem)
        elif forbidden and not call.spec.keeps_going:
            yield Problem(
                place,
                f"{call.spec.name} does not keep the vehicle going, and in {one_of(forbidden)} "
                "nothing else is allowed: restrict its monitors by active_in or not_in",
            )


def _ladder(
    key: str, do: tuple[str, ...], then: Rung | None, names: Names
) -> Iterator[tuple[str, Call | None, str]]:
    """Each action of a ladder: its place, and what it is or why it is none."""
    while True:
        for number, text in enumerate(do):
            place = f"{key}.do[{number}]"
            try:
                call = parse_action(text, names.actions)
            except ActionError as error:
                yield place, None, str(error)
                continue
            yield place, call, _of_arguments(call, names)
        if then is None:
            return
        key, do, then = f"{key}.then", then.do, then.then


def _of_arguments(call: Call, names: Names) -> str:
    """What is wrong with the parts of the vehicle that an action names."""
    known = {
        "device": list(names.devices),
        "load": list(names.loads),
        "signal": list(names.chart.events),
    }
    for argument, sort in call.spec.about.items():
        value = call.arguments[argument]
        if sort == "signal" and value in names.hazardous:
            return (
                f"{call.spec.name}: {value} is hazardous ({names.hazardous[value]}), and only ARM "
                "and FIRE may begin it"
            )
        if value not in known[sort]:
            words = choices_words(str(value), known[sort])
            return f"{call.spec.name}: there is no {sort} {value!r}: {words}"
    return ""


# ------------------------------------------------------------- timers, shedding


def _of_timers(timers: Timers, names: Names) -> Iterator[Problem]:
    loss = timers.command_loss
    if loss is not None:
        key = "timers.command_loss"
        for section, by_state in (("in_states", loss.in_states),
                                  ("announced_in", loss.announced_in)):  # fmt: skip
            for path in by_state:
                words = names.refuse_state(path)
                if words:
                    yield Problem(f"{key}.{section}.{path}", f"there is no such state: {words}")
        for place, _, problem in _ladder(key, loss.do, loss.then, names):
            if problem:
                yield Problem(place, problem)
    confirm = timers.confirm_communication
    if confirm is not None:
        for number, name in enumerate(confirm.parameters):
            if name not in names.parameters:
                key = f"timers.confirm_communication.parameters[{number}]"
                yield Problem(key, choices_words(name, list(names.parameters)))


def _of_shedding(table: Table, names: Names) -> Iterator[Problem]:
    if not table.shedding:
        return
    channel = names.channels.get(table.charge)
    if channel is None or channel.kind is not float or channel.unit != "1":
        known = [n for n, each in names.channels.items() if each.kind is float and each.unit == "1"]
        yield Problem("charge", choices_words(table.charge, known))
    last = math.inf
    for name, load in table.shedding.items():
        key = f"shedding.{name}"
        if name not in names.loads:
            yield Problem(key, f"there is no load {name!r}: {choices_words(name, [*names.loads])}")
        yield from _of_load(key, load, last)
        last = load.below


def _of_load(key: str, load: Load, last: float) -> Iterator[Problem]:
    if load.below > last:
        yield Problem(f"{key}.below", f"allowed is at most {last:g}, at which the one before goes")
