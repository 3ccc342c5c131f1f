"""Expressions checked against what there is: names, kinds, units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True)
class Symbol:
    """What a name stands for: its kind, and the unit of a number. A `state` is true or false."""

    kind: Kind
    unit: str = "1"


Resolve = Callable[[str], Symbol]
"""What a name stands for; raises ExpressionError, with the names that there are."""


def check_expression(expression: Expression, resolve: Resolve) -> None:
    """Raises ExpressionError where a name does not exist, or kinds or units do not go together."""
    _check(expression.asked, resolve)
    if expression.during is not None:
        _check(expression.during, resolve)


def same_kind(unit: str) -> Mapping[str, float]:
    """The units in which something of this unit can be given, and their sizes."""
    return UNITS.get(unit, {unit: 1.0})


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
    one, other = (unit_of(each, resolve) or "1" for each in (compared.left, compared.right))
    if other not in same_kind(one):
        raise ExpressionError(
            f"{_words(compared.right)} cannot be compared with {_words(compared.left)}, which is "
            f"in {one}: allowed is a quantity in {one_of(list(same_kind(one)))}"
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
            units = [unit_of(part, resolve) for _, part in parts if _number(part, resolve)]
            strange = [unit for unit in units if (unit or "1") not in same_kind(units[0] or "1")]
            if strange:
                raise ExpressionError(f"{units[0]} and {strange[0]} cannot be added up")
            return "number"


def _number(operand: Operand, resolve: Resolve) -> str:
    kind = _kind(operand, resolve)
    if kind != "number":
        raise ExpressionError(f"{_words(operand)} is a {kind}: allowed is a number")
    return kind


def check_number(operand: Operand, resolve: Resolve) -> str:
    """The unit of an operand that is a number; raises ExpressionError where it is none."""
    _number(operand, resolve)
    return unit_of(operand, resolve) or "1"


def unit_of(operand: Operand, resolve: Resolve) -> str | None:
    """The unit in which a number is compared; None: of a text or a truth value."""
    match operand:
        case Number(_, unit):
            return unit
        case Name(path):
            symbol = resolve(path)
            return symbol.unit if symbol.kind == "number" else None
        case Magnitude(inner):
            return unit_of(inner, resolve)
        case Sum(parts):
            return unit_of(parts[0][1], resolve)
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
