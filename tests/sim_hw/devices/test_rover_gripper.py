"""The gripper of the rover's arm: what lies between its jaws, and what becomes of it."""

from math import pi, radians
from typing import Any

import pytest

from flight.icd.places import CONTAINER, GROUND, ROVER_GRIPPER, ROVER_RACK
from sim_hw.devices.container import (
    DROPPED,
    IN_ROVER_GRIPPER,
    ON_SEAT,
    ON_STAND,
)
from sim_hw.devices.gripper import GripperParameters, SimGripper
from sim_hw.devices.rover_arm import AtLid
from sim_hw.world.tubes import LyingPose, TubeState
from tests.sim_hw.devices.ground_stubs import A, Lidded, World, device, refused, tubes
from tests.sim_hw.devices.stubs import Dice

GRIPPER = GripperParameters(0.06, 0.02, 0.03, 0.05, 20.0, 0.02, 0.5, 45.0, 20.0, 15.0)


class Arm:
    """Where the jaws are, as the test says."""

    def __init__(self) -> None:
        self.pose, self.slot, self.socket = "place", None, None
        self.at_lid: AtLid | None = None
        self.container: Any = None
        self.place = (0.0, 0.0, 0.0, 0.0)

    def tip(self) -> Any:
        return self.place

    def holds_lid(self) -> bool:
        return self.container is not None and self.container.lid == IN_ROVER_GRIPPER


def gripper(dice: Dice | None = None, **places: Any) -> Any:
    return device(SimGripper, Arm(), GRIPPER, world=World(tubes(**places)), dice=dice)


def lying(east: float = 0.0, dust: float = 0.0) -> TubeState:
    return TubeState(GROUND, pose=LyingPose(east, 0.0, 0.0, 0.0, dust))


@pytest.mark.parametrize(
    ("tip", "held"),
    [
        ((0.0, 0.0, 0.0, 0.0), True),
        ((0.0199, 0.0, 0.0, 0.0), True), ((0.0201, 0.0, 0.0, 0.0), False),  # half the free width
        ((0.0, 0.0499, 0.0, 0.0), True), ((0.0, -0.0501, 0.0, 0.0), False),  # along the tube
        ((0.0, 0.0, 0.0199, 0.0), True), ((0.0, 0.0, 0.0201, 0.0), False),  # height
        ((0.0, 0.0, -0.0201, 0.0), False),
        ((0.0, 0.0, 0.0, radians(19.9)), True), ((0.0, 0.0, 0.0, radians(20.1)), False),
        ((0.0, 0.0, 0.0, pi - radians(19.9)), True), ((0.0, 0.0, 0.0, radians(-20.1)), False),
    ],
)  # fmt: skip
async def test_jaws_take_what_lies_between_them(tip: Any, held: bool) -> None:
    made = gripper(a=lying())
    made.arm.place = tip
    state = await made.close()
    assert made.world.tubes.at(ROVER_GRIPPER) == ((A,) if held else ())
    assert state.force == 45.0 and state.opening == (0.02 if held else 0.0)


async def test_dust_makes_the_jaws_slip_by_chance_and_another_tube_is_not_taken_instead() -> None:
    for chance, held in ((0.39, False), (0.4, True)):
        made = gripper(Dice(chance=chance), a=lying(dust=0.8), b=lying())
        await made.close()
        assert made.world.tubes.at(ROVER_GRIPPER) == ((A,) if held else ())


async def test_a_full_gripper_takes_no_second_tube() -> None:
    made = gripper(a=TubeState(ROVER_GRIPPER), b=lying())
    await made.close()
    assert made.world.tubes.at(ROVER_GRIPPER) == (A,)


async def test_over_a_slot_it_takes_and_leaves_what_belongs_there() -> None:
    made = gripper(a=TubeState(ROVER_RACK, 4), b=TubeState(ROVER_RACK, 5))
    made.arm.pose, made.arm.slot = "slot", 4
    await made.close()
    assert made.world.tubes.at(ROVER_GRIPPER) == (A,)
    made.arm.slot = 5
    await refused(made.open(), "jam")
    assert made.world.tubes.at(ROVER_GRIPPER) == (A,)
    made.arm.slot = 6
    state = await made.open()
    assert made.world.tubes.state(A).slot == 6
    assert (state.opening, state.force) == (0.06, 0.0)
    made.arm.slot = 9
    assert (await made.close()).opening == 0.0, "an empty slot holds nothing"


async def test_over_a_socket_debris_lid_and_another_tube_count() -> None:
    made = gripper(a=TubeState(ROVER_GRIPPER), b=TubeState(CONTAINER, 2))
    arm, container = made.arm, Lidded(ON_SEAT)
    arm.pose, arm.socket, arm.container = "container", 1, container
    await refused(made.open(), "jam")
    container.lid, arm.socket = ON_STAND, 2
    await refused(made.open(), "jam")
    arm.socket, container.debris = 1, {1: 0.012, 3: 0.01}
    await made.open()
    assert made.world.tubes.state(A).slot == 1 and container.raised == {1: 0.012}
    await made.close()
    assert made.world.tubes.at(ROVER_GRIPPER) == (A,) and container.raised == {}


@pytest.mark.parametrize(
    ("across", "latched", "place", "taken"),
    [
        (0.0149, False, ON_STAND, True), (0.0151, False, ON_STAND, False),
        (0.0, True, ON_STAND, False), (0.0, False, ON_SEAT, False),
    ],
)  # fmt: skip
async def test_the_lid_is_taken_where_it_is_unlatched_and_within_the_jaws(
    across: float, latched: bool, place: str, taken: bool
) -> None:
    made = gripper(a=lying())
    made.arm.container = container = Lidded(ON_STAND)
    container.latched = latched
    made.arm.at_lid = AtLid(place, across, 0.0)
    state = await made.close()
    assert (container.lid == IN_ROVER_GRIPPER) is taken
    assert state.opening == (0.03 if taken else 0.0)
    assert made.world.tubes.at(ROVER_GRIPPER) == (), "over the lid no tube is taken"


@pytest.mark.parametrize(
    ("at", "comes_to"),
    [
        (None, DROPPED), (AtLid(ON_STAND, 0.02, 0.0), ON_STAND),
        (AtLid(ON_SEAT, 0.001, 0.0), ON_SEAT), (AtLid(ON_SEAT, 0.005, 0.0), DROPPED),
    ],
)  # fmt: skip
async def test_a_lid_that_is_let_go_lies_where_it_fits(at: AtLid | None, comes_to: str) -> None:
    made = gripper(a=TubeState(ROVER_RACK, 0))
    made.arm.container = Lidded(IN_ROVER_GRIPPER)
    made.arm.at_lid = at
    await made.open()
    assert made.arm.container.lid == comes_to


async def test_a_tube_let_go_rolls_the_more_the_higher_it_falls() -> None:
    for up, rolled in ((1.0, 0.3), (-0.1, 0.0)):
        made = gripper(Dice(1.0), a=TubeState(ROVER_GRIPPER))
        made.arm.place = (5.0, 6.0, up, 7.0)
        await made.open()
        pose = made.world.tubes.state(A).pose
        assert pose is not None
        assert (pose.east, pose.north) == pytest.approx((5.0 + rolled, 6.0 + rolled))
        assert pose.heading == pytest.approx(7.0 - 2.0 * pi)


async def test_jaws_tell_with_noise_and_never_less_than_nothing_and_jam_for_good() -> None:
    made = gripper(Dice(1.0), a=lying(east=9.0))
    state = await made.state()
    assert (state.opening, state.force) == (0.06 + 0.008, 2.0)
    made.random.bell = -1.0
    state = await made.close()
    assert (state.opening, state.force) == (0.0, 45.0 - 2.0)
    made.random.bell = -9.0
    assert (await made.open()).force == 0.0
    made.fail("jam")
    await refused(made.close(), "jam")
    await refused(made.open(), "jam")
