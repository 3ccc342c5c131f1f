"""What a drive does with what it sees: slip, blindness, setbacks, the Sun, each at its limit."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.surface.dead_reckoning import DeadReckoning, Pose
from flight.surface.driving import DriveFailed, DrivingParameters, Locomotion, Way
from flight.surface.route_planning import CostMap
from tests.flight.lander.descent_bench import Answers

OBSTACLE, JAM = DeviceFault("obstacle", "a rock"), DeviceFault("jam", "wheel 2")


class Ground:
    """A vehicle whose images tell `slip` (None: nothing is seen); all that it does is kept."""

    def __init__(self) -> None:
        self.slip: float | None = 0.0
        self.odometer, self.boot, self.yaw = 0.0, 1, 0.0
        self.driven: list[float] = []
        self.turned: list[float] = []
        self.said: list[str] = []
        self.segments: list[Any] = []
        self.faults: list[Any] = []
        self.kept: list[dict[str, Any]] = []
        self.sun = Answers(direction=[SimpleNamespace(valid=False)])
        self.sees = True

    async def drive(self, distance: float) -> None:
        self.driven.append(round(distance, 3))
        self.odometer += abs(distance)
        self.last = distance
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault

    async def turn(self, angle: float) -> None:
        self.turned.append(angle)
        self.yaw += angle

    async def state(self) -> Any:
        return SimpleNamespace(
            valid=True, odometer=self.odometer, yaw=self.yaw, saturated=False, dead_wheels=[],
            boot=self.boot,
        )  # fmt: skip

    async def set_reference(self) -> Any:
        return SimpleNamespace(valid=True)

    async def visual_motion(self) -> Any:
        if self.slip is None:
            return SimpleNamespace(valid=False, ahead=0.0, right=0.0)
        return SimpleNamespace(valid=True, ahead=self.last * (1.0 - self.slip), right=0.0)

    async def map_hazards(self) -> Any:
        return SimpleNamespace(valid=self.sees, hazards=[])

    def segment_driven(self, pose: Pose, slip: float | None, distance: float) -> None:
        self.segments.append((slip, distance))

    def setback(self, kind: str, detail: str) -> None:
        self.said.append(kind)


def standing(ground: Ground, **options: Any) -> Any:
    memory = options.pop("memory", {})
    return Locomotion(
        wheels=ground, camera=ground, imu=ground, sun_sensor=ground.sun,  # type: ignore[arg-type]
        reckoning=DeadReckoning(Pose()), cost_map=CostMap(0.85),
        parameters=DrivingParameters(**options), observer=ground, jd_tt=lambda: 2462000.0,
        latitude=18.0, longitude=77.0, memory=memory, remember=ground.kept.append,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(("angle", "turns"), [(0.0299, 0), (0.0301, 1), (-0.0301, 1)])
async def test_no_turn_is_made_within_three_hundredths(angle: float, turns: int) -> None:
    ground = Ground()
    await standing(ground).turn_to(angle)
    assert len(ground.turned) == turns


async def test_a_turn_that_was_not_good_enough_is_made_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground = Ground()

    async def half(angle: float) -> None:
        ground.turned.append(angle)
        ground.yaw += 0.5 * angle

    monkeypatch.setattr(ground, "turn", half)
    await standing(ground).turn_to(1.0)
    assert ground.turned == pytest.approx([1.0, 0.5])


@pytest.mark.parametrize(
    ("slip", "setbacks", "said", "discs"),
    [
        (0.2, 0, [], []), (0.2001, 0, [], [(2.0, 3.0)]), (0.4, 0, [], [(2.0, 3.0)]),
        (0.4001, 0, ["high_slip"], [(2.0, 12.0), (2.0, 12.0)]),
        (0.4001, 1, ["high_slip"], [(2.8, 12.0), (2.8, 12.0)]),
        (0.69, 6, [], [(2.0, 3.0)]), (0.7001, 6, ["high_slip"], [(8.0, 12.0), (8.0, 12.0)]),
        (0.69, 5, ["high_slip"], [(8.0, 12.0), (8.0, 12.0)]),
    ],
)  # fmt: skip
async def test_slip_is_judged_by_a_limit_that_gives_way_when_half_the_setbacks_are_used(
    slip: float, setbacks: int, said: list[str], discs: list[tuple[float, float]]
) -> None:
    ground = Ground()
    made = standing(ground)
    way = Way((0.0, 50.0), 50.0, setbacks)
    await made._judge(slip, 0, way)
    assert ground.said == said and way.setbacks == setbacks + len(said)
    found = [(pytest.approx(d.radius, abs=0.01), d.cost) for d in made.cost_map.discs]
    assert found == discs
    assert ground.driven == [-5.0] * len(said), "back out, as far as a segment"


@pytest.mark.parametrize(("blind", "said"), [(2, []), (3, ["no_visual_odometry"])])
async def test_three_segments_without_a_sight_are_too_many(blind: int, said: list[str]) -> None:
    ground = Ground()
    made = standing(ground)
    way = Way((0.0, 50.0), 50.0)
    assert await made._judge(None, blind, way) == (0 if said else blind)
    assert ground.said == said and way.setbacks == len(said)
    unchecked = standing(Ground(), checks_slip=False)
    assert await unchecked._judge(0.99, 9, way) == 0


@pytest.mark.parametrize(
    ("away", "blind", "drives"), [(20.0, 0, 5.0), (3.0, 0, 3.0), (20.0, 1, 1.0), (0.04, 0, 0.1)]
)
async def test_a_segment_is_five_metres_and_blindly_one(
    away: float, blind: int, drives: float
) -> None:
    ground = Ground()
    await standing(ground)._advance((0.0, away), blind)
    assert ground.driven == [drives]


async def test_the_sun_is_looked_for_each_fourth_segment() -> None:
    ground = Ground()
    made = standing(ground)
    for _ in range(9):
        await made._advance((0.0, 100.0), 0)
    assert len(ground.sun.asked) == 3


@pytest.mark.parametrize(
    ("distance", "setbacks"), [(45.0, 2), (44.99, 1), (50.0, 2), (10.0, 1)]
)
def test_five_metres_nearer_make_up_for_a_setback(distance: float, setbacks: int) -> None:
    way = Way((0.0, 0.0), 50.0, 2)
    way.at(distance)
    assert way.setbacks == setbacks
    way.at(distance)
    assert way.setbacks == setbacks, "once for the same way"
    none = Way((0.0, 0.0), 50.0)
    none.at(1.0)
    assert none.setbacks == 0


@pytest.mark.parametrize(("goal", "same"), [((5.0, 0.0), True), ((5.01, 0.0), False)])
def test_a_goal_within_five_metres_is_the_same_way_as_before_the_night(
    goal: tuple[float, float], same: bool
) -> None:
    made = standing(Ground())
    first = made._way_to((0.0, 0.0))
    first.setbacks = 3
    assert (made._way_to(goal) is first) is same


async def test_a_rock_is_mapped_backed_out_from_and_counted() -> None:
    ground = Ground()
    made = standing(ground, setbacks=2)
    ground.faults = [OBSTACLE, None] * 9
    with pytest.raises(DriveFailed, match="3 setbacks on the way"):
        await made.drive_to((0.0, 40.0))
    assert ground.driven.count(-1.5) == 4, "one was made up for by the way that was made"
    assert ground.said == ["obstacle"] * 4
    assert made.way is None and made.cost_map.discs[0].radius == pytest.approx(0.4)
    jammed = Ground()
    jammed.faults = [JAM]
    with pytest.raises(DeviceFault, match="wheel 2"):
        await standing(jammed).drive_to((0.0, 40.0))
    assert jammed.said == [] and len(jammed.segments) == 1, "what was driven is counted"
    dark = Ground()
    dark.sees = False
    with pytest.raises(DeviceFault) as blind:
        await standing(dark).drive_to((0.0, 40.0))
    assert blind.value.code == "dark" and dark.driven == []


@pytest.mark.parametrize(
    ("odometer", "yaw", "moves"),
    [(0.0101, 0.0, True), (0.01, 0.0, False), (0.0, 0.0501, True), (0.0, 0.05, False),
     (3.0, 0.0, True)],
)  # fmt: skip
async def test_what_was_driven_while_nobody_counted_is_caught_up_with(
    odometer: float, yaw: float, moves: bool
) -> None:
    ground = Ground()
    ground.odometer, ground.yaw = 10.0 + odometer, yaw
    made = standing(ground, memory={"odometer": 10.0, "yaw": 0.0, "wheels_boot": 1,
                                    "inertial_boot": 1})  # fmt: skip
    await made.catch_up()
    assert ((made.pose.north, made.pose.heading) != (0.0, 0.0)) is moves
    assert made.memory["odometer"] == ground.odometer and ground.kept


async def test_wheels_and_gyroscopes_of_another_boot_tell_no_difference() -> None:
    ground = Ground()
    ground.odometer, ground.yaw, ground.boot = 3.0, 2.0, 2
    made = standing(ground, memory={"odometer": 10.0, "yaw": 0.0, "wheels_boot": 1,
                                    "inertial_boot": 1})  # fmt: skip
    await made.catch_up()
    assert (made.pose.north, made.pose.heading) == (0.0, 0.0)
    assert made.pose.error == pytest.approx(5.1), "a segment may have been driven"
    assert made.memory["wheels_boot"] == made.memory["inertial_boot"] == 2


async def test_without_the_sun_the_heading_is_carried_on_or_the_drive_ends() -> None:
    assert await standing(Ground()).fix_heading() is None
    with pytest.raises(DeviceFault) as lost:
        await standing(Ground(), goes_without_sun=False).fix_heading()
    assert lost.value.code == "no_sun"


async def test_what_wheels_cannot_have_made_is_not_believed() -> None:
    ground = Ground()
    ground.slip = -0.5
    made = standing(ground)
    assert await made.drive(5.0) is None and ground.said == ["images_doubted"]
    trusting = Ground()
    trusting.slip = -0.5
    assert await standing(trusting, doubts_images=False).drive(5.0) == pytest.approx(-0.5)


# ------------------------------------------------------------------ how sure it is of where


@pytest.mark.parametrize(
    ("visual", "yaw", "error"),
    [((4.0, 3.0), 0.0, 0.1 + 0.015 * 5.0), (None, 0.0, 0.1 + 0.15 * 5.0),
     ((4.0, 3.0), None, 0.1 + 0.015 * 5.0 + 0.1 * 5.0)],
)  # fmt: skip
def test_each_way_makes_it_less_sure(visual: Any, yaw: float | None, error: float) -> None:
    reckoning = DeadReckoning(Pose())
    reckoning.moved(odometer=5.0, yaw=yaw, visual=visual)
    assert reckoning.pose.error == pytest.approx(error)
    if visual is None:
        assert reckoning.pose.north == pytest.approx(5.0 * 0.975)


@pytest.mark.parametrize(("odometer", "told"), [(0.5001, True), (0.5, False)])
def test_slip_is_told_of_more_than_half_a_metre(odometer: float, told: bool) -> None:
    slip = DeadReckoning(Pose()).moved(odometer=odometer, yaw=0.0, visual=(0.4, 0.0))
    assert (slip is not None) is told


@pytest.mark.parametrize(("off", "pulled"), [(0.0799, 0.5), (0.0801, 1.0), (-0.0801, 1.0)])
def test_a_sun_that_is_far_off_is_believed_wholly(off: float, pulled: float) -> None:
    reckoning = DeadReckoning(Pose(heading=1.0))
    assert reckoning.sun_seen(0.0, 1.0 + off) == pytest.approx(off)
    assert reckoning.pose.heading == pytest.approx(1.0 + pulled * off)


def test_a_landmark_leaves_it_never_surer_than_five_centimetres() -> None:
    reckoning = DeadReckoning(Pose(error=3.0))
    assert reckoning.landmark_seen((0.0, 2.0), 1.0, 0.0, 4.0) == pytest.approx(9.0 / 25.0)
    assert reckoning.pose.error == pytest.approx(3.0 * math.sqrt(16.0 / 25.0))
    reckoning.landmark_seen((0.0, 2.0), 1.0, 0.0, 1e-6)
    assert reckoning.pose.error == 0.05
