"""Clocks of paced runs: mission time that follows the wall clock, at one pace or at a changing one.

A pace is a straight line from wall time to mission time. A :class:`SharedClock` keeps the present
one in a small file that all processes of a run map into memory: one of them changes it, all read
it each time they ask what time it is, so that one that is started again is on time at once.
"""

import mmap
import os
import struct
import time
import zlib
from pathlib import Path
from typing import NamedTuple, Protocol

NANOSECONDS = 1_000_000_000
_RECORD = struct.Struct("<qqdI")  # wall ns, mission ns, rate, check sum of these
_BODY = _RECORD.size - 4
_PROMPT_NS = 200_000  # a change takes less, unless the machine did something else meanwhile
_TRIES = 50


class Pace(NamedTuple):
    """`rate` seconds of mission time pass in a second, since `wall_ns` of the machine's monotonic
    clock, when mission time was `mission_ns`. At rate 0 mission time stands."""

    wall_ns: int
    mission_ns: int
    rate: float

    def at(self, wall_ns: int) -> int:
        """Mission time in nanoseconds at a reading of the monotonic clock."""
        return self.mission_ns + int((wall_ns - self.wall_ns) * self.rate)


class Clock(Protocol):
    """What tells a paced loop the time."""

    changes: bool
    """Whether the pace may change, so that nobody may sleep long on the strength of it."""

    @property
    def rate(self) -> float:
        """Seconds of mission time in a second, now."""
        ...

    def now_ns(self) -> int:
        """Nanoseconds of mission time; never less than before."""
        ...


class SteadyClock:
    """A clock of one pace, which begins at mission time zero now."""

    changes = False

    def __init__(self, rate: float = 1.0) -> None:
        if not rate > 0.0:
            raise ValueError(f"rate = {rate}: allowed is a number above 0")
        self.rate = rate
        self._origin_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        """Nanoseconds of mission time."""
        return int((time.monotonic_ns() - self._origin_ns) * self.rate)


class SharedClock:
    """A clock whose pace one process changes and all of them follow.

    A reader that meets a record half written sees so by its check sum, and looks again. Mission
    time is continuous over a change, and for each reader it never goes back: who has read the old
    pace a moment too long waits until the new one has caught up.
    """

    changes = True

    def __init__(self, path: Path) -> None:
        """Maps the clock that `create` has made at `path`."""
        number = os.open(path, os.O_RDWR)
        try:
            self._memory = mmap.mmap(number, _RECORD.size)
        finally:
            os.close(number)
        self._raw = b""
        self._pace = Pace(0, 0, 0.0)
        self._latest_ns = 0
        self._read()

    @classmethod
    def create(cls, path: Path, mission_ns: int = 0) -> "SharedClock":
        """A new clock, which stands at a mission time until its rate is set."""
        path.write_bytes(_encoded(Pace(time.monotonic_ns(), mission_ns, 0.0)))
        return cls(path)

    @property
    def pace(self) -> Pace:
        """The present pace."""
        return self._read()

    @property
    def rate(self) -> float:
        """Seconds of mission time in a second, now."""
        return self._read().rate

    def now_ns(self) -> int:
        """Nanoseconds of mission time."""
        now = self._read().at(time.monotonic_ns())
        self._latest_ns = max(self._latest_ns, now)
        return self._latest_ns

    def set_rate(self, rate: float) -> None:
        """Changes the pace from this moment on; for the one process that decides on it.

        Raises ValueError for a rate that is below 0 or none.
        """
        if not 0.0 <= rate < float("inf"):
            raise ValueError(f"rate = {rate}: allowed is a number from 0")
        before = self._read()
        for _ in range(_TRIES):
            now = time.monotonic_ns()
            self._memory[:] = _encoded(Pace(now, before.at(now), rate))
            # Held up on the way, the others have gone on at the old pace: begin where they are.
            if time.monotonic_ns() - now < _PROMPT_NS:
                return

    def close(self) -> None:
        """Lets go of the file."""
        self._memory.close()

    def _read(self) -> Pace:
        raw = self._memory[:]
        while raw != self._raw:
            wall_ns, mission_ns, rate, check = _RECORD.unpack(raw)
            if zlib.crc32(raw[:_BODY]) == check:
                self._raw, self._pace = raw, Pace(wall_ns, mission_ns, rate)
            else:
                raw = self._memory[:]
        return self._pace


def _encoded(pace: Pace) -> bytes:
    body = _RECORD.pack(*pace, 0)[:_BODY]
    return body + zlib.crc32(body).to_bytes(4, "little")
