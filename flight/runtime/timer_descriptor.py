"""A timer of the kernel that is waited for like a socket: exact to microseconds.

`epoll` takes whole milliseconds and rounds up, so that a loop that waits by its timeout alone is up
to a millisecond late, whatever its priority. Where the platform has no `timerfd` there is none.
"""

import ctypes
import os
import sys
from typing import Any

_MONOTONIC = 1
_NONBLOCK_CLOEXEC = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
NANOSECONDS = 1_000_000_000


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Time), ("value", _Time))


def _library() -> Any:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "timerfd_create") else None


class TimerDescriptor:
    """One such timer. Raises OSError where the platform has none."""

    def __init__(self) -> None:
        self._library = _library()
        if self._library is None:
            raise OSError("this platform has no timerfd")
        self.descriptor = int(self._library.timerfd_create(_MONOTONIC, _NONBLOCK_CLOEXEC))
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _Setting()

    def set(self, seconds: float) -> None:
        """Becomes readable in so many seconds from now; 0 or less: at once."""
        nanoseconds = max(1, round(seconds * NANOSECONDS))
        value = self._setting.value
        value.seconds, value.nanoseconds = divmod(nanoseconds, NANOSECONDS)
        if self._library.timerfd_settime(self.descriptor, 0, ctypes.byref(self._setting), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def taken(self) -> None:
        """Is readable no more until it is set again."""
        try:
            os.read(self.descriptor, 8)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Lets go of it."""
        os.close(self.descriptor)


def timer_descriptor() -> TimerDescriptor | None:
    """A new one; None where the platform has none, or has no descriptor left to give."""
    try:
        return TimerDescriptor()
    except OSError:
        return None
