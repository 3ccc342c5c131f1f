"""Brings shelved alarms back at their instant."""

import asyncio
from collections.abc import Callable

from flight.runtime.pace import NANOSECONDS
from ground.mission_control.alarms.alarms import Alarms

_SHORTEST = 1e-6  # s: a timer may fire that much before the instant


class Shelves:
    """While it is entered, a timer looks at the alarms when the next shelf ends.

    It is set for as long as something is shelved: a run in which nobody shelves has none.
    """

    def __init__(self, alarms: Alarms, now_ns: Callable[[], int]) -> None:
        self._alarms = alarms
        self._now_ns = now_ns
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._alarms.check()  # what came back while nobody was there
        self._alarms.on_shelved = self._set
        self._set()

    def __exit__(self, *_: object) -> None:
        self._alarms.on_shelved = lambda: None
        self._cancel()

    def _set(self) -> None:
        self._cancel()
        end = self._alarms.next_return()
        if end is not None:
            wait = max(_SHORTEST, (end - self._now_ns()) / NANOSECONDS)
            self._timer = asyncio.get_running_loop().call_later(wait, self._look)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._alarms.check()
        self._set()
