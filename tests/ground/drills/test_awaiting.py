"""What a drill waits for: each happening comes by its own word, and by nothing like it."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.expression_values import Symbol
from flight.icd.expressions import parse_expression
from flight.icd.messages import CommandReport, EventReport, Rung, Severity, Telemetry
from ground.drills.asking import Asked
from ground.drills.awaiting import Awaited
from ground.drills.happenings import (
    CommandCompletes,
    EventComes,
    Holds,
    StateEntered,
    WarningComes,
)
from ground.drills.sight import Sight

NUMBER = Symbol("number")


def event(name: str = "stalled", *, source: str = "arm", severity: Severity = Severity.WARNING_LO,
          **data: Any) -> EventReport:  # fmt: skip
    return EventReport(source, name, severity, 0, "", data, 1)


class Seen:
    """A sight of names that tests set."""

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.state: bool | None = None
        self.name = "load"

    def value(self, path: str) -> Any:
        return self.values.get(path)

    def symbol(self, path: str) -> Symbol:
        return NUMBER

    def is_in(self, vehicle: str, state: str) -> bool | None:
        return self.state

    def ordered(self, report: CommandReport) -> str:
        return self.name


def awaited(what: Any, sight: Any = None) -> Awaited:
    return Awaited(what, sight or Seen())


@pytest.mark.parametrize(
    ("heard", "comes"),
    [
        (event(joint=2, kind="jam"), True), (event(joint="2", kind="jam"), True),
        (event(joint=3, kind="jam"), False), (event(joint=2), False),
        (event("moved", joint=2, kind="jam"), False),
        (event(source="rover", joint=2, kind="jam"), False),
        (Telemetry("arm", 0, {}, 1), False),
    ],
)  # fmt: skip
def test_an_event_comes_from_its_vehicle_with_its_data(heard: Any, comes: bool) -> None:
    what = EventComes("arm", "stalled", (("joint", 2), ("kind", "jam")))
    assert awaited(what).hear(heard) is comes
    assert not awaited(what).poll()


@pytest.mark.parametrize(
    ("severity", "comes"),
    [(Severity.DIAGNOSTIC, False), (Severity.ACTIVITY_LO, False), (Severity.ACTIVITY_HI, False),
     (Severity.COMMAND, False), (Severity.WARNING_LO, True), (Severity.WARNING_HI, True),
     (Severity.FATAL, True)],
)  # fmt: skip
def test_a_warning_is_one_of_its_vehicle(severity: Severity, comes: bool) -> None:
    assert awaited(WarningComes("arm")).hear(event(severity=severity)) is comes
    assert not awaited(WarningComes("rover")).hear(event(severity=severity))


@pytest.mark.parametrize(
    ("rung", "repeated", "name", "comes"),
    [(Rung.COMPLETED, False, "load", True), (Rung.COMPLETED, True, "load", False),
     (Rung.ACCEPTED, False, "load", False), (Rung.FAILED, False, "load", False),
     (Rung.COMPLETED, False, "stow", False)],
)  # fmt: skip
def test_a_command_completes_once(rung: Rung, repeated: bool, name: str, comes: bool) -> None:
    sight = Seen()
    sight.name = name
    heard = CommandReport("c", "arm", rung, 0, repeated=repeated)
    assert awaited(CommandCompletes("arm", "load"), sight).hear(heard) is comes
    assert not awaited(CommandCompletes("mav", "load"), sight).hear(heard)


def test_a_state_is_entered_and_not_only_stood_in() -> None:
    sight = Seen()
    sight.state = True
    found = awaited(StateEntered("arm", "ready"), sight)
    assert not found.poll(), "it was in it before"
    sight.state = False
    assert not found.poll()
    sight.state = True
    assert found.poll() and not found.poll()
    sight.state = None
    assert not found.poll()
    sight.state = True
    assert found.poll(), "its computer ran again, and it is there"


@pytest.mark.parametrize(
    ("name", "data", "comes"),
    [("mode_changed", {"after": "ready.idle"}, True), ("mode_changed", {"after": "ready"}, True),
     ("mode_changed", {"after": "readying"}, False), ("mode_changed", {"before": "ready"}, False),
     ("booted", {"mode": "ready"}, True), ("booted", {"after": "ready"}, False),
     ("stalled", {"after": "ready"}, False)],
)  # fmt: skip
def test_a_state_is_told_by_a_step_or_a_boot(name: str, data: dict[str, str], comes: bool) -> None:
    sight = Seen()
    sight.state = False
    found = awaited(StateEntered("arm", "ready"), sight)
    assert not found.hear(event(name, source="rover", **data))
    assert found.hear(event(name, **data)) is comes
    if comes:
        assert not found.hear(event(name, **data)), "once entered it is in it"
        found.hear(event("mode_changed", after="off"))
        assert found.hear(event(name, **data))


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [("a > 1", {"a": 1.0}, False), ("a > 1", {"a": 1.01}, True), ("a > 1", {}, False),
     ("a > 1 while b > 2", {"a": 2.0, "b": 3.0}, True),
     ("a > 1 while b > 2", {"a": 2.0, "b": 2.0}, False), ("a > 1 while b > 2", {"a": 2.0}, False)],
)  # fmt: skip
def test_an_expression_is_looked_at(text: str, values: dict[str, float], holds: bool) -> None:
    sight = Seen(**values)
    found = awaited(Holds(parse_expression(text)), sight)
    assert found.poll() is holds is found.poll()
    assert not found.hear(event())


@pytest.mark.parametrize(
    ("text", "wanted", "values", "broken", "known"),
    [
        ("a > 1", True, {"a": 2.0}, False, True), ("a > 1", True, {"a": 1.0}, True, True),
        ("a > 1", True, {}, False, False), ("a > 1", False, {"a": 2.0}, True, True),
        ("a > 1", False, {"a": 1.0}, False, True), ("a > 1", False, {}, False, False),
        ("a > 1 while b > 2", True, {"a": 0.0, "b": 2.0}, False, False),
        ("a > 1 while b > 2", True, {"a": 0.0, "b": 3.0}, True, True),
        ("a > 1 while b > 2", True, {"a": 0.0}, False, False),
    ],
)  # fmt: skip
def test_what_is_always_and_what_is_never_is_broken_once(
    text: str, wanted: bool, values: dict[str, float], broken: bool, known: bool
) -> None:
    sight: Any = Seen(**values)
    asked = Asked(parse_expression(text), wanted, sight)
    assert asked.text == (text if wanted else f"never {text}")
    assert asked.look() is broken and asked.known is known
    assert not asked.look(), "the first time is told"


# ----------------------------------------------------------------------------- sight


def test_who_is_off_is_in_no_state_and_has_no_value() -> None:
    entry = SimpleNamespace(command=SimpleNamespace(stage="run", name="load"))
    node = SimpleNamespace(
        state="ready.idle", is_in=lambda state: state == "ready",
        channels=SimpleNamespace(value=lambda name: 7.0),
        dispatcher=SimpleNamespace(ladder=SimpleNamespace(find=lambda identifier: entry)),
    )  # fmt: skip
    running = [True]
    host = SimpleNamespace(runs=lambda role: running[0], node=lambda role: node)
    vocabulary = SimpleNamespace(
        truths={"truth.x": SimpleNamespace(read=lambda hardware: hardware)},
        symbol=lambda path: Symbol("state" if path == "arm.ready" else "number"),
    )  # fmt: skip
    holding = {"tubes_accounted": True}
    run: Any = SimpleNamespace(host=host, hardware=3.0)
    sight = Sight(run, vocabulary, holding)  # type: ignore[arg-type]
    heard = CommandReport("c", "arm", Rung.COMPLETED, 0)
    assert (sight.is_in("arm", "ready"), sight.is_in("arm", "off")) == (True, False)
    assert sight.state_of("arm") == "ready.idle" and sight.ordered(heard) == "load"
    assert (sight.value("arm.tubes"), sight.value("arm.ready")) == (7.0, True)
    assert sight.value("truth.x") == 3.0 and sight.value("tubes_accounted") is True
    holding["tubes_accounted"] = False
    assert sight.value("tubes_accounted") is False
    entry.command.stage = "arm"
    assert sight.ordered(heard) == "", "an ARM is not the command"
    running[0] = False
    assert sight.is_in("arm", "ready") is None and sight.state_of("arm") == ""
    assert sight.value("arm.tubes") is None and sight.value("arm.ready") is None
    assert sight.ordered(heard) == "" and sight.value("truth.x") == 3.0
