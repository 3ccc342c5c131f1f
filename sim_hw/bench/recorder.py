"""The recording of a bench, MCAP: what was asked, answered, done and told, and the wire itself.

Who records never waits: what is told goes into a bounded queue that a thread writes to the file;
what does not fit is dropped, and counted. Each `CHUNK` seconds what is written is whole: a process
that is killed leaves all but the last of it.
"""

import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

MOST_WAITING = 50_000  # messages in the queue
MOST_BYTES_WAITING = 32 << 20
LARGEST_FILE = 4 << 30  # bytes; a bench at 200 Hz fills it in some ten hours
LOOK = 0.05  # s between looks of the writing thread
CHUNK = 0.5  # s
ABOUT = "threeforks.bench"
"""The record of metadata that tells what was dropped, and why nothing was written any more."""

_encode = msgspec.json.Encoder().encode
_Item = tuple[str, bool, int, bytes]


class CannotRecord(Exception):
    """No recording can be made; the text says why, and the next step."""


class Recorder:
    """Writes one file, from `open_recorder` on until it is closed."""

    def __init__(self, file: Path, *, most: int = MOST_WAITING) -> None:
        """Raises CannotRecord."""
        try:
            from mcap.writer import CompressionType, Writer
        except ImportError:
            raise CannotRecord(
                "a recording needs the package mcap, which is not installed: install "
                "threeforks[export]"
            ) from None
        try:
            self._file = file.open("xb")
        except OSError as error:
            raise CannotRecord(f"{file}: {error.strerror or error}") from None
        self._writer: Any = Writer(self._file, compression=CompressionType.NONE)
        self._writer.start(profile="", library="threeforks")
        self._queue: deque[_Item] = deque()
        self._most = most
        self._put_bytes = self._taken_bytes = 0
        self._channels: dict[str, int] = {}
        self._any: int | None = None
        """The schema of all that is JSON, once there is one."""
        self._sequence = 0
        self._written = 0
        self._ends = False
        self.mission_ns = 0
        """As the run has told last."""
        self.dropped = 0
        self.failed = ""
        """Why nothing is written any more."""
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ who records

    def told(self, topic: str, plain: dict[str, Any]) -> None:
        """Takes something in, with mission time as the run has told it last."""
        try:
            data = _encode({"mission_s": self.mission_ns * 1e-9, **plain})
        except (TypeError, ValueError, OverflowError, RecursionError):  # what a device says
            data = _encode({"mission_s": self.mission_ns * 1e-9, "told": repr(plain)[:400]})
        self._put(topic, False, data)

    def payload(self, topic: str, data: bytes) -> None:
        """Takes in what goes over a wire, MessagePack."""
        self._put(topic, True, data)

    def _put(self, topic: str, packed: bool, data: bytes) -> None:
        full = len(self._queue) >= self._most
        if full or self._put_bytes - self._taken_bytes > MOST_BYTES_WAITING or self.failed:
            self.dropped += 1
            return
        self._put_bytes += len(data)
        self._queue.append((topic, packed, time.time_ns(), data))

    def close(self) -> None:
        """Writes what waits, and ends the file."""
        self._ends = True
        self._thread.join()

    # ---------------------------------------------------------------- the thread

    def _work(self) -> None:
        flushed = time.monotonic()
        try:
            while True:
                ends = self._ends  # before the last look at what waits
                self._drain()
                if ends:
                    break
                if time.monotonic() - flushed >= CHUNK:
                    self._writer.flush()
                    flushed = time.monotonic()
                time.sleep(LOOK)
            self._writer.add_metadata(ABOUT, {"dropped": str(self.dropped), "failed": self.failed})
            self._writer.finish()
            self._file.close()
        except OSError as error:  # such as a full disc: what is whole stays
            self.failed = error.strerror or str(error)

    def _drain(self) -> None:
        queue = self._queue
        while queue:
            topic, packed, wall_ns, data = queue.popleft()
            self._taken_bytes += len(data)
            if self.failed:
                self.dropped += 1
                continue
            channel = self._channels.get(topic)
            if channel is None:
                encoding = "msgpack" if packed else "json"
                schema = 0 if packed else self._schema()
                channel = self._writer.register_channel(topic, encoding, schema)
                self._channels[topic] = channel
            self._sequence += 1
            self._writer.add_message(channel, wall_ns, data, wall_ns, self._sequence)
            self._written += len(data)
            if self._written > LARGEST_FILE:
                self.failed = f"{LARGEST_FILE >> 30} GiB are full"

    def _schema(self) -> int:
        if self._any is None:
            text = b'{"type": "object", "properties": {"mission_s": {"type": "number"}}}'
            self._any = int(self._writer.register_schema("bench", "jsonschema", text))
        return self._any
