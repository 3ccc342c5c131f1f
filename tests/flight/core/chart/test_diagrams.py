"""The diagram of a statechart."""

import re

import pytest

from flight.core.chart.diagrams import mermaid
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart


async def drive_route(node: object, signal: Signal) -> None:
    return None


def battery_is_full(node: object, signal: Signal) -> bool:
    return True


def count_slip(node: object, signal: Signal) -> None:
    return None


ROVER = Statechart(
    State("stowed", initial=True, doc="Locked to the lander. Nothing moves."),
    State(
        "surface",
        children=[
            State("idle", initial=True),
            State("driving", activity=drive_route),
            State("collecting", children=[State("searching", initial=True), State("grasping")]),
        ],
    ),
    State("safe"),
    transitions=[
        On("egress_done", "stowed", "surface", guard=battery_is_full),
        On("drive", "surface.idle", "surface.driving"),
        On("done", "surface.driving", "surface.idle"),
        On("failed", "surface.driving", "surface.idle", action=count_slip),
        On("tube_seen", "surface.driving", "surface.collecting.grasping"),
        On("slip", "surface.driving", None, action=count_slip),
        On("abort", "surface", "surface.idle"),
        On("wake", "safe", "surface", guard=lambda node, signal: True),
        On("enter_safe", ANY, "safe"),
    ],
)


def test_a_diagram_as_it_stands_in_the_documentation():
    assert mermaid(ROVER, "Fetch rover").splitlines() == [
        "---",
        'title: "Fetch rover"',
        "---",
        "stateDiagram-v2",
        "    [*] --> stowed",
        '    state "stowed" as stowed',
        "    stowed : Locked to the lander",
        '    state "surface" as surface {',
        "        [*] --> surface__idle",
        '        state "idle" as surface__idle',
        '        state "driving" as surface__driving',
        "        surface__driving : runs drive_route",
        "        surface__driving : on slip / count_slip",
        '        state "collecting" as surface__collecting {',
        "            [*] --> surface__collecting__searching",
        '            state "searching" as surface__collecting__searching',
        '            state "grasping" as surface__collecting__grasping',
        "        }",
        '        state "any state in surface" as surface__any__',
        "        surface__idle --> surface__driving : drive",
        "        surface__driving --> surface__idle : done, failed / count_slip",
        "        surface__any__ --> surface__idle : abort",
        "    }",
        '    state "safe" as safe',
        '    state "any state" as any__',
        "    stowed --> surface : egress_done [battery_is_full]",
        "    surface__driving --> surface__collecting__grasping : tube_seen",
        "    safe --> surface : wake [condition]",
        "    any__ --> safe : enter_safe",
    ]


def test_arrows_between_levels_stand_outside_all_blocks():
    lines = mermaid(ROVER, "x").splitlines()
    assert "    surface__driving --> surface__collecting__grasping : tube_seen" in lines


def test_no_arrow_joins_a_composite_state_and_a_state_inside_it():
    chart = Statechart(
        State(
            "a",
            initial=True,
            children=(State("b", initial=True, children=(State("c", initial=True),)),),
        ),
        transitions=[On("up", "a.b.c", "a"), On("down", "a", "a.b.c"), On("again", "a", "a")],
    )
    arrows = re.findall(r"(\w+) --> (\w+)", mermaid(chart, "x"))
    assert arrows
    for source, target in arrows:
        assert not target.startswith(source + "__")
        assert not source.startswith(target + "__")


def test_text_cannot_break_the_grammar():
    chart = Statechart(State("a", initial=True, doc='Says "no": {x};\nthen more. And more.'))
    text = mermaid(chart, 'The "rover": 1')
    assert 'title: "The rover 1"' in text
    assert "    a : Says no x then more" in text.splitlines()


def test_identifiers_avoid_words_of_the_grammar():
    chart = Statechart(
        State("note", initial=True), State("end"), transitions=[On("go", "note", "end")]
    )
    assert "note_state --> end_state : go" in mermaid(chart, "x")


def test_the_same_table_gives_the_same_text():
    assert mermaid(ROVER, "x") == mermaid(ROVER, "x")


def test_a_chart_with_structural_problems_is_not_drawn():
    with pytest.raises(ValueError, match='no target state "moon"'):
        mermaid(Statechart(State("a", initial=True), transitions=[On("go", "a", "moon")]), "x")
