"""The statecharts as pages: a diagram, and one line for each state."""

from flight.core.chart.diagrams import mermaid
from flight.core.chart.statechart import ANY, State, Statechart
from flight.core.node import Node
from ground.reference.markdown import code, first_sentence, page, table

FOLDER = "reference/statecharts"


def statechart_pages(kinds: list[type[Node]]) -> dict[str, str]:
    """The pages by their path in the folder of the documentation."""
    return {f"{FOLDER}/{kind.name}.md": _page(kind) for kind in kinds}


def _page(kind: type[Node]) -> str:
    chart = kind.statechart
    return page(
        f"Statechart: {kind.name}",
        "the tables in flight/",
        f"Its commands are in the [dictionary](../dictionary/{kind.name}.md). "
        "From every state `enter_safe` leads to `safe`: at once where that is allowed, at the end "
        "of the state where it is deferred, and not at all where it is forbidden, for there "
        "nothing is safer than going on.",
        f"```mermaid\n{mermaid(chart, kind.name)}```",
        "## States",
        table(
            ("State", "Meaning", "Activity", "Safe", "Left by"),
            [
                [
                    code(path), _meaning(state), _activity(state), chart.safing(path).value,
                    ", ".join(_ways_out(chart, path)),
                ]
                for path, state in chart.states.items()
            ],
        ),
    )


def _meaning(state: State) -> str:
    """What the table says of the state, or else what its activity says of itself."""
    return state.doc or (first_sentence(state.activity) if state.activity is not None else "")


def _activity(state: State) -> str:
    return code(getattr(state.activity, "__name__", "")) if state.activity is not None else ""


def _ways_out(chart: Statechart, path: str) -> list[str]:
    """The events of the transitions that start at this state itself, each with its targets."""
    targets: dict[str, list[str]] = {}
    for on in chart.transitions:
        if on.source is ANY or path not in on.sources or on.target is None:
            continue
        targets.setdefault(on.event, []).append(code(on.target))
    return [f"{event} → {' or '.join(dict.fromkeys(to))}" for event, to in targets.items()]
