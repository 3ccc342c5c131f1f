"""Igniters, ejector and separation of the MAV: once, stuck, interlocked, and who feeds what."""

from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.icd.places import MAV, ORBIT
from sim_hw.devices.ejector import SimEjector
from sim_hw.devices.flight_battery import FlightBatteryParameters, MavSupply
from sim_hw.devices.igniter import IgniterParameters, SimIgniter
from sim_hw.devices.separation import SimSeparation
from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.mav_stubs import Body, Truth, made
from tests.sim_hw.devices.stubs import Dice, Supply, loop_world


async def test_an_igniter_has_two_shots_and_lights_its_own_motor_after_its_delay() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    igniter = made(SimIgniter, truth, IgniterParameters(1.2, 0.05, 0.01), 1, dice=Dice(-2.0))
    assert (await igniter.state()).resistance == pytest.approx(1.2 * 0.96)
    assert (await igniter.fire()).charges == 1
    assert truth.body.ignited == [(1, pytest.approx(0.03))]
    state = await igniter.fire()
    assert state.charges == 0 and state.resistance == 1e6
    with pytest.raises(DeviceFault, match="no current") as refused:
        await igniter.fire()
    assert refused.value.code == "open" and igniter.charges == 0
    assert len(truth.body.ignited) == 2


async def test_a_delay_is_never_negative() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    igniter = made(SimIgniter, truth, IgniterParameters(1.0, 0.05, 0.01), 0, dice=Dice(-9.0))
    await igniter.fire()
    assert truth.body.ignited == [(0, 0.0)]


async def test_a_misfire_uses_its_shot_up_and_the_next_one_lights() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    igniter = made(SimIgniter, truth, IgniterParameters(1.0, 0.05, 0.0), 0)
    igniter.fail("misfire")
    assert (await igniter.fire()).charges == 1 and truth.body.ignited == []
    await igniter.fire()
    assert truth.body.ignited == [(0, 0.05)]


async def test_an_open_circuit_is_seen_and_keeps_its_charges() -> None:
    truth = Truth(Body())
    igniter = made(SimIgniter, truth, IgniterParameters(1.0, 0.05, 0.0), 0)
    igniter.fail("open")
    assert (await igniter.state()).resistance == 1e6
    with pytest.raises(DeviceFault, match="no current"):
        await igniter.fire()
    assert igniter.charges == 2


async def test_late_and_weak_motors_and_a_shot_into_an_empty_tube() -> None:
    truth = Truth(Body())
    assert truth.body is not None
    igniter = made(SimIgniter, truth, IgniterParameters(1.0, 0.05, 0.0), 0)
    igniter.fail("late", delay=0.7)
    igniter.fail("weak", share=0.9)
    assert truth.weakened == [(0, 0.9)]
    await igniter.fire()
    assert truth.body.ignited == [(0, pytest.approx(0.75))]
    truth.body = None
    assert (await igniter.fire()).charges == 0


# ---------------------------------------------------------------------- ejector


def ejector_on(truth: Truth) -> tuple[Any, Any]:
    lander = Supply()
    supply = MavSupply(lander, truth, FlightBatteryParameters(300.0, 60.0, 3.0))  # type: ignore[arg-type]
    return SimEjector(DeviceContext("mav.ejector", Dice(), truth, supply)), lander  # type: ignore[arg-type]


async def test_the_ejector_throws_once_at_the_end_of_its_stroke_and_cuts_the_umbilical() -> None:
    truth = Truth()
    world = loop_world()
    truth.clock = world.now
    ejector, lander = ejector_on(truth)
    assert (await ejector.state()).in_tube and ejector.charged
    state = await ejector.eject()
    assert world.now() == pytest.approx(0.4)
    assert not state.in_tube and not state.charged and truth.ejected == 1
    assert lander.loads == {"mav.systems": 0.0}
    assert ejector.supply.ejected_at == pytest.approx(0.4)
    with pytest.raises(DeviceFault, match="spent") as refused:
        await ejector.eject()
    assert refused.value.code == "spent" and truth.ejected == 1


async def test_a_stuck_ejector_has_spent_its_gas_and_the_mav_stays_on_the_lander() -> None:
    truth = Truth()
    ejector, lander = ejector_on(truth)
    ejector.fail("stuck")
    with pytest.raises(DeviceFault, match="not left its tube") as refused:
        await ejector.eject()
    assert refused.value.code == "stuck" and truth.ejected == 0
    state = await ejector.state()
    assert state.in_tube and not state.charged and lander.loads == {}
    assert ejector.supply.ejected_at is None


def test_in_the_tube_the_mav_lives_on_the_lander_and_afterwards_on_its_own() -> None:
    truth = Truth()
    ejector, lander = ejector_on(truth)
    supply = ejector.supply
    supply.set_load("mav.systems", 8.0)
    assert lander.loads == {"mav.systems": 8.0}
    lander.off.append("mav")
    assert not supply.is_on("mav") and supply.is_on("other")
    ejector.throw()
    assert supply.is_on("mav"), "no switch of the lander reaches it any more"
    supply.set_load("mav.systems", 9.0)
    assert lander.loads == {"mav.systems": 0.0}
    assert supply.energy_left() == 300.0
    truth.clock.now += 5.0 * 3600.0
    assert supply.energy_left() == 0.0 and supply.brownout, "empty is empty"
    truth.clock.now -= 1.0
    assert not supply.brownout


# ------------------------------------------------------------------- separation


class Tubes:
    def __init__(self) -> None:
        self.carried: list[tuple[str, str]] = []

    def carry(self, before: str, after: str) -> None:
        self.carried.append((before, after))


async def test_each_part_goes_once_and_the_break_wires_say_so() -> None:
    truth = Truth(Body())
    tubes = Tubes()
    separation = made(SimSeparation, truth, tubes)
    rests: list[bool] = []
    separation.supply.rest = lambda: rests.append(True)
    before = await separation.state()
    assert (before.first_stage, before.fairing, before.container) == (True, True, True)
    state = await separation.separate_stage()
    assert (state.first_stage, state.fairing, state.container) == (False, True, True)
    state = await separation.release_fairing()
    assert (state.first_stage, state.fairing, state.container) == (False, False, True)
    assert rests == [] and tubes.carried == []
    for _ in range(2):  # the second call finds nothing to let go
        state = await separation.release_container()
        assert (state.first_stage, state.fairing, state.container) == (False, False, False)
    await separation.separate_stage()
    await separation.release_fairing()
    assert rests == [True] and truth.released == 1
    assert tubes.carried == [(MAV, ORBIT)]


async def test_in_the_tube_nothing_is_let_go() -> None:
    separation = made(SimSeparation, Truth(), Tubes())
    for call in (
        separation.separate_stage, separation.release_fairing, separation.release_container,
    ):  # fmt: skip
        with pytest.raises(DeviceFault, match="interlocked"):
            await call()
    state = await separation.state()
    assert state.first_stage and state.fairing and state.container
    assert separation.tubes.carried == []


async def test_a_stuck_part_is_held_for_so_many_shots_and_others_are_not() -> None:
    truth = Truth(Body())
    separation = made(SimSeparation, truth, None)
    separation.fail("stuck", part="fairing", shots=2)
    for _ in range(2):
        with pytest.raises(DeviceFault, match="the fairing is held") as refused:
            await separation.release_fairing()
        assert refused.value.code == "stuck"
    assert not (await separation.separate_stage()).first_stage
    assert not (await separation.release_fairing()).fairing
    with pytest.raises(ValueError, match="allowed is one of"):
        separation.fail("stuck", part="nose")
    separation.supply.rest = lambda: None
    assert not (await separation.release_container()).container, "also where no tubes are kept"
