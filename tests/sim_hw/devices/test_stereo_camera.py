"""The rover's camera: what it sees of ground, tubes, lander and lid, and when it sees nothing."""

import asyncio
from math import cos, pi, radians, sin
from typing import Any

import pytest

from flight.icd.places import ROVER_GRIPPER
from sim_hw.devices.container import IN_ROVER_GRIPPER, ON_SEAT, ON_STAND
from sim_hw.devices.stereo_camera import (
    SimStereoCamera,
    StereoCameraParameters,
)
from sim_hw.world.rocks import Rock
from sim_hw.world.terrain import GroundPoint
from sim_hw.world.tubes import LyingPose, TubeState
from sim_hw.world.world import Body
from tests.sim_hw.devices.ground_stubs import A, Lidded, World, device, refused, tubes
from tests.sim_hw.devices.stubs import Dice


def parameters(**changed: float) -> StereoCameraParameters:
    given = {
        "power": 20.0, "image_seconds": 10.0, "search_seconds": 120.0, "hazard_range": 10.0,
        "hazard_height": 0.2, "hazard_detection": 0.9, "slope_hazard": 20.0, "range_error": 0.01,
        "odometry_error": 0.02, "typical_features": 100.0, "lowest_sun": 5.0,
        "tube_detection": 0.8, "tube_position_error": 0.004, "tube_heading_error": 4.0,
        "false_alarm": 0.1, "lander_range": 50.0,
    }  # fmt: skip
    return StereoCameraParameters(**given | changed)


def camera(world: World | None = None, dice: Dice | None = None, arm: Any = None) -> Any:
    return device(
        SimStereoCamera, Body("rover"), parameters(), arm, world=world, dice=dice or Dice(0.0, 0.5)
    )


class Arm:
    def __init__(self, container: Any = None) -> None:
        self.pose, self.container = "presented", container

    def holds_lid(self) -> bool:
        return self.container is not None and self.container.lid == IN_ROVER_GRIPPER


async def test_in_the_dark_and_blind_nothing_is_seen_and_power_is_needed() -> None:
    calls = ("map_hazards", "set_reference", "visual_motion", "find_tubes", "find_lander")
    for elevation, blind in ((4.99, False), (40.0, True)):
        made = camera()
        made.world.bodies["lander"] = Body("lander", 0.0, 5.0)
        made.world.sky.sun_elevation = radians(elevation)
        if blind:
            made.fail("blind")
        for call in calls:
            assert not (await getattr(made, call)()).valid
    made = camera()
    made.world.sky.sun_elevation = radians(5.0) + 1e-12
    assert (await made.find_tubes()).valid
    made.electrical.brownout = True
    for call in (*calls, "view_gripper", "view_container"):
        await refused(getattr(made, call)(), "no_power")


# ---------------------------------------------------------------------- hazards


@pytest.mark.parametrize(
    ("rock", "seen"),
    [
        (Rock(1.0, 5.0, 0.4, 0.2), True),
        (Rock(1.0, 5.0, 0.4, 0.199), False),
        (Rock(0.0, -0.49, 0.4, 0.5), True),
        (Rock(0.0, -0.51, 0.4, 0.5), False),  # behind
    ],
)
async def test_a_rock_is_a_hazard_from_its_least_height_on_and_ahead(
    rock: Rock, seen: bool
) -> None:
    made = camera()
    made.world.stones = [rock]
    image = await made.map_hazards()
    assert image.valid and image.range == 10.0 and len(image.hazards) == seen
    if seen:
        (hazard,) = image.hazards
        assert (hazard.ahead, hazard.right) == pytest.approx((rock.north, rock.east))
        assert hazard.radius == pytest.approx(0.2) and hazard.kind == "rock"
    assert made.world.now() == 10.0


async def test_rocks_are_missed_by_chance_and_the_more_the_farther() -> None:
    made = camera()
    for distance, chance in ((2.0, 0.9), (6.0, 0.9), (8.0, 0.72), (10.0, 0.54)):
        assert made._hazard_chance(distance) == pytest.approx(chance)
    made.world.stones = [Rock(0.0, 3.0, 0.4, 0.5)]
    made.random.chance = 0.9
    assert (await made.map_hazards()).hazards == []
    made.random.chance = 0.899
    assert len((await made.map_hazards()).hazards) == 1


async def test_stereo_errors_grow_with_the_square_of_the_range() -> None:
    made = camera(dice=Dice(1.0))
    made.body.heading = 0.5 * pi
    made.world.stones = [Rock(5.0, 0.0, 0.4, 0.5)]
    (hazard,) = (await made.map_hazards()).hazards
    distance = 5.0 + 0.01 * 25.0
    assert hazard.ahead == pytest.approx(distance * cos(0.002))
    assert hazard.right == pytest.approx(distance * sin(0.002))
    assert hazard.radius == pytest.approx(0.22)


async def test_steep_ground_is_a_hazard_all_around_ahead() -> None:
    made = camera()
    made.world.point = GroundPoint(0.0, 0.0, 0.363, 0.0)  # 19.95 degrees
    assert (await made.map_hazards()).hazards == []
    made.world.point = GroundPoint(0.0, 0.0, 0.365, 0.0)
    hazards = (await made.map_hazards()).hazards
    assert len(hazards) == 10 and {hazard.kind for hazard in hazards} == {"slope"}
    assert max(hazard.ahead for hazard in hazards) == pytest.approx(5.0)
    assert min(hazard.right for hazard in hazards) == pytest.approx(-5.0 * sin(0.8))


# ----------------------------------------------------------------------- motion


async def test_motion_is_told_in_the_frame_of_the_reference_and_the_reference_moves_on() -> None:
    made = camera()
    made.body.heading = 0.5 * pi
    assert not (await made.visual_motion()).valid, "there was no reference"
    made.body.east, made.body.north, made.body.heading = 3.0, 0.5, 0.5 * pi + 0.1
    motion = await made.visual_motion()
    assert motion.valid and motion.features == 100
    assert (motion.ahead, motion.right) == pytest.approx((3.0, -0.5))
    assert motion.turned == pytest.approx(0.1)
    await made.set_reference()
    motion = await made.visual_motion()
    assert (motion.ahead, motion.right, motion.turned) == pytest.approx((0.0, 0.0, 0.0))
    made.body.heading = 0.5 * pi + 0.1 - 2.0 * pi
    assert (await made.visual_motion()).turned == pytest.approx(0.0, abs=1e-9)


async def test_its_error_is_a_share_of_the_way_and_grows_where_features_are_few() -> None:
    made = camera(dice=Dice(1.0))
    await made.set_reference()
    made.body.north = 10.0
    motion = await made.visual_motion()
    error = 0.02 * (100.0 / 120.0) ** 0.5
    assert motion.ahead == pytest.approx(10.0 * (1.0 + error) + 0.003)
    assert motion.right == pytest.approx(0.5 * error * 10.0 + 0.003)
    assert motion.turned == pytest.approx(radians(0.1))


async def test_bare_ripples_give_too_few_features() -> None:
    made = camera()
    await made.set_reference()
    for looseness, valid in ((0.88, True), (0.89, False)):  # 25.2 and 24.35 of a hundred
        made.world.point = GroundPoint(0.0, 0.0, 0.0, looseness)
        motion = await made.visual_motion()
        assert motion.valid is valid and (motion.features >= 25) is valid
    made.random.bell = -9.0
    assert (await made.visual_motion()).features == 0


# ------------------------------------------------------------------------ tubes


def lying(north: float, heading: float = 0.4, dust: float = 0.0) -> World:
    pose = LyingPose(0.0, north, 0.0, heading, dust)
    return World(tubes(a=TubeState("ground", pose=pose)))


@pytest.mark.parametrize(
    ("north", "dust", "sun", "chance"),
    [
        (2.0, 0.1, 40.0, 0.8), (4.0, 0.1, 40.0, 0.8 * 0.7), (2.0, 0.6, 40.0, 0.8 * 0.65),
        (2.0, 0.0, 14.9, 0.6), (2.0, 0.0, 15.1, 0.8),
    ],
)  # fmt: skip
async def test_the_chance_to_find_a_tube_falls_with_range_dust_and_long_shadows(
    north: float, dust: float, sun: float, chance: float
) -> None:
    made = camera(lying(north, dust=dust))
    made.world.sky.sun_elevation = radians(sun)
    for draw, found in ((chance - 1e-9, 1), (chance + 1e-9, 0)):
        made.random.chance = draw
        seen = (await made.find_tubes(6.0)).sightings
        assert len(seen) == found
    made.random.chance = chance - 1e-9
    (sighting,) = (await made.find_tubes(6.0)).sightings
    assert sighting.confidence == pytest.approx(max(0.3, chance))


async def test_a_tube_is_seen_where_it_lies_within_the_range_that_was_asked_for() -> None:
    made = camera(lying(3.0))
    made.body.heading = 0.1
    (sighting,) = (await made.find_tubes(3.001)).sightings
    assert (sighting.ahead, sighting.right) == pytest.approx((3.0 * cos(0.1), -3.0 * sin(0.1)))
    assert sighting.heading == pytest.approx(0.3) and sighting.serial == ""
    assert (await made.find_tubes(2.99)).sightings == []
    assert made.world.now() == 240.0


async def test_a_serial_is_read_near_by_and_not_through_dust() -> None:
    for north, dust, draw, legible in (
        (1.99, 0.0, 0.79, True), (2.0, 0.0, 0.79, False), (1.0, 0.3, 0.58, True),
        (1.0, 0.31, 0.58, False),
    ):  # fmt: skip
        made = camera(lying(north, dust=dust))
        made.random.chance = draw
        sightings = (await made.find_tubes(6.0)).sightings
        assert [sighting.serial for sighting in sightings] == [A if legible else ""]


async def test_places_and_headings_of_tubes_have_errors_of_their_size() -> None:
    made = camera(lying(3.0, heading=3.1), Dice(1.0))
    (sighting,) = (await made.find_tubes(6.0)).sightings
    spread = 0.004 * (1.0 + 0.5 * 4.0)
    assert (sighting.ahead, sighting.right) == pytest.approx((3.0 + spread, spread))
    assert sighting.heading == pytest.approx((3.1 + radians(4.0) * 1.5) % pi)
    assert sighting.confidence == pytest.approx(0.8 * 0.85 + 0.1)


async def test_now_and_then_a_tube_is_seen_that_is_none() -> None:
    made = camera()
    made.random.chance = 0.1
    assert (await made.find_tubes(4.0)).sightings == []
    made.random.chance = 0.09
    (sighting,) = (await made.find_tubes(4.0)).sightings
    distance, bearing = 4.0 * 0.3, 2.0 * pi * 0.09
    assert sighting.ahead == pytest.approx(distance * cos(bearing))
    assert sighting.right == pytest.approx(distance * sin(bearing))
    assert sighting.confidence == pytest.approx(0.336) and sighting.serial == ""


# ---------------------------------------------------------- gripper, lid, lander


async def test_the_gripper_is_seen_only_when_it_is_presented() -> None:
    arm = Arm(Lidded(IN_ROVER_GRIPPER))
    made = camera(World(tubes(a=TubeState(ROVER_GRIPPER))), arm=arm)
    image = await made.view_gripper()
    assert image.valid and image.tube_present and image.serial == A and image.lid_present
    made.random.chance = 0.9
    assert (await made.view_gripper()).serial == ""
    made.random.chance = 0.0029
    image = await made.view_gripper()
    assert not image.tube_present and image.serial == "" and not image.lid_present
    made.random.chance = 0.003
    assert (await made.view_gripper()).tube_present
    arm.pose = "place"
    assert not (await made.view_gripper()).valid
    made.arm = None
    assert not (await made.view_gripper()).valid


async def test_the_lid_is_made_out_from_near_by_and_not_behind_the_arm() -> None:
    arm = Arm(Lidded(ON_STAND))
    made = camera(arm=arm)
    assert not (await made.view_container()).valid, "there is no lander"
    made.world.bodies["lander"] = Body("lander", 0.0, 3.0)
    image = await made.view_container()
    assert image.valid and image.lid_on_stand and not image.lid_on_seat
    arm.container.lid = ON_SEAT
    image = await made.view_container()
    assert image.lid_on_seat and not image.lid_on_stand
    made.random.chance = 0.0099
    assert not (await made.view_container()).lid_on_seat
    made.random.chance = 0.01
    for pose in ("lid", "container"):
        arm.pose = pose
        assert not (await made.view_container()).valid
    arm.pose = "stowed"
    made.world.bodies["lander"].north = 3.0 + 0.01
    assert not (await made.view_container()).valid


async def test_the_lander_is_seen_within_its_range_and_better_near_by() -> None:
    made = camera(dice=Dice(1.0))
    assert not (await made.find_lander()).valid
    made.world.bodies["lander"] = Body("lander", 0.0, 20.0, 3.0)
    made.body.heading = -3.0
    seen = await made.find_lander()
    distance = 20.0 + 0.005 * 400.0
    assert seen.valid and seen.ahead**2 + seen.right**2 == pytest.approx(distance**2)
    assert seen.heading == pytest.approx(6.0 - 2.0 * pi + radians(1.3))
    made.world.bodies["lander"].north = 49.9
    assert (await made.find_lander()).valid
    made.world.bodies["lander"].north = 50.0
    assert not (await made.find_lander()).valid
    await asyncio.sleep(0.0)
