"""Swarms: drawn from what a flight does, evenly over its phases, the same from the same seed."""

import random
from pathlib import Path
from types import SimpleNamespace
from typing import get_type_hints

import pytest
import yaml

from flight.configuration.files import ConfigurationError
from flight.icd.devices.power import PowerSwitches
from ground.commands.docs import assembled_devices
from ground.drills.campaign import Task, tasks_of
from ground.drills.candidates import flown_task
from ground.drills.drawn_arguments import NotDrawable, drawn_arguments
from ground.drills.drill import Drill
from ground.drills.judging import judge
from ground.drills.milestones import milestone_after, milestones
from ground.drills.record import WITHOUT_EFFECT, FaultSpan, Judged, Waited
from ground.drills.scenario import Scenario
from ground.drills.survey import Calls, Step, Survey
from ground.drills.swarm import Swarm, trunk_seeds
from ground.drills.swarm_faults import (
    Choice,
    away_until,
    can_be_drawn,
    choices_in,
    drawn_figures,
    fits,
    longest,
    needed,
    plain_fault,
)
from ground.drills.swarm_flight import swarm_tasks
from ground.drills.trail import Step as TrailStep
from ground.drills.twins import differences, twins_of
from ground.reference.device_page import interface_of
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.kind import TARGET_KINDS
from sim_hw.faults.spurious_kinds import SpuriousActuation
from tests.ground.drills.test_reports import record

SLACK = 1.5
INSTEAD = 5
DEATHS = 50
MESSAGES = 2000


def swarm(scenario: Scenario, survey: Survey, folder: Path, seed: int = 1) -> Swarm:
    return Swarm(scenario, [survey], seed, folder)


def drills_of(swarm: Swarm, count: int) -> list[Drill]:
    return [drawn.drill for drawn in swarm.drills(count)]


def test_it_is_even_over_the_phases_and_the_same_from_the_same_seed(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    first = drills_of(swarm(scenario, survey, tmp_path / "a"), 12)
    again = drills_of(swarm(scenario, survey, tmp_path / "b"), 12)
    other = drills_of(swarm(scenario, survey, tmp_path / "c", seed=2), 12)
    texts = [[drill.file.read_text() for drill in drills] for drills in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]
    assert [drill.title.split()[3].rstrip(",") for drill in first] == ["surface", "loading"] * 6
    assert {drill.seed for drill in first} == {5}


def test_kinds_and_targets_that_were_drawn_least_come_next(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    every = {choice.cell for choice in choices_in("surface", survey.calls, scenario.targets)}
    count = min(20, len(every))
    drills = drills_of(swarm(scenario, survey, tmp_path), 2 * count)[::2]
    cells = [(d.faults[0].kind.name(), str(d.faults[0].target)) for d in drills]
    assert len(set(cells)) == count


def test_all_is_healed_and_then_the_next_milestone_has_to_come_in_time(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    for drill in drills_of(swarm(scenario, survey, tmp_path), 10):
        assert drill.ends_when_met
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
    assert (len(trunk_seeds(1, 1)), len(trunk_seeds(1, 1000))) == (1, 2)


def test_what_is_not_used_in_a_phase_is_not_drawn_there(scenario: Scenario, survey: Survey) -> None:
    survey.calls.append(Calls("relay", "", "loading", 1, [500_000.0], sort="link"))
    survey.calls.append(Calls("rover", "read", "loading", 1, [450_000.0], sort="store"))
    here = choices_in("loading", survey.calls, scenario.targets)
    assert {c.target for c in here if c.sort == "link" and c.kind.counted} == {"relay"}
    assert {c.cell for c in here if c.sort == "store" and c.kind.counted} == {
        ("dead", "store rover")  # nothing is written, and it is not opened
    }
    assert not any(c.sort in ("bus", "ground") for c in here)
    outage = next(c for c in here if c.cell == ("outage", "link relay"))
    assert outage.next_call(499_999.9) == 500_000.0
    assert outage.next_call(500_000.0) == float("inf")  # who begins there begins behind it
    assert not any(
        c.sort in ("link", "store") and c.kind.counted
        for c in choices_in("surface", survey.calls, scenario.targets)
    )


@pytest.mark.parametrize(("made", "drawn"), [(0.0, False), (0.0015, False), (0.25, True)])
def test_what_is_called_as_the_phase_begins_and_never_again_is_not_drawn(
    scenario: Scenario, survey: Survey, tmp_path: Path, made: float, drawn: bool
) -> None:
    wheels = [Calls("rover.wheels", "state", "surface", 1, [made])]
    survey.calls = wheels + [each for each in survey.calls if each.phase == "loading"]
    many = swarm(scenario, survey, tmp_path).drills(24)[::2]
    texts = [each.drill.file.read_text() for each in many]
    found = {text for each in many for text in (*each.instead, *texts) if "rover.wheels" in text}
    assert bool(found) is drawn


def test_what_does_nothing_to_a_single_reading_begins_at_one_that_another_follows(
    scenario: Scenario, survey: Survey
) -> None:
    survey.calls = [
        Calls("rover.wheels", "state", "surface", 1, [2_000.0]),
        Calls("arm.gripper", "state", "loading", 3, [400_200.0, 400_300.0, 400_400.0]),
    ]
    once, often = (
        {c.kind.name(): c for c in choices_in(phase, survey.calls, scenario.targets) if c.part}
        for phase in ("surface", "loading")
    )
    assert not {"stale_stamp", "slow_rate", "stuck", "drift"} & set(once)
    assert once["bias"].next_call(1_000.0) == 2_000.0
    assert often["stale_stamp"].begins == (400_200.0, 400_300.0)
    assert often["stale_stamp"].next_call(400_250.0) == 400_300.0
    assert often["stale_stamp"].next_call(400_300.0) == float("inf")
    assert often["bias"].next_call(400_300.0) == 400_400.0


def test_what_comes_once_more_follows_a_message_and_is_younger_than_what_lies_between(
    scenario: Scenario, survey: Survey
) -> None:
    heard = [Calls("rover", "", "surface", 3, [10.0, 40.0, 70.0], "bus")]
    choices = choices_in("surface", heard, scenario.targets)
    (replay,) = [each for each in choices if each.cell == ("replay", "bus rover")]
    assert replay.begins == (10.0, 40.0) and needed(replay) == 3.5 * 30.0
    drawn = [plain_fault(1, replay, 0.0, 105.0, random.Random(seed)) for seed in range(40)]
    ages = [float(fault["age"].split()[0]) for fault in drawn if "age" in fault]
    assert ages and max(ages) < 30.0
    assert not [fault for fault in drawn if "when" in fault], "it needs more calls than one"


def test_a_kind_of_which_nothing_need_be_said_is_drawn_with_something() -> None:
    saturation = catalogue().kinds("device")["saturation"]
    for seed in range(50):
        figures = drawn_figures(saturation, random.Random(seed))
        assert len(figures) == 1
        assert figures.get("lowest", 1.0) > 0.0 > figures.get("highest", -1.0)


def test_what_works_by_itself_is_bounded() -> None:
    nodes, buses = catalogue().kinds("node"), catalogue().kinds("bus")
    assert longest(nodes["crash_loop"], {"after": 10.0}) == DEATHS * 40.0
    assert longest(nodes["slow"], {"by": 0.5}) == MESSAGES * 0.5
    assert longest(buses["babble"], {"rate": 100.0}) == MESSAGES / 100.0
    assert longest(buses["babble"], {}) == MESSAGES / 10.0
    shorts = catalogue().kinds("world")["bus_short"]
    assert longest(shorts, {"bears": 3.88}) < 3.88  # what has become a hard one no healing mends
    assert 10.0 < longest(shorts, {}) < 1800.0
    assert longest(buses["drop"], {}) == longest(nodes["hang"], {}) == float("inf")


def test_others_are_drawn_for_the_same_start(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    drawn = swarm(scenario, survey, tmp_path).drill(0)
    (task, *more) = swarm_tasks(swarm(scenario, survey, tmp_path / "b"), 1)
    assert not more and task.job.wants_effect and task.job.instead == drawn.instead
    assert 0 < len(drawn.instead) <= INSTEAD
    first, *others = task.job.candidates()
    assert [job.drill for job in others] == [
        f"{first.drill}-{n}" for n in range(1, len(others) + 1)
    ]
    starts = {str(yaml.safe_load(job.text)["start"]) for job in (first, *others)}
    assert len(starts) == 1
    assert len({job.text for job in (first, *others)}) == 1 + len(others)


def flown(task: Task, *spans: FaultSpan, name: str = "", end: str = "horizon") -> Judged:
    made = record("PASS")
    made.drill, made.faults, made.end = name or task.drill.name, list(spans), end
    made.heal = Waited("then", "x", 10.0, 1.0, 2.0)
    return judge(task.drill, made)


def test_the_file_that_is_left_is_what_was_flown_and_hit(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    (task,) = swarm_tasks(swarm(scenario, survey, tmp_path), 1)
    name = task.job.candidates()[1].drill
    ids = [f["id"] for f in yaml.safe_load(task.job.instead[0])["faults"]]
    spans = [FaultSpan(ids[0], "stuck", "device x", hits=1)]
    spans += [FaultSpan(each, "stuck", "device x") for each in (*ids[1:], "more")]
    judged = flown(task, *spans, name=name)
    assert judged.verdict == "UNKNOWN"
    after, shown = flown_task(task, judged)
    assert shown.verdict == "PASS"  # what never hits changes nothing
    assert after.drill.file == tmp_path / f"{name}.yaml" and after.drill.file.exists()
    assert [fault.id for fault in after.drill.faults] == [ids[0]]
    assert not task.drill.file.exists()
    assert not after.job.wants_effect and after.job.drill == name


def test_without_any_effect_it_stays_unknown(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    (task,) = swarm_tasks(swarm(scenario, survey, tmp_path), 1)
    _, shown = flown_task(
        task, flown(task, FaultSpan("fault1", "stuck", "device x"), end=WITHOUT_EFFECT)
    )
    assert shown.verdict == "UNKNOWN"
    assert shown.because == ["no fault ever hit"]


def test_a_milestone_in_the_cruise_is_told_by_an_event(survey: Survey) -> None:
    survey.phases["cruise"] = 600_000.0
    survey.events = [(t, "orbiter", "manoeuvre") for t in (300_000.0, 650_000.0)]
    assert [m.time for m in milestones(survey) if m.event] == [650_000.0]  # that before is none
    ahead = milestones(survey)
    found = milestone_after(ahead, 650_000.0 - 177_550.0, "cruise")
    assert found is not None and found.plain() == {"event": "orbiter.manoeuvre"}
    later = milestone_after(ahead, 650_001.0 - 177_550.0, "cruise")
    assert later is not None and later.plain() == {"state": "mav.sealed"}
    assert milestone_after(ahead, 900_000.0, "cruise") is None


def test_every_20th_is_flown_twice_and_every_100th_alone(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    drill = swarm(scenario, survey, tmp_path).drill(0).drill
    tasks = tasks_of([drill] * 200)
    twice, alone = twins_of(tasks, alone=False), twins_of(tasks, alone=True)
    assert [index for index, _ in twice] == list(range(19, 200, 20))
    assert [index for index, _ in alone] == [19, 119]
    assert all(twin.job.alone for _, twin in alone)
    assert not any(twin.job.alone for _, twin in twice)
    numbers = [task.job.number for task in (*tasks, *(twin for _, twin in twice))]
    assert len(set(numbers)) == len(numbers)
    assert twins_of(tasks[:19], alone=True) == twins_of(tasks[:19], alone=False) == []
    assert twins_of(tasks_of([drill] * 20, alone=True), alone=True) == []


def test_a_twin_with_another_hash_is_told_and_where_they_part() -> None:
    one, other = record("PASS"), record("PASS")
    trail: list[TrailStep] = [(1.0, 50, "a"), (2.0, 100, "b")]
    one.trail, other.trail = trail, [(1.0, 50, "a"), (2.5, 100, "x")]
    first = Judged(verdict="PASS", because=[], record=one)
    again = Judged(verdict="PASS", because=[], record=other)
    assert differences(first, again) == []
    other.sha256 = "1" * 64
    found = differences(first, again)
    assert len(found) == 1 and "they part by 2.000 s" in found[0]


# ------------------------------------------------------ outputs that come on by themselves


def spurious(scenario: Scenario, survey: Survey, *phases: str) -> list[Choice]:
    found = [
        choice
        for phase in phases or ("surface", "loading")
        for choice in choices_in(phase, survey.calls, scenario.targets)
        if choice.kind is SpuriousActuation
    ]
    assert found
    return found


def test_what_comes_on_by_itself_is_drawn_beside_all_else_with_arguments_that_are_taken(
    scenario: Scenario, survey: Survey
) -> None:
    names = ("heaters", "core")
    drawn = 0
    for name, device in assembled_devices().items():
        interface = interface_of(type(device))
        part = DevicePart(name, interface, SimpleNamespace(names=lambda: names))
        for method in interface.methods.values():
            reading = method.name not in SpuriousActuation.methods(part)
            if not fits(SpuriousActuation, part, method.name):
                assert reading or {"bytes", "str"} & {
                    each.__name__ for each in get_type_hints(method.arguments).values()
                }, f"{name}.{method.name}"
                continue
            assert not reading
            drawn += 1
            for seed in range(20):
                arguments = drawn_arguments(method, names, random.Random(seed))
                assert set(method.unpack(arguments)) == set(method.names)
                assert arguments == drawn_arguments(method, names, random.Random(seed))
    assert drawn > 30
    for choice in spurious(scenario, survey):
        assert choice.part is not None and choice.part.is_actuation(choice.method)


def test_no_name_is_made_up_for_what_has_none() -> None:
    switches = DevicePart("lander.power_switches", PowerSwitches, SimpleNamespace(names=tuple))
    assert not fits(SpuriousActuation, switches, "set_switch")
    with pytest.raises(NotDrawable, match="nobody knows the values of"):
        drawn_arguments(PowerSwitches.methods["set_switch"], (), random.Random(1))


@pytest.mark.parametrize("seed", range(5))
def test_it_comes_before_the_call_and_never_with_a_relay_that_is_welded(
    scenario: Scenario, survey: Survey, seed: int
) -> None:
    for choice in spurious(scenario, survey):
        plain = plain_fault(1, choice, 60.0, 100.0, random.Random(seed))
        assert plain["kind"] == "spurious_actuation" and plain["welded"] is False
        at = float(plain["when"]["at"].removesuffix(" s"))
        assert 0.0 <= at < 54.0 and "nth" not in plain["when"]
        if choice.comes_to_nothing:
            assert "every" not in plain
        elif "every" in plain:
            assert float(plain["every"].removesuffix(" s")) >= 20.0


def test_of_one_output_alone_that_cannot_be_undone_no_vehicle_may_be_lost(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    seen: set[bool] = set()
    releases = Calls("arm.gripper", "open", "loading", 2, [410_200.0, 410_300.0])
    survey.calls.append(releases)
    drawn = swarm(scenario, survey, tmp_path)
    drawn._choices.update({(5, p): spurious(scenario, survey, p) for p in ("surface", "loading")})
    for drill in drills_of(drawn, 20):
        if len(drill.faults) != 1 or not isinstance(drill.faults[0].kind, SpuriousActuation):
            continue
        device = scenario.targets.parts["device"][drill.faults[0].target.name]
        nothing = device.interface.methods[drill.faults[0].method].irreversible
        always = [each.text for each in drill.always]
        assert ("no_vehicle_lost" in always) is nothing
        seen.add(nothing)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("fault", "until"),
    [
        ({"kind": "crash"}, 40.0),
        ({"kind": "crash", "start": "warm"}, 10.0),
        ({"kind": "restart_without_memory"}, 40.0),
        ({"kind": "old_files"}, 55.0),
        ({"kind": "crash_loop"}, 55.0),
        ({"kind": "hang", "of": "process"}, 10.0),
    ],
)
def test_a_cold_start_takes_its_time_whatever_is_healed(
    fault: dict[str, str], until: float
) -> None:
    assert away_until(fault, 10.0, 25.0) == until


def test_no_computer_is_away_until_its_vehicle_should_have_landed(
    scenario: Scenario, survey: Survey, tmp_path: Path
) -> None:
    survey.phases, survey.ended = {"entry": 0.0}, 61.0
    survey.steps = [
        Step(0.0, "lander", "entry.powered", "entry"),
        Step(60.0, "lander", "landed.waiting", "entry"),
    ]
    survey.calls = [Calls("rover.wheels", "state", "entry", 50, [float(t) for t in range(1, 51)])]
    many = swarm(scenario, survey, tmp_path).drills(80)
    texts = [text for each in many for text in (each.drill.file.read_text(), *each.instead)]
    back: dict[str, list[float]] = {}
    for plain in map(yaml.safe_load, texts):
        for fault in plain["faults"]:
            if "node" in fault and fault["kind"] in ("crash", "restart_without_memory"):
                begins = float(fault["when"]["at"].split()[0])
                until = float(plain["start"]["delay"].split()[0]) + away_until(fault, begins, 0.0)
                back.setdefault(fault["node"], []).append(until)
    assert max(back["lander"]) < 60.0 < max(back["rover"])
