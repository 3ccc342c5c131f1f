"""The watchdog of a node's computer: what the software proves to it, and what it watches closely.

The timer stands outside the software (`ground.testbed.computers.watchdogs`): when a critical entry
of the node's health has made no progress for its fatal interval, the computer is started anew.
Mostly that is the mailbox, asked every quarter of an hour. In the states of the vehicle's table,
and while a motor burns, nobody can wait for that: there the mailbox is asked all the time, and the
activity proves each of its beats (`alive`).
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from flight.core.keeping.health import Deadline, HealthMonitor, Progress

BURN_INTERVAL = 0.5
"""s without progress after which a computer is started anew in the entry and in burns: with a warm
start of as much the vehicle flies on what it was told last for no longer than a second, which is
what the engines of the descent bear (their own limit)."""
ASKED = 5  # times in a fatal interval that the mailbox is asked in it
MAILBOX = "mailbox"


@dataclass(frozen=True)
class Watched:
    """States that are watched closely.

    `fatal`: s. `beats`: whether the activity proves its own progress; else the mailbox alone does.
    `held`: the devices that go on with what they were asked last while the computer is started
    anew; what moves on behalf of any other stops.
    """

    states: tuple[str, ...]
    fatal: float
    beats: bool = True
    held: tuple[str, ...] = ()


NextDeadline = Callable[[], Deadline | None]


class WatchdogTimer(Protocol):
    """The timer outside the software."""

    def watch(self, deadline: NextDeadline, held: Callable[[], tuple[str, ...]]) -> None:
        """Resets the computer when a deadline has passed; `held` tells what goes on meanwhile."""

    def nearer(self) -> None:
        """The deadline may have come nearer."""


class NoTimer:
    """Where nobody watches."""

    def watch(self, deadline: NextDeadline, held: Callable[[], tuple[str, ...]]) -> None:
        """Nobody looks."""

    def nearer(self) -> None:
        """Nobody looks."""


class Vigil:
    """What one node has its watchdog watch closely, by the states that it is in."""

    def __init__(
        self,
        table: tuple[Watched, ...],
        health: HealthMonitor,
        timer: WatchdogTimer,
        ask: Callable[[Progress], object],
    ) -> None:
        """`ask` puts a question into the mailbox whose answer is progress."""
        self._by_state: Mapping[str, Watched] = {
            state: watched for watched in table for state in watched.states
        }
        self._health = health
        self._timer = timer
        self._ask = ask
        self._watched: Watched | None = None
        self._mailbox: _Asking | None = None
        self._beats: Progress | None = None
        self._burns = 0

    def begin(self) -> None:
        """The software runs: from here on the timer counts."""
        self._timer.watch(self._health.deadline, lambda: self.held)

    def end(self) -> None:
        """The software has come to its end."""
        if self._mailbox is not None:
            self._mailbox.end()

    @property
    def held(self) -> tuple[str, ...]:
        """The devices that go on while the computer is started anew now."""
        return () if self._watched is None else self._watched.held

    @property
    def is_close(self) -> bool:
        """Whether something is watched closely now."""
        return self._mailbox is not None

    def state_is(self, path: str) -> None:
        """The node is in a state."""
        watched = self._by_state.get(path)
        if watched is self._watched and not (watched is not None and watched.beats):
            return
        self._watched = watched
        if self._beats is not None:
            self._health.unregister(self._beats)
            self._beats = None
        if watched is not None and watched.beats:
            self._beats = self._register(f"{path}", watched.fatal)
        self._look()

    def alive(self, within: float = 0.0) -> None:
        """The activity has come one beat further; it waits up to `within` s for a device now, whose
        silence is not its own."""
        if self._beats is not None:
            self._beats.advance(within)

    @contextmanager
    def burning(self) -> Iterator[None]:
        """A motor burns for as long as the `with` block runs: the mailbox is asked all the time."""
        self._burns += 1
        self._look()
        try:
            yield
        finally:
            self._burns -= 1
            self._look()

    def _look(self) -> None:
        fatal = [] if self._watched is None else [self._watched.fatal]
        if self._burns:
            fatal.append(BURN_INTERVAL)
        wanted = min(fatal) if fatal else None
        if self._mailbox is not None and self._mailbox.fatal != wanted:
            self._health.unregister(self._mailbox.progress)
            self._mailbox.end()
            self._mailbox = None
        if wanted is not None and self._mailbox is None:
            progress = self._register(f"{MAILBOX} now", wanted)
            self._mailbox = _Asking(progress, wanted, self._ask)
        self._timer.nearer()

    def _register(self, name: str, fatal: float) -> Progress:
        return self._health.register(name, 0.5 * fatal, critical=True, fatal_interval=fatal)


class _Asking:
    """Asks the mailbox some times in each fatal interval."""

    def __init__(self, progress: Progress, fatal: float, ask: Callable[[Progress], object]) -> None:
        self.progress = progress
        self.fatal = fatal
        self._post = ask
        self._handle: asyncio.TimerHandle
        self._ask()

    def _ask(self) -> None:
        self._post(self.progress)
        self._handle = asyncio.get_running_loop().call_later(self.fatal / ASKED, self._ask)

    def end(self) -> None:
        """Asks no more."""
        self._handle.cancel()
