"""What a procedure file may say: each figure at its bounds and beyond, and what is meant unsaid."""

from typing import Any

import msgspec
import pytest

from ground.mission_control.alarms.limit_sets import ChannelLimits, LimitSet, LimitSets
from ground.mission_control.archive.retention import RetentionRule
from ground.mission_control.procedures.recovery_rules import RecoveryRules
from ground.mission_control.procedures.steps import (
    AnyStep,
    Branch,
    CommandStep,
    Opportunity,
    PhaseEntry,
    ProcedureFile,
    Until,
)

COMMAND = {"do": "command", "vehicle": "rover", "command": "drive"}
WAIT = {"do": "wait_until", "sol": 7}
PRODUCT = {
    "do": "complete_product", "vehicle": "rover", "channel": "a", "announced": "b", "command": "c",
    "limit_sols": 1.0,
}  # fmt: skip
PAUSE = {"do": "pause"}
CUSTODY: dict[str, Any] = {"do": "assert_custody", "tubes": "all", "places": ["ground"]}
PROMPT: dict[str, Any] = {
    "do": "prompt", "label": "a", "text": "t", "answers": ["yes"], "otherwise": "yes",
}  # fmt: skip
POLL: dict[str, Any] = {"do": "poll", "text": "t", "roles": ["operator"]}
UNTIL = {"argument": "a", "sol": 7, "lmst": 3.0}
RULES = {"per_step": 1, "in_all": 1, "settle_seconds": 1.0, "silence_sols": 1.0, "limit_sols": 1.0}
LIMITS: dict[str, Any] = {"source": "s", "yellow": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("kind", "plain", "key", "inside", "outside"),
    [
        (AnyStep, COMMAND, "limit_sols", (0.0, 2000.0), (-1e-9, 2000.001)),
        (AnyStep, COMMAND, "silence_sols", (1e-9, 100.0), (0.0, 100.001)),
        (AnyStep, COMMAND, "attempts", (1, 10), (0, 11)),
        (AnyStep, COMMAND, "recoveries", (0, 100), (-1, 101)),
        (AnyStep, COMMAND, "lifetime", (1e-9, 600.0), (0.0, 600.001)),
        (AnyStep, COMMAND, "label", ("A_1",), ("1", "a b", "")),
        (AnyStep, COMMAND, "on_failure", ("stop", "continue", "goto a"), ("goto", "go", "stop!")),
        (AnyStep, WAIT, "sol", (0, 2000, "${sol}"), (-1, 2001, "sol", "${}")),
        (AnyStep, WAIT, "lmst", (0.0, 24.999), (-1e-9, 25.0)),
        (AnyStep, PRODUCT, "attempts", (1, 50), (0, 51)),
        (AnyStep, PAUSE, "seconds", (0.0, 2.0e8), (-1e-9, 2.001e8)),
        (AnyStep, PAUSE, "sols", (0.0, 2000.0), (-1e-9, 2000.001)),
        (AnyStep, CUSTODY, "at_least", (0,), (-1,)),
        (AnyStep, PROMPT, "text", ("x", "x" * 1000), ("", "x" * 1001)),
        (AnyStep, PROMPT, "answers", (["yes"] * 10, ["yes", "x" * 80]),
         ([], ["yes"] * 11, ["yes", ""], ["yes", "x" * 81], ["no"])),
        (AnyStep, POLL, "text", ("x" * 1000,), ("", "x" * 1001)),
        (AnyStep, POLL, "roles", (["director"],), ([], ["trainer"])),
        (AnyStep, {"do": "include"}, "part", ("a_1",), ("A", "../a", "")),
        (Opportunity, {"of": "launch", "argument": "a"}, "lead_sols", (0.0, 10.0), (-0.1, 10.01)),
        (Until, UNTIL, "sol", (0, 2000, "${a}"), (-1, 2001, "x", "${a b}")),
        (Until, UNTIL, "lmst", (0.0, 23.999), (-1e-9, 24.0)),
        (Until, UNTIL, "more_sols", (0.0, 100.0), (-1e-9, 100.001)),
        (PhaseEntry, {"name": "a", "title": "A"}, "weight", (1e-9, 1e6), (0.0, 1.001e6)),
        (ProcedureFile, {"title": "a"}, "steps", ([{"do": "pause"}],), ([], [{"do": "dance"}])),
        (RecoveryRules, RULES, "per_step", (0, 100), (-1, 101)),
        (RecoveryRules, RULES, "in_all", (0, 100), (-1, 101)),
        (RecoveryRules, RULES, "settle_seconds", (0.0, 1e6), (-1.0, 1.001e6)),
        (RecoveryRules, RULES, "silence_sols", (1e-9, 100.0), (0.0, 100.001)),
        (RecoveryRules, RULES, "hibernation_sols", (1e-9, 700.0), (0.0, 700.001)),
        (RetentionRule, {"format": 1, "keep_sols": 1.0}, "largest_megabytes", (1, 10**6),
         (0, 10**6 + 1)),
        (RetentionRule, {"format": 1, "largest_megabytes": 9}, "keep_sols", (0.0, 2000.0),
         (-1.0, 2000.1)),
        (ChannelLimits, LIMITS, "source", ("x", "x" * 300), ("", "x" * 301)),
        (ChannelLimits, LIMITS, "yellow", ([-1e12, 1e12], [None, 1.0]),
         ([-1.1e12, 0.0], [0.0, 1.1e12], [1.0, 1.0], [2.0, 1.0], [None, None])),
        (ChannelLimits, LIMITS, "red", ([0.0, 1.0], [-1.0, 2.0], [None, 1.0]),
         ([0.1, 1.0], [0.0, 0.9], [2.0, 1.0])),
        (LimitSet, {"doc": "d", "limits": {"a.b": LIMITS}}, "doc", ("x" * 300,), ("", "x" * 301)),
        (LimitSet, {"doc": "d"}, "limits", ({"a.b": LIMITS},),
         ({}, {"A.b": LIMITS}, {"a": LIMITS})),
        (LimitSets, {"format": 1}, "sets", ({},), ({"Day": {}},)),
    ],
)  # fmt: skip
def test_each_figure_is_taken_at_its_bounds_and_not_beyond(
    kind: Any, plain: dict[str, Any], key: str, inside: tuple[Any, ...], outside: tuple[Any, ...]
) -> None:
    for value in inside:
        msgspec.convert({**plain, key: value}, kind)
    for value in outside:
        with pytest.raises((msgspec.ValidationError, ValueError)):
            msgspec.convert({**plain, key: value}, kind)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({**plain, key: inside[0], "sleep": 1}, kind)


def test_what_is_not_said_is_the_careful_choice() -> None:
    step = msgspec.convert(COMMAND, CommandStep)
    assert (step.on_failure, step.attempts, step.armed, step.lifetime) == ("stop", 1, False, 300.0)
    assert (step.limit_sols, step.silence_sols, step.recoveries) == (None, None, None)
    assert msgspec.convert(LIMITS, ChannelLimits).latched is False
    assert msgspec.convert(PRODUCT, AnyStep).attempts == 5
    assert msgspec.convert(RULES, RecoveryRules).hibernation_sols == 200.0
    wait = {"do": "wait_for_event", "vehicle": "rover", "event": "e", "limit_sols": 1.0}
    assert msgspec.convert(wait, AnyStep).since == "command"
    assert msgspec.convert({"do": "end"}, AnyStep).verdict == "complete"
    assert msgspec.convert({"of": "launch", "argument": "a"}, Opportunity).lead_sols == 0.0


def test_what_contradicts_itself_is_refused() -> None:
    twice = {**COMMAND, "tubes_at": ["ground"], "arguments": {"tubes": ["a"]}}
    with pytest.raises(msgspec.ValidationError, match="given twice"):
        msgspec.convert(twice, CommandStep)
    msgspec.convert({**COMMAND, "tubes_at": ["ground"]}, CommandStep)
    one: dict[str, Any] = {"do": "branch", "then": "a", "verdict": {"among": ["COMPLETED"]}}
    msgspec.convert(one, Branch)
    other = {"of": "b", "among": ["yes"]}
    for wrong in ({**one, "answer": other}, {"do": "branch", "then": "a"}):
        with pytest.raises(msgspec.ValidationError, match="exactly one"):
            msgspec.convert(wrong, Branch)
    with pytest.raises(ValueError, match="1, the format that is read here"):
        RetentionRule(format=2, largest_megabytes=1, keep_sols=0.0)
