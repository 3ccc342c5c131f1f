"""Short work that is done again and again, by a timer: a task that sleeps costs several times as
much, and a node's health is looked at some hundred thousand times in a run."""

import asyncio
from collections.abc import Callable


class Rounds:
    """Has `work` done each `period` s, from the next turn of the loop on.

    `failed` is told of an error, which ends it.
    """

    def __init__(
        self, period: float, work: Callable[[], object], failed: Callable[[Exception], object]
    ) -> None:
        self._period = period
        self._work = work
        self._failed = failed
        self._handle: asyncio.Handle | None = None

    def begin(self) -> None:
        """Begins."""
        self._handle = asyncio.get_running_loop().call_soon(self._go)

    def _go(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._failed(error)
        else:
            self._handle = asyncio.get_running_loop().call_later(self._period, self._go)

    def end(self) -> None:
        """No more of it."""
        if self._handle is not None:
            self._handle.cancel()
