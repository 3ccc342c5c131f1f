"""The devices of the way down one by one: limits, latches, what is spoilt, what is refused."""

import math

import pytest

from flight.astrodynamics.quaternions import from_axis_angle, product
from flight.icd.devices.base import DeviceRejected
from flight.icd.devices.descent import PARTS
from sim_hw.devices.attitude_thrusters import SimAttitudeThrusters
from sim_hw.devices.descent_engines import DescentEngineParameters, SimDescentEngines
from sim_hw.devices.descent_inertial_unit import (
    DescentInertialUnitParameters,
    SimDescentInertialUnit,
)
from sim_hw.devices.landing_radar import (
    SimLandingRadar,
)
from sim_hw.devices.pyrotechnics import SimPyrotechnics
from sim_hw.devices.terrain_camera import SimTerrainCamera
from sim_hw.devices.touchdown_sensors import SimTouchdownSensors
from tests.sim_hw.devices.descent_stubs import CAMERA, RADAR, SENSORS, Bench, refused
from tests.sim_hw.devices.stubs import Dice

EXACT = DescentEngineParameters(0.0, 0.0)
UNIT = DescentInertialUnitParameters(0.0, 0.0, 100.0, 0.0, 0.0, 0.0)


async def test_without_power_none_of_them_answers() -> None:
    calls = [
        (Bench(SimAttitudeThrusters), lambda d: d.turn(0.1)),
        (Bench(SimDescentEngines, EXACT), lambda d: d.prime()),
        (Bench(SimDescentEngines, EXACT), lambda d: d.throttle([0.0] * 4)),
        (Bench(SimDescentInertialUnit, UNIT), lambda d: d.increments(0)),
        (Bench(SimDescentInertialUnit, UNIT), lambda d: d.alignment()),
        (Bench(SimLandingRadar, RADAR), lambda d: d.measure()),
        (Bench(SimTerrainCamera, CAMERA), lambda d: d.locate()),
        (Bench(SimTouchdownSensors, SENSORS), lambda d: d.state()),
        (Bench(SimTouchdownSensors, SENSORS), lambda d: d.clear()),
        (Bench(SimPyrotechnics), lambda d: d.fire("mortar", "A")),
    ]
    for bench, call in calls:
        bench.supply.off.append("device")
        await refused(call(bench.device), "no_power")
        assert bench.vehicle.did == [] and bench.vehicle.thrusts == []


async def test_unknown_failures_are_refused_by_each() -> None:
    for bench in (
        Bench(SimAttitudeThrusters), Bench(SimDescentEngines, EXACT),
        Bench(SimDescentInertialUnit, UNIT), Bench(SimLandingRadar, RADAR),
        Bench(SimTerrainCamera, CAMERA), Bench(SimTouchdownSensors, SENSORS),
        Bench(SimPyrotechnics),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="has no failure 'gone'"):
            bench.device.fail("gone")


# ---------------------------------------------------------------------- engines


async def test_engines_take_no_throttle_before_they_are_primed_nor_after_they_are_shut() -> None:
    bench = Bench(SimDescentEngines, EXACT)
    await refused(bench.device.throttle([1000.0] * 4), "not_primed")
    assert bench.vehicle.thrusts == []
    await bench.device.prime()
    assert (await bench.device.throttle([1000.0] * 4)).thrusts == (1000.0,) * 4
    assert (await bench.device.shut_down()).thrusts == (0.0,) * 4
    assert bench.vehicle.thrusts[-1] == [0.0] * 4
    await refused(bench.device.throttle([1000.0] * 4), "not_primed")
    await bench.device.prime()
    await refused(bench.device.throttle([1000.0] * 4), "not_primed")
    bench.supply.brownout = True
    await bench.device.shut_down()  # springs close the valves


async def test_thrust_is_held_between_least_and_greatest_and_zero_is_off() -> None:
    bench = Bench(SimDescentEngines, EXACT)
    await bench.device.prime()
    state = await bench.device.throttle([0.0, 0.1, 3001.0, 400.0])
    assert state.thrusts == (0.0, 400.0, 3000.0, 400.0)


async def test_each_engine_strays_as_it_was_built_and_is_measured_with_an_error() -> None:
    bench = Bench(SimDescentEngines, DescentEngineParameters(0.02, 0.01), dice=Dice(1.0))
    await bench.device.prime()
    state = await bench.device.throttle([1000.0] * 4)
    assert bench.vehicle.thrusts[-1] == pytest.approx([1020.0] * 4)
    assert state.thrusts == pytest.approx((1030.2,) * 4)


async def test_dead_and_stuck_engines() -> None:
    bench = Bench(SimDescentEngines, EXACT)
    bench.device.fail("dead", engine=1)
    bench.device.fail("stuck", engine=3, thrust=3000.0)
    await bench.device.prime()
    assert (await bench.device.throttle([800.0] * 4)).thrusts == (800.0, 0.0, 800.0, 3000.0)
    off = await bench.device.throttle([800.0, 800.0, 800.0, 0.0])
    assert off.thrusts[3] == 0.0, "stuck only once it is lit"
    for options in (
        {"engine": 4}, {"engine": -1}, {"thrust": 3000.1, "engine": 0},
        {"thrust": -0.1, "engine": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="allowed is a"):
            bench.device.fail("stuck", **options)
    bench.device.fail("stuck", engine=0, thrust=0.0)


async def test_engines_that_hear_nothing_close_after_their_silence() -> None:
    bench = Bench(SimDescentEngines, EXACT)
    await bench.device.prime()
    await bench.device.throttle([1000.0] * 4)
    (watch,) = bench.vehicle.observers
    watch(100.0 + 1.0, ())
    assert bench.vehicle.thrusts[-1] == [1000.0] * 4
    watch(100.0 + 1.0 + 1e-6, ())
    assert bench.vehicle.thrusts[-1] == [0.0] * 4
    closed = len(bench.vehicle.thrusts)
    watch(200.0, ())
    assert len(bench.vehicle.thrusts) == closed, "closed they are left alone"


async def test_without_propellant_there_is_no_thrust() -> None:
    bench = Bench(SimDescentEngines, EXACT)
    await bench.device.prime()
    bench.vehicle.propellant = -0.01
    state = await bench.device.throttle([1000.0] * 4)
    assert state.thrusts == (0.0,) * 4 and state.propellant == 0.0


# ------------------------------------------------------------- thrusters, pyros


async def test_stuck_thrusters_turn_nothing() -> None:
    bench = Bench(SimAttitudeThrusters)
    await bench.device.turn(-0.3)
    bench.device.fail("stuck")
    await refused(bench.device.turn(0.2), "stuck")
    assert bench.vehicle.did == [-0.3]


async def test_each_side_fires_alone_and_a_dead_one_does_not() -> None:
    bench = Bench(SimPyrotechnics)
    bench.device.fail("does_not_fire", part="heat_shield", side="A")
    state = await bench.device.fire("heat_shield", "A")
    assert not state.fired and state.separated is False and bench.vehicle.did == []
    state = await bench.device.fire("heat_shield", "B")
    assert state.fired and state.separated is True and bench.vehicle.did == ["heat_shield"]
    bench.device.fail("does_not_fire", part="mortar", side="both")
    for side in ("A", "B"):
        state = await bench.device.fire("mortar", side)
        assert not state.fired and state.separated is None
    assert "mortar" not in bench.vehicle.did


async def test_legs_snap_out_once_and_the_mortar_is_no_part_that_falls_off() -> None:
    bench = Bench(SimPyrotechnics)
    jolts: list[bool] = []
    bench.device.on_legs = lambda: jolts.append(bench.vehicle.legs_out)
    for _ in range(2):
        assert (await bench.device.fire("legs", "A")).separated is None
    assert jolts == [True]
    await bench.device.fire("mortar", "B")
    assert bench.vehicle.did == ["mortar"]


@pytest.mark.parametrize(("part", "side"), [("wing", "A"), ("mortar", "C"), ("mortar", "both")])
async def test_an_initiator_that_there_is_not_fires_nothing(part: str, side: str) -> None:
    bench = Bench(SimPyrotechnics)
    with pytest.raises(DeviceRejected, match="no such initiator"):
        await bench.device.fire(part, side)
    if side != "both":
        with pytest.raises(ValueError, match="allowed is one of"):
            bench.device.fail("does_not_fire", part=part, side=side)
    assert bench.vehicle.did == [] and set(bench.vehicle.attached) <= set(PARTS)


# ---------------------------------------------------------------- inertial unit


async def test_increments_refer_to_any_reading_that_is_remembered() -> None:
    bench = Bench(SimDescentInertialUnit, UNIT)
    first = await bench.device.increments(1)
    assert not first.gap and first.number == 2 and first.interval == 0.0
    bench.world.now.now += 1.0
    bench.vehicle.felt = (0.0, 3.0, 0.0)
    turn = from_axis_angle((1.0, 0.0, 0.0), 0.2)
    bench.vehicle.orientation = turn
    told = await bench.device.increments(first.number)
    assert told.interval == 1.0 and told.rotation == pytest.approx((0.2, 0.0, 0.0))
    assert told.velocity == pytest.approx((0.0, 3.0 * math.cos(0.2), -3.0 * math.sin(0.2)))
    bench.world.now.now += 1.0
    bench.vehicle.orientation = product(turn, turn)
    both = await bench.device.increments(first.number)
    assert both.interval == 2.0 and both.rotation == pytest.approx((0.4, 0.0, 0.0))


async def test_a_reading_that_is_forgotten_leaves_a_gap() -> None:
    bench = Bench(SimDescentInertialUnit, UNIT)
    for _ in range(400 - 1):
        number = (await bench.device.increments(1)).number
    assert number == 400
    assert not (await bench.device.increments(1)).gap, "the oldest that it still knows"
    assert (await bench.device.increments(1)).gap
    told = await bench.device.increments(999_999)
    assert told.gap and told.interval == 0.0


async def test_biases_scales_and_walk_have_their_sizes() -> None:
    parameters = DescentInertialUnitParameters(3.6, 0.6, 100.0, 0.02, 0.001, 0.5)
    bench = Bench(SimDescentInertialUnit, parameters, dice=Dice(1.0))
    bench.world.now.now += 4.0
    bench.vehicle.felt = (10.0, 0.0, 0.0)
    told = await bench.device.increments(1)
    error = math.radians(0.001) * 4.0 + math.radians(0.01) * 2.0
    assert told.rotation == pytest.approx([error] * 3)
    assert told.velocity == pytest.approx((10.01 + 0.08, 0.08, 0.08))
    attitude = (await bench.device.alignment()).attitude
    assert attitude[1] == pytest.approx(0.5 * math.radians(0.5), rel=1e-3)


async def test_a_swing_beyond_the_limit_is_told_once_and_costs_something() -> None:
    limit = math.radians(100.0)
    bench = Bench(SimDescentInertialUnit, UNIT)
    bench.vehicle.peak_rate = [0.0, limit, 0.0]
    assert not (await bench.device.increments(1)).saturated
    assert bench.vehicle.peak_rate == [0.0, 0.0, 0.0]
    bench.dice.bell = 1.0
    bench.vehicle.peak_rate = [0.0, 0.0, 1.001 * limit]
    told = await bench.device.increments(1)
    assert told.saturated
    assert told.rotation == pytest.approx((0.1 * limit, 0.1 * limit, 0.0))
    assert (await bench.device.increments(1)).saturated, "what lies between was spoilt"
    assert not (await bench.device.increments(told.number)).saturated


async def test_a_shock_turns_what_it_says_once() -> None:
    bench = Bench(SimDescentInertialUnit, UNIT)
    bench.device.fail("saturate", error=0.5)
    told = await bench.device.increments(1)
    assert told.saturated and told.rotation == pytest.approx((0.3, 0.4, 0.0))
    after = await bench.device.increments(told.number)
    assert not after.saturated and after.rotation == pytest.approx((0.0, 0.0, 0.0))


async def test_a_shock_that_lasts_is_in_each_reading_of_its_time_and_ends_with_it() -> None:
    bench = Bench(SimDescentInertialUnit, UNIT)
    over = bench.device.fail("saturate", error=0.5, lasting=1.0)
    number, turned = 1, []
    for step in (0.0, 0.4, 0.4, 0.4, 0.4):
        bench.world.now.now += step
        told = await bench.device.increments(number)
        number = told.number
        turned.append((told.saturated, told.rotation[0]))
    assert [saturated for saturated, _ in turned] == [True, True, True, True, False]
    assert [x for _, x in turned] == pytest.approx([0.0, 0.12, 0.12, 0.06, 0.0])
    over()
    ended = bench.device.fail("saturate", error=0.5, lasting=1.0)
    ended()
    bench.world.now.now += 0.4
    assert not (await bench.device.increments(number)).saturated, "it is over before it was read"


async def test_only_the_cruise_stage_sees_stars() -> None:
    bench = Bench(SimDescentInertialUnit, UNIT)
    bench.vehicle.orientation = from_axis_angle((0.0, 0.0, 1.0), 0.3)
    seen = await bench.device.alignment()
    assert seen.valid and seen.attitude == pytest.approx(bench.vehicle.orientation)
    assert (await bench.device.increments(seen.number)).gap is False
    bench.vehicle.attached.remove("cruise_stage")
    assert not (await bench.device.alignment()).valid
