"""The activities of a node: long work bound to states, started on entry, ended on exit."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from flight.core.chart.statechart import Signal, State
from flight.core.commanding.commands import CommandRejected
from flight.core.exchanges import ExchangeFailed
from flight.icd.custody_record import CustodyError
from flight.icd.devices.base import DeviceError
from flight.runtime.nursery import Nursery, end


class ActivityFailed(Exception):
    """An activity could not do what it was for; the text is the reason, for people."""


EXPECTED_FAILURES = (ActivityFailed, CommandRejected, CustodyError, ExchangeFailed, DeviceError)
"""What can come out of an activity though its software is sound."""


@dataclass(frozen=True)
class ActivityEnd:
    """How an activity ended: the state it belonged to, its run, and the signal to fire.

    `error` is set when the software was at fault, not the world.
    """

    state: str
    run: int
    signal: Signal
    error: BaseException | None = None


class Activities:
    """Starts and ends the activities of one node; tells how each ended through `on_end`."""

    def __init__(self, node: Any, nursery: Nursery, on_end: Callable[[ActivityEnd], None]) -> None:
        self._node = node
        self._nursery = nursery
        self._on_end = on_end
        self._running: dict[str, tuple[int, asyncio.Task[None]]] = {}
        self._begun: dict[str, tuple[Signal, int]] = {}  # by what, and how often anew
        self._count = 0

    def start(self, path: str, state: State, signal: Signal) -> None:
        """Starts the activity of a state that was entered by `signal`."""
        if state.activity is None:
            return
        self._begun.setdefault(path, (signal, 0))
        self._count += 1
        work: Coroutine[Any, Any, None] = self._perform(path, state, self._count, signal)
        task = self._nursery.start(work, name=path)
        self._running[path] = (self._count, task)

    async def stop(self, path: str) -> None:
        """Cancels the activity of a state that was left, and waits until it has ended."""
        running = self._running.pop(path, None)
        self._begun.pop(path, None)
        if running is not None:
            await end(running[1])

    def begin_again(self, path: str, state: State) -> bool:
        """Starts the activity of a state once more after an error of its software, as often as the
        state allows; False: it has been often enough."""
        signal, times = self._begun[path]
        if times >= state.restarts:
            return False
        self._begun[path] = (signal, times + 1)
        self.start(path, state, signal)
        return True

    def is_current(self, ended: ActivityEnd) -> bool:
        """Whether an end belongs to the activity that runs now, not to one before it."""
        running = self._running.get(ended.state)
        return running is not None and running[0] == ended.run

    async def _perform(self, path: str, state: State, run: int, signal: Signal) -> None:
        assert state.activity is not None
        error: BaseException | None = None
        try:
            result = _outcome(await state.activity(self._node, signal))
        except EXPECTED_FAILURES as failure:
            result = Signal("failed", {"reason": str(failure)}, cause=path)
        except asyncio.CancelledError as failure:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            error = failure  # nobody cancelled it: it awaited something that was cancelled
        except Exception as failure:  # any error of an activity is an event of its node
            error = failure
        if error is not None:
            reason = f"{type(error).__name__}: {error}"
            result = Signal("failed", {"reason": reason}, cause=path)
        self._on_end(ActivityEnd(path, run, result, error))


def _outcome(outcome: object) -> Signal:
    if isinstance(outcome, Signal):
        return outcome
    if outcome is None:
        return Signal("done")
    if not isinstance(outcome, str):
        raise TypeError(f"an activity returned {outcome!r}: allowed are a name, a Signal or None")
    return Signal(outcome)
