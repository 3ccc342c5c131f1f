"""Sequences are data that is refused with sentences when it is wrong."""

from typing import Any

import msgspec
import pytest

from flight.core.sequencing.sequences import SequenceRefusal, WaitUntil, parse_sequence

DRIVE = {
    "kind": "relative",
    "delay": 5.0,
    "target": "rover",
    "command": "drive_to",
    "arguments": {"east": 10.0, "north": 2.0},
}
WAIT = {
    "kind": "wait_until",
    "channel": "state_of_charge",
    "comparison": ">=",
    "value": 0.5,
    "timeout": 600.0,
}
LIFT = {"kind": "absolute", "time": 1e6, "late": "skip", "target": "mav", "command": "erect"}


def refusal(data: Any) -> list[str]:
    with pytest.raises(SequenceRefusal) as refused:
        parse_sequence(data)
    return refused.value.sentences


def test_a_sequence_comes_back_the_same_from_plain_data() -> None:
    sequence = parse_sequence({"name": "sol_12", "entries": [DRIVE, WAIT, LIFT], "doc": "Drive."})
    assert parse_sequence(msgspec.to_builtins(sequence)) == sequence
    assert [type(entry).__name__ for entry in sequence.entries] == [
        "Relative",
        "WaitUntil",
        "Absolute",
    ]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({**DRIVE, "delay": -1.0}, "delay = -1.0: allowed is a finite number of seconds"),
        ({**DRIVE, "delay": float("nan")}, "delay = nan: allowed"),
        ({**DRIVE, "delay": "5"}, "Expected `float`, got `str`"),
        ({**DRIVE, "dleay": 5.0}, "unknown field `dleay`"),
        ({**DRIVE, "on_failure": "retry"}, "Invalid enum value 'retry'"),
        ({**DRIVE, "command": ""}, "command is empty"),
        ({**DRIVE, "kind": "sometimes"}, "Invalid value 'sometimes'"),
        ({**LIFT, "time": float("inf")}, "time = inf: allowed is a finite number"),
        ({**LIFT, "late": "maybe"}, "Invalid enum value 'maybe'"),
        ({**LIFT, "late_tolerance": -1.0}, "late_tolerance = -1.0"),
        ({**WAIT, "value": "day"}, "comparison = '>=' with value = 'day': allowed are '=='"),
        ({**WAIT, "value": float("nan")}, "value = nan"),
        ({**WAIT, "check_period": 0.0}, "check_period = 0.0"),
        ({**WAIT, "timeout": float("inf")}, "timeout = inf"),
        (5, "Expected `object`, got `int`"),
    ],
)
def test_a_wrong_entry_is_refused_by_name_of_the_sequence_and_number(
    entry: Any, sentence: str
) -> None:
    (found,) = refusal({"name": "sol_12", "entries": [DRIVE, entry]})
    assert found.startswith("sol_12, entry 1: ")
    assert sentence in found


def test_all_faults_are_named_at_once() -> None:
    entries = [{**DRIVE, "delay": -1.0}, DRIVE, {**WAIT, "timeout": -1.0}]
    assert len(refusal({"name": "sol_12", "entries": entries})) == 2


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"entries": [DRIVE]},
        {"name": "a/b", "entries": [DRIVE]},
        {"name": "x", "entries": []},
        {"name": "x", "entries": [DRIVE] * 1001},
        {"name": "x", "entries": "none"},
        {"name": "x", "entries": [DRIVE], "doc": 5},
        {"name": "x", "entries": [DRIVE], "steps": []},
    ],
    ids=lambda data: str(data)[:30],
)
def test_a_wrong_frame_is_refused(data: Any) -> None:
    assert refusal(data)


def test_absolute_times_must_not_go_back() -> None:
    (found,) = refusal({"name": "x", "entries": [LIFT, DRIVE, {**LIFT, "time": 9e5}]})
    assert found.startswith("x, entry 2: time = 900000.0: allowed is at least 1000000.0")


@pytest.mark.parametrize(
    ("comparison", "value", "reading", "holds"),
    [
        (">=", 0.5, 0.5, True),
        (">", 0.5, 0.5, False),
        ("<=", 0.5, 0.5, True),
        ("<", 0.5, 0.4, True),
        ("==", 5, 5.0, True),
        ("!=", "day", "night", True),
        ("==", True, True, True),
        ("==", True, 1, False),
        ("==", 1, True, False),
        ("!=", True, 1, True),
        (">", 0.5, "high", False),
        (">", 0.5, None, False),
        ("!=", 0.5, None, False),
        ("!=", 0.5, float("nan"), False),
    ],
)
def test_a_condition_holds_only_for_a_valid_value_of_its_kind(
    comparison: str, value: Any, reading: Any, holds: bool
) -> None:
    entry = parse_sequence(
        {"name": "x", "entries": [{**WAIT, "comparison": comparison, "value": value}]}
    ).entries[0]
    assert isinstance(entry, WaitUntil)
    assert entry.holds(reading) is holds
