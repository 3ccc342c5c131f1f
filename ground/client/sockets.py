"""ZeroMQ sockets on the running loop of asyncio: bounded, and nobody waits for one."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import zmq

MOST_FRAMES = 8  # in a message; whoever sends more means none of ours
AT_ONCE = 64  # messages taken before others have their turn

OnMessage = Callable[[list[bytes], str], None]


class LoopSocket:
    """A socket whose messages are handed to `on_message`, with the name of who sent them.

    The name is what the door of a CURVE socket has found for the sender's key; empty on others.
    Messages of too many frames or bytes are counted in `malformed` and go no further.
    """

    def __init__(
        self, socket: "zmq.Socket[Any]", on_message: OnMessage, *, largest: int, waiting: int
    ) -> None:
        self.malformed = 0
        self._socket = socket
        self._on_message = on_message
        self._largest = largest
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, largest)
        socket.setsockopt(zmq.RCVHWM, waiting)
        socket.setsockopt(zmq.SNDHWM, waiting)
        self._loop = asyncio.get_running_loop()
        self._descriptor = int(socket.getsockopt(zmq.FD))
        self._drains = False
        self._loop.add_reader(self._descriptor, self._drain)

    def bind(self, address: str) -> str:
        """Serves there; returns the address as it became (a port that was `*` has a number)."""
        self._socket.bind(address)
        self._drain_soon()
        return self._socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def connect(self, address: str) -> None:
        """Connects; ZeroMQ connects again by itself when the other side comes back."""
        self._socket.connect(address)
        self._drain_soon()

    def set(self, option: int, value: int | bytes) -> None:
        """An option of the socket."""
        self._socket.setsockopt(option, value)

    def send(self, frames: Sequence[bytes]) -> bool:
        """Whether it was taken; what nobody takes, or who is gone, is not waited for."""
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.ZMQError:
            return False
        finally:
            self._drain_soon()  # the descriptor tells of a change once, also of one seen in sending
        return True

    def close(self) -> None:
        """Ends it."""
        if not self._socket.closed:
            self._loop.remove_reader(self._descriptor)
            self._socket.close(0)

    def _drain_soon(self) -> None:
        if not self._drains:
            self._drains = True
            self._loop.call_soon(self._drain)

    def _drain(self) -> None:
        self._drains = False
        again = True  # also after an error: nobody tells of what has come a second time
        try:
            again = self._drain_some()
        finally:
            if again:
                self._drain_soon()

    def _drain_some(self) -> bool:
        """Takes what waits; whether more may wait."""
        for _ in range(AT_ONCE):
            if self._socket.closed:
                return False
            try:
                frames, sender = self._receive()
            except zmq.ZMQError:  # nothing waits, or the context is going
                return False
            if frames is None:
                self.malformed += 1
            else:
                self._on_message(frames, sender)
        return True

    def _receive(self) -> tuple[list[bytes] | None, str]:
        """One message, frame by frame: never more of it is held than is allowed."""
        frames: list[bytes] = []
        size, fits, more, sender = 0, True, True, ""
        while more:
            frame = self._socket.recv(zmq.NOBLOCK, copy=False)
            more = frame.more
            size += len(frame)
            fits = fits and len(frames) < MOST_FRAMES and size <= self._largest
            if fits:
                frames.append(frame.bytes)
                sender = _user_id(frame)
        return (frames if fits else None), sender


def _user_id(frame: zmq.Frame) -> str:
    try:
        return str(frame.get("User-Id"))
    except (zmq.ZMQError, UnicodeDecodeError):
        return ""
