"""What drills reckon with before, while and after they fly: where they begin, how much they may do,
what comes next, and how it is told."""

import itertools
import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ground.drills.breaking import from_start, target_words
from ground.drills.campaign import Stopwatch, _bounded
from ground.drills.crew import _Step
from ground.drills.curves import Curves
from ground.drills.drill import AtTime, Start
from ground.drills.happenings import EventComes, StateEntered
from ground.drills.html.text import seconds, unit_of_axis
from ground.drills.jobs import Job, batches_of
from ground.drills.milestones import Milestone, milestone_after, time_to
from ground.drills.places import anchor_of
from ground.drills.record import Curve
from ground.drills.survey import Step, Survey, next_step, start_in
from ground.drills.swarm_faults import Choice
from sim_hw.faults.answer_kinds import Dropout
from sim_hw.faults.fault import At, Fault, Target
from sim_hw.faults.spurious_kinds import SpuriousActuation
from sim_hw.faults.value_kinds import Stuck

TRUNK = Survey(
    scenario="short", seed=1, ended=900.0, phases={"entry": 0.0, "surface": 100.0, "ascent": 500.0},
    steps=[
        Step(10.0, "lander", "descent", "entry"), Step(100.0, "lander", "landed.idle", "surface"),
        Step(200.0, "rover", "surface.idle", "surface"),
        Step(300.0, "rover", "surface.driving", "surface"),
        Step(400.0, "rover", "surface.idle", "surface"), Step(500.0, "mav", "launching", "ascent"),
    ],
    events=[(150.0, "rover", "arrived"), (250.0, "lander", "arrived"), (350.0, "rover", "arrived")],
    work_times=[0.0, 100.0, 200.0, 300.0], work=[0, 10, 500, 600],
    unknown=[(0.0, []), (120.0, ["M1"]), (320.0, ["M1", "M2"]), (400.0, [])],
)  # fmt: skip


def drill(at: Any, delay: float = 0.0, nth: int = 1, horizon: float = 50.0) -> Any:
    return SimpleNamespace(start=Start(at, delay, nth), horizon=horizon)


@pytest.mark.parametrize(
    ("at", "nth", "begins"),
    [
        (AtTime(70.0), 1, 75.0), (EventComes("rover", "arrived"), 1, 155.0),
        (EventComes("rover", "arrived"), 2, 355.0), (EventComes("rover", "arrived"), 3, None),
        (EventComes("rover", "left"), 1, None), (EventComes("lander", "arrived"), 1, 255.0),
        (StateEntered("rover", "surface.idle"), 2, 405.0),
        (StateEntered("rover", "surface"), 2, 305.0), (StateEntered("rover", "surface"), 4, None),
        (StateEntered("lander", "landed"), 1, 105.0), (StateEntered("mav", "launch"), 1, None),
    ],
)  # fmt: skip
def test_a_drill_begins_when_it_happens_the_nth_time_and_a_delay_later(
    at: Any, nth: int, begins: float | None
) -> None:
    assert start_in(TRUNK, drill(at, 5.0, nth)) == begins


@pytest.mark.parametrize(
    ("begin", "end", "work"),
    [(0.0, 300.0, 600), (100.0, 200.0, 490), (99.9, 200.0, 500), (100.0, 200.1, 590),
     (250.0, 260.0, 100), (300.0, 9e9, 0), (-5.0, 0.0, 0)],
)  # fmt: skip
def test_work_between_two_times_is_that_of_the_looks_around_them(
    begin: float, end: float, work: int
) -> None:
    assert TRUNK.work_between(begin, end) == work
    assert Survey(scenario="x", seed=1).work_between(begin, end) == 0


def test_tubes_are_unknown_from_when_it_was_told_until_it_is_told_otherwise() -> None:
    told = [TRUNK.unknown_at(time) for time in (-1.0, 0.0, 119.9, 120.0, 320.0, 399.9, 400.0)]
    assert told == [set(), set(), set(), {"M1"}, {"M1", "M2"}, {"M1", "M2"}, set()]


def test_a_phase_ends_where_the_next_begins_and_the_last_with_the_flight() -> None:
    assert [TRUNK.span(phase) for phase in TRUNK.phases] == [
        (0.0, 100.0), (100.0, 500.0), (500.0, 900.0),
    ]  # fmt: skip
    with pytest.raises(KeyError):
        TRUNK.span("earth")


def test_the_next_step_is_after_a_time_and_of_one_of_the_vehicles() -> None:
    assert next_step(TRUNK, 100.0, ["lander", "rover"]) == TRUNK.steps[2]
    assert next_step(TRUNK, 99.0, iter(["rover", "lander"])) == TRUNK.steps[1]
    assert next_step(TRUNK, 500.0, ["mav"]) is None and next_step(TRUNK, 0.0, []) is None


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (9.0, None),
        (10.0, {"at": {"state": "lander.descent"}, "delay": "0.000 s"}),
        (250.5, {"at": {"state": "rover.surface.idle"}, "delay": "50.500 s"}),
        (450.0, {"at": {"state": "rover.surface.idle"}, "nth": 2, "delay": "50.000 s"}),
    ],
)
def test_a_start_is_told_by_the_last_step_before_it_and_which_time_it_was(
    start: float, told: Any
) -> None:
    assert anchor_of(TRUNK, start) == told


def test_the_next_milestone_is_far_enough_ahead_and_else_the_last() -> None:
    every = [Milestone(time, "rover", "surface.idle") for time in (10.0, 22.0, 700.0, 177_560.0)]
    for phase, ahead in (("ascent", 22.0), ("entry", 22.0), ("earth", 700.0)):
        assert milestone_after(every, 10.0, phase) == Milestone(ahead, "rover", "surface.idle")
    for phase in ("ascent", "entry"):
        assert milestone_after(every, 10.1, phase) == every[2], "twelve seconds, not met"
    assert milestone_after(every, 10.0, "surface") == every[3], "two sols, exactly met"
    assert milestone_after(every, 10.1, "surface") == every[3], "the last where none is"
    assert milestone_after(every, 177_560.1, "entry") is None
    assert every[0].plain() == {"state": "rover.surface.idle"}
    assert Milestone(1.0, "orbiter", event="manoeuvre").plain() == {"event": "orbiter.manoeuvre"}


# ------------------------------------------------------------------------------------ jobs


def job(number: int = 1, **more: Any) -> Job:
    return Job(number=number, drill="gauge", file="f", text="t", scenario="short", seed=1, **more)


@pytest.mark.parametrize(
    ("jobs", "workers", "sizes"),
    [(3, 8, [3]), (4, 8, [4]), (7, 8, [7]), (8, 8, [4, 4]), (9, 2, [5, 4]), (40, 1, [40]),
     (40, 3, [14, 13, 13]), (40, 99, [4] * 10)],
)  # fmt: skip
def test_jobs_of_one_trunk_are_shared_by_workers_at_least_four_each(
    jobs: int, workers: int, sizes: list[int]
) -> None:
    found = batches_of([job(number) for number in range(jobs)], workers, 9.0)
    assert [len(each.jobs) for each in found] == sizes
    assert sorted(j.number for each in found for j in each.jobs) == list(range(jobs))
    assert all(each.patience == 9.0 for each in found)


def test_trunks_are_told_apart_and_share_the_workers() -> None:
    two = [job(number, off=("x",) if number % 2 else ()) for number in range(16)]
    assert [len(each.jobs) for each in batches_of(two, 4, 1.0)] == [4] * 4
    assert [len(each.jobs) for each in batches_of(two, 3, 1.0)] == [8, 8]
    alone = [job(number, alone=True) for number in range(3)]
    assert [len(each.jobs) for each in batches_of(alone, 2, 1.0)] == [1, 1, 1]
    seeds = [msgspec.structs.replace(job(), seed=seed) for seed in (1, 2, 1)]
    assert [len(each.jobs) for each in batches_of(seeds, 1, 1.0)] == [2, 1]


def test_what_is_flown_instead_has_its_own_name_and_text() -> None:
    found = job(instead=("a", "b")).candidates()
    assert [(each.drill, each.text) for each in found] == [
        ("gauge", "t"), ("gauge-1", "a"), ("gauge-2", "b"),
    ]  # fmt: skip
    assert job().numbered(7).number == 7


def test_a_branch_may_do_twenty_times_what_the_trunk_did_and_a_million_at_least() -> None:
    def most(factor: int, at: Any, scenario: str = "short") -> int | None:
        trunk = msgspec.structs.replace(TRUNK, work=[each * factor for each in TRUNK.work])
        asked: Any = SimpleNamespace(job=job(), drill=drill(at, horizon=100.0))
        return _bounded(asked, {scenario: trunk}).most

    assert most(1, AtTime(100.0)) == 1_000_000
    assert most(1000, AtTime(100.0)) == 20 * 490_000
    assert most(1000, EventComes("rover", "left")) is None
    assert most(1000, AtTime(100.0), "nominal") is None


# ---------------------------------------------------------------------------------- faults


def choice(*times: float, kind: Any = Stuck, part: Any = None) -> Choice:
    return Choice(kind, "device", "rover.wheels", "drive", times, part)


def test_a_fault_acts_when_what_it_is_at_is_used_next() -> None:
    here = choice(10.0, 20.0, 50.0, 51.0, kind=Dropout)
    # What is called at that very time has been.
    assert [here.next_call(t) for t in (0.0, 9.9, 10.0, 10.1, 50.5)] == [10, 10, 20, 20, 51]
    assert here.next_call(51.0) == math.inf and choice().next_call(7.0) == 7.0
    assert here.spacing == 10.0 and choice(1.0).spacing == 1.0 and choice(1.0, 4.0).spacing == 3.0
    assert here.cell == (Dropout.name(), "device rover.wheels")
    lasts = choice(10.0, 20.0, 50.0, kind=Stuck)  # a single reading that is stuck is as it was
    assert [lasts.next_call(t) for t in (0.0, 10.0, 19.9)] == [10, 20, 20]
    assert lasts.next_call(20.0) == math.inf and choice(7.0, kind=Stuck).next_call(0.0) == math.inf


@pytest.mark.parametrize(
    ("kind", "has_part", "irreversible", "nothing"),
    [
        (SpuriousActuation, True, True, True), (SpuriousActuation, True, False, False),
        (SpuriousActuation, False, True, False), (Stuck, True, True, False),
    ],
)  # fmt: skip
def test_an_output_alone_of_what_cannot_be_undone_comes_to_nothing(
    kind: Any, has_part: bool, irreversible: bool, nothing: bool
) -> None:
    part: Any = SimpleNamespace(interface=SimpleNamespace(
        methods={"drive": SimpleNamespace(irreversible=irreversible)}
    ))  # fmt: skip
    found = choice(1.0, kind=kind, part=part if has_part else None)
    assert found.comes_to_nothing is nothing and found.is_spurious is (kind is not Stuck)


def test_times_of_a_fault_count_from_the_start_of_its_drill() -> None:
    fault = Fault(id="a", target=Target("device", "rover.wheels"), kind=Stuck())
    assert from_start(fault, 100.0) is fault
    later = from_start(msgspec.structs.replace(fault, when=At(5.0)), 100.0)
    assert later.when == At(105.0) and later.id == "a"
    where = str(fault.target)
    assert target_words(fault) == where
    narrow = msgspec.structs.replace(fault, method="drive", fields=("slip", "way"))
    assert target_words(narrow) == f"{where}.drive (slip, way)"


# ------------------------------------------------------------------------ people and pages


@pytest.mark.parametrize(
    ("asked", "done", "now", "state"),
    [
        (None, None, 9.0, "not_yet"), (10.0, None, 40.0, "asked"), (10.0, None, 40.1, "overdue"),
        (10.0, 40.0, 99.0, "in_time"), (10.0, 40.1, 40.1, "late"),
    ],
)  # fmt: skip
def test_a_step_of_people_is_in_time_until_its_deadline(
    asked: float | None, done: float | None, now: float, state: str
) -> None:
    step: Any = SimpleNamespace(deadline=30.0)
    awaited: Any = None
    assert _Step(step, awaited, asked, done).state(now) == state


def test_curves_are_close_after_something_has_happened_and_then_ever_wider() -> None:
    values: dict[str, Any] = {"a": 1, "b": True}
    sight: Any = SimpleNamespace(value=values.get)
    curves = Curves(sight, [Curve("a", "m", "truth"), Curve("b", "1", "belief")])
    for number in range(480):
        curves.look(number / 16.0)
    times = curves.curves[0].times
    assert times[:4] == [0.0, 0.25, 0.5, 0.75]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert max(gaps) == pytest.approx(0.9, abs=0.05) and gaps[-1] > gaps[0]
    curves.happened(30.0)
    for number in range(480, 489):
        curves.look(number / 16.0)
    assert curves.curves[0].times[-3:] == [30.0, 30.25, 30.5]
    assert set(curves.curves[0].values) == {1.0} and set(curves.curves[1].values) == {None}
    values["a"] = math.nan
    curves.look(99.0)
    assert curves.curves[0].values[-1] is None


def test_a_curve_that_is_full_keeps_every_second_point_and_goes_on_wider() -> None:
    sight: Any = SimpleNamespace(value=lambda name: 1.0)
    curves = Curves(sight, [Curve("a", "m", "truth")])
    for number in range(399):
        curves.happened(1e4 * number)
        curves.look(1e4 * number)
    assert len(curves.curves[0].times) == 399
    curves.happened(9e6)
    curves.look(1e7)
    assert len(curves.curves[0].times) == 200 == len(curves.curves[0].values)
    assert curves.curves[0].times[:2] == [0.0, 2e4]
    curves.look(1.1e7)
    assert curves._due == 1.1e7 + 1.5 * 0.03 * 2e6


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "–"), (0.0, "0 s"), (0.5, "500 ms"), (0.999, "999 ms"), (1.0, "1 s"),
        (-2.5, "-2.5 s"), (119.9, "120 s"), (120.0, "2 min"), (7199.0, "120 min"), (7200.0, "2 h"),
        (-7200.0, "-2 h"), (177_549.0, "49.3 h"), (177_551.0, "2 sol"),
    ],
)  # fmt: skip
def test_a_span_of_time_is_told_in_the_unit_of_which_there_are_two(
    value: float | None, told: str
) -> None:
    assert seconds(value) == told


@pytest.mark.parametrize(
    ("span", "unit"),
    [(179.9, ("s", 1.0)), (180.0, ("min", 60.0)), (10_799.0, ("min", 60.0)),
     (10_800.0, ("h", 3600.0)), (266_000.0, ("h", 3600.0))],
)  # fmt: skip
def test_an_axis_is_in_the_unit_of_which_there_are_three(
    span: float, unit: tuple[str, float]
) -> None:
    assert unit_of_axis(span) == unit
    assert unit_of_axis(3.0 * 88_775.244147)[0] == "sol"


def test_a_campaign_says_how_fast_it_goes_and_how_long_it_will_take() -> None:
    wall = [100.0]
    watch = Stopwatch(lambda: wall[0])
    assert watch.words(0, 10) == "" == watch.words(3, 10)
    wall[0] = 160.0
    assert watch.words(0, 10) == ""
    assert watch.words(2, 10) == "2.0 a minute, 4 min 00 s left"
    assert watch.words(2, 3) == "2.0 a minute, 30 s left"
    assert watch.words(1, 61) == "1.0 a minute, 1 h 00 min left"
    assert watch.words(1, 60) == "1.0 a minute, 59 min 00 s left"


@pytest.mark.parametrize(
    ("begun", "milestone", "sols"),
    [
        (999.9, 1_500.0, 1), (1_000.0, 1_500.0, 0), (1_200.0, 1_500.0, 0), (500.0, 1_000.0, 1),
        (500.0, 999.9, 0),
    ],
)  # fmt: skip
def test_what_lies_behind_a_launch_that_may_be_scrubbed_has_a_sol_more(
    begun: float, milestone: float, sols: int
) -> None:
    steps = [
        Step(900.0, "mav", "launching.countdown", "ascent"),
        Step(1_000.0, "mav", "launching.ejecting", "ascent"),
        Step(1_100.0, "orbiter", "searching", "ascent"),
    ]
    trunk = Survey(scenario="short", seed=1, steps=steps)
    ahead = time_to(Milestone(milestone, "mav", "in_orbit"), trunk, begun, 400.0)
    assert ahead == pytest.approx(milestone - 400.0 + sols * 88_775.244)
