"""What all ends of the bus in one process share: the ZeroMQ context, and who is there."""

from typing import Any, Protocol

import zmq


class End(Protocol):
    """A socket that is connected to an address."""

    identity: bytes

    def reconnect(self, address: str) -> None:
        """Connects again to a side that was bound anew."""


class Fabric:
    """What all buses of one process share: the ZeroMQ context, and who is connected to what.

    `inproc://` connections do not come back by themselves when the bound side is closed and bound
    again (a node that was killed and booted); the fabric makes them again. It also answers for
    `inproc://` who is there, because ZeroMQ closes in a thread of its own: asked itself, it would
    notice at another moment in each run. Other transports do both on their own.
    """

    def __init__(self) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self.context.set(zmq.MAX_SOCKETS, 4096)
        self._bound: dict[str, bool] = {}  # False: it was bound once, and is not now
        self._connected: dict[str, list[End]] = {}
        self._peers: dict[tuple[str, bytes], End] = {}

    def bound(self, address: str) -> None:
        """An address was bound; whoever was connected to an earlier binding connects again."""
        again = address in self._bound
        self._bound[address] = True
        if again and _is_inproc(address):
            for end in list(self._connected.get(address, [])):
                end.reconnect(address)

    def unbound(self, address: str) -> None:
        """An address is no longer bound."""
        self._bound[address] = False

    def is_down(self, address: str) -> bool:
        """Whether who was bound to an `inproc://` address is gone."""
        return _is_inproc(address) and not self._bound.get(address, True)

    def lacks(self, address: str, peer: bytes) -> bool:
        """Whether no end of that identity is connected to an `inproc://` address."""
        return _is_inproc(address) and (address, peer) not in self._peers

    def connected(self, address: str, end: End) -> None:
        """An end is connected to an address."""
        self._connected.setdefault(address, []).append(end)
        if end.identity:
            self._peers[address, end.identity] = end

    def gone(self, end: End) -> None:
        """An end was closed."""
        for ends in self._connected.values():
            if end in ends:
                ends.remove(end)
        for key, peer in list(self._peers.items()):
            if peer is end:
                del self._peers[key]

    def close(self) -> None:
        """Closes the context; every bus is to be closed before."""
        self.context.destroy(linger=0)


def _is_inproc(address: str) -> bool:
    return address.startswith("inproc://")
