"""Who is told, in virtual time, that something was sent to a socket of ZeroMQ within the process.

ZeroMQ tells it by a descriptor for each socket, at which the kernel would have to look each time
that nothing else is left to do, and whose edges any look at the socket may take. But all who send
to an `inproc://` address are sockets of one fabric: it rings whom it has sent to.
"""

from typing import Protocol


class Hearer(Protocol):
    """A socket that is told."""

    def ring(self, unsure: bool = False) -> None:
        """A message has been sent to it; `unsure`: there may be any number, or none."""

    def has_taken(self) -> None:
        """A subscriber has taken many messages from it."""


class Bells:
    """All sockets of one fabric at `inproc://` addresses."""

    def __init__(self) -> None:
        self._bound: dict[str, Hearer] = {}
        self._connected: dict[str, dict[Hearer, None]] = {}
        self._peers: dict[tuple[str, bytes], Hearer] = {}

    def bind(self, address: str, socket: Hearer) -> None:
        """A socket is bound; who has connected before may have sent already."""
        self._bound[address] = socket
        socket.ring(unsure=True)

    def unbind(self, address: str, socket: Hearer) -> None:
        """It is bound no more."""
        if self._bound.get(address) is socket:
            del self._bound[address]

    def connect(self, address: str, socket: Hearer, identity: bytes) -> None:
        """A socket is connected, which a publisher hears of."""
        self._connected.setdefault(address, {})[socket] = None
        self._peers[address, identity] = socket
        self.sent_to_bound(address, unsure=True)

    def disconnect(self, address: str, socket: Hearer, identity: bytes) -> None:
        """It is connected no more, which a publisher hears of."""
        self._connected.get(address, {}).pop(socket, None)
        if self._peers.get((address, identity)) is socket:
            del self._peers[address, identity]
        self.sent_to_bound(address, unsure=True)

    def sent_to_bound(self, address: str, unsure: bool = False) -> None:
        """Something was sent to whoever is bound."""
        bound = self._bound.get(address)
        if bound is not None:
            bound.ring(unsure)

    def sent_to(self, address: str, identity: bytes) -> None:
        """Something was sent to one client."""
        peer = self._peers.get((address, identity))
        if peer is not None:
            peer.ring()

    def sent_to_all(self, address: str) -> None:
        """Something was sent to all subscribers."""
        for subscriber in self._connected.get(address, ()):
            subscriber.ring()

    def has_taken(self, address: str) -> None:
        """A subscriber has taken many messages of a publisher."""
        bound = self._bound.get(address)
        if bound is not None:
            bound.has_taken()
