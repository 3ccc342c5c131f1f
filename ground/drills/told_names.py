"""What events name in their data, and which names a vehicle has for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flight.configuration.allowed_values import choices_words
from ground.mission_control import VehicleEntry

MONITOR, RESPONSE, DEVICE = "monitor", "response", "device"


def names_told(entry: VehicleEntry, devices: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By the argument of an event, the names that a vehicle can tell there; what is free text, or
    named by others, is not among them. `devices`: those of the vehicle, without its name."""
    found: Mapping[str, Sequence[str]] = {
        MONITOR: entry.names.get(MONITOR, ()),
        RESPONSE: entry.names.get(RESPONSE, ()),
        DEVICE: devices,
        "command": tuple(entry.commands),
        "channel": tuple(entry.channels),
    }
    return {argument: tuple(names) for argument, names in found.items()}


def name_problem(known: Mapping[str, Sequence[str]], argument: str, value: Any) -> str:
    """What is allowed where no vehicle tells such a name; "" where it does, or nobody knows."""
    names = known.get(argument)
    if names is None or value in names:
        return ""
    return choices_words(str(value), list(names), "")
