"""A device in C in this process, under the loop's time: also under virtual time, bit for bit."""

import asyncio
import ctypes
from pathlib import Path
from typing import Any

from flight.runtime.loop import clock_of
from sim_hw.bench.wire.memory_wire import MemoryWire

TICK = 0.02  # s between looks while it moves
ROOM = 65_536  # bytes taken from it at once


class LibraryDevice:
    """The device that `host_library.c` holds; `wire` is a new connection to it."""

    def __init__(self, path: Path, *, serial: str = "SN0001", **settings: float) -> None:
        """`settings`: of the example, such as `speed` (m/s) and `turn_rate` (rad/s) of the wheels.

        Raises ValueError for one that it does not have.
        """
        self._library = _load(path)
        self._serial, self._settings = serial, settings
        self._loop = asyncio.get_running_loop()
        self._clock = clock_of(self._loop)
        self._device: Any = None
        self._wire: MemoryWire | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._out = ctypes.create_string_buffer(ROOM)
        self.power_on()

    def power_on(self) -> None:
        """Switched off, if it was on, and on: what it counts begins anew."""
        if self._wire is not None:
            self._wire.cut()
        self.close()
        self._device = self._library.hosted_new(self._serial.encode())
        for name, value in self._settings.items():
            if not self._library.hosted_set(self._device, name.replace("_", "-").encode(), value):
                raise ValueError(f"{name}: the device has no such setting")
        self._born_ns = self._clock()

    def wire(self) -> MemoryWire:
        """Puts the plug in."""
        if self._wire is not None:
            self._wire.cut()
        wire = self._wire = MemoryWire(self._hear, "library")
        wire.on_close = self._unplugged
        self._library.hosted_plugged(self._device)
        return wire

    def _unplugged(self) -> None:
        self._wire = None
        if self._device is not None:
            self._library.hosted_unplugged(self._device)

    def _now_us(self) -> int:
        return 1 + (self._clock() - self._born_ns) // 1000

    def _hear(self, data: bytes) -> None:
        self._library.hosted_take(self._device, data, len(data), self._now_us())
        self._look()

    def _look(self) -> None:
        if self._device is None:
            return
        self._library.hosted_tick(self._device, self._now_us())
        length = self._library.hosted_say(self._device, self._out, ROOM)
        if length and self._wire is not None:
            self._wire.device_says(self._out.raw[:length])
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._library.hosted_moving(self._device):
            self._timer = self._loop.call_later(TICK, self._look)

    def close(self) -> None:
        """Switched off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._device is not None:
            self._library.hosted_free(self._device)
            self._device = None


def _load(path: Path) -> Any:
    library: Any = ctypes.CDLL(str(path))
    pointer, number, size = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_size_t
    for name, result, arguments in (
        ("hosted_new", pointer, (ctypes.c_char_p,)),
        ("hosted_set", ctypes.c_int, (pointer, ctypes.c_char_p, ctypes.c_double)),
        ("hosted_free", None, (pointer,)),
        ("hosted_plugged", None, (pointer,)),
        ("hosted_unplugged", None, (pointer,)),
        ("hosted_moving", ctypes.c_int, (pointer,)),
        ("hosted_take", None, (pointer, ctypes.c_char_p, size, number)),
        ("hosted_tick", None, (pointer, number)),
        ("hosted_say", size, (pointer, ctypes.c_char_p, size)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, list(arguments)
    return library
