"""What the MAV has on the lander: its systems, the container in its nose, its inertial unit."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.attitude_kinematics import turned
from flight.astrodynamics.quaternions import rotate, rotate_back
from flight.astrodynamics.vectors import add, scale
from flight.icd.devices.base import DeviceFault
from flight.icd.places import CONTAINER, MAV
from sim_hw.devices.container import (
    DROPPED,
    ON_SEAT,
    ON_STAND,
    ContainerParameters,
    SimContainer,
)
from sim_hw.devices.inertial_increments import InertialParameters, SimInertialIncrements
from sim_hw.devices.mav_systems import CHECKS, MavSystemsParameters, SimMavSystems
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.stubs import Clock, Dice, Supply

# ---------------------------------------------------------------------- systems


def systems(dice: Dice | None = None, **changed: float) -> tuple[Any, Any, Supply]:
    given = {
        "charge_at_start": 0.9, "self_discharge": 1e-7, "avionics_power": 8.0,
        "avionics_warming": 6.0, "motor_time_constant": 1000.0, "test_seconds": 300.0,
    } | changed  # fmt: skip
    world: Any = SimpleNamespace(now=Clock(50.0), air_temperature=lambda: 220.0)
    supply = Supply()
    device = SimMavSystems(
        DeviceContext("mav.systems", dice or Dice(), world, supply, "mav.systems"),
        MavSystemsParameters(**given),
    )
    return device, world, supply


async def test_the_avionics_draw_and_warm_only_while_they_are_on() -> None:
    device, _, supply = systems()
    off = await device.state()
    assert not off.powered and off.avionics_temperature == 220.0
    on = await device.set_power(True)
    assert on.powered and on.avionics_temperature == 226.0
    assert supply.loads == {"mav.systems": 8.0}
    assert not (await device.set_power(False)).powered
    assert supply.loads == {"mav.systems": 0.0}


async def test_the_charge_fades_from_its_start_and_errors_have_their_size() -> None:
    device, world, _ = systems(Dice(1.0))
    world.now.now = 50.0 + 1e6
    state = await device.state()
    assert state.state_of_charge == pytest.approx(0.9 * math.exp(-0.1) + 0.002)
    assert state.avionics_temperature == pytest.approx(220.3)
    assert state.first_motor_temperature == pytest.approx(220.3)


async def test_the_second_motor_follows_the_igloo_with_its_lag_and_the_first_at_once() -> None:
    device, world, _ = systems()
    assert (await device.state()).second_motor_temperature == 220.0
    device.igloo = lambda: 260.0
    world.now.now += 1000.0
    for _ in range(2):  # asking again at the same instant changes nothing
        state = await device.state()
        assert state.first_motor_temperature == 260.0
        assert state.second_motor_temperature == pytest.approx(260.0 - 40.0 * math.exp(-1.0))


async def test_the_self_test_needs_power_and_the_avionics_on_and_takes_its_time() -> None:
    device, _, supply = systems()
    with pytest.raises(DeviceFault, match="avionics are off") as refused:
        await device.self_test()
    assert refused.value.code == "off" and supply.drawn == []
    await device.set_power(True)
    report = await device.self_test()
    assert [item.name for item in report.items] == [*CHECKS, "battery"]
    assert all(item.passed for item in report.items)
    assert ("mav.systems", 16.0) in supply.drawn
    assert supply.loads == {"mav.systems": 8.0}, "it stays on afterwards"
    device.fail("check", check=CHECKS[2])
    failed = [item for item in (await device.self_test()).items if not item.passed]
    assert [item.name for item in failed] == [CHECKS[2]]
    assert failed[0].measured == "out of limits"
    supply.brownout = True
    for call in (device.self_test(), device.state(), device.set_power(True)):
        with pytest.raises(DeviceFault, match="no power"):
            await call


@pytest.mark.parametrize(("charge", "passed"), [(0.5, False), (0.501, True)])
async def test_a_battery_passes_above_half_its_charge(charge: float, passed: bool) -> None:
    device, _, _ = systems(charge_at_start=charge, self_discharge=0.0)
    await device.set_power(True)
    assert (await device.self_test()).items[-1].passed is passed


def test_a_check_that_there_is_not_cannot_fail() -> None:
    device, _, _ = systems()
    for mode, check in (("check", "wings"), ("other", CHECKS[0])):
        with pytest.raises(ValueError, match=r"allowed is one of|has no failure"):
            device.fail(mode, check=check)
    assert device.failing == {}


# -------------------------------------------------------------------- container


class Tubes:
    def __init__(self) -> None:
        self.standing: dict[tuple[str, int], str] = {}
        self.carried: list[tuple[str, str]] = []

    def occupant(self, place: str, slot: int) -> str | None:
        return self.standing.get((place, slot))

    def slots_taken(self, *places: str) -> set[int]:
        return {slot for place, slot in self.standing if place in places}

    def carry(self, before: str, after: str) -> None:
        self.carried.append((before, after))


def container(dice: Dice | None = None, **changed: Any) -> tuple[Any, Tubes, Supply]:
    given: dict[str, Any] = {
        "sockets": 3, "false_reading": 0.01, "debris_probability": 0.1, "debris_height": 0.012,
        "latch_seconds": 90.0, "latch_power": 10.0, "lid_at_start": ON_SEAT,
    } | changed  # fmt: skip
    tubes = Tubes()
    world: Any = SimpleNamespace(now=Clock(), air_temperature=lambda: 220.0, tubes=tubes)
    device = SimContainer(
        DeviceContext("mav.container", dice or Dice(), world, Supply(), "mav.container"),
        ContainerParameters(**given),
    )
    return device, tubes, device.electrical  # type: ignore[return-value]


async def test_a_tube_is_felt_in_the_container_and_in_the_mav_while_it_is_down() -> None:
    device, tubes, _ = container()
    tubes.standing = {(CONTAINER, 0): "a", (MAV, 1): "b"}
    assert (await device.state()).seated == [True, True, False]
    device.raised[0] = 0.0029
    assert (await device.state()).seated[0]
    device.raised[0] = 0.003
    assert not (await device.state()).seated[0]


async def test_a_sensor_that_is_stuck_says_one_thing_and_a_false_reading_the_contrary() -> None:
    device, tubes, _ = container()
    tubes.standing = {(CONTAINER, 0): "a"}
    device.fail("stuck_sensor", socket=2, value=True)
    device.fail("stuck_sensor", socket=0, value=False)
    assert (await device.state()).seated == [False, False, True]
    device.random.chance = 0.0099
    assert (await device.state()).seated == [False, True, True]
    device.random.chance = 0.01
    assert (await device.state()).seated == [False, False, True]


async def test_latching_makes_the_container_a_part_of_the_mav_once_and_only_with_its_lid() -> None:
    device, tubes, supply = container(lid_at_start=ON_STAND)
    assert not (await device.state()).lid_closed
    assert not (await device.latch()).latched and tubes.carried == []
    assert ("mav.container", 10.0) in supply.drawn
    device.lid = ON_SEAT
    for _ in range(2):
        state = await device.latch()
        assert state.latched and state.lid_closed
    assert tubes.carried == [(CONTAINER, MAV)]
    for _ in range(2):
        assert not (await device.unlatch()).latched
    assert tubes.carried == [(CONTAINER, MAV), (MAV, CONTAINER)]


async def test_a_container_begins_latched_where_its_lid_is_on_its_seat() -> None:
    assert container(lid_at_start=ON_SEAT)[0].latched
    assert not container(lid_at_start=ON_STAND)[0].latched


async def test_a_stuck_latch_moves_neither_way() -> None:
    device, tubes, _ = container()
    device.fail("latch")
    for call in (device.unlatch, device.latch):
        with pytest.raises(DeviceFault, match="does not move") as refused:
            await call()
        assert refused.value.code == "stuck"
    assert device.latched and tubes.carried == []


def test_the_lid_fits_within_clearance_and_play_and_over_no_tube_that_stands_out() -> None:
    device, _, _ = container()
    just = 1e-6
    assert device.lid_fits(0.004 - just, 0.006 - just)
    assert device.lid_fits(0.0, -0.006 + just)
    assert not device.lid_fits(0.004, 0.0)
    assert not device.lid_fits(0.0, 0.006)
    assert not device.lid_fits(0.0, -0.006)
    device.raised[1] = 0.004
    assert not device.lid_fits(0.0, 0.0)


def test_debris_lies_where_the_dice_say_and_where_a_fault_puts_it() -> None:
    assert container(Dice(chance=0.1))[0].debris == {}, "not below the probability"
    lying = container(Dice(chance=0.09))[0].debris
    assert lying == {socket: pytest.approx(0.012 * 0.59) for socket in range(3)}
    device, _, _ = container()
    device.fail("debris", socket=2, height=0.02)
    assert device.debris == {2: 0.02}
    with pytest.raises(ValueError, match="has no failure"):
        device.fail("lid")
    assert DROPPED not in (ON_SEAT, ON_STAND)


# ---------------------------------------------------------------- inertial unit

RATE = (0.3, -0.2, 0.1)
PUSH = (12.0, -1.0, 3.0)
GRAVITY = (0.0, 0.5, -3.7)
PERFECT = InertialParameters(0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 100.0, 0.0)


class Motion:
    """A vehicle that turns and is pushed evenly along its own axes, in even gravity."""

    def __init__(self, *, flying: bool = True) -> None:
        self.clock = Clock(10.0)
        self.attitude = (1.0, 0.0, 0.0, 0.0)
        self.velocity = (100.0, 0.0, 0.0)
        self.body: Any = SimpleNamespace(state=(1.0, 2.0, 3.0)) if flying else None
        self.asked: list[Any] = []
        self.planet = SimpleNamespace(gravity=self._gravity)

    def _gravity(self, position: Any) -> Any:
        self.asked.append(position)
        return GRAVITY

    def go_on(self, seconds: float) -> None:
        middle = turned(self.attitude, RATE, 0.5 * seconds)
        change = add(rotate(middle, scale(seconds, PUSH)), scale(seconds, GRAVITY))
        self.velocity = add(self.velocity, change)
        self.attitude = turned(self.attitude, RATE, seconds)
        self.clock.now += seconds

    def now(self) -> Any:
        return (1.0, 2.0, 3.0), self.velocity, self.attitude, RATE

    def at_rest(self, time: float) -> Any:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), self.attitude, (0.01 * time, 0.0, 0.0)

    def resting_force(self, time: float) -> Any:
        return (0.0, time, 1.0)


def unit(truth: Motion, parameters: InertialParameters = PERFECT, dice: Dice | None = None) -> Any:
    truthful: Any = truth
    return SimInertialIncrements(
        DeviceContext("mav.imu", dice or Dice(), truthful, Supply()), parameters
    )


async def test_increments_are_those_of_the_motion_without_gravity() -> None:
    truth = Motion()
    device = unit(truth)
    first = await device.increments()
    assert first.valid and first.interval == 0.0 and first.delta_velocity == (0.0, 0.0, 0.0)
    truth.go_on(0.02)
    told = await device.increments()
    assert told.interval == pytest.approx(0.02) and not told.saturated
    assert told.time_ns == 10_020_000_000
    assert told.delta_angle == pytest.approx([0.02 * r for r in RATE], rel=1e-9)
    assert told.delta_velocity == pytest.approx([0.02 * p for p in PUSH], rel=1e-6)
    x = 1.0 - 0.01 * truth.velocity[0]
    assert truth.asked[-1][0] == pytest.approx(x), "gravity of the place in the middle"
    again = await device.increments()
    assert again.valid and again.interval == 0.0 and again.delta_angle == (0.0, 0.0, 0.0)


async def test_an_attitude_and_its_negative_are_one_and_the_same() -> None:
    truth = Motion()
    device = unit(truth)
    await device.increments()
    truth.go_on(0.02)
    w, x, y, z = truth.attitude
    truth.attitude = (-w, -x, -y, -z)
    told = await device.increments()
    assert told.delta_angle == pytest.approx([0.02 * r for r in RATE], rel=1e-9)


async def test_in_its_tube_it_feels_what_the_planet_does_in_the_middle_of_the_interval() -> None:
    truth = Motion(flying=False)
    device = unit(truth)
    await device.increments()
    truth.clock.now += 2.0
    told = await device.increments()
    assert told.delta_angle == pytest.approx((0.22, 0.0, 0.0))
    assert told.delta_velocity == pytest.approx((0.0, 22.0, 2.0))


async def test_each_error_has_its_size_and_its_axis() -> None:
    truth = Motion()
    parameters = InertialParameters(
        gyro_bias=3.6, gyro_walk=0.6, gyro_scale=1e-3, gyro_range=100.0, accelerometer_bias=0.01,
        accelerometer_walk=0.6, accelerometer_scale=2e-3, accelerometer_range=100.0,
        axis_error=0.1,
    )  # fmt: skip
    device = unit(truth, parameters, Dice(1.0))
    await device.increments()
    truth.go_on(0.04)
    told = await device.increments()
    bias, walk = math.radians(0.001) * 0.04, math.radians(0.01) * 0.2
    for rate, angle in zip(RATE, told.delta_angle, strict=True):
        assert angle == pytest.approx(0.04 * rate * 1.001 + bias + walk, rel=1e-9)
    e = math.radians(0.1)
    x, y, z = (0.04 * p for p in PUSH)
    seen = (x + e * z - e * y, y + e * x - e * z, z + e * y - e * x)
    for true, speed in zip(seen, told.delta_velocity, strict=True):
        assert speed == pytest.approx(true * 1.002 + 0.01 * 0.04 + 0.01 * 0.2, rel=1e-6)


async def test_beyond_its_range_a_sensor_says_its_limit_and_that_it_was_there() -> None:
    within = InertialParameters(0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 12.1, 0.0)
    small = InertialParameters(0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 11.9, 0.0)
    slow = InertialParameters(0.0, 0.0, 0.0, math.degrees(0.29), 0.0, 0.0, 0.0, 100.0, 0.0)
    told = []
    for parameters in (within, small, slow):
        truth = Motion()
        device = unit(truth, parameters)
        await device.increments()
        truth.go_on(0.02)
        told.append(await device.increments())
    assert not told[0].saturated
    assert told[1].saturated and told[1].delta_velocity[0] == pytest.approx(0.02 * 11.9)
    assert told[2].saturated and told[2].delta_angle[0] == pytest.approx(0.02 * 0.29)


async def test_a_shock_saturates_one_reading_and_a_dead_unit_all() -> None:
    truth = Motion()
    device = unit(truth)
    await device.increments()
    device.fail("saturate")
    for saturated in (True, False):
        truth.go_on(0.02)
        assert (await device.increments()).saturated is saturated
    device.fail("dead")
    truth.go_on(0.02)
    told = await device.increments()
    assert not told.valid and told.interval == 0.0
    with pytest.raises(ValueError, match="has no failure"):
        device.fail("stuck")
    device.supply.brownout = True
    with pytest.raises(DeviceFault, match="no power"):
        await device.increments()


def test_turning_and_turning_back_end_where_they_began() -> None:
    """What the tests above rest on."""
    attitude = turned((1.0, 0.0, 0.0, 0.0), RATE, 1.0)
    assert rotate_back(attitude, rotate(attitude, PUSH)) == pytest.approx(PUSH)
