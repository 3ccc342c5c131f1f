"""The orbiter's devices one by one: limits exactly met, geometry, what breaks, what is refused."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.vectors import norm, scale
from flight.icd.devices.base import DeviceRejected
from flight.icd.places import ENTRY_CAPSULE, ORBIT, ORBITER
from sim_hw.devices.capsule_release import CAPSULE, ReleaseParameters, SimCapsuleRelease
from sim_hw.devices.capture_cone import ConeParameters, SimCaptureCone
from sim_hw.devices.containment import ContainmentParameters, SimContainment
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.orbiter_stubs import (
    Container,
    Vehicle,
    device,
    refused,
)
from tests.sim_hw.devices.stubs import Dice, Supply

CONE = ConeParameters(1.5, 0.3, 0.5, 0.02, 0.1, 0.5, 10.0)
HOLD = ContainmentParameters(600.0, 900.0, 1200.0, 250.0, 800.0, 700.0, 1000.0, 0.05, 300.0, 1e-9,
                             1e-3)  # fmt: skip
RELEASE = ReleaseParameters(0.3, 0.0, 0.0, 0.5, 200.0, 85.0, 1e-5)


# ------------------------------------------------------------------------- cone


def cone(aside: float = 0.0, speed: float = 0.05, distance: float = 2.0) -> tuple[Any, Any]:
    made = device(SimCaptureCone, CONE)
    vehicle = made.vehicle
    vehicle.container = Container(vehicle.world)
    vehicle.container.state = (distance, aside, 0.0, -speed, 0.0, 0.0)
    vehicle.world.space.bodies["container"] = vehicle.container
    return made, vehicle


@pytest.mark.parametrize(
    ("aside", "speed", "kept"),
    [
        (0.0, 0.05, True), (0.3, 0.05, True), (0.301, 0.05, False), (0.0, 0.1, True),
        (0.0, 0.101, False), (0.0, 0.02, True), (0.0, 0.0199, False),
    ],
)  # fmt: skip
async def test_what_comes_in_on_its_axis_and_slowly_is_kept(
    aside: float, speed: float, kept: bool
) -> None:
    made, vehicle = cone(aside, speed)
    captured: list[bool] = []
    made.on_capture = lambda: captured.append(True)
    state = await made.close_on_trigger(300.0)
    assert state.lid_closed is kept and vehicle.captured is kept
    assert made.contact_speed == pytest.approx(speed)
    assert captured == [True] * kept and len(made.collisions) == (not kept)
    assert vehicle.tubes.places == {ORBITER if kept else ORBIT: ["a"]}
    assert vehicle.container.frozen is kept and (vehicle.taken == [vehicle.container]) is kept
    assert ("container" in vehicle.world.space.bodies) is not kept
    # The barrier sees what came into the corridor, whether it stayed or not.
    assert state.triggered is (aside <= 0.3)


@pytest.mark.parametrize(("aside", "thrown"), [(0.5, True), (0.5001, False)])
async def test_what_touches_the_rim_is_thrown_back_and_what_passes_beside_is_not(
    aside: float, thrown: bool
) -> None:
    made, vehicle = cone(aside, 0.05)
    await made.close_on_trigger(300.0)
    speed = vehicle.container.state[3]
    assert speed == pytest.approx(0.025 if thrown else -0.05)


async def test_a_bounce_throws_out_what_came_in_well_so_many_times() -> None:
    made, vehicle = cone()
    made.fail("bounce", tries=1)
    state = await made.close_on_trigger(300.0)
    assert state.triggered and not state.lid_closed and not vehicle.captured
    assert made.collisions == [], "it came in well"
    thrown = vehicle.container.state[3]
    assert thrown > 0.0 and vehicle.container.pushed == pytest.approx(0.5 * (thrown**2 - 0.05**2))
    vehicle.container.state = (1.6, 0.0, 0.0, -0.05, 0.0, 0.0)
    assert (await made.close_on_trigger(300.0)).lid_closed


async def test_a_lid_that_jams_lets_it_out_again() -> None:
    made, vehicle = cone()
    made.fail("jam", tries=1)
    await refused(made.close_on_trigger(300.0), "jammed")
    assert not vehicle.captured and vehicle.container.state[3] > 0.0


async def test_nothing_comes_until_the_time_is_over_and_then_the_lid_stays_open() -> None:
    made, vehicle = cone(speed=0.001)
    begin = made.world.now()
    state = await made.close_on_trigger(60.0)
    assert made.world.now() - begin == pytest.approx(60.0, abs=0.01)
    assert not state.triggered and not state.lid_closed
    vehicle.container = None
    await made.close_on_trigger(60.0)
    assert made.world.now() - begin == pytest.approx(120.0, abs=0.01)


async def test_a_closed_lid_takes_nothing_and_a_full_cage_is_not_opened() -> None:
    made, vehicle = cone()
    await made.close_on_trigger(300.0)
    assert (await made.state()).triggered
    await refused(made.close_on_trigger(10.0), "jammed")
    await refused(made.open(), "jammed")
    vehicle.captured = False
    assert not (await made.open()).lid_closed
    assert made.electrical.drawn[-2][1] > 0.0
    for call in (made.state(), made.open(), made.close_on_trigger(1.0)):
        made.electrical.brownout = True
        await refused(call, "no_power")


# ------------------------------------------------------------------ containment


def hold(dice: Dice | None = None) -> Any:
    made = device(SimContainment, HOLD, dice=dice)
    made.vehicle.captured = True
    made.vehicle.tubes.places = {ORBITER: ["a"]}
    return made


async def test_the_work_on_the_container_has_its_order() -> None:
    made = hold()
    await refused(made.seal(), "jammed")
    await refused(made.insert_into_capsule(), "not_sealed")
    await made.orient()
    await refused(made.insert_into_capsule(), "not_sealed")
    state = await made.seal()
    assert state.sealed and state.leak_rate == pytest.approx(1e-9) and state.present
    state = await made.insert_into_capsule()
    assert state.in_capsule and state.capsule_closed and not state.present
    assert made.vehicle.tubes.places == {ENTRY_CAPSULE: ["a"]}
    begin = made.world.now()
    await made.insert_into_capsule()
    assert made.world.now() == begin, "a second time there is nothing to do"


async def test_an_empty_cage_is_not_worked_on() -> None:
    made = hold()
    made.vehicle.captured = False
    await refused(made.orient(), "empty")
    await refused(made.sterilise(10.0), "empty")
    assert not made.oriented and not (await made.state()).present


async def test_a_leaking_seal_looks_sealed_and_is_not_tight_and_a_second_one_is() -> None:
    made = hold()
    made.fail("leak", tries=1)
    await made.orient()
    state = await made.seal()
    assert state.sealed and state.leak_rate == pytest.approx(1e-3)
    await refused(made.insert_into_capsule(), "not_sealed")
    assert (await made.seal()).leak_rate == pytest.approx(1e-9)
    assert (await made.insert_into_capsule()).in_capsule


async def test_a_jam_stops_a_drive_on_its_way_so_many_times() -> None:
    made = hold()
    made.fail("jam", tries=2)
    for tried in (1, 2):
        await refused(made.orient(), "jammed")
        assert made.world.now() == pytest.approx(tried * 180.0)
        assert not made.oriented
    await made.orient()
    assert made.oriented and made.world.now() == pytest.approx(960.0)


async def test_time_counts_from_the_sterilising_temperature_on_and_while_it_cools_down_to_it() -> (
    None
):
    made = hold()
    state = await made.sterilise(5000.0)
    rise = 1000.0 * math.log(550.0 / 100.0)
    assert made.world.now() == pytest.approx(rise + 5000.0)
    assert state.hot_seconds == pytest.approx(5000.0)
    outer = 800.0 - 550.0 * math.exp(-(rise + 5000.0) / 1000.0)
    assert state.outer_temperature == pytest.approx(outer)
    assert state.sample_temperature == pytest.approx(250.0 + 0.05 * (outer - 250.0))
    assert ("device", 300.0) in made.electrical.drawn and made.electrical.loads["device"] == 0.0
    await asyncio.sleep(20_000.0)
    state = await made.state()
    assert state.hot_seconds == pytest.approx(
        5000.0 + 1000.0 * math.log((outer - 250.0) / 450.0)
    )
    assert state.outer_temperature == pytest.approx(250.0, abs=0.01)


async def test_a_weak_heater_never_gets_it_hot_enough() -> None:
    made = hold()
    made.fail("weak_heater", fraction=0.8)
    state = await made.sterilise(5000.0)
    assert state.hot_seconds == 0.0 and state.outer_temperature < 690.0


async def test_a_heater_that_is_broken_off_cools_down_from_where_it_was() -> None:
    made = hold()
    work = asyncio.ensure_future(made.sterilise(5000.0))
    await asyncio.sleep(1000.0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await asyncio.sleep(1000.0)
    hot = 550.0 * (1.0 - math.exp(-1.0))
    state = await made.state()
    assert state.outer_temperature == pytest.approx(250.0 + hot * math.exp(-1.0))


# ---------------------------------------------------------------------- release


def release(dice: Dice | None = None, parameters: ReleaseParameters = RELEASE) -> Any:
    vehicle = Vehicle()
    containment: Any = SimpleNamespace(in_capsule=True)
    return SimCapsuleRelease(
        DeviceContext("orbiter.release", dice or Dice(), vehicle, Supply()), containment, parameters
    )


async def test_the_capsule_goes_once_closed_and_to_where_it_is_told() -> None:
    made = release()
    vehicle = made.vehicle
    made._containment.in_capsule = False
    await refused(made.release([0.0, 1.0, 0.0]), "not_closed")
    made._containment.in_capsule = True
    with pytest.raises(DeviceRejected, match="needs a length"):
        await made.release([0.0, 0.0, 0.0])
    state = await made.release([0.0, 1.0, 0.0])
    assert state.separated and state.spin == 0.5 and not vehicle.capsule_on_board
    assert made.world.now() == 300.0, "turn, then springs and spin table"
    assert vehicle.turned == [((0.0, 1.0, 0.0), 1.0)]
    ((mass, push),) = vehicle.pushed
    assert mass == 85.0 and push == pytest.approx(scale(0.3, vehicle.boresight()))
    body = vehicle.world.space.bodies[CAPSULE]
    assert body.fixed_mass == 85.0 and body.centre == "mars"
    await made.release([0.0, 1.0, 0.0])
    assert len(vehicle.pushed) == 1, "it is gone"


async def test_stuck_springs_hold_it_so_many_times() -> None:
    made = release()
    made.fail("stuck", tries=1)
    await refused(made.release([1.0, 0.0, 0.0]), "stuck")
    assert made.vehicle.capsule_on_board and not (await made.state()).separated
    assert (await made.release([1.0, 0.0, 0.0])).separated
    made.electrical.brownout = True
    await refused(made.state(), "no_power")


async def test_errors_of_speed_axis_and_spin_have_their_sizes() -> None:
    made = release(Dice(1.0), ReleaseParameters(0.3, 0.1, 0.02, 0.5, 200.0, 85.0, 1e-5))
    await made.release([1.0, 0.0, 0.0])
    assert made.capsule_spin == pytest.approx(0.51)
    axis = (1.02, 0.02, 0.02)
    assert made.capsule_axis == pytest.approx(scale(1.0 / norm(axis), axis))
    assert norm(made.vehicle.pushed[0][1]) == pytest.approx(0.33)
