"""Arguments that are drawn for what comes on by itself are such as the method takes."""

import random
from typing import Annotated, Any

import msgspec
import pytest

from flight.icd.devices.base import Method
from ground.drills.drawn_arguments import drawn_arguments

BOUNDS: list[dict[str, float]] = [
    {}, {"ge": 0}, {"ge": 3}, {"gt": 3}, {"ge": -7}, {"le": 5}, {"lt": 0}, {"le": -4}, {"lt": -4},
    {"ge": -9, "le": -8}, {"gt": -9, "lt": -7}, {"ge": 2, "le": 2}, {"ge": 100, "lt": 10_000},
]  # fmt: skip
NARROW: list[dict[str, float]] = [
    {"gt": 0.0, "le": 1e-4}, {"ge": 0.12345, "le": 0.12349}, {"gt": -1e-5, "lt": 0.0},
    {"ge": 12_345.6}, {"le": -12_345.6},
]  # fmt: skip


def drawn(kind: type, bounds: dict[str, float], count: int = 200) -> tuple[Any, list[Any]]:
    """What is drawn, and the struct that takes it or refuses."""
    annotated: Any = Annotated[kind, msgspec.Meta(**bounds)]
    arguments = msgspec.defstruct("Arguments", [("value", annotated)])
    method = Method("set", "actuation", 1.0, arguments, ("value",), None, "")
    draw = random.Random(1)
    return arguments, [drawn_arguments(method, (), draw)["value"] for _ in range(count)]


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
@pytest.mark.parametrize("kind", [int, float])
def test_they_keep_to_whatever_limits_there_are(kind: type, bounds: dict[str, float]) -> None:
    arguments, values = drawn(kind, bounds)
    for value in values:
        assert type(value) is kind
        msgspec.convert({"value": value}, arguments)
    if kind is int:
        assert max(values) - min(values) <= 10


@pytest.mark.parametrize("bounds", NARROW, ids=str)
def test_neither_rounding_nor_an_open_limit_leads_beyond_a_narrow_range(
    bounds: dict[str, float]
) -> None:
    arguments, values = drawn(float, bounds)
    for value in values:
        msgspec.convert({"value": value}, arguments)


def test_below_an_upper_limit_alone_all_are_drawn_down_to_some_way_below_it() -> None:
    _, values = drawn(int, {"lt": -4})
    assert set(values) == set(range(-15, -4))
