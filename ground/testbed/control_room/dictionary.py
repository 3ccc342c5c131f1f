"""Makes the dictionary from what the node classes declare: as JSON, and as Markdown to read."""

import inspect
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

import msgspec

from flight.core.chart.statechart import is_inside
from flight.core.commanding.commands import (
    Carries,
    CommandSpec,
    argument_unit,
    declared_commands,
)
from flight.core.fault_protection.table_checks import parameters_of
from flight.core.fault_protection.timers import with_timers
from flight.core.node import Node
from flight.core.telling.channels import Channel, declared_channels
from flight.core.telling.events import Event, declared_events
from ground.mission_control import (
    ArgumentEntry,
    ChannelEntry,
    CommandEntry,
    Dictionary,
    EventEntry,
    TypeEntry,
    VehicleEntry,
)
from ground.missions.protection_files import load_protection

_CHANNEL_KINDS = {bool: "boolean", int: "integer", float: "number", str: "text"}


def build_dictionary(node_classes: Iterable[type[Node]]) -> dict[str, Any]:
    """Plain data for `Dictionary.from_plain`, sorted as the classes declare."""
    vehicles = {kind.name: _vehicle(kind) for kind in node_classes}
    plain: dict[str, Any] = msgspec.to_builtins(Dictionary(vehicles))
    return plain


def dictionary_json(plain: dict[str, Any]) -> str:
    """The dictionary as a JSON file."""
    return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode() + "\n"


def _vehicle(kind: type[Node]) -> VehicleEntry:
    return VehicleEntry(
        name=kind.name,
        doc=inspect.getdoc(kind) or "",
        states=tuple(kind.statechart.states),
        names=_names(kind),
        commands={name: _command(kind, spec) for name, spec in declared_commands(kind).items()},
        channels={name: _channel(each) for name, each in declared_channels(kind).items()},
        events={
            name: _event(event)
            for name, event in declared_events(kind).items()
        },
    )


def _names(kind: type[Node]) -> dict[str, tuple[str, ...]]:
    table = with_timers(load_protection(kind.name), kind.statechart)
    return {
        "parameter": tuple(kind.parameter_declarations),
        "monitor": tuple(table.monitors),
        "response": tuple(table.responses),
    }


def _command(kind: type[Node], spec: CommandSpec) -> CommandEntry:
    return CommandEntry(
        name=spec.name,
        doc=spec.doc,
        deadline=spec.deadline,
        hazard=str(spec.hazard),
        carries=str(spec.carries),
        guards=_guards(kind) if spec.carries is Carries.PARAMETERS else (),
        starts=spec.starts,
        allowed_in=_allowed_in(kind, spec),
        arguments={
            field.name: ArgumentEntry(
                type=describe_type(field.type),
                unit=argument_unit(field.type),
                required=field.required,
                default=None if field.required else _default(field),
            )
            for field in msgspec.structs.fields(spec.arguments)
        },
    )


def _guards(kind: type[Node]) -> tuple[str, ...]:
    """The parameters by which the fault protection of a vehicle goes."""
    return tuple(sorted(parameters_of(load_protection(kind.name), kind.parameter_declarations)))


def _allowed_in(kind: type[Node], spec: CommandSpec) -> tuple[str, ...]:
    """The states in which a command is taken; empty: in all."""
    chart = kind.statechart
    if spec.starts is None:
        return (*spec.allowed_in, *spec.so_in) if spec.allowed_in else ()
    return tuple(
        leaf
        for leaf in chart.leaves
        if chart.handles(leaf, spec.name) or any(is_inside(leaf, state) for state in spec.so_in)
    )


def _default(field: Any) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default)
    return msgspec.to_builtins(field.default_factory())


def _event(event: Event[Any]) -> EventEntry:
    types = {name: describe_type(kind) for name, kind in event.types().items()}
    return EventEntry(event.name, event.severity, event.text, types)


def _channel(channel: Channel[Any]) -> ChannelEntry:
    limits = channel.limits
    return ChannelEntry(
        name=channel.name,
        type=_CHANNEL_KINDS.get(channel.kind, "text"),
        unit=channel.unit,
        doc=channel.doc,
        yellow=limits.yellow if limits is not None else (None, None),
        red=limits.red if limits is not None else (None, None),
        product=channel.product,
    )


# ------------------------------------------------------------------- argument types


def describe_type(annotation: Any) -> TypeEntry:
    """The plain description of an argument's type; raises TypeError for what it cannot be."""
    inner = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    if get_origin(inner) is Literal:  # in its written order, which msgspec does not keep
        return TypeEntry("choice", choices=get_args(inner))
    return _describe(msgspec.inspect.type_info(annotation))


def _describe(info: msgspec.inspect.Type) -> TypeEntry:
    inspected = msgspec.inspect
    match info:
        case inspected.Metadata():
            found, names = _describe(info.type), (info.extra or {}).get("names", "")
            return msgspec.structs.replace(found, names=names) if names else found
        case inspected.BoolType():
            return TypeEntry("boolean")
        case inspected.IntType() | inspected.FloatType():
            kind: Any = "integer" if isinstance(info, inspected.IntType) else "number"
            return TypeEntry(kind, ge=info.ge, gt=info.gt, le=info.le, lt=info.lt)
        case inspected.StrType():
            return TypeEntry("text", pattern=info.pattern, **_lengths(info))
        case inspected.LiteralType():
            return TypeEntry("choice", choices=tuple(info.values))  # type: ignore[arg-type]
        case inspected.EnumType():
            return TypeEntry("choice", choices=tuple(member.value for member in info.cls))
        case inspected.ListType() | inspected.VarTupleType():
            return TypeEntry("list", items=(_describe(info.item_type),), **_lengths(info))
        case inspected.DictType():
            return TypeEntry("table", items=(_describe(info.value_type),), **_lengths(info))
        case inspected.UnionType():
            return _describe_union(info)
        case inspected.StructType():
            return TypeEntry(
                "structure",
                fields={field.name: _describe(field.type) for field in info.fields},
                required=tuple(field.name for field in info.fields if field.required),
            )
        case inspected.AnyType():
            return TypeEntry("any")
    raise TypeError(f"an argument cannot be a {type(info).__name__}")


def _describe_union(info: msgspec.inspect.UnionType) -> TypeEntry:
    members = [each for each in info.types if not isinstance(each, msgspec.inspect.NoneType)]
    optional = len(members) < len(info.types)
    entries = tuple(_describe(each) for each in members)
    if len(entries) == 1:
        return msgspec.structs.replace(entries[0], optional=optional)
    return TypeEntry("either", items=entries, optional=optional)


def _lengths(info: Any) -> dict[str, Any]:
    return {"min_length": info.min_length, "max_length": info.max_length}


# ------------------------------------------------------------------------- Markdown


def dictionary_markdown(plain: dict[str, Any]) -> str:
    """The dictionary as a page of tables."""
    dictionary = Dictionary.from_plain(plain)
    parts = ["# Dictionary", "", "What each vehicle obeys, measures and tells."]
    for vehicle in dictionary.vehicles.values():
        parts += ["", f"## {vehicle.name}", "", _one_line(vehicle.doc)]
        parts += _commands_table(vehicle) + _channels_table(vehicle) + _events_table(vehicle)
    return "\n".join(parts) + "\n"


def _commands_table(vehicle: VehicleEntry) -> list[str]:
    rows = [
        [
            f"`{entry.name}`",
            "<br>".join(_argument(name, each) for name, each in entry.arguments.items()),
            _hazard(entry),
            f"{entry.deadline:g}",
            ", ".join(entry.allowed_in) or "all",
            _one_line(entry.doc),
        ]
        for entry in vehicle.commands.values()
    ]
    heads = ["Command", "Arguments", "Hazard", "Deadline, s", "Allowed in", "What it does"]
    return _table("Commands", heads, rows)


def _hazard(entry: CommandEntry) -> str:
    if entry.hazardous:
        return f"**{entry.hazard}**"
    return f"that of {entry.carries}" if entry.carries else ""


def _argument(name: str, argument: ArgumentEntry) -> str:
    unit = "" if argument.unit == "1" else f" {argument.unit}"
    default = "" if argument.required else f" (default {argument.default})"
    return f"`{name}`: {argument.type.words()}{unit}{default}"


def _channels_table(vehicle: VehicleEntry) -> list[str]:
    rows = [
        [f"`{each.name}`", each.type, each.unit, _band(each.yellow), _band(each.red), each.doc]
        for each in vehicle.channels.values()
    ]
    return _table("Channels", ["Channel", "Type", "Unit", "Yellow", "Red", "Meaning"], rows)


def _events_table(vehicle: VehicleEntry) -> list[str]:
    rows = [
        [f"`{each.name}`", str(each.severity), each.text, _told(each)]
        for each in vehicle.events.values()
    ]
    return _table("Events", ["Event", "Severity", "Text", "Data"], rows)


def _told(event: EventEntry) -> str:
    return "<br>".join(f"`{name}`: {kind.words()}" for name, kind in event.arguments.items())


def _band(band: tuple[float | None, float | None]) -> str:
    low, high = band
    sides = ([f"< {low:g}"] if low is not None else []) + (
        [f"> {high:g}"] if high is not None else []
    )
    return ", ".join(sides)


def _table(title: str, heads: list[str], rows: list[list[str]]) -> list[str]:
    lines = ["", f"### {title}", ""]
    lines.append(f"| {' | '.join(heads)} |")
    lines.append("|" + "---|" * len(heads))
    return lines + [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _one_line(text: str) -> str:
    return " ".join(text.split())
