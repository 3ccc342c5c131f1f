"""The single values of what a device answers: where they are, and how they are changed.

A path is `range`, `velocity[0]`, `zones.arm.on`; `velocity` means all that lies below it.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

ABOUT = ("time_ns", "valid", "reason", "boot")
"""Fields that tell about a reading; nothing changes them unless it is asked to."""


class Leaf(Enum):
    """What a single value is."""

    NUMBER = "number"
    COUNT = "whole number"
    SWITCH = "true or false"
    TEXT = "text"
    OTHER = "other"


Change = Callable[[Any, str, Leaf], Any]


@lru_cache(maxsize=512)
def type_info(kind: Any) -> inspect.Type:
    """What msgspec knows of a type, without what is only annotated."""
    return _bare(inspect.type_info(kind))


def _bare(info: inspect.Type) -> inspect.Type:
    while isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.UnionType):
        others = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        if len(others) == 1:
            return _bare(others[0])
    return info


def _leaf(info: inspect.Type) -> Leaf:
    match info:
        case inspect.FloatType():
            return Leaf.NUMBER
        case inspect.IntType():
            return Leaf.COUNT
        case inspect.BoolType():
            return Leaf.SWITCH
        case inspect.StrType() | inspect.LiteralType() | inspect.EnumType():
            return Leaf.TEXT
    return Leaf.OTHER


def _inner(info: inspect.Type, index: int) -> inspect.Type | None:
    match info:
        case inspect.ListType() | inspect.VarTupleType():
            return _bare(info.item_type)
        case inspect.TupleType():
            return _bare(info.item_types[index]) if index < len(info.item_types) else None
    return None


def changed(plain: Any, kind: Any, wanted: tuple[str, ...], change: Change) -> Any:
    """A copy of plain data of a type, `change(value, path, leaf)` at every leaf that is wanted.

    Without `wanted` those about the reading itself (`ABOUT`, `..._valid`) are left as they are.
    """
    return _changed(plain, type_info(kind), "", wanted, change)


def collected(plain: Any, kind: Any) -> dict[str, Any]:
    """Every leaf of plain data of a type, by its path."""
    found: dict[str, Any] = {}

    def take(value: Any, path: str, leaf: Leaf) -> Any:
        found[path] = value
        return value

    changed(plain, kind, tuple(fields_of(kind)), take)
    return found


def _changed(
    plain: Any, info: inspect.Type, path: str, wanted: tuple[str, ...], change: Change
) -> Any:
    if isinstance(info, inspect.StructType) and isinstance(plain, dict):
        types = {field.encode_name: _bare(field.type) for field in info.fields}
        return {
            name: _changed(value, types[name], _join(path, name), wanted, change)
            if name in types
            else value
            for name, value in plain.items()
        }
    if isinstance(info, inspect.StructType) and isinstance(plain, list | tuple):
        tagged = 0 if info.tag is None else 1
        return [
            *plain[:tagged],
            *(
                _changed(value, _bare(field.type), _join(path, field.name), wanted, change)
                for value, field in zip(plain[tagged:], info.fields, strict=False)
            ),
        ]
    if isinstance(info, inspect.DictType) and isinstance(plain, dict):
        inner = _bare(info.value_type)
        return {
            name: _changed(value, inner, _join(path, str(name)), wanted, change)
            for name, value in plain.items()
        }
    if isinstance(plain, list | tuple):
        return [
            value if (item := _inner(info, i)) is None
            else _changed(value, item, f"{path}[{i}]", wanted, change)
            for i, value in enumerate(plain)
        ]  # fmt: skip
    if plain is None or not is_wanted(path, wanted):
        return plain
    return change(plain, path, _leaf(info))


def is_wanted(path: str, wanted: tuple[str, ...]) -> bool:
    """Whether a path is one of those wanted, or lies below one."""
    if not wanted:
        last = path.rpartition(".")[2]
        return last not in ABOUT and not last.endswith("_valid")
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in wanted)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@lru_cache(maxsize=512)
def fields_of(kind: Any) -> dict[str, frozenset[Leaf]]:
    """The fields of a type, and what lies in or below each; one that is no struct has none."""
    info = type_info(kind)
    if not isinstance(info, inspect.StructType):
        return {}
    return {field.encode_name: frozenset(_below(_bare(field.type))) for field in info.fields}


@lru_cache(maxsize=512)
def leaves_at(kind: Any, path: str) -> frozenset[Leaf]:
    """What lies at a path in plain data of a type, or below it; empty: nothing can be there."""
    found: inspect.Type | None = type_info(kind)
    for part in _PART.findall(path):
        if found is None:
            return frozenset()
        found = _at(found, part)
    return frozenset() if found is None else frozenset(_below(found))


_PART = re.compile(r"[^.\[\]]+")


def _at(info: inspect.Type, part: str) -> inspect.Type | None:
    """The type of one item or field of another; None where it has none."""
    match info:
        case inspect.StructType():
            found = next((each.type for each in info.fields if each.encode_name == part), None)
            return None if found is None else _bare(found)
        case inspect.DictType():
            return _bare(info.value_type)
    if not part.isdecimal():
        return None
    most = getattr(info, "max_length", None)
    return None if most is not None and int(part) >= most else _inner(info, int(part))


def _below(info: inspect.Type) -> Iterator[Leaf]:
    match info:
        case inspect.StructType():
            for field in info.fields:
                yield from _below(_bare(field.type))
        case inspect.DictType():
            yield from _below(_bare(info.value_type))
        case inspect.ListType() | inspect.VarTupleType():
            yield from _below(_bare(info.item_type))
        case inspect.TupleType():
            for item in info.item_types:
                yield from _below(_bare(item))
        case _:
            yield _leaf(info)


def leaves_in(kind: Any, *, about: bool = False) -> frozenset[Leaf]:
    """What lies in a type, apart from what tells about the reading itself."""
    info = type_info(kind)
    if not isinstance(info, inspect.StructType):
        return frozenset(_below(info))
    found = (leaves for name, leaves in fields_of(kind).items() if about or is_wanted(name, ()))
    return frozenset().union(*found)


@lru_cache(maxsize=512)
def vectors_of(kind: Any) -> dict[str, int]:
    """The fields of a type that are lists of numbers, and how many they may have at most."""
    info = type_info(kind)
    found: dict[str, int] = {}
    for field in info.fields if isinstance(info, inspect.StructType) else ():
        most = _length(_bare(field.type))
        if most > 1:
            found[field.encode_name] = most
    return found


def _length(info: inspect.Type) -> int:
    match info:
        case inspect.TupleType():
            if all(_leaf(_bare(item)) is Leaf.NUMBER for item in info.item_types):
                return len(info.item_types)
        case inspect.ListType() | inspect.VarTupleType():
            if _leaf(_bare(info.item_type)) is Leaf.NUMBER:
                return info.max_length or 64
    return 0


def zero(kind: Any) -> Any:
    """Plain data of a type in which nothing is said: zeros, empty lists and texts, no switch set,
    and defaults where the type has them."""
    return _zero(inspect.type_info(kind))


def _zero(info: inspect.Type) -> Any:
    match info:
        case inspect.Metadata():
            return _zero(info.type)
        case inspect.UnionType():
            none = any(isinstance(each, inspect.NoneType) for each in info.types)
            return None if none else _zero(info.types[0])
        case inspect.StructType():
            return {field.encode_name: _of_field(field) for field in info.fields}
        case inspect.FloatType():
            return float(_within(info))
        case inspect.IntType():
            return int(_within(info))
        case inspect.BoolType():
            return False
        case inspect.StrType():
            return "-" * (info.min_length or 0)
        case inspect.BytesType():
            return b""
        case inspect.LiteralType():
            return info.values[0]
        case inspect.ListType() | inspect.VarTupleType():
            return [_zero(info.item_type)] * (info.min_length or 0)
        case inspect.TupleType():
            return [_zero(item) for item in info.item_types]
        case inspect.DictType():
            return {}
    return None


def _within(info: Any) -> float:
    least = info.ge if info.ge is not None else info.gt
    return max(0.0, least) if least is not None else 0.0


def _of_field(field: inspect.Field) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default, builtin_types=(bytes,))
    return _zero(field.type)
