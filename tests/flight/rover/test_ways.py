"""Where the rover goes, looks and sleeps, and when it gives up: each decision at its limit."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.rover import fetching, sols, travel, tube_search
from flight.rover.fetch_plan import FetchPlan, best_order
from flight.rover.fetching import FetchTubes
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import DriveFailed, DriveOutcome
from tests.flight.rover.standing import OTHER, TUBE, Standing, arm_at, ground, lander, sighted

SIGNAL = Signal("x")
OBSTACLE, TILT = DeviceFault("obstacle", "a rock"), DeviceFault("tilt", "it leans")
JAM = DeviceFault("jam", "wheel 2")


@pytest.fixture
def rover() -> Any:
    return Standing()


def failing(rover: Any, *faults: Any) -> None:
    """The next drives end so; None: as they should."""
    left, drive = list(faults), rover._drive

    async def drives(metres: float) -> None:
        await drive(metres)
        if left and (fault := left.pop(0)) is not None:
            raise fault

    rover.locomotion.drive = drives


# -------------------------------------------------------------------- searching


def chosen(rover: Any, *seen: Any) -> Any:
    return tube_search._choose(rover, TUBE, list(seen))


@pytest.mark.parametrize(("aside", "found"), [(1.499, True), (1.5, False), (1.501, False)])
def test_an_unread_tube_is_told_by_its_place_within_the_errors_of_both(
    rover: Any, aside: float, found: bool
) -> None:
    # A metre of the map, 0.3 m, and twice the rover's own error of 0.1 m.
    assert (chosen(rover, sighted(1.35, aside)) is not None) is found


@pytest.mark.parametrize(("confidence", "found"), [(0.5, True), (0.4999, False)])
def test_what_is_seen_too_badly_is_not_followed_unless_it_is_read(
    rover: Any, confidence: float, found: bool
) -> None:
    rover.parameters["tube_confidence"] = 0.5
    assert (chosen(rover, sighted(confidence=confidence)) is not None) is found
    read = sighted(confidence=0.01, right=5.0, serial=TUBE)
    assert chosen(rover, sighted(confidence=confidence), read) is read


def test_the_nearest_unread_one_is_taken_and_none_that_is_nearer_to_another_tube(
    rover: Any,
) -> None:
    near, far = sighted(1.35, 0.2), sighted(1.35, -0.4)
    assert chosen(rover, far, near) is near and chosen(rover, near, far) is near
    rover._map[OTHER] = (1.0, 1.35)
    assert chosen(rover, sighted(1.35, 0.51)) is None, "it is the other's"
    assert chosen(rover, sighted(1.35, 0.49)) is not None


def test_another_that_is_read_on_the_way_is_remembered_and_a_foreign_one_is_not(
    rover: Any,
) -> None:
    assert chosen(rover, sighted(2.0, 1.0, serial=OTHER), sighted(1.0, 0.0, serial="M9")) is None
    assert rover.fetch.seen == {OTHER: [1.0, 2.0, 0.1]} and rover.told("keep_fetch_plan")


def closely(rover: Any, *looks: Any) -> None:
    rover.hardware.camera.answers["find_tubes"] = [ground(each) if each else ground()
                                                   for each in looks]  # fmt: skip


@pytest.mark.parametrize(
    ("ahead", "right", "grasped"),
    [(1.1001, 0.0, True), (1.0999, 0.0, False), (1.4999, 0.0, True), (1.5001, 0.0, False),
     (1.3, 0.2999, True), (1.3, -0.2999, True), (1.3, 0.3001, False), (1.3, -0.3001, False)],
)  # fmt: skip
async def test_it_is_grasped_only_from_within_the_window_of_the_arm(
    rover: Any, ahead: float, right: float, grasped: bool
) -> None:
    closely(rover, sighted(ahead, right, serial=TUBE))
    found = await tube_search._come_near(rover, TUBE, (right, ahead))
    assert (found is not None) is grasped


async def test_one_that_cannot_be_read_is_believed_after_four_looks_and_one_that_is_another_never(
    rover: Any,
) -> None:
    closely(rover, sighted())
    rover.parameters["approaches"] = 3
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is None
    rover.parameters["approaches"] = 4
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is not None
    assert rover.told("tube_not_read") == [{"tube": TUBE}]
    rover.pose.error = 1.0
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is None, "it does not know where"
    rover.pose.error = 0.999
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is not None
    closely(rover, sighted(serial=OTHER))
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is None
    assert OTHER in rover.fetch.seen


@pytest.mark.parametrize(
    ("place", "drives"),
    [
        ((0.0, 1.35), []), ((0.19, 1.46), []),
        ((0.0, 1.48), [("drive", 0.13)]), ((0.0, 1.2), [("drive", -0.15)]),
        ((0.21, 1.35), [("turn", 0.154)]),
        ((0.0, 1.851), [("to", 0.0, 1.851, 0.0, 0.0, 1.35), ("drive", 0.501)]),
    ],
)  # fmt: skip
async def test_it_stands_so_that_the_arm_works_best(
    rover: Any, place: Any, drives: list[Any]
) -> None:
    await tube_search._stand_before(rover, place)
    assert rover.drives == drives


@pytest.mark.parametrize("fault", [OBSTACLE, TILT, JAM])
async def test_a_rock_before_the_tube_is_no_way_and_a_broken_wheel_is_trouble(
    rover: Any, fault: DeviceFault
) -> None:
    failing(rover, fault)
    with pytest.raises(DeviceFault if fault is JAM else DriveFailed):
        await tube_search._stand_before(rover, (0.0, 1.5))


async def test_a_tube_is_looked_for_from_all_stops_and_where_it_was_seen_is_forgotten(
    rover: Any,
) -> None:
    rover.fetch.seen = {TUBE: [0.0, 2.0, 0.1]}
    rover.parameters["search_stops"] = 3
    found = await tube_search.search_tube(rover, SIGNAL)
    assert found.name == "tube_missing" and rover.fetch.seen == {}
    assert len(rover.hardware.camera.asked) == 3 * 4
    stops = [(east, north - 2.0) for _, east, north in rover.drives]
    assert [math.hypot(*stop) for stop in stops] == pytest.approx([2.5, 2.5], abs=0.01)
    angles = [math.atan2(*stop) for stop in stops]
    assert angles[0] == pytest.approx(math.atan2(0.0, -2.0) + 1.05 - math.tau, abs=0.01)
    rover.goes_on = False
    assert await tube_search.search_tube(rover, SIGNAL) == "rest"


async def test_a_tube_that_is_read_is_found_and_its_place_is_kept(rover: Any) -> None:
    closely(rover, sighted(1.3, 0.1, serial=TUBE))
    rover.ledger.forget([TUBE], "x")
    assert await tube_search.search_tube(rover, SIGNAL) == "tube_found"
    assert rover.target.serial == TUBE and rover.fetch.seen[TUBE][:2] == [0.1, 1.3]
    rover.hardware.camera.answers["find_tubes"] = [ground(valid=False)]
    rover.rests = False
    with pytest.raises(ActivityFailed, match="too dark"):
        await tube_search.search_tube(rover, SIGNAL)


# ---------------------------------------------------------------------- docking


def marks(rover: Any, *seen: Any) -> None:
    rover.hardware.camera.answers["find_lander"] = list(seen)


@pytest.mark.parametrize(
    ("ahead", "docked"), [(2.0, True), (2.099, True), (1.901, True), (2.101, False), (1.899, False)]
)
async def test_it_is_docked_within_its_tolerance(rover: Any, ahead: float, docked: bool) -> None:
    rover.parameters |= {"dock_distance": 2.0, "dock_tolerance": 0.1}
    marks(rover, lander(ahead), lander(2.0))
    assert await travel.dock(rover, SIGNAL) == "docked"
    assert rover.drives == ([] if docked else [("drive", round(ahead - 2.0, 3))])


async def test_it_turns_to_the_lander_first_and_drives_two_metres_at_the_most(rover: Any) -> None:
    rover.parameters |= {"dock_distance": 2.0, "dock_tolerance": 0.1}
    aside = lander(5.0 * math.cos(0.061), 5.0 * math.sin(0.061))
    straight = lander(5.0 * math.cos(0.059), 5.0 * math.sin(0.059))
    marks(rover, aside, straight, lander(-1.0, 0.0), lander(2.0))
    rover.pose.heading = 0.5
    assert await travel.dock(rover, SIGNAL) == "docked"
    assert rover.drives == [("turn", 0.561), ("drive", 2.0), ("turn", 3.642)]


@pytest.mark.parametrize("fault", [OBSTACLE, TILT, JAM])
async def test_a_rock_before_the_dock_blocks_that_side_alone(
    rover: Any, fault: DeviceFault
) -> None:
    rover.dock_side = 15.0
    marks(rover, lander(6.0))
    failing(rover, fault)
    if fault is JAM:
        with pytest.raises(ActivityFailed):
            rover.rests = False
            await travel.dock(rover, SIGNAL)
        assert rover.blocked_sides == set()
    else:
        assert await travel.dock(rover, SIGNAL) == "blocked"
        assert rover.blocked_sides == {15.0} and len(rover.told("setback")) == 1


async def test_without_the_marks_it_rests_when_the_day_is_over_and_else_says_so(rover: Any) -> None:
    marks(rover, lander(2.0, valid=False))
    with pytest.raises(ActivityFailed, match="marks are not seen"):
        await travel.dock(rover, SIGNAL)
    assert len(rover.hardware.camera.asked) == 3
    rover.goes_on = False
    assert await travel.dock(rover, SIGNAL) == "rest"
    marks(rover, lander(9.0))
    with pytest.raises(ActivityFailed, match="not reached in 12 steps"):
        await travel.dock(rover, SIGNAL)
    assert len(rover.drives) == 12


@pytest.mark.parametrize(("by", "told"), [(0.5, False), (0.51, True)])
async def test_the_marks_correct_the_place_and_what_is_much_is_told(
    rover: Any, by: float, told: bool
) -> None:
    asked: list[Any] = []

    def seen(*given: Any) -> float:
        asked.append(given)
        return by

    rover.locomotion.reckoning.landmark_seen = seen
    marks(rover, lander(1.0, valid=False), lander(3.0, 0.2))
    assert (await travel.see_lander(rover)).ahead == 3.0
    assert asked == [((0.0, 20.0), 3.0, 0.2, 0.3)]
    assert bool(rover.told("pose_corrected")) is told


# ----------------------------------------------------------------- to and fro


async def test_the_way_home_tries_the_sides_in_their_order_and_leaves_out_what_is_blocked(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []
    answers: list[Any] = [DriveFailed("rocks"), DriveOutcome.ARRIVED]

    async def home(node: Any, side: float) -> DriveOutcome:
        tried.append(side)
        answer = answers.pop(0) if answers else DriveFailed("rocks")
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    monkeypatch.setattr(travel, "_home_on", home)
    rover.on_ground = False
    rover.blocked_sides = {0.0, -15.0}
    assert await travel.drive_home(rover, SIGNAL) == "near"
    assert tried == [15.0, 40.0] and rover.dock_side == 40.0
    answers[:] = [DriveOutcome.PAUSED]
    assert await travel.drive_home(rover, SIGNAL) == "rest"
    with pytest.raises(ActivityFailed, match="no side of the lander can be reached: rocks"):
        await travel.drive_home(rover, SIGNAL)
    assert tried[3:] == [15.0, 40.0, -40.0, 80.0, -80.0]
    rover.plans = False
    assert await travel.drive_home(rover, SIGNAL) == "rest" and len(tried) == 8


def test_from_where_the_dock_is_approached(rover: Any) -> None:
    rover.parameters["dock_bearing"] = 90.0
    assert travel.approach_place(rover) == pytest.approx((5.0, 20.0))
    assert travel.approach_place(rover, 90.0) == pytest.approx((0.0, 15.0))


@pytest.mark.parametrize(
    ("away", "ahead", "drives"),
    [(3.99, True, 1), (4.0, True, 0), (3.99, False, 1), (1.0, True, 2)],
)
async def test_it_backs_off_from_the_lander_until_there_is_room(
    rover: Any, away: float, ahead: bool, drives: int
) -> None:
    rover.pose = Pose(0.0, 20.0 - away if ahead else 20.0 + away, 0.0, 0.1)
    await travel.leave_lander(rover)
    assert rover.drives == [("drive", -1.5 if ahead else 1.5)] * drives
    rover.drives.clear()
    rover.pose, rover.on_ground = Pose(0.0, 19.0), False
    await travel.leave_lander(rover)
    assert rover.drives == [], "on the lander there is nothing to back off from"


async def test_it_backs_off_four_times_at_the_most_and_a_rock_is_a_setback(rover: Any) -> None:
    async def stuck(metres: float) -> None:
        rover.drives.append(metres)
        raise OBSTACLE

    rover.pose = Pose(0.0, 18.0)
    rover.locomotion.drive = stuck
    await travel.leave_lander(rover)
    assert len(rover.drives) == len(rover.told("setback")) == 4


@pytest.mark.parametrize("first", [None, OBSTACLE, TILT])
async def test_when_one_ramp_ends_before_a_rock_the_other_is_taken(
    rover: Any, first: DeviceFault | None
) -> None:
    rover.on_ground = False
    rover.pose = Pose(0.0, 20.0)
    failing(rover, first)
    assert await travel.egress(rover, SIGNAL) == "egress_done"
    assert rover.on_ground
    assert rover.told("egress_done") == [{"ramp": "rear" if first else "front"}]
    back = [("drive", -1.0), ("drive", -1.0)] if first else []
    way = -2.0 if first else 2.0
    rest = 2
    assert rover.drives == [("drive", 2.0)] * bool(first) + back + [("drive", way)] * rest


async def test_two_blocked_ramps_and_an_array_that_stays_folded_fail(rover: Any) -> None:
    rover.on_ground, rover.pose = False, Pose(0.0, 20.0)
    failing(rover, OBSTACLE, None, None, OBSTACLE)
    with pytest.raises(ActivityFailed, match="both ramps"):
        await travel.egress(rover, SIGNAL)
    assert not rover.on_ground
    rover.hardware.solar_array.answers["deploy"] = [JAM, JAM, JAM, None]
    await travel._unfold_array(rover)
    assert len(rover.told("device_trouble")) == 3
    rover.hardware.solar_array.answers["deploy"] = [JAM]
    with pytest.raises(ActivityFailed, match="in 4 tries"):
        await travel._unfold_array(rover)


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


@pytest.mark.parametrize("name", ["tube_missing", "grasp_missed", "rack_missed", "no_way"])
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
        (JAM, True, None), (DeviceRejected("no"), True, None), (DeviceTimeout("x"), True, None),
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
        (0.4, 220.01, True, True), (0.3999, 230.0, True, False), (None, 230.0, True, False),
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
