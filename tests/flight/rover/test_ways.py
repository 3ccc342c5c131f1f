"""Where the rover goes, looks and sleeps, and when it gives up: each decision at its limit."""

import math
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.rover import travel
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import DriveFailed, DriveOutcome
from tests.flight.rover.standing import Standing, failing, lander

SIGNAL = Signal("x")
OBSTACLE, TILT = DeviceFault("obstacle", "a rock"), DeviceFault("tilt", "it leans")
JAM = DeviceFault("jam", "wheel 2")


@pytest.fixture
def rover() -> Any:
    return Standing()


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


@pytest.mark.parametrize(("by", "told"), [(0.5, False), (0.5001, True)])
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
    for trouble in (JAM, DeviceTimeout("no answer")):
        rover.hardware.solar_array.answers["deploy"] = [trouble]
        with pytest.raises(ActivityFailed, match="in 4 tries"):
            await travel._unfold_array(rover)


@pytest.mark.parametrize(
    ("outcome", "end"), [(DriveOutcome.ARRIVED, "done"), (DriveOutcome.PAUSED, "rest")]
)
async def test_a_place_is_driven_to_east_and_north(
    rover: Any, outcome: DriveOutcome, end: str
) -> None:
    goals: list[Any] = []

    async def drive_to(goal: Any, **more: Any) -> DriveOutcome:
        goals.append((goal, more["may_go_on"]()))
        return outcome

    rover.locomotion.drive_to = drive_to
    rover.pose = Pose(3.0, 4.0)
    signal = Signal("drive_to", carried=travel.DriveTo(12.0, -7.0))
    found = await travel.drive_to_place(rover, signal)
    assert getattr(found, "name", found) == end and goals == [((12.0, -7.0), True)]
    if end == "done":
        assert found.data == {"result": "at (3.0, 4.0) m"}
    await travel.drive_to_place(rover, SIGNAL)
    assert goals[1][0] == (12.0, -7.0), "after a night it goes on to the same place"
    rover.plans = False
    assert await travel.drive_to_place(rover, SIGNAL) == "rest" and len(goals) == 2
    rover.goal = None
    with pytest.raises(ActivityFailed, match="there is no goal"):
        await travel.drive_to_place(rover, SIGNAL)


async def test_what_the_jaws_hold_is_racked_before_it_drives(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    racked: list[str] = []

    async def rack(node: Any, signal: Signal) -> str:
        racked.append(signal.name)
        return "racked"

    monkeypatch.setattr(travel, "rack_tube", rack)
    assert await travel._ready_to_drive(rover) and racked == []
    rover.hold()
    assert await travel._ready_to_drive(rover) and racked == ["rack"]
    assert rover.hardware.arm.of("stow"), "with a folded arm"
