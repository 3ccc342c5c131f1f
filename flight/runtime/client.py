"""The connecting side of requests, which knows whether the other side is there."""

from collections import deque
from collections.abc import Callable

from flight.icd.codec import MAXIMUM_MESSAGE_BYTES
from flight.icd.messages import Message
from flight.runtime.bus_side import BusSide
from flight.runtime.endpoint import Endpoint
from flight.runtime.sockets import Full, Kind, Link

_GONE = (Link.LOST, Link.ABSENT)
MOST_HELD = 1_000  # messages that wait for a server that comes up or for room
MOST_BYTES_HELD = 4 << 20  # the same, bytes: four of the largest messages


class Client(Endpoint):
    """The connecting side of requests (DEALER).

    Between processes nothing is kept for a server that is not there: what is sent while programs
    start waits for a while, what is sent later, or to one that was lost, is a drop. `on_lost` is
    called with a sentence when a server is lost or has not come up; what waited is discarded then.
    `on_reconnect` is called when a server is there that was not.
    """

    def __init__(
        self, bus: BusSide, service: str, on_message: Callable[[Message], None], epoch: int
    ) -> None:
        token = bus.fabric.token if bus.joins_late(service) else b""
        identity = f"{bus.name}#{epoch}".encode() + token
        super().__init__(bus, Kind.CLIENT, service, identity=identity)
        self.epoch = epoch
        self.on_reconnect: Callable[[], None] | None = None
        self.on_lost: Callable[[str], None] | None = None
        self._on_message = on_message
        self._outside = bus.joins_late(service)
        self._link: Link | None = None
        self._held: deque[bytes] = deque()
        self._bytes_held = 0
        clock = bus.fabric.clock
        self._following = clock.follow(service) if clock is not None and self._outside else None
        if self._outside:
            self._socket.follow(self._loop, self._link_is)
        self._connect()
        self._listen()

    def reconnected(self) -> None:
        if self.on_reconnect is not None:
            self.on_reconnect()

    def cut(self) -> None:
        super().cut()
        # After what had arrived was taken: those are answers still.
        self._loop.call_soon(self._tell_cut, context=self._context)

    def _tell_cut(self) -> None:
        if not self._closed and self.on_lost is not None:
            self.on_lost(f"{self.service} was lost")

    def send(self, message: Message) -> bool:
        """Sends to the service; False (and counted) when it is gone or the queue is full."""
        if self._closed:
            return False
        if self._outside:
            self._socket.look_at_peer()
        data = self._wrap(b"", message)
        if len(data) > MAXIMUM_MESSAGE_BYTES:
            return self._too_large(data)
        if self._link in _GONE or self.bus.fabric.is_down(self._address):
            return self._dropped("nobody serves it now")
        try:
            if self._outside and (self._held or self._link is None):
                raise Full
            self._send(data)
        except Full:
            self._look_later()
            if not self._outside or not self._hold(data):
                return self._dropped("the queue is full")
        self._after_send()
        return True

    def _send(self, data: bytes) -> None:
        self._socket.send(data)
        if self._following is not None:
            self._following.sent()

    def _hold(self, data: bytes) -> bool:
        if len(self._held) >= MOST_HELD or self._bytes_held + len(data) > MOST_BYTES_HELD:
            return False
        self._held.append(data)
        self._bytes_held += len(data)
        return True

    def _let_go(self) -> None:
        """Sends what is held, as far as there is room."""
        while self._held and self._link is Link.UP:
            self._look_later()
            try:
                self._send(self._held[0])
            except Full:
                return
            self._bytes_held -= len(self._held.popleft())

    def _link_is(self, link: Link) -> None:
        following = self._following
        if link is Link.ABSENT and (
            self._link is link or (following is not None and following.expected())
        ):
            return
        before, self._link = self._link, link
        if following is not None:
            following.up() if link is Link.UP else following.lost()
        if link is Link.UP:
            self._socket.has_input()  # takes in the connection: now there is somebody to send to
            self._expected.clear()
            if before is None:
                self._let_go()
            else:
                self.reconnected()
            self._schedule_drain()
            return
        discarded = len(self._held)
        self._held.clear()
        self._bytes_held = 0
        why = "was lost" if link is Link.LOST else "has not come up"
        for _ in range(discarded):
            self._dropped(f"{self.service} {why}")
        if self.on_lost is not None:
            self.on_lost(f"{self.service} {why}")

    def _drain_again(self) -> None:
        super()._drain_again()
        # A look at the socket may have taken the edge that told of room.
        if not self._closed:
            self._let_go()

    def _drain(self) -> None:
        super()._drain()
        if self._held and not self._closed:
            self._let_go()

    def close(self) -> None:
        super().close()
        if self._following is not None:
            self._following.close()

    def _take(self, frames: list[bytes]) -> None:
        if self._outside and not frames[-1]:
            return  # the server asks whether this one is there
        if self._following is not None:
            self._following.taken()
        message = self._open(b"", frames[-1])
        if message is not None:
            self._on_message(message)
