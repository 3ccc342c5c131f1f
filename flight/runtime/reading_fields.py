"""The figures in a structure that a device answers with: what is wrong with one, and its blank.

Looked up once for a type, so that judging a reading is a handful of comparisons.
"""

import math
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from flight.icd.devices.base import Reading
from flight.icd.devices.measured import LARGEST, range_of, unit_of

Problem = Callable[[Any], str]


@dataclass(frozen=True)
class Field:
    """A field that holds figures. `flag`: the field that says whether it alone is valid, if any."""

    name: str
    flag: str
    judge: Problem

    def problem(self, value: Any) -> str:
        """What is wrong with its value, as a sentence; "" when nothing is."""
        wrong = self.judge(value)
        return f"{self.name}{wrong}" if wrong else ""

    def without(self, reading: Reading, value: Any) -> dict[str, Any]:
        """The fields of a reading that take back this one alone."""
        listed = getattr(reading, self.flag)
        if isinstance(listed, bool):
            return {self.flag: False, self.name: blank(value)}
        bad = [name for name, each in value.items() if self.judge({name: each})]
        left = {name: each for name, each in value.items() if name not in bad}
        return {self.flag: [*listed, *bad], self.name: left}


@cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a structure that hold figures."""
    hints = get_type_hints(kind, include_extras=True)
    flags: dict[str, str] = getattr(kind, "own_validity", {})
    found = []
    for field in msgspec.structs.fields(kind):
        judge = None if field.name == "time_ns" else _judge(hints[field.name])
        if judge is not None:
            found.append(Field(field.name, flags.get(field.name, ""), judge))
    return tuple(found)


def struct_problem(value: msgspec.Struct) -> str:
    """What is wrong with the figures of a structure, as a sentence; "" when nothing is."""
    for field in fields_of(type(value)):
        if field.judge(getattr(value, field.name)):
            return field.problem(getattr(value, field.name))
    return ""


def blank(value: Any) -> Any:
    """The same with "not a number" for each float, and without what is inside structures."""
    if isinstance(value, float):
        return math.nan
    if isinstance(value, tuple):
        return tuple(blank(each) for each in value)
    if isinstance(value, list):
        return [blank(each) for each in value if not isinstance(each, msgspec.Struct)]
    return {} if isinstance(value, dict) else value


def _judge(annotation: Any, low: float = -LARGEST, high: float = LARGEST, unit: str = "1") -> (
    Problem | None
):
    """How values of a type are judged; None for one without figures."""
    while get_origin(annotation) is Annotated:
        if (low, high) == (-LARGEST, LARGEST):
            low, high = range_of(annotation)
        unit = unit_of(annotation) if unit == "1" else unit
        annotation = get_args(annotation)[0]
    if annotation is float or (annotation is int and (low, high) != (-LARGEST, LARGEST)):
        return _number(low, high, unit)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return _structure(annotation)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _optional(inner, low, high, unit)
    if origin in (list, tuple):
        judge = _judge(inner[0], low, high, unit)
        return None if judge is None else _sequence(judge)
    if origin is dict:
        judge = _judge(inner[1], low, high, unit)
        return None if judge is None else _mapping(judge)
    return None


def _number(low: float, high: float, unit: str) -> Problem:
    def judge(value: Any) -> str:
        if low <= value <= high:
            return ""
        if not math.isfinite(value):
            return f" = {value}: not a finite number"
        words = "" if unit == "1" else f" {unit}"
        return f" = {value:.6g}{words}: measured is {low:g} to {high:g}{words}"

    return judge


def _structure(kind: type[msgspec.Struct]) -> Problem | None:
    if not fields_of(kind):
        return None

    def judge(value: Any) -> str:
        wrong = struct_problem(value)
        return f".{wrong}" if wrong else ""

    return judge


def _optional(members: tuple[Any, ...], low: float, high: float, unit: str) -> Problem | None:
    judges = [_judge(member, low, high, unit) for member in members]
    judge = next((each for each in judges if each is not None), None)
    if judge is None:
        return None
    return lambda value: "" if value is None or isinstance(value, bool) else judge(value)


def _sequence(judge: Problem) -> Problem:
    def every(value: Any) -> str:
        for index, each in enumerate(value):
            wrong = judge(each)
            if wrong:
                return f"[{index}]{wrong}"
        return ""

    return every


def _mapping(judge: Problem) -> Problem:
    def every(value: Any) -> str:
        for name, each in value.items():
            wrong = judge(each)
            if wrong:
                return f".{name}{wrong}"
        return ""

    return every
