"""Watchdog timers of computers that are processes of their own: the deadline is told by a pipe."""

import asyncio
from collections.abc import Callable

from flight.core.fault_protection.watchdog import NextDeadline
from flight.core.keeping.health import Deadline
from flight.runtime.loop import transport_grace
from ground.testbed.computers.watchdogs import Expiry, Timer
from ground.testbed.processes.reporting_pipe import ALIVE, ReportingPipe

SHORTEST, LONGEST = 0.05, 300.0
"""s of mission time between two words."""
PATIENCE = 5.0
"""Times the grace for one message: a process that gets no turn on a busy machine does not stand."""


class TellingTimer:
    """In the process of a node: tells until when it has proved that it lives."""

    def __init__(self, pipe: ReportingPipe) -> None:
        self._pipe = pipe
        self._deadline: NextDeadline = lambda: None
        self._held: Callable[[], tuple[str, ...]] = lambda: ()
        self._handle: asyncio.TimerHandle | None = None

    def watch(self, deadline: NextDeadline, held: Callable[[], tuple[str, ...]]) -> None:
        """Begins to tell."""
        self._deadline, self._held = deadline, held
        self.nearer()

    def nearer(self) -> None:
        """Tells now."""
        if self._handle is not None:
            self._handle.cancel()
        due = self._deadline()
        if due is None:
            return
        self._pipe.tell(ALIVE, due.time, due.name, due.since, list(self._held()))
        loop = asyncio.get_running_loop()
        pause = min(LONGEST, max(SHORTEST, 0.25 * (due.time - loop.time())))
        self._handle = loop.call_later(pause, self.nearer)


class ToldTimer:
    """Where the run is composed: the timer of one process."""

    def __init__(self, expired: Callable[[Expiry], None], read: Callable[[], None]) -> None:
        self._told: Deadline | None = None
        self._held: tuple[str, ...] = ()
        self._timer = Timer(expired, read, lambda: PATIENCE * transport_grace())
        self._timer.watch(lambda: self._told, lambda: self._held)

    def alive(self, time: float, name: str, since: float, held: list[str]) -> None:
        """What the process has told."""
        self._told, self._held = Deadline(time, name, since), tuple(held)
        self._timer.nearer()

    def stop(self) -> None:
        """The process has come to its end."""
        self._timer.stop()
