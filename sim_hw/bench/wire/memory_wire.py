"""A wire within the process: to a device in Python, or to one in C that is loaded as a library."""

import asyncio
from collections.abc import Callable

from sim_hw.bench.wire.frames import FrameReader, frame
from sim_hw.bench.wire.wire import Hear, Lost, WireCounters


class MemoryWire:
    """Frames to `device_hears`, and from the device by `device_says`; no time passes on the way.

    `cut` is the plug pulled out: nothing comes or goes any more, and the bench is told.
    """

    def __init__(self, device_hears: Callable[[bytes], None], name: str = "memory") -> None:
        self.name = name
        self.counters = WireCounters()
        self.closed = False
        self.on_close: Callable[[], None] = lambda: None
        self._device_hears = device_hears
        self._reader = FrameReader()
        self._hear: Hear = lambda payload: None
        self._lost: Lost = lambda why: None
        self._loop = asyncio.get_running_loop()

    def start(self, hear: Hear, lost: Lost) -> None:
        self._hear, self._lost = hear, lost
        self._loop.call_soon(self._arrive, b"\0")  # ends what somebody before may have half said

    def send(self, payload: bytes) -> bool:
        return self.send_bytes(frame(payload))

    def send_bytes(self, data: bytes) -> bool:
        """Sends bytes as they are."""
        if self.closed:
            self.counters.unsent += 1
            return False
        self.counters.sent += 1
        self._loop.call_soon(self._arrive, data)
        return True

    def _arrive(self, data: bytes) -> None:
        if not self.closed:
            self._device_hears(data)

    def device_says(self, data: bytes) -> None:
        """Bytes from the device; heard in the loop's next round."""
        if not self.closed:
            self._loop.call_soon(self._take, data)

    def _take(self, data: bytes) -> None:
        for payload in self._reader.feed(data) if not self.closed else ():
            self.counters.received += 1
            self._hear(payload)
        self.counters.damaged = self._reader.damaged

    def cut(self, why: str = "the other side has closed") -> None:
        """The plug is out."""
        if not self.closed:
            self.close()
            self._lost(f"{self.name}: {why}")

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.on_close()
