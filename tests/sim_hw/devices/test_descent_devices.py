"""The devices of the way down one by one: limits, latches, what is spoilt, what is refused."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.quaternions import IDENTITY, from_axis_angle, product
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.descent import LEGS, PARTS
from sim_hw.devices.attitude_thrusters import SimAttitudeThrusters
from sim_hw.devices.descent_engines import SILENCE, DescentEngineParameters, SimDescentEngines
from sim_hw.devices.descent_inertial_unit import (
    REMEMBERED,
    DescentInertialUnitParameters,
    SimDescentInertialUnit,
)
from sim_hw.devices.landing_radar import (
    SHIELD_ECHO,
    SHIELD_IN_SIGHT,
    SHIELD_SPEED,
    LandingRadarParameters,
    SimLandingRadar,
)
from sim_hw.devices.pyrotechnics import SimPyrotechnics
from sim_hw.devices.terrain_camera import SimTerrainCamera, TerrainCameraParameters
from sim_hw.devices.touchdown_sensors import SimTouchdownSensors, TouchdownSensorParameters
from tests.sim_hw.devices.stubs import Clock, Dice, Supply

ENGINES = SimpleNamespace(count=4, least_thrust=400.0, greatest_thrust=3000.0)


class Vehicle:
    """A lander on its way down, as its devices see it."""

    def __init__(self) -> None:
        self.parameters = SimpleNamespace(engines=ENGINES)
        self.propellant = 100.0
        self.observers: list[Any] = []
        self.body = SimpleNamespace(observers=self.observers, advance=self._advance)
        self.thrusts: list[list[float]] = []
        self.attached = ["cruise_stage", "heat_shield", "backshell"]
        self.legs_out = False
        self.did: list[Any] = []
        self.legs = SimpleNamespace(loads=[0.0] * LEGS)
        self.outcome: Any = None
        self.heat_shield_time: float | None = None
        self.peak_rate = [0.0, 0.0, 0.0]
        self.orientation: Any = IDENTITY
        self.felt = (0.0, 0.0, 0.0)
        self.place = (0.0, 0.0, 3000.0)
        self.leaning = 0.0
        self.turning = (0.0, 0.0, 0.0)
        self.ground_height = 0.0
        self.moving = (0.0, 0.0, -50.0)
        self.frame = SimpleNamespace(ground_velocity=lambda position: (10.0, 0.0, 0.0))

    def _advance(self) -> Any:
        return (*([0.0] * 6), self.propellant)

    def set_thrusts(self, thrusts: list[float]) -> None:
        self.thrusts.append(list(thrusts))

    def fire_mortar(self) -> None:
        self.did.append("mortar")

    def jettison(self, part: str) -> None:
        self.did.append(part)
        if part in self.attached:
            self.attached.remove(part)

    def turn_bank(self, change: float) -> None:
        self.did.append(change)

    def attitude(self) -> Any:
        return self.orientation

    def felt_velocity(self) -> Any:
        return self.felt

    def local(self) -> Any:
        return self.place

    def ground(self, east: float, north: float) -> Any:
        return SimpleNamespace(height=self.ground_height)

    def height_over_ground(self) -> float:
        return self.place[2] - self.ground_height

    def tilt(self) -> float:
        return self.leaning

    def rates(self) -> Any:
        return self.turning

    def position_velocity(self) -> Any:
        return (1e-3, 0.0, 3.4e6), self.moving


class World:
    def __init__(self) -> None:
        self.now = Clock(100.0)
        self.elevation = math.radians(30.0)

    def sun(self) -> Any:
        return SimpleNamespace(sun_elevation=self.elevation)


class Bench:
    """One device on one vehicle."""

    def __init__(self, kind: Any, *parameters: Any, dice: Dice | None = None) -> None:
        self.vehicle, self.world, self.supply = Vehicle(), World(), Supply()
        self.dice = dice or Dice()
        self.device: Any = kind(
            "lander.device", self.dice, self.world, self.supply, self.vehicle, *parameters
        )


async def refused(call: Any, code: str) -> None:
    with pytest.raises(DeviceFault) as fault:
        await call
    assert fault.value.code == code


EXACT = DescentEngineParameters(0.0, 0.0)
UNIT = DescentInertialUnitParameters(0.0, 0.0, 100.0, 0.0, 0.0, 0.0)
RADAR = LandingRadarParameters(9000.0, 5.0, 2500.0, 60.0, 0.0, 0.0, 0.0, 0.1)
CAMERA = TerrainCameraParameters(4200.0, 1500.0, 45.0, 10.0, 10.0, 0.0, 0.0, 0.9, 0.02)
SENSORS = TouchdownSensorParameters(500.0, 0.3)


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
        with pytest.raises(ValueError, match="allowed is 0 to"):
            bench.device.fail("stuck", **options)
    bench.device.fail("stuck", engine=0, thrust=0.0)


async def test_engines_that_hear_nothing_close_after_their_silence() -> None:
    bench = Bench(SimDescentEngines, EXACT)
    await bench.device.prime()
    await bench.device.throttle([1000.0] * 4)
    (watch,) = bench.vehicle.observers
    watch(100.0 + SILENCE, ())
    assert bench.vehicle.thrusts[-1] == [1000.0] * 4
    watch(100.0 + SILENCE + 1e-6, ())
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
    for _ in range(REMEMBERED - 1):
        number = (await bench.device.increments(1)).number
    assert number == REMEMBERED
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


async def test_only_the_cruise_stage_sees_stars() -> None:
    bench = Bench(SimDescentInertialUnit, UNIT)
    bench.vehicle.orientation = from_axis_angle((0.0, 0.0, 1.0), 0.3)
    seen = await bench.device.alignment()
    assert seen.valid and seen.attitude == pytest.approx(bench.vehicle.orientation)
    assert (await bench.device.increments(seen.number)).gap is False
    bench.vehicle.attached.remove("cruise_stage")
    assert not (await bench.device.alignment()).valid


# ------------------------------------------------------------------------ radar


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
    ("height", "valid"), [(9000.0, True), (9000.1, False), (5.0, True), (4.9, False)]
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
    bench = radar(Dice(chance=SHIELD_ECHO - 0.01))
    bench.vehicle.place = (0.0, 0.0, 2000.0)
    bench.vehicle.heat_shield_time = 98.0
    told = await bench.device.measure()
    assert told.range == pytest.approx(2.0 * SHIELD_SPEED) and not told.velocity_valid
    bench.dice.chance = SHIELD_ECHO
    assert (await bench.device.measure()).velocity_valid
    bench.dice.chance = SHIELD_ECHO - 0.01
    bench.vehicle.heat_shield_time = 100.0 - SHIELD_IN_SIGHT
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
    parameters = TerrainCameraParameters(4200.0, 1500.0, 45.0, 10.0, 10.0, 30.0, 5.0, 0.9, 0.02)
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
