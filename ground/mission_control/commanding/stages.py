"""Whether a command goes as ARM and FIRE: by its own hazard, or by that of what it carries."""

from collections.abc import Mapping
from typing import Any

from ground.mission_control.commanding.read_back import loaded
from ground.mission_control.commanding.tracker import CommandTracker, Verdict
from ground.mission_control.dictionary.dictionary import CommandEntry

GIVEN = "sequence"
"""The argument of a carrier that is a sequence; one that names a loaded sequence has `name`."""

ACTIVATES = "activate_"
"""How a command is called that makes active what `load_` and the same word have staged on board."""
NOT_DONE = (Verdict.REJECTED, Verdict.CANCELLED)
"""Verdicts after which nothing was done; of what was not answered it may have been."""


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
    the parameters or the table that were loaded before it; None for most."""
    if entry.guards and "expected" not in arguments:
        return loaded(tracker, vehicle)
    if entry.name.startswith(ACTIVATES) and not entry.guards:
        return _staged(vehicle, entry.name.removeprefix(ACTIVATES), tracker)
    if entry.carries and GIVEN not in arguments:
        return _carried(vehicle, arguments, tracker)
    return None


def _staged(vehicle: str, what: str, tracker: CommandTracker) -> list[dict[str, Any]]:
    """What was loaded, and dropped, on a vehicle since it was made active last."""
    names = (f"load_{what}", f"drop_{what}")
    staged: list[dict[str, Any]] = []
    for each in tracker.commands():
        order = each.order
        if order.target != vehicle or order.stage == "arm":
            continue
        if order.name == f"{ACTIVATES}{what}" and each.verdict is Verdict.COMPLETED:
            staged = []
        elif order.name in names and each.verdict not in NOT_DONE:
            staged.append({order.name: order.arguments})
    return staged


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
