"""Tells everybody what is new: a publisher that waits for nobody, and counts who does not read."""

from typing import Any

import zmq

from flight.icd.codec import encode
from ground.client.frames import STREAM_TOPICS
from ground.client.sockets import LoopSocket

WAITING = 200  # messages held for one subscriber; beyond, it misses them and asks again
LARGEST_WISH = 4096  # bytes of a frame: a subscription, or a greeting with keys


class Streams:
    """One publishing socket. Only topics that there are can be subscribed to, so that nobody fills
    its memory with others."""

    def __init__(self, socket: "zmq.Socket[Any]") -> None:
        self.published = 0
        self.stalled = 0  # messages that at least one subscriber had no more room for
        self.strange_wishes = 0
        socket.setsockopt(zmq.XPUB_MANUAL, 1)
        socket.setsockopt(zmq.XPUB_NODROP, 1)
        self._socket = socket
        self._door = LoopSocket(socket, self._wished, largest=LARGEST_WISH, waiting=WAITING)

    def bind(self, address: str) -> str:
        """Serves there."""
        return self._door.bind(address)

    def publish(self, topic: str, message: Any) -> None:
        """Tells all who listen and keep up."""
        frames = [topic.encode(), encode(message)]
        self.published += 1
        if not self._door.send(frames):
            self.stalled += 1
            self._socket.setsockopt(zmq.XPUB_NODROP, 0)
            self._door.send(frames)  # to those who have room
            self._socket.setsockopt(zmq.XPUB_NODROP, 1)

    def close(self) -> None:
        """Ends it."""
        self._door.close()

    @property
    def malformed(self) -> int:
        """Messages that were none."""
        return self._door.malformed + self.strange_wishes

    def _wished(self, frames: list[bytes], _: str) -> None:
        wish = frames[0]
        known = len(frames) == 1 and wish[:1] in (b"\x00", b"\x01") and _is_topic(wish[1:])
        if not known:
            self.strange_wishes += 1
            return
        option = zmq.SUBSCRIBE if wish[:1] == b"\x01" else zmq.UNSUBSCRIBE
        self._socket.setsockopt(option, wish[1:])


def _is_topic(topic: bytes) -> bool:
    text = topic.decode("ascii", "replace")
    vehicle = text.removeprefix("tm.")
    return text in ("", *STREAM_TOPICS) or (
        text.startswith("tm.") and len(vehicle) <= 40 and vehicle.isidentifier()
    )
