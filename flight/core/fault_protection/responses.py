"""Responses: what is done when a monitor is violated, one at a time, and not for ever.

A response that is wanted waits for its turn, by priority and then by age, and is judged again
before it starts: nothing is done about what has passed meanwhile. Where the vehicle's state forbids
or defers safing it waits too, unless all that it does keeps the vehicle going.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from flight.core.chart.statechart import Safing
from flight.core.fault_protection.actions import Call
from flight.core.fault_protection.budgets import Budgets
from flight.core.fault_protection.tables import Mode, Response

LONGEST_ACTION = 3600.0  # s, after which an action is ended


class Standing(Enum):
    """Where a response is."""

    IDLE = "idle"
    WAITING = "waiting"
    RUNNING = "running"
    WATCHING = "watching whether it helped"


@dataclass
class Step:
    """One step of a ladder: its calls, and how long after the one before (s)."""

    calls: list[Call]
    after: float = 0.0

    @property
    def keeps_going(self) -> bool:
        """Whether it may be done where going safe is forbidden."""
        return all(call.spec.keeps_going for call in self.calls)


@dataclass
class ResponseRun:
    """One response as it stands. `would_have`: how often it would have acted while passive.
    `shot_used`: it has used up a shot of its budget, and gave way before it had done its work."""

    name: str
    entry: Response
    steps: list[Step]
    undo: Step
    mode: Mode
    standing: Standing = Standing.IDLE
    step: int = 0
    cause: str = ""
    ready_at: float = 0.0
    would_have: int = 0
    owes_undo: bool = False
    gives_way_to: str = ""
    shot_used: bool = False
    order: int = 0
    timer: asyncio.TimerHandle | None = None
    failures: list[str] = field(default_factory=list)

    def stop_timer(self) -> None:
        """Waits for no time any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Teller(Protocol):
    """Who is told what responses do, and is asked where the vehicle is."""

    def safing(self) -> Safing: ...
    def is_set(self, monitor: str) -> bool: ...
    def started(self, response: str, monitor: str) -> None: ...
    def ended(self, response: str, result: str) -> None: ...
    def not_undone(self, response: str, failures: str) -> None: ...
    def tripped(self, response: str) -> None: ...
    def withheld(self, response: str, monitor: str) -> None: ...
    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]: ...


_ACTING: ContextVar[ResponseRun | None] = ContextVar("acting", default=None)
"""The response whose action is called."""


class Responder:
    """The responses of one vehicle. `node`: on which actions are called."""

    def __init__(
        self, node: Any, runs: Iterable[ResponseRun], budgets: Budgets, teller: Teller
    ) -> None:
        self.runs = {run.name: run for run in runs}
        self._node = node
        self._budgets = budgets
        self._teller = teller
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._running: tuple[ResponseRun, asyncio.Task[None]] | None = None
        self._orders = 0

    @property
    def running(self) -> ResponseRun | None:
        """The response that acts now."""
        return None if self._running is None else self._running[0]

    def take_up(self, still_set: Callable[[str], bool]) -> None:
        """After a reboot: what has acted before it is undone when its monitors are clear.

        `still_set` is asked to go on with a monitor as violated, and says whether it can.
        """
        for name in self._budgets.owed():
            run = self.runs.get(name)
            if run is None or not run.undo.calls:
                continue
            run.owes_undo = True
            if not [each for each in run.entry.monitors if still_set(each)]:
                self._undo(run)

    # ---------------------------------------------------------------- triggers

    def monitor_set(self, monitor: str) -> None:
        """A monitor is violated."""
        for run in self.runs.values():
            if monitor in run.entry.monitors:
                self._want(run, monitor)
        self.go_on()

    def monitor_cleared(self, monitor: str) -> None:
        """A monitor is well again."""
        for run in list(self.runs.values()):
            if monitor not in run.entry.monitors or self._reason(run):
                continue
            if run.standing is Standing.WATCHING:
                self._end(run, "cleared")
            elif run.standing is Standing.IDLE:
                self._undo(run)
        self.go_on()

    def _want(self, run: ResponseRun, monitor: str) -> None:
        if run.mode is Mode.PASSIVE:
            run.would_have += 1
            self._teller.withheld(run.name, monitor)
        if run.mode is not Mode.ACTIVE or run.standing is not Standing.IDLE:
            return
        wait = run.ready_at - self._clock()
        if wait > 0.0:
            self._later(run, wait, lambda: self._again(run))
            return
        run.cause, run.step, run.failures = monitor, 0, []
        self._queue(run)

    def _queue(self, run: ResponseRun) -> None:
        self._orders += 1
        run.order, run.standing = self._orders, Standing.WAITING

    def has_led_out(self, name: str) -> bool:
        """Whether all for which a response acts has passed, and it leads out of the safe state."""
        run = self.runs.get(name)
        if run is None or self._reason(run):
            return False
        return any(call.spec.leaves_safe for call in run.undo.calls)

    def is_held(self, action: str, **arguments: Any) -> bool:
        """Whether another response than the one that asks has a reason for what an action takes
        back: it does so itself at its end."""
        return any(
            run is not _ACTING.get() and run.owes_undo and bool(self._reason(run))
            and any((c.spec.name, c.arguments) == (action, arguments) for c in run.undo.calls)
            for run in self.runs.values()
        )  # fmt: skip

    def _reason(self, run: ResponseRun) -> str:
        """The monitor for which it still has something to do; empty when all are clear."""
        return next((each for each in run.entry.monitors if self._teller.is_set(each)), "")

    def _again(self, run: ResponseRun) -> None:
        run.timer = None
        reason = self._reason(run)
        if reason:
            self._want(run, reason)
            self.go_on()

    def _later(self, run: ResponseRun, seconds: float, what: Callable[[], None]) -> None:
        run.stop_timer()
        run.timer = asyncio.get_running_loop().call_later(seconds, what)

    # ------------------------------------------------------------- one at a time

    def go_on(self) -> None:
        """Starts the next that may, if none acts; has one give way to a higher one."""
        if self._running is not None:
            self._give_way()
            return
        while self._running is None:
            run = self._next()
            if run is None:
                return
            self._start(run)

    def _waiting(self) -> list[ResponseRun]:
        waiting = [run for run in self.runs.values() if run.standing is Standing.WAITING]
        return sorted(waiting, key=lambda run: (-run.entry.priority, run.order))

    def _next(self) -> ResponseRun | None:
        for run in self._waiting():
            if not self._reason(run):  # judged again: it has passed
                run.standing, run.shot_used = Standing.IDLE, False
                if run.step:
                    self._end(run, "cleared")
                continue
            if self._teller.safing() is Safing.ALLOWED or run.steps[run.step].keeps_going:
                return run
        return None

    def _give_way(self) -> None:
        assert self._running is not None
        running, task = self._running
        if not running.entry.interruptible or running.gives_way_to:
            return  # one that gives way already is left to put down what it holds
        for run in self._waiting():
            higher = run.entry.priority > running.entry.priority
            may = self._teller.safing() is Safing.ALLOWED or run.steps[run.step].keeps_going
            if higher and may and self._reason(run):
                running.gives_way_to = run.name
                if inspect.getcoroutinestate(_coroutine(task)) != inspect.CORO_CREATED:
                    task.cancel()  # one that has not begun looks by itself
                return

    def _start(self, run: ResponseRun) -> None:
        if run.step == 0:
            if not run.shot_used and not self._budgets.left(run.name, run.entry.budget):
                self._trip(run)
                return
            if not run.shot_used:
                self._budgets.use(run.name, run.entry.budget)
            run.shot_used = False
            self._teller.started(run.name, self._reason(run) or run.cause)
        run.standing = Standing.RUNNING
        if run.undo.calls and not run.owes_undo:
            run.owes_undo = True
            self._budgets.owe(run.name, True)
        work = self._act(run, run.steps[run.step])
        self._running = (run, self._teller.start(work, f"response {run.name}"))

    def _trip(self, run: ResponseRun) -> None:
        run.mode, run.standing = Mode.TRIPPED, Standing.IDLE
        run.stop_timer()
        self._teller.tripped(run.name)

    async def _act(self, run: ResponseRun, step: Step) -> None:
        _ACTING.set(run)  # of this task alone
        try:
            if not run.gives_way_to:
                run.failures += await self._do(step)
        except asyncio.CancelledError:
            if run.gives_way_to:
                self._gave_way(run)
            raise
        if run.gives_way_to:  # it had not begun, or would not be broken off
            self._gave_way(run)
            return
        self._running = None
        self._acted(run)

    async def _do(self, step: Step) -> list[str]:
        """Does each call, and says what failed; that does not keep the others from being done."""
        failures = []
        for call in step.calls:
            try:
                result = call.on(self._node)
                if inspect.isawaitable(result):
                    async with asyncio.timeout(LONGEST_ACTION):
                        await result
            except Exception as error:  # whatever it is, the others are to be tried
                failures.append(f"{call.text}: {str(error) or type(error).__name__}")
        return failures

    def _gave_way(self, run: ResponseRun) -> None:
        """One that a higher one has ended half-way waits for its turn again, with the same shot."""
        self._running = None
        self._end(run, f"gave way to {run.gives_way_to}")
        run.gives_way_to, run.ready_at = "", 0.0
        reason = self._reason(run)
        if reason:
            self._want(run, reason)
        run.shot_used = run.standing is Standing.WAITING
        self.go_on()

    def _acted(self, run: ResponseRun) -> None:
        if run.step + 1 < len(run.steps) and run.mode is not Mode.ACTIVE:
            self._end(run, f"set to {run.mode.value}")  # while it acted
        elif run.step + 1 < len(run.steps):
            run.standing = Standing.WATCHING
            self._later(run, run.steps[run.step + 1].after, lambda: self._judge(run))
        else:
            self._end(run, "failed: " + "; ".join(run.failures) if run.failures else "done")
        self.go_on()

    def _judge(self, run: ResponseRun) -> None:
        """Whether it has helped; if not, the next step."""
        run.timer = None
        if not self._reason(run):
            self._end(run, "cleared")
        else:
            run.step += 1
            self._queue(run)
        self.go_on()

    def _end(self, run: ResponseRun, result: str) -> None:
        run.stop_timer()
        run.standing, run.step, run.shot_used = Standing.IDLE, 0, False
        run.ready_at = self._clock() + run.entry.cool_down
        self._teller.ended(run.name, result)
        if not self._reason(run):
            self._undo(run)
        elif run.entry.cool_down > 0.0 and run.mode is Mode.ACTIVE:
            self._later(run, run.entry.cool_down, lambda: self._again(run))

    def _undo(self, run: ResponseRun) -> None:
        """What is done once all is clear again, after it has acted."""
        if run.owes_undo:
            run.owes_undo = False
            self._budgets.owe(run.name, False)
            self._teller.start(self._undone(run), f"end of response {run.name}")

    async def _undone(self, run: ResponseRun) -> None:
        _ACTING.set(run)
        failures = await self._do(run.undo)
        if failures:
            self._teller.not_undone(run.name, "; ".join(failures))

    # ------------------------------------------------------------------- modes

    def set_mode(self, name: str, mode: Mode) -> None:
        """Another mode; an active one that was tripped has all its shots again.

        One that acts does what it has begun, and goes no further up; one that waits or watches
        ends. Raises KeyError.
        """
        run = self.runs[name]
        run.mode = mode
        if mode is Mode.ACTIVE:
            self._budgets.forget(name)
        elif run.standing in (Standing.WAITING, Standing.WATCHING):
            self._end(run, f"set to {mode.value}")
        if mode is Mode.ACTIVE:
            run.ready_at = 0.0
            reason = self._reason(run)
            if reason:
                self._want(run, reason)
            self.go_on()

    def take_down(self) -> None:
        """Ends all that waits; what acts goes on to its end."""
        self.stop()
        for run in self.runs.values():
            run.mode = Mode.DISABLED

    def stop(self) -> None:
        """Waits for no time any more."""
        for run in self.runs.values():
            run.stop_timer()


def _coroutine(task: asyncio.Task[None]) -> Coroutine[Any, Any, None]:
    """What a task of a response runs."""
    work = task.get_coro()
    assert inspect.iscoroutine(work)
    return work
