"""An end of the bus: one socket, its reader, and the counting of what comes and goes."""

import asyncio
import contextvars
from collections import deque

from flight.icd.checksum import Corrupt
from flight.icd.codec import MAXIMUM_MESSAGE_BYTES, CodecError
from flight.icd.envelope import (
    WrongMessage,
    life_and_count,
    write_envelope,
)
from flight.icd.messages import Message
from flight.runtime.bus_side import BusSide
from flight.runtime.gaps import Gap
from flight.runtime.loop import VirtualLoop, clock_of
from flight.runtime.sockets import Kind

MOST_PEERS = 1_000  # whose streams are counted; a node that boots is a peer anew
DRAIN_BUDGET = 256  # messages taken from one socket before others have their turn


class Endpoint:
    """One socket, its reader and its counting."""

    def __init__(self, bus: BusSide, kind: Kind, service: str, *, identity: bytes = b"") -> None:
        self.bus = bus
        self.service = service
        self.identity = identity
        self._address = bus.address(service)
        self._sent_ns = 0
        self._size = 0
        self._socket = bus.fabric.open_socket(kind, identity)
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()  # whose end it is, whoever wakes it
        # By the fabric, of all that arrives: within a process alone, also where processes have a
        # virtual time in common.
        self._is_told = isinstance(self._loop, VirtualLoop) and not bus.joins_late(service)
        self._time_ns = clock_of(self._loop)
        self._label = f"{bus.name}>{service}".encode()
        self._sequences = bus.counts(kind, service, identity)
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

    @property
    def sent_ns(self) -> int:
        """When the message that is being heard was sent, by its sender (ns of mission time)."""
        return self._sent_ns

    @property
    def size(self) -> int:
        """Bytes of the message that is being heard."""
        return self._size

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
        self.bus.forget(self)

    def _wrap(self, peer: bytes, message: Message) -> bytes:
        count = self._sequences.get(peer, 0) + 1
        self._sequences[peer] = count
        if count == 1:
            _forget_oldest(self._sequences)
        now = self._time_ns()
        bus = self.bus
        data = write_envelope(bus.first + count, now, message)
        if bus.log is not None:
            bus.log.add(now, self._label + peer, data)
        return data

    def _too_large(self, data: bytes) -> bool:
        return self._dropped(f"{len(data)} bytes; allowed are {MAXIMUM_MESSAGE_BYTES}")

    def _after_send(self) -> None:
        self.bus.counters.sent += 1
        if not self._is_told:
            self._look_later()

    def _look_later(self) -> None:
        # ZeroMQ's descriptor is edge-triggered: a send, also one that is refused, may have eaten
        # the edge of what arrived. One look serves all that is sent until then, and a drain looks
        # anyway before it ends.
        if not self._draining and not self._is_told:
            self._schedule_drain()

    def _dropped(self, reason: str) -> bool:
        self.bus.counters.dropped += 1
        if self.bus.on_drop is not None:
            self.bus.on_drop(self.service, reason)
        return False

    def _schedule_drain(self) -> None:
        if not self._drain_scheduled and not self._closed:
            self._drain_scheduled = True
            self._loop.call_soon(self._drain_again, context=self._context)

    def _drain_again(self) -> None:
        self._drain_scheduled = False
        if not self._closed and (self._arrived or self._socket.has_input()):
            self._drain()

    def _drain(self) -> None:
        self._draining = True
        try:
            for taken in range(DRAIN_BUDGET):
                if self._closed:
                    return
                # Mostly one message comes at a time: asking is cheaper than a refused receive.
                if taken == 1 and not self._arrived and not self._socket.has_input():
                    return
                frames = self._arrived.popleft() if self._arrived else self._socket.receive()
                if frames is None:
                    return
                self._take(frames)
        except BaseException:
            self._draining = False
            self._schedule_drain()  # the descriptor will not tell again of what still waits
            raise
        finally:
            self._draining = False
        self._schedule_drain()  # of more than the budget the descriptor will not tell either

    def _take(self, frames: list[bytes]) -> None:
        raise NotImplementedError

    def _open(self, peer: bytes, data: bytes) -> Message | None:
        """Decodes, checks and counts one arrival; None when it is no message."""
        bus = self.bus
        try:
            envelope = bus.read(data)
        except CodecError as error:
            if isinstance(error, Corrupt):
                bus.counters.corrupt += 1
            if isinstance(error, WrongMessage):
                self._count(peer, error.sequence)
            self._malformed(str(error))
            return None
        sequence = envelope.sequence
        if self._expected.get(peer) == sequence:  # nearly always: the one after the last
            self._expected[peer] = sequence + 1
        elif not self._count(peer, sequence):
            return None
        self._sent_ns = envelope.time_ns
        self._size = len(data)
        bus.counters.received += 1
        return envelope.message

    def _malformed(self, reason: str) -> None:
        self.bus.counters.malformed += 1
        if self.bus.on_malformed is not None:
            self.bus.on_malformed(self.service, reason)

    def _count(self, peer: bytes, sequence: int) -> bool:
        """Finds gaps; False for what is stale: of an earlier life of its sender, or a repetition.

        A sender that never told its life (0) may have begun anew: what it says again is news.
        """
        expected = self._expected.get(peer)
        if expected is None:
            self._expected[peer] = sequence + 1
            _forget_oldest(self._expected)
            return True
        if sequence == expected:
            self._expected[peer] = sequence + 1
            return True
        (life_expected, _), (life, count) = life_and_count(expected), life_and_count(sequence)
        if sequence < expected and life_expected > 0:
            self._stale(peer, sequence)
            return False
        self._expected[peer] = sequence + 1
        if life == life_expected and sequence > expected:
            missing = sequence - expected
        else:  # a new life: of its own, what came before is missing; of the old one nobody knows
            missing = count - 1
        if missing:
            stream = f"{self.service}/{peer.decode(errors='replace')}"
            gap = Gap(stream, sequence - missing, sequence)
            self.bus.counters.missing += gap.missing
            if self.bus.on_gap is not None:
                self.bus.on_gap(gap)
        return True

    def _stale(self, peer: bytes, sequence: int) -> None:
        self.bus.counters.stale += 1
        if self.bus.on_drop is not None:
            life, count = life_and_count(sequence)
            who = peer.decode(errors="replace")
            self.bus.on_drop(self.service, f"message {count} of life {life} of {who!r} is stale")


def _forget_oldest(counts: dict[bytes, int]) -> None:
    """Whoever connects under ever new names takes no more memory."""
    while len(counts) > MOST_PEERS:
        del counts[next(iter(counts))]
