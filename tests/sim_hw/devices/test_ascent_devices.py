"""The MAV's devices one by one: at their limits, a second time, broken, without power."""

import math

import pytest

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.icd.devices.base import DeviceFault, DeviceRejected
from sim_hw.devices.ascent_recorder import (
    AscentRecorderParameters,
    SimAscentRecorder,
)
from sim_hw.devices.ascent_star_tracker import SimAscentStarTracker, StarTrackerParameters
from sim_hw.devices.attitude_effectors import EffectorParameters, SimAttitudeEffectors
from sim_hw.devices.beacon import BeaconParameters, SimBeacon
from sim_hw.devices.ejector import SimEjector
from sim_hw.devices.igniter import IgniterParameters, SimIgniter
from sim_hw.devices.separation import SimSeparation
from tests.sim_hw.devices.mav_stubs import Body, Truth, made
from tests.sim_hw.devices.stubs import Dice


async def test_without_power_nothing_on_the_mav_answers_but_its_beacon() -> None:
    truth = Truth(Body())
    igniter = made(SimIgniter, truth, IgniterParameters(1.0, 0.05, 0.0), 0)
    recorder = made(SimAscentRecorder, truth, AscentRecorderParameters(1000))
    tracker = made(SimAscentStarTracker, truth, StarTrackerParameters(0.01, 1.0, 3e4))
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    separation = made(SimSeparation, truth, None)
    ejector = made(SimEjector, truth)
    calls = {
        igniter.state: (), igniter.fire: (), recorder.state: (), recorder.append: (b"1",),
        recorder.read: (0, 1), recorder.erase: (), tracker.attitude: (),
        effectors.steer: (0.0, 0.0, (0.0, 0.0, 0.0), 0.0), separation.state: (),
        separation.separate_stage: (), ejector.state: (), ejector.eject: (),
    }  # fmt: skip
    for call, arguments in calls.items():
        call.__self__.supply.brownout = True
        with pytest.raises(DeviceFault, match="no power") as refused:
            await call(*arguments)
        assert refused.value.code == "no_power"
    assert truth.body is not None and igniter.charges == 2 and truth.body.ignited == []
    assert recorder.memory == b"" and truth.body.has_first_stage
    assert ejector.charged and truth.ejected == 0
    beacon = made(SimBeacon, truth, BeaconParameters(1.0, 1.0))
    beacon.supply.brownout = True
    assert (await beacon.set_sending(True)).sending


async def test_stamps_are_nanoseconds_of_mission_time() -> None:
    truth = Truth(Body())
    truth.clock.now = 12.5
    recorder = made(SimAscentRecorder, truth, AscentRecorderParameters(1000))
    assert (await recorder.state()).time_ns == 12_500_000_000


async def test_an_unknown_failure_is_refused_by_each_and_changes_nothing() -> None:
    truth = Truth(Body())
    truth.state = (*truth.state[:3], (0.0, 0.0, 0.0))
    for device in (
        made(SimIgniter, truth, IgniterParameters(1.0, 0.05, 0.0), 0),
        made(SimAscentRecorder, truth, AscentRecorderParameters(1000)),
        made(SimAscentStarTracker, truth, StarTrackerParameters(0.01, 1.0, 3e4)),
        made(SimAttitudeEffectors, truth, EFFECTORS),
        made(SimSeparation, truth, None),
        made(SimEjector, truth),
        made(SimBeacon, truth, BeaconParameters(1.0, 1.0)),
    ):
        with pytest.raises(ValueError, match="has no failure 'gone'"):
            device.fail("gone")


# --------------------------------------------------------------------- recorder


async def test_the_ring_keeps_the_newest_bytes_and_counts_what_it_has_overwritten() -> None:
    recorder = made(SimAscentRecorder, Truth(), AscentRecorderParameters(1000))
    full = await recorder.append(bytes(1000))
    assert (full.size, full.overwritten) == (1000, 0)
    state = await recorder.append(b"abc")
    assert (state.size, state.overwritten) == (1000, 3)
    assert await recorder.read(997, 10) == b"abc"
    assert (await recorder.append(b"d")).overwritten == 4
    erased = await recorder.erase()
    assert (erased.size, erased.overwritten) == (0, 0)
    assert await recorder.read(0, 1) == b""


@pytest.mark.parametrize(
    ("offset", "length", "allowed"),
    [
        (0, 1, True), (-1, 1, False), (0, 0, False), (0, -1, False), (0, 65_536, True),
        (0, 65_536 + 1, False), (10**9, 1, True),
    ],
)  # fmt: skip
async def test_a_read_has_an_offset_from_zero_and_a_bounded_length(
    offset: int, length: int, allowed: bool
) -> None:
    recorder = made(SimAscentRecorder, Truth(), AscentRecorderParameters(1000))
    await recorder.append(b"xyz")
    if allowed:
        assert await recorder.read(offset, length) == b"xyz"[offset : offset + length]
    else:
        with pytest.raises(DeviceRejected, match="allowed are an offset"):
            await recorder.read(offset, length)


async def test_a_corrupt_recorder_has_one_wrong_byte_in_its_middle() -> None:
    recorder = made(SimAscentRecorder, Truth(), AscentRecorderParameters(1000))
    await recorder.append(b"\x00" * 5)
    recorder.fail("corrupt")
    assert await recorder.read(0, 5) == b"\x00\x00\xff\x00\x00"


# ----------------------------------------------------------------- star tracker


@pytest.mark.parametrize(
    ("height", "turn", "blind", "flying", "valid"),
    [
        (30_000.0, 2.0, False, True, True),
        (29_999.0, 2.0, False, True, False),  # the sky is bright
        (30_000.0, 2.001, False, True, False),  # too fast
        (30_000.0, 2.0, True, True, False),
        (30_000.0, 2.0, False, False, False),  # in its tube it sees the tube
    ],
)
async def test_stars_are_seen_in_a_dark_sky_from_a_vehicle_that_turns_slowly(
    height: float, turn: float, blind: bool, flying: bool, valid: bool
) -> None:
    truth = Truth(Body() if flying else None)
    truth.height = height
    truth.state = (*truth.state[:3], (0.0, -math.radians(turn), 0.0))
    tracker = made(SimAscentStarTracker, truth, StarTrackerParameters(0.02, 2.0, 30_000.0))
    if blind:
        tracker.fail("blind")
    picture = await tracker.attitude()
    assert picture.valid is valid
    assert picture.sigma == math.radians(0.02)


async def test_the_error_of_a_star_attitude_is_its_sigma_about_each_axis() -> None:
    tracker = made(
        SimAscentStarTracker, Truth(Body()), StarTrackerParameters(0.02, 2.0, 0.0), dice=Dice(1.0)
    )
    attitude = (await tracker.attitude()).attitude
    assert attitude[1:] == pytest.approx([0.5 * math.radians(0.02)] * 3, rel=1e-6)


# -------------------------------------------------------------------- effectors

EFFECTORS = EffectorParameters(
    nozzle_rate=30.0, nozzle_lag=0.03, roll_moment=1.0, turning_moment=3.0,
    first_turning_moment=40.0, first_lever=1.45, lever=0.5, forward_thrust=16.0,
    least_pulse=0.008, gas_specific_impulse=70.0,
)  # fmt: skip
NONE = (0.0, 0.0, 0.0)


async def test_the_nozzle_lags_is_limited_in_rate_and_in_angle() -> None:
    truth = Truth(Body())
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    await effectors.steer(0.01, -0.01, NONE, 0.0)
    assert (effectors.pitch, effectors.yaw) == (0.0, 0.0), "an order takes time"
    truth.clock.now += 0.03
    state = await effectors.steer(1.0, -1.0, NONE, 0.0)
    assert state.pitch == pytest.approx(0.01 * (1.0 - math.exp(-1.0)))
    assert state.yaw == pytest.approx(-0.01 * (1.0 - math.exp(-1.0)))
    truth.clock.now += 0.01
    limited = await effectors.steer(1.0, -1.0, NONE, 0.0)
    assert limited.pitch - state.pitch == pytest.approx(math.radians(30.0) * 0.01)
    assert limited.yaw - state.yaw == pytest.approx(-math.radians(30.0) * 0.01)
    truth.clock.now += 5.0
    end = await effectors.steer(0.0, 0.0, NONE, 0.0)
    assert end.pitch == pytest.approx(math.radians(5.0))
    assert end.yaw == pytest.approx(-math.radians(5.0))


async def test_the_second_motor_has_its_own_gimbal_and_in_the_tube_that_of_the_first_counts() -> (
    None
):
    for body, largest in ((None, 5.0), (Body(), 5.0), (Body(), 2.0)):
        truth = Truth(body)
        if largest == 2.0 and body is not None:
            body.has_first_stage = False
        effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
        await effectors.steer(1.0, 0.0, NONE, 0.0)
        truth.clock.now += 9.0
        state = await effectors.steer(1.0, 0.0, NONE, 0.0)
        assert state.pitch == pytest.approx(math.radians(largest))


async def test_a_stuck_nozzle_stays_where_it_is() -> None:
    truth = Truth(Body())
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    await effectors.steer(0.02, 0.0, NONE, 0.0)
    truth.clock.now += 1.0
    await effectors.steer(0.0, 0.0, NONE, 0.0)
    effectors.fail("nozzle_stuck")
    truth.clock.now += 1.0
    assert (await effectors.steer(0.0, 0.0, NONE, 0.0)).pitch == pytest.approx(0.02)


async def test_pulses_push_for_their_time_from_now_and_not_when_they_are_too_short() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    await effectors.steer(0.0, 0.0, (0.008, -0.5, 0.0079), 0.0079)
    assert truth.body.advanced == [100.0], "what was told before has acted until now"
    assert truth.body.effort.ends == (100.008, 100.5, 100.0, 100.0)
    assert truth.body.effort.pushes == (1.0, -40.0, 40.0, 0.0)
    truth.body.has_first_stage = False
    await effectors.steer(0.0, 0.0, (-0.2, 0.0079, -0.008), 0.008)
    assert truth.body.effort.ends == (100.2, 100.0, 100.008, 100.008)
    assert truth.body.effort.pushes == (-1.0, 3.0, -3.0, 16.0)


async def test_the_gas_that_flows_is_thrust_over_its_exhaust_speed() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    exhaust = 70.0 * STANDARD_GRAVITY
    await effectors.steer(0.0, 0.0, NONE, 0.0)
    base = 40.0 / 1.45 / exhaust
    assert truth.body.effort.flows == pytest.approx(
        (1.0 / 0.25 / exhaust, base, base, 16.0 / exhaust)
    )
    truth.body.has_first_stage = False
    await effectors.steer(0.0, 0.0, NONE, 0.0)
    second = 3.0 / 0.5 / exhaust
    assert truth.body.effort.flows == pytest.approx(
        (1.0 / 0.25 / exhaust, second, second, 16.0 / exhaust)
    )


async def test_gas_that_is_shut_in_pushes_nothing_is_not_lost_and_is_there_again() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    truth.body.has_first_stage = False
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    assert (await effectors.steer(0.0, 0.0, (0.5, 0.0, 0.0), 0.5)).gas == 2.0
    heal = effectors.fail("no_gas")
    assert truth.body.effort.ends == (100.0, 100.0, 100.0, 100.0), "it ends what it was about"
    assert (await effectors.steer(0.0, 0.0, (0.5, 0.0, 0.0), 0.5)).gas == 0.0
    assert truth.body.effort.ends == (100.0, 100.0, 100.0, 100.0)
    assert truth.body.gas == 2.0
    heal()
    assert (await effectors.steer(0.0, 0.0, (0.5, 0.0, 0.0), 0.5)).gas == 2.0
    assert truth.body.effort.ends == (100.5, 100.0, 100.0, 100.5)


async def test_the_first_stage_has_gas_of_its_own() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    effectors.fail("no_gas")
    await effectors.steer(0.0, 0.0, (0.5, 0.0, 0.0), 0.0)
    assert truth.body.effort.ends[0] == 100.5


async def test_gas_that_is_shut_in_shows_before_the_launch_and_stays_so_behind_it() -> None:
    truth = Truth()
    effectors = made(SimAttitudeEffectors, truth, EFFECTORS)
    assert effectors.gas == 2.0
    effectors.fail("no_gas")
    assert effectors.gas == 0.0
    truth.body = Body()
    assert effectors.gas == 0.0


# ----------------------------------------------------------------------- beacon


async def test_the_beacon_sends_until_its_cell_is_empty_and_then_not_again() -> None:
    truth = Truth(Body())
    beacon = made(SimBeacon, truth, BeaconParameters(energy=2.0, mean_power=0.5))
    truth.clock.now += 3600.0
    assert (await beacon.set_sending(True)).energy == 2.0, "off it uses nothing"
    truth.clock.now += 3600.0
    state = await beacon.state()
    assert state.sending and state.energy == pytest.approx(1.5)
    assert not (await beacon.set_sending(False)).sending and not beacon.sending
    truth.clock.now += 3600.0
    assert (await beacon.set_sending(True)).energy == pytest.approx(1.5)
    truth.clock.now += 3.1 * 3600.0
    assert not beacon.sending
    with pytest.raises(DeviceFault, match="empty") as refused:
        await beacon.set_sending(True)
    assert refused.value.code == "empty"
    assert not (await beacon.set_sending(False)).sending


async def test_a_mute_beacon_believes_that_it_sends() -> None:
    beacon = made(SimBeacon, Truth(Body()), BeaconParameters(1.0, 1.0))
    await beacon.set_sending(True)
    beacon.fail("mute")
    assert (await beacon.state()).sending and not beacon.sending
