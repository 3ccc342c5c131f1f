"""What the loop of virtual time calls: handles, timers and the readers of queues in memory.

That loop is never debugged. A run makes some millions of handles, and asyncio's own ask whether to
debug at each making and each cancelling; these do not.
"""

import asyncio
import heapq
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from flight.runtime.pace import NANOSECONDS


class LeanHandle(asyncio.Handle):
    """Something to be called at once."""

    __slots__ = ()
    _repr = _source_traceback = None

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False


class LeanTimer(asyncio.TimerHandle):
    """Something to be called later; it waits in a heap until it fires."""

    __slots__ = ()
    _repr = _source_traceback = None

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._when = when
        self._scheduled = True

    def again(self, due_ns: int) -> None:
        """It is called once more, at an instant of the loop's time, now that it has fired: what is
        done in rounds needs no new timer each time, of which a run had half a million."""
        loop: Any = self._loop
        self._when = due_ns / NANOSECONDS
        self._scheduled = True
        loop._timer_count += 1
        heapq.heappush(loop._timers, (due_ns, loop._timer_count, self))

    def cancel(self) -> None:
        """It is not called any more. Each sleep that ends cancels its own, which has fired."""
        if not self._cancelled:
            if self._scheduled:
                self._loop._timer_handle_cancelled(self)  # type: ignore[attr-defined]
            self._cancelled = True
            self._callback = self._args = None  # type: ignore[assignment]


class QueueReader:
    """Who reads queues in memory, as a loop knows it: called when `waits` says that there is
    something, after it was woken."""

    __slots__ = ("_woken", "handle", "number", "waits")

    def __init__(
        self,
        number: int,
        handle: asyncio.Handle,
        waits: Callable[[], bool],
        woken: "dict[int, QueueReader]",
    ) -> None:
        self.number = number
        self.handle = handle
        self.waits = waits
        self._woken = woken

    def wake(self) -> None:
        """Something has arrived."""
        self._woken[self.number] = self

    def close(self) -> None:
        """It is not called any more."""
        self.handle.cancel()
        self._woken.pop(self.number, None)
