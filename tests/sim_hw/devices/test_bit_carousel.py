"""Perseverance's carousel: what it presents, stores, lets fall and reads, and what jams."""

import asyncio
from math import pi
from typing import Any

import pytest

from flight.icd.devices.base import DeviceRejected
from flight.icd.devices.transfer_arm_geometry import tube_port_place
from flight.icd.places import GROUND, PERSEVERANCE
from sim_hw.devices.bit_carousel import BitCarouselParameters, SimBitCarousel
from sim_hw.world.tubes import TubeState
from sim_hw.world.world import Body
from tests.sim_hw.devices.ground_stubs import A, B, World, device, refused, tubes
from tests.sim_hw.devices.stubs import Dice

CAROUSEL = BitCarouselParameters(300.0, 60.0, 30.0, 40.0, 0.9, 0.01, 0.0)


def carousel(world: World | None = None, dice: Dice | None = None) -> Any:
    world = world or World(tubes(a=TubeState(PERSEVERANCE), b=TubeState(PERSEVERANCE)))
    return device(SimBitCarousel, Body("perseverance"), CAROUSEL, world=world, dice=dice)


async def test_a_tube_is_presented_stored_and_presented_again() -> None:
    made = carousel()
    state = await made.state()
    assert state.seated[:3] == [True, True, False] and not state.port and state.presented is None
    state = await made.present(1)
    assert state.seated[:2] == [True, False] and state.port and state.presented == 1
    assert made.held_out == B and made.world.now() == 300.0
    with pytest.raises(DeviceRejected, match="at the port already"):
        await made.present(0)
    with pytest.raises(DeviceRejected, match="slot 0 is taken"):
        await made.store(0)
    state = await made.store(7)
    assert state.seated[7] and not state.port and state.presented is None and made.held_out is None


async def test_an_empty_slot_presents_nothing_and_nothing_is_stored() -> None:
    made = carousel()
    state = await made.present(9)
    assert not state.port and state.presented == 9
    state = await made.store(9)
    assert not state.seated[9] and state.presented is None


async def test_a_jam_moves_nothing_so_many_times_and_two_motions_do_not_overlap() -> None:
    made = carousel()
    made.fail("jam", count=1)
    await refused(made.present(0), "jam")
    assert made.held_out is None and (await made.state()).seated[0]
    moving = asyncio.ensure_future(made.present(0))
    await asyncio.sleep(1.0)
    with pytest.raises(DeviceRejected, match="moves already"):
        await made.store(20)
    await moving
    assert made.held_out == A
    made.electrical.brownout = True
    await refused(made.store(0), "no_power")
    made.electrical.brownout = False
    assert (await made.store(0)).seated[0], "and what was broken off can be begun again"


async def test_an_engraving_is_read_when_there_is_one_and_the_light_allows() -> None:
    made = carousel()
    assert not (await made.read_engraving()).valid
    await made.present(0)
    made.random.chance = 0.899
    read = await made.read_engraving()
    assert read.valid and read.serial == A
    made.random.chance = 0.9
    read = await made.read_engraving()
    assert read.valid and read.serial == ""


async def test_released_it_falls_before_the_port_and_the_store_forgets_it() -> None:
    made = carousel()
    made.body.east, made.body.north, made.body.heading = 10.0, 20.0, 0.5 * pi
    await made.release()
    assert made.world.tubes.at(GROUND) == (), "nothing was held out"
    await made.present(0)
    state = await made.release()
    pose = made.world.tubes.state(A).pose
    ahead, right, _ = tube_port_place()
    assert pose is not None
    assert (pose.east, pose.north) == pytest.approx((10.0 + ahead, 20.0 - right))
    assert made.held_out is None and not state.port and state.presented is None


async def test_what_an_arm_puts_into_the_port_is_held_out() -> None:
    world = World(tubes(a=TubeState("arm_gripper"), b=TubeState(PERSEVERANCE)))
    made = carousel(world)
    world.tubes.move(A, PERSEVERANCE)
    assert made.held_out == A and (await made.state()).presented is None
    world.tubes.move(A, "arm_gripper")
    assert made.held_out is None and (await made.state()).seated[0]


async def test_wrong_readings_of_the_store() -> None:
    made = carousel()
    made.random.chance = 0.0099
    state = await made.state()
    assert state.port and state.seated[:3] == [False, False, True]
    made.random.chance = 0.01
    made.fail("stuck_sensor", slot=1, value=False)
    assert (await made.state()).seated[:2] == [True, False]
