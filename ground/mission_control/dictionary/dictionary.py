"""The dictionary: what the ground knows of the vehicles.

It is plain data, made from the declarations in flight code by `msr dictionary`, and the only thing
that the ground knows of a vehicle. A command is checked against it before it is sent, by the same
types and with the same sentences as on board.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.argument_refusals import infinite_sentence, refusal_sentence
from flight.configuration.outside_files import UNDECODABLE, read_outside
from flight.icd.messages import Severity
from ground.mission_control.dictionary.argument_types import TypeEntry, build_structure

FORMAT = 2
LARGEST = 64 << 20  # bytes
NOT_HAZARDOUS = "none"
LIMIT_EVENTS = ("limit_crossed", "limit_red", "limit_cleared")
"""By what events every vehicle says that a value crossed a limit, or came back."""
Band = tuple[float | None, float | None]


class DictionaryRefusal(ValueError):
    """Something that the dictionary does not have or allow; says what it has and allows."""


class ArgumentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One argument of a command."""

    type: TypeEntry
    unit: str = "1"
    required: bool = True
    default: Any = None

    def build(self, name: str) -> Any:
        """The type to check a value against, with its unit."""
        kind = self.type.build(name)
        return kind if self.unit == "1" else Annotated[kind, Meta(extra={"unit": self.unit})]


class CommandEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One command; `deadline` in seconds after acceptance.

    `carries`: what it carries; the vehicle takes it with the highest hazard of that. `guards`: of
    one that carries parameters, those that make it hazardous.
    """

    name: str
    doc: str
    deadline: float
    hazard: str = NOT_HAZARDOUS
    carries: str = ""
    guards: tuple[str, ...] = ()
    starts: str | None = None
    allowed_in: tuple[str, ...] = ()
    arguments: dict[str, ArgumentEntry] = {}

    @property
    def hazardous(self) -> bool:
        """Whether it needs ARM and then FIRE."""
        return self.hazard != NOT_HAZARDOUS

    @cached_property
    def _type(self) -> type[msgspec.Struct]:
        kinds = {name: argument.build(name) for name, argument in self.arguments.items()}
        required = tuple(name for name, argument in self.arguments.items() if argument.required)
        return build_structure(self.name, kinds, required)

    def check(self, plain: dict[str, Any]) -> None:
        """Raises DictionaryRefusal that names the argument, its value and what is allowed."""
        try:
            msgspec.convert(plain, self._type)
        except msgspec.ValidationError as error:
            sentence = refusal_sentence(self.name, plain, self._type, error)
            raise DictionaryRefusal(sentence) from None
        infinite = infinite_sentence(self.name, plain)
        if infinite:
            raise DictionaryRefusal(infinite)


class ChannelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One telemetry channel with its limits; None: no limit on that side.

    `product`: it carries the pieces of a data product, which nobody looks at one by one.
    """

    name: str
    type: str
    unit: str
    doc: str
    yellow: Band = (None, None)
    red: Band = (None, None)
    product: bool = False


class EventEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event, with the types of what it tells in its data; its text shows some of that."""

    name: str
    severity: Severity
    text: str
    arguments: dict[str, TypeEntry] = {}


class VehicleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One node: what it obeys, measures and tells.

    `names`: those that there are from the start, by what they name: parameters, and monitors and
    responses of its fault protection.
    """

    name: str
    doc: str
    states: tuple[str, ...] = ()
    names: dict[str, tuple[str, ...]] = {}
    commands: dict[str, CommandEntry] = {}
    channels: dict[str, ChannelEntry] = {}
    events: dict[str, EventEntry] = {}

    def command(self, name: str) -> CommandEntry:
        """A command; raises DictionaryRefusal with those that there are."""
        return _find(self.commands, name, f"{self.name} has no command {name!r}")

    def channel(self, name: str) -> ChannelEntry:
        """A channel; raises DictionaryRefusal with those that there are."""
        return _find(self.channels, name, f"{self.name} has no channel {name!r}")

    def event(self, name: str) -> EventEntry:
        """An event; raises DictionaryRefusal with those that there are."""
        return _find(self.events, name, f"{self.name} has no event {name!r}")


class Dictionary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All vehicles of a mission."""

    vehicles: dict[str, VehicleEntry]
    format: int = FORMAT

    @classmethod
    def from_plain(cls, plain: Any) -> "Dictionary":
        """From the data that `msr dictionary` makes; raises DictionaryRefusal if it is not."""
        try:
            dictionary = msgspec.convert(plain, cls)
        except msgspec.ValidationError as error:
            raise DictionaryRefusal(f"this is no dictionary: {error}") from None
        if dictionary.format != FORMAT:
            raise DictionaryRefusal(
                f"format = {dictionary.format}: this program reads format {FORMAT}; make the "
                "dictionary again with `msr dictionary`"
            )
        return dictionary

    @classmethod
    def read(cls, path: Path) -> "Dictionary":
        """From a JSON file; raises DictionaryRefusal."""
        try:
            plain = msgspec.json.decode(read_outside(path, LARGEST, "a dictionary"))
        except (OSError, *UNDECODABLE) as error:
            raise DictionaryRefusal(f"{path}: the dictionary cannot be read: {error}") from None
        return cls.from_plain(plain)

    @property
    def product_channels(self) -> frozenset[tuple[str, str]]:
        """The channels (vehicle, name) that carry pieces of data products."""
        return frozenset(
            (vehicle.name, channel.name)
            for vehicle in self.vehicles.values()
            for channel in vehicle.channels.values()
            if channel.product
        )

    def vehicle(self, name: str) -> VehicleEntry:
        """A vehicle; raises DictionaryRefusal with those that there are."""
        return _find(self.vehicles, name, f"there is no vehicle {name!r}")

    def unit(self, vehicle: str, channel: str) -> str:
        """The unit of a channel's values; empty where they are numbers alone, or there is none."""
        entry = self.vehicles.get(vehicle)
        known = None if entry is None else entry.channels.get(channel)
        return "" if known is None or known.unit == "1" else known.unit

    def check(self, vehicle: str, command: str, arguments: dict[str, Any]) -> CommandEntry:
        """The command, if it may be sent with these arguments; raises DictionaryRefusal."""
        entry = self.vehicle(vehicle).command(command)
        entry.check(arguments)
        return entry


def _find(table: dict[str, Any], name: str, problem: str) -> Any:
    try:
        return table[name]
    except KeyError:
        raise DictionaryRefusal(f"{problem}: {choices_words(name, sorted(table))}") from None
