"""Swarms: drawn from what a flight does, evenly over its phases, the same from the same seed."""

import random
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.drills.campaign import tasks_of
from ground.drills.record import FaultSpan, Judged
from ground.drills.scenario import Scenario, load_scenario
from ground.drills.survey import Calls, Step, Survey
from ground.drills.swarm import SLACK, Swarm, milestones, trunk_seeds
from ground.drills.swarm_faults import can_be_drawn, choices_in, drawn_figures
from ground.drills.swarm_flight import without_effect
from ground.drills.trail import Step as TrailStep
from ground.drills.twins import twin_trouble, twins_of
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.kind import TARGET_KINDS
from tests.ground.drills.test_reports import record


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("surface")


@pytest.fixture
def survey() -> Survey:
    """Ten sols on the ground, in two phases."""
    steps = [
        Step(0.0, "lander", "landed.waiting", "surface"),
        Step(1_000.0, "rover", "surface.idle", "surface"),
        Step(400_000.0, "arm", "ready.idle", "loading"),
        Step(400_100.0, "arm", "ready.loading.waiting", "loading"),
        Step(500_000.0, "arm", "ready.idle", "loading"),
        Step(700_000.0, "mav", "sealed", "loading"),
        Step(800_000.0, "mav", "ready", "loading"),
    ]
    calls = [
        Calls("rover.wheels", "state", "surface", 3, [2_000.0, 3_000.0, 4_000.0]),
        Calls("rover.wheels", "turn", "surface", 2, [2_500.0, 3_500.0]),
        Calls("arm.gripper", "state", "loading", 2, [400_200.0, 400_300.0]),
    ]
    phases = {"surface": 0.0, "loading": 400_000.0}
    return Survey(
        scenario="surface", seed=5, ended=900_000.0, phases=phases, steps=steps, calls=calls
    )


def swarm(scenario: Scenario, survey: Survey, folder: Path, seed: int = 1) -> Swarm:
    return Swarm(scenario, [survey], seed, folder)


def test_it_is_even_over_the_phases_and_the_same_from_the_same_seed(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    first = swarm(scenario, survey, tmp_path / "a").drills(12)
    again = swarm(scenario, survey, tmp_path / "b").drills(12)
    other = swarm(scenario, survey, tmp_path / "c", seed=2).drills(12)
    texts = [[drill.file.read_text() for drill in drills] for drills in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]
    assert [drill.title.split()[3].rstrip(",") for drill in first] == ["surface", "loading"] * 6
    assert {drill.seed for drill in first} == {5}


def test_kinds_and_targets_that_were_drawn_least_come_next(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    every = {choice.cell for choice in choices_in("surface", survey.calls, scenario.targets)}
    count = min(20, len(every))
    drills = swarm(scenario, survey, tmp_path).drills(2 * count)[::2]
    cells = [(d.faults[0].kind.name(), str(d.faults[0].target)) for d in drills]
    assert len(set(cells)) == count


def test_all_is_healed_and_then_the_next_milestone_has_to_come_in_time(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    for drill in swarm(scenario, survey, tmp_path).drills(10):
        assert drill.heal is not None and drill.heal.at is not None and drill.heal.then is not None
        assert drill.horizon > drill.heal.at + drill.heal.then.limit
        assert 1 <= len(drill.faults) <= 3
        lasting = [fault.lasts for fault in drill.faults if isinstance(fault.lasts, float)]
        assert all(lasts <= drill.heal.at for lasts in lasting)
        assert str(drill.heal.then.what) in (
            "state arm.ready.idle", "state mav.sealed", "state mav.ready",
        )  # fmt: skip
    assert SLACK == 1.5


def test_a_milestone_is_entered_from_outside(survey: Survey) -> None:
    survey.steps.insert(1, Step(10.0, "lander", "landed.operating.day", "surface"))
    survey.steps.insert(2, Step(20.0, "lander", "landed.operating.night", "surface"))
    told = [(step.time, step.vehicle, step.state) for step in milestones(survey)]
    assert told[:3] == [
        (0.0, "lander", "landed"), (10.0, "lander", "landed.operating"),
        (1_000.0, "rover", "surface.idle"),
    ]  # fmt: skip
    assert [t for t, *_ in told].count(500_000.0) == 1


def test_where_nothing_can_come_afterwards_nothing_is_drawn(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    survey.steps = survey.steps[:2]
    with pytest.raises(ConfigurationError, match="nothing can be broken"):
        swarm(scenario, survey, tmp_path).drills(1)


def test_figures_are_within_the_ranges_of_their_kinds() -> None:
    draw = random.Random(1)
    kinds = [kind for sort in TARGET_KINDS for kind in catalogue().kinds(sort).values()]
    drawable = [kind for kind in kinds if can_be_drawn(kind)]
    assert len(drawable) > 0.8 * len(kinds)
    for kind in drawable:
        for _ in range(20):
            kind(**drawn_figures(kind, draw))  # raises for one that is not


def test_trunks_have_seeds_of_their_own() -> None:
    assert trunk_seeds(1, 1000) == trunk_seeds(1, 1000) != trunk_seeds(2, 1000)
    assert (len(trunk_seeds(1, 1)), len(trunk_seeds(1, 1000))) == (1, 7)


def test_a_fault_without_a_hit_is_drawn_anew_but_not_a_failure() -> None:
    idle = record("PASS")
    idle.faults = [FaultSpan("a", "stuck", "device x")]
    assert without_effect(Judged(verdict="UNKNOWN", because=["x"], record=idle))
    assert not without_effect(Judged(verdict="FAIL", because=["x"], record=idle))
    assert not without_effect(Judged(verdict="UNKNOWN", because=["x"], record=record("PASS")))


def test_every_20th_is_flown_twice_and_every_100th_alone(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    drill = swarm(scenario, survey, tmp_path).drill(0)
    tasks = tasks_of([drill] * 200)
    twins = twins_of(tasks)
    assert [twin.job.alone for twin in twins].count(False) == 10
    assert [twin.job.alone for twin in twins].count(True) == 2
    numbers = [task.job.number for task in (*tasks, *twins)]
    assert len(set(numbers)) == len(numbers)
    assert twins_of(tasks[:19]) == []


def test_a_twin_with_another_hash_is_told_and_where_they_part(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    (task,) = tasks_of([swarm(scenario, survey, tmp_path).drill(0)])
    one, other = record("PASS"), record("PASS")
    trail: list[TrailStep] = [(1.0, 50, "a"), (2.0, 100, "b")]
    one.trail, other.trail = trail, [(1.0, 50, "a"), (2.5, 100, "x")]
    same = [Judged(verdict="PASS", because=[], record=one)]
    assert twin_trouble([task], same, [task], same) == []
    other.sha256 = "1" * 64
    found = twin_trouble([task], same, [task], [Judged(verdict="PASS", because=[], record=other)])
    assert len(found) == 1 and "they part by 2.000 s" in found[0]
