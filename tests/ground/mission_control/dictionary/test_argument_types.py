"""Kinds of arguments: what each lets through at its very limits, and how it is told to a reader."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ground.mission_control.dictionary.argument_types import TypeEntry
from ground.mission_control.dictionary.dictionary import Dictionary, DictionaryRefusal

NUMBER = TypeEntry("number", ge=0.0, le=30.0)
STRUCTURE = TypeEntry(
    "structure", fields={"east": TypeEntry("number"), "name": TypeEntry("text")},
    required=("east",),
)  # fmt: skip
EITHER = TypeEntry("either", items=(TypeEntry("integer"), TypeEntry("text")))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (NUMBER, "number, 0 to 30"),
        (TypeEntry("number", gt=0.0, lt=30.0), "number, 0 to 30"),
        (TypeEntry("number", ge=1.0), "number, at least 1"),
        (TypeEntry("number", gt=1.0), "number, above 1"),
        (TypeEntry("number", le=1.0), "number, at most 1"),
        (TypeEntry("number", lt=1.0), "number, below 1"),
        (TypeEntry("text", optional=True), "text, or null"),
        (TypeEntry("choice", choices=("a", 2)), "one of a, 2"),
        (TypeEntry("list", items=(NUMBER,)), "list of number, 0 to 30"),
        (STRUCTURE, "structure of east, name"),
        (EITHER, "integer or text"),
    ],
)
def test_a_type_is_told_with_its_limits(entry: TypeEntry, words: str) -> None:
    assert entry.words() == words


@pytest.mark.parametrize(
    ("entry", "good", "bad"),
    [
        (NUMBER, [0.0, 30.0, 7], [-5e-324, math.nextafter(30.0, 99.0), "7", None]),
        (
            TypeEntry("number", gt=0.0, lt=30.0),
            [5e-324, math.nextafter(30.0, 0.0)], [0.0, 30.0],
        ),
        (TypeEntry("integer", ge=1, le=3), [1, 3], [0, 4, 1.5, True]),
        (TypeEntry("text", min_length=1, max_length=2), ["a", "ab"], ["", "abc", 1]),
        (TypeEntry("text", pattern="^[a-z]+$"), ["ab"], ["A", ""]),
        (TypeEntry("boolean"), [True, False], [1, "true", None]),
        (TypeEntry("number", optional=True), [None, 1.0], ["x"]),
        (TypeEntry("choice", choices=("a", "b")), ["a", "b"], ["c", None]),
        (TypeEntry("list", items=(NUMBER,), max_length=2), [[], [0.0, 30.0]], [[31.0], [1.0] * 3]),
        (TypeEntry("table", items=(NUMBER,)), [{}, {"a": 1.0}], [{"a": -1.0}, []]),
        (STRUCTURE, [{"east": 1.0}, {"east": 1.0, "name": "x"}], [{}, {"east": 1.0, "up": 2.0}]),
        (EITHER, [1, "x"], [1.5, None]),
        (TypeEntry("any"), [None, 1, "x", [1]], []),
    ],
)
def test_what_is_within_its_limits_is_let_through_and_nothing_else(
    entry: TypeEntry, good: list[Any], bad: list[Any]
) -> None:
    kind = entry.build("test")
    for value in good:
        msgspec.convert(value, kind)
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, kind)


def test_names_in_a_value_are_found_wherever_they_are() -> None:
    tube = TypeEntry("text", names="tube")
    assert tube.named("M1") == [("tube", "M1")] and tube.named(7) == []
    assert TypeEntry("list", items=(tube,)).named(["M1", "M2"]) == [("tube", "M1"), ("tube", "M2")]
    table = TypeEntry("table", names="parameter")
    assert table.named({"limit": 1}) == [("parameter", "limit")]
    inside = TypeEntry("structure", fields={"of": tube, "other": TypeEntry("text")})
    assert inside.named({"of": "M1", "other": "x"}) == [("tube", "M1")]
    assert inside.named({"other": "x"}) == [] and TypeEntry("text").named("M1") == []


def test_a_dictionary_of_another_format_or_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dictionary.json"
    with pytest.raises(DictionaryRefusal, match="cannot be read"):
        Dictionary.read(file)
    file.write_text("{")
    with pytest.raises(DictionaryRefusal, match="cannot be read"):
        Dictionary.read(file)
    file.write_text('{"vehicles": 7}')
    with pytest.raises(DictionaryRefusal, match="this is no dictionary"):
        Dictionary.read(file)
    for wrong in (1, 3):
        file.write_text(json.dumps({"vehicles": {}, "format": wrong}))
        with pytest.raises(DictionaryRefusal, match=f"format = {wrong}: this program reads"):
            Dictionary.read(file)
    file.write_text(json.dumps({"vehicles": {}, "format": 2}))
    assert Dictionary.read(file).vehicles == {}
