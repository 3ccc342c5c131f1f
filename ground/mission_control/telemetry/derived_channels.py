"""Derived channels: computed on the ground from what came down, as a file declares them."""

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, NotAllowed, load_configuration
from flight.configuration.yaml_nodes import NodeReader, shown_path
from flight.icd.compiled_expressions import Tell, compile_condition, compile_value
from flight.icd.expression_values import (
    Kind,
    Resolve,
    Symbol,
    check_expression,
    check_number,
)
from flight.icd.expressions import ExpressionError, parse_expression, parse_value
from ground.mission_control.dictionary.dictionary import Dictionary, DictionaryRefusal

FORMAT = 1
ChannelPath = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$(?!\n)")]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
_KINDS: Mapping[str, Kind] = {
    "number": "number", "integer": "number", "text": "text", "boolean": "boolean",
}  # fmt: skip


class DerivedEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A channel that is computed: either a number (`value`), or whether something `holds`."""

    doc: Annotated[str, Meta(min_length=1, max_length=300)]
    value: Text | None = None
    holds: Text | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.holds is None):
            raise NotAllowed(["value"], "exactly one of value and holds")


class DerivedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """All that are declared."""

    format: int
    channels: Annotated[dict[ChannelPath, DerivedEntry], Meta(max_length=500)]

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise NotAllowed(["format"], f"{FORMAT}, the format that is read here")


Look = Callable[[str, str], Any]
"""The value of a vehicle's channel; None: it is not known."""


@dataclass(frozen=True)
class Derived:
    """One derived channel. `inputs`: the channels (vehicle, name) that it is made from."""

    vehicle: str
    name: str
    doc: str
    unit: str
    type: str
    inputs: tuple[tuple[str, str], ...]
    text: str
    compile: Callable[[Look], Tell]
    """The function that tells it, given the one that tells what it is made from."""


def load_derived(path: Path, dictionary: Dictionary) -> dict[tuple[str, str], Derived]:
    """The channels of a file, checked against the dictionary. Raises ConfigurationError."""
    found = load_configuration(path, DerivedFile)
    reader = NodeReader(shown_path(path))
    root = reader.compose(path)
    derived: dict[tuple[str, str], Derived] = {}
    for name, entry in found.channels.items():
        try:
            each = _derived(name, entry, dictionary)
        except (ExpressionError, DictionaryRefusal) as error:
            raise _refused(reader, root, name, str(error)) from None
        derived[(each.vehicle, each.name)] = each
    return derived


def _refused(reader: NodeReader, root: Any, name: str, problem: str) -> ConfigurationError:
    channels = reader.entries(root, "")["channels"][1]
    node = reader.entries(channels, "channels")[name][0]  # type: ignore[arg-type]
    return reader.refuse(node, f"channels.{name}", f"channels.{name}: {problem}")


def _derived(path: str, entry: DerivedEntry, dictionary: Dictionary) -> Derived:
    vehicle, _, name = path.partition(".")
    if name in dictionary.vehicle(vehicle).channels:
        raise ExpressionError(f"{vehicle} has a channel {name!r} itself: allowed is another name")
    resolve = resolver(dictionary)
    if entry.value is not None:
        operand, names = parse_value(entry.value)
        unit, kind = check_number(operand, resolve), "number"
        make = lambda find: compile_value(operand, unit, find, resolve)  # noqa: E731
    else:
        expression = parse_expression(str(entry.holds))
        if expression.during is not None:
            raise ExpressionError("while: allowed is a condition without it")
        check_expression(expression, resolve)
        names, unit, kind = expression.names, "1", "boolean"
        make = lambda find: compile_condition(expression.asked, find, resolve)  # noqa: E731
    if not names:
        raise ExpressionError("allowed is what is made from a channel such as rover.mode")
    inputs = tuple(_split(each) for each in names)
    return Derived(
        vehicle, name, entry.doc, unit, kind, inputs, str(entry.value or entry.holds),
        lambda look: make(lambda path: lambda: look(*_split(path))),
    )  # fmt: skip


def _split(path: str) -> tuple[str, str]:
    vehicle, _, channel = path.partition(".")
    return vehicle, channel


def resolver(dictionary: Dictionary) -> Resolve:
    """What a name VEHICLE.CHANNEL stands for, by the dictionary."""

    def resolve(path: str) -> Symbol:
        vehicle, channel = _split(path)
        if vehicle not in dictionary.vehicles:
            raise ExpressionError(
                f"{path}: {choices_words(vehicle, sorted(dictionary.vehicles))}, with a channel"
            )
        try:
            entry = dictionary.vehicle(vehicle).channel(channel)
        except DictionaryRefusal as error:
            raise ExpressionError(str(error)) from None
        kind = _KINDS.get(entry.type)
        if kind is None:
            raise ExpressionError(f"{path} is of type {entry.type}: allowed is one value")
        return Symbol(kind, entry.unit)

    return resolve


def over_time(
    derived: Derived, samples: Mapping[tuple[str, str], Sequence[tuple[int, Any]]]
) -> list[tuple[int, Any]]:
    """A derived channel at each instant at which one of its inputs was measured.

    `samples`: of each input, (t_ns, value) in order of time. An input counts from its sample until
    its next one.
    """
    times = sorted({time for each in derived.inputs for time, _ in samples.get(each, ())})
    stamps = {each: [time for time, _ in samples.get(each, ())] for each in derived.inputs}
    now = 0

    def look(vehicle: str, channel: str) -> Any:
        key = (vehicle, channel)
        at = bisect.bisect_right(stamps.get(key, []), now)
        return samples[key][at - 1][1] if at else None

    tell = derived.compile(look)
    found = []
    for now in times:
        found.append((now, tell()))
    return found
