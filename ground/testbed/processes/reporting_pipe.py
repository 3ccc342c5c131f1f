"""What a participant in a process of its own tells the process that composes the run.

One pipe a process, of frames: a length and a MessagePack list. What was written before a process
died is read all the same; the end of the pipe is the end of the process.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import msgspec

from flight.runtime.common_clock import CommonClock
from flight.runtime.message_log import MessageLog
from ground.mission_control import Progress
from ground.testbed.participants.roles import HARDWARE

READY, MESSAGE, REBOOT, OFF, OUTCOME, PROGRESS, REFUSED = range(7)
STRANGER, SECOND, ALIVE, FAULT, PAUSE = range(7, 12)
_LENGTH = struct.Struct("<I")
_CHUNK = 1 << 16


class ReportingPipe:
    """The writing end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, kind: int, *values: Any) -> None:
        """Writes a frame; it waits while the pipe is full."""
        body: bytes = msgpack.packb((kind, *values))
        data = memoryview(_LENGTH.pack(len(body)) + body)
        while data:
            data = data[os.write(self._descriptor, data) :]

    def tell_progress(self, progress: Progress, count: int) -> None:
        """How far the ground is, and how many messages it has sent."""
        self.tell(PROGRESS, count, msgspec.to_builtins(progress))


class ReadingEnd:
    """The reading end, which never waits."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._buffer = bytearray()
        os.set_blocking(descriptor, False)

    def frames(self) -> Iterator[list[Any]]:
        """All that has come whole."""
        while not self.ended:
            try:
                data = os.read(self.descriptor, _CHUNK)
            except BlockingIOError:
                break
            if data:
                self._buffer += data
            else:
                self.ended = True
                os.close(self.descriptor)
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            frame: list[Any] = msgpack.unpackb(bytes(self._buffer[_LENGTH.size : end]))
            del self._buffer[:end]
            yield frame


class CountingLog(MessageLog):
    """Counts what is sent on a bus, and hashes nothing: its order is that of the machine."""

    def add(self, time_ns: int, channel: bytes, payload: bytes) -> None:
        """Counts one message."""
        self.count += 1
        self.bytes += len(payload)


class TellingLog(CountingLog):
    """Tells also what a node publishes, each message with the number of those sent so far."""

    def __init__(self, node: str, pipe: ReportingPipe, clock: CommonClock) -> None:
        super().__init__()
        self._clock = clock
        self._reader = clock.names.index(HARDWARE)
        self._published = f"{node}>{node}.telemetry".encode()
        self._pipe = pipe

    def add(self, time_ns: int, channel: bytes, payload: bytes) -> None:
        """Counts one message, and passes it on when the node has published it."""
        super().add(time_ns, channel, payload)
        if channel == self._published:
            self._clock.sent_to(self._reader)
            self._pipe.tell(MESSAGE, self.count, payload)


def log_of(folder: Path, role: str) -> Path:
    """Where standard output and error of a process go."""
    return folder / "logs" / f"{role}.log"
