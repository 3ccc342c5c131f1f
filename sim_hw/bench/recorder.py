"""The recording of a bench, MCAP: what was asked, answered, done and told, and the wire itself.

Who records never waits: what is told goes into a bounded queue that a thread writes to the file;
what does not fit is dropped, and counted. Each `CHUNK` seconds what is written is whole: a process
that is killed leaves all but the last of it. Whatever goes wrong here ends the recording alone, and
why, and from which mission time on it is incomplete, is there to be told (`incomplete`).
"""

import contextlib
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from sim_hw.bench.realtime import prefer_thread

MOST_WAITING = 50_000  # messages in the queue
MOST_BYTES_WAITING = 32 << 20
LARGEST_FILE = 4 << 30  # bytes; a bench at 200 Hz fills it in some ten hours
LOOK = 0.05  # s between looks of the writing thread
CHUNK = 0.5  # s
ABOUT = "threeforks.bench"
"""The record of metadata that tells what was dropped, and why nothing was written any more."""
RUN_INPUT = "/run/input"
"""The topic of what a run is flown again from: without one of these there is no such flight."""

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
        self.dropped_inputs = 0
        self.failed = ""
        """Why nothing is taken in any more."""
        self._full = False  # nor written, of what waits
        self.incomplete_from_ns: int | None = None
        """Mission time from which on something is missing; None: nothing is."""
        self._whole_ns = 0  # mission time up to which all is in the file
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._file.close()
            raise CannotRecord(f"{file}: nobody can write it: {error}") from None

    @property
    def waiting(self) -> int:
        """How many messages are not written yet."""
        return len(self._queue)

    def incomplete(self) -> tuple[str, float] | None:
        """Why something is missing, and from which mission time on (s); None: nothing is."""
        if self.incomplete_from_ns is None:
            return None
        why = self.failed or "more was told than could be written"
        return why, self.incomplete_from_ns * 1e-9

    def give_up(self, error: Exception) -> None:
        """What was to be recorded cannot even be taken in: nothing is any more."""
        self._fail(f"{type(error).__name__}: {error}", self.mission_ns)

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
            self._drop(topic, self.mission_ns)
            return
        self._put_bytes += len(data)
        self._queue.append((topic, packed, time.time_ns(), data))

    def prefer(self, priority: int) -> None:
        """Who writes shares the interpreter with who answers devices in real time: it is ahead of
        other programs too, so that it never holds that and waits for them. `priority`: its own."""
        if self._thread.native_id is not None:
            prefer_thread(self._thread.native_id, priority)

    def close(self) -> None:
        """Writes what waits, and ends the file."""
        self._ends = True
        self._thread.join()

    def _drop(self, topic: str, mission_ns: int) -> None:
        self.dropped += 1
        self.dropped_inputs += topic == RUN_INPUT
        if self.incomplete_from_ns is None:
            self.incomplete_from_ns = mission_ns

    def _fail(self, why: str, mission_ns: int) -> None:
        """Nothing is taken in any more; what there is is whole up to that mission time."""
        known = self.incomplete_from_ns
        self.incomplete_from_ns = mission_ns if known is None else min(known, mission_ns)
        self.failed = self.failed or why

    # ---------------------------------------------------------------- the thread

    def _work(self) -> None:
        try:
            self._write()
            self._file.close()  # what it still held back may not fit on the disc
        except Exception as error:  # a full disc, no memory, the library's own: it ends here
            words = getattr(error, "strerror", "") or f"{type(error).__name__}: {error}"
            self._fail(words, self._whole_ns)
            while self._queue:
                self._drop(self._queue.popleft()[0], self._whole_ns)
        finally:
            with contextlib.suppress(OSError):
                self._file.close()

    def _write(self) -> None:
        flushed = time.monotonic()
        while True:
            ends = self._ends  # before the last look at what waits
            up_to = self.mission_ns
            self._drain()
            if ends:
                break
            if time.monotonic() - flushed >= CHUNK:
                self._writer.flush()
                flushed, self._whole_ns = time.monotonic(), up_to
            time.sleep(LOOK)
        since = "" if self.incomplete_from_ns is None else repr(self.incomplete_from_ns * 1e-9)
        self._writer.add_metadata(ABOUT, {
            "dropped": str(self.dropped), "failed": self.failed,
            "dropped_inputs": str(self.dropped_inputs), "incomplete_from_s": since,
        })  # fmt: skip
        self._writer.finish()

    def _drain(self) -> None:
        queue = self._queue
        while queue:
            topic, packed, wall_ns, data = queue.popleft()
            self._taken_bytes += len(data)
            if self._full:
                self._drop(topic, self._whole_ns)
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
                self._full = True
                self._fail(f"{LARGEST_FILE >> 30} GiB are full", self._whole_ns)

    def _schema(self) -> int:
        if self._any is None:
            text = b'{"type": "object", "properties": {"mission_s": {"type": "number"}}}'
            self._any = int(self._writer.register_schema("bench", "jsonschema", text))
        return self._any
