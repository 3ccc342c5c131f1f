"""Looks at a run under way by the names of a vocabulary; changes nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from flight.icd.expression_values import Symbol
from flight.icd.messages import CommandReport
from ground.drills.vocabulary import Vocabulary
from ground.testbed.run import Run


class Sight:
    """What a name is worth now. `holding`: whether each invariant has held so far."""

    def __init__(self, run: Run, vocabulary: Vocabulary, holding: Mapping[str, bool]) -> None:
        self._run = run
        self._vocabulary = vocabulary
        self._holding = holding
        self._symbols: dict[str, Symbol] = {}
        self._readers: dict[str, Callable[[], Any]] = {}

    def symbol(self, path: str) -> Symbol:
        """What a name stands for."""
        found = self._symbols.get(path)
        if found is None:
            found = self._symbols[path] = self._vocabulary.symbol(path)
        return found

    def value(self, path: str) -> Any:
        """Its value now; None where there is none, or nobody who could have one."""
        reader = self._readers.get(path)
        if reader is None:
            reader = self._readers[path] = self._reader(path)
        return reader()

    def is_in(self, vehicle: str, state: str) -> bool | None:
        """Whether a vehicle is in a state, or inside it; None when its computer does not run."""
        host = self._run.host
        return host.node(vehicle).is_in(state) if host.runs(vehicle) else None

    def state_of(self, vehicle: str) -> str:
        """The state that a vehicle is in; "" when its computer does not run."""
        host = self._run.host
        return host.node(vehicle).state if host.runs(vehicle) else ""

    def ordered(self, report: CommandReport) -> str:
        """The name of the command that a report tells of."""
        host = self._run.host
        if not host.runs(report.source):
            return ""
        entry = host.node(report.source).dispatcher.ladder.find(report.identifier)
        if entry is None or entry.command.stage == "arm":
            return ""
        return entry.command.name

    def _reader(self, path: str) -> Callable[[], Any]:
        look = self._vocabulary.truths.get(path)
        if look is not None:
            return lambda: look.read(self._run.hardware)
        head, _, rest = path.partition(".")
        if not rest:
            return lambda: self._holding.get(path)
        if self.symbol(path).kind == "state":
            return lambda: self.is_in(head, rest)
        return lambda: self._channel(head, rest)

    def _channel(self, vehicle: str, name: str) -> Any:
        host = self._run.host
        return host.node(vehicle).channels.value(name) if host.runs(vehicle) else None
