"""A statechart that runs agrees with an independent, plain interpreter."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flight.core.chart.machine import Machine
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from tests.flight.core.noting import Node, guard, note, noting

NAMES = ("a", "b", "c")
EVENTS = ("go", "stop", "turn")


@st.composite
def state_tuples(draw: st.DrawFn, depth: int = 0) -> tuple[State, ...]:
    """States of one level, each noting entry and exit by name and event."""
    count = draw(st.integers(1, 3 - (depth > 0)))
    initial = draw(st.integers(0, count - 1))
    return tuple(
        noting(
            NAMES[index],
            initial=index == initial,
            children=draw(state_tuples(depth + 1)) if depth < 2 and draw(st.booleans()) else (),
        )
        for index in range(count)
    )


@st.composite
def charts(draw: st.DrawFn) -> Statechart:
    states = draw(state_tuples())
    paths = st.sampled_from(list(Statechart(*states).states))
    sources = st.one_of(paths, st.lists(paths, min_size=1, max_size=2).map(tuple), st.just(ANY))
    transitions = [
        On(
            draw(st.sampled_from(EVENTS)),
            draw(sources),
            draw(st.one_of(st.none(), paths)),
            guard=draw(st.sampled_from([None, guard(True), guard(False)])),
            action=draw(st.sampled_from([None, note(f"act{index}")])),
        )
        for index in range(draw(st.integers(1, 12)))
    ]
    return Statechart(*states, transitions=transitions)


class Reference:
    """Interprets a statechart in the plainest way, sharing nothing with the code under test."""

    def __init__(self, chart: Statechart) -> None:
        self.chart = chart
        self.node = Node()
        self.active = self._descend([], chart.top)

    def _descend(self, path: list[State], level: Any) -> list[State]:
        while level:
            path = [*path, next(state for state in level if state.initial)]
            level = path[-1].children
        return path

    def _find(self, dotted: str) -> list[State]:
        path: list[State] = []
        level = self.chart.top
        for name in dotted.split("."):
            path.append(next(state for state in level if state.name == name))
            level = path[-1].children
        return path

    def _active_in(self, dotted: str) -> bool:
        found = self._find(dotted)
        return len(found) <= len(self.active) and all(
            one is other for one, other in zip(found, self.active, strict=False)
        )

    def _rank(self, on: On) -> int | None:
        """How deep the innermost active source lies; 0 for ANY; None when `on` cannot fire."""
        if on.source is ANY:
            return 0 if on.target is None or not self._active_in(on.target) else None
        depths = [source.count(".") + 1 for source in on.sources if self._active_in(source)]
        return max(depths) if depths else None

    def fire(self, signal: Signal) -> None:
        ranked = [(self._rank(on), on) for on in self.chart.transitions if on.event == signal.name]
        possible = [(rank, on) for rank, on in ranked if rank is not None]
        possible.sort(key=lambda pair: -pair[0])
        for _, on in possible:
            if on.guard is None or on.guard(self.node, signal):
                self._take(on, signal)
                return

    def _take(self, on: On, signal: Signal) -> None:
        if on.target is None:
            if on.action:
                on.action(self.node, signal)
            return
        target = self._find(on.target)
        kept = 0
        while (
            kept < len(target) - 1 and kept < len(self.active) and self.active[kept] is target[kept]
        ):
            kept += 1
        for state in reversed(self.active[kept:]):
            state.exit(self.node, signal)  # type: ignore
        if on.action:
            on.action(self.node, signal)
        self.active = self._descend(target, target[-1].children)
        for state in self.active[kept:]:
            state.entry(self.node, signal)  # type: ignore

    @property
    def state(self) -> str:
        return ".".join(state.name for state in self.active)


@given(chart=charts(), events=st.lists(st.sampled_from(EVENTS), min_size=1, max_size=15))
def test_a_machine_agrees_with_a_plain_interpreter(chart, events):
    async def compare() -> None:
        node = Node()
        machine, reference = Machine(chart, node), Reference(chart)
        for event in events:
            before = machine.state.split(".")
            active = [".".join(before[: depth + 1]) for depth in range(len(before))]
            fired = await machine.fire(Signal(event))
            reference.fire(Signal(event))
            assert machine.state == reference.state
            assert node.log == reference.node.log
            assert fired.error is None
            left = [path for path in active if path not in fired.exited]
            assert [*left, *fired.entered][-1] == machine.state
            assert len([*left, *fired.entered]) == machine.state.count(".") + 1

    asyncio.run(compare())
