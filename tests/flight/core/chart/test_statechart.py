"""The statechart as a table: what it answers, and what its checks find."""

import functools

import pytest

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.chart.statechart_checks import check


async def drive(node: object, signal: Signal) -> str | None:
    return None


async def watch_terrain(node: object, signal: Signal) -> None:
    return None


def always(node: object, signal: Signal) -> bool:
    return True


def nothing(node: object, signal: Signal) -> None:
    return None


def rover(*more: On, driving: State | None = None, without: str = "", **options) -> Statechart:
    """A sound small chart; `without` leaves out the transitions of one event."""
    transitions = [
        On("egress_done", "stowed", "surface"),
        On("drive", "surface.idle", "surface.driving"),
        On("arrived", "surface.driving", "surface.idle"),
        On("failed", "surface", "surface.idle"),
        On("recover", "safe", "surface"),
        On("enter_safe", ANY, "safe"),
    ]
    return Statechart(
        State("stowed", initial=True),
        State(
            "surface",
            children=[
                State("idle", initial=True),
                driving or State("driving", activity=drive, outcomes=("arrived",)),
            ],
        ),
        State("safe"),
        transitions=[*(on for on in transitions if on.event != without), *more],
        **options,
    )


def the_only(problems: list[str]) -> str:
    assert len(problems) == 1, problems
    return problems[0]


class TestQuestions:
    def test_paths_leaves_and_events_stand_in_the_order_of_the_table(self):
        chart = rover()
        assert list(chart.states) == [
            "stowed",
            "surface",
            "surface.idle",
            "surface.driving",
            "safe",
        ]
        assert chart.leaves == ("stowed", "surface.idle", "surface.driving", "safe")
        assert chart.events[:2] == ("egress_done", "drive")

    def test_initial_leaf_follows_the_initial_children(self):
        chart = rover()
        assert chart.initial_leaf() == "stowed"
        assert chart.initial_leaf("surface") == "surface.idle"
        assert chart.initial_leaf("safe") == "safe"

    def test_initial_leaf_of_an_unknown_state_says_which_exist(self):
        with pytest.raises(ValueError, match=r'no state "moon"; there are stowed, surface'):
            rover().initial_leaf("moon")

    def test_inner_transitions_come_before_outer_ones_and_any_comes_last(self):
        everywhere = On("stop", ANY, "safe")
        outer = On("stop", "surface", "stowed")
        first = On("stop", "surface.driving", "surface.idle", guard=always)
        second = On("stop", "surface.driving", "surface.idle")
        chart = rover(everywhere, outer, first, second)
        assert chart.transitions_from("surface.driving", "stop") == (
            first,
            second,
            outer,
            everywhere,
        )
        assert chart.transitions_from("surface.idle", "stop") == (outer, everywhere)
        assert chart.transitions_from("stowed", "stop") == (everywhere,)

    def test_any_does_not_fire_inside_its_target_unless_listed(self):
        assert not rover().handles("safe", "enter_safe")
        again = On("enter_safe", "safe", "safe")
        assert rover(again).transitions_from("safe", "enter_safe") == (again,)

    def test_any_without_target_fires_everywhere(self):
        assert rover(On("ping", ANY, None)).handles("safe", "ping")

    def test_a_source_may_be_several_paths(self):
        chart = rover(On("sleep", ("stowed", "surface.idle"), "safe"))
        assert chart.handles("stowed", "sleep")
        assert chart.handles("surface.idle", "sleep")
        assert not chart.handles("surface.driving", "sleep")

    def test_activity_states_are_listed_outermost_first(self):
        chart = Statechart(
            State(
                "surface",
                initial=True,
                activity=watch_terrain,
                children=(
                    State("driving", initial=True, activity=drive),
                    State("idle"),
                ),
            )
        )
        assert chart.activity_states("surface.driving") == ["surface", "surface.driving"]
        assert chart.activity_states("surface.idle") == ["surface"]

    def test_change_leaves_up_to_the_common_state_and_enters_down_to_a_leaf(self):
        chart = rover()
        assert chart.change("stowed", "surface") == (["stowed"], ["surface", "surface.idle"])
        assert chart.change("surface.driving", "safe") == (["surface.driving", "surface"], ["safe"])
        assert chart.change("surface.driving", "surface.idle") == (
            ["surface.driving"],
            ["surface.idle"],
        )

    def test_change_to_itself_or_to_a_state_around_leaves_and_enters_it(self):
        chart = rover()
        assert chart.change("safe", "safe") == (["safe"], ["safe"])
        assert chart.change("surface.driving", "surface") == (
            ["surface.driving", "surface"],
            ["surface", "surface.idle"],
        )


class TestChecks:
    def test_a_sound_chart_has_no_problems(self):
        assert check(rover()) == []

    def test_a_state_that_cannot_be_reached(self):
        problem = the_only(check(rover(without="drive")))
        assert problem == 'State "surface.driving" cannot be reached from the initial state.'

    def test_reachability_sees_that_an_unguarded_inner_transition_hides_an_outer_one(self):
        hidden = State("hidden")
        chart = Statechart(
            State("outer", initial=True, children=(State("inner", initial=True),)),
            hidden,
            transitions=[On("go", "outer", "hidden"), On("go", "outer.inner", None)],
        )
        problems = check(chart, emergency=())
        assert 'State "hidden" cannot be reached from the initial state.' in problems
        assert any("can never be taken" in problem for problem in problems)

    @pytest.mark.parametrize(
        ("states", "found"),
        [
            ((State("a"), State("b")), "none"),
            ((State("a", initial=True), State("b", initial=True)), "a, b"),
        ],
    )
    def test_one_initial_state_at_the_top(self, states, found):
        problem = check(Statechart(*states))[0]
        assert problem == f"At the top level exactly one state must be initial; there is {found}."

    def test_one_initial_state_in_each_composite(self):
        chart = Statechart(State("a", initial=True, children=(State("b"),)))
        problem = the_only(check(chart, emergency=()))
        assert problem == 'Inside "a" exactly one state must be initial; there is none.'

    def test_names_of_one_level_are_unique(self):
        chart = Statechart(State("a", initial=True), State("a"))
        assert 'two states "a"' in check(chart, emergency=())[0]

    @pytest.mark.parametrize("name", ["Idle", "a.b", "a b", "", "a__b", "1a", "a_"])
    def test_names_are_well_formed(self, name):
        assert any("not well named" in x for x in check(Statechart(State(name, initial=True))))
        assert any("not well named" in x for x in check(rover(On(name, "safe", "safe"))))

    def test_sources_and_targets_exist(self):
        problems = check(rover(On("go", "moon", "mars")))
        assert problems == [
            'Transition "go" from moon to mars: there is no source state "moon".',
            'Transition "go" from moon to mars: there is no target state "mars".',
        ]

    def test_a_transition_has_a_source(self):
        assert "has no source" in the_only(check(rover(On("go", (), "safe"))))

    def test_an_empty_chart_is_a_problem(self):
        assert "The chart has no states." in check(Statechart())

    def test_each_outcome_of_an_activity_is_handled(self):
        problem = the_only(check(rover(without="arrived")))
        assert 'may post "arrived", which is not handled in surface.driving' in problem

    def test_failure_of_an_activity_is_handled_or_ignored(self):
        assert '"failed"' in the_only(check(rover(without="failed")))
        assert check(rover(without="failed", ignored=("failed",))) == []

    def test_the_outcome_of_an_outer_activity_is_handled_in_all_inner_states(self):
        chart = Statechart(
            State(
                "outer",
                initial=True,
                activity=drive,
                children=(State("a", initial=True), State("b")),
            ),
            transitions=[
                On("go", "outer.a", "outer.b"),
                On("done", "outer.a", "outer.b"),
                On("failed", "outer", "outer"),
            ],
        )
        assert "not handled in outer.b;" in the_only(check(chart, emergency=()))

    @pytest.mark.requirement("NOD-04")
    def test_a_path_leads_to_safe_from_everywhere(self):
        problems = check(rover(without="enter_safe"))
        assert 'No path leads from "surface.idle" to "safe".' in problems
        assert any("does not always react" in problem for problem in problems)

    def test_a_guarded_way_to_safe_is_not_enough(self):
        chart = rover(On("enter_safe", ANY, "safe", guard=always), without="enter_safe")
        assert check(chart) == [
            f'State "{leaf}" does not always react to "enter_safe"; add one from ANY.'
            for leaf in ("stowed", "surface.idle", "surface.driving")
        ]

    def test_a_state_may_deliberately_hold_the_emergency_back(self):
        assert check(rover(On("enter_safe", "surface.driving", None))) == []

    def test_there_is_a_state_named_safe_unless_there_is_no_emergency(self):
        chart = Statechart(State("a", initial=True))
        assert check(chart) == ['There is no state named "safe".']
        assert check(chart, emergency=()) == []

    def test_a_way_leads_out_of_safe(self):
        problems = check(rover(without="recover"))
        assert the_only(problems) == 'No transition leads out of "safe".'

    def test_two_unguarded_transitions_for_one_event_and_source(self):
        problems = check(rover(On("drive", "surface.idle", "safe")))
        assert 'On "drive", surface.idle has 2 transitions without a guard; keep one.' in problems

    def test_guarded_alternatives_are_fine(self):
        assert check(rover(On("sleep", "stowed", "safe", guard=always))) == []

    def test_an_activity_is_a_coroutine_function(self):
        problem = the_only(check(rover(driving=State("driving", activity=nothing))))
        assert problem == (
            'The activity of state "surface.driving" must be a coroutine function (async def), '
            "not nothing."
        )

    @pytest.mark.parametrize("hook", ["entry", "exit"])
    def test_entry_and_exit_are_plain_functions(self, hook):
        problem = the_only(check(rover(driving=State("driving", **{hook: drive}))))
        assert "must be a plain function, but drive is a coroutine function" in problem

    @pytest.mark.parametrize("hook", ["guard", "action"])
    def test_guards_and_actions_are_plain_functions(self, hook):
        problem = the_only(check(rover(On("go", "safe", "safe", **{hook: drive}))))
        assert problem.startswith(f'The {hook} of transition "go" from safe to safe must be')

    @pytest.mark.parametrize("hook", ["guard", "action"])
    def test_a_string_is_not_a_callable(self, hook):
        problem = the_only(check(rover(On("go", "safe", "safe", **{hook: "os.getpid"}))))
        assert "must be a function, not 'os.getpid'" in problem

    def test_callables_take_node_and_signal(self):
        problem = the_only(check(rover(On("go", "safe", "safe", action=lambda node: None))))
        assert "must take two arguments: node and signal" in problem

    def test_a_partial_of_a_coroutine_function_is_an_activity(self):
        async def drive_at(speed: float, node: object, signal: Signal) -> None:
            return None

        activity = functools.partial(drive_at, 0.05)
        driving = State("driving", activity=activity, outcomes=("arrived",))
        assert check(rover(driving=driving)) == []
