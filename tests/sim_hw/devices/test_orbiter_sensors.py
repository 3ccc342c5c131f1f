"""Wheels, thrusters, LiDAR and cameras of the orbiter: limits exactly met, noise, blindness."""

import asyncio
import math
from typing import Any

import pytest

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.quaternions import from_axis_angle
from flight.astrodynamics.vectors import norm, scale
from flight.icd.devices.base import DeviceRejected
from flight.icd.devices.orbiter_navigation import BLINDED, TURNING
from sim_hw.devices.narrow_angle_camera import CameraParameters, SimNarrowAngleCamera
from sim_hw.devices.orbiter_attitude_control import SimOrbiterAttitudeControl
from sim_hw.devices.orbiter_inertial_unit import OrbiterInertialParameters, SimOrbiterInertialUnit
from sim_hw.devices.orbiter_star_tracker import SimOrbiterStarTracker, StarTrackerParameters
from sim_hw.devices.orbiter_thrusters import SimOrbiterThrusters, ThrusterParameters
from sim_hw.devices.scanning_lidar import SimScanningLidar
from tests.sim_hw.devices.orbiter_stubs import (
    AU,
    CAMERA,
    LIDAR,
    SMALL,
    device,
    refused,
)
from tests.sim_hw.devices.stubs import Dice


async def test_a_turn_takes_its_time_and_the_star_tracker_is_blind_meanwhile() -> None:
    made = device(SimOrbiterAttitudeControl)
    with pytest.raises(DeviceRejected, match="needs a length"):
        await made.point([0.0, 0.0, 0.0])
    await made.point([0.0, 0.0, 2.0])
    assert made.world.now() == 100.0 and made.vehicle.turning_until == 100.0
    assert made.vehicle.turned == [((0.0, 0.0, 2.0), 1.0)]


async def test_a_turn_that_is_broken_off_has_gone_a_part_of_its_way() -> None:
    made = device(SimOrbiterAttitudeControl)
    work = asyncio.ensure_future(made.point([0.0, 1.0, 0.0]))
    await asyncio.sleep(25.0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert made.vehicle.turned == [((0.0, 1.0, 0.0), 0.25)]
    assert made.vehicle.turning_until == 25.0


async def test_failing_wheels_do_not_turn_so_many_times() -> None:
    made = device(SimOrbiterAttitudeControl)
    made.fail("wheels", tries=1)
    await refused(made.point([1.0, 0.0, 0.0]), "wheels")
    assert made.vehicle.turned == [] and made.world.now() == 0.0
    await made.point([1.0, 0.0, 0.0])
    made.electrical.brownout = True
    await refused(made.point([1.0, 0.0, 0.0]), "no_power")


async def test_gyroscopes_feel_the_turn_as_long_as_it_lasts() -> None:
    made = device(SimOrbiterInertialUnit, OrbiterInertialParameters(0.001, 0.002, 0.0))
    assert made.vehicle.accelerometer == (0.001, 0.002)
    made.vehicle.turning_until = 5.0
    assert (await made.state()).rate == [0.0, 0.0, 0.01]
    await asyncio.sleep(5.0)
    state = await made.state()
    assert state.rate == [0.0, 0.0, 0.0] and state.valid
    assert state.delta_v == [1.0, 2.0, 3.0] and not state.saturated
    made.vehicle.felt.saturated = True
    made.fail("invalid")
    state = await made.state()
    assert not state.valid and state.saturated
    made.fail("invalid", lasting=False)
    assert (await made.state()).valid


@pytest.mark.parametrize(("angle", "valid"), [(25.9, False), (26.1, True)])
async def test_a_star_tracker_needs_the_sun_out_of_its_baffle(angle: float, valid: bool) -> None:
    made = device(SimOrbiterStarTracker, StarTrackerParameters(1e-3))
    made.vehicle.sun = (math.sin(math.radians(angle)), 0.0, math.cos(math.radians(angle)))
    told = await made.attitude()
    assert told.valid is valid and told.quaternion[3] == 1e-3
    assert told.reason == ("" if valid else BLINDED)
    made.vehicle.turning_until = 1.0
    told = await made.attitude()
    assert not told.valid and told.reason == (TURNING if valid else BLINDED)
    made.vehicle.turning_until = 0.0
    assert (await made.attitude()).valid is valid
    made.fail("blind")
    told = await made.attitude()
    assert not told.valid and told.reason == ("" if valid else BLINDED)
    made.fail("blind", lasting=False)
    assert (await made.attitude()).valid is valid


# -------------------------------------------------------------------- thrusters


async def test_a_firing_has_a_smallest_and_a_largest_size() -> None:
    for size, code in ((0.01, ""), (0.00999, "too_small"), (5.0, ""), (5.001, "too_large")):
        made = device(SimOrbiterThrusters, SMALL)
        if code:
            await refused(made.fire([0.0, size, 0.0]), code)
            assert made.vehicle.kicks == []
        else:
            report = await made.fire([0.0, size, 0.0])
            assert report.seconds == pytest.approx(size * 1000.0 / 20.0) and report.completed
            assert made.vehicle.kicks == [pytest.approx((0.0, size, 0.0))]
            assert made.vehicle.used == [(pytest.approx(size), 220.0)]
            assert made.vehicle.felt_changes == made.vehicle.kicks


async def test_empty_tanks_and_a_stuck_valve_push_nothing() -> None:
    made = device(SimOrbiterThrusters, SMALL)
    made.fail("valve", tries=1)
    await refused(made.fire([1.0, 0.0, 0.0]), "valve")
    await made.fire([1.0, 0.0, 0.0])
    made.vehicle.propellant = 0.0
    await refused(made.fire([1.0, 0.0, 0.0]), "empty")
    assert len(made.vehicle.kicks) == 1


async def test_what_the_tanks_hold_limits_the_change() -> None:
    made = device(SimOrbiterThrusters, SMALL)
    made.vehicle.possible = 0.4
    await made.fire([2.0, 0.0, 0.0])
    assert made.vehicle.kicks == [pytest.approx((0.4, 0.0, 0.0))]


async def test_errors_and_weakness_of_a_firing() -> None:
    made = device(
        SimOrbiterThrusters, ThrusterParameters(20.0, 220.0, 10.0, 5.0, 0.02, 0.01), dice=Dice(1.0)
    )
    made.fail("weak", fraction=0.5)
    await made.fire([2.0, 0.0, 0.0])
    assert made.vehicle.kicks == [pytest.approx((1.02 + 0.02, 0.02, 0.02))]


@pytest.mark.parametrize(("after", "given"), [(10.0, 0.2), (24.9, 0.498), (30.0, 1.0)])
async def test_a_firing_that_is_broken_off_has_given_its_part_once(
    after: float, given: float
) -> None:
    made = device(SimOrbiterThrusters, SMALL)
    work = asyncio.ensure_future(made.fire([1.0, 0.0, 0.0]))  # 50 s, its impulse after 25
    await asyncio.sleep(after)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert made.vehicle.kicks == [pytest.approx((given, 0.0, 0.0))]


# ------------------------------------------------------------------------ lidar


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ((500.0, 0.0, 0.0), True), ((500.1, 0.0, 0.0), False), ((0.0, 0.0, 0.0), False),
        ((100.0, 100.0 * math.tan(math.radians(9.99)), 0.0), True),
        ((100.0, 100.0 * math.tan(math.radians(10.01)), 0.0), False),
        ((-100.0, 0.0, 0.0), False), (None, False),
    ],
)  # fmt: skip
async def test_the_lidar_sees_what_is_near_and_in_its_field(line: Any, seen: bool) -> None:
    made = device(SimScanningLidar, LIDAR)
    made.vehicle.relative_position = lambda: line
    told = await made.scan()
    assert told.valid is seen
    if seen:
        assert told.range == pytest.approx(norm(line))
        assert told.direction == pytest.approx(list(scale(1.0 / norm(line), line)))


async def test_lidar_dropouts_noise_and_the_frame_of_the_vehicle() -> None:
    made = device(SimScanningLidar, LIDAR)
    made.vehicle.relative_position = lambda: (0.0, 100.0, 0.0)
    made.vehicle.attitude = from_axis_angle((0.0, 0.0, 1.0), 0.5 * math.pi)
    told = await made.scan()
    assert told.direction == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)
    made.random.bell = 1.0
    assert (await made.scan()).range == pytest.approx(100.0 + 0.1 + 0.1)
    made.random.chance = 0.099
    assert not (await made.scan()).valid
    made.random.chance = 0.1
    assert (await made.scan()).valid
    made.fail("dropouts", probability=0.3)
    assert not (await made.scan()).valid
    made.random.chance = 0.9999
    made.fail("dead")
    assert not (await made.scan()).valid
    made.fail("dead", lasting=False)
    assert (await made.scan()).valid


# ----------------------------------------------------------------------- camera


def camera(line: Any, dice: Dice | None = None) -> Any:
    made = device(SimNarrowAngleCamera, CAMERA, dice=dice or Dice(chance=0.5))
    made.vehicle.relative_position = lambda: line
    return made


@pytest.mark.parametrize(
    ("angle", "seen"), [(4.99, True), (5.01, False), (-4.99, True), (90.0, False)]
)
async def test_a_target_has_to_be_in_the_field_of_view(angle: float, seen: bool) -> None:
    a = math.radians(angle)
    made = camera((1e4 * math.cos(a), 1e4 * math.sin(a), 0.0))
    made.vehicle.sun = (-AU, 0.0, 0.0)
    made.vehicle.place = (-1.0e7, 0.0, 0.0)
    image = await made.expose(2.0)
    assert image.valid and len(image.targets) == seen
    if seen:
        assert image.targets[0].direction == pytest.approx([math.cos(a), math.sin(a), 0.0])
    assert made.world.now() == 2.0


@pytest.mark.parametrize(("angle", "valid"), [(29.9, False), (30.1, True)])
async def test_an_image_near_the_sun_shows_nothing(angle: float, valid: bool) -> None:
    made = camera((1e4, 0.0, 0.0))
    a = math.radians(angle)
    made.vehicle.sun = (AU * math.cos(a), AU * math.sin(a), 0.0)
    image = await made.expose(1.0)
    assert image.valid is valid
    if not valid:
        assert image.targets == []


async def test_behind_mars_or_its_haze_nothing_is_seen() -> None:
    radius = MARS_IAU.equatorial_radius
    for height, seen in ((59_000.0, False), (61_000.0, True)):
        made = camera((2.0e7, 0.0, 0.0))
        made.vehicle.place = (-1.0e7, radius + height, 0.0)
        assert made._in_view((2.0e7, 0.0, 0.0)) is seen
        assert made._in_view((5.0e6, 0.0, 0.0)), "it stands before Mars"


async def test_a_container_in_the_shadow_of_mars_is_dark() -> None:
    radius = MARS_IAU.equatorial_radius
    made = camera((1e4, 0.0, 0.0))
    made.vehicle.place = (-1.0e7, 0.0, 0.0)
    sun = (AU, 0.0, 0.0)
    assert made.magnitude((1e4, 0.0, 0.0), sun) == math.inf
    assert made.magnitude((1e4, radius + 1.0, 0.0), sun) < math.inf
    made.vehicle.place = (1.0e7, 0.0, 0.0)
    assert made.magnitude((1e4, 0.0, 0.0), sun) < math.inf, "on the side of the Sun"


def test_a_lit_sphere_has_the_magnitude_of_lambert() -> None:
    made = camera((1e4, 0.0, 0.0))
    made.vehicle.place = (-1.0e7, 0.0, 0.0)
    full = made.magnitude((1e4, 0.0, 0.0), (-AU, 0.0, 0.0))
    reflected = 2.0 / 3.0 * 0.5 * (0.1 / 1e4) ** 2
    assert full == pytest.approx(-26.74 - 2.5 * math.log10(reflected))
    half = made.magnitude((1e4, 0.0, 0.0), (0.0, AU, 0.0))
    assert half - full == pytest.approx(2.5 * math.log10(math.pi))
    assert made.magnitude((1e5, 0.0, 0.0), (-AU, 0.0, 0.0)) - full == pytest.approx(5.0)
    assert made.magnitude((1e4, 0.0, 0.0), (-10.0 * AU, 0.0, 0.0)) - full == pytest.approx(5.0)


async def test_faint_missed_and_false_targets() -> None:
    near = camera((1e4, 0.0, 0.0))
    near.vehicle.sun = (-AU, 0.0, 0.0)
    magnitude = (await near.expose(1.0)).targets[0].magnitude
    for limit, seen in ((magnitude + 1e-6, True), (magnitude - 1e-6, False)):
        near.parameters = CameraParameters(
            10.0, 1e-5, 1.0, limit, 30.0, 0.2, 0.1, 1e-4, 0.1, 0.5, 0.0
        )
        assert len((await near.expose(1.0)).targets) == seen
    near.parameters = CAMERA
    for chance, count in ((0.2, 1), (0.199, 0), (0.1, 0), (0.099, 1)):
        near.random.chance = chance
        assert len((await near.expose(1.0)).targets) == count, chance
    near.random.chance = 0.0
    (false,) = (await near.expose(1.0)).targets
    half = math.tan(math.radians(5.0))
    assert abs(false.direction[1] / false.direction[0]) <= half


async def test_a_noisy_camera_and_a_blind_one() -> None:
    made = camera((1e4, 0.0, 0.0), Dice(1.0))
    made.vehicle.sun = (-AU, 0.0, 0.0)
    image = await made.expose(1.0)
    assert image.targets[0].direction[1] == pytest.approx(1e-5, rel=1e-6)
    assert image.quaternion[3] == 1e-4
    made.fail("noisy", factor=4.0)
    assert (await made.expose(1.0)).targets[0].direction[1] == pytest.approx(4e-5, rel=1e-6)
    made.fail("blind")
    await refused(made.expose(1.0), "blinded")
    made.fail("blind", lasting=False)
    assert (await made.expose(1.0)).valid


async def test_with_both_lines_closed_nothing_burns() -> None:
    made = device(SimOrbiterThrusters, SMALL)
    made.vehicle.tanks.feeds = False
    await refused(made.fire([1.0, 0.0, 0.0]), "valve")
