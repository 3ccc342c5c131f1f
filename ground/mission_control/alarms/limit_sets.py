"""Limit sets of the ground: what is normal in a phase of the mission.

The limits of the dictionary are watched on board, and a vehicle says itself when one is crossed. A
set says for some channels what is normal now; the ground judges these by it, and raises alarms of
its own beside those of the vehicle. `phases` says by which states of a vehicle a set is in force
for it: see `active_limits`.
"""

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, NotAllowed, load_configuration
from flight.configuration.yaml_nodes import NodeReader, shown_path
from ground.mission_control.dictionary.dictionary import (
    Band,
    Dictionary,
    DictionaryRefusal,
)

FORMAT = 1
ON_BOARD = "on_board"
"""The name of the set that has none of its own: the dictionary's limits alone."""
BY_PHASE = "by_phase"
"""What is chosen in the place of a set where each vehicle's phase says which set it is."""
SETTLING = 3600.0
"""Seconds after which a set holds alone, where it does not say (assumption: by then a vehicle's
housekeeping has told each of its values again)."""
State = Literal["OK", "YELLOW", "RED", "NONE"]
SetName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]
ChannelPath = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$(?!\n)")]
VehicleName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]
StatePath = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$(?!\n)")]
States = Annotated[tuple[StatePath, ...], Meta(min_length=1, max_length=200)]
Bound = Annotated[float, Meta(ge=-1e12, le=1e12)]


class ChannelLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """What is normal for a channel, in its unit; null: no limit on that side. A value that meets a
    limit exactly is inside. `latched`: its alarm stays until somebody resets it."""

    source: Annotated[str, Meta(min_length=1, max_length=300)]
    yellow: tuple[Bound | None, Bound | None] = (None, None)
    red: tuple[Bound | None, Bound | None] = (None, None)
    latched: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in (("yellow", self.yellow), ("red", self.red)):
            if low is not None and high is not None and low >= high:
                raise NotAllowed([name], "a lower limit below the upper one")
        if self.yellow == self.red == (None, None):
            raise NotAllowed(["yellow"], "at least one limit, here or under red")
        low_ok = None in (self.yellow[0], self.red[0]) or self.red[0] <= self.yellow[0]  # type: ignore[operator]
        high_ok = None in (self.yellow[1], self.red[1]) or self.red[1] >= self.yellow[1]  # type: ignore[operator]
        if not (low_ok and high_ok):
            raise NotAllowed(["red"], "limits at or beyond those of yellow")
        lows = [low for low, _ in (self.yellow, self.red) if low is not None]
        highs = [high for _, high in (self.yellow, self.red) if high is not None]
        if lows and highs and max(lows) >= min(highs):
            raise NotAllowed(["red"], "limits that leave, with yellow, values between them")


class LimitSet(Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of a phase of the mission. `settling_seconds`: for so long after a vehicle has
    come into the phase its values may still be as they were allowed to be before."""

    doc: Annotated[str, Meta(min_length=1, max_length=300)]
    limits: Annotated[dict[ChannelPath, ChannelLimits], Meta(min_length=1, max_length=2000)]
    settling_seconds: Annotated[float, Meta(ge=0.0, le=1e6)] = SETTLING


class LimitSets(Struct, frozen=True, forbid_unknown_fields=True):
    """All sets of a file. `phases`: of a vehicle, the states that put a set in force for it; a
    state within one that is named there counts as that one, where it is not named itself."""

    format: int
    sets: Annotated[dict[SetName, LimitSet], Meta(max_length=50)]
    phases: Annotated[dict[VehicleName, dict[SetName, States]], Meta(max_length=50)] = {}

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise NotAllowed(["format"], f"{FORMAT}, the format that is read here")
        if ON_BOARD in self.sets:
            raise NotAllowed([f"sets.{ON_BOARD}"], "any name but that of the dictionary's limits")
        if BY_PHASE in self.sets:
            raise NotAllowed([f"sets.{BY_PHASE}"], "any name but that of the choice by phase")


def load_limit_sets(path: Path, dictionary: Dictionary) -> LimitSets:
    """The sets of a file, checked against the dictionary. Raises ConfigurationError."""
    found = load_configuration(path, LimitSets)
    reader = NodeReader(shown_path(path))
    root = reader.compose(path)
    for name, each in found.sets.items():
        for channel in each.limits:
            problem = _problem(channel, dictionary)
            if problem:
                raise _refused(reader, root, ("sets", name, "limits", channel), problem)
    for vehicle, sets in found.phases.items():
        if vehicle not in dictionary.vehicles:
            problem = choices_words(vehicle, list(dictionary.vehicles))
            raise _refused(reader, root, ("phases", vehicle), problem)
        seen: dict[str, str] = {}
        for name, states in sets.items():
            problem = _phase_problem(name, states, found, dictionary.vehicles[vehicle].states, seen)
            if problem:
                raise _refused(reader, root, ("phases", vehicle, name), problem)
            seen |= dict.fromkeys(states, name)
    return found


def _phase_problem(
    name: str, states: States, sets: LimitSets, known: tuple[str, ...], seen: dict[str, str]
) -> str:
    if name not in (ON_BOARD, *sets.sets):
        return choices_words(name, [ON_BOARD, *sets.sets])
    for position, state in enumerate(states):
        if state not in known:
            return f"{state} is no state of it: {choices_words(state, known)}"
        if state in seen or state in states[:position]:
            return f"{state} is named under {seen.get(state, name)} already: allowed is once"
    return ""


def _problem(path: str, dictionary: Dictionary) -> str:
    vehicle, _, name = path.partition(".")
    try:
        channel = dictionary.vehicle(vehicle).channel(name)
    except DictionaryRefusal as error:
        return str(error)
    if channel.type not in ("number", "integer"):
        return f"{path} is of type {channel.type}: allowed is a number"
    return ""


def _refused(
    reader: NodeReader, root: Any, keys: tuple[str, ...], problem: str
) -> ConfigurationError:
    node, key = root, ".".join(keys)
    for position, part in enumerate(keys, start=1):
        node = reader.entries(node, key)[part][0 if position == len(keys) else 1]
    return reader.refuse(node, key, f"{key}: {problem}")


def judge(value: Any, yellow: Band, red: Band) -> State:
    """A value beside limits; what meets a limit exactly is inside."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "NONE"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "OK"
    if _outside(value, red):
        return "RED"
    return "YELLOW" if _outside(value, yellow) else "OK"


def _outside(value: float, band: Band) -> bool:
    low, high = band
    return (low is not None and value < low) or (high is not None and value > high)
