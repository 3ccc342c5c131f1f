"""Wheels, gyroscope, Sun sensor and rack of a rover: limits met, errors of their size, refusals."""

import asyncio
import math
from math import pi, radians
from typing import Any

import pytest

from flight.icd.places import ROVER_GRIPPER, ROVER_RACK
from sim_hw.devices.inertial_measurement_unit import (
    InertialMeasurementUnitParameters,
    SimInertialMeasurementUnit,
)
from sim_hw.devices.sun_sensor import SimSunSensor, SunSensorParameters
from sim_hw.devices.tube_rack import SimTubeRack, TubeRackParameters
from sim_hw.devices.wheels import SimWheels, WheelsParameters
from sim_hw.world.rocks import Rock
from sim_hw.world.terrain import GroundPoint
from sim_hw.world.tubes import TubeState
from sim_hw.world.world import Body
from tests.sim_hw.devices.ground_stubs import World, device, refused, tubes
from tests.sim_hw.devices.stubs import Dice

WHEELS = WheelsParameters(0.1, 0.05, 100.0, 0.6, 0.8, 0.3, 20.0, 200.0, 0.0, 0.0, 0.0, 0.2)


def wheels(dice: Dice | None = None, parameters: WheelsParameters = WHEELS) -> Any:
    return device(SimWheels, Body("rover"), parameters, dice=dice)


async def test_a_drive_on_firm_flat_ground_slips_by_the_published_share() -> None:
    made = wheels()
    driven = await made.drive(3.0)
    assert driven.distance == pytest.approx(3.0) and driven.seconds == pytest.approx(30.0)
    assert made.body.north == pytest.approx(3.0 * 0.975) and made.body.east == 0.0
    assert made.world.has_moved == ["rover"]
    assert (await made.state()).motor_current == pytest.approx(100.0 / 28.0)
    back = await made.drive(-3.0)
    assert back.distance == pytest.approx(-3.0) and made.body.north == pytest.approx(0.0, abs=1e-9)
    assert (await made.state()).odometer == pytest.approx(6.0), "wheels count what they turn"


async def test_the_heading_decides_where_a_drive_leads() -> None:
    made = wheels()
    made.body.heading = 0.5 * pi
    await made.drive(2.0)
    assert (made.body.east, made.body.north) == pytest.approx((1.95, 0.0), abs=1e-9)


async def test_odometry_and_turns_have_the_errors_of_the_vehicle() -> None:
    made = wheels(Dice(1.0), WheelsParameters(0.1, 0.05, 100.0, 0.6, 0.8, 0.3, 20.0, 200.0, 0.01,
                                              0.02, 0.0, 0.2))  # fmt: skip
    turned = await made.turn(-1.0)
    assert turned.turned == -1.0 and turned.seconds == pytest.approx(20.0)
    assert made.body.heading == pytest.approx(2.0 * pi - 1.02)
    assert (await made.state()).turned == -1.0
    assert (await made.drive(1.0)).distance == pytest.approx(1.01)


async def test_a_slope_to_the_side_lets_it_slide_downhill_and_one_ahead_costs_power() -> None:
    parameters = WheelsParameters(0.1, 0.05, 100.0, 0.6, 0.8, 0.3, 20.0, 200.0, 0.0, 0.0, 0.5, 0.2)
    made = wheels(parameters=parameters)
    made.world.point = GroundPoint(0.0, 0.1, 0.0, 0.0)  # up to the east: right of the way
    await made.drive(2.0)
    assert made.body.east == pytest.approx(-0.5 * math.atan(0.1) * 2.0, rel=1e-6)
    made = wheels()
    made.world.point = GroundPoint(0.0, 0.0, 0.1, 0.5)
    await made.drive(0.5)
    assert made.electrical.drawn[0][1] == pytest.approx(100.0 * (1.5 + 4.0 * math.atan(0.1)))
    made.body.heading = pi
    await made.drive(0.5)
    assert made.electrical.drawn[2][1] == pytest.approx(150.0), "downhill costs nothing more"


@pytest.mark.parametrize(("slope", "fault"), [(19.9, ""), (20.1, "tilt")])
async def test_it_stops_where_it_would_lean_too_much(slope: float, fault: str) -> None:
    made = wheels()
    made.world.point = GroundPoint(0.0, math.tan(radians(slope)), 0.0, 0.0)
    if fault:
        await refused(made.drive(1.0), fault)
        assert made.body.north == 0.0
    else:
        await made.drive(1.0)


@pytest.mark.parametrize(
    ("rock", "stops"),
    [
        (Rock(0.0, 2.0, 0.4, 0.31), True),
        (Rock(0.0, 2.0, 0.4, 0.30), False),  # it passes under the belly
        (Rock(0.81, 1.0, 0.4, 0.5), False),  # beside the hull
        (Rock(0.79, 1.0, 0.4, 0.5), True),
        (Rock(0.0, -0.7, 0.4, 0.5), False),  # behind: it gets away from it
    ],
)
async def test_a_rock_that_is_too_high_and_in_the_way_stops_it(rock: Rock, stops: bool) -> None:
    made = wheels()
    made.world.stones = [rock]
    if stops:
        await refused(made.drive(3.0), "obstacle")
        assert made.body.north < rock.north - 0.2
    else:
        await made.drive(3.0)


async def test_cold_motors_dead_wheels_and_a_second_motion_are_refused() -> None:
    made = wheels()
    made.world.air = 199.9
    await refused(made.drive(1.0), "cold")
    made.world.air = 200.0
    drive = asyncio.ensure_future(made.drive(3.0))
    await asyncio.sleep(1.0)
    await refused(made.turn(0.1), "stall")
    await drive
    made.fail("dead_wheel", wheel=3)
    made.fail("dead_wheel", wheel=3)
    assert (await made.state()).dead_wheels == [3]
    north = made.body.north
    await made.drive(2.0)
    assert made.body.north - north == pytest.approx(2.0 * 0.975 * 0.85), "it trails"
    north = made.body.north
    await made.drive(-2.0)
    assert north - made.body.north == pytest.approx(2.0 * 0.975 * 0.5), "it ploughs"
    made.fail("dead_wheel", wheel=0)
    await refused(made.drive(1.0), "stall")
    for wheel in (-1, 4):
        with pytest.raises(ValueError, match="allowed is an integer >= 0 and < 4"):
            made.fail("dead_wheel", wheel=wheel)


async def test_a_drive_that_is_broken_off_stands_where_it_had_come_to() -> None:
    made = wheels()
    drive = asyncio.ensure_future(made.drive(3.0))
    await asyncio.sleep(7.5)
    drive.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drive
    assert made.body.north == pytest.approx(0.75 * 0.975)
    assert (await made.state()).odometer == pytest.approx(0.75)
    assert made.electrical.loads["device"] == 0.0
    await made.drive(0.25)  # and it can go on
    made.electrical.brownout = True
    await refused(made.drive(1.0), "no_power")


# --------------------------------------------------------------------- attitude


async def test_the_gyro_sums_up_turns_across_north_and_its_bias() -> None:
    imu = InertialMeasurementUnitParameters(3.6, 0.0, 0.0, 0.0)
    made = device(SimInertialMeasurementUnit, Body("rover", heading=6.2), imu, dice=Dice(1.0))
    made.body.heading = 0.1
    await asyncio.sleep(1000.0)
    yaw = (await made.state()).yaw
    assert yaw == pytest.approx(0.1 + 2.0 * pi - 6.2 + radians(1.0))
    made.body.heading = 6.2
    assert (await made.state()).yaw == pytest.approx(radians(1.0))


async def test_tilt_has_its_signs_noise_and_bias() -> None:
    imu = InertialMeasurementUnitParameters(0.0, 0.2, 0.5, 0.3)
    made = device(SimInertialMeasurementUnit, Body("rover"), imu, dice=Dice(1.0))
    made.world.point = GroundPoint(0.0, 0.1, 0.2, 0.0)
    state = await made.state()
    assert state.pitch == pytest.approx(math.atan(0.2) + radians(0.8))
    assert state.roll == pytest.approx(-math.atan(0.1) + radians(0.8))
    assert state.yaw == pytest.approx(radians(0.2))
    made.saturate(0.7)
    state = await made.state()
    assert state.saturated and state.yaw == pytest.approx(0.7 + radians(0.2))
    assert not (await made.state()).saturated


@pytest.mark.parametrize(
    ("elevation", "dust", "valid"),
    [(10.01, 1.999, True), (9.99, 1.999, False), (10.1, 2.0, False), (10.1, 2.1, False)],
)
async def test_the_sun_is_found_above_its_least_height_and_not_through_dust(
    elevation: float, dust: float, valid: bool
) -> None:
    body, parameters = Body("rover", heading=1.0), SunSensorParameters(10.0, 2.0, 0.0, 0.0)
    made = device(SimSunSensor, body, parameters)
    made.world.sky.sun_elevation, made.world.sky.optical_depth = radians(elevation), dust
    seen = await made.direction()
    assert seen.valid is valid
    assert seen.azimuth == pytest.approx(radians(100.0) - 1.0)
    assert seen.elevation == pytest.approx(radians(elevation))
    made.fail("blind")
    assert not (await made.direction()).valid


async def test_the_sun_is_off_by_noise_and_bias_and_its_azimuth_stays_within_a_circle() -> None:
    made = device(
        SimSunSensor, Body("rover", heading=2.0), SunSensorParameters(10.0, 2.0, 0.5, 0.25),
        dice=Dice(1.0),
    )  # fmt: skip
    seen = await made.direction()
    assert seen.azimuth == pytest.approx(radians(100.75) - 2.0 + 2.0 * pi)
    assert seen.elevation == pytest.approx(radians(40.5))


async def test_the_rack_feels_what_stands_in_it() -> None:
    registry = tubes(a=TubeState(ROVER_RACK, 5), b=TubeState(ROVER_GRIPPER))
    made = device(SimTubeRack, TubeRackParameters(0.01), world=World(registry))
    seated = (await made.state()).seated
    assert [slot for slot, there in enumerate(seated) if there] == [5] and len(seated) == 36
    made.random.chance = 0.0099
    assert not (await made.state()).seated[5]
    made.random.chance = 0.01
    made.fail("stuck_open", slot=5)
    made.fail("stuck_closed", slot=0)
    seated = (await made.state()).seated
    assert seated[0] and not seated[5]


async def test_wheels_that_spin_dig_in_and_come_out_again() -> None:
    made = wheels()
    made.world.point = GroundPoint(0.0, 0.0, 0.0, 0.0, 0.99)
    for _ in range(4):
        await made.drive(5.0)
    assert 0.03 < made.depth < 0.0024 * 20.0 and made.body.north < 0.2
    deep, north = made.depth, made.body.north
    await made.turn(1.0)
    assert made.depth == deep, "a turn on the spot makes no hole"
    made.world.point = GroundPoint(0.0, 0.0, 0.0, 0.0)
    made.body.heading = 0.0
    await made.drive(2.0)
    assert made.depth < 0.001 and 1.0 < made.body.north - north < 1.9, "it gets on less at first"
