"""The dictionary as pages: one for each vehicle, and one for what every node has."""

from collections.abc import Iterable, Mapping

from flight.core.commanding.commands import declared_commands
from flight.core.keeping.parameters import Parameter
from flight.core.node import Node
from flight.core.telling.channels import declared_channels
from flight.core.telling.events import declared_events
from ground.mission_control import (
    ArgumentEntry,
    Band,
    ChannelEntry,
    CommandEntry,
    Dictionary,
    EventEntry,
    VehicleEntry,
)
from ground.reference.markdown import code, duration, one_line, page, table
from ground.testbed.control_room.dictionary import build_dictionary

FOLDER = "reference/dictionary"
EVERY_NODE = "every-node"


def dictionary_pages(kinds: list[type[Node]]) -> dict[str, str]:
    """The pages by their path in the folder of the documentation."""
    dictionary = Dictionary.from_plain(build_dictionary(kinds))
    pages = {
        f"{FOLDER}/{kind.name}.md": _vehicle_page(
            dictionary.vehicle(kind.name), kind.parameter_declarations
        )
        for kind in kinds
    }
    pages[f"{FOLDER}/{EVERY_NODE}.md"] = _common_page(dictionary.vehicle(kinds[0].name))
    return pages


def _vehicle_page(vehicle: VehicleEntry, parameters: Mapping[str, Parameter]) -> str:
    shared_commands, shared_channels, shared_events = _shared()
    return page(
        f"Dictionary: {vehicle.name}",
        "the declarations in flight/",
        one_line(vehicle.doc),
        "What it obeys, measures and tells, beside what [every node](every-node.md) does. Its "
        f"states are drawn in its [statechart](../statecharts/{vehicle.name}.md).",
        *_sections(
            (each for name, each in vehicle.commands.items() if name not in shared_commands),
            (each for name, each in vehicle.channels.items() if name not in shared_channels),
            (each for name, each in vehicle.events.items() if name not in shared_events),
        ),
        *_parameters(parameters),
    )


def _common_page(example: VehicleEntry) -> str:
    commands, channels, events = _shared()
    return page(
        "Dictionary: every node",
        "the declarations in flight/core",
        "Every vehicle obeys these commands, has these channels and reports these events.",
        *_sections(
            (example.commands[name] for name in commands),
            (example.channels[name] for name in channels),
            (example.events[name] for name in events),
        ),
    )


def _shared() -> tuple[dict[str, None], dict[str, None], dict[str, None]]:
    """The names of commands, channels and events that the base class declares."""
    return (
        dict.fromkeys(declared_commands(Node)),
        dict.fromkeys(declared_channels(Node)),
        dict.fromkeys(declared_events(Node)),
    )


def _sections(
    commands: Iterable[CommandEntry],
    channels: Iterable[ChannelEntry],
    events: Iterable[EventEntry],
) -> list[str]:
    return [
        "## Commands",
        table(
            ("Command", "What it does", "Arguments", "Hazard", "Deadline", "Taken in"),
            [
                [
                    code(each.name),
                    one_line(each.doc),
                    "<br>".join(_argument(name, entry) for name, entry in each.arguments.items()),
                    _hazard(each),
                    duration(each.deadline),
                    ", ".join(map(code, each.allowed_in)) or "every state",
                ]
                for each in commands
            ],
        ),
        "## Channels",
        table(
            ("Channel", "Meaning", "Type", "Unit", "Yellow", "Red"),
            [
                [
                    code(each.name),
                    each.doc,
                    each.type,
                    "" if each.unit == "1" else each.unit,
                    _limits(each.yellow),
                    _limits(each.red),
                ]
                for each in channels
            ],
        ),
        "## Events",
        table(
            ("Event", "Severity", "Text", "Data"),
            [
                [
                    code(each.name),
                    str(each.severity),
                    code(each.text),
                    "<br>".join(f"{code(n)}: {kind.words()}" for n, kind in each.arguments.items()),
                ]
                for each in events
            ],
        ),
    ]


def _parameters(parameters: Mapping[str, Parameter]) -> list[str]:
    """What can be loaded into it by command, and what is refused."""
    if not parameters:
        return []
    return [
        "## Parameters",
        "Their values stand in the vehicle's file (`configs/vehicles`) until others are loaded.",
        table(
            ("Parameter", "Meaning", "Allowed"),
            [[code(name), one_line(each.doc), each.allowed()] for name, each in parameters.items()],
        ),
    ]


def _hazard(command: CommandEntry) -> str:
    if command.hazardous:
        return f"**{command.hazard}**: arm, then fire"
    return f"that of {command.carries}" if command.carries else ""


def _argument(name: str, argument: ArgumentEntry) -> str:
    unit = "" if argument.unit == "1" else f" {argument.unit}"
    default = "" if argument.required else f"; default {argument.default}"
    return f"{code(name)}: {argument.type.words()}{unit}{default}"


def _limits(band: Band) -> str:
    low, high = band
    parts = [f"below {low:g}"] if low is not None else []
    return ", ".join(parts + ([f"above {high:g}"] if high is not None else []))
