"""Radar, terrain camera and touchdown sensors: what they see, and what spoils it."""

import asyncio
import math
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.quaternions import from_axis_angle
from sim_hw.devices.landing_radar import (
    LandingRadarParameters,
    SimLandingRadar,
)
from sim_hw.devices.terrain_camera import SimTerrainCamera
from sim_hw.devices.touchdown_sensors import SimTouchdownSensors
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.descent_stubs import (
    CAMERA,
    RADAR,
    SENSORS,
    Bench,
    World,
)
from tests.sim_hw.devices.stubs import Dice


def radar(dice: Dice | None = None, parameters: LandingRadarParameters = RADAR) -> Bench:
    bench = Bench(SimLandingRadar, parameters, dice=dice)
    bench.vehicle.attached.remove("heat_shield")
    return bench


async def test_over_flat_ground_the_range_is_the_height_and_the_velocity_that_over_ground() -> None:
    bench = radar()
    bench.vehicle.place = (0.0, 0.0, 2500.0)
    told = await bench.device.measure()
    assert told.valid and told.range_valid and told.velocity_valid
    assert told.range == pytest.approx(2500.0)
    assert told.velocity == pytest.approx((-10.0, 0.0, -50.0))
    bench.vehicle.place = (0.0, 0.0, 2500.1)
    told = await bench.device.measure()
    assert told.range_valid and not told.velocity_valid


@pytest.mark.parametrize(
    ("height", "valid"), [(9000.0, True), (9000.1, False), (5.0, True), (4.999, False)]
)
async def test_the_range_has_its_limits(height: float, valid: bool) -> None:
    bench = radar()
    bench.vehicle.place = (0.0, 0.0, height)
    told = await bench.device.measure()
    assert told.valid and told.range_valid is valid


@pytest.mark.parametrize(("lean", "valid"), [(59.9, True), (60.1, False)])
async def test_it_has_to_look_down(lean: float, valid: bool) -> None:
    bench = radar()
    bench.vehicle.place = (0.0, 0.0, 1000.0)
    bench.vehicle.orientation = from_axis_angle((1.0, 0.0, 0.0), math.radians(lean))
    told = await bench.device.measure()
    assert told.valid is valid
    if valid:
        assert told.range == pytest.approx(1000.0 / math.cos(math.radians(lean)))


async def test_it_sees_nothing_behind_its_heat_shield_nor_at_rest_nor_by_chance() -> None:
    covered = Bench(SimLandingRadar, RADAR)
    assert not (await covered.device.measure()).valid
    bench = radar()
    bench.dice.chance = 0.099
    assert not (await bench.device.measure()).valid
    bench.dice.chance = 0.1
    assert (await bench.device.measure()).valid
    bench.vehicle.outcome = "landed"
    assert not (await bench.device.measure()).valid


async def test_a_dropout_lasts_as_long_as_was_said_and_an_offset_looks_valid() -> None:
    bench = radar()
    bench.device.fail("dropout", seconds=5.0)
    bench.world.now.now += 4.9
    assert not (await bench.device.measure()).valid
    bench.world.now.now = 105.0
    assert (await bench.device.measure()).valid
    bench.device.fail("offset", offset=250.0)
    told = await bench.device.measure()
    assert told.range == pytest.approx(3250.0) and told.range_valid


async def test_the_heat_shield_spoils_a_part_of_the_first_readings() -> None:
    bench = radar(Dice(chance=0.3 - 0.01))
    bench.vehicle.place = (0.0, 0.0, 2000.0)
    bench.vehicle.heat_shield_time = 98.0
    told = await bench.device.measure()
    assert told.range == pytest.approx(2.0 * 9.0) and not told.velocity_valid
    bench.dice.chance = 0.3
    assert (await bench.device.measure()).velocity_valid
    bench.dice.chance = 0.3 - 0.01
    bench.vehicle.heat_shield_time = 100.0 - 6.0
    told = await bench.device.measure()
    assert told.range == pytest.approx(2000.0) and told.velocity_valid


async def test_errors_of_range_and_velocity_have_their_sizes() -> None:
    bench = radar(Dice(1.0), LandingRadarParameters(9e3, 5.0, 2.5e3, 60.0, 0.02, 0.01, 0.3, 0.1))
    bench.vehicle.place = (0.0, 0.0, 1000.0)
    told = await bench.device.measure()
    assert told.range == pytest.approx(1020.0)
    assert told.velocity == pytest.approx((-10.1 + 0.3, 0.3, -50.5 + 0.3))


# --------------------------------------------------------------- terrain camera


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"place": (7.0, 9.0, 4200.0)}, ""),
        ({"place": (7.0, 9.0, 4201.0)}, "scale"),
        ({"place": (7.0, 9.0, 1500.0)}, ""),
        ({"place": (7.0, 9.0, 1499.0)}, "scale"),
        ({"leaning": math.radians(44.9)}, ""),
        ({"leaning": math.radians(45.1)}, "look down"),
        ({"turning": (0.0, -math.radians(9.9), 0.0)}, ""),
        ({"turning": (0.0, -math.radians(10.1), 0.0)}, "blurred"),
        ({"attached": ["backshell", "heat_shield"]}, "in the way"),
    ],
)
async def test_an_image_matches_only_when_height_tilt_and_rate_allow(
    change: dict[str, Any], reason: str
) -> None:
    bench = Bench(SimTerrainCamera, CAMERA)
    bench.vehicle.attached = ["backshell"]
    for name, value in change.items():
        setattr(bench.vehicle, name, value)
    fix = await bench.device.locate()
    assert fix.valid is (not reason) and reason in fix.reason


@pytest.mark.parametrize(("sun", "valid"), [(10.0, True), (9.99, False), (-30.0, False)])
async def test_it_needs_light(sun: float, valid: bool) -> None:
    bench = Bench(SimTerrainCamera, CAMERA)
    bench.vehicle.attached = []
    bench.world.elevation = math.radians(sun) + (1e-12 if valid else 0.0)
    assert (await bench.device.locate()).valid is valid


async def test_a_match_has_the_error_of_the_map_that_of_the_image_and_sometimes_is_wrong() -> None:
    parameters = msgspec.structs.replace(CAMERA, map_error=30.0, error=5.0)
    bench = Bench(SimTerrainCamera, parameters, dice=Dice(1.0))
    bench.vehicle.attached, bench.vehicle.place = [], (100.0, 200.0, 3000.0)
    fix = await bench.device.locate()
    assert (fix.east, fix.north) == pytest.approx((135.0, 235.0)) and 20 <= fix.matches <= 90
    bench.dice.bell = 0.0
    fix = await bench.device.locate()
    assert (fix.east, fix.north) == pytest.approx((130.0, 230.0)), "the map stays wrong"
    bench.dice.chance, bench.dice.bell = 0.019, 1.0
    assert (await bench.device.locate()).east == pytest.approx(135.0 + 800.0)
    bench.dice.chance = 0.02
    assert (await bench.device.locate()).east == pytest.approx(135.0)
    bench.dice.chance = 0.91
    assert (await bench.device.locate()).reason == "nothing matched"
    bench.dice.chance = 0.9
    assert (await bench.device.locate()).valid


async def test_the_height_is_that_over_the_ground_by_a_scale_that_errs() -> None:
    bench = Bench(SimTerrainCamera, CAMERA)
    bench.vehicle.attached, bench.vehicle.ground_height = [], -500.0
    bench.vehicle.place = (0.0, 0.0, 2500.0)
    assert (await bench.device.locate()).height == pytest.approx(3000.0)
    parameters = msgspec.structs.replace(
        CAMERA, scale_error=0.005, range_error=0.01, terrain_error=2.0
    )
    world = World()
    world.dice.bell = 1.0
    device: Any = SimTerrainCamera(
        DeviceContext("lander.camera", Dice(), world, bench.supply), bench.vehicle, parameters
    )
    assert (await device.locate()).height == pytest.approx(3000.0 * 1.015 + 2.0)
    world.dice.bell = 0.0
    told = await device.locate()
    assert told.height == pytest.approx(3000.0 * 1.005 + 2.0), "the scale stays wrong"
    # What errs in the height errs in nothing else, and what matches wrongly has a wrong scale, too.
    assert (told.east, told.north) == (0.0, 0.0)
    bench.dice.chance, bench.world.dice.bell = 0.019, 1.0
    assert (await bench.device.locate()).height == pytest.approx(3000.0 * math.exp(0.3))


async def test_below_the_coarse_map_places_are_as_fine_as_the_pixels() -> None:
    parameters = msgspec.structs.replace(CAMERA, lowest=60.0, error=12.0)
    bench = Bench(SimTerrainCamera, parameters, dice=Dice(1.0))
    bench.vehicle.attached = []
    for height, error in ((3000.0, 12.0), (2000.0, 12.0), (1000.0, 6.0), (60.0, 0.36)):
        bench.vehicle.place = (0.0, 0.0, height)
        assert (await bench.device.locate()).east == pytest.approx(error)
    bench.vehicle.place = (0.0, 0.0, 59.9)
    assert not (await bench.device.locate()).valid


async def test_a_blind_camera_finds_nothing_and_a_misled_one_a_wrong_place() -> None:
    bench = Bench(SimTerrainCamera, CAMERA)
    bench.vehicle.attached = []
    bench.device.fail("misled")
    assert (await bench.device.locate()).east == pytest.approx(600.0)
    bench.device.fail("blind")
    assert (await bench.device.locate()).reason == "the image is black"


# -------------------------------------------------------------------- touchdown


async def test_a_leg_is_loaded_above_its_threshold_and_the_latch_remembers() -> None:
    bench = Bench(SimTouchdownSensors, SENSORS)
    bench.vehicle.legs.loads[1] = 500.0
    assert not any((await bench.device.state()).loaded)
    bench.vehicle.legs.loads[1] = 500.1
    state = await bench.device.state()
    assert state.loaded[1] and not state.latched[1], "it latches as the vehicle moves"
    (watch,) = bench.vehicle.observers
    watch(0.0, ())
    bench.vehicle.legs.loads[1] = 0.0
    watch(0.0, ())
    state = await bench.device.state()
    assert state.latched[1] and not state.loaded[1] and sum(state.latched) == 1
    assert not any((await bench.device.clear()).latched)


async def test_the_jolt_of_the_legs_may_latch_what_is_no_touchdown() -> None:
    bench = Bench(SimTouchdownSensors, SENSORS, dice=Dice(chance=0.3))
    bench.device.jolt()
    assert not any((await bench.device.state()).latched)
    bench.dice.chance = 0.29
    bench.device.jolt()
    state = await bench.device.state()
    assert all(state.latched) and not any(state.loaded)
    await bench.device.clear()
    bench.device.fail("transient")
    assert all((await bench.device.state()).latched)


async def test_a_stuck_leg_says_contact_for_ever_and_a_silent_one_never() -> None:
    bench = Bench(SimTouchdownSensors, SENSORS)
    bench.device.fail("stuck", leg=0)
    bench.device.fail("silent", leg=2)
    bench.vehicle.legs.loads[2] = 9000.0
    state = await bench.device.state()
    assert state.loaded[0] and not state.loaded[2]
    assert (await bench.device.clear()).latched[0]
    await asyncio.sleep(1.0)
