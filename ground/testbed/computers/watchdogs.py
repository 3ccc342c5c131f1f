"""The watchdog timers of the computers of a run: outside the software that they watch."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass

from flight.core.fault_protection.watchdog import NextDeadline
from flight.runtime.handles import LeanTimer
from flight.runtime.loop import NANOSECONDS, transport_grace
from flight.runtime.participants import working_as

WATCHDOG = "watchdog"
"""The cause of a boot."""
JUST_AFTER = 1e-3
"""s after a deadline at which it has passed: a deadline that is exactly met is met."""
CLOSE = 60.0
"""s; an interval shorter than that is one of the entry or of a burn."""


@dataclass(frozen=True)
class Expiry:
    """A deadline that has passed: whose it was (the name of the node's entry), for how many seconds
    it had made no progress, and which devices go on with what they were asked last. `closely`: it
    was watched closely, in the entry or in a burn."""

    what: str
    silent_for: float
    held: tuple[str, ...]
    closely: bool


class Timer:
    """The timer of one boot of one computer.

    It looks at the node's deadline when the one that it knew has come: progress moves that.
    `refresh` is called before it says that one has passed, for what has not been read yet; `grace`
    is what machines may delay (s).
    """

    def __init__(
        self,
        expired: Callable[[Expiry], None],
        refresh: Callable[[], None] = lambda: None,
        grace: Callable[[], float] = transport_grace,
    ) -> None:
        self._expired = expired
        self._refresh = refresh
        self._grace = grace
        self._deadline: NextDeadline = lambda: None
        self._held: Callable[[], tuple[str, ...]] = lambda: ()
        self._handle: asyncio.TimerHandle | None = None
        self._at = 0.0
        self._over = False
        with working_as(""):  # it runs on when the computer stands
            self._context = copy_context()

    def watch(self, deadline: NextDeadline, held: Callable[[], tuple[str, ...]]) -> None:
        """Resets the computer when a deadline has passed."""
        self._deadline, self._held = deadline, held
        self.nearer()

    def nearer(self) -> None:
        """The deadline may have come nearer."""
        due = self._deadline()
        if due is not None and not self._over and (self._handle is None or due.time < self._at):
            self._set(due.time)

    def stop(self) -> None:
        """The computer has come to its end."""
        self._over = True
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _set(self, deadline: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._at = deadline
        loop, due = asyncio.get_running_loop(), deadline + JUST_AFTER + self._grace()
        self._handle = loop.call_at(due, self._look, context=self._context)

    def _look(self) -> None:
        fired, self._handle = self._handle, None
        self._refresh()
        due = self._deadline()
        if due is None or self._over:
            return
        now, grace = asyncio.get_running_loop().time(), self._grace()
        if now <= due.time + grace:
            if isinstance(fired, LeanTimer) and self._handle is None:
                self._at, self._handle = due.time, fired
                fired.again(round((due.time + JUST_AFTER + grace) * NANOSECONDS))
            else:
                self._set(due.time)
            return
        self._over = True
        closely = due.time - due.since < CLOSE
        self._expired(Expiry(due.name, now - due.since, self._held(), closely))
