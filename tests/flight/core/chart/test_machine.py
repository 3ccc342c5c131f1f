"""How a statechart behaves when it runs."""

import asyncio
from typing import Any

import pytest

from flight.core.chart.machine import Fired, Machine, Transition
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from tests.flight.core.noting import Node, guard, note, noting, raising


def rover(*transitions: On, **options: Any) -> Statechart:
    return Statechart(
        noting("stowed", initial=True),
        noting(
            "surface",
            children=(
                noting("idle", initial=True),
                noting("driving"),
                noting(
                    "collecting",
                    children=(
                        noting("searching", initial=True),
                        noting("grasping", **options),
                    ),
                ),
            ),
        ),
        noting("safe"),
        transitions=transitions,
    )


async def fire(
    chart: Statechart, *events: str, initial: str | None = None, force: bool = False
) -> tuple[Fired, Machine, list[str]]:
    """Fire `events` in a fresh machine; what the last one did, and what was noted meanwhile."""
    node = Node()
    machine = Machine(chart, node, initial)
    for event in events[:-1]:
        await machine.fire(Signal(event))
    node.log.clear()
    return await machine.fire(Signal(events[-1]), force=force), machine, node.log


GRASPING = "surface.collecting.grasping"


class TestHierarchy:
    def test_a_machine_begins_in_the_initial_leaf(self):
        assert Machine(rover(), Node()).state == "stowed"
        assert Machine(rover(), Node(), "surface.collecting").state == (
            "surface.collecting.searching"
        )
        assert Machine(rover(), Node(), GRASPING).state == GRASPING

    def test_an_unknown_initial_state_is_refused(self):
        with pytest.raises(ValueError, match='no state "moon"'):
            Machine(rover(), Node(), "moon")

    def test_is_in_holds_for_the_leaf_and_all_around_it(self):
        machine = Machine(rover(), Node(), GRASPING)
        assert machine.is_in(GRASPING)
        assert machine.is_in("surface.collecting")
        assert machine.is_in("surface")
        assert not machine.is_in("surface.idle")
        with pytest.raises(ValueError, match='no state "surf"'):
            machine.is_in("surf")

    async def test_exits_go_outwards_then_the_action_then_entries_inwards(self):
        chart = rover(On("home", "surface", "stowed"), On("go", "stowed", GRASPING))
        _, _, log = await fire(chart, "go")
        assert log == ["-stowed", "+surface", "+collecting", "+grasping"]
        chart = rover(On("home", "surface", "stowed", action=note("act")))
        fired, machine, log = await fire(chart, "home", initial=GRASPING)
        assert log == ["-grasping", "-collecting", "-surface", "act", "+stowed"]
        assert fired.exited == [GRASPING, "surface.collecting", "surface"]
        assert fired.entered == ["stowed"]
        assert machine.state == "stowed"

    async def test_a_composite_target_is_entered_down_to_its_initial_leaf(self):
        chart = rover(On("collect", "surface.idle", "surface.collecting"))
        fired, machine, log = await fire(chart, "collect", initial="surface")
        assert log == ["-idle", "+collecting", "+searching"]
        assert fired.entered == ["surface.collecting", "surface.collecting.searching"]
        assert machine.state == fired.entered[-1]

    async def test_the_common_state_is_not_left(self):
        chart = rover(On("drive", "surface", "surface.driving"))
        _, _, log = await fire(chart, "drive", initial=GRASPING)
        assert log == ["-grasping", "-collecting", "+driving"]

    async def test_a_transition_to_itself_leaves_and_enters(self):
        chart = rover(On("again", "surface.driving", "surface.driving", action=note("act")))
        fired, _, log = await fire(chart, "again", initial="surface.driving")
        assert log == ["-driving", "act", "+driving"]
        assert fired.exited == fired.entered == ["surface.driving"]

    async def test_a_transition_to_a_state_around_leaves_and_enters_that_too(self):
        chart = rover(On("again", "surface.driving", "surface"))
        _, machine, log = await fire(chart, "again", initial="surface.driving")
        assert log == ["-driving", "-surface", "+surface", "+idle"]
        assert machine.state == "surface.idle"

    async def test_an_internal_transition_only_acts(self):
        seen: list[Transition] = []
        chart = rover(On("tick", "surface", None, action=note("act")))
        machine = Machine(chart, node := Node(), GRASPING, seen.append)
        fired = await machine.fire(Signal("tick"))
        assert node.log == ["act"]
        assert (fired.entered, fired.exited, machine.state) == ([], [], GRASPING)
        assert seen == [Transition(GRASPING, "tick", GRASPING, internal=True)]

    async def test_an_inner_transition_goes_before_an_outer_one(self):
        chart = rover(
            On("stop", "surface", "stowed"), On("stop", "surface.driving", "surface.idle")
        )
        _, machine, _ = await fire(chart, "stop", initial="surface.driving")
        assert machine.state == "surface.idle"

    async def test_any_fires_from_everywhere_but_inside_its_target(self):
        chart = rover(On("enter_safe", ANY, "safe"))
        for leaf in chart.leaves:
            fired, machine, _ = await fire(chart, "enter_safe", initial=leaf)
            assert machine.state == "safe"
            assert fired.handled == (leaf != "safe")

    async def test_start_runs_the_entry_actions_outermost_first(self):
        machine = Machine(rover(), node := Node(), GRASPING)
        fired = await machine.start()
        assert node.log == ["+surface", "+collecting", "+grasping"]
        assert fired.entered == ["surface", "surface.collecting", GRASPING]

    async def test_start_reports_an_error(self):
        machine = Machine(rover(entry=raising("camera")), Node(), GRASPING)
        assert str((await machine.start()).error) == "camera"


class TestGuards:
    async def test_the_first_transition_whose_guard_holds_is_taken(self):
        chart = rover(
            On("go", "stowed", "safe", guard=guard(False)),
            On("go", "stowed", "surface.driving", guard=guard(True)),
            On("go", "stowed", "surface"),
        )
        fired, machine, log = await fire(chart, "go")
        assert machine.state == "surface.driving"
        assert log[:2] == ["guard False", "guard True"]
        assert fired.transition is not None
        assert fired.transition.guard == "holds"

    async def test_each_guard_is_asked_once(self):
        chart = rover(On("go", ("stowed", "surface"), "surface", guard=guard(True)))
        _, _, log = await fire(chart, "go")
        assert log.count("guard True") == 1

    async def test_an_inner_guard_that_refuses_leaves_it_to_the_outer_state(self):
        chart = rover(
            On("go", "surface.driving", "safe", guard=guard(False)), On("go", "surface", "stowed")
        )
        _, machine, _ = await fire(chart, "go", initial="surface.driving")
        assert machine.state == "stowed"

    async def test_a_refusal_is_not_an_unhandled_signal(self):
        chart = rover(On("go", "stowed", "safe", guard=guard(False)))
        fired, machine, _ = await fire(chart, "go")
        assert fired == Fired(False, refused=True)
        assert machine.state == "stowed"

    async def test_an_unhandled_signal_does_nothing(self):
        chart = rover(On("go", "surface", "safe"))
        for event in ("go", "unknown"):
            fired, machine, log = await fire(chart, event)
            assert fired == Fired(False)
            assert (machine.state, log) == ("stowed", [])

    async def test_unknown_signals_leave_nothing_behind(self):
        machine = Machine(rover(On("go", "surface", "safe")), Node())
        for number in range(3):
            await machine.fire(Signal(f"unknown_{number}"))
        assert (machine._steps, machine.chart._candidates) == ({}, {})

    async def test_a_guard_that_is_no_bool_is_an_error(self):
        async def later() -> bool:
            return True

        chart = rover(On("go", "stowed", "safe", guard=lambda node, signal: later()))  # type: ignore
        fired, machine, _ = await fire(chart, "go")
        assert isinstance(fired.error, TypeError)
        assert "must return a bool" in str(fired.error)
        assert machine.state == "stowed"


class TestReport:
    async def test_the_transition_names_leaves_event_guard_and_cause(self):
        seen: list[Transition] = []
        chart = rover(On("go", "stowed", "surface"))
        machine = Machine(chart, Node(), None, seen.append)
        fired = await machine.fire(Signal("go", cause="command 7"))
        assert seen == [Transition("stowed", "go", "surface.idle", cause="command 7")]
        assert fired.transition == seen[0]

    async def test_callbacks_get_node_and_signal(self):
        seen: list[tuple[object, Signal]] = []

        def see(node: object, signal: Signal) -> None:
            seen.append((node, signal))

        def see_guard(node: object, signal: Signal) -> bool:
            seen.append((node, signal))
            return True

        chart = Statechart(
            State("a", initial=True, exit=see),
            State("b", entry=see),
            transitions=[On("go", "a", "b", guard=see_guard, action=see)],
        )
        machine = Machine(chart, node := Node())
        await machine.fire(signal := Signal("go", {"speed": 0.05}))
        assert seen == [(node, signal)] * 4

    async def test_an_observer_that_raises_is_reported_and_undoes_nothing(self):
        def observer(transition: Transition) -> None:
            raise OSError("disk is full")

        machine = Machine(rover(On("go", "stowed", "safe")), Node(), None, observer)
        fired = await machine.fire(Signal("go"))
        assert str(fired.error) == "disk is full"
        assert (fired.entered, machine.state) == (["safe"], "safe")


class TestErrors:
    async def test_a_failing_guard_keeps_the_old_state(self):
        def fails(node: object, signal: Signal) -> bool:
            raise OSError("no sensor")

        fired, machine, log = await fire(rover(On("go", "stowed", "safe", guard=fails)), "go")
        assert (str(fired.error), fired.handled, fired.refused) == ("no sensor", False, False)
        assert (machine.state, log) == ("stowed", [])

    async def test_a_failing_exit_keeps_the_old_state(self):
        chart = rover(On("go", "surface", "safe"), exit=raising("brake"))
        fired, machine, log = await fire(chart, "go", initial=GRASPING)
        assert (str(fired.error), machine.state, log) == ("brake", GRASPING, ["brake"])
        assert (fired.entered, fired.exited) == ([], [])

    async def test_a_failing_action_keeps_the_old_state(self):
        seen: list[Transition] = []
        machine = Machine(
            rover(On("go", "stowed", "safe", action=raising("act"))), Node(), None, seen.append
        )
        fired = await machine.fire(Signal("go"))
        assert (str(fired.error), machine.state, seen) == ("act", "stowed", [])

    async def test_a_failing_internal_action_keeps_the_state(self):
        fired, machine, _ = await fire(rover(On("go", "stowed", None, action=raising("act"))), "go")
        assert (str(fired.error), machine.state) == ("act", "stowed")

    async def test_a_failing_entry_keeps_the_new_state(self):
        chart = rover(On("go", "stowed", GRASPING), entry=raising("camera"))
        fired, machine, log = await fire(chart, "go")
        assert (str(fired.error), machine.state) == ("camera", GRASPING)
        assert fired.entered == ["surface", "surface.collecting", GRASPING]
        assert log == ["-stowed", "+surface", "+collecting", "camera"]

    async def test_after_an_error_the_machine_goes_on(self):
        chart = rover(
            On("go", "stowed", GRASPING), On("enter_safe", ANY, "safe"), entry=raising("camera")
        )
        fired, machine, log = await fire(chart, "go", "enter_safe")
        assert (fired.error, machine.state) == (None, "safe")
        assert log == ["-grasping", "-collecting", "-surface", "+safe"]

    async def test_force_reaches_the_target_though_all_actions_fail(self):
        chart = rover(
            On("enter_safe", ANY, "safe", action=raising("act")),
            exit=raising("brake"),
        )
        fired, machine, log = await fire(chart, "enter_safe", initial=GRASPING, force=True)
        assert (str(fired.error), machine.state) == ("brake", "safe")
        assert log == ["brake", "-collecting", "-surface", "act", "+safe"]

    async def test_force_passes_over_a_failing_guard(self):
        def fails(node: object, signal: Signal) -> bool:
            raise OSError("no sensor")

        chart = rover(On("enter_safe", "stowed", None, guard=fails), On("enter_safe", ANY, "safe"))
        fired, machine, _ = await fire(chart, "enter_safe", force=True)
        assert (str(fired.error), machine.state) == ("no sensor", "safe")

    async def test_an_error_of_a_forced_signal_is_not_reported_twice(self):
        chart = rover(
            On("enter_safe", ANY, "safe", action=raising("act")), On("recover", "safe", "stowed")
        )
        machine = Machine(chart, Node())
        assert (await machine.fire(Signal("enter_safe"), force=True)).error is not None
        assert (await machine.fire(Signal("recover"))).error is None

    async def test_a_callback_that_must_be_awaited_is_an_error(self):
        async def later() -> None:
            return None

        chart = rover(On("go", "stowed", "safe", action=lambda node, signal: later()))  # type: ignore
        fired, machine, _ = await fire(chart, "go")
        assert "returned something to await" in str(fired.error)
        assert machine.state == "stowed"

    def test_a_chart_with_structural_problems_is_refused(self):
        with pytest.raises(ValueError, match=r'cannot run.*there is no target state "moon"'):
            Machine(rover(On("go", "stowed", "moon")), Node())

    async def test_a_library_in_another_state_than_the_table_is_noticed(self, monkeypatch):
        machine = Machine(rover(On("go", "stowed", "safe")), Node())

        async def astray(model: Any, *_: object) -> bool:
            model.state = "surface.idle"
            machine._engine.changed = True
            return True

        monkeypatch.setattr(machine._engine, "trigger_event", astray)
        fired = await machine.fire(Signal("go"))
        assert 'The library is in "surface.idle"' in str(fired.error)
        assert machine.state == "safe"


class TestOneAtATime:
    async def test_firing_from_a_callback_is_refused(self):
        def entry(node: Node, signal: Signal) -> None:
            assert node.machine is not None
            node.machine.fire(Signal("enter_safe"))

        chart = Statechart(
            State("a", initial=True),
            State("b", entry=entry),
            State("safe"),
            transitions=[On("go", "a", "b"), On("enter_safe", ANY, "safe")],
        )
        node = Node()
        node.machine = Machine(chart, node)
        fired = await node.machine.fire(Signal("go"))
        assert isinstance(fired.error, RuntimeError)
        assert "only the mailbox task of the node may fire" in str(fired.error)
        assert node.machine.state == "b"

    async def test_two_signals_made_ready_at_once_run_one_after_the_other(self):
        chart = rover(On("go", "stowed", "surface"), On("drive", "surface", "surface.driving"))
        machine = Machine(chart, Node())
        both = [machine.fire(Signal("go")), machine.fire(Signal("drive"))]
        assert [(await one).handled for one in both] == [True, True]
        assert machine.state == "surface.driving"

    async def test_a_transition_never_lets_another_task_run(self):
        chart = rover(On("go", "stowed", GRASPING, guard=guard(True), action=note("act")))
        machine = Machine(chart, Node())
        seen: list[str] = []
        asyncio.get_running_loop().call_soon(lambda: seen.append("other"))
        await machine.fire(Signal("go"))
        assert seen == []
        await asyncio.sleep(0)
        assert seen == ["other"]

    async def test_a_cancellation_raised_inside_passes_through(self):
        def cancelled(node: object, signal: Signal) -> None:
            raise asyncio.CancelledError

        chart = rover(
            On("go", "stowed", "safe", action=cancelled), On("drive", "stowed", "surface")
        )
        machine = Machine(chart, Node())
        with pytest.raises(asyncio.CancelledError):
            await machine.fire(Signal("go"))
        assert machine.state == "stowed"
        assert (await machine.fire(Signal("drive"))).handled

    async def test_a_cancellation_asked_for_during_a_transition_arrives_after_it(self):
        def cancel(node: object, signal: Signal) -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

        machine = Machine(rover(On("go", "stowed", "surface", action=cancel)), Node())

        async def mailbox() -> None:
            await machine.fire(Signal("go"))
            await asyncio.sleep(0)
            raise AssertionError("the cancellation was lost")

        task = asyncio.create_task(mailbox())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert machine.state == "surface.idle"
