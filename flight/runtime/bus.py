"""The bus: ZeroMQ between everybody, with numbered streams and gap reports.

Plain sockets, drained without blocking by a reader of the event loop: four times as fast as
`zmq.asyncio`, and no message is lost when a waiting task is cancelled. Requests go from a `Client`
(DEALER) to a `Server` (ROUTER); telemetry and events from a `Publisher` (XPUB) to a `Subscriber`.

Every message travels as one frame `[sequence, time_ns, message]` in MessagePack. The receiver
counts each stream; a hole is a `Gap` handed to `on_gap`, never passed over in silence. A sender
that began anew is a new life: what it sent before it was heard is a gap as well. A message that
cannot be sent (queue full, peer gone) is counted and reported to `on_drop`, and `send` returns
False.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flight.icd.codec import MAXIMUM_MESSAGE_BYTES, CodecError
from flight.icd.envelope import (
    LARGEST_LIFE,
    WrongMessage,
    life_and_count,
    numbered,
    read_envelope,
    write_envelope,
)
from flight.icd.messages import Message
from flight.runtime.fabric import Fabric as Fabric
from flight.runtime.fabric import Presence
from flight.runtime.loop import clock_of
from flight.runtime.message_log import MessageLog
from flight.runtime.sockets import Full, Kind, Unreachable

DRAIN_BUDGET = 256  # messages taken from one socket before others have their turn

E = TypeVar("E", bound="_End")


@dataclass(frozen=True)
class Gap:
    """Messages that were sent and did not arrive."""

    stream: str
    expected: int
    received: int

    @property
    def missing(self) -> int:
        """How many messages are missing."""
        return self.received - self.expected


@dataclass
class Counters:
    """What a bus has done so far; all monotonic."""

    sent: int = 0
    received: int = 0
    dropped: int = 0
    missing: int = 0
    malformed: int = 0


class Bus:
    """One participant's access to the bus.

    `addresses` maps a service name to a ZeroMQ address (`inproc://`, `ipc://`, `tcp://`); a name
    that it lacks gets `inproc://<name>`. All buses of one process share one `fabric`.
    """

    def __init__(
        self,
        name: str,
        *,
        fabric: Presence,
        addresses: Mapping[str, str] | None = None,
        log: MessageLog | None = None,
        on_gap: Callable[[Gap], None] | None = None,
        on_drop: Callable[[str, str], None] | None = None,
        on_malformed: Callable[[str, str], None] | None = None,
    ) -> None:
        self.name = name
        self.life = 0  # boots of a node, starts of a program: tells a sender that began anew
        self.fabric = fabric
        self.counters = Counters()
        self.log = log
        self.on_gap = on_gap
        self.on_drop = on_drop
        self.on_malformed = on_malformed
        self._addresses: Mapping[str, str] = addresses if addresses is not None else {}
        self._ends: list[_End] = []

    def begin_life(self, life: int) -> None:
        """Counts anew what is sent from here: this is the `life`-th start of the participant.

        Raises ValueError for a life that cannot be told on the wire.
        """
        if not 0 <= life <= LARGEST_LIFE:
            raise ValueError(f"life {life} of {self.name}: allowed is 0 to {LARGEST_LIFE}")
        self.life = life
        for end in self._ends:
            end.count_anew()

    def address(self, service: str) -> str:
        """The ZeroMQ address of a service."""
        return self._addresses.get(service, f"inproc://{service}")

    def joins_late(self, service: str) -> bool:
        """Whether who follows a stream may miss what is said while it joins: between processes."""
        return not self.address(service).startswith("inproc://")

    def serve(self, service: str, on_message: Callable[[bytes, Message], None]) -> "Server":
        """Binds a service; `on_message(peer, message)` gets what clients send."""
        return self._keep(Server(self, service, on_message))

    def connect(
        self, service: str, on_message: Callable[[Message], None], *, epoch: int = 0
    ) -> "Client":
        """Connects to a service; `epoch` (a boot number) tells restarted clients apart.

        Raises ValueError when this bus has such a connection: the other side could not tell the
        two apart, and one would starve.
        """
        for end in self._ends:
            if isinstance(end, Client) and (end.service, end.epoch) == (service, epoch):
                raise ValueError(f"{self.name} is connected to {service} already: use that client")
        return self._keep(Client(self, service, on_message, epoch))

    def publish(self, stream: str, on_join: Callable[[], None] | None = None) -> "Publisher":
        """Binds a stream; `on_join` is called when somebody subscribes, to send last values
        again."""
        return self._keep(Publisher(self, stream, on_join))

    def subscribe(self, stream: str, on_message: Callable[[Message], None]) -> "Subscriber":
        """Follows a stream."""
        return self._keep(Subscriber(self, stream, on_message))

    def close(self) -> None:
        """Closes all sockets; what waits to be sent is discarded."""
        for end in reversed(self._ends.copy()):
            end.close()

    def _keep(self, end: E) -> E:
        self._ends.append(end)
        return end

    def _forget(self, end: "_End") -> None:
        if end in self._ends:
            self._ends.remove(end)


class _End:
    """One socket, its reader and its counting."""

    def __init__(self, bus: Bus, kind: Kind, service: str, *, identity: bytes = b"") -> None:
        self.bus = bus
        self.service = service
        self.identity = identity
        self._address = bus.address(service)
        self._socket = bus.fabric.open_socket(kind, identity)
        self._loop = asyncio.get_running_loop()
        self._time_ns = clock_of(self._loop)
        self._label = f"{bus.name}>{service}".encode()
        self._sequences: dict[bytes, int] = {}
        self._expected: dict[bytes, int] = {}
        self._drain_scheduled = False
        self._draining = False
        self._closed = False
        self._binds = False
        self._arrived: deque[list[bytes]] = deque()  # from a side that is gone, not yet taken

    @property
    def closed(self) -> bool:
        """Whether the socket has been closed."""
        return self._closed

    def _bind(self) -> None:
        try:
            self._socket.bind(self._address)
        except OSError:
            self._socket.close()
            raise
        self._binds = True
        self.bus.fabric.bound(self._address)

    def _connect(self) -> None:
        self._socket.connect(self._address)
        self.bus.fabric.connected(self._address, self)

    def cut(self) -> None:
        """The bound side is gone: keeps what has arrived, and lets go of the connection."""
        while (frames := self._socket.receive()) is not None:
            self._arrived.append(frames)
        self._socket.disconnect(self._address)
        self._schedule_drain()

    def reconnect(self) -> None:
        """Connects to the side that was bound anew; its streams begin anew."""
        self._socket.connect(self._address)
        self._expected.clear()
        self.reconnected()
        self._schedule_drain()

    def reconnected(self) -> None:
        """Called after that, for those who introduce themselves."""

    def count_anew(self) -> None:
        """What is sent from here on is numbered from 1 again."""
        self._sequences.clear()

    def _listen(self) -> None:
        self._socket.watch(self._loop, self._drain)
        self._schedule_drain()

    def close(self) -> None:
        """Closes the socket."""
        if self._closed:
            return
        self._closed = True
        self._socket.unwatch(self._loop)
        if self._binds:
            self._socket.unbind(self._address)
            self.bus.fabric.unbound(self._address)
        self._socket.close()
        self.bus.fabric.gone(self)
        self.bus._forget(self)

    def _wrap(self, peer: bytes, message: Message) -> bytes:
        count = self._sequences.get(peer, 0) + 1
        self._sequences[peer] = count
        now = self._time_ns()
        data = write_envelope(numbered(self.bus.life, count), now, message)
        log = self.bus.log
        if log is not None:
            log.add(now, self._label + peer, data)
        return data

    def _too_large(self, data: bytes) -> bool:
        return self._dropped(f"{len(data)} bytes; allowed are {MAXIMUM_MESSAGE_BYTES}")

    def _after_send(self) -> None:
        self.bus.counters.sent += 1
        self._look_later()

    def _look_later(self) -> None:
        # ZeroMQ's descriptor is edge-triggered: a send, also one that is refused, may have eaten
        # the edge of what arrived. One look serves all that is sent until then, and a drain looks
        # anyway before it ends.
        if not self._draining:
            self._schedule_drain()

    def _dropped(self, reason: str) -> bool:
        self.bus.counters.dropped += 1
        if self.bus.on_drop is not None:
            self.bus.on_drop(self.service, reason)
        return False

    def _schedule_drain(self) -> None:
        if not self._drain_scheduled and not self._closed:
            self._drain_scheduled = True
            self._loop.call_soon(self._drain_again)

    def _drain_again(self) -> None:
        self._drain_scheduled = False
        if not self._closed and (self._arrived or self._socket.has_input()):
            self._drain()

    def _drain(self) -> None:
        # The descriptor will not tell again of what still waits when the budget is used up or
        # something was raised.
        again = True
        self._draining = True
        try:
            again = self._drain_some()
        finally:
            self._draining = False
            if again:
                self._schedule_drain()

    def _drain_some(self) -> bool:
        """Takes what waits; whether more may wait."""
        for taken in range(DRAIN_BUDGET):
            if self._closed:
                return False
            # Mostly one message comes at a time: asking is cheaper than a refused receive.
            if taken == 1 and not self._arrived and not self._socket.has_input():
                return False
            frames = self._arrived.popleft() if self._arrived else self._socket.receive()
            if frames is None:
                return False
            self._take(frames)
        return True

    def _take(self, frames: list[bytes]) -> None:
        raise NotImplementedError

    def _open(self, peer: bytes, data: bytes) -> Message | None:
        """Decodes, checks and counts one arrival; None when it is no message."""
        try:
            envelope = read_envelope(data)
        except CodecError as error:
            if isinstance(error, WrongMessage):
                self._count(peer, error.sequence)
            self._malformed(str(error))
            return None
        self._count(peer, envelope.sequence)
        self.bus.counters.received += 1
        return envelope.message

    def _malformed(self, reason: str) -> None:
        self.bus.counters.malformed += 1
        if self.bus.on_malformed is not None:
            self.bus.on_malformed(self.service, reason)

    def _count(self, peer: bytes, sequence: int) -> None:
        expected = self._expected.get(peer)
        self._expected[peer] = sequence + 1
        if expected is None or sequence == expected:
            return
        (life_expected, _), (life, count) = life_and_count(expected), life_and_count(sequence)
        if life == life_expected and sequence > expected:
            missing = sequence - expected
        else:  # a new life: of its own, what came before is missing; of the old one nobody knows
            missing = count - 1
        if missing:
            stream = f"{self.service}/{peer.decode(errors='replace')}"
            gap = Gap(stream, expected if life == life_expected else sequence - missing, sequence)
            self.bus.counters.missing += gap.missing
            if self.bus.on_gap is not None:
                self.bus.on_gap(gap)


class Server(_End):
    """The bound side of requests (ROUTER). Peers are known by the name they connect with."""

    def __init__(
        self, bus: Bus, service: str, on_message: Callable[[bytes, Message], None]
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

    def _take(self, frames: list[bytes]) -> None:
        if len(frames) != 2:
            self._malformed(f"{len(frames)} frames instead of 2")
            return
        message = self._open(frames[0], frames[1])
        if message is not None:
            self._on_message(frames[0], message)


class Client(_End):
    """The connecting side of requests (DEALER)."""

    def __init__(
        self, bus: Bus, service: str, on_message: Callable[[Message], None], epoch: int
    ) -> None:
        super().__init__(bus, Kind.CLIENT, service, identity=f"{bus.name}#{epoch}".encode())
        self.epoch = epoch
        self.on_reconnect: Callable[[], None] | None = None
        self._on_message = on_message
        self._connect()
        self._listen()

    def reconnected(self) -> None:
        if self.on_reconnect is not None:
            self.on_reconnect()

    def send(self, message: Message) -> bool:
        """Sends to the service; False (and counted) when it is gone or the queue is full."""
        if self._closed:
            return False
        data = self._wrap(b"", message)
        if len(data) > MAXIMUM_MESSAGE_BYTES:
            return self._too_large(data)
        if self.bus.fabric.is_down(self._address):
            return self._dropped("nobody serves it now")
        try:
            self._socket.send(data)
        except Full:
            self._look_later()
            return self._dropped("the queue is full")
        self._after_send()
        return True

    def _take(self, frames: list[bytes]) -> None:
        message = self._open(b"", frames[-1])
        if message is not None:
            self._on_message(message)


class Publisher(_End):
    """The bound side of a stream (XPUB)."""

    def __init__(self, bus: Bus, stream: str, on_join: Callable[[], None] | None) -> None:
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


class Subscriber(_End):
    """The following side of a stream (SUB)."""

    def __init__(self, bus: Bus, stream: str, on_message: Callable[[Message], None]) -> None:
        super().__init__(bus, Kind.SUBSCRIBER, stream)
        self._on_message = on_message
        self._connect()
        self._listen()

    def _take(self, frames: list[bytes]) -> None:
        message = self._open(b"", frames[-1])
        if message is not None:
            self._on_message(message)
