"""What a node checks in a sequence when it is loaded, and the hazard that a sequence carries."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from flight.core.commanding.commands import Carries, CommandRejected, CommandSpec, Hazard, highest
from flight.core.sequencing.conditions import condition_fault
from flight.core.sequencing.sequences import (
    Entry,
    SequenceRefusal,
    StoredSequence,
    WaitUntil,
    parse_sequence,
)
from flight.core.telling.channels import Channel


class CarriedHazards:
    """The hazard of a command, which is that of what it carries if that is higher."""

    def __init__(
        self,
        node: str,
        commands: Mapping[str, CommandSpec],
        stored: Callable[[str], StoredSequence | None],
        staged: Callable[[], Hazard] = lambda: Hazard.NONE,
    ) -> None:
        self._node = node
        self._commands = commands
        self._stored = stored
        self._staged = staged

    def of(self, spec: CommandSpec, arguments: Mapping[str, Any]) -> Hazard:
        """The hazard of one command with its arguments."""
        return self._of(spec, arguments, ())

    def now(self, spec: CommandSpec, arguments: Mapping[str, Any], critical: bool) -> Hazard:
        """The hazard that it has now; `critical`: nothing is safer than going on."""
        here = Hazard.CRITICAL if critical and not spec.harmless else Hazard.NONE
        return highest((here, self.of(spec, arguments)))

    def _of(self, spec: CommandSpec, arguments: Mapping[str, Any], seen: tuple[str, ...]) -> Hazard:
        if spec.carries is Carries.PARAMETERS:
            return highest((spec.hazard, self._staged()))
        sequence = self._carried(spec, arguments)
        if sequence is None or sequence.name in seen:  # a ring adds nothing new
            return spec.hazard
        seen = (*seen, sequence.name)
        return highest((spec.hazard, *(self._of_entry(each, seen) for each in sequence.entries)))

    def _of_entry(self, entry: Entry, seen: tuple[str, ...]) -> Hazard:
        if isinstance(entry, WaitUntil):
            return Hazard.NONE
        if entry.target != self._node:  # whose commands are not known here; its stage tells
            return Hazard.NONE if entry.stage == "run" else Hazard.ELSEWHERE
        spec = self._commands.get(entry.command)
        return Hazard.NONE if spec is None else self._of(spec, entry.arguments, seen)

    def _carried(self, spec: CommandSpec, arguments: Mapping[str, Any]) -> StoredSequence | None:
        match spec.carries:
            case Carries.SEQUENCE:
                try:
                    return parse_sequence(arguments.get("sequence"))
                except SequenceRefusal:
                    return None  # the command itself says what is wrong with it
            case Carries.STORED_SEQUENCE:
                return self._stored(str(arguments.get("name", "")))
        return None


def entry_fault(
    entry: Entry,
    node: str,
    commands: Mapping[str, CommandSpec],
    channels: Mapping[str, Channel[Any]],
    reachable: Container[str],
    hazards: CarriedHazards,
) -> str | None:
    """Why an entry of a sequence could never do what it is for; None when it could."""
    if isinstance(entry, WaitUntil):
        return condition_fault(entry, channels, node) or None
    if entry.target != node:
        if entry.target not in reachable:
            return f"target = {entry.target!r}: {node} has no route to it"
        return None
    spec = commands.get(entry.command)
    if spec is None:
        return f"{node} has no command {entry.command!r}"
    try:
        arguments = spec.check(dict(entry.arguments))
        spec.check_stage(entry.stage, hazards.of(spec, arguments))
    except CommandRejected as refusal:
        return str(refusal)
    return None
