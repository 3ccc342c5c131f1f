"""Conditions and references that can never hold are refused when the procedure is read."""

from collections.abc import Callable
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import Severity
from ground.mission_control.dictionary.argument_types import TypeEntry
from ground.mission_control.dictionary.condition_checks import (
    comparison_problem,
    field_problem,
    state_problem,
    value_problem,
)
from ground.mission_control.dictionary.dictionary import ChannelEntry, EventEntry, VehicleEntry

ROVER = VehicleEntry("rover", "", ("landed", "landed.waiting", "safe"))
ARRIVED = EventEntry(
    "arrived", Severity.ACTIVITY_HI, "At {place} ({count:d})",
    {"place": TypeEntry("text"), "count": TypeEntry("integer")},
)  # fmt: skip


def channel(kind: str, name: str = "x") -> ChannelEntry:
    return ChannelEntry(name, kind, "1", "")


@pytest.mark.parametrize(
    ("kind", "comparison", "value"),
    [
        ("boolean", "==", "yes"), ("boolean", "==", 1), ("boolean", "!=", 0.0),
        ("boolean", "==", None), ("boolean", "<", True), ("boolean", ">=", False),
        ("number", ">", "0x10"), ("number", "==", "5"), ("number", "<", True),
        ("number", "!=", float("nan")), ("number", "<", float("inf")), ("number", "==", None),
        ("number", "==", [1.0]), ("integer", "==", "3"), ("integer", ">", False),
        ("integer", "==", 2.5), ("integer", "!=", -0.5), ("integer", "==", {"a": 1}),
        ("text", "==", 5), ("text", "!=", 1.5), ("text", "==", True),
        ("text", "==", None), ("text", "<", "b"), ("text", ">=", "b"),
    ],
)  # fmt: skip
def test_what_can_never_be_compared_is_refused_with_the_channels_type(
    kind: str, comparison: str, value: Any
) -> None:
    problem = comparison_problem(ROVER, channel(kind), comparison, value)
    assert f"rover x is of type {kind}" in problem
    assert "allowed is" in problem


@pytest.mark.parametrize(
    ("kind", "comparison", "value"),
    [
        ("boolean", "==", True), ("number", "<=", 5), ("number", "!=", -1e300),
        ("integer", ">", 2.5), ("integer", "==", 2.0), ("text", "!=", ""), ("text", "==", "5"),
    ],
)  # fmt: skip
def test_what_can_be_compared_is_taken(kind: str, comparison: str, value: Any) -> None:
    assert comparison_problem(ROVER, channel(kind), comparison, value) == ""


def test_a_misspelt_state_is_refused_with_what_was_meant() -> None:
    problem = comparison_problem(ROVER, channel("text", "mode"), "==", "landed.wating")
    assert "landed.waiting" in problem
    assert comparison_problem(ROVER, channel("text", "mode"), "==", "landed.waiting") == ""


@pytest.mark.parametrize("key", ["before", "after"])
def test_a_change_to_a_state_that_there_is_not_is_refused(key: str) -> None:
    states = dict.fromkeys(("before", "after"), TypeEntry("text"))
    changed = EventEntry("mode_changed", Severity.ACTIVITY_HI, "", states)
    problem = state_problem(ROVER, changed, {key: "landed.wating"})
    assert problem.startswith(f".{key} = 'landed.wating', a state of rover")
    assert "landed.waiting" in problem
    assert state_problem(ROVER, changed, {"before": "safe", "after": "landed"}) == ""
    assert state_problem(ROVER, ARRIVED, {"place": "landed.wating"}) == ""


def test_a_field_that_an_event_never_tells_is_refused() -> None:
    assert "tells no 'plaec'" in field_problem(ARRIVED, ["plaec"])
    assert field_problem(ARRIVED, ["place", "count"]) == ""


def test_a_value_that_an_event_can_never_tell_is_refused() -> None:
    assert value_problem(ARRIVED, {"place": "depot", "count": 3}) == ""
    assert value_problem(ARRIVED, {"place": 3}) == ".place = 3: arrived tells text"
    assert value_problem(ARRIVED, {"count": "3"}) == ".count = '3': arrived tells integer"
    assert value_problem(ARRIVED, {"count": 2.5}) == ".count = 2.5: arrived tells integer"
    assert value_problem(ARRIVED, {"count": True}) == ".count = True: arrived tells integer"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{do: wait_for_telemetry, vehicle: rover, channel: charge, comparison: '>', "
            "value: '0x10', limit_sols: 1}",
            r"test\.yaml:6: .*steps\[0\]\.value = '0x10': rover charge is of type number",
        ),
        (
            "{do: wait_for_event, vehicle: rover, event: arrived, limit_sols: 1, where: {plce: 1}}",
            r"steps\[0\]\.where: arrived tells no 'plce'",
        ),
        ("{do: assert_custody, tubes: [M1], places: []}", r"places = \[\]: no tube is ever there"),
        ("{do: branch, label: here, then: here, verdict: {among: []}}", r"among.*allowed is"),
        ("{do: goto, to: here, label: here}", "goes round in a circle"),
    ],
)
def test_a_step_that_can_never_go_on_is_refused_with_file_line_and_key(
    text: str, sentence: str, procedure: Callable[..., Any]
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        procedure(f"  - {text}\n")
