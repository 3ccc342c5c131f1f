"""An interface as plain data, and the hash by which two programs know that they mean the same.

Names, types, units, limits and fault codes are in it; what only people read (documentation, names
that Python has for structures) is not. The hash is the same for every Python version and machine.
"""

import hashlib
import json
import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from flight.icd.devices.base import DeviceInterface, Method

_SIMPLE = {
    float: "float", int: "int", bool: "bool", str: "text", bytes: "bytes",
    type(None): "nothing", None: "nothing", Any: "anything",
}  # fmt: skip
_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")


def interface_of(device: Any) -> type[DeviceInterface]:
    """The device interface that a device, or a driver, has; raises TypeError where it has none."""
    for base in type(device).__mro__:
        if DeviceInterface in base.__bases__:
            return base
    raise TypeError(f"{type(device).__name__} serves no device interface")


def description_of(interface: type[DeviceInterface]) -> dict[str, Any]:
    """Methods with arguments, results and limits (s), signals and fault codes, as plain data.

    Raises TypeError for a type that cannot be described.
    """
    return {
        "interface": interface.__name__,
        "methods": {name: _method(method) for name, method in interface.methods.items()},
        "signals": {name: type_of(kind) for name, kind in interface.signals.items()},
        "fault_codes": list(interface.fault_codes),
    }


_HASHES: dict[type[DeviceInterface], str] = {}


def interface_hash(interface: type[DeviceInterface]) -> str:
    """SHA-256 of the description, as 64 hexadecimal digits."""
    if interface not in _HASHES:
        _HASHES[interface] = _hash_of(interface)
    return _HASHES[interface]


def _hash_of(interface: type[DeviceInterface]) -> str:
    text = json.dumps(
        description_of(interface), sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _method(method: Method) -> dict[str, Any]:
    return {
        "kind": method.kind,
        "limit": method.limit,
        "period": method.period,
        "archived": method.archived,
        "irreversible": method.irreversible,
        "arguments": _fields(method.arguments),
        "result": type_of(method.result),
    }


def _fields(kind: type[msgspec.Struct]) -> list[dict[str, Any]]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        {"name": field.encode_name, "required": field.required} | type_of(hints[field.name])
        for field in msgspec.structs.fields(kind)
    ]


def type_of(annotation: Any) -> dict[str, Any]:
    """A type as plain data: `type`, what limits it, and what is inside."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        told = type_of(inner[0])
        for meta in inner[1:]:
            if isinstance(meta, msgspec.Meta):
                told |= _limits_of(meta)
        return told
    if annotation in _SIMPLE:
        return {"type": _SIMPLE[annotation]}
    if origin in (Union, types.UnionType):
        return {"type": "one of", "of": [type_of(each) for each in inner]}
    if origin is Literal:
        return {"type": "word", "words": list(inner)}
    if origin in (list, tuple) and (len(inner) == 1 or inner[1:] == (Ellipsis,)):
        return {"type": "list", "of": type_of(inner[0])}
    if origin is tuple:
        return {"type": "row", "of": [type_of(each) for each in inner]}
    if origin is dict:
        return {"type": "table", "of": type_of(inner[1])}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {"type": "word", "words": [each.value for each in annotation]}
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        told = {"type": "structure", "fields": _fields(annotation)}
        tag = annotation.__struct_config__.tag
        return told if tag is None else told | {"tag": tag}
    raise TypeError(f"{annotation!r} cannot be described as plain data")


def _limits_of(meta: msgspec.Meta) -> dict[str, Any]:
    told = {name: getattr(meta, name) for name in _LIMITS if getattr(meta, name) is not None}
    extra = meta.extra or {}
    return told | {name: extra[name] for name in sorted(extra)}
