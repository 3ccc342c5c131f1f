"""Whether a command goes as ARM and FIRE: by its own hazard, or by that of what it carries."""

from collections.abc import Mapping
from typing import Any

from ground.mission_control.command_tracker import CommandTracker
from ground.mission_control.dictionary import CommandEntry
from ground.mission_control.read_back import loaded

GIVEN = "sequence"
"""The argument of a carrier that is a sequence; one that names a loaded sequence has `name`."""


def stages_of(
    entry: CommandEntry,
    vehicle: str,
    arguments: Mapping[str, Any],
    tracker: CommandTracker,
    *,
    armed: bool = False,
) -> list[str]:
    """The stages in which a command is sent: "arm" and "fire" for a hazardous one, else "run".

    `armed`: it may be hazardous by the phase in which the vehicle is.
    """
    if entry.guards:
        carried = not _loaded(vehicle, arguments, tracker).isdisjoint(entry.guards)
    else:
        carried = bool(entry.carries) and _is_hazardous(_carried(vehicle, arguments, tracker))
    return ["arm", "fire"] if entry.hazardous or carried or armed else ["run"]


def carried_by(
    entry: CommandEntry, vehicle: str, arguments: Mapping[str, Any], tracker: CommandTracker
) -> Any:
    """What a command carries that is elsewhere than in its arguments: the sequence that it names,
    the parameters that were loaded before it; None for most."""
    if entry.guards and "expected" not in arguments:
        return loaded(tracker, vehicle)
    if entry.carries and GIVEN not in arguments:
        return _carried(vehicle, arguments, tracker)
    return None


def _loaded(vehicle: str, arguments: Mapping[str, Any], tracker: CommandTracker) -> set[str]:
    """The parameters that an activation makes active."""
    given = arguments.get("expected")
    return set(given if isinstance(given, Mapping) else loaded(tracker, vehicle))


def _carried(vehicle: str, arguments: Mapping[str, Any], tracker: CommandTracker) -> Any:
    """The sequence that is given, or the newest of the name that was sent to the vehicle."""
    if GIVEN in arguments:
        return arguments[GIVEN]
    sent = (
        each.order.arguments.get(GIVEN)
        for each in reversed(tracker.commands())
        if each.order.target == vehicle
    )
    named = (each for each in sent if isinstance(each, Mapping))
    return next((each for each in named if each.get("name") == arguments.get("name")), None)


def _is_hazardous(sequence: Any) -> bool:
    """A sequence is when an entry is armed or fired: no vehicle loads a hazardous one otherwise."""
    entries = sequence.get("entries") if isinstance(sequence, Mapping) else None
    return any(
        isinstance(each, Mapping) and each.get("stage", "run") != "run"
        for each in (entries if isinstance(entries, list) else [])
    )
