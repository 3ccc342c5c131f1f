"""Out of a dune: straight back until the wheels hold, over nights, and not for ever; and with a
dead wheel in front backwards."""

from dataclasses import dataclass, field
from math import cos
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.surface.dead_reckoning import DeadReckoning, Pose
from flight.surface.driving import (
    DriveFailed,
    DriveOutcome,
    DrivingParameters,
    Locomotion,
)
from flight.surface.route_planning import CostMap


@dataclass
class Dune:
    """A vehicle on a line: beyond `rim` the wheels slip by `slip`. `blind`: nothing is seen."""

    rim: float = 7.0
    slip: float = 0.99
    north: float = 0.0
    odometer: float = 0.0
    blind: bool = False
    rock: bool = False
    dead: list[int] = field(default_factory=list)
    heading: float = 0.0
    driven: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)

    async def drive(self, distance: float) -> None:
        self.driven.append(distance)
        self.odometer += abs(distance)
        if self.rock and distance < 0.0:
            raise DeviceFault("obstacle", "a rock")
        for _ in range(100):
            slip = self.slip if self.north > self.rim else 0.02
            self.north += cos(self.heading) * distance / 100.0 * (1.0 - slip)

    async def turn(self, angle: float) -> None:
        self.heading += angle

    async def state(self) -> Any:
        return SimpleNamespace(
            valid=True, odometer=self.odometer, yaw=self.heading, saturated=False,
            dead_wheels=list(self.dead), boot=0,
        )  # fmt: skip

    async def set_reference(self) -> Any:
        self.seen_from = self.north
        return SimpleNamespace(valid=not self.blind)

    async def visual_motion(self) -> Any:
        ahead = cos(self.heading) * (self.north - self.seen_from)
        return SimpleNamespace(valid=not self.blind, ahead=ahead, right=0.0)

    async def map_hazards(self) -> Any:
        self.looked.append(round(cos(self.heading)))
        return SimpleNamespace(valid=True, hazards=[])

    async def direction(self) -> Any:
        return SimpleNamespace(valid=False)

    def segment_driven(self, pose: Pose, slip: float | None, distance: float) -> None:
        return None

    def setback(self, kind: str, detail: str) -> None:
        self.said.append(kind)


def vehicle(dune: Dune, memory: dict[str, Any] | None = None, **options: bool) -> Locomotion:
    pose = Pose.from_data(memory["pose"]) if memory else Pose(north=dune.north)
    made: Any = Locomotion(
        wheels=dune, camera=dune, imu=dune, sun_sensor=dune,  # type: ignore[arg-type]
        reckoning=DeadReckoning(pose), cost_map=CostMap(0.85),
        parameters=DrivingParameters(**options), observer=dune, jd_tt=lambda: 2462000.0,
        latitude=18.0, longitude=77.0, memory=memory or {}, remember=lambda data: None,  # type: ignore[arg-type]
    )  # fmt: skip
    return made  # type: ignore[no-any-return]


async def drive(made: Locomotion, goal: float = 20.0, segments: int = 1000) -> DriveOutcome:
    left = iter(range(segments))
    return await made.drive_to((0.0, goal), may_go_on=lambda: next(left, None) is not None)


async def test_it_goes_straight_back_until_the_wheels_hold() -> None:
    dune = Dune()
    made = vehicle(dune)
    dune.north, made.reckoning.pose.north = 7.2, 7.2  # 20 cm within
    assert await drive(made, segments=3) is DriveOutcome.PAUSED
    assert dune.said == ["high_slip", "dug_in"] and made.dug_in == 15.0
    assert dune.driven == [5.0, -5.0, -5.0, -5.0], "one way only, and no turn"


async def test_what_was_spent_is_kept_over_a_night_and_the_end_is_told() -> None:
    dune = Dune()
    made = vehicle(dune)
    dune.north, made.reckoning.pose.north = 7.2, 7.2
    await drive(made, segments=3)
    morning = vehicle(dune, dict(made.memory))
    assert morning.dug_in == 15.0
    await drive(morning, segments=3)
    assert dune.said[:3] == ["high_slip", "dug_in", "got_out"] and morning.dug_in is None
    assert "dug_in" not in morning.memory and dune.north < dune.rim


async def test_200_m_of_wheel_are_all_and_another_order_may_try_again() -> None:
    dune = Dune(rim=-1000.0, slip=0.999)
    made = vehicle(dune)
    with pytest.raises(DriveFailed, match="dug in: 200 m"):
        await drive(made)
    assert sum(distance < 0.0 for distance in dune.driven) == 40 and made.dug_in == 0.0
    with pytest.raises(DriveFailed, match="dug in"):
        await drive(made)
    assert sum(distance < 0.0 for distance in dune.driven) == 80


async def test_where_the_way_back_bears_nothing_is_added() -> None:
    dune = Dune(rim=7.0, slip=0.9)
    made = vehicle(dune)
    await drive(made, segments=2)
    assert dune.said == ["high_slip"] and 5.0 in dune.driven and -5.0 in dune.driven
    assert "dug_in" not in dune.said and made.dug_in is None


async def test_without_it_or_without_eyes_it_does_not_go_back_for_ever() -> None:
    for dune, options in ((Dune(), {"extracts": False}), (Dune(blind=True), {})):
        dune.north = 7.2
        made = vehicle(dune, **options)
        await drive(made, segments=6)
        assert "dug_in" not in dune.said and made.dug_in is None
    rocky = Dune(rim=-1000.0, rock=True)
    made = vehicle(rocky)
    await drive(made, segments=1)
    assert rocky.said == ["high_slip", "obstacle"] and made.dug_in is None


@pytest.mark.parametrize("dead", [[0], [1], [1, 0]])
async def test_a_dead_wheel_in_front_trails_and_the_eyes_look_ahead(dead: list[int]) -> None:
    dune = Dune(rim=1000.0, dead=dead)
    assert await drive(vehicle(dune)) is DriveOutcome.ARRIVED
    assert dune.said == ["dead_wheel"], "told once"
    assert all(distance < 0.0 for distance in dune.driven)
    assert set(dune.looked) == {1} and dune.north == pytest.approx(20.0, abs=0.5)


async def test_one_behind_trails_anyhow_and_without_the_safeguard_it_ploughs() -> None:
    for dead, trails in (([2], True), ([3], True), ([1], False), ([], True)):
        dune = Dune(rim=1000.0, dead=dead)
        await drive(vehicle(dune, trails=trails))
        assert all(distance > 0.0 for distance in dune.driven), dead
        assert dune.said == (["dead_wheel"] if dead else [])


async def test_backwards_the_way_back_is_forwards() -> None:
    dune = Dune(rim=-1000.0, slip=0.9, dead=[1])
    made = vehicle(dune)
    await drive(made, segments=1)
    assert dune.driven == [-5.0, 5.0] and dune.said == ["dead_wheel", "high_slip", "dug_in"]
