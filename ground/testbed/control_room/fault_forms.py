"""Faults as forms: what can break in a run, how, and with which figures. All of it is what the
catalogue itself says; nothing is listed here a second time."""

import inspect
from typing import Any

import msgspec

from flight.configuration.allowed_values import AMOUNT, UNIT
from ground.testbed.control_room.dictionary import describe_type
from sim_hw.faults.actuation_kinds import ArgumentKind
from sim_hw.faults.catalogue import Catalogue
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.fault import TRIGGERS, Seconds
from sim_hw.faults.kind import TARGET_KINDS, FaultKind, TargetKind
from sim_hw.faults.leaves import fields_of
from sim_hw.faults.own_kinds import OwnKind
from sim_hw.faults.reading_kinds import ValueKind
from sim_hw.faults.targets import NamedPart, Targets

Plain = dict[str, Any]
NAMED: tuple[TargetKind, ...] = ("bus", "ground")
"""Sorts of targets, beside devices, of which a fault can be limited to a part (`method`)."""


def targets_form(targets: Targets) -> Plain:
    """Of every fault: what can break, when it can begin, and how long it can last."""
    return {
        "targets": [
            {"sort": sort, "name": name}
            for sort, parts in targets.parts.items()
            if sort not in targets.cannot
            for name in parts
        ],
        "triggers": {
            key: {"doc": _doc(trigger), "arguments": _arguments(trigger)}
            for key, trigger in TRIGGERS.items()
        },
        "lasts": _argument(Seconds),
    }


def kinds_form(catalogue: Catalogue, targets: Targets, sort: str, name: str) -> Plain:
    """How a target can break, or why not; raises ValueError for one that is not there."""
    if sort not in TARGET_KINDS:
        raise ValueError(f"sort = {sort!r}: allowed is one of {', '.join(TARGET_KINDS)}")
    parts = targets.parts.get(sort, {})
    if sort in targets.cannot:
        raise ValueError(f"sort = {sort!r}: {targets.cannot[sort]}")
    if name not in parts:
        raise ValueError(f"target = {name!r}: allowed is one of {', '.join(parts)}")
    part = parts[name]
    return {
        "kinds": [
            {
                "name": kind.name(), "doc": _doc(kind), "why_not": kind.why_not(part),
                "counted": kind.counted, "methods": _methods(kind, sort, part),
                "arguments": _arguments(kind),
            }
            for kind in catalogue.of(sort, part).values()
        ]
    }  # fmt: skip


def _doc(kind: type[Any]) -> str:
    return " ".join((inspect.getdoc(kind) or "").split())


def _methods(kind: type[FaultKind], sort: TargetKind, part: Any) -> dict[str, list[str]]:
    """What a fault can be limited to within its target, each with the fields that it can change."""
    if isinstance(part, NamedPart):
        return {name: [] for name in part.has} if sort in NAMED else {}
    if not isinstance(part, DevicePart) or not issubclass(kind, DeviceKind):
        return {}
    if issubclass(kind, OwnKind):
        return {}
    return {method: _fields(kind, part, method) for method in kind.methods(part)}


def _fields(kind: type[DeviceKind], part: DevicePart, method: str) -> list[str]:
    if issubclass(kind, ValueKind):
        told = fields_of(part.types()[method])
        return [name for name, leaves in told.items() if leaves & kind.leaves]
    if issubclass(kind, ArgumentKind):
        return kind.arguments(part.interface.methods[method])
    return []


def _arguments(kind: type[msgspec.Struct]) -> dict[str, Plain]:
    return {
        field.encode_name: _argument(field.type, field) for field in msgspec.structs.fields(kind)
    }


def _argument(annotation: Any, field: Any = None) -> Plain:
    """As the dictionary has arguments, with the units that it may be given in."""
    extra = _extra(annotation)
    entry: Plain = {
        "type": msgspec.to_builtins(describe_type(annotation)),
        "unit": extra.get(UNIT, "1"),
        "units": dict(extra.get(AMOUNT, {})),
        "required": field is not None and field.required,
        "default": None,
    }
    if field is not None and not field.required:
        default = field.default
        if default is msgspec.NODEFAULT:
            default = field.default_factory()
        entry["default"] = msgspec.to_builtins(default)
    return entry


def _extra(annotation: Any) -> Plain:
    """What is said of a type beside its range, also where it may be left out."""
    found: Plain = {}
    for meta in getattr(annotation, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta):
            found |= meta.extra or {}
    for inner in getattr(annotation, "__args__", ()) if not found else ():
        found |= _extra(inner)
    return found
