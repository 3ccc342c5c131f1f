"""The sequences of one node: its engine, with the node's commands, channels and routes."""

from typing import Any

from flight.core.commanding.commands import Hazard
from flight.core.commanding.ladder import SEQUENCE_ORIGIN
from flight.core.sequencing.remote_verdicts import perform_elsewhere
from flight.core.sequencing.sequence_checks import CarriedHazards, entry_fault
from flight.core.sequencing.sequence_engine import SequenceEngine
from flight.core.sequencing.sequences import Absolute, Entry, Relative
from flight.icd.messages import Command


class Sequencer(SequenceEngine):
    """Runs the sequences of a node; `origin` is that of the commands that they issue.

    `life` is the number of the boot that began the store: with the node's name before the ids of
    commands none is ever given twice, here or at another node.
    """

    def __init__(self, node: Any, life: int) -> None:
        super().__init__(
            node.storage,
            self._issue_from_node,
            self._value,
            node.clock.now,
            node._service_reports,
            was_received=lambda identifier: node.dispatcher.ladder.find(identifier) is not None,
            check=self._fault,
            prefix=f"{node.name}.{life}/",
        )
        self.origin = f"{node.name}{SEQUENCE_ORIGIN}"
        self.hazards = CarriedHazards(node.name, node.commands, self.stored, self._of_parameters)
        self._node = node

    def _of_parameters(self) -> Hazard:
        """The hazard of the parameters that are staged: some are what fault protection goes by."""
        guards = self._node.protection.parameters()
        changes = self._node.parameters.changes()
        return Hazard.PROTECTION if guards & changes.keys() else Hazard.NONE

    async def _issue_from_node(self, identifier: str, entry: Relative | Absolute) -> str:
        node = self._node
        order = Command(
            identifier,
            entry.target,
            entry.command,
            dict(entry.arguments),
            self.origin,
            entry.stage,
            entry.lifetime,
        )
        if order.target == node.name:
            rung: str = await node.dispatcher.perform(order)
            return rung
        return await perform_elsewhere(
            order,
            entry.within,
            self._send,
            node.exchanges,
            lambda: not self.why_withdrawn(identifier),
        )

    def _send(self, order: Command) -> bool:
        return bool(self._node.communications.send(order.target, order, priority=0))

    def _fault(self, entry: Entry) -> str | None:
        node = self._node
        channels = node.channels.channels
        return entry_fault(entry, node.name, node.commands, channels, node.routes, self.hazards)

    def _value(self, name: str) -> Any:
        channels = self._node.channels
        return channels.value(name) if name in channels.channels else None
