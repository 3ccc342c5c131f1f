"""Devices that are asked twice, by two, or while they are still at what they were told before."""

import asyncio
import math
from math import sin
from typing import Any

import pytest

from flight.icd.devices.base import DeviceRejected
from flight.icd.devices.transfer_arm_geometry import READY, Pose, downward, sideways
from sim_hw.devices.descent_inertial_unit import SimDescentInertialUnit
from tests.sim_hw.devices.descent_stubs import Bench
from tests.sim_hw.devices.test_descent_devices import UNIT
from tests.sim_hw.devices.test_orbiter_limits import cone, hold
from tests.sim_hw.devices.test_rover_arm import arm as rover_arm
from tests.sim_hw.devices.test_transfer_arm_limits import loose
from tests.sim_hw.devices.transfer_arm_stubs import over, scene

# ------------------------------------------------------------------------- inertial unit


async def test_a_saturation_between_two_readings_is_told_to_each_who_has_not_read_since() -> None:
    bench = Bench(SimDescentInertialUnit, UNIT)
    unit = bench.device
    first = (await unit.increments(0)).number
    bench.vehicle.peak_rate[1] = math.radians(100.1)
    told = await unit.increments(first)
    assert told.saturated and not told.gap
    again = await unit.increments(told.number)
    assert not again.saturated, "what lies before the reading that is named is known already"
    other = await unit.increments(first)
    assert other.saturated, "somebody else who reads from before it is told as well"
    assert other.number == again.number + 1
    quiet = await unit.increments(again.number)
    assert not quiet.saturated


# ------------------------------------------------------------------------------- arm


async def test_a_motion_may_be_stopped_twice_before_it_has_ended() -> None:
    arm = await loose()
    motion = asyncio.ensure_future(arm.move_joints(list(READY)))
    await asyncio.sleep(30.0)
    await arm.stop()
    assert (await arm.stop()).moving, "it has been told, and has not ended yet"
    with pytest.raises(DeviceRejected, match="was stopped"):
        await motion
    assert not (await arm.state()).moving


@pytest.mark.parametrize("angle", [0.0, 0.05, 0.09, 0.11, 1.0, math.pi])
def test_how_far_two_axes_turn_from_each_other_is_told_as_a_sine(angle: float) -> None:
    made = scene()
    right = over((0.0, 0.0, 0.0))
    tilted = Pose((0.003, 0.004, 0.01), _leaning(angle))
    across, along, sine = made.offset(tilted, right)
    assert sine == pytest.approx(abs(sin(angle)), abs=1e-7)
    assert across == pytest.approx(0.005) and abs(along) == pytest.approx(0.01)
    assert made.within_capture(tilted, right) is (abs(sin(angle)) < 0.1)


def _leaning(angle: float) -> tuple[tuple[float, ...], ...]:
    """What points down, turned about its first axis."""
    c, s = math.cos(angle), math.sin(angle)
    return tuple(
        (row[0], c * row[1] + s * row[2], c * row[2] - s * row[1]) for row in downward(0.0)
    )


def test_axes_that_rounding_has_made_longer_than_one_have_no_angle() -> None:
    made = scene()
    longer = tuple(tuple(1.0000001 * each for each in row) for row in sideways(0.0))
    _, _, sine = made.offset(Pose((0.0, 0.0, 0.0), longer), Pose((0.0, 0.0, 0.0), longer))
    assert sine == 0.0


# ---------------------------------------------------------------------------- containment


async def test_a_second_sterilising_begins_from_what_has_cooled_down_meanwhile() -> None:
    made = hold()
    await made.sterilise(1000.0)
    hot = made._outer
    await asyncio.sleep(500.0)
    begin = made.world.now()
    state = await made.sterilise(2000.0)
    cooled = 250.0 + (hot - 250.0) * math.exp(-0.5)
    rise = 1000.0 * math.log((800.0 - cooled) / 100.0)
    assert made.world.now() - begin == pytest.approx(rise + 2000.0)
    falling = 1000.0 * math.log((hot - 250.0) / 450.0)
    assert state.hot_seconds == pytest.approx(1000.0 + falling + 2000.0)


async def test_one_that_is_hot_already_sterilises_for_the_time_that_was_asked() -> None:
    made = hold()
    await made.sterilise(5000.0)
    begin, before = made.world.now(), (await made.state()).hot_seconds
    state = await made.sterilise(100.0)
    assert made.world.now() - begin == pytest.approx(100.0, abs=1.1)
    assert state.hot_seconds - before == pytest.approx(made.world.now() - begin)


# --------------------------------------------------------------------------------- cone


async def test_a_cone_before_which_nothing_comes_waits_its_time_and_stays_open() -> None:
    made, vehicle = cone()
    vehicle.container = None
    state = await made.close_on_trigger(300.0)
    assert made.world.now() == pytest.approx(300.0)
    assert not state.triggered and not state.lid_closed and made.contact_speed is None
    far, _ = cone(distance=1001.6)
    begin = far.world.now()
    assert not (await far.close_on_trigger(50.0)).triggered
    assert far.world.now() - begin == pytest.approx(50.0)


# ----------------------------------------------------------------------------- the rover's arm


async def test_the_hand_goes_over_the_place_first_and_then_down_so_that_it_sweeps_nothing() -> None:
    made = rover_arm()
    way: list[tuple[float, str]] = []
    go = made._go

    async def noting(joints: Any, pose: str) -> None:
        way.append((made.world.now(), pose))
        await go(joints, pose)

    made._go = noting
    begin = made.world.now()
    before = made.joints
    await made.move_to(1.2, 0.3, 0.05, 0.4)
    assert [pose for _, pose in way] == ["place", "place"]
    above, target = made._solve(1.2, 0.3, 0.17, 0.4), made._solve(1.2, 0.3, 0.05, 0.4)
    assert made.joints == pytest.approx(target) and above != pytest.approx(target)
    speed, settling = 0.1, 2.0
    there = max(abs(b - a) for a, b in zip(before, above, strict=True)) / speed + settling
    down = max(abs(b - a) for a, b in zip(above, target, strict=True)) / speed + settling
    assert way[1][0] - begin == pytest.approx(there)
    assert made.world.now() - begin == pytest.approx(there + down)
