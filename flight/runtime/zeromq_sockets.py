"""ZeroMQ as the transport of the bus: plain sockets, looked at without blocking."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from typing import Any

import zmq

from flight.icd.codec import MAXIMUM_MESSAGE_BYTES
from flight.runtime.handles import QueueReader
from flight.runtime.loop import VirtualLoop
from flight.runtime.sockets import HIGH_WATER_MARK, Full, Kind, Link, Unreachable
from flight.runtime.zeromq_bells import Bells
from flight.runtime.zeromq_keys import Keys
from flight.runtime.zeromq_presence import HANDSHAKE_MS, RETRY_MS, Follower

_TYPES = {
    Kind.SERVER: zmq.ROUTER,
    Kind.CLIENT: zmq.DEALER,
    Kind.PUBLISHER: zmq.XPUB,
    Kind.SUBSCRIBER: zmq.SUB,
}
RECEIVED_OUTSIDE = 32
"""Messages from one peer in another process that wait to be taken: 32 MB of the largest. A peer
that sends faster waits; what is under way in the kernel's buffers comes on top."""
SENT_OUTSIDE = 1_000  # messages of our own, mostly of some kB, for one peer that does not take them
_POLLIN = int(zmq.POLLIN)  # the library's own flag takes longer than the look
_NOBLOCK = zmq.NOBLOCK
_MORE = zmq.NOBLOCK | zmq.SNDMORE
_send: Callable[..., Any] = zmq.backend.Socket.send
"""Without what `zmq.Socket` wraps it in, which takes as long as the sending."""
UNKNOWN = 1 << 40  # messages


class Contexts:
    """The contexts of ZeroMQ that are open in this process: each has threads of its own."""

    def __init__(self) -> None:
        self._open: list[zmq.Context[Any]] = []

    def make(self) -> "zmq.Context[Any]":
        """A new one, with room for many sockets."""
        context: zmq.Context[Any] = zmq.Context()
        context.set(zmq.MAX_SOCKETS, 4096)
        self._open.append(context)
        return context

    def destroy(self, context: "zmq.Context[Any]") -> None:
        """Ends one."""
        context.destroy(linger=0)
        if context in self._open:
            self._open.remove(context)

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)


CONTEXTS = Contexts()


class ZeroMqSocket:
    """A socket of ZeroMQ, with the options of its kind; see `sockets.Socket`."""

    def __init__(
        self,
        context: "zmq.Context[Any]",
        kind: Kind,
        identity: bytes,
        keys: Keys | None = None,
        listening: dict[str, int] | None = None,
        bells: Bells | None = None,
    ) -> None:
        self._bells = Bells() if bells is None else bells
        self._identity = identity
        self._within = ""  # the address within the process that it is bound or connected to
        self._bell: QueueReader | None = None
        self._most = UNKNOWN  # messages that may wait
        self._taken = 0
        self._look_first = False
        self._keys = keys
        self._listening = {} if listening is None else listening
        self._kind = kind
        self._socket: zmq.Socket[bytes] = context.socket(_TYPES[kind])
        option = self._socket.setsockopt
        option(zmq.LINGER, 0)
        option(zmq.SNDHWM, HIGH_WATER_MARK)
        option(zmq.RCVHWM, HIGH_WATER_MARK)
        option(zmq.MAXMSGSIZE, MAXIMUM_MESSAGE_BYTES)
        if identity:
            option(zmq.ROUTING_ID, identity)
        if kind is Kind.SERVER:
            option(zmq.ROUTER_MANDATORY, 1)
            option(zmq.ROUTER_HANDOVER, 1)
        elif kind is Kind.PUBLISHER:
            option(zmq.XPUB_VERBOSE, 1)
        elif kind is Kind.SUBSCRIBER:
            option(zmq.SUBSCRIBE, b"")
        # No heartbeats of ZeroMQ: where a peer goes whose messages wait to be taken, the next beat
        # ends this whole process by an assertion (libzmq 4.3.5). Whoever dies is known without.
        option(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
        option(zmq.RECONNECT_IVL, RETRY_MS)
        self.descriptor = -1
        self._follower: Follower | None = None
        self._claimed = -1  # lock of the ipc path that is served

    def bind(self, address: str) -> None:
        """Binds; raises OSError when the address is taken."""
        self._bound_memory(address)
        if self._keys is not None and address.startswith("tcp://"):
            self._keys.secure_bound(self._socket)
        if address.startswith("ipc://"):
            self._claim(address.removeprefix("ipc://"))
        if address in self._listening:  # ZeroMQ closes it with the socket
            self._socket.setsockopt(zmq.USE_FD, self._listening.pop(address))
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:  # which is no OSError
            raise OSError(error.errno, f"{address}: {error.strerror}") from error
        if address.startswith("inproc://"):
            self._within = address
            self._bells.bind(address, self)

    def _claim(self, path: str) -> None:
        # ZeroMQ deletes a socket file that it finds and binds anew: whoever served it would hear
        # nothing any more. The lock goes with the process, however that ends; the file may stay.
        claim = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(claim)
            raise OSError(f"ipc://{path} is served already, by this process or another") from None
        self._release()
        self._claimed = claim

    def _release(self) -> None:
        if self._claimed >= 0:
            os.close(self._claimed)
            self._claimed = -1

    def unbind(self, address: str) -> None:
        """Lets go of an address at once: ZeroMQ closes in a thread of its own."""
        with contextlib.suppress(zmq.ZMQError):
            self._socket.unbind(address)
        self._bells.unbind(address, self)
        self._release()

    def connect(self, address: str) -> None:
        """Connects."""
        self._bound_memory(address)
        if self._keys is not None and address.startswith("tcp://"):
            self._keys.secure_connecting(self._socket)
        self._socket.connect(address)
        if address.startswith("inproc://"):
            self._within = address
            self._bells.connect(address, self, self._identity)

    def _bound_memory(self, address: str) -> None:
        # Within a process the sum of both marks counts, in messages that nobody else can make.
        if not address.startswith("inproc://"):
            self._socket.setsockopt(zmq.RCVHWM, RECEIVED_OUTSIDE)
            self._socket.setsockopt(zmq.SNDHWM, SENT_OUTSIDE)

    def follow(self, loop: asyncio.AbstractEventLoop, tell: Callable[[Link], None]) -> None:
        """Tells when the bound side comes or goes; nothing is queued for one that is not there."""
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._follower = Follower(self._socket, loop, tell)

    def tell_name(self, name: bytes) -> None:
        """A further subscription, to nothing that is ever sent: it tells who subscribes."""
        self._socket.setsockopt(zmq.SUBSCRIBE, name)

    def look_at_peer(self) -> None:
        """Tells at once what has become known of the bound side."""
        if self._follower is not None:
            self._follower.look()

    def disconnect(self, address: str) -> None:
        """Lets go of a connection."""
        with contextlib.suppress(zmq.ZMQError):
            self._socket.disconnect(address)
        self._bells.disconnect(address, self, self._identity)

    def _may_wait(self) -> bool:
        """Whether a message may wait, or somebody may have joined a publisher."""
        return self._most > 0 if self._kind is not Kind.PUBLISHER else self.has_input()

    def ring(self, unsure: bool = False) -> None:
        """A message was sent to it, or an unknown number."""
        self._most = UNKNOWN if unsure else self._most + 1
        if self._bell is not None:
            self._bell.wake()

    def watch(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Calls back when its bell was rung, or at each edge of the socket's descriptor."""
        if isinstance(loop, VirtualLoop) and self._within:
            self._bell = loop.add_queue_reader(callback, self._may_wait)
            self._bell.wake()
            return
        self.descriptor = int(self._socket.getsockopt(zmq.FD))
        loop.add_reader(self.descriptor, callback)

    def unwatch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends that."""
        if self._bell is not None:
            self._bell.close()
            self._bell = None
        else:
            loop.remove_reader(self.descriptor)

    def send(self, data: bytes) -> None:
        """Sends; raises Full."""
        if self._look_first:
            self._look()
        try:
            _send(self._socket, data, _NOBLOCK)
        except zmq.Again:
            self._look()
            try:
                _send(self._socket, data, _NOBLOCK)
            except zmq.Again:
                raise Full from None
        if self._within:
            if self._kind is Kind.PUBLISHER:
                self._bells.sent_to_all(self._within)
            else:
                self._bells.sent_to_bound(self._within)

    def send_to(self, peer: bytes, data: bytes) -> None:
        """Sends to one peer; raises Full or Unreachable."""
        try:
            try:
                _send(self._socket, peer, _MORE)
                _send(self._socket, data, _NOBLOCK)
            except zmq.Again:
                self._look()
                _send(self._socket, peer, _MORE)
                _send(self._socket, data, _NOBLOCK)
        except zmq.Again:
            raise Full from None
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            raise Unreachable from None
        if self._within:
            self._bells.sent_to(self._within, peer)

    def has_taken(self) -> None:
        """A subscriber has taken many messages: there is room again, as a look will show."""
        self._look_first = True

    def _look(self) -> int:
        # Has ZeroMQ take in what its peers have taken, and who has come or gone.
        self._look_first = False
        return int(self._socket.getsockopt(zmq.EVENTS))

    def reaches(self, peer: bytes) -> bool:
        """Whether a client is connected; it gets a message of nothing, which clients ignore."""
        try:
            self.send_to(peer, b"")
        except Unreachable:
            return False
        except Full:
            pass
        return True

    def receive(self) -> list[bytes] | None:
        """The frames of one message; None when none waits."""
        receive: Callable[..., Any] = self._socket.recv
        try:
            if self._kind is not Kind.SERVER:
                frames = [receive(_NOBLOCK)]
            else:
                peer = receive(_NOBLOCK)
                # Not copied at once: it knows by itself whether more follows, asking takes longer.
                last: Any = receive(_NOBLOCK, False, False)
                frames = [peer, last.bytes]
                if last.more:
                    frames += self._socket.recv_multipart(_NOBLOCK)
        except zmq.Again:
            self._most = 0
            return None
        self._most -= 1
        if self._kind is Kind.SUBSCRIBER and self._within:
            self._taken += 1
            if self._taken >= HIGH_WATER_MARK // 2:  # ZeroMQ tells the sender of as many at a time
                self._taken = 0
                self._bells.has_taken(self._within)
        return frames

    def has_input(self) -> bool:
        """Whether something has arrived."""
        # The look takes in, too, who has joined a publisher or left it.
        if self._bell is None or self._kind is Kind.PUBLISHER:
            return bool(self._look() & _POLLIN)
        if self._most > 0 and not self._look() & _POLLIN:
            self._most = 0  # each that is sent from here on is told of
        return self._most > 0

    def close(self) -> None:
        """Closes, in a thread of ZeroMQ."""
        if self._follower is not None:
            self._follower.close()
        if self._within:
            self._bells.unbind(self._within, self)
            self._bells.disconnect(self._within, self, self._identity)
        self._socket.close(0)
        self._release()
