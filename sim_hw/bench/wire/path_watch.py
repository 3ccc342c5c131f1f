"""Whether the name of a device goes away: a system takes it when the plug is out, or who served a
pty has ended, before the line itself says so (that waits for what is under way on it)."""

import asyncio
import ctypes
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

_DELETE, _MOVED_FROM = 0x200, 0x40  # sys/inotify.h
_OVERFLOW = 0x4000  # more has happened than the kernel keeps
_EVENT = struct.Struct("iIII")  # inotify(7): watch, mask, cookie, length of the name
_CHUNK = 16 << 10  # bytes read at once


class PathWatch:
    """Calls `gone` once, when there is no such path any more. Raises OSError where that cannot be
    told by this platform, or there are too many who ask."""

    def __init__(self, path: str, gone: Callable[[], None]) -> None:
        self._path, self._gone = os.path.realpath(path), gone
        self._name = os.fsencode(os.path.basename(self._path))
        library = _library()
        self._descriptor = int(library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        folder = os.fsencode(os.path.dirname(self._path))
        if library.inotify_add_watch(self._descriptor, folder, _DELETE | _MOVED_FROM) < 0:
            error = ctypes.get_errno()
            os.close(self._descriptor)
            raise OSError(error, "inotify_add_watch")
        self._loop = asyncio.get_running_loop()
        self._looks = True
        self._loop.add_reader(self._descriptor, self._look)
        if not os.path.exists(self._path):  # it went before anybody looked
            self._loop.call_soon(self._tell)

    def _look(self) -> None:
        try:
            told = os.read(self._descriptor, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        at = 0
        while at < len(told):
            _, mask, _, length = _EVENT.unpack_from(told, at)
            at += _EVENT.size
            name = told[at : at + length].rstrip(b"\0")
            at += length
            if name == self._name or (mask & _OVERFLOW and not os.path.exists(self._path)):
                self._tell()
                return

    def _tell(self) -> None:
        if self._looks:
            self.end()
            self._gone()

    def end(self) -> None:
        """Looks no more; what is left is to be closed."""
        if self._looks:
            self._looks = False
            self._loop.remove_reader(self._descriptor)

    def close(self) -> None:
        """Closes what `end` has left: waits for the kernel, and is for a thread that may."""
        os.close(self._descriptor)


def _library() -> Any:
    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if library is None or not hasattr(library, "inotify_init1"):
        raise OSError("this platform does not tell of paths that go")
    return library
