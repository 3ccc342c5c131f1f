"""Wires: each carries payloads to one device and back, and says when it is lost. None blocks."""

import asyncio
import contextlib
import errno
import fcntl
import os
import socket
import struct
import sys
import termios
import tty
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import zmq

from sim_hw.bench.wire.addresses import Address
from sim_hw.bench.wire.frames import (
    LARGEST_PAYLOAD,
    Damaged,
    FrameReader,
    frame,
    with_checksum,
    without_checksum,
)

TIOCGSERIAL, TIOCSSERIAL = 0x541E, 0x541F  # of Linux: asm-generic/ioctls.h
SERIAL_STRUCT, FLAGS_AT = 128, 16  # bytes that hold `struct serial_struct`; where its flags are
ASYNC_LOW_LATENCY = 1 << 13  # linux/tty_flags.h
QUICK = getattr(socket, "TCP_QUICKACK", 0)  # of Linux; it holds for what comes next alone
CHUNK = 4 << 10  # bytes read at once, before others have their turn
MOST_BYTES = 2 << 20
"""Bytes a second, understood or not, beyond which a device is lost: ten times what a loop of 200 Hz
has that tells 1 kB a cycle."""
LEAST_MESSAGE = 64  # bytes that a datagram or a message counts for at least
MOST_PARTS = 4  # of one message of ZeroMQ: a payload, and what a ROUTER may put before it
MOST_WAITING = 256 << 10  # bytes that wait to be sent: a device that takes nothing is lost
MOST_AT_ONCE = 64  # messages taken before others have their turn
PATIENCE = 2.0  # s until a connection is there


class WireLost(Exception):
    """There is no wire, or none any more; the text says which, and why."""


@dataclass
class WireCounters:
    """What a wire has done; all monotonic."""

    sent: int = 0
    received: int = 0
    damaged: int = 0
    unsent: int = 0


Hear = Callable[[bytes], None]
Lost = Callable[[str], None]


class Wire(Protocol):
    """One wire that is open."""

    counters: WireCounters

    def start(self, hear: Hear, lost: Lost) -> None:
        """From here on `hear` gets each payload; `lost` is called once, with the reason."""

    def send(self, payload: bytes) -> bool:
        """Sends; False (and counted) where it is lost or takes no more."""

    def close(self) -> None:
        """Lets go of it; `lost` is not called."""


class _Ended:
    """What all wires share: who hears, and that an end is told once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters = WireCounters()
        self._hear: Hear = lambda payload: None
        self._lost: Lost = lambda why: None
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._second, self._bytes = 0, 0

    def _is_lost(self, why: str) -> None:
        if not self.closed:
            self.close()
            self._lost(f"{self.name}: {why}")

    def _floods(self, size: int) -> bool:
        """Whether more has come than a second holds, whatever it says: then it is lost, and others
        have their turn."""
        second = int(self._loop.time())
        if second != self._second:
            self._second, self._bytes = second, 0
        self._bytes += max(size, LEAST_MESSAGE)
        if self._bytes > MOST_BYTES:
            self._is_lost(f"it says more than {MOST_BYTES >> 10} kB a second")
        return self.closed

    def _unsent(self) -> bool:
        self.counters.unsent += 1
        return False

    def close(self) -> None:
        self.closed = True


class StreamWire(_Ended):
    """Frames over a descriptor: a serial line, a pty, a socket of a stream."""

    def __init__(
        self, name: str, descriptor: int, largest: int = LARGEST_PAYLOAD, *, tcp: bool = False
    ) -> None:
        super().__init__(name)
        self._descriptor = descriptor
        self._tcp = socket.socket(fileno=os.dup(descriptor)) if tcp else None
        self._reader = FrameReader(largest)
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._waits = False  # until it can be written

    def start(self, hear: Hear, lost: Lost) -> None:
        self._hear, self._lost = hear, lost
        self._loop.add_reader(self._descriptor, self._readable)
        self.send_bytes(b"\0")  # ends what somebody before may have left half said

    def _readable(self) -> None:
        try:
            data = os.read(self._descriptor, CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:  # EIO: the other side of a pty is closed, or the plug is out
            self._is_lost(next_step(error))
            return
        if not data:
            self._is_lost("the other side has closed")
            return
        if self._floods(len(data)):
            return
        if self._tcp is not None:  # a device that has not switched Nagle's wait off has 40 ms of it
            with contextlib.suppress(OSError):
                self._tcp.setsockopt(socket.IPPROTO_TCP, QUICK, 1)
        for payload in self._reader.feed(data):
            self.counters.received += 1
            self._hear(payload)
            if self.closed:
                return
        self.counters.damaged = self._reader.damaged

    def send(self, payload: bytes) -> bool:
        return self.send_bytes(frame(payload))

    def send_bytes(self, data: bytes) -> bool:
        """Sends bytes as they are, also such as are no frame."""
        if self.closed or self._waiting_bytes + len(data) > MOST_WAITING:
            return self._unsent()
        self.counters.sent += 1
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if len(self._waiting) == 1:
            self._write()
        return not self.closed

    def _write(self) -> None:
        while self._waiting:
            try:
                done = os.write(self._descriptor, self._waiting[0])
            except (BlockingIOError, InterruptedError):
                self._loop.add_writer(self._descriptor, self._write)
                self._waits = True
                return
            except OSError as error:
                self._is_lost(next_step(error))
                return
            self._waiting_bytes -= done
            if done < len(self._waiting[0]):
                self._waiting[0] = self._waiting[0][done:]
            else:
                self._waiting.popleft()
        if self._waits:
            self._loop.remove_writer(self._descriptor)
            self._waits = False

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            if self._tcp is not None:
                self._tcp.close()


class DatagramWire(_Ended):
    """A payload and its checksum in each datagram."""

    def __init__(self, name: str, udp: socket.socket) -> None:
        super().__init__(name)
        self._socket = udp

    def start(self, hear: Hear, lost: Lost) -> None:
        self._hear, self._lost = hear, lost
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def _readable(self) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                data = self._socket.recv(LARGEST_PAYLOAD)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:  # nobody is bound there
                self._is_lost(next_step(error))
                return
            if self._floods(len(data)):
                return
            try:
                payload = without_checksum(data)
            except Damaged:
                self.counters.damaged += 1
                continue
            self.counters.received += 1
            self._hear(payload)
            if self.closed:
                return

    def send(self, payload: bytes) -> bool:
        return self.send_bytes(with_checksum(payload))

    def send_bytes(self, data: bytes) -> bool:
        """Sends a datagram as it is."""
        if self.closed:
            return self._unsent()
        try:
            self._socket.send(data)
        except BlockingIOError:
            return self._unsent()
        except OSError as error:
            self._unsent()
            self._is_lost(next_step(error))
            return False
        self.counters.sent += 1
        return True

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()


class ZeroMqWire(_Ended):
    """A payload a message; the device binds a ROUTER. Nothing is kept for one that is not there."""

    def __init__(self, name: str, address: str) -> None:
        super().__init__(name)
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 0), (zmq.IMMEDIATE, 1), (zmq.MAXMSGSIZE, LARGEST_PAYLOAD),
            (zmq.RCVHWM, MOST_AT_ONCE), (zmq.SNDHWM, MOST_AT_ONCE), (zmq.RECONNECT_IVL, -1),
        ):  # fmt: skip
            self._socket.setsockopt(option, value)
        self._monitor = self._socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED
        )
        self.up = asyncio.get_running_loop().create_future()
        self._descriptors = [int(s.getsockopt(zmq.FD)) for s in (self._socket, self._monitor)]
        for each in self._descriptors:
            self._loop.add_reader(each, self._readable)
        self._started = False
        self._socket.connect(address)

    def start(self, hear: Hear, lost: Lost) -> None:
        self._hear, self._lost, self._started = hear, lost, True
        self._loop.call_soon(self._readable)

    def _readable(self) -> None:
        if self.closed:
            return
        while int(self._monitor.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            event = int.from_bytes(self._monitor.recv_multipart()[0][:2], "little")
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                if not self.up.done():
                    self.up.set_result(None)
            else:
                self._is_lost("the other side has closed")
                return
        for _ in range(MOST_AT_ONCE if self._started else 0):
            if not int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
                return
            payload = self._one_message()
            if payload is None:
                return
            self.counters.received += 1
            self._hear(payload)
            if self.closed:
                return
        if self._started:
            self._loop.call_soon(self._readable)

    def _one_message(self) -> bytes | None:
        """The last part of one; None where it has too many, or too much comes: it is lost."""
        for _ in range(MOST_PARTS):
            part = self._socket.recv()
            if self._floods(len(part)):
                return None
            if not self._socket.getsockopt(zmq.RCVMORE):
                return part
        self._is_lost(f"a message has more than {MOST_PARTS} parts; allowed is a payload a message")
        return None

    def send(self, payload: bytes) -> bool:
        return self.send_bytes(payload)

    def send_bytes(self, data: bytes) -> bool:
        """Sends a message as it is."""
        if self.closed:
            return self._unsent()
        self._loop.call_soon(self._readable)  # a send, also a refused one, may have eaten the edge
        try:
            self._socket.send(data, zmq.NOBLOCK)
        except zmq.Again:
            return self._unsent()
        self.counters.sent += 1
        return True

    def close(self) -> None:
        if not self.closed:
            super().close()
            for each in self._descriptors:
                self._loop.remove_reader(each)
            if not self.up.done():
                self.up.cancel()
            self._socket.disable_monitor()
            self._monitor.close(0)
            self._context.destroy(linger=0)


async def open_wire(address: Address, patience: float = PATIENCE) -> Wire:
    """A wire to an address, within so many seconds; raises WireLost with what to do about it."""
    try:
        async with asyncio.timeout(patience):
            return await _open(address)
    except TimeoutError:
        raise WireLost(f"{address.text}: nobody answers within {patience:g} s") from None
    except FileNotFoundError:
        raise WireLost(f"{address.text}: there is no {address.path}; is it plugged in?") from None
    except OSError as error:
        raise WireLost(f"{address.text}: {next_step(error)}") from None


async def _open(address: Address) -> Wire:
    loop = asyncio.get_running_loop()
    if address.kind == "serial":
        return StreamWire(address.text, open_serial(address.path, address.baud))
    if address.kind.startswith("zmq+"):
        return await _open_zeromq(address)
    if address.kind == "udp":
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setblocking(False)
        udp.connect((address.host, address.port))
        return DatagramWire(address.text, udp)
    unix = address.kind == "unix"
    stream = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_STREAM)
    try:
        stream.setblocking(False)
        await loop.sock_connect(stream, address.path if unix else (address.host, address.port))
        if not unix:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        stream.close()
        raise
    return StreamWire(address.text, stream.detach(), tcp=not unix and QUICK > 0)


async def _open_zeromq(address: Address) -> Wire:
    target = f"ipc://{address.path}" if address.path else f"tcp://{address.host}:{address.port}"
    wire = ZeroMqWire(address.text, target)
    try:
        await wire.up
    except asyncio.CancelledError:
        if wire.closed:
            raise WireLost(f"{address.text}: nobody serves it") from None
        wire.close()
        raise
    return wire


def open_serial(path: str, baud: int) -> int:
    """A descriptor of a serial line: raw, for this program alone. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.isatty(descriptor):
            raise OSError(errno.ENOTTY, "it is no serial line")
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        tty.setraw(descriptor, termios.TCSANOW)
        setting = termios.tcgetattr(descriptor)
        setting[2] |= termios.CLOCAL | termios.CREAD
        setting[4] = setting[5] = getattr(termios, f"B{baud}")
        termios.tcsetattr(descriptor, termios.TCSANOW, setting)
        with contextlib.suppress(termios.error):
            termios.tcflush(descriptor, termios.TCIFLUSH)
        _want_low_latency(descriptor)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise OSError(errno.EBUSY, "another program holds it") from None
        if isinstance(error, termios.error):
            raise OSError(*error.args) from None
        raise
    return descriptor


def _want_low_latency(descriptor: int) -> None:
    """Bytes are handed on as they come: many a USB adapter gathers them for 16 ms otherwise. Where
    a driver does not know of that (a pty has nothing to gather), it is as it is."""
    if sys.platform != "linux":
        return
    setting = bytearray(SERIAL_STRUCT)
    with contextlib.suppress(OSError):
        fcntl.ioctl(descriptor, TIOCGSERIAL, setting)
        (flags,) = struct.unpack_from("i", setting, FLAGS_AT)
        struct.pack_into("i", setting, FLAGS_AT, flags | ASYNC_LOW_LATENCY)
        fcntl.ioctl(descriptor, TIOCSSERIAL, bytes(setting))


def next_step(error: OSError) -> str:
    """What is wrong with a wire, and what to do about it."""
    if error.errno == errno.EACCES:
        return "permission is missing: on Linux, be in the group `dialout`, and log in anew"
    if error.errno == errno.EBUSY:
        return "another program holds it: end that one first"
    if error.errno == errno.ECONNREFUSED:
        return "nobody serves it: start the device first"
    if error.errno == errno.EIO:
        return "the other side has closed"
    return (error.strerror or str(error)).lower()
