"""Expressions that were checked, made into functions: asked of what is so now, and often.

The answer has three values: true, false and None, "not known". Nothing is known of a value that is
missing or not a number, of all that is computed from it, and of a comparison with it.

What a name stands for and how units convert is settled once, when the function is made.
"""

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

from flight.icd.expression_values import Resolve, same_kind, unit_of
from flight.icd.expressions import (
    Both,
    Compared,
    Condition,
    Literally,
    Magnitude,
    Name,
    Not,
    Number,
    Operand,
    Sum,
)

Answer = Callable[[], bool | None]
"""Whether something holds now; None: that is not known."""
Tell = Callable[[], Any]
"""Tells a value as it is now; None: it is not known."""
Find = Callable[[str], Tell]
"""Finds, once, the function that tells the value of a name."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def looking_up(look_up: Callable[[str], Any]) -> Find:
    """For who has one function for the values of all names."""
    return lambda path: partial(look_up, path)


def compile_condition(condition: Condition, find: Find, resolve: Resolve) -> Answer:
    """A condition that was checked, as a function."""
    match condition:
        case Name(path):
            return find(path)
        case Literally(value):
            return lambda: bool(value)
        case Not(inner):
            return _opposite(compile_condition(inner, find, resolve))
        case Both(word, parts):
            return _both(word, [_part(part, find, resolve) for part in parts])
        case Compared(left, sign, right):
            unit = unit_of(left, resolve) or unit_of(right, resolve) or "1"
            one, other = (_value(each, unit, find, resolve) for each in (left, right))
            return _compared(one, _COMPARE[sign], other)


def compile_value(operand: Operand, unit: str, find: Find, resolve: Resolve) -> Tell:
    """An operand that was checked, as a function that tells it in a unit."""
    return _value(operand, unit, find, resolve)


def _part(condition: Condition, find: Find, resolve: Resolve) -> Answer:
    """A part of a condition: what a name alone says is taken for true or false."""
    asked = compile_condition(condition, find, resolve)
    if not isinstance(condition, Name):
        return asked

    def ask() -> bool | None:
        value = asked()
        return None if value is None else bool(value)

    return ask


def _opposite(asked: Answer) -> Answer:
    def ask() -> bool | None:
        inside = asked()
        return None if inside is None else not inside

    return ask


def _both(word: str, parts: list[Answer]) -> Answer:
    decisive = word == "or"  # one such part decides, whatever the others are

    def ask() -> bool | None:
        answers = [part() for part in parts]  # all: each notes that it was asked
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive

    return ask


def _compared(left: Tell, compare: Callable[[Any, Any], Any], right: Tell) -> Answer:
    def ask() -> bool | None:
        one, other = left(), right()
        return None if one is None or other is None else bool(compare(one, other))

    return ask


def _value(operand: Operand, unit: str, find: Find, resolve: Resolve) -> Tell:
    """A number in a unit, a text or a truth value; None: not known."""
    match operand:
        case Number(value, given):
            number = value if given == unit else value * _factor(given, unit)
            return lambda: number
        case Literally(text):
            return lambda: text
        case Name(path):
            return _named(find(path), resolve(path).unit, unit)
        case Magnitude(inner):
            return _magnitude(_value(inner, unit, find, resolve))
        case Sum(parts):
            return _sum([(sign, _value(part, unit, find, resolve)) for sign, part in parts])


def _factor(given: str, wanted: str) -> float:
    sizes = same_kind(wanted)
    return sizes[given] / sizes[wanted]


def _named(tell: Tell, given: str, wanted: str) -> Tell:
    # Texts and truth values are told as they are; their unit says nothing.
    factor = None if given == wanted or given not in same_kind(wanted) else _factor(given, wanted)

    def value() -> Any:
        found = tell()
        if isinstance(found, bool) or not isinstance(found, int | float):
            return found
        if found != found:
            return None
        return found if factor is None else found * factor

    return value


def _magnitude(inner: Tell) -> Tell:
    def value() -> Any:
        inside = inner()
        return None if inside is None else abs(inside)

    return value


def _sum(parts: list[tuple[int, Tell]]) -> Tell:
    def value() -> Any:
        values = [(sign, tell()) for sign, tell in parts]
        if any(value is None for _, value in values):
            return None
        return math.fsum(sign * value for sign, value in values)

    return value
