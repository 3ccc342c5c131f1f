"""Runs a statechart for one node.

The table is resolved first, guards included; the library is then asked for one uniquely named
transition, after which its state is compared with the table's. Nothing in it suspends, so that a
transition is atomic for all other tasks.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from flight.core.chart.state_engine import Engine, Model, call_plain, close_unawaited
from flight.core.chart.statechart import On, Signal, Statechart, chain, is_inside
from flight.core.chart.statechart_checks import structural_problems


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition that was taken, between leaf states; the record for the journal."""

    source: str
    event: str
    target: str
    internal: bool = False
    guard: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """What a signal did.

    `handled`: a transition was taken, even if it then failed. `refused`: there were transitions,
    but no guard held. `entered` (outermost first) and `exited` (innermost first) always describe
    how the active states changed, also beside an `error`: the active states before, without
    `exited`, plus `entered`, are those of `Machine.state`.
    """

    handled: bool
    transition: Transition | None = None
    refused: bool = False
    error: Exception | None = None
    entered: list[str] = field(default_factory=list)
    exited: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Step:
    """A transition of the table, resolved for one leaf state."""

    on: On
    trigger: str
    guard_name: str
    target: str
    exited: tuple[str, ...]
    entered: tuple[str, ...]


class Machine:
    """Runs one statechart for one node.

    Only the node's mailbox task may call `fire`. Activities are not run here: the node starts and
    stops them by what `Fired` says was entered and exited.

    Raises ValueError when the table has structural problems, or `initial` does not exist.
    """

    def __init__(
        self,
        chart: Statechart,
        node: Any,
        initial: str | None = None,
        on_transition: Callable[[Transition], None] | None = None,
    ) -> None:
        problems = structural_problems(chart)
        if problems:
            raise ValueError("This statechart cannot run. " + " ".join(problems))
        self.chart = chart
        self._node = node
        self._on_transition = on_transition
        self._model = Model()
        self._engine = Engine(chart, self._model, chart.initial_leaf(initial))
        self._steps: dict[tuple[str, str], tuple[_Step, ...]] = {}
        self._running: Signal | None = None

    @property
    def state(self) -> str:
        """The dotted path of the current leaf state."""
        return self._model.state

    def is_in(self, path: str) -> bool:
        """Whether the state `path` is active. Raises ValueError when there is no such state."""
        if path not in self.chart.states:
            raise ValueError(f'There is no state "{path}".')
        return is_inside(self._model.state, path)

    def start(self, signal: Signal | None = None) -> Coroutine[Any, Any, Fired]:
        """Run the entry actions of the current state, outermost first; for the start of a node."""
        signal = signal or Signal("start")
        self._refuse_reentry(signal)
        return self._start(signal)

    def fire(self, signal: Signal, *, force: bool = False) -> Coroutine[Any, Any, Fired]:
        """Let the statechart react to `signal`.

        A guard, action, entry or exit that raises is reported in `Fired.error`. Before the state
        changes (guard, exit, action), the error leaves the old state; in an entry action the new
        state is kept, and the remaining entry actions do not run.

        With `force` (the way to safe) an error stops nothing: a failing guard counts as refusal,
        failing actions are passed over, and the first error is reported when all is done.

        Raises RuntimeError when a signal is already being processed: from a callback, or from a
        second task. Cancellation is never swallowed.
        """
        self._refuse_reentry(signal)
        return self._fire(signal, force)

    def _refuse_reentry(self, signal: Signal) -> None:
        # Not inside the coroutine: a callback that forgets to await must notice at once.
        if self._running is not None:
            raise RuntimeError(
                f'"{signal.name}" was fired while "{self._running.name}" is being processed; '
                "only the mailbox task of the node may fire. Post the event to the mailbox."
            )

    async def _start(self, signal: Signal) -> Fired:
        self._refuse_reentry(signal)
        self._running = signal
        entered = list(chain(self._model.state))
        try:
            for path in entered:
                entry = self.chart.states[path].entry
                if entry is not None:
                    call_plain(entry, self._node, signal)
        except Exception as error:
            return Fired(True, error=error, entered=entered)
        finally:
            self._running = None
        return Fired(True, entered=entered)

    async def _fire(self, signal: Signal, force: bool) -> Fired:
        self._refuse_reentry(signal)
        self._running = signal
        self._engine.begin(force)
        try:
            steps = self._resolve(self._model.state, signal.name)
            step = self._choose(steps, signal)
            if step is None:
                return Fired(False, refused=bool(steps), error=self._engine.first_error())
            return await self._take(step, signal)
        except _GuardFailed as failure:
            return Fired(False, error=failure.error)
        finally:
            self._running = None

    def _resolve(self, leaf: str, event: str) -> tuple[_Step, ...]:
        steps = self._steps.get((leaf, event))
        if steps is None:
            steps = tuple(self._step(leaf, on) for on in self.chart.transitions_from(leaf, event))
            if steps:
                self._steps[leaf, event] = steps
        return steps

    def _step(self, leaf: str, on: On) -> _Step:
        trigger = self._engine.trigger_of(on)
        guard_name = getattr(on.guard, "__name__", "") if on.guard else ""
        if on.target is None:
            return _Step(on, trigger, guard_name, leaf, (), ())
        exited, entered = self.chart.change(leaf, on.target)
        return _Step(on, trigger, guard_name, entered[-1], tuple(exited), tuple(entered))

    def _choose(self, steps: tuple[_Step, ...], signal: Signal) -> _Step | None:
        for step in steps:
            guard = step.on.guard
            if guard is None:
                return step
            try:
                holds = guard(self._node, signal)
                if holds is True:
                    return step
                if holds is not False:
                    close_unawaited(holds)
                    raise TypeError(f"Guard {step.guard_name} must return a bool, not {holds!r}.")
            except Exception as error:
                if not self._engine.force:
                    raise _GuardFailed(error) from error
                self._engine.errors.append(error)
        return None

    async def _take(self, step: _Step, signal: Signal) -> Fired:
        source = self._model.state
        engine = self._engine
        error: Exception | None = None
        try:
            await engine.trigger_event(self._model, step.trigger, self._node, signal)
        except Exception as raised:
            error = raised
        error = error or engine.first_error()
        taken = Transition(
            source, signal.name, step.target, step.on.target is None, step.guard_name, signal.cause
        )
        if error is not None and not engine.changed:
            return Fired(True, taken, error=error)
        if self._model.state != step.target:
            error = RuntimeError(
                f'The library is in "{self._model.state}" after {step.on}, not in "{step.target}".'
            )
            self._model.state = step.target
        if self._on_transition is not None:
            try:
                self._on_transition(taken)
            except Exception as raised:
                error = error or raised
        return Fired(True, taken, False, error, list(step.entered), list(step.exited))


class _GuardFailed(Exception):
    """Carries the error of a guard out of the choice of a transition."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error
