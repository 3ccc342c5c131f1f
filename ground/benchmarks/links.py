"""Two parties that talk both ways: over bare sockets, and over the bus.

Both carry the same content, a telemetry message with twelve channels. The bare side sends with
`socket.send(msgpack.packb(...))` and receives in a reader of the event loop that drains its socket
without blocking and unpacks; it numbers, stamps, checks and counts nothing. Both run in one thread
of one loop, so sending and receiving are paid together.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import msgpack
import zmq

from flight.icd.messages import Message, Telemetry
from flight.runtime.bus import Bus, Fabric
from flight.runtime.endpoint import DRAIN_BUDGET
from flight.runtime.message_log import MessageLog
from flight.runtime.sockets import HIGH_WATER_MARK

Arrival = Callable[[int], None]
REQUESTS = "DEALER-ROUTER"
STREAM = "XPUB-SUB"
PATTERNS = (REQUESTS, STREAM)

TIME_NS = 123_456_789_012_345
VALUES: dict[str, Any] = {
    "mode": "surface.driving",
    "bus_voltage": 28.31,
    "state_of_charge": 0.7312,
    "slip": 0.12,
    "heading": 1.2345,
    "east": 123.456,
    "north": -55.21,
    "tilt": 0.02,
    "wheel_current": 3.4,
    "hazards": 2,
    "camera_temperature": 253.15,
    "driving": True,
}


class Link(Protocol):
    """Two parties; what the one sends arrives at the other, by its number."""

    def forth(self, number: int) -> None:
        """Sends from the first to the second party."""

    def back(self, number: int) -> None:
        """Sends from the second to the first; after something has come forth."""

    def close(self) -> None:
        """Closes all sockets."""


class BareLink:
    """Plain ZeroMQ sockets and MessagePack."""

    def __init__(
        self, pattern: str, addresses: tuple[str, str], arrived: Arrival, returned: Arrival
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._context: zmq.Context[Any] = zmq.Context()
        self._readers: list[int] = []
        self._peer: bytes = b""
        self._arrived = arrived
        self._requests = pattern == REQUESTS
        if self._requests:
            self._second = self._bound(zmq.ROUTER, addresses[0])
            self._first = self._connected(zmq.DEALER, addresses[0])
            self._follow(self._second, self._take_request)
            self._follow(self._first, lambda frames: returned(_number(frames[-1])))
        else:
            self._first = self._bound(zmq.XPUB, addresses[0])
            self._second = self._bound(zmq.XPUB, addresses[1])
            self._follow(
                self._connected(zmq.SUB, addresses[0]), lambda frames: arrived(_number(frames[0]))
            )
            self._follow(
                self._connected(zmq.SUB, addresses[1]), lambda frames: returned(_number(frames[0]))
            )

    def forth(self, number: int) -> None:
        """Sends from the first to the second party."""
        self._first.send(msgpack.packb(_content(number)), zmq.NOBLOCK)

    def back(self, number: int) -> None:
        """Sends from the second to the first party."""
        data = msgpack.packb(_content(number))
        if self._requests:
            self._second.send_multipart((self._peer, data), zmq.NOBLOCK)
        else:
            self._second.send(data, zmq.NOBLOCK)

    def close(self) -> None:
        """Closes all sockets."""
        for reader in self._readers:
            self._loop.remove_reader(reader)
        self._context.destroy(linger=0)

    def _take_request(self, frames: list[bytes]) -> None:
        self._peer = frames[0]
        self._arrived(_number(frames[1]))

    def _bound(self, kind: int, address: str) -> zmq.Socket[bytes]:
        socket = self._socket(kind)
        socket.bind(address)
        return socket

    def _connected(self, kind: int, address: str) -> zmq.Socket[bytes]:
        socket = self._socket(kind)
        if kind == zmq.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(address)
        return socket

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.setsockopt(zmq.SNDHWM, HIGH_WATER_MARK)
        socket.setsockopt(zmq.RCVHWM, HIGH_WATER_MARK)
        return socket

    def _follow(self, socket: zmq.Socket[bytes], take: Callable[[list[bytes]], None]) -> None:
        # Only a ROUTER's messages have a second frame; the others are spared the question.
        receive: Callable[[int], list[bytes]] = (
            socket.recv_multipart
            if socket.type == zmq.ROUTER
            else lambda flags: [socket.recv(flags)]
        )

        def drain() -> None:
            try:
                for _ in range(DRAIN_BUDGET):
                    take(receive(zmq.NOBLOCK))
            except zmq.Again:
                return
            self._loop.call_soon(drain)

        descriptor = int(socket.getsockopt(zmq.FD))
        self._loop.add_reader(descriptor, drain)
        self._readers.append(descriptor)
        self._loop.call_soon(drain)


class BusLink:
    """The same over the bus: numbered, stamped, limited, checked against types, counted.

    With a `log`, all that is sent is hashed as well, as in a mission.
    """

    def __init__(
        self,
        pattern: str,
        addresses: tuple[str, str],
        arrived: Arrival,
        returned: Arrival,
        log: MessageLog | None = None,
    ) -> None:
        self._fabric = Fabric()
        services = {"forth": addresses[0], "back": addresses[1]}
        self._first_bus = Bus("first", fabric=self._fabric, addresses=services, log=log)
        self._second_bus = Bus("second", fabric=self._fabric, addresses=services, log=log)
        self._peer = b""
        self._arrived = arrived
        self._send_forth: Callable[[Message], bool]
        self._send_back: Callable[[Message], bool]
        if pattern == REQUESTS:
            server = self._second_bus.serve("forth", self._take_request)
            client = self._first_bus.connect("forth", lambda message: returned(_number_of(message)))
            self._send_forth = client.send
            self._send_back = lambda message: server.send(self._peer, message)
        else:
            self._send_forth = self._first_bus.publish("forth").send
            self._send_back = self._second_bus.publish("back").send
            self._second_bus.subscribe("forth", lambda message: arrived(_number_of(message)))
            self._first_bus.subscribe("back", lambda message: returned(_number_of(message)))

    def forth(self, number: int) -> None:
        """Sends from the first to the second party."""
        self._send_forth(Telemetry("rover", TIME_NS, VALUES, number))

    def back(self, number: int) -> None:
        """Sends from the second to the first party."""
        self._send_back(Telemetry("rover", TIME_NS, VALUES, number))

    def close(self) -> None:
        """Closes all sockets."""
        self._first_bus.close()
        self._second_bus.close()
        self._fabric.close()

    def _take_request(self, peer: bytes, message: Message) -> None:
        self._peer = peer
        self._arrived(_number_of(message))


def _number_of(message: Message) -> int:
    return message.number if isinstance(message, Telemetry) else 0


def _content(number: int) -> list[Any]:
    return [number, TIME_NS, ["telemetry", "rover", TIME_NS, VALUES, number]]


def _number(data: bytes) -> int:
    number: int = msgpack.unpackb(data)[0]
    return number
