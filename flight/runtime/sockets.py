"""What the bus needs of a transport: four kinds of sockets, each with one peer or many.

A client (DEALER) talks to a server (ROUTER), which knows its clients by the identity that they
connect with; a publisher (XPUB) is heard by subscribers (SUB). ZeroMQ is one body of these
(`zeromq_sockets`), queues in memory another (`memory_fabric`).
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Protocol

HIGH_WATER_MARK = 10_000  # messages queued for one peer before a send is refused


class Kind(Enum):
    """What a socket is for."""

    SERVER = "server"
    CLIENT = "client"
    PUBLISHER = "publisher"
    SUBSCRIBER = "subscriber"


class Link(Enum):
    """What is known of the bound side of a connection between processes."""

    UP = "up"
    LOST = "lost"
    ABSENT = "absent"  # has not come up while programs start


class Full(Exception):
    """The queue of the peer is full: nothing was sent."""


class Unreachable(Exception):
    """Nobody of that identity is connected: nothing was sent."""


class Socket(Protocol):
    """One socket. Nothing of it blocks."""

    def bind(self, address: str) -> None:
        """Binds to an address (a server or a publisher). Raises OSError when it is taken."""

    def unbind(self, address: str) -> None:
        """Lets go of an address; it is free at once."""

    def connect(self, address: str) -> None:
        """Connects to an address (a client or a subscriber), also before it is bound."""

    def follow(self, loop: asyncio.AbstractEventLoop, tell: Callable[[Link], None]) -> None:
        """Has `tell` called when the bound side comes or goes. To be called before `connect`, for
        an address between processes: of others the fabric keeps account."""

    def tell_name(self, name: bytes) -> None:
        """Has a publisher hear the name of a subscriber, after that it subscribed."""

    def look_at_peer(self) -> None:
        """Tells at once what has become known of the bound side, if it is followed."""

    def disconnect(self, address: str) -> None:
        """Lets go of a connection, if it still stands."""

    def watch(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Has `callback` called when something may have arrived."""

    def unwatch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends that."""

    def send(self, data: bytes) -> None:
        """Sends to the server, or to all subscribers. A client's raises Full; a subscriber whose
        queue is full misses it."""

    def send_to(self, peer: bytes, data: bytes) -> None:
        """A server's answer to one client. Raises Full or Unreachable."""

    def reaches(self, peer: bytes) -> bool:
        """Whether a client of a server between processes is connected."""
        ...

    def receive(self) -> list[bytes] | None:
        """The frames of what arrived first (a server's begin with who sent it); None: nothing."""

    def has_input(self) -> bool:
        """Whether something has arrived; takes in who has joined or left."""
        ...

    def close(self) -> None:
        """Closes; what had arrived and was not taken is lost."""
