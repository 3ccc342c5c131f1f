"""Queues in memory as the transport of the bus, for runs in virtual time in one process.

What is sent arrives in the same order as over `inproc://` of ZeroMQ, so that a run has the same
hash over both: a server takes from its clients in turn by ZeroMQ's rule, and the loop calls who has
something to read in the order in which the sockets were opened. There is no thread and no file
descriptor, so that a run over it can be forked.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from flight.runtime.fabric import Presence
from flight.runtime.handles import QueueReader
from flight.runtime.loop import VirtualLoop
from flight.runtime.sockets import HIGH_WATER_MARK, Full, Kind, Link, Unreachable

MOST_BYTES = 32 << 20  # queued for one peer before a send is refused: 32 of the largest messages


class MemoryFabric(Presence):
    """All buses of one process over queues in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._bound: dict[str, MemorySocket] = {}
        self._early: dict[str, list[MemorySocket]] = {}  # connected before their address was bound

    def open_socket(self, kind: Kind, identity: bytes = b"") -> "MemorySocket":
        """A socket of this fabric."""
        return MemorySocket(self, kind, identity)

    def bind(self, address: str, socket: "MemorySocket") -> None:
        """Binds a socket, and joins to it who has connected already. Raises OSError."""
        if address in self._bound:
            raise OSError(f"{address} is bound already")
        self._bound[address] = socket
        for early in self._early.pop(address, []):
            socket.join(early)

    def unbind(self, address: str) -> None:
        """The address is free again."""
        self._bound.pop(address, None)

    def connect(self, address: str, socket: "MemorySocket") -> None:
        """Joins a socket to the one that is bound there, or that will be."""
        bound = self._bound.get(address)
        if bound is not None:
            bound.join(socket)
        else:
            self._early.setdefault(address, []).append(socket)

    def disconnect(self, address: str, socket: "MemorySocket") -> None:
        """Takes a socket away from an address."""
        bound = self._bound.get(address)
        if bound is not None:
            bound.part(socket)
        early = self._early.get(address, [])
        if socket in early:
            early.remove(socket)

    def close(self) -> None:
        """Forgets all sockets."""
        self._bound.clear()
        self._early.clear()


class _Queue:
    """What one socket has sent to another and that has not been taken."""

    __slots__ = ("active", "messages", "reader", "size", "writer")

    def __init__(self, writer: "MemorySocket", reader: "MemorySocket | None") -> None:
        self.writer = writer
        self.reader = reader
        self.messages: deque[bytes] = deque()
        self.size = 0
        self.active = False  # whether its reader has it among those to take from

    def has_room(self, data: bytes) -> bool:
        # ZeroMQ's inproc adds the marks of both ends.
        return (
            len(self.messages) < 2 * HIGH_WATER_MARK and self.size + len(data) <= MOST_BYTES
        )

    def put(self, data: bytes) -> None:
        self.messages.append(data)
        self.size += len(data)
        if self.reader is not None:
            self.reader.arrived(self)


class MemorySocket:
    """A socket whose queues are in memory; see `sockets.Socket`."""

    def __init__(self, fabric: MemoryFabric, kind: Kind, identity: bytes) -> None:
        self.identity = identity
        self._fabric = fabric
        self._kind = kind
        self._address = ""  # connected to
        self._out: _Queue | None = None  # to the server
        self._peers: dict[bytes, _Queue] = {}  # a server's, by identity
        self._subscribers: dict[MemorySocket, _Queue] = {}
        self._joins = 0  # subscriptions that the publisher has not been told of
        self._active: list[_Queue] = []
        self._current = 0
        self._ahead: tuple[_Queue, bytes] | None = None
        self._waiting = 0  # messages, without what is told of joins
        self._reader: QueueReader | None = None

    # ------------------------------------------------------------ connecting

    def bind(self, address: str) -> None:
        """Binds; raises OSError when the address is taken."""
        self._fabric.bind(address, self)

    def unbind(self, address: str) -> None:
        """Lets go of an address."""
        self._fabric.unbind(address)

    def connect(self, address: str) -> None:
        """Connects; a client may send at once, a subscriber hears what is sent from now on."""
        self._address = address
        if self._kind is Kind.CLIENT:
            self._out = _Queue(self, None)
        self._fabric.connect(address, self)

    def follow(self, loop: asyncio.AbstractEventLoop, tell: Callable[[Link], None]) -> None:
        """Refused: the fabric knows who is there."""
        raise RuntimeError("queues in memory do not leave a process")

    def reaches(self, peer: bytes) -> bool:
        """Refused: the fabric knows who is there."""
        raise RuntimeError("queues in memory do not leave a process")

    def tell_name(self, name: bytes) -> None:
        """Nobody asks for names."""

    def look_at_peer(self) -> None:
        """Nobody is followed."""

    def disconnect(self, address: str) -> None:
        """Lets go of a connection."""
        if self._address:
            self._fabric.disconnect(self._address, self)
            self._address = ""
            self._out = None

    def join(self, peer: "MemorySocket") -> None:
        """A peer has connected to this bound socket."""
        if self._kind is Kind.PUBLISHER:
            self._subscribers[peer] = _Queue(self, peer)
            self._joins += 1
            self._wake()
            return
        self._peers[peer.identity] = _Queue(self, peer)
        queue = peer._out
        assert queue is not None
        queue.reader = self
        if queue.messages:
            self._waiting += len(queue.messages) - 1
            self.arrived(queue)

    def part(self, peer: "MemorySocket") -> None:
        """A peer has let go of this bound socket; what it has sent can still be taken."""
        self._subscribers.pop(peer, None)
        queue = self._peers.get(peer.identity)
        if queue is not None and queue.reader is peer:
            del self._peers[peer.identity]

    def close(self) -> None:
        """Closes; what had arrived is lost."""
        self.disconnect(self._address)
        self._peers.clear()
        self._subscribers.clear()
        self._active.clear()
        self._current, self._joins, self._waiting, self._ahead = 0, 0, 0, None

    # ---------------------------------------------------------------- reading

    def watch(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Has the loop call back when something has arrived. Raises RuntimeError outside virtual
        time: there the loop sleeps until a file descriptor wakes it."""
        if not isinstance(loop, VirtualLoop):
            raise RuntimeError("queues in memory are for virtual time: use ZeroMQ in paced time")
        self._reader = loop.add_queue_reader(callback, self._waits)
        if self._waits():
            self._wake()

    def unwatch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends that."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _wake(self) -> None:
        if self._reader is not None:
            self._reader.wake()

    def _waits(self) -> bool:
        return bool(self._active or self._joins or self._ahead is not None)

    def arrived(self, queue: _Queue) -> None:
        """Something was put into a queue that this socket reads."""
        self._waiting += 1
        if not queue.active:
            queue.active = True
            self._active.append(queue)
        self._wake()

    def receive(self) -> list[bytes] | None:
        """The frames of one message; None when none waits."""
        if self._joins:
            self._joins -= 1
            return [b"\x01"]
        taken, self._ahead = self._ahead, None
        if taken is None:
            taken = self._take()
        if taken is None:
            return None
        self._waiting -= 1
        queue, data = taken
        return [queue.writer.identity, data] if self._kind is Kind.SERVER else [data]

    def has_input(self) -> bool:
        """Whether something has arrived. It is taken ahead, as ZeroMQ's ROUTER does: so the next of
        the others has its turn after it, also if that arrives only now."""
        if not self._waiting:
            return self._joins > 0
        if self._ahead is None:
            self._ahead = self._take()
        return self._ahead is not None

    def _take(self) -> tuple[_Queue, bytes] | None:
        """The next message, from all in turn: the same turns as ZeroMQ's fair queueing gives."""
        active = self._active
        while active:
            queue = active[self._current]
            if queue.messages:
                data = queue.messages.popleft()
                queue.size -= len(data)
                self._current = (self._current + 1) % len(active)
                return queue, data
            queue.active = False
            last = active.pop()
            if self._current < len(active):
                active[self._current] = last
            else:
                self._current = 0
        return None

    # ---------------------------------------------------------------- sending

    def send(self, data: bytes) -> None:
        """Sends to the server, raising Full, or to all subscribers that have room."""
        if self._kind is Kind.PUBLISHER:
            for queue in self._subscribers.values():
                if queue.has_room(data):
                    queue.put(data)
            return
        queue_out = self._out
        if queue_out is None or not queue_out.has_room(data):
            raise Full
        queue_out.put(data)

    def send_to(self, peer: bytes, data: bytes) -> None:
        """Sends to one client; raises Full or Unreachable."""
        queue = self._peers.get(peer)
        if queue is None:
            raise Unreachable
        if not queue.has_room(data):
            raise Full
        queue.put(data)
