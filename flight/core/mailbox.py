"""The mailbox of a node: all that happens to it, in order, with a lane for what cannot wait."""

import asyncio
from collections import deque
from collections.abc import Callable

from flight.core.chart.statechart import Signal

CAPACITY = 1_000
URGENT_CAPACITY = 100


class Mailbox:
    """Signals for one node, taken by one task.

    Urgent signals (abort, safe) go before all others, in their own order. Overflow policy: an
    ordinary signal that finds the mailbox full is dropped and `on_drop` is told; so is an urgent
    one when its lane is full, which means that a hundred emergencies wait already.
    """

    def __init__(self, on_drop: Callable[[Signal], None], capacity: int = CAPACITY) -> None:
        self._ordinary: deque[Signal] = deque()
        self._urgent: deque[Signal] = deque()
        self._capacity = capacity
        self._on_drop = on_drop
        self._waiter: asyncio.Future[None] | None = None
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._ordinary) + len(self._urgent)

    def post(self, signal: Signal, *, urgent: bool = False) -> bool:
        """Puts a signal in; False when it was dropped."""
        lane, capacity = (
            (self._urgent, URGENT_CAPACITY) if urgent else (self._ordinary, self._capacity)
        )
        if len(lane) >= capacity:
            self.dropped += 1
            self._on_drop(signal)
            return False
        lane.append(signal)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        return True

    async def take(self) -> Signal:
        """The next signal; waits for one. Only one task may take."""
        while not self._urgent and not self._ordinary:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._urgent.popleft() if self._urgent else self._ordinary.popleft()
