"""Frames on a stream of bytes."""

import contextlib
import os
import socket
from collections import deque

from sim_hw.bench.wire.frames import LARGEST_PAYLOAD, FrameReader, frame
from sim_hw.bench.wire.wire import Ended, Hear, Lost, next_step

QUICK = getattr(socket, "TCP_QUICKACK", 0)  # of Linux; it holds for what comes next alone
CHUNK = 4 << 10  # bytes read at once, before others have their turn
MOST_WAITING = 256 << 10  # bytes that wait to be sent: a device that takes nothing is lost
CLOSED = "the other side has closed"


class StreamWire(Ended):
    """Frames over a descriptor of a stream."""

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
        self._begin_to_read()
        self.send_bytes(b"\0")  # ends what somebody before may have left half said

    def _begin_to_read(self) -> None:
        self._loop.add_reader(self._descriptor, self._readable)

    def _readable(self) -> None:
        try:
            data = os.read(self._descriptor, CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._is_lost(next_step(error))
            return
        if data:
            self._take(data)
        else:
            self._is_lost(CLOSED)

    def _take(self, data: bytes) -> None:
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
                self._wait_for_room()
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

    def _wait_for_room(self) -> None:
        self._loop.add_writer(self._descriptor, self._write)
        self._waits = True

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            if self._tcp is not None:
                self._tcp.close()
