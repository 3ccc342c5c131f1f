"""The rover's arm: where the hand is, what stops it, and what the lid feels like."""

import asyncio
from math import degrees, pi
from typing import Any

import pytest

from flight.icd.devices.base import DeviceRejected
from flight.icd.places import ROVER_GRIPPER
from sim_hw.devices.container import (
    IN_ROVER_GRIPPER,
    ON_SEAT,
    ON_STAND,
)
from sim_hw.devices.rover_arm import AtLid, RoverArmParameters, SimRoverArm
from sim_hw.world.tubes import TubeState
from sim_hw.world.world import Body
from tests.sim_hw.devices.ground_stubs import Lidded, World, device, refused, tubes
from tests.sim_hw.devices.stubs import Dice

ARM = RoverArmParameters(0.9, 0.9, 0.1, 0.4, 0.7, 0.1, 0.9, 0.003, 0.0, 5000.0, 0.0, 30.0, 190.0)


def arm(world: World | None = None, dice: Dice | None = None) -> Any:
    return device(SimRoverArm, Body("rover", 10.0, 20.0), ARM, world=world, dice=dice)


async def test_the_hand_is_where_it_was_sent_in_the_frame_of_the_rover() -> None:
    made = arm()
    made.body.heading = 0.5 * pi
    await made.move_to(1.2, 0.3, 0.05, 0.4)
    east, north, up, heading = made.tip()
    assert (east, north, up) == pytest.approx((11.2, 19.7, 0.05))
    assert heading == pytest.approx(0.5 * pi + 0.4) and made.pose == "place"
    made.random.bell = 1.0
    made.parameters = RoverArmParameters(0.9, 0.9, 0.1, 0.4, 0.7, 0.1, 0.9, 0.003, 0.01, 5000.0,
                                         0.0, 30.0, 190.0)  # fmt: skip
    await made.move_to(1.2, 0.3, 0.05, 0.4)
    assert made.tip()[2] == pytest.approx(0.06)


async def test_a_motion_takes_the_travel_of_its_joints_and_draws_meanwhile() -> None:
    made = arm()
    await made.present()
    assert made.world.now() == pytest.approx(1.4 / 0.1 + 2.0)
    assert ("device", 30.0) in made.electrical.drawn and made.electrical.loads["device"] == 0.0
    assert made.pose == "presented"
    await made.move_to_slot(3)
    assert made.slot == 3 and made.pose == "slot"
    await made.stow()
    assert made.slot is None and made.pose == "stowed"


async def test_cold_a_second_motion_and_a_stuck_joint() -> None:
    made = arm()
    made.world.air = 189.9
    await refused(made.present(), "cold")
    made.world.air = 190.0
    motion = asyncio.ensure_future(made.present())
    await asyncio.sleep(1.0)
    assert (await made.state()).pose == "moving"
    with pytest.raises(DeviceRejected, match="moves already"):
        await made.stow()
    await motion
    for joint in (-1, 6):
        with pytest.raises(ValueError, match="allowed is an integer >= 0 and <= 5"):
            made.fail("joint_stall", joint=joint)
    made.fail("joint_stall", joint=4)
    await made.stow()  # joint 4 has not to move
    made.fail("joint_stall", joint=1)
    before = made.joints[1]
    await refused(made.present(), "stall")
    assert made.joints[1] == before and made.pose == "place"


async def test_a_motion_that_is_broken_off_has_gone_its_part() -> None:
    made = arm()
    start = made.joints
    motion = asyncio.ensure_future(made.present())
    await asyncio.sleep(4.0)
    motion.cancel()
    with pytest.raises(asyncio.CancelledError):
        await motion
    assert made.joints[1] == pytest.approx(start[1] + 0.25 * (1.6 - 2.4))


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        ((1.3, 0.0, 0.1), True), ((2.4, 0.0, 0.6), False), ((0.4, 0.05, 0.6), False),
        ((-0.6, 0.25, 0.6), True), ((-0.6, 0.24, 0.6), False),
    ],
)  # fmt: skip
def test_places_too_far_too_near_or_behind_are_refused(place: Any, allowed: bool) -> None:
    made = device(SimRoverArm, Body("rover"), ARM)
    if allowed:
        made._solve(*place, 0.0)
    else:
        with pytest.raises(DeviceRejected):
            made._solve(*place, 0.0)


def beside_the_lander(dice: Dice | None = None) -> Any:
    """The rover two metres before the lander's deck, so that all on it is in reach."""
    made = arm(dice=dice)
    made.world.bodies["lander"] = Body("lander", 10.0, 20.0, 0.0)
    made._on_lander = lambda place: (1.2, 0.0, 0.4, 0.0)
    made.container = Lidded(ON_STAND)
    return made


async def test_the_jaws_may_miss_a_socket_and_a_closed_container_stops_them() -> None:
    made = beside_the_lander()
    await made.move_to_container(4)
    assert made.pose == "container" and made.socket == 4
    made.parameters = RoverArmParameters(0.9, 0.9, 0.1, 0.4, 0.7, 0.1, 0.9, 0.003, 0.006, 5000.0,
                                         0.0, 30.0, 190.0)  # fmt: skip
    made.random.bell = 0.7071  # 0.5 * 6 mm on two axes: a hair below 3 mm
    await made.move_to_container(4)
    made.random.bell = 0.7072
    await refused(made.move_to_container(4), "stall")
    assert made.socket is None and made.pose == "place"
    made.random.bell = 0.0
    made.container.lid = ON_SEAT
    await refused(made.move_to_container(4), "stall")
    with pytest.raises(DeviceRejected, match="there is no socket 30"):
        SimRoverArm._socket_place(made, 30)
    made.container.lid = IN_ROVER_GRIPPER
    for call in (made.move_to_container(4), made.move_to_slot(0), made.move_to(1.2, 0.0, 0.1)):
        await refused(call, "stall")  # the lid in the jaws is in the way


async def test_the_lid_is_set_down_with_the_force_of_its_limit() -> None:
    made = beside_the_lander()
    made.container.lid = IN_ROVER_GRIPPER
    motion = await made.move_to_lid("seat", 20.0)
    assert motion.force == pytest.approx(20.0) and motion.height == pytest.approx(-20.0 / 5000.0)
    assert made.at_lid == AtLid("seat", 0.0, 0.0) and made.pose == "lid"
    motion = await made.move_to_lid("seat", 500.0)
    assert motion.force == pytest.approx(0.006 * 5000.0), "it is driven so far and no further"
    made.container.raised = {3: 0.012}
    motion = await made.move_to_lid("seat", 20.0)
    assert motion.height == pytest.approx(0.012 - 0.004) and made.at_lid.along == 0.012
    motion = await made.move_to_lid("stand", 20.0)
    assert made.at_lid == AtLid("stand", 0.0, 0.0)


async def test_open_jaws_go_down_around_the_handle_without_touching() -> None:
    made = beside_the_lander()
    motion = await made.move_to_lid("stand", 20.0)
    assert motion.force == 0.0 and motion.height == pytest.approx(-0.006)
    made.world.tubes = tubes(a=TubeState(ROVER_GRIPPER))
    await refused(made.move_to_lid("stand", 20.0), "stall")
    await made.move_to_lid("seat", 20.0)
    made.container = None
    with pytest.raises(DeviceRejected, match="no container is in reach"):
        await made.move_to_lid("seat", 20.0)


async def test_a_lid_off_its_seat_to_the_side_stands_on_the_rim() -> None:
    made = beside_the_lander()
    made.container.lid = IN_ROVER_GRIPPER
    for across, rest in ((0.004 - 1e-6, 0.0), (0.004, 0.010)):
        assert made._lid_rest("seat", across) == rest
    made.container.raised = {0: 0.02}
    assert made._lid_rest("seat", 0.004) == 0.02
    assert made._lid_rest("stand", 1.0) == 0.0


def test_a_place_on_the_lander_is_seen_from_the_rover() -> None:
    made = device(SimRoverArm, Body("rover", 1.0, 2.0, 0.5 * pi), ARM)
    with pytest.raises(DeviceRejected, match="there is no lander"):
        made._on_lander((0.0, 0.0, 0.0))
    made.world.bodies["lander"] = Body("lander", 3.0, 5.0, pi)
    ahead, right, up, heading = made._on_lander((0.5, 0.25, 0.1))
    # The lander looks south: 0.5 ahead is north 4.5, 0.25 to its left is east 3.25.
    assert (ahead, right) == pytest.approx((2.25, -2.5))
    assert up == pytest.approx(1.0) and degrees(heading) == pytest.approx(90.0)


async def test_a_place_on_the_lander_beyond_the_arm_is_out_of_reach_from_here() -> None:
    """That the rover may stand elsewhere makes it a fault of its own, unlike a place of its own."""
    made = beside_the_lander()
    made._on_lander = lambda place: (2.6, 0.0, 0.4, 0.0)
    await refused(made.move_to_container(4), "reach")
    await refused(made.move_to_lid("seat"), "reach")
    assert made.pose != "container" and made.pose != "lid"
    with pytest.raises(DeviceRejected):
        await made.move_to(2.6, 0.0, 0.4)
