"""Says in words what a field, an argument or a result may be."""

import inspect
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from flight.icd.devices.measured import MEASURES

_PLAIN = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "text",
    bytes: "bytes",
    NoneType: "nothing",
    dict: "table",
    Any: "any",
}


def type_words(annotation: Any) -> str:
    """A type in words, with unit, range and length: "number m, -10 to 10".

    A structure is called by its name. Raises TypeError for a type that does not travel.
    """
    if get_args(annotation) and hasattr(annotation, "__metadata__"):
        inner, *metas = get_args(annotation)
        return type_words(inner) + "".join(
            _restriction(meta) for meta in metas if isinstance(meta, Meta)
        )
    if annotation is None:
        return _PLAIN[NoneType]
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return "one of " + ", ".join(str(member.value) for member in annotation)
    if inspect.isclass(annotation) and issubclass(annotation, msgspec.Struct):
        return annotation.__name__
    return _composed(annotation)


def _composed(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(str, inner))
    if origin is list or (origin is tuple and inner[-1] is Ellipsis):
        return f"list of {type_words(inner[0])}"
    if origin is tuple:
        return "list of " + ", ".join(map(type_words, inner))
    if origin is dict:
        return "table" if inner[1] is Any else f"table of {type_words(inner[1])}"
    if origin in (Union, UnionType):
        words = [type_words(each) for each in inner if each is not NoneType]
        return " or ".join(words + (["nothing"] if NoneType in inner else []))
    raise TypeError(f"{annotation} is no type that travels between programs")


def _restriction(meta: Meta) -> str:
    unit = (meta.extra or {}).get("unit", "1")
    parts = [] if unit == "1" else [f" {unit}"]
    if MEASURES in (meta.extra or {}):
        low, high = (meta.extra or {})[MEASURES]
        parts.append(f", measured {_figure(low)} to {_figure(high)}")
    if meta.ge is not None and meta.le is not None:
        parts.append(f", {_limit(meta.ge)} to {_limit(meta.le)}")
    else:
        bounds = (("from", meta.ge), ("above", meta.gt), ("to", meta.le), ("below", meta.lt))
        parts += [f", {word} {_limit(bound)}" for word, bound in bounds if bound is not None]
    if meta.min_length is not None and meta.min_length == meta.max_length:
        parts.append(f", exactly {meta.min_length} long")
    elif meta.max_length is not None:
        parts.append(f", {meta.min_length or 0} to {meta.max_length} long")
    elif meta.min_length is not None:
        parts.append(f", at least {meta.min_length} long")
    return "".join(parts)


def _limit(value: float) -> str:
    """In full: what is exactly at a limit is taken, and who builds a device goes by this page."""
    short = _figure(value)
    return short if float(short) == value else repr(value)


def _figure(value: float) -> str:
    return f"{value:.6g}"


def default_words(field: Any) -> str:
    """The default of a structure's field in JSON; empty when there is none."""
    if field.default is not msgspec.NODEFAULT:
        return msgspec.json.encode(field.default).decode()
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.json.encode(field.default_factory()).decode()
    return ""
