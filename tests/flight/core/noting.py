"""States and actions that note what a statechart does."""

from dataclasses import dataclass, field
from typing import Any

from flight.core.chart.machine import Machine
from flight.core.chart.statechart import Signal, State


@dataclass
class Node:
    """Notes what the statechart does."""

    log: list[str] = field(default_factory=list)
    machine: Machine | None = None


def note(text: str) -> Any:
    def action(node: Node, signal: Signal) -> None:
        node.log.append(text)

    return action


def raising(text: str) -> Any:
    def action(node: Node, signal: Signal) -> None:
        node.log.append(text)
        raise OSError(text)

    return action


def guard(answer: bool) -> Any:
    def holds(node: Node, signal: Signal) -> bool:
        node.log.append(f"guard {answer}")
        return answer

    return holds


def noting(name: str, **options: Any) -> State:
    """A state that notes its entry and exit."""
    return State(name, **({"entry": note(f"+{name}"), "exit": note(f"-{name}")} | options))
