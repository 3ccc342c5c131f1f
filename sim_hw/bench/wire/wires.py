"""The wires that there are, and how one is opened. None blocks."""

import asyncio
import os
import socket
from typing import Any

import zmq

from sim_hw.bench.realtime import is_ahead
from sim_hw.bench.wire.addresses import Address
from sim_hw.bench.wire.can_wire import open_can
from sim_hw.bench.wire.frames import LARGEST_PAYLOAD, Damaged, with_checksum, without_checksum
from sim_hw.bench.wire.serial_line import open_serial
from sim_hw.bench.wire.serial_wire import AwaitedSerialWire, SerialWire
from sim_hw.bench.wire.stream_wire import QUICK, StreamWire
from sim_hw.bench.wire.wire import Ended, Hear, Lost, Wire, WireLost, next_step

MOST_PARTS = 4  # of one message of ZeroMQ: a payload, and what a ROUTER may put before it
MOST_AT_ONCE = 64  # messages taken before others have their turn
PATIENCE = 2.0  # s until a connection is there


class DatagramWire(Ended):
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


class ZeroMqWire(Ended):
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
        raise WireLost(f"{address.text}: {next_step(error, address.path)}") from None


async def _open(address: Address) -> Wire:
    loop = asyncio.get_running_loop()
    if address.kind == "serial":
        return await _open_line(address)
    if address.kind == "isotp":
        return await open_can(address)
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


async def _open_line(address: Address) -> Wire:
    """In a thread: who opens a line waits for whoever is at work on it."""
    opening = asyncio.get_running_loop().run_in_executor(
        None, open_serial, address.path, address.baud
    )
    try:
        line = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_let_go)
        raise
    kind = AwaitedSerialWire if is_ahead() else SerialWire
    return kind(address.text, line, address.path)


def _let_go(opening: "asyncio.Future[int]") -> None:
    """Nobody waits for that line any more."""
    if not opening.cancelled() and opening.exception() is None:
        os.close(opening.result())


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
