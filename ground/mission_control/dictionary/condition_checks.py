"""What a procedure may ask of a channel or an event: conditions that can never hold are refused."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from flight.configuration.allowed_values import choices_words
from ground.mission_control.dictionary.dictionary import ChannelEntry, EventEntry, VehicleEntry

MODE = "mode"
"""The channel that tells the state of a vehicle."""
MODE_CHANGED, STATES_TOLD = "mode_changed", ("before", "after")
"""The event that tells of another state, and which of its values are states."""
_EQUALITY = ("==", "!=")


def comparison_problem(
    vehicle: VehicleEntry, channel: ChannelEntry, comparison: str, value: Any
) -> str:
    """Why a channel can never compare so with a value, and what can be compared; empty: it can."""
    about = f"{vehicle.name} {channel.name} is of type {channel.type}"
    allowed = _allowed_value(channel.type, value)
    if allowed:
        return f"= {value!r}: {about}: allowed is {allowed}"
    if channel.type in ("boolean", "text") and comparison not in _EQUALITY:
        return f"{comparison} {value!r}: {about}: allowed is to compare it by == and !="
    if channel.type == "integer" and comparison in _EQUALITY and value != int(value):
        return f"= {value!r}: {about}: allowed is a whole number"
    if channel.name == MODE and vehicle.states and value not in vehicle.states:
        states = choices_words(value, list(vehicle.states))
        return f"= {value!r}: {about}, a state of {vehicle.name}: {states}"
    return ""


def _allowed_value(kind: str, value: Any) -> str:
    """What can be compared with a channel of a type, in words; empty when the value can be."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return "" if isinstance(value, bool) else "true or false"
    if kind in ("number", "integer"):
        return "" if number and math.isfinite(value) else "a finite number, without quotes"
    if kind == "text":
        return "" if isinstance(value, str) else "a text, in quotes where it looks like a number"
    return ""


def field_problem(event: EventEntry, names: Iterable[str]) -> str:
    """Which of some fields an event never tells, and which it tells; empty: it tells all."""
    for name in names:
        if name not in event.arguments:
            known = choices_words(name, list(event.arguments))
            return f": {event.name} tells no {name!r}: {known}"
    return ""


def state_problem(vehicle: VehicleEntry, event: EventEntry, wanted: Mapping[str, Any]) -> str:
    """Which of some values of a change of mode is no state of the vehicle, and which are; empty
    where each is one."""
    if event.name != MODE_CHANGED or not vehicle.states:
        return ""
    for name in STATES_TOLD:
        if name in wanted and wanted[name] not in vehicle.states:
            states = choices_words(wanted[name], list(vehicle.states))
            return f".{name} = {wanted[name]!r}, a state of {vehicle.name}: {states}"
    return ""


def value_problem(event: EventEntry, wanted: Mapping[str, Any]) -> str:
    """Which of some values an event can never tell, and what it tells; empty: it can tell all."""
    for name, value in wanted.items():
        told = event.arguments[name]
        try:
            msgspec.convert(value, told.build(name))
        except msgspec.ValidationError:
            return f".{name} = {value!r}: {event.name} tells {told.words()}"
    return ""
