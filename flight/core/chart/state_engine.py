"""The machine of the library `transitions`, made safe; the only place that imports it.

Version 0.9.3 swallows cancellation, drops what is queued after an error, runs the callbacks of
one list concurrently, imports strings as callbacks, and breaks when several models share a machine
(`tests/flight/core/chart/test_transitions_pitfalls.py` shows each). So: one machine per node,
callables only, one callback per hook, in order, without suspension, and without tasks.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from transitions.extensions.asyncio import (
    HierarchicalAsyncMachine,
    NestedAsyncState,
    NestedAsyncTransition,
)

from flight.core.chart.statechart import ANY, Action, On, State, Statechart


def call_plain(function: Callable[..., object], *arguments: object) -> None:
    """Call a plain callback; refuse one that turns out to want awaiting."""
    result = function(*arguments)
    if result is not None and inspect.isawaitable(result):
        close_unawaited(result)
        raise TypeError(
            f"{getattr(function, '__qualname__', function)} returned something to await; entry, "
            "exit and transition actions are plain functions. Long work belongs in an activity."
        )


def close_unawaited(result: object) -> None:
    if inspect.iscoroutine(result):
        result.close()


class Model:
    """Holds the state for the library, so that the library binds no names to the node."""

    state: str


class _State(NestedAsyncState):
    separator = "."

    async def scoped_enter(self, event_data: Any, scope: list[str] | None = None) -> None:  # type: ignore[override]
        # The library does not reset the scope after an error, and then builds wrong paths.
        try:
            await super().scoped_enter(event_data, scope)
        finally:
            self._scope = []

    async def scoped_exit(self, event_data: Any, scope: list[str] | None = None) -> None:  # type: ignore[override]
        try:
            await super().scoped_exit(event_data, scope)
        finally:
            self._scope = []


class _Transition(NestedAsyncTransition):
    """Runs its action between exits and entries; the library only knows before and after both."""

    def __init__(self, *args: Any, action: Action | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.action = action

    async def _change_state(self, event_data: Any) -> None:  # type: ignore[override]
        engine: Engine = event_data.machine
        tree, exits, entries = self._resolve_transition(event_data)
        for leave in exits:
            await leave()  # type: ignore[misc]
        if self.action is not None:
            await engine.callback(self.action, event_data)
        self._update_model(event_data, tree)
        engine.changed = True
        for enter in entries:
            await enter()


class Engine(HierarchicalAsyncMachine):
    """The library's machine, without its tasks, its concurrency and its names on the model."""

    state_cls = _State
    transition_cls = _Transition

    def __init__(self, chart: Statechart, model: Model, initial: str) -> None:
        self.force = False
        self.changed = False
        self.errors: list[Exception] = []
        self._triggers = {id(on): f"t{index}" for index, on in enumerate(chart.transitions)}
        super().__init__(
            model=model,
            states=[_definition(state) for state in chart.top],
            initial=initial,
            auto_transitions=False,
            queued="model",
        )
        top_paths = [state.name for state in chart.top]
        for on in chart.transitions:
            sources = top_paths if on.source is ANY else list(dict.fromkeys(on.sources))
            hooks: dict[str, Any] = {"before" if on.target is None else "action": on.action}
            self.add_transition(self.trigger_of(on), sources, on.target, **hooks)

    def trigger_of(self, on: On) -> str:
        """The library's name for one transition of the table."""
        return self._triggers[id(on)]

    def begin(self, force: bool) -> None:
        """Forget what the last trigger left."""
        self.force = force
        self.changed = False
        if self.errors:
            self.errors = []

    def first_error(self) -> Exception | None:
        """The first error that was passed over by force."""
        return self.errors[0] if self.errors else None

    async def callbacks(self, funcs: Iterable[Any], event_data: Any) -> None:  # type: ignore[override]
        for function in funcs:
            await self.callback(function, event_data)

    async def callback(self, func: Any, event_data: Any) -> None:  # type: ignore[override]
        try:
            call_plain(func, *event_data.args)
        except Exception as error:
            if not self.force:
                raise
            self.errors.append(error)

    @staticmethod
    async def await_all(callables: list[Any]) -> list[bool | None]:
        return [await function() for function in callables]

    async def cancel_running_transitions(self, model: object, msg: str | None = None) -> None:
        """Nothing to cancel: transitions never overlap."""

    async def process_context(self, func: Any, model: object) -> bool:
        # The library's own turns every cancellation into the result False.
        return await self._process_async(func, model)

    def _add_model_to_state(self, state: Any, model: object) -> None:
        """Bind nothing to the model: names like `is_...` could collide."""

    def _add_trigger_to_model(self, trigger: str, model: object) -> None:
        """Bind nothing to the model: the machine triggers by name."""


def _definition(state: State) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "name": state.name,
        "on_enter": state.entry,
        "on_exit": state.exit,
    }
    children = tuple(state.children)
    if children:
        definition["children"] = [_definition(child) for child in children]
        definition["initial"] = next(child.name for child in children if child.initial)
    return definition
