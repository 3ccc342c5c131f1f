"""The arguments of a call: which of them are numbers or switches, and within what they may be."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import inspect

from flight.icd.devices.base import Method
from sim_hw.faults.leaves import Leaf, changed, fields_of, type_info

LIMITS = ("timeout", "force_limit", "lifetime")
"""Arguments that say how a motion is to be given up, not how far it goes."""


def numbers_of(method: Method) -> list[str]:
    """Its arguments that hold numbers which tell how far, how much or how long."""
    fields = fields_of(method.arguments)
    return [n for n, leaves in fields.items() if Leaf.NUMBER in leaves and n not in LIMITS]


def signed_of(method: Method) -> list[str]:
    """Its arguments that can be told the other way round: numbers that may be below zero, and
    switches."""
    found: list[str] = []
    for name, leaves in fields_of(method.arguments).items():
        signed = Leaf.NUMBER in leaves and name not in LIMITS and _may_be_negative(method, name)
        if signed or Leaf.SWITCH in leaves:
            found.append(name)
    return found


def with_numbers(
    method: Method, arguments: dict[str, Any], names: list[str], change: Callable[[float], float]
) -> dict[str, Any]:
    """The arguments with other numbers, each kept within what its type allows."""
    limits = _limits(method.arguments)

    def put(value: Any, path: str, leaf: Leaf) -> Any:
        if leaf is not Leaf.NUMBER:
            return value
        least, most = limits[path.partition("[")[0]]
        return min(max(change(value), least), most)

    return dict(changed(arguments, method.arguments, tuple(names), put))


def turned(method: Method, arguments: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The arguments told the other way round."""

    def put(value: Any, path: str, leaf: Leaf) -> Any:
        return not value if leaf is Leaf.SWITCH else value

    switched = dict(changed(arguments, method.arguments, tuple(names), put))
    return with_numbers(method, switched, names, lambda value: -value)


def _may_be_negative(method: Method, name: str) -> bool:
    return _limits(method.arguments)[name][0] < 0.0


@lru_cache(maxsize=512)
def _limits(kind: Any) -> dict[str, tuple[float, float]]:
    info = type_info(kind)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: _limits_of(field.type) for field in info.fields}


def _limits_of(info: inspect.Type) -> tuple[float, float]:
    """Between which numbers a leaf may be, the greatest of a limit that is itself not allowed."""
    while isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.ListType | inspect.VarTupleType):
        return _limits_of(info.item_type)
    if isinstance(info, inspect.TupleType) and info.item_types:
        return _limits_of(info.item_types[0])
    if not isinstance(info, inspect.FloatType):
        return -1e300, 1e300
    least = info.ge if info.ge is not None else -1e300
    most = info.le if info.le is not None else 1e300
    if info.gt is not None:
        least = max(least, info.gt + 1e-9 * max(1.0, abs(info.gt)))
    if info.lt is not None:
        most = min(most, info.lt - 1e-9 * max(1.0, abs(info.lt)))
    return least, most
