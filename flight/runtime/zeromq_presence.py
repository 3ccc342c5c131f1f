"""Whether the bound side of a connection is there: what ZeroMQ tells of a socket's connections."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import zmq
from zmq.utils.monitor import parse_monitor_message

from flight.runtime.sockets import Link

RETRY_MS = 100  # wall time between attempts to connect
HANDSHAKE_MS = 2_000  # wall time for a greeting; a port may be held by somebody who is not up yet
START_UP_MS = 5_000  # wall time of attempts after which nobody is expected to come up

_FAILED_GREETINGS = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CONNECT_RETRIED
    | _FAILED_GREETINGS
)


class Follower:
    """Follows the one connection of a socket that connects.

    Time is counted in the attempts that ZeroMQ makes, which come at a pace of the wall clock:
    mission time may run at any rate, and at one that changes.
    """

    def __init__(
        self,
        socket: "zmq.Socket[bytes]",
        loop: asyncio.AbstractEventLoop,
        tell: Callable[[Link], None],
    ) -> None:
        self._tell = tell
        self._link: Link | None = None
        self._tried_ms = 0
        self._monitor: zmq.Socket[Any] = socket.get_monitor_socket(int(_EVENTS))
        self._watched = socket
        self._loop = loop
        self._descriptor = int(self._monitor.getsockopt(zmq.FD))
        loop.add_reader(self._descriptor, self.look)
        loop.call_soon(self.look)  # the descriptor tells of what comes after it is looked at

    def look(self) -> None:
        """Takes what has been told until now."""
        while not self._monitor.closed:
            try:
                frames = self._monitor.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            told = parse_monitor_message(frames)
            self._take(int(told["event"]), int(told["value"]))

    def _take(self, event: int, value: int) -> None:
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._become(Link.UP)
        elif event == zmq.EVENT_DISCONNECTED:
            if self._link is Link.UP:
                self._become(Link.LOST)
        elif self._link in (None, Link.ABSENT):
            self._tried_ms += value if event == zmq.EVENT_CONNECT_RETRIED else HANDSHAKE_MS
            if self._tried_ms >= START_UP_MS:
                self._tried_ms = 0  # told again as long as it lasts
                self._become(Link.ABSENT)

    def _become(self, link: Link) -> None:
        self._link = link
        self._tell(link)

    def close(self) -> None:
        """Ends that."""
        self._loop.remove_reader(self._descriptor)
        with contextlib.suppress(zmq.ZMQError):
            self._watched.disable_monitor()
        self._monitor.close(0)
