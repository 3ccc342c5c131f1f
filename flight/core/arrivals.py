"""What arrives at a node by the bus and by its links, and where that goes."""

from typing import Protocol

from flight.core.exchanges import Exchanges
from flight.core.mailbox import CommandArrived, Mailbox
from flight.core.telling.communications import Communications
from flight.icd.codec import CodecError
from flight.icd.messages import Command, Exchange, Message, Packet, decode_message

_AT_ONCE = ("enter_safe", "abort_activity")
"""Commands that go before all that waits in the mailbox."""


class Receiver(Protocol):
    """What a node has that something can arrive at."""

    @property
    def name(self) -> str: ...

    mailbox: Mailbox
    communications: Communications
    exchanges: Exchanges

    def message_malformed(self, *, stream: str, reason: str) -> None: ...


class Arrivals:
    """Gives a command to the mailbox, an exchange to who waits for it, a packet to the radios."""

    def __init__(self, node: Receiver) -> None:
        self._node = node

    def by_bus(self, message: Message) -> None:
        """A message on the bus: a frame of a radio, or a command by the umbilical."""
        node = self._node
        if isinstance(message, Packet):
            node.communications.accept(message)
        elif isinstance(message, Command):
            self._command(message)
        else:
            node.message_malformed(stream=f"{node.name}.node", reason=type(message).__name__)

    def by_link(self, packet: Packet) -> None:
        """A packet for this node, as its radios have put it together."""
        node = self._node
        try:
            message = decode_message(packet.body)
        except CodecError as error:
            node.message_malformed(stream=packet.source, reason=str(error))
            return
        if isinstance(message, Command):
            self._command(message)
        elif isinstance(message, Exchange):
            node.exchanges.receive(message)
        else:
            node.message_malformed(stream=packet.source, reason=type(message).__name__)

    def _command(self, message: Command) -> None:
        self._node.mailbox.post(CommandArrived(message), urgent=message.name in _AT_ONCE)
