"""Draws a statechart as a Mermaid `stateDiagram-v2`.

Mermaid cannot draw an arrow between a composite state and a state inside it. Such an arrow goes to
the initial leaf; from a composite it leaves one node "any state in it". Transitions from `ANY`
leave one node "any state".
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from flight.core.chart.statechart import ANY, On, State, Statechart, is_inside
from flight.core.chart.statechart_checks import structural_problems

INDENT = "    "
ANY_NODE = "any__"
# Words of the Mermaid grammar that an identifier must not be.
RESERVED = ("state", "note", "end", "as", "direction", "class", "default", "style", "click")


def mermaid(chart: Statechart, title: str) -> str:
    """The diagram as text, the same for the same table.

    Guards stand in brackets, actions after a slash. Raises ValueError when the table has
    structural problems.
    """
    problems = structural_problems(chart)
    if problems:
        raise ValueError("This statechart cannot be drawn. " + " ".join(problems))
    edges = _edges(chart)
    lines = ["---", f'title: "{_plain(title)}"', "---", "stateDiagram-v2"]
    lines += _level(chart, None, 1, edges)
    return "\n".join(lines) + "\n"


def _level(
    chart: Statechart, path: str | None, depth: int, edges: dict[tuple[str, str], list[str]]
) -> Iterator[str]:
    """The lines of the states directly inside `path`, then of the arrows between them."""
    pad = INDENT * depth
    for child in chart.children_of(path):
        child_path = f"{path}.{child.name}" if path else child.name
        if child.initial:
            yield f"{pad}[*] --> {_identifier(child_path)}"
        yield from _state(chart, child, child_path, depth, edges)
    if path is not None and any(source == f"{path}.{ANY_NODE}" for source, _ in edges):
        inside = path.rpartition(".")[2]
        yield f'{pad}state "any state in {inside}" as {_identifier(f"{path}.{ANY_NODE}")}'
    if path is None and any(on.source is ANY for on in chart.transitions):
        yield f'{pad}state "any state" as {ANY_NODE}'
    for (source, target), labels in edges.items():
        if _home(source, target) == path:
            yield f"{pad}{_identifier(source)} --> {_identifier(target)} : {', '.join(labels)}"


def _state(
    chart: Statechart,
    state: State,
    path: str,
    depth: int,
    edges: dict[tuple[str, str], list[str]],
) -> Iterator[str]:
    pad, identifier = INDENT * depth, _identifier(path)
    notes = _notes(chart, state, path)
    if state.children:
        label = f"{state.name} ({'; '.join(notes)})" if notes else state.name
        yield f'{pad}state "{label}" as {identifier} {{'
        yield from _level(chart, path, depth + 1, edges)
        yield f"{pad}}}"
        return
    yield f'{pad}state "{state.name}" as {identifier}'
    for note in notes:
        yield f"{pad}{identifier} : {note}"


def _notes(chart: Statechart, state: State, path: str) -> list[str]:
    """What is written into the box: purpose, activity, internal transitions."""
    notes = [_plain(state.doc)] if state.doc else []
    if state.safing is not None:
        notes.append(f"safe is {state.safing.value}")
    if state.activity is not None:
        notes.append(f"runs {_name(state.activity, 'an activity')}")
    notes += [
        f"on {_label(on)}" for on in chart.transitions if on.target is None and path in on.sources
    ]
    return notes


def _edges(chart: Statechart) -> dict[tuple[str, str], list[str]]:
    """The arrows, by (source, target), each with the labels of its transitions."""
    edges: dict[tuple[str, str], list[str]] = {}
    for on in chart.transitions:
        if on.source is ANY:
            target = ANY_NODE if on.target is None else on.target
            edges.setdefault((ANY_NODE, target), []).append(_label(on))
        elif on.target is not None:
            for source in on.sources:
                drawn = _drawable(chart, source, on.target)
                edges.setdefault(drawn, []).append(_label(on))
    return edges


def _drawable(chart: Statechart, source: str, target: str) -> tuple[str, str]:
    """The arrow from `source` to `target`, as one that Mermaid can draw."""
    if is_inside(source, target):
        target = chart.initial_leaf(target)
    if chart.children_of(source) and is_inside(target, source):
        return f"{source}.{ANY_NODE}", target
    return source, target


def _home(source: str, target: str) -> str | None:
    """The state whose block holds the arrow: the common parent, or else the whole diagram.

    An arrow between deeper states must stand outside of all blocks, or Mermaid would move its
    ends into the block.
    """
    parents = {path.rpartition(".")[0] for path in (source, target)}
    return next(iter(parents)) or None if len(parents) == 1 else None


def _identifier(path: str) -> str:
    return f"{path}_state" if path in RESERVED else path.replace(".", "__")


def _label(on: On) -> str:
    guard = f" [{_name(on.guard, 'condition')}]" if on.guard is not None else ""
    action = f" / {_name(on.action, 'action')}" if on.action is not None else ""
    return f"{on.event}{guard}{action}"


def _name(function: Callable[..., Any], otherwise: str) -> str:
    name = str(getattr(function, "__name__", otherwise)).strip("_")
    return otherwise if name == "<lambda>" else name


def _plain(text: str) -> str:
    """Text without what Mermaid would read as its own, on one line."""
    first_sentence = text.strip().split("\n\n")[0].split(". ")[0].rstrip(".")
    return " ".join(re.sub(r"[^\w\s.,()/+'°%-]", " ", first_sentence).split())
