"""The mailbox of a node: all that happens to it, in order, with a lane for what cannot wait."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from flight.core.activities import ActivityEnd
from flight.core.chart.statechart import Signal
from flight.core.keeping.health import Progress
from flight.icd.messages import Command

CAPACITY = 1_000
URGENT_CAPACITY = 100


# The kernel's own items are types, so that no name in a statechart can be taken for one of them.


@dataclass(frozen=True)
class CommandArrived:
    """A command to be dispatched; `from_sequence`: a sequence of this node issued it."""

    command: Command
    from_sequence: bool = False


@dataclass(frozen=True)
class CommandInterrupted:
    """A command that a reboot interrupted, to be taken up again."""

    command: Command


@dataclass(frozen=True)
class CriticalTakenUp:
    """All commands that a reboot interrupted were taken up again, or have ended: among them what
    nothing was safer than to go on with."""


@dataclass(frozen=True)
class DeadlinePassed:
    """The time allowed for the command with this identifier is over."""

    identifier: str


class Ping(msgspec.Struct, frozen=True):
    """Proof that a mailbox in which something waits is being emptied."""

    progress: Progress


@dataclass(frozen=True)
class FloodLook:
    """Time to look whether a suppressed event may be told."""


@dataclass(frozen=True)
class StoreLook:
    """The store has failed, which is to be told."""


Item = (
    Signal
    | CommandArrived
    | CommandInterrupted
    | CriticalTakenUp
    | DeadlinePassed
    | Ping
    | FloodLook
    | StoreLook
    | ActivityEnd
)


def label(item: Item) -> str:
    """What an item is, in a word, for an event about it."""
    if isinstance(item, Signal):
        return item.name
    if isinstance(item, CommandArrived | CommandInterrupted):
        return f"command {item.command.name}"
    return type(item).__name__


class Mailbox:
    """Signals and the kernel's own items for one node, taken by one task.

    Urgent signals (abort, safe) go before all others, in their own order. Overflow policy: an
    ordinary signal that finds the mailbox full is dropped and `on_drop` is told; so is an urgent
    one when its lane is full, which means that a hundred emergencies wait already.
    """

    def __init__(self, on_drop: Callable[[Item], None], capacity: int = CAPACITY) -> None:
        self._ordinary: deque[Item] = deque()
        self._urgent: deque[Item] = deque()
        self._capacity = capacity
        self._on_drop = on_drop
        self._waiter: asyncio.Future[None] | None = None
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._ordinary) + len(self._urgent)

    @property
    def depth(self) -> int:
        """How many items wait, without the watchdog's own questions."""
        lanes = (*self._urgent, *self._ordinary)
        return sum(not isinstance(item, Ping) for item in lanes)

    def post(self, item: Item, *, urgent: bool = False) -> bool:
        """Puts an item in; False when it was dropped."""
        lane, capacity = (
            (self._urgent, URGENT_CAPACITY) if urgent else (self._ordinary, self._capacity)
        )
        if len(lane) >= capacity:
            self.dropped += 1
            self._on_drop(item)
            return False
        lane.append(item)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        return True

    def ask(self, progress: Progress) -> None:
        """Has the task that takes items show that it does.

        One that waits for the next has shown it by that: nearly always it does, and a run asks some
        hundred thousand times.
        """
        if self._waiter is not None and not self._waiter.done():
            progress.advance()
        else:
            self.post(Ping(progress))

    async def take(self) -> Item:
        """The next item; waits for one. Only one task may take."""
        while not self._urgent and not self._ordinary:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._urgent.popleft() if self._urgent else self._ordinary.popleft()
