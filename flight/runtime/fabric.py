"""What all ends of the bus in one process share: the transport, and who is there."""

import itertools
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import zmq

from flight.runtime.common_clock import CommonClock
from flight.runtime.sockets import Kind, Socket
from flight.runtime.zeromq_bells import Bells
from flight.runtime.zeromq_keys import Keys, doorkeeper_of_run
from flight.runtime.zeromq_sockets import CONTEXTS, ZeroMqSocket

_FABRICS = itertools.count(1)


class End(Protocol):
    """A socket that is connected to an address."""

    identity: bytes

    def cut(self) -> None:
        """The bound side is gone: keeps what has arrived, and lets go of the connection."""

    def reconnect(self) -> None:
        """Connects to the side that was bound anew."""


class Presence(ABC):
    """Opens the sockets of all buses of one process, and knows who is connected to what.

    For `inproc://` it keeps the account of who is there, cuts connections when the bound side is
    closed and makes them again when it is bound again (a node that was killed and booted). ZeroMQ
    does not connect again by itself, and it closes in a thread of its own: left to that, a send
    would find out at another moment in each run. Other transports do both on their own.
    """

    clock: CommonClock | None = None
    """What the processes of a run have in common; its messages are counted there."""
    token = b""
    """Tells its clients from those of another process under the same name, between processes."""

    def __init__(self) -> None:
        self.changes = 0  # connections that were made or cut so far
        self._down: dict[str, None] = {}  # addresses that were bound and are not now
        self._connected: dict[str, dict[End, bool]] = {}  # whether the connection stands
        self._peers: dict[tuple[str, bytes], End] = {}

    @abstractmethod
    def open_socket(self, kind: Kind, identity: bytes = b"") -> Socket:
        """A new socket; a client connects under its `identity`."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the transport; every bus is to be closed before."""

    def bound(self, address: str) -> None:
        """An address was bound; whoever was connected to an earlier binding connects again."""
        self.changes += 1
        self._down.pop(address, None)
        ends = self._connected.get(address, {})
        for end, stands in list(ends.items()):
            if not stands:
                ends[end] = True
                end.reconnect()

    def unbound(self, address: str) -> None:
        """An address is no longer bound."""
        if not _is_inproc(address):
            return
        self.changes += 1
        self._down[address] = None
        ends = self._connected.get(address, {})
        for end in list(ends):
            ends[end] = False
            end.cut()

    def is_down(self, address: str) -> bool:
        """Whether who was bound to an `inproc://` address is gone."""
        return address in self._down

    def lacks(self, address: str, peer: bytes) -> bool:
        """Whether no end of that identity is connected to an `inproc://` address."""
        return (address, peer) not in self._peers and _is_inproc(address)

    def connected(self, address: str, end: End) -> None:
        """An end is connected to an address."""
        self.changes += 1
        self._connected.setdefault(address, {})[end] = True
        if end.identity:
            self._peers[address, end.identity] = end

    def gone(self, end: End) -> None:
        """An end was closed."""
        self.changes += 1
        for ends in self._connected.values():
            ends.pop(end, None)
        for key, peer in list(self._peers.items()):
            if peer is end:
                del self._peers[key]


class Fabric(Presence):
    """All buses of one process over ZeroMQ, in one context.

    With the `keys` of a run its tcp sockets are encrypted and talk to nobody without them. Then it
    is to be made while a loop runs; `on_refused` hears how many without them it has refused. With a
    common `clock` mission time waits for its messages. `listening`: descriptors of sockets that are
    bound and listen, by the addresses that are to be served on them; each is given away once.
    """

    def __init__(
        self,
        keys: Keys | None = None,
        clock: CommonClock | None = None,
        listening: Mapping[str, int] | None = None,
        on_refused: Callable[[int], None] = lambda count: None,
    ) -> None:
        super().__init__()
        self.clock = clock
        self.token = f"#{os.getpid()}.{next(_FABRICS)}".encode()
        self._listening = dict(listening or {})
        self.context: zmq.Context[Any] = CONTEXTS.make()
        self.doorkeeper = (
            None if keys is None else doorkeeper_of_run(self.context, keys, on_refused)
        )
        self._keys = keys
        self._bells = Bells()

    def open_socket(self, kind: Kind, identity: bytes = b"") -> Socket:
        """A socket of ZeroMQ."""
        return ZeroMqSocket(self.context, kind, identity, self._keys, self._listening, self._bells)

    def close(self) -> None:
        """Closes the context; every bus is to be closed before."""
        if self.doorkeeper is not None:
            self.doorkeeper.close()
        CONTEXTS.destroy(self.context)


def _is_inproc(address: str) -> bool:
    return address.startswith("inproc://")
