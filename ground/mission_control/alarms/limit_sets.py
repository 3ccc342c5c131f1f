"""Limit sets of the ground: what is normal in a phase of the mission.

The limits of the dictionary are watched on board, and a vehicle says itself when one is crossed. A
set says for some channels what is normal now; the ground judges these by it, and raises alarms of
its own beside those of the vehicle.
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
    ChannelEntry,
    Dictionary,
    DictionaryRefusal,
)

FORMAT = 1
ON_BOARD = "on_board"
"""The name of the set that is in force at first: the dictionary's limits alone."""
State = Literal["OK", "YELLOW", "RED", "NONE"]
SetName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]
ChannelPath = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$(?!\n)")]
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


class LimitSet(Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of a phase of the mission."""

    doc: Annotated[str, Meta(min_length=1, max_length=300)]
    limits: Annotated[dict[ChannelPath, ChannelLimits], Meta(min_length=1, max_length=2000)]


class LimitSets(Struct, frozen=True, forbid_unknown_fields=True):
    """All sets of a file."""

    format: int
    sets: Annotated[dict[SetName, LimitSet], Meta(max_length=50)]

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise NotAllowed(["format"], f"{FORMAT}, the format that is read here")
        if ON_BOARD in self.sets:
            raise NotAllowed([f"sets.{ON_BOARD}"], "any name but that of the dictionary's limits")


def load_limit_sets(path: Path, dictionary: Dictionary) -> LimitSets:
    """The sets of a file, checked against the dictionary. Raises ConfigurationError."""
    found = load_configuration(path, LimitSets)
    reader = NodeReader(shown_path(path))
    root = reader.compose(path)
    for name, each in found.sets.items():
        for channel in each.limits:
            problem = _problem(channel, dictionary)
            if problem:
                key = f"sets.{name}.limits.{channel}"
                raise _refused(reader, root, ("sets", name, "limits", channel), key, problem)
    return found


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
    reader: NodeReader, root: Any, keys: tuple[str, ...], key: str, problem: str
) -> ConfigurationError:
    node = root
    for part in keys:
        node = reader.entries(node, key)[part][0 if part == keys[-1] else 1]
    return reader.refuse(node, key, f"{key}: {problem}")


class ActiveLimits:
    """The set that is in force. `decide` puts another in force."""

    def __init__(self, sets: LimitSets, dictionary: Dictionary) -> None:
        self._sets = sets
        self._dictionary = dictionary
        self.name = ON_BOARD

    @property
    def names(self) -> list[str]:
        """Of all sets."""
        return [ON_BOARD, *self._sets.sets]

    def decide(self, name: str) -> None:
        """Puts a set in force; raises ValueError with those that there are."""
        if name not in self.names:
            raise ValueError(f"name = {name!r}: {choices_words(name, self.names)}")
        self.name = name

    def of_set(self) -> dict[tuple[str, str], ChannelLimits]:
        """The limits that the set in force has of its own, by vehicle and channel."""
        if self.name == ON_BOARD:
            return {}
        limits = self._sets.sets[self.name].limits
        return {tuple(path.split(".")): each for path, each in limits.items()}  # type: ignore[misc]

    def own(self, vehicle: str, channel: str) -> ChannelLimits | None:
        """The limits of the set in force for a channel; None where it says nothing of it."""
        if self.name == ON_BOARD:
            return None
        return self._sets.sets[self.name].limits.get(f"{vehicle}.{channel}")

    def bands(self, vehicle: str, channel: str) -> tuple[Band, Band]:
        """Yellow and red of a channel, by the set in force and else by the dictionary."""
        own = self.own(vehicle, channel)
        if own is not None:
            return own.yellow, own.red
        known = self._dictionary.vehicles.get(vehicle)
        entry: ChannelEntry | None = None if known is None else known.channels.get(channel)
        return ((None, None), (None, None)) if entry is None else (entry.yellow, entry.red)

    def state(self, vehicle: str, channel: str, value: Any) -> State:
        """A value beside its limits; NONE where there is no value."""
        return judge(value, *self.bands(vehicle, channel))

    def plain(self) -> dict[str, Any]:
        """The set in force with the limits that it has of its own, and all that there are with
        what they say."""
        return {
            "name": self.name,
            "sets": {ON_BOARD: "the limits of the dictionary"}
            | {name: each.doc for name, each in self._sets.sets.items()},
            "limits": {
                f"{vehicle}.{channel}": {"yellow": list(each.yellow), "red": list(each.red)}
                for (vehicle, channel), each in self.of_set().items()
            },
        }


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
