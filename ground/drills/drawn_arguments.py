"""Draws what an output does that comes on by itself: arguments that its method takes."""

import math
import random
from typing import Any

from msgspec import inspect

from flight.icd.devices.base import Method

SIZES = (-2.0, 0.0)  # powers of ten of numbers without limits: an output comes on for a moment
INTEGERS = 10  # above the least of them, or below the largest where there is no least
SPAN = 2.0  # of numbers that have limits, farthest from the middle of these


class NotDrawable(ValueError):
    """An argument whose values cannot be known: data, or a name of something that is not there."""


def drawn_arguments(method: Method, names: tuple[str, ...], draw: random.Random) -> dict[str, Any]:
    """Arguments that the method takes; `names`: those of the device's parts, for texts. Raises
    NotDrawable where there are none."""
    found: dict[str, Any] = {}
    if not method.names:
        return found
    info = inspect.type_info(method.arguments)
    assert isinstance(info, inspect.StructType)
    for field in info.fields:
        if field.required or draw.random() < 0.5:
            found[field.name] = _drawn(field.type, names, draw)
    return found


def _drawn(kind: Any, names: tuple[str, ...], draw: random.Random) -> Any:
    match kind:
        case inspect.Metadata(type=inner):
            return _drawn(inner, names, draw)
        case inspect.BoolType():
            return draw.random() < 0.5
        case inspect.LiteralType(values=values):
            return draw.choice(values)
        case inspect.FloatType():
            low, high = _limits(kind)
            # What is rounded may lie beyond a limit.
            return min(max(float(f"{_number(low, high, draw):.3g}"), low), high)
        case inspect.IntType():
            low, high = _limits(kind)
            if low == -math.inf:
                low = 0.0 if high >= 0.0 else high - INTEGERS
            return draw.randint(math.ceil(low), math.floor(min(high, low + INTEGERS)))
        case inspect.ListType(item_type=item, min_length=least):
            return [_drawn(item, names, draw) for _ in range(least or 1)]
        case inspect.TupleType(item_types=items):
            return [_drawn(item, names, draw) for item in items]
        case inspect.StrType() if names:
            return draw.choice(names)
    raise NotDrawable(f"nobody knows the values of {kind}")


def _limits(kind: inspect.FloatType | inspect.IntType) -> tuple[float, float]:
    """What it may be at the least and at the most; where the limit itself is not allowed, a bit
    within it."""
    given = [each for each in (kind.ge, kind.gt) if each is not None]
    least = max(given, default=-math.inf)
    given = [each for each in (kind.le, kind.lt) if each is not None]
    most = min(given, default=math.inf)
    bit = 1.0 if isinstance(kind, inspect.IntType) else min(1e-3, 1e-3 * (most - least))
    return (
        least + bit if kind.gt == least else least,
        most - bit if kind.lt == most else most,
    )


def _number(low: float, high: float, draw: random.Random) -> float:
    if math.isfinite(low) and math.isfinite(high):
        middle = 0.5 * (low + high)
        return draw.uniform(max(low, middle - SPAN), min(high, middle + SPAN))
    size = float(10.0 ** draw.uniform(*SIZES))
    size = -size if draw.random() < 0.5 else size
    return min(max(size, low), high)

