"""Arrays that are turned aside and find back, latch valves, a nozzle that is placed, and what a
record keeps of an upset."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from sim_hw.devices.ascent_recorder import AscentRecorderParameters, SimAscentRecorder
from sim_hw.devices.attitude_effectors import EffectorParameters, SimAttitudeEffectors
from sim_hw.devices.orbiter_array_drive import ArrayDriveParameters, SimArrayDrive
from sim_hw.devices.orbiter_lines import SimPropellantLines
from sim_hw.serving.driven import DrivenAxis
from tests.sim_hw.devices.mav_stubs import Body, Truth, made
from tests.sim_hw.devices.orbiter_stubs import device, refused


class Generator:
    """Keeps its share, and at what share it was when time was made up for."""

    def __init__(self) -> None:
        self.generator_share = 1.0
        self.made_up: list[float] = []

    def advance(self) -> None:
        self.made_up.append(self.generator_share)


def drive() -> tuple[Any, Generator]:
    power = Generator()
    return device(SimArrayDrive, ArrayDriveParameters(rate=0.01, stop=1.5), power), power


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_arrays_that_are_turned_give_the_cosine_and_look_back_after_an_hour() -> None:
    arrays, power = drive()
    assert (await arrays.state()).following
    began = now()
    state = await arrays.turn(-1.0)
    assert now() - began == pytest.approx(100.0)
    assert (state.angle, state.following) == (-1.0, False)
    assert power.generator_share == pytest.approx(math.cos(1.0)) and power.made_up == [1.0]
    await asyncio.sleep(3599.9)
    assert not (await arrays.state()).following
    await asyncio.sleep(0.2)
    state = await arrays.state()
    assert (state.angle, state.following, power.generator_share) == (0.0, True, 1.0)
    assert power.made_up == [1.0, pytest.approx(math.cos(1.0))]


async def test_arrays_that_are_told_again_are_held_from_then_on() -> None:
    arrays, power = drive()
    await arrays.turn(0.5)
    await asyncio.sleep(3000.0)
    await arrays.turn(0.6)  # 10 s
    await asyncio.sleep(3595.0)
    assert power.generator_share == pytest.approx(math.cos(0.6)), "the first hour is over"
    await asyncio.sleep(10.0)
    assert power.generator_share == 1.0


async def test_arrays_that_follow_give_all_and_the_hour_that_was_begun_says_nothing() -> None:
    arrays, power = drive()
    await arrays.turn(1.2)
    began = now()
    state = await arrays.follow()
    assert now() - began == pytest.approx(120.0)
    assert (state.angle, state.following, power.generator_share) == (0.0, True, 1.0)
    made_up = len(power.made_up)
    await asyncio.sleep(4000.0)
    assert len(power.made_up) == made_up


@pytest.mark.parametrize(("angle", "there"), [(1.5, 1.5), (-1.5, -1.5), (1.51, 1.5), (-9.0, -1.5)])
async def test_arrays_turn_as_far_as_their_stop_and_say_when_they_were_told_further(
    angle: float, there: float
) -> None:
    arrays, power = drive()
    if abs(angle) > 1.5:
        await refused(arrays.turn(angle), "stop")
    else:
        assert not (await arrays.turn(angle)).following
    assert (await arrays.state()).angle == there
    assert power.generator_share == pytest.approx(math.cos(1.5))


async def test_arrays_that_look_away_from_the_sun_give_nothing() -> None:
    power = Generator()
    arrays: Any = device(SimArrayDrive, ArrayDriveParameters(rate=0.1, stop=3.0), power)
    await arrays.turn(2.0)
    assert power.generator_share == 0.0


async def test_valves_are_set_after_a_tenth_of_a_second_each_its_own() -> None:
    lines: Any = device(SimPropellantLines)
    set_to: list[Any] = []
    tanks = SimpleNamespace(a=True, b=True)

    def set_valves(a: bool, b: bool) -> None:
        set_to.append((a, b, now()))
        tanks.a, tanks.b = a, b

    tanks.set_valves = set_valves
    lines.vehicle.tanks = tanks
    began = now()
    for a, b in ((False, True), (True, False), (False, False)):
        state = await lines.set_valves(a, b)
        assert (state.a, state.b) == (a, b)
        assert ((await lines.state()).a, (await lines.state()).b) == (a, b)
    assert [each[:2] for each in set_to] == [(False, True), (True, False), (False, False)]
    assert set_to[-1][2] - began == pytest.approx(0.3)


# ---------------------------------------------------------------------------------- nozzle

EFFECTORS = EffectorParameters(
    nozzle_rate=30.0, nozzle_lag=0.02, roll_moment=5.0, turning_moment=20.0,
    first_turning_moment=60.0, first_lever=1.0, lever=0.5, forward_thrust=40.0, least_pulse=0.02,
    gas_specific_impulse=60.0,
)  # fmt: skip
LIMIT = math.radians(5.0)


@pytest.mark.parametrize(
    ("pitch", "there"), [(0.01, 0.01), (LIMIT, LIMIT), (0.2, LIMIT), (-0.2, -LIMIT)]
)
def test_a_nozzle_is_placed_no_further_than_its_stop(pitch: float, there: float) -> None:
    truth = Truth(Body())
    nozzle = made(SimAttitudeEffectors, truth, EFFECTORS)
    nozzle.stand(pitch, -pitch, (0.1, -0.1, 0.0), 0.0)
    assert (nozzle.pitch, nozzle.yaw) == (there, -there)
    effort = truth.body.effort  # type: ignore[union-attr]
    assert (effort.pitch, effort.yaw) == (there, -there)
    assert effort.pushes[:2] == (5.0, -60.0) and effort.ends == (100.1, 100.1, 100.0, 100.0)
    assert truth.body.advanced == [100.0]  # type: ignore[union-attr]
    assert nozzle.stop == LIMIT
    assert nozzle.driven() == [
        DrivenAxis("pitch", there, -LIMIT, LIMIT), DrivenAxis("yaw", -there, -LIMIT, LIMIT),
    ]  # fmt: skip


def test_a_nozzle_that_is_stuck_stays_where_it_is_and_its_thrusters_push() -> None:
    truth = Truth(Body())
    nozzle = made(SimAttitudeEffectors, truth, EFFECTORS)
    nozzle.stand(0.03, 0.02, (0.0, 0.0, 0.0), 0.0)
    nozzle.fail("nozzle_stuck")
    nozzle.stand(-0.05, -0.05, (0.0, 0.0, 0.5), 0.0)
    assert (nozzle.pitch, nozzle.yaw) == (0.03, 0.02)
    assert truth.body.effort.ends[2] == 100.5  # type: ignore[union-attr]


def test_before_it_flies_a_nozzle_is_placed_and_pushes_nothing() -> None:
    truth = Truth()
    nozzle = made(SimAttitudeEffectors, truth, EFFECTORS)
    nozzle.stand(0.03, 0.0, (1.0, 1.0, 1.0), 1.0)
    assert nozzle.pitch == 0.03 and truth.body is None


@pytest.mark.parametrize(("seconds", "acts"), [(0.02, True), (0.0199, False), (-0.02, True)])
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_a_pulse_that_is_shorter_than_a_valve_can_does_nothing(
    axis: int, seconds: float, acts: bool
) -> None:
    truth = Truth(Body())
    truth.body.has_first_stage = False  # type: ignore[union-attr]
    nozzle = made(SimAttitudeEffectors, truth, EFFECTORS)
    pulses = tuple(seconds if axis == each else 0.0 for each in range(3))
    nozzle.apply(0.0, 0.0, pulses, seconds if axis == 3 else 0.0)
    acts = acts and (axis < 3 or seconds > 0.0)  # it pushes forward only
    ends = truth.body.effort.ends  # type: ignore[union-attr]
    assert [end > 100.0 for end in ends] == [acts and axis == each for each in range(4)]
    assert truth.body.effort.pushes[3] == 40.0  # type: ignore[union-attr]


# ---------------------------------------------------------------------------------- record


@pytest.mark.parametrize("more", [0, 2, 3, 5, 6, 9])
async def test_an_upset_is_where_it_happened_also_after_the_ring_has_turned(more: int) -> None:
    recorder = made(SimAscentRecorder, Truth(), AscentRecorderParameters(1000))
    recorder.parameters = SimpleNamespace(capacity=8)
    await recorder.append(b"abcdef")
    heal = recorder.fail("corrupt")
    assert await recorder.read(0, 8) == b"abc" + bytes([ord("d") ^ 0xFF]) + b"ef"
    await recorder.append(bytes(more))
    heal()
    kept = (b"abcdef" + bytes(more))[-8:]
    assert await recorder.read(0, 8) == kept
