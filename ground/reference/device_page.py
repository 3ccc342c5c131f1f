"""The device interfaces as a page: methods, readings, fault codes, and how each can fail."""

import inspect
from collections.abc import Iterator
from typing import Any

import msgspec

from flight.icd.devices.base import DeviceInterface, Method, Reading
from ground.reference.markdown import code, duration, one_line, page, table
from ground.reference.types import default_words, type_words

PATH = "reference/devices.md"
INTRODUCTION = """\
A device interface is what flight code and a device agree on. A driver calls its methods over the
[device bus](messages.md#device-bus); a simulated device answers, or a real one that speaks the
same messages. A method answers at the latest after its limit; an actuation answers when it is
done. Every reading that a method answers with has `valid` (its values mean something), `time_ns`
(nanoseconds of mission time at which it was taken, not before it was asked for), `reason` (why it
is not valid, if that is known) and `boot` (which power-up of the device took it; what a device
counts begins anew with each), which are not repeated below. The driver lets no reading through
whose figures are not finite or outside what the interface says can be measured: it then arrives as
not valid.

A failure mode is what a [mission file](mission-files.md) may let happen to the simulated device.
"""


def device_page(devices: dict[str, Any]) -> dict[str, str]:
    """The page by its path; `devices`: each simulated device by its service."""
    by_interface: dict[type[DeviceInterface], dict[str, Any]] = {}
    for service, device in devices.items():
        by_interface.setdefault(interface_of(type(device)), {})[service] = device
    kinds = sorted(by_interface, key=lambda kind: kind.__name__)
    contents = "\n".join(
        f"- [{kind.__name__}](#{kind.__name__.lower()}): "
        + ", ".join(map(code, by_interface[kind]))
        for kind in kinds
    )
    sections = [part for kind in kinds for part in _section(kind, by_interface[kind])]
    made_from = "flight/icd/devices and sim_hw/devices"
    return {PATH: page("Devices", made_from, INTRODUCTION.strip(), contents, *sections)}


def interface_of(kind: type) -> type[DeviceInterface]:
    """The device interface that a simulated device implements."""
    for base in kind.__mro__:
        if issubclass(base, DeviceInterface) and base.__module__.startswith("flight.icd."):
            return base
    raise TypeError(f"{kind.__name__} implements no device interface")


def _section(kind: type[DeviceInterface], devices: dict[str, Any]) -> Iterator[str]:
    yield f"## {kind.__name__}"
    yield inspect.getdoc(kind) or ""
    yield "Served as " + ", ".join(map(code, devices)) + "."
    heads = ("Method", "Arguments", "Answers", "Kind", "What it does")
    yield table(heads, [_method_row(method) for method in kind.methods.values()])
    for structure in _structures(kind):
        yield _fields(structure)
    if kind.signals:
        yield "Says unasked: " + ", ".join(
            f"{code(name)} ({type_words(said)})" for name, said in kind.signals.items()
        )
    codes = ", ".join(map(code, kind.fault_codes)) or "none"
    yield f"Fault codes: {codes}."
    yield _failures(devices)


def _method_row(method: Method) -> list[str]:
    arguments = [
        f"{code(field.name)}: {type_words(field.type)}"
        + (f"; default {default_words(field)}" if not field.required else "")
        for field in msgspec.structs.fields(method.arguments)
    ]
    limit = f"{method.kind}, within {duration(method.limit)}"
    answer = code(type_words(method.result))
    return [code(method.name), "<br>".join(arguments), answer, limit, one_line(method.doc)]


def _structures(kind: type[DeviceInterface]) -> list[type[msgspec.Struct]]:
    """The structures that travel over an interface, with those inside them, each once."""
    found: dict[type[msgspec.Struct], None] = {}
    waiting: list[Any] = [method.result for method in kind.methods.values()]
    waiting += list(kind.signals.values())
    while waiting:
        each = waiting.pop(0)
        if inspect.isclass(each) and issubclass(each, msgspec.Struct):
            if each not in found and each is not Reading:
                found[each] = None
                waiting += [field.type for field in msgspec.structs.fields(each)]
        else:
            waiting += [inner for inner in getattr(each, "__args__", ()) if inner is not Ellipsis]
    return list(found)


def _fields(structure: type[msgspec.Struct]) -> str:
    inherited = Reading.__struct_fields__ if issubclass(structure, Reading) else ()
    rows = [
        f"{code(field.name)}: {type_words(field.type)}"
        for field in msgspec.structs.fields(structure)
        if field.name not in inherited
    ]
    meaning = one_line(inspect.getdoc(structure) or "")
    return f"**{structure.__name__}**: {meaning}<br>\n" + "; ".join(rows)


def _failures(devices: dict[str, Any]) -> str:
    """How the simulated device alone can fail."""
    told: dict[type, str] = {}
    for device in devices.values():
        modes = getattr(type(device), "modes", {})
        if modes and type(device) not in told:
            told[type(device)] = "Failure modes: " + " ".join(map(_mode, modes.values()))
    return "\n\n".join(dict.fromkeys(told.values())) or "Failure modes: none."


def _mode(mode: Any) -> str:
    options = [
        code(field.name) + ("" if field.required else f" (default {field.default})")
        for field in msgspec.structs.fields(mode.options)
    ]
    with_options = f" Options: {', '.join(options)}." if options else ""
    return f"{code(mode.name)}: {one_line(mode.doc)}{with_options}"
