"""Which tube is next, how often, and when the rover sleeps and wakes."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.rover import fetching, sols
from flight.rover.fetch_plan import FetchPlan, best_order
from flight.rover.fetching import FetchTubes
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import DriveFailed, DriveOutcome
from tests.flight.rover.standing import OTHER, TUBE, Standing, arm_at

SIGNAL = Signal("x")
JAM = DeviceFault("jam", "wheel 2")


@pytest.fixture
def rover() -> Any:
    return Standing()


# --------------------------------------------------------------------- fetching


def test_visits_in_vain_are_counted_up_to_the_limit() -> None:
    plan = FetchPlan()
    assert not plan.tried("a", "dark", 2) and plan.left == {}
    assert not plan.tried("b", "rock", 2)
    assert plan.tried("a", "rock", 2) and plan.left == {"a": "rock"}
    assert plan.tried("c", "x", 1)


def test_the_round_is_the_short_one() -> None:
    places = {"a": (0.0, 10.0), "b": (10.0, 10.0), "c": (10.0, 0.0)}
    assert best_order((0.0, 0.0), (20.0, 0.0), places) == ["a", "b", "c"]
    assert best_order((20.0, 0.0), (0.0, 0.0), places) == ["c", "b", "a"]
    # The nearest first would cross itself: 1, -2, 4 and back to -5.
    line = {"x": (1.0, 0.0), "y": (-2.0, 0.0), "z": (4.0, 0.0)}
    assert best_order((0.0, 0.0), (-5.0, 0.0), line)[-1] == "y"
    assert best_order((0.0, 0.0), (0.0, 0.0), {}) == []


async def test_what_comes_next_is_decided_by_what_is_held_left_and_allowed(rover: Any) -> None:
    rover.pose = Pose(0.0, -10.0)
    assert await fetching.plan_next(rover, SIGNAL) == "drive"
    assert rover.fetch.current == OTHER, "the other lies on the way to the lander"
    rover.plans = False
    assert await fetching.plan_next(rover, SIGNAL) == "rest"
    rover.hold()
    rover.fetch.current = OTHER
    assert await fetching.plan_next(rover, SIGNAL) == "rack", "before the night"
    assert rover.fetch.current == TUBE
    rover.ledger.begin(TUBE, "rover_rack", "rover.gripper", 3)
    rover.ledger.commit(TUBE, rover.ledger.record(TUBE).evidence)
    rover.fetch.left[OTHER] = "not seen"
    found = await fetching.plan_next(rover, SIGNAL)
    assert found.name == "finished"
    assert found.data["result"] == f"collected 1 of 2: {TUBE}. Left: {OTHER} (not seen)"
    assert rover.told("fetch_finished") == [{"collected": 1, "left": 1}]


def test_the_same_command_again_goes_on_and_another_begins_anew(rover: Any) -> None:
    rover.fetch.attempts[TUBE], rover.fetch.seen[TUBE] = 1, [1.0, 2.0, 0.1]
    again = Signal("fetch_tubes", carried=FetchTubes([OTHER]), cause="c1")
    fetching._take_note(rover, again)
    assert rover.fetch.tubes == [TUBE, OTHER] and rover.fetch.attempts == {TUBE: 1}
    fetching._take_note(rover, Signal("fetch_tubes", carried=FetchTubes([OTHER]), cause="c2"))
    assert rover.fetch.tubes == [OTHER] and rover.fetch.attempts == {}
    assert rover.fetch.command == "c2" and rover.fetch.seen == {TUBE: [1.0, 2.0, 0.1]}
    with pytest.raises(ActivityFailed, match="the map has no tube M9"):
        fetching._take_note(rover, Signal("fetch_tubes", carried=FetchTubes(["M9"]), cause="c3"))


async def test_a_tube_without_a_way_to_it_is_tried_as_often_on_the_next_two_sols(
    rover: Any,
) -> None:
    """What kept it is the rover's own trouble as often as the ground's, and that passes."""
    rover.parameters["visits"] = 2
    no_way = Signal("no_way", {"reason": "sand"})
    assert await fetching.plan_next(rover, no_way) == "drive" and rover.fetch.current == OTHER
    rover.fetch.current = TUBE
    await fetching.plan_next(rover, no_way)
    assert rover.told("tube_put_off") == [{"tube": TUBE, "reason": "sand"}]
    assert rover.fetch.left == {} and rover.fetch.current == OTHER, "the others, meanwhile"
    rover.fetch.left[OTHER] = "not seen"
    assert await fetching.plan_next(rover, SIGNAL) == "rest"
    assert rover.sols.reason == "the next sol"
    for sol in (2, 3):
        rover.sols.sol = sol
        found = await fetching.plan_next(rover, Signal("awake"))
        assert found == "drive" and rover.fetch.current == TUBE
        await fetching.plan_next(rover, no_way)
        assert rover.fetch.left == {OTHER: "not seen"}
        found = await fetching.plan_next(rover, no_way)
    assert found.name == "finished" and rover.fetch.left[TUBE] == "sand"
    assert len(rover.told("tube_put_off")) == 2 and len(rover.told("tube_missed")) == 6


async def test_with_a_clock_that_stands_still_it_waits_for_one_night_only(rover: Any) -> None:
    rover.fetch.put_off, rover.fetch.left = {TUBE: (rover.sols.sol, 1)}, {OTHER: "not seen"}
    assert await fetching.plan_next(rover, SIGNAL) == "rest"
    assert (
        await fetching.plan_next(rover, Signal("awake")) == "drive" and rover.fetch.current == TUBE
    )


@pytest.mark.parametrize("name", ["tube_missing", "grasp_missed", "rack_missed"])
def test_each_visit_in_vain_counts_and_the_last_leaves_the_tube(rover: Any, name: str) -> None:
    rover.parameters["visits"] = 2
    fetching._take_note(rover, Signal(name, {"reason": "dark"}))
    assert rover.fetch.left == {} and not rover.told("tube_left")
    fetching._take_note(rover, Signal(name, {"reason": "rocks"}))
    assert rover.fetch.left == {TUBE: "rocks"}
    assert rover.told("tube_left") == [{"tube": TUBE, "reason": "rocks", "visits": 2}]
    assert [each["reason"] for each in rover.told("tube_missed")] == ["dark", "rocks"]
    fetching._take_note(rover, Signal("racked"))
    assert rover.fetch.attempts == {TUBE: 2}


def test_what_was_tried_least_comes_first(rover: Any) -> None:
    assert fetching._next_tube(rover, [TUBE, OTHER]) == TUBE
    rover.fetch.attempts = {TUBE: 1}
    assert fetching._next_tube(rover, [TUBE, OTHER]) == OTHER
    rover.fetch.attempts = {TUBE: 1, OTHER: 2}
    assert fetching._next_tube(rover, [OTHER, TUBE]) == TUBE
    assert fetching._next_tube(rover, [OTHER]) == OTHER


@pytest.mark.parametrize(("away", "drives"), [(3.19, 0), (3.21, 1)])
async def test_near_enough_it_looks_without_driving(rover: Any, away: float, drives: int) -> None:
    rover.pose = Pose(0.0, 1.35 - away)
    rover.locomotion.drive_to = _arriving(rover)
    assert await fetching.drive_to_tube(rover, SIGNAL) == "arrived"
    assert len(rover.drives) == drives


def _arriving(rover: Any, outcome: Any = DriveOutcome.ARRIVED) -> Any:
    async def drive_to(goal: Any, **more: Any) -> Any:
        rover.drives.append(goal)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return drive_to


async def test_each_visit_comes_from_another_third(rover: Any) -> None:
    rover.pose = Pose(0.0, 11.35)
    rover.locomotion.drive_to = _arriving(rover)
    for attempts in range(3):
        rover.fetch.attempts[TUBE] = attempts
        await fetching.drive_to_tube(rover, SIGNAL)
    sides = [(side[2], side[3] - 1.35, side[4]) for side in rover.drives]
    assert sides[0] == pytest.approx((0.0, 10.0, 2.2))
    assert sides[1] == pytest.approx((10.0 * math.sin(math.tau / 3), -5.0, 2.2))
    assert sides[2] == pytest.approx((-10.0 * math.sin(math.tau / 3), -5.0, 2.2))
    rover.locomotion.drive_to = _arriving(rover, DriveOutcome.PAUSED)
    assert await fetching.drive_to_tube(rover, SIGNAL) == "rest"
    rover.locomotion.drive_to = _arriving(rover, DriveFailed("rocks"))
    found = await fetching.drive_to_tube(rover, SIGNAL)
    assert (found.name, found.data) == ("no_way", {"reason": "rocks"})


def test_in_the_rack_or_handed_over_is_collected_and_nothing_else(rover: Any) -> None:
    def collected() -> bool:
        return fetching.is_collected(rover, TUBE)

    assert not collected() and not fetching.is_collected(rover, "M9")
    rover.hold()
    assert not collected()
    rover.ledger.begin(TUBE, "rover_rack", "rover.gripper", 2)
    assert not collected()
    rover.ledger.commit(TUBE, rover.ledger.record(OTHER).evidence)
    assert collected() and fetching.remaining(rover) == [OTHER]
    rover.ledger.begin(TUBE, "rover_gripper", "rover.gripper")
    assert not collected(), "it is on its way out of it"


# --------------------------------------------------------------- days and nights


@pytest.mark.parametrize(
    ("trouble", "rests", "end"),
    [
        (DeviceFault("cold", "c"), True, "rest"), (DeviceFault("no_power", "c"), True, "rest"),
        (DeviceFault("dark", "c"), True, "rest"), (DeviceFault("cold", "c"), False, None),
        (JAM, True, "rest"), (JAM, False, None), (DeviceRejected("no"), True, None),
        (DeviceTimeout("x"), True, "rest"), (DeviceTimeout("x"), False, None),
        (DeviceFault("reach", "r"), True, None),
    ],
)  # fmt: skip
async def test_what_only_time_mends_is_slept_over(
    rover: Any, trouble: Exception, rests: bool, end: str | None
) -> None:
    @sols.by_day
    async def work(node: Any, signal: Signal) -> str:
        raise trouble

    rover.rests = rests
    if end is None:
        with pytest.raises(ActivityFailed):
            await work(rover, SIGNAL)
    else:
        assert await work(rover, SIGNAL) == end


def at_hour(rover: Any, hour: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rover.clock = SimpleNamespace(jd_tt=lambda: 0.0)
    monkeypatch.setattr(sols, "mars_time", lambda jd, lon: SimpleNamespace(lmst_hours=hour))
    rover.parameters |= {"night_window": 23.0, "night_window_length": 1.5}


@pytest.mark.parametrize(
    ("hour", "hours"), [(22.0, 1.0), (23.0, -1.5), (0.0, -0.5), (0.5, 22.5), (12.0, 11.0)]
)
def test_the_window_of_the_night(
    rover: Any, hour: float, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hour(rover, hour, monkeypatch)
    assert sols._window(rover) == pytest.approx(hours * SOL_SECONDS / 24.0)


async def test_asleep_it_listens_in_the_window_of_the_night(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    hour = SOL_SECONDS / 24.0
    switched: list[tuple[float, bool]] = []

    def window(node: Any) -> float:
        since = loop.time() - begun
        return 2.0 * hour - since if since < 2.0 * hour else since - 3.0 * hour

    rover.hardware.radio.answers["set_power"] = [
        lambda on: switched.append((round((loop.time() - begun) / hour, 2), on))
    ]
    rover.is_shed = lambda load: False
    monkeypatch.setattr(sols, "_window", window)
    await sols.doze(rover, 2.5 * hour)
    assert switched == [(2.0, True), (2.5, False)]
    assert loop.time() - begun == pytest.approx(2.5 * hour, abs=2.0)
    rover.is_shed = lambda load: load == "night_radio"
    switched.clear()
    begun = loop.time() - 2.5 * hour
    await sols.doze(rover, 100.0)
    assert switched == [], "the radio of the night was given up"


@pytest.mark.parametrize(
    ("charge", "motors", "plans", "fit"),
    [
        (0.4, 220.01, True, True), (0.3999, 230.0, True, False), (None, 230.0, True, True),
        (None, 230.0, False, False), (None, 220.0, True, False),
        (0.9, 220.0, True, False), (0.9, 230.0, False, False), (0.9, None, True, True),
    ],
)  # fmt: skip
async def test_it_wakes_with_charge_warmth_and_work(
    rover: Any, charge: float | None, motors: float | None, plans: bool, fit: bool
) -> None:
    rover.parameters |= {"wake_charge": 0.4, "coldest_motors": 220.0}
    rover.state_of_charge, rover.plans = charge, plans
    reading = SimpleNamespace(valid=motors is not None, motor_temperature=motors or 0.0)
    rover.hardware.wheels.answers["state"] = [reading]
    assert await sols._fit_to_wake(rover) is fit


@pytest.mark.parametrize("silent", [False, True])
async def test_who_is_to_be_silent_wakes_nothing(rover: Any, silent: bool) -> None:
    rover.must_be_silent = silent
    await sols.set_awake(rover, True)
    assert rover.asleep is silent
    assert rover.hardware.switches.asked[0][2] is not silent
    assert rover.hardware.radio.of("set_power") == [(not silent,)]
    await sols.set_awake(rover, False)
    assert rover.asleep and rover.hardware.radio.of("set_power")[-1] == (False,)


async def test_a_switch_that_does_not_move_is_told_and_the_radio_is_switched_all_the_same(
    rover: Any,
) -> None:
    rover.hardware.switches.answers["set_switch"] = [JAM]
    rover.hardware.radio.answers["set_power"] = [JAM]
    await sols.set_awake(rover, True)
    assert [data["device"] for data in rover.told("device_trouble")] == ["power_switches", "uhf"]


@pytest.mark.parametrize(
    ("pose", "lid", "folds"),
    [("presented", False, 1), ("stowed", False, 0), ("presented", True, 0)],
)
async def test_the_arm_is_folded_unless_it_is_or_holds_the_lid(
    rover: Any, pose: str, lid: bool, folds: int
) -> None:
    rover.hardware.arm.answers["state"] = [arm_at(pose)]
    rover.lid_in_gripper = lid
    await sols.fold_arm(rover)
    assert len(rover.hardware.arm.of("stow")) == folds
    rover.lid_in_gripper = False
    rover.hardware.arm.answers["state"] = [JAM]
    await sols.fold_arm(rover)
    assert [data["device"] for data in rover.told("device_trouble")] == ["rover_arm"]


async def test_an_arm_that_does_not_know_its_pose_is_in_none_and_that_is_told(rover: Any) -> None:
    arm = rover.hardware.arm
    arm.answers["state"] = [structs.replace(arm_at("stowed"), valid=False, reason="no encoder")]
    await sols.fold_arm(rover)
    assert len(arm.of("stow")) == 1
    assert rover.told("device_trouble") == [{"device": "rover_arm", "reason": "no encoder"}]
    arm.answers["state"] = [structs.replace(arm_at("presented"), valid=False)]
    assert not await sols.arm_is(rover, "presented")
    assert rover.told("device_trouble")[1]["reason"] == "its pose is not valid"
    arm.answers["state"] = [arm_at("presented")]
    assert await sols.arm_is(rover, "presented") and not await sols.arm_is(rover, "stowed")
    assert len(rover.told("device_trouble")) == 2


class Sun:
    """A sun that stands at `height` degrees, from noon on by a day of a hundred seconds."""

    def __init__(self, height: float, morning: float = 5_000.0) -> None:
        self.height, self.morning = height, morning
        self.asked: list[tuple[float, bool]] = []

    def elevation(self, jd_tt: float) -> float:
        return self.height

    def seconds_until(self, jd_tt: float, sun: float, *, rising: bool) -> float:
        self.asked.append((sun, rising))
        self.height = 90.0
        return self.morning


def sleeping(
    rover: Any, monkeypatch: pytest.MonkeyPatch, height: float, reason: str, fit: list[bool]
) -> tuple[list[float], Sun]:
    """How long it dozes, and the sun; `fit` is what it finds at each look."""
    dozed: list[float] = []

    async def doze(node: Any, seconds: float) -> None:
        dozed.append(seconds)

    async def fit_to_wake(node: Any) -> bool:
        return fit.pop(0)

    async def nothing() -> None:
        pass

    monkeypatch.setattr(sols, "doze", doze)
    monkeypatch.setattr(sols, "_fit_to_wake", fit_to_wake)
    rover.clock = SimpleNamespace(jd_tt=lambda: 0.0)
    rover.hibernation_over = rover.read_power = nothing
    rover.sols.planner = Sun(height)
    rover.sols.reason = reason
    rover.sols.slept_in_vain = lambda: rover.said.append(("in_vain", {}))
    rover.parameters["waking_sun"] = 20.0
    return dozed, rover.sols.planner


@pytest.mark.parametrize(
    ("height", "reason", "dozed"),
    [
        (19.99, "energy", [5_001.0]), (20.0, "energy", []), (50.0, "energy", []),
        (50.0, "cold", [1_800.0]), (10.0, "dark", [1_800.0, 5_001.0]),
        (50.0, "the way of the sol", [5_001.0]),
    ],
)  # fmt: skip
async def test_it_sleeps_until_the_sun_is_up_or_what_it_waits_for_has_passed(
    rover: Any, monkeypatch: pytest.MonkeyPatch, height: float, reason: str, dozed: list[float]
) -> None:
    if reason == "the way of the sol":
        reason = sols.WHOLE_WAY
    slept, sun = sleeping(rover, monkeypatch, height, reason, [True])
    await sols._sleep(rover)
    assert slept == dozed
    assert sun.asked == [(20.0, True)] * (5_001.0 in dozed)
    assert not rover.told("in_vain")


async def test_not_fit_it_looks_again_each_half_hour_and_a_day_in_vain_is_counted_and_told(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, sun = sleeping(rover, monkeypatch, 50.0, "energy", [False, False, False, True])
    begun = asyncio.get_running_loop().time()
    asyncio.get_running_loop().call_later(1_801.0, setattr, sun, "height", 5.0)
    await sols._sleep(rover)
    assert asyncio.get_running_loop().time() - begun == 3 * 1_800.0
    assert slept == [5_001.0], "the night between"
    assert len(rover.told("in_vain")) == len(rover.told("no_waking")) == 1


async def test_after_four_hundred_looks_in_vain_it_says_so(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeping(rover, monkeypatch, 50.0, "energy", [False] * 401)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(ActivityFailed, match="could not wake"):
        await sols._sleep(rover)
    assert asyncio.get_running_loop().time() - begun == 400 * 1_800.0


async def test_the_way_of_a_sol_that_is_over_is_used_up_no_more(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, _ = sleeping(rover, monkeypatch, 50.0, sols.WHOLE_WAY, [False, True])
    await sols._sleep(rover)
    assert slept == [5_001.0], "once: the second look is of the next morning"
