"""Expressions checked against what there is, and asked of what is so now.

The answer has three values: true, false and None, "not known". Nothing is known of a value that is
missing or not a number, of all that is computed from it, and of a comparison with it.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flight.configuration.allowed_values import one_of
from flight.icd.amounts import UNITS
from flight.icd.expressions import (
    Both,
    Compared,
    Condition,
    Expression,
    ExpressionError,
    Literally,
    Magnitude,
    Name,
    Not,
    Number,
    Operand,
    Sum,
)

Kind = Literal["number", "text", "boolean", "state"]
LookUp = Callable[[str], Any]
"""The value of a name now; None: it is not known."""


@dataclass(frozen=True)
class Symbol:
    """What a name stands for: its kind, and the unit of a number. A `state` is true or false."""

    kind: Kind
    unit: str = "1"


Resolve = Callable[[str], Symbol]
"""What a name stands for; raises ExpressionError, with the names that there are."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def check_expression(expression: Expression, resolve: Resolve) -> None:
    """Raises ExpressionError where a name does not exist, or kinds or units do not go together."""
    _check(expression.asked, resolve)
    if expression.during is not None:
        _check(expression.during, resolve)


def holds(condition: Condition, look_up: LookUp, resolve: Resolve) -> bool | None:
    """Whether a condition that was checked holds now; None: that is not known."""
    match condition:
        case Name(path):
            value = look_up(path)
            return None if value is None else bool(value)
        case Literally(value):
            return bool(value)
        case Not(inner):
            inside = holds(inner, look_up, resolve)
            return None if inside is None else not inside
        case Both(word, parts):
            return _both(word, [holds(part, look_up, resolve) for part in parts])
        case Compared(left, sign, right):
            unit = _unit_of(left, resolve) or _unit_of(right, resolve) or "1"
            one, other = (_value(each, unit, look_up, resolve) for each in (left, right))
            return None if one is None or other is None else bool(_COMPARE[sign](one, other))


def compile_condition(
    condition: Condition, look_up: LookUp, resolve: Resolve
) -> Callable[[], bool | None]:
    """A condition that was checked, to be asked often."""
    if isinstance(condition, Name):
        path = condition.path
        return lambda: look_up(path)
    return lambda: holds(condition, look_up, resolve)


def _same_kind(unit: str) -> Mapping[str, float]:
    """The units in which something of this unit can be given, and their sizes."""
    return UNITS.get(unit, {unit: 1.0})


def _converted(value: float, unit: str, wanted: str) -> float:
    sizes = _same_kind(wanted)
    return value if unit == wanted else value * (sizes[unit] / sizes[wanted])


def _both(word: str, parts: list[bool | None]) -> bool | None:
    decisive = word == "or"  # one such part decides, whatever the others are
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _value(operand: Operand, unit: str, look_up: LookUp, resolve: Resolve) -> Any:
    """A number in a unit, a text or a truth value; None: not known."""
    match operand:
        case Number(value, given):
            return _converted(value, given, unit)
        case Literally(value):
            return value
        case Name(path):
            found = look_up(path)
            if isinstance(found, bool) or not isinstance(found, int | float):
                return found
            return _converted(found, resolve(path).unit, unit) if found == found else None
        case Magnitude(inner):
            inside = _value(inner, unit, look_up, resolve)
            return None if inside is None else abs(inside)
        case Sum(parts):
            values = [(sign, _value(part, unit, look_up, resolve)) for sign, part in parts]
            if any(value is None for _, value in values):
                return None
            return math.fsum(sign * value for sign, value in values)


# ----------------------------------------------------------------------- checks


def _check(condition: Condition, resolve: Resolve) -> None:
    match condition:
        case Name(path):
            kind = resolve(path).kind
            if kind not in ("boolean", "state"):
                raise ExpressionError(f"{path} is a {kind}: it needs a comparison")
        case Literally():
            pass
        case Not(inner):
            _check(inner, resolve)
        case Both(_, parts):
            for part in parts:
                _check(part, resolve)
        case Compared():
            _check_comparison(condition, resolve)


def _check_comparison(compared: Compared, resolve: Resolve) -> None:
    left, right = _kind(compared.left, resolve), _kind(compared.right, resolve)
    if left != right:
        raise ExpressionError(
            f"{_words(compared.left)} is a {left} and {_words(compared.right)} a {right}: "
            "they cannot be compared"
        )
    if left != "number":
        if compared.operator not in ("==", "!="):
            raise ExpressionError(
                f"{compared.operator} cannot compare a {left}: allowed is == and !="
            )
        return
    one, other = (_unit_of(each, resolve) or "1" for each in (compared.left, compared.right))
    if other not in _same_kind(one):
        raise ExpressionError(
            f"{_words(compared.right)} cannot be compared with {_words(compared.left)}, which is "
            f"in {one}: allowed is a quantity in {one_of(list(_same_kind(one)))}"
        )


def _kind(operand: Operand, resolve: Resolve) -> str:
    match operand:
        case Number():
            return "number"
        case Literally(value):
            return "boolean" if isinstance(value, bool) else "text"
        case Name(path):
            kind = resolve(path).kind
            return "boolean" if kind == "state" else kind
        case Magnitude(inner):
            return _number(inner, resolve)
        case Sum(parts):
            units = [_unit_of(part, resolve) for _, part in parts if _number(part, resolve)]
            strange = [unit for unit in units if (unit or "1") not in _same_kind(units[0] or "1")]
            if strange:
                raise ExpressionError(f"{units[0]} and {strange[0]} cannot be added up")
            return "number"


def _number(operand: Operand, resolve: Resolve) -> str:
    kind = _kind(operand, resolve)
    if kind != "number":
        raise ExpressionError(f"{_words(operand)} is a {kind}: allowed is a number")
    return kind


def _unit_of(operand: Operand, resolve: Resolve) -> str | None:
    """The unit in which a number is compared; None: of a text or a truth value."""
    match operand:
        case Number(_, unit):
            return unit
        case Name(path):
            symbol = resolve(path)
            return symbol.unit if symbol.kind == "number" else None
        case Magnitude(inner):
            return _unit_of(inner, resolve)
        case Sum(parts):
            return _unit_of(parts[0][1], resolve)
        case Literally():
            return None


def _words(operand: Operand) -> str:
    match operand:
        case Name(path):
            return path
        case Number(value, unit):
            return f"{value:g}" if unit == "1" else f"{value:g} {unit}"
        case Literally(value):
            return str(value).lower() if isinstance(value, bool) else repr(value)
        case Magnitude(inner):
            return f"abs({_words(inner)})"
        case Sum():
            return "the sum"
