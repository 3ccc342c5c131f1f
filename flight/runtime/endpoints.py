"""The bound side of requests, and both sides of a stream; the client is in `client`."""

from collections.abc import Callable

from flight.icd.codec import MAXIMUM_MESSAGE_BYTES
from flight.icd.messages import Message
from flight.runtime.bus_side import BusSide
from flight.runtime.endpoint import MOST_PEERS, Endpoint
from flight.runtime.sockets import Full, Kind, Link, Unreachable


class Server(Endpoint):
    """The bound side of requests (ROUTER). Peers are known by the name they connect with.

    Between processes a name is used by one program at a time: while it is connected, a second one
    of that name is not heard, and told of.
    """

    def __init__(
        self, bus: BusSide, service: str, on_message: Callable[[bytes, Message], None]
    ) -> None:
        super().__init__(bus, Kind.SERVER, service)
        self._on_message = on_message
        self._clock = bus.fabric.clock
        self._outside = bus.joins_late(service)
        self._holders: dict[bytes, bytes] = {}  # who speaks under which name
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
        if self._clock is not None:
            place = self._clock.place(_name(peer))
            if place is not None:
                self._clock.sent_to(place)
        self._after_send()
        return True

    def refuse(self, reason: str) -> None:
        """Counts and tells a message that was heard and is not acted upon."""
        self._dropped(reason)

    def _is_second(self, peer: bytes) -> bool:
        name = b"#".join(peer.split(b"#")[:2])
        holder = self._holders.get(name)
        if holder == peer:
            return False
        if holder is not None and self._socket.reaches(holder):
            return True
        self._holders.pop(name, None)
        self._holders[name] = peer
        while len(self._holders) > MOST_PEERS:
            del self._holders[next(iter(self._holders))]
        return False

    def _take(self, frames: list[bytes]) -> None:
        if self._outside and self._is_second(frames[0]):
            name = frames[0].partition(b"#")[0].decode(errors="replace")
            self.refuse(f"a second program calls itself {name}; it is not heard")
            if self.bus.on_second is not None:
                self.bus.on_second(self.service, name)
            return
        if self._clock is not None and self._clock.place(_name(frames[0])) is not None:
            self._clock.taken()
        if len(frames) != 2:
            self._malformed(f"{len(frames)} frames instead of 2")
            return
        message = self._open(frames[0], frames[1])
        if message is not None:
            self._on_message(frames[0], message)


def _name(peer: bytes) -> str:
    return peer.partition(b"#")[0].decode(errors="replace")


_JOIN, _LEAVE, _NAMED = b"\x01", b"\x00", b"\xff"
"""How ZeroMQ tells of a subscription, and what one begins with that tells its name: no message
begins so."""


class Publisher(Endpoint):
    """The bound side of a stream (XPUB)."""

    def __init__(self, bus: BusSide, stream: str, on_join: Callable[[], None] | None) -> None:
        super().__init__(bus, Kind.PUBLISHER, stream)
        self._on_join = on_join
        self._changes_seen = -1
        self._clock = bus.fabric.clock
        self._followers: dict[bytes, int] = {}  # participants of the run, and their places
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
        if self._clock is not None:
            if not self._draining:
                self._drain()  # whoever has joined by now will get it
            for place in self._followers.values():
                self._clock.sent_to(place)
        self._socket.send(data)
        self._after_send()
        return True

    def _take(self, frames: list[bytes]) -> None:
        what, name = frames[0][:1], frames[0][1:]
        if name[:1] == _NAMED:
            self._follower(what, name)
        elif what == _JOIN and self._on_join is not None:
            if self._clock is None:
                self._on_join()
            else:  # the name comes next: what is said now is to be counted
                self._loop.call_soon(self._joined)

    def _joined(self) -> None:
        if self._on_join is not None and not self._closed:
            self._on_join()

    def _follower(self, what: bytes, name: bytes) -> None:
        if self._clock is None:
            return
        place = self._clock.place(name[1:].decode(errors="replace"))
        if place is None:
            return
        if what == _JOIN:
            self._clock.taken()
            self._followers[name] = place
        elif what == _LEAVE:
            self._followers.pop(name, None)


class Subscriber(Endpoint):
    """The following side of a stream (SUB)."""

    def __init__(self, bus: BusSide, stream: str, on_message: Callable[[Message], None]) -> None:
        super().__init__(bus, Kind.SUBSCRIBER, stream)
        self._on_message = on_message
        clock = bus.fabric.clock
        self._following = None
        if clock is not None and bus.joins_late(stream):
            self._following = clock.follow(stream)
            self._socket.follow(self._loop, self._link_is)
            self._socket.tell_name(_NAMED + bus.name.encode())
        self._connect()
        self._listen()

    def _link_is(self, link: Link) -> None:
        if self._following is None:
            return
        if link is Link.UP:
            self._following.up()
            self._following.sent()  # the subscription
        else:
            self._following.lost()

    def close(self) -> None:
        """Closes the socket."""
        super().close()
        if self._following is not None:
            self._following.close()

    def _take(self, frames: list[bytes]) -> None:
        if self._following is not None:
            self._following.taken()
        message = self._open(b"", frames[-1])
        if message is not None:
            self._on_message(message)
