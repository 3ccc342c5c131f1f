"""What every vehicle declares fits together: statechart, commands, channels, events."""

import math
import string
from typing import Any

import pytest

from flight.core.chart.statechart import is_inside
from flight.core.chart.statechart_checks import check
from flight.core.commanding.commands import CommandSpec, Restart, declared_commands
from flight.core.node import SAFE, Node
from flight.core.telling.channels import declared_channels
from flight.core.telling.events import declared_events
from flight.mav.launch_chart import FLIGHT
from ground.missions.vehicles import VEHICLES
from ground.testbed.control_room.dictionary import build_dictionary
from ground.testbed.participants.vehicles import vehicle_class, vehicle_classes

NOT_ABORTED = {
    "mav": (FLIGHT, "after ignition nobody can stop it; it ends in orbit or is lost"),
}
"""Work that `abort` does not end, by vehicle: the states, and why that is so by design."""

KINDS = {name: vehicle_class(name) for name in VEHICLES}
COMMANDS = [(kind, spec) for kind in KINDS.values() for spec in declared_commands(kind).values()]
WORK = [(kind, spec) for kind, spec in COMMANDS if spec.starts is not None]


def named(values: list[tuple[type[Node], CommandSpec]]) -> Any:
    return pytest.mark.parametrize(
        ("kind", "spec"), values, ids=[f"{kind.name}-{spec.name}" for kind, spec in values]
    )


def leaves_inside(kind: type[Node], path: str) -> list[str]:
    return [leaf for leaf in kind.statechart.leaves if is_inside(leaf, path)]


def rest_leaves(kind: type[Node]) -> list[str]:
    """The leaves that belong to no command: where a node comes up after a boot."""
    started = [spec.starts for spec in declared_commands(kind).values() if spec.starts]
    return [
        leaf
        for leaf in kind.statechart.leaves
        if not any(is_inside(leaf, path) for path in started)
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
class TestEveryVehicle:
    def test_its_statechart_is_sound(self, kind: type[Node]) -> None:
        assert check(kind.statechart) == []

    def test_it_boots_at_rest_in_a_state_of_no_command(self, kind: type[Node]) -> None:
        assert kind.statechart.initial_leaf() in rest_leaves(kind)

    def test_each_safe_state_can_be_left_on_command(self, kind: type[Node]) -> None:
        for leaf in leaves_inside(kind, SAFE):
            assert kind.statechart.handles(leaf, "leave_safe"), leaf

    def test_no_two_commands_start_the_same_work(self, kind: type[Node]) -> None:
        started = [spec.starts for spec in declared_commands(kind).values() if spec.starts]
        assert sorted(set(started)) == sorted(started)

    def test_its_channels_are_documented_with_limits_in_order(self, kind: type[Node]) -> None:
        for name, channel in declared_channels(kind).items():
            assert channel.doc, name
            if channel.limits is None:
                continue
            (yellow_low, yellow_high) = channel.limits.yellow
            (red_low, red_high) = channel.limits.red
            if yellow_low is not None and red_low is not None:
                assert red_low <= yellow_low, name
            if yellow_high is not None and red_high is not None:
                assert yellow_high <= red_high, name

    def test_its_events_are_sentences_whose_blanks_have_names(self, kind: type[Node]) -> None:
        for name, event in declared_events(kind).items():
            assert event.text, name
            for _, field, _, _ in string.Formatter().parse(event.text):
                assert field is None or field.isidentifier(), name

    def test_its_names_are_used_once(self, kind: type[Node]) -> None:
        names = [*declared_commands(kind), *declared_channels(kind), *declared_events(kind)]
        assert sorted(set(names)) == sorted(names)


@named(COMMANDS)
class TestEveryCommand:
    def test_it_is_documented_and_has_a_deadline(self, kind: type[Node], spec: CommandSpec) -> None:
        assert spec.doc.split("\n\n")[0].rstrip().endswith("."), spec.doc
        assert 0.0 < spec.deadline < math.inf

    def test_the_states_that_it_names_exist(self, kind: type[Node], spec: CommandSpec) -> None:
        states = kind.statechart.states
        assert [path for path in spec.allowed_in if path not in states] == []
        assert spec.starts is None or spec.starts in states


@named(WORK)
class TestEveryCommandThatStartsWork:
    def test_its_transitions_lead_into_the_work(self, kind: type[Node], spec: CommandSpec) -> None:
        chart = kind.statechart
        into = [on for on in chart.transitions if on.event == spec.name]
        assert into
        for on in into:
            assert on.target is not None
            assert is_inside(chart.initial_leaf(on.target), str(spec.starts))

    def test_the_work_has_an_activity(self, kind: type[Node], spec: CommandSpec) -> None:
        chart = kind.statechart
        for leaf in leaves_inside(kind, str(spec.starts)):
            assert chart.activity_states(leaf), f"nothing is done in {leaf}"

    def test_the_work_can_end_well_fail_and_be_aborted(
        self, kind: type[Node], spec: CommandSpec
    ) -> None:
        chart, starts = kind.statechart, str(spec.starts)

        def leads_out(leaf: str, event: str) -> bool:
            targets = [on.target for on in chart.transitions_from(leaf, event)]
            return any(
                target is not None and not is_inside(chart.initial_leaf(target), starts)
                for target in targets
            )

        inside = leaves_inside(kind, starts)
        for leaf in inside:
            # Both ways, so that no exception outlives its reason.
            states, reason = NOT_ABORTED.get(kind.name, ((), ""))
            assert leads_out(leaf, "abort") != (leaf in states), f"{leaf}: abort; {reason}"
            assert leads_out(leaf, "failed"), f"{leaf} cannot fail"
        outcomes = [
            (leaf, event)
            for leaf in inside
            for path in chart.activity_states(leaf)
            for event in chart.states[path].outcomes
        ]
        assert any(leads_out(leaf, event) for leaf, event in outcomes)

    def test_one_that_is_resumed_can_be_started_where_the_node_comes_up(
        self, kind: type[Node], spec: CommandSpec
    ) -> None:
        if spec.restart is Restart.RESUME:
            assert any(kind.statechart.handles(leaf, spec.name) for leaf in rest_leaves(kind))


def test_the_dictionary_bounds_each_number_and_text_that_may_be_sent() -> None:
    def unbounded(entry: dict[str, Any]) -> bool:
        kind = entry["kind"]
        if kind in ("number", "integer"):
            low = entry.get("ge") is not None or entry.get("gt") is not None
            high = entry.get("le") is not None or entry.get("lt") is not None
            return not (low and high)
        return kind == "list" and any(unbounded(item) for item in entry.get("items", ()))

    plain = build_dictionary(vehicle_classes())
    found = [
        f"{vehicle}.{name}.{argument}"
        for vehicle, entry in plain["vehicles"].items()
        for name, order in entry["commands"].items()
        for argument, told in order["arguments"].items()
        if unbounded(told["type"])
    ]
    assert found == []
