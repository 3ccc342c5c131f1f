"""The statechart machine beside bare `transitions`, on the same table.

Bare means `HierarchicalAsyncMachine` with `queued="model"`, fired by `model.trigger(name)`: what
one would write without `flight.core.chart.machine`. Both run the same entry and exit actions.
"""

from dataclasses import dataclass
from typing import Any

from transitions.extensions.asyncio import HierarchicalAsyncMachine, NestedAsyncState

from flight.core.chart.machine import Machine
from flight.core.chart.statechart import On, Signal, State, Statechart
from ground.benchmarks.measurement import Comparison, compare

SIBLINGS = "between siblings"
ACROSS = "across three levels, with guard and action"


@dataclass(frozen=True)
class StatechartFigures:
    """What was measured for one kind of transition."""

    kind: str
    transitions: Comparison


def _nothing(node: Any, signal: Any) -> None:
    pass


def _yes(node: Any, signal: Any) -> bool:
    return True


def _state(name: str, *children: State, initial: bool = False) -> State:
    return State(name, children=children, initial=initial, entry=_nothing, exit=_nothing)


CHART = Statechart(
    _state(
        "a",
        _state("b", _state("c", initial=True), _state("d"), initial=True),
        initial=True,
    ),
    _state("x", _state("y", _state("z", initial=True), initial=True)),
    transitions=(
        On("near", "a.b.c", "a.b.d"),
        On("near", "a.b.d", "a.b.c"),
        On("go", "a.b.c", "x.y.z", guard=_yes, action=_nothing),
        On("back", "x", "a.b.c", action=_nothing),
    ),
)


class _DottedState(NestedAsyncState):
    separator = "."


class _BareMachine(HierarchicalAsyncMachine):
    state_cls = _DottedState


class _Model:
    """What the bare machine puts its triggers on."""

    trigger: Any


def _bare() -> _Model:
    def nested(name: str, *children: dict[str, Any]) -> dict[str, Any]:
        state: dict[str, Any] = {"name": name, "on_enter": _nothing, "on_exit": _nothing}
        if children:
            state |= {"children": list(children), "initial": children[0]["name"]}
        return state

    model = _Model()
    _BareMachine(
        model,
        states=[
            nested("a", nested("b", nested("c"), nested("d"))),
            nested("x", nested("y", nested("z"))),
        ],
        initial="a.b.c",
        auto_transitions=False,
        queued="model",
        transitions=[
            {"trigger": "near", "source": "a.b.c", "dest": "a.b.d"},
            {"trigger": "near", "source": "a.b.d", "dest": "a.b.c"},
            {
                "trigger": "go",
                "source": "a.b.c",
                "dest": "x.y.z",
                "conditions": _yes,
                "before": _nothing,
            },
            {"trigger": "back", "source": "x", "dest": "a.b.c", "before": _nothing},
        ],
    )
    return model


async def measure_statecharts(*, transitions: int, repetitions: int) -> list[StatechartFigures]:
    """Both kinds of transition, an even number of each in a repetition."""
    model, machine = _bare(), Machine(CHART, None)
    figures = []
    for kind, names in ((SIBLINGS, ("near", "near")), (ACROSS, ("go", "back"))):
        signals = [Signal(name) for name in names]

        async def bare(names: tuple[str, ...] = names) -> None:
            for _ in range(transitions // 2):
                for name in names:
                    await model.trigger(name, None, None)

        async def ours(signals: list[Signal] = signals) -> None:
            for _ in range(transitions // 2):
                for signal in signals:
                    await machine.fire(signal)

        figures.append(
            StatechartFigures(
                kind, await compare(bare, ours, operations=transitions, repetitions=repetitions)
            )
        )
    return figures
