"""The bound side of requests, and both sides of a stream; the client is in `client`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flight.icd.codec import MAXIMUM_MESSAGE_BYTES
from flight.icd.messages import Message
from flight.runtime.endpoint import Endpoint
from flight.runtime.sockets import Full, Kind, Unreachable

if TYPE_CHECKING:
    from flight.runtime.bus import Bus


class Server(Endpoint):
    """The bound side of requests (ROUTER). Peers are known by the name they connect with."""

    def __init__(
        self, bus: "Bus", service: str, on_message: Callable[[bytes, Message], None]
    ) -> None:
        super().__init__(bus, Kind.SERVER, service)
        self._on_message = on_message
        self._bind()
        self._listen()

    def send(self, peer: bytes, message: Message) -> bool:
        """Sends to one peer; False (and counted) when it is gone or its queue is full."""
        if self._closed:
            return False
        data = self._wrap(peer, message)
        if len(data) > MAXIMUM_MESSAGE_BYTES:
            return self._too_large(data)
        if self.bus.fabric.lacks(self._address, peer):
            return self._dropped(f"{peer.decode(errors='replace')} is not connected")
        try:
            self._socket.send_to(peer, data)
        except Full:
            self._look_later()
            return self._dropped(f"the queue of {peer.decode(errors='replace')} is full")
        except Unreachable:
            self._look_later()
            return self._dropped(f"{peer.decode(errors='replace')} is not connected")
        self._after_send()
        return True

    def refuse(self, reason: str) -> None:
        """Counts and tells a message that was heard and is not acted upon."""
        self._dropped(reason)

    def _take(self, frames: list[bytes]) -> None:
        if len(frames) != 2:
            self._malformed(f"{len(frames)} frames instead of 2")
            return
        message = self._open(frames[0], frames[1])
        if message is not None:
            self._on_message(frames[0], message)


class Publisher(Endpoint):
    """The bound side of a stream (XPUB)."""

    def __init__(self, bus: "Bus", stream: str, on_join: Callable[[], None] | None) -> None:
        super().__init__(bus, Kind.PUBLISHER, stream)
        self._on_join = on_join
        self._changes_seen = -1
        self._bind()
        self._listen()

    def send(self, message: Message) -> bool:
        """Publishes; a subscriber whose queue is full finds a gap."""
        if self._closed:
            return False
        data = self._wrap(b"", message)
        if len(data) > MAXIMUM_MESSAGE_BYTES:
            return self._too_large(data)
        changes = self.bus.fabric.changes
        if changes != self._changes_seen:
            # Takes in who has joined: ZeroMQ's send looks now and then, by the machine's clock.
            self._socket.has_input()
            self._changes_seen = changes
        self._socket.send(data)
        self._after_send()
        return True

    def _take(self, frames: list[bytes]) -> None:
        if frames[0][:1] == b"\x01" and self._on_join is not None:
            self._on_join()


class Subscriber(Endpoint):
    """The following side of a stream (SUB)."""

    def __init__(self, bus: "Bus", stream: str, on_message: Callable[[Message], None]) -> None:
        super().__init__(bus, Kind.SUBSCRIBER, stream)
        self._on_message = on_message
        self._connect()
        self._listen()

    def _take(self, frames: list[bytes]) -> None:
        message = self._open(b"", frames[-1])
        if message is not None:
            self._on_message(message)
