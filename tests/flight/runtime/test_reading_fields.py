"""Which figures of a structure are judged, by which range, and in what words it is told."""

import math
from typing import Annotated, Any, ClassVar

import msgspec
import pytest

from flight.icd.devices.base import Method, Reading
from flight.icd.devices.measured import measured
from flight.runtime.reading_fields import blank, fields_of, struct_problem
from flight.runtime.reading_gate import ReadingGate, check_values


class Cell(msgspec.Struct, frozen=True):
    voltage: Annotated[float, measured("V", 0.0, 5.0)]


class Named(msgspec.Struct, frozen=True):
    name: str


Kilometres = Annotated[float, measured("km", 0.0, 9.0)]


class Many(msgspec.Struct, frozen=True):
    speed: Annotated[int, measured("rpm", 0, 10)] = 5
    count: int = 5
    level: Annotated[float, measured("1", 0.0, 1.0)] = 0.5
    row: Annotated[list[float], measured("m", 0.0, 1.0)] = []
    nested: Annotated[list[Kilometres], measured("m", 0.0, 1.0)] = []
    table: dict[str, Annotated[float, measured("K", 1.0, 2.0)]] = {}
    perhaps: Annotated[float, measured("s", 0.0, 3.0)] | None = None
    switched: Annotated[float | bool, measured("s", 2.0, 3.0)] = False
    free: float = 0.0
    cell: Cell = Cell(1.0)
    cells: list[Cell] = []
    names: list[str] = []
    named: Named | None = None
    words: dict[str, str] = {}
    time_ns: Annotated[int, measured("ns", 0, 1)] = 10


def test_what_holds_figures_is_judged_and_nothing_else() -> None:
    assert [field.name for field in fields_of(Many)] == [
        "speed", "level", "row", "nested", "table", "perhaps", "switched", "free", "cell", "cells",
    ]  # fmt: skip
    assert fields_of(Named) == () and struct_problem(Named("x")) == "" == struct_problem(Many())


@pytest.mark.parametrize(
    ("field", "good", "bad", "words"),
    [
        ("speed", [0, 10], 11, "speed = 11 rpm: measured is 0 to 10 rpm"),
        ("level", [0.0, 1.0], 1.25, "level = 1.25: measured is 0 to 1"),
        ("row", [[0.0, 1.0]], [0.5, -0.5, 2.0], "row[1] = -0.5 m: measured is 0 to 1 m"),
        ("nested", [[1.0]], [1.5], "nested[0] = 1.5 m: measured is 0 to 1 m"),
        ("table", [{"a": 1.0, "b": 2.0}], {"a": 1.0, "b": 3.0},
         "table.b = 3 K: measured is 1 to 2 K"),
        ("perhaps", [None, 0.0, 3.0], 3.5, "perhaps = 3.5 s: measured is 0 to 3 s"),
        ("switched", [True, False, 2.0], 1.0, "switched = 1 s: measured is 2 to 3 s"),
        ("free", [1e308, -1e308], math.inf, "free = inf: not a finite number"),
        ("cell", [Cell(5.0)], Cell(-1.0), "cell.voltage = -1 V: measured is 0 to 5 V"),
        ("cells", [[Cell(0.0)]], [Cell(0.0), Cell(math.nan)],
         "cells[1].voltage = nan: not a finite number"),
    ],
)  # fmt: skip
def test_a_figure_out_of_its_range_is_told_with_place_unit_and_range(
    field: str, good: list[Any], bad: Any, words: str
) -> None:
    for value in good:
        assert struct_problem(msgspec.structs.replace(Many(), **{field: value})) == ""
    assert struct_problem(msgspec.structs.replace(Many(), **{field: bad})) == words


def test_a_blank_has_no_figure_and_keeps_what_is_none() -> None:
    assert math.isnan(blank(1.0)) and blank("x") == "x" and blank(3) == 3 and blank(None) is None
    pair, row = blank((1.0, "x")), blank([1.0, Cell(1.0), "x"])
    assert isinstance(pair, tuple) and math.isnan(pair[0]) and pair[1] == "x"
    assert math.isnan(row[0]) and row[1:] == ["x"] and blank({"a": 1.0}) == {}


class Two(Reading, frozen=True, kw_only=True):
    """Two figures with a validity each, a table with a list, and one figure without."""

    own_validity: ClassVar[dict[str, str]] = {
        "near": "near_valid", "far": "far_valid", "warm": "cold",
    }  # fmt: skip

    near: Annotated[float, measured("m", 0.0, 1.0)] = 0.5
    near_valid: bool = True
    far: Annotated[float, measured("m", 0.0, 9.0)] = 5.0
    far_valid: bool = True
    warm: dict[str, Annotated[float, measured("K", 1.0, 2.0)]] = msgspec.field(default_factory=dict)
    cold: list[str] = msgspec.field(default_factory=list)
    height: Annotated[float, measured("m", 0.0, 3.0)] = 1.0


def test_the_first_that_is_wrong_is_the_reason_and_what_is_told_invalid_is_not_looked_at() -> None:
    both: Any = check_values(Two(near=2.0, far=10.0))
    assert both.valid and (both.near_valid, both.far_valid) == (False, False)
    assert both.reason == "near = 2 m: measured is 0 to 1 m" and math.isnan(both.far)
    told = Two(near=2.0, near_valid=False)
    assert check_values(told) is told
    tables: Any = check_values(Two(warm={"a": 3.0, "b": 1.5, "c": 0.0}, cold=["d"]))
    assert tables.valid and tables.warm == {"b": 1.5} and tables.cold == ["d", "a", "c"]
    assert tables.reason.startswith("warm.a = 3 K")
    whole: Any = check_values(Two(near=2.0, height=4.0))
    assert not whole.valid and whole.reason.startswith("height") and math.isnan(whole.near)


def test_a_further_check_without_a_field_or_of_one_without_a_validity_takes_back_all() -> None:
    for path in ("", "height"):
        gate = ReadingGate()
        asked: list[str] = []
        gate.further["look"] = [
            lambda reading, now, path=path: (path, "too calm"),  # type: ignore[misc]
            lambda reading, now, asked=asked: asked.append("second"),  # type: ignore[misc]
        ]
        judged = gate.admit(_look(), Two(), 0, 0, 0)
        assert (judged.valid, judged.reason, asked) == (False, "too calm", [])
    gate.further["look"][0] = lambda reading, now: ("far", "too far")
    judged = gate.admit(_look(), Two(), 0, 0, 0)
    assert judged.valid and not judged.far_valid and math.isnan(judged.far) and judged.near == 0.5
    assert asked == ["second"], "what is still valid is judged further"


def test_a_verdict_tells_what_was_taken_back_and_an_open_gate_hears_of_nothing() -> None:
    heard: list[tuple[str, bool, str]] = []

    def hear(name: str, reading: Any, why: str) -> None:
        heard.append((name, reading is not None and reading.valid, why))

    gate = ReadingGate(hear)
    gate.admit(_look(), Two(reason="as always"), 0, 0, 0)
    gate.admit(_look(), Two(far=10.0), 0, 0, 0)
    gate.failed(_look(), "nobody answers")
    gate.failed(_look("actuation"), "it is stuck")
    assert heard == [
        ("look", True, ""), ("look", True, "far = 10 m: measured is 0 to 9 m"),
        ("look", False, "nobody answers"),
    ]  # fmt: skip
    silent = ReadingGate(hear, open=True)
    silent.failed(_look(), "nobody answers")
    silent.admit(_look(), Two(far=10.0), 0, 0, 0)
    assert len(heard) == 3


def _look(kind: str = "reading") -> Any:
    return Method("look", kind, 5.0, msgspec.Struct, (), Two, "")
