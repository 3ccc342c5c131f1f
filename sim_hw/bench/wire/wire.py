"""What all wires share: each carries payloads to one device and back, and says when it is lost."""

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sim_hw.bench.wire.permission import permission_step

MOST_BYTES = 2 << 20
"""Bytes a second, understood or not, beyond which a device is lost: ten times what a loop of 200 Hz
has that tells 1 kB a cycle."""
HELD = "another program holds it"
LEAST_MESSAGE = 64  # bytes that a datagram or a message counts for at least


class WireLost(Exception):
    """There is no wire, or none any more; the text says which, and why."""


@dataclass
class WireCounters:
    """What a wire has done; all monotonic."""

    sent: int = 0
    received: int = 0
    damaged: int = 0
    unsent: int = 0


Hear = Callable[[bytes], None]
Lost = Callable[[str], None]


class Wire(Protocol):
    """One wire that is open."""

    counters: WireCounters

    def start(self, hear: Hear, lost: Lost) -> None:
        """From here on `hear` gets each payload; `lost` is called once, with the reason."""

    def send(self, payload: bytes) -> bool:
        """Sends; False (and counted) where it is lost or takes no more."""

    def close(self) -> None:
        """Lets go of it; `lost` is not called."""


class Ended:
    """What all wires share: who hears, and that an end is told once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters = WireCounters()
        self._hear: Hear = lambda payload: None
        self._lost: Lost = lambda why: None
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._second, self._bytes = 0, 0

    def _is_lost(self, why: str) -> None:
        if not self.closed:
            self.close()
            self._lost(f"{self.name}: {why}")

    def _floods(self, size: int) -> bool:
        """Whether more has come than a second holds, whatever it says: then it is lost, and others
        have their turn."""
        second = int(self._loop.time())
        if second != self._second:
            self._second, self._bytes = second, 0
        self._bytes += max(size, LEAST_MESSAGE)
        if self._bytes > MOST_BYTES:
            self._is_lost(f"it says more than {MOST_BYTES >> 10} kB a second")
        return self.closed

    def _unsent(self) -> bool:
        self.counters.unsent += 1
        return False

    def close(self) -> None:
        self.closed = True


def next_step(error: OSError, path: str = "") -> str:
    """What is wrong with a wire, and what to do about it. `path`: of the device, where it has
    one and the error does not tell."""
    if error.errno == errno.EACCES:
        return f"permission is missing: {permission_step(path or str(error.filename or ''))}"
    if error.errno == errno.EBUSY:
        return f"{HELD}: end that one first"
    if error.errno == errno.ECONNREFUSED:
        return "nobody serves it: start the device first"
    if error.errno == errno.EIO:
        return "the other side has closed"
    return (error.strerror or str(error)).lower()
