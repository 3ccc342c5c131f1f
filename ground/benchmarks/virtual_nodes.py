"""Ten nodes in virtual time: each with a statechart, telemetry, questions, answers, transitions.

All that a flight node has is at work (bus, message log, mailbox, exchanges with deadlines, storage,
events); only devices are missing. In each beat a node publishes telemetry and asks its neighbour,
which answers: three messages. Every so many questions, the asked one changes its state.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from flight.configuration.scratch_folder import ScratchFolder
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.node import Node
from flight.core.telling.communications import wire
from flight.icd.exchanges import Topic
from flight.runtime.loop import VirtualLoop, run
from ground.testbed.rig import Rig

NODES = 10
MESSAGES_PER_SECOND = 590  # the load that the aim is stated for
MESSAGES_PER_BEAT = 3  # telemetry, a question, its answer; events come on top, until throttled
BEAT = NODES * MESSAGES_PER_BEAT / MESSAGES_PER_SECOND  # seconds
AIM = 40.0  # times real time


@dataclass(frozen=True)
class NodeFigures:
    """What ten nodes did in virtual time."""

    beats_per_transition: int
    virtual_seconds: float
    wall_seconds: float
    messages: int
    transitions: int

    @property
    def times_real_time(self) -> float:
        """Virtual seconds per wall second."""
        return self.virtual_seconds / self.wall_seconds


class Beat(msgspec.Struct, frozen=True):
    """Which beat it is."""

    count: int


TURN = Topic("turn", Beat, Beat, ("any",))


async def _hold(node: Any, signal: Signal) -> None:
    await asyncio.sleep(1e9)


async def _beat(node: Any, signal: Signal) -> None:
    count = 0
    while True:
        count += 1
        node.publish_telemetry({"east": 0.5 * count, "north": -0.25 * count, "count": count})
        await node.exchanges.ask(node.neighbour, TURN, Beat(count))
        await asyncio.sleep(BEAT)


class _BeatingNode(Node):
    """Tells its position, asks its neighbour, and changes state when it is asked itself."""

    neighbour: str
    beats_per_transition = 1
    transitions = 0
    statechart = Statechart(
        State(
            "working",
            initial=True,
            activity=_beat,
            children=(
                State("left", initial=True),
                State("right"),
            ),
        ),
        State("safe", activity=_hold),
        transitions=(
            On("turn", "working.left", "working.right"),
            On("turn", "working.right", "working.left"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "working"),
        ),
        ignored=("abort", "failed", "done"),
    )

    def attach(self) -> None:
        self.exchanges.answer(TURN, self._turn)

    async def _turn(self, source: str, asked: Beat) -> Beat:
        if asked.count % self.beats_per_transition == 0:
            self.post("turn", cause=source)
        return asked

    async def fire(self, signal: Signal, *, from_activity: bool = False) -> bool:
        handled = await super().fire(signal, from_activity=from_activity)
        self.transitions += handled
        return handled


def measure_nodes(
    virtual_seconds: float, *, beats_per_transition: int = 20, repetitions: int = 1
) -> NodeFigures:
    """Runs the ten nodes for `virtual_seconds`, after one second that does not count.

    Of several repetitions, the one in the middle.
    """
    figures = [_run_once(virtual_seconds, beats_per_transition) for _ in range(repetitions)]
    return sorted(figures, key=lambda one: one.wall_seconds)[repetitions // 2]


def _run_once(virtual_seconds: float, beats_per_transition: int) -> NodeFigures:
    with ScratchFolder() as folder:
        return run(_measure(Path(folder), virtual_seconds, beats_per_transition), VirtualLoop())


async def _measure(folder: Path, virtual_seconds: float, beats_per_transition: int) -> NodeFigures:
    async with Rig(folder) as rig:
        kinds = _node_classes(beats_per_transition)
        nodes = [cast(_BeatingNode, rig.add_node(kind, {})) for kind in kinds]
        await asyncio.sleep(1.0)
        messages, transitions = rig.log.count, sum(node.transitions for node in nodes)
        start = time.perf_counter()
        await asyncio.sleep(virtual_seconds)
        return NodeFigures(
            beats_per_transition,
            virtual_seconds,
            time.perf_counter() - start,
            rig.log.count - messages,
            sum(node.transitions for node in nodes) - transitions,
        )


def _node_classes(beats_per_transition: int) -> list[type[_BeatingNode]]:
    names = [f"node{number}" for number in range(NODES)]
    classes = []
    for number, name in enumerate(names):
        neighbour = names[(number + 1) % NODES]
        before = names[number - 1]
        routes = {neighbour: wire(neighbour), before: wire(before)}
        body = {
            "name": name,
            "neighbour": neighbour,
            "routes": routes,
            "beats_per_transition": beats_per_transition,
        }
        classes.append(type(name.title(), (_BeatingNode,), body))
    return classes
