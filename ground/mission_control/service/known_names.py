"""Names in a command's arguments that the ground knows of: tubes, vehicles, parameters, sequences,
monitors and responses. A vehicle would refuse the others, a pass later."""

from collections.abc import Iterator, Mapping
from typing import Any

from flight.configuration.allowed_values import choices_words
from ground.mission_control.commanding.stages import GIVEN, NOT_DONE
from ground.mission_control.commanding.tracker import CommandTracker
from ground.mission_control.dictionary.dictionary import CommandEntry
from ground.mission_control.mission_control import MissionControl

SEQUENCE = "sequence"
PROTECTION, LOADS_PROTECTION = ("monitor", "response"), "load_protection"


class Known:
    """What one vehicle can be told about."""

    def __init__(self, control: MissionControl, vehicles: tuple[str, ...], vehicle: str) -> None:
        self._control = control
        self._vehicles = vehicles
        self._vehicle = vehicle

    def refusal(self, entry: CommandEntry, arguments: Mapping[str, Any]) -> str:
        """A sentence about the first name that can never be one; empty where there is none."""
        for argument, kind, name in _named(entry, arguments):
            known = self._known(kind)
            if known and name not in known:
                return f"{entry.name}: {argument} = {name!r}: {choices_words(name, list(known))}"
        return ""

    def not_loaded(self, entry: CommandEntry, arguments: Mapping[str, Any]) -> list[str]:
        """A sentence about each sequence that was not sent to the vehicle; it may be, yet."""
        loaded = list(dict.fromkeys(_sequences(self._control.tracker, self._vehicle)))
        return [
            f"{entry.name}: no sequence {name!r} was loaded to {self._vehicle}; there "
            f"{'are ' + ', '.join(loaded) if loaded else 'is none'}"
            for _, kind, name in _named(entry, arguments)
            if kind == SEQUENCE and name not in loaded
        ]

    def _known(self, kind: str) -> tuple[str, ...]:
        """The names of a kind; empty where the ground cannot say."""
        if kind == "tube":
            return tuple(self._control.custody.tubes)
        if kind == "vehicle":
            return self._vehicles
        if kind in PROTECTION and self._was_sent(LOADS_PROTECTION):
            return ()  # what was loaded may have brought others
        return self._control.dictionary.vehicle(self._vehicle).names.get(kind, ())

    def _was_sent(self, command: str) -> bool:
        return any(
            each.order.target == self._vehicle and each.order.name == command
            for each in self._control.tracker.commands()
        )


def _named(
    entry: CommandEntry, arguments: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Argument, kind and name, of each name in the arguments of a command."""
    for argument, value in arguments.items():
        for kind, name in entry.arguments[argument].type.named(value):
            yield argument, kind, name


def _sequences(tracker: CommandTracker, vehicle: str) -> Iterator[str]:
    for each in tracker.commands():
        sequence = each.order.arguments.get(GIVEN)
        name = sequence.get("name") if isinstance(sequence, Mapping) else None
        if each.order.target == vehicle and each.verdict not in NOT_DONE and isinstance(name, str):
            yield name
