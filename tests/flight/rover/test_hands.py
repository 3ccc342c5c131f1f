"""What the rover's arm and gripper decide: attempts, majorities, and what is claimed of a tube."""

import math
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd import places
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.manipulation import GripperState
from flight.rover import grasping
from tests.flight.rover.standing import (
    OTHER,
    TUBE,
    Standing,
    arm_at,
    gripped,
    ground,
    holding,
    rack,
    seen,
    sighted,
)

COLD, STALL = DeviceFault("cold", "too cold"), DeviceFault("stall", "joint 2")
REACH = DeviceFault("reach", "too far from the shoulder")


@pytest.fixture
def rover() -> Any:
    return Standing()


# ---------------------------------------------------------------------- grasping


@pytest.mark.parametrize(
    ("heading", "hand"),
    [(0.3, 0.3), (0.5 * math.pi, 0.5 * math.pi), (2.0, 2.0 - math.pi), (math.pi, 0.0)],
)
async def test_the_hand_turns_by_a_quarter_at_the_most(
    rover: Any, heading: float, hand: float
) -> None:
    rover.target = sighted(1.2, -0.1, heading=heading)
    holding(rover, serial=TUBE)
    assert await grasping.grasp_tube(rover, Signal("x")) == "grasped"
    assert rover.hardware.arm.of("move_to") == [(1.2, -0.1, 0.0, pytest.approx(hand))]
    assert [call[0] for call in rover.hardware.gripper.asked] == ["open", "close"]
    assert rover.of() == ("held", places.ROVER_GRIPPER) and rover.told("progressed")


async def test_the_intent_is_written_before_the_jaws_move(rover: Any) -> None:
    at_move: list[tuple[str, str]] = []

    def opened() -> GripperState:
        at_move.append(rover.of())
        return GripperState(opening=0.1, force=0.0)

    rover.hardware.gripper.answers["open"] = [opened]
    holding(rover, serial=TUBE)
    await grasping.grasp_tube(rover, Signal("x"))
    assert at_move == [("in_transit", "ground")]


async def test_jaws_that_close_on_nothing_are_tried_so_often_and_where_it_is_seen_now(
    rover: Any,
) -> None:
    rover.parameters["grasp_attempts"] = 3
    seen(rover, sighted(1.4, 0.1))
    found = await grasping.grasp_tube(rover, Signal("x"))
    assert found.name == "grasp_missed" and "closed on nothing" in found.data["reason"]
    assert [data["attempt"] for data in rover.told("grasp_failed")] == [1, 2, 3]
    assert [move[:2] for move in rover.hardware.arm.of("move_to")] == [
        (1.35, 0.0), (1.4, 0.1), (1.4, 0.1),
    ]  # fmt: skip
    assert rover.of() == ("held", "ground")


async def test_a_tube_that_is_nowhere_after_a_grasp_is_openly_lost(rover: Any) -> None:
    found = await grasping.grasp_tube(rover, Signal("x"))
    assert found.data["reason"] == "the tube is not where it was"
    assert rover.of()[0] == "unknown" and rover.told("tube_lost") == [{"tube": TUBE}]
    assert len(rover.hardware.arm.of("move_to")) == 1


@pytest.mark.parametrize(
    ("trouble", "name"), [(DeviceRejected("no such place"), "grasp_missed"), (COLD, "rest")]
)
async def test_what_ends_a_grasp_is_settled_before_it_is_said(
    rover: Any, trouble: Exception, name: str
) -> None:
    rover.hardware.arm.answers["move_to"] = [trouble]
    seen(rover, sighted())
    found = await grasping.grasp_tube(rover, Signal("x"))
    assert getattr(found, "name", found) == name
    assert rover.of() == ("held", "ground") and len(rover.hardware.arm.of("move_to")) == 1


async def test_without_a_sighting_and_of_what_is_not_its_own_nothing_is_moved(rover: Any) -> None:
    rover.target = None
    found = await grasping.grasp_tube(rover, Signal("x"))
    assert "found again" in found.data["reason"]
    rover.target = sighted()
    rover.stow(4)
    found = await grasping.grasp_tube(rover, Signal("x"))
    assert "not this rover's" in found.data["reason"]
    rover.ledger.begin(TUBE, places.ROVER_GRIPPER, "rover.gripper")
    found = await grasping.grasp_tube(rover, Signal("x"))
    assert "not this rover's" in found.data["reason"], "on its way, and not from the ground"
    assert not rover.hardware.gripper.asked


async def test_another_tube_in_the_jaws_goes_back_to_where_it_was_taken(rover: Any) -> None:
    rover.target = sighted(1.2, 0.2)
    holding(rover, serial=OTHER)
    found = await grasping.grasp_tube(rover, Signal("x"))
    assert found.name == "grasp_missed"
    assert rover.hardware.arm.of("move_to")[-1] == (1.2, 0.2, 0.0, 0.0)
    assert [call[0] for call in rover.hardware.gripper.asked] == ["open", "close", "open"]
    assert rover.told("wrong_tube") == [{"wanted": TUBE, "found": OTHER}]
    assert rover.of()[0] == "unknown" and not rover.told("tube_grasped")


@pytest.mark.parametrize(
    ("images", "found", "looks"),
    [
        ([True, True], True, 2), ([False, False], False, 2), ([True, False, True], True, 3),
        ([True, False, False], False, 3), ([False, True, True], True, 3),
    ],
)  # fmt: skip
async def test_two_of_three_looks_decide(
    rover: Any, images: list[bool], found: bool, looks: int
) -> None:
    rover.hardware.camera.answers["view_gripper"] = [gripped(each) for each in images]
    assert await grasping.gripper_holds(rover) == (found, "")
    assert len(rover.hardware.camera.asked) == looks
    assert not rover.hardware.arm.of("present"), "it was held out already"


async def test_an_engraving_read_once_is_remembered_and_a_blind_look_says_nothing(
    rover: Any,
) -> None:
    rover.hardware.arm.answers["state"] = [arm_at("slot")]
    rover.hardware.camera.answers["view_gripper"] = [gripped(True, TUBE), gripped(True)]
    assert await grasping.gripper_holds(rover) == (True, TUBE)
    assert len(rover.hardware.arm.of("present")) == 1
    rover.hardware.camera.answers["view_gripper"] = [gripped(True, valid=False)]
    with pytest.raises(DeviceFault) as blind:
        await grasping.gripper_holds(rover)
    assert blind.value.code == "no_image"


@pytest.mark.parametrize(("aside", "near"), [(0.599, True), (0.6, False)])
async def test_a_sighting_beside_the_place_is_another_tube(
    rover: Any, aside: float, near: bool
) -> None:
    seen(rover, sighted(1.0, aside))
    found = await grasping.look_for(rover, sighted(1.0, 0.0))
    assert (found is not None) is near
    assert len(rover.hardware.camera.asked) == (1 if near else 6)


async def test_of_several_the_surest_is_taken_and_in_the_dark_none(rover: Any) -> None:
    seen(rover, sighted(1.0, 0.1, confidence=0.5), sighted(1.0, 0.2, confidence=0.7))
    found = await grasping.look_for(rover, None)
    assert found is not None and found.right == 0.2
    rover.hardware.camera.answers["find_tubes"] = [ground(valid=False)]
    with pytest.raises(DeviceFault) as dark:
        await grasping.look_for(rover, None)
    assert dark.value.code == "dark"


@pytest.mark.parametrize(
    ("faults", "tries", "works"),
    [([], 1, True), ([STALL], 2, True), ([STALL] * 2, 3, True), ([STALL] * 3, 3, False),
     ([COLD], 1, False), ([REACH], 1, False), ([DeviceFault("dark", "x")], 1, False),
     ([DeviceFault("no_power", "x")], 1, False)],
)  # fmt: skip
async def test_a_motion_has_three_tries_unless_trying_does_not_help(
    rover: Any, faults: list[Exception], tries: int, works: bool
) -> None:
    arm = rover.hardware.arm
    arm.answers["present"] = [*faults, arm_at()] if works else list(faults)
    if works:
        await grasping.with_retries(rover, arm.present)
    else:
        with pytest.raises(DeviceFault):
            await grasping.with_retries(rover, arm.present)
    assert len(arm.of("present")) == tries
    assert [data["attempt"] for data in rover.told("motion_fault")] == list(
        range(1, len(faults) + 1)
    )


# ----------------------------------------------------------------------- the rack


@pytest.mark.parametrize(
    ("votes", "taken"), [("110", True), ("101", True), ("100", False), ("011", True)]
)
async def test_a_seat_is_taken_when_two_of_three_readings_say_so(
    rover: Any, votes: str, taken: bool
) -> None:
    rover.hardware.rack.answers["state"] = [rack(*[4] if v == "1" else []) for v in votes]
    assert await grasping.seat_taken(rover, 4) is taken
    assert len(rover.hardware.rack.asked) == 3


async def test_a_tube_goes_into_the_first_slot_that_neither_ledger_nor_sensor_has(
    rover: Any,
) -> None:
    rover.stow(0, OTHER)
    rover.hold()
    states = [rack(1, 2)] * 3 + [rack(1, 2)] * 3 + [rack(1, 2)] * 3 + [rack(1, 2, 3)]
    rover.hardware.rack.answers["state"] = states
    assert await grasping.rack_tube(rover, Signal("rack")) == "racked"
    assert rover.hardware.arm.of("move_to_slot") == [(3,)]
    record = rover.ledger.record(TUBE)
    assert rover.of() == ("held", "rover_rack") and record.slot == 3
    assert rover.told("tube_racked") == [{"tube": TUBE, "slot": 3}] and rover.told("count_tubes")


async def test_a_full_rack_and_empty_jaws_are_said(rover: Any) -> None:
    found = await grasping.rack_tube(rover, Signal("rack"))
    assert found.name == "rack_missed"
    rover.hold()
    rover.hardware.rack.answers["state"] = [rack(*range(36))]
    with pytest.raises(ActivityFailed, match="no slot of the rack is free"):
        await grasping.rack_tube(rover, Signal("rack"))
    with pytest.raises(ActivityFailed, match="no slot"):
        rover.hardware.rack.answers["state"] = [rack(*range(35))]
        await grasping.free_slot(rover, [35])


async def test_a_slot_whose_sensor_stays_open_is_emptied_again_and_another_is_tried(
    rover: Any,
) -> None:
    rover.hold()
    rover.parameters["rack_attempts"] = 2
    rover.hardware.camera.answers["view_gripper"] = [gripped(False), gripped(False), gripped(True)]
    with pytest.raises(ActivityFailed, match=r"slots \[0, 1\]"):
        await grasping.rack_tube(rover, Signal("rack"))
    assert rover.hardware.arm.of("move_to_slot") == [(0,), (0,), (1,)]
    assert [call[0] for call in rover.hardware.gripper.asked] == ["open", "close", "open"]
    assert rover.of() == ("held", "rover_gripper")


async def test_what_is_neither_in_the_slot_nor_in_the_jaws_is_lost(rover: Any) -> None:
    rover.hold()
    found = await grasping.rack_tube(rover, Signal("rack"))
    assert found.name == "rack_missed" and rover.told("tube_lost") == [{"tube": TUBE}]
    assert rover.of()[0] == "unknown"


async def test_cold_motors_leave_the_tube_where_it_is_until_it_is_warmer(rover: Any) -> None:
    rover.hold()
    holding(rover)
    rover.hardware.arm.answers["move_to_slot"] = [COLD]
    assert await grasping.rack_tube(rover, Signal("rack")) == "rest"
    assert rover.of() == ("held", "rover_gripper")
    assert rover.told("device_trouble")[0]["device"] == "rover_arm"


@pytest.mark.parametrize(
    ("inside", "seat", "status"),
    [(True, False, ("held", "rover_gripper")), (False, True, ("held", "rover_rack")),
     (False, False, ("unknown", "rover_rack"))],
)  # fmt: skip
async def test_the_way_out_of_the_rack_is_settled_by_camera_and_seat(
    rover: Any, inside: bool, seat: bool, status: tuple[str, str]
) -> None:
    rover.stow(5)
    rover.ledger.begin(TUBE, places.ROVER_GRIPPER, "rover.gripper")
    holding(rover, inside)
    rover.hardware.rack.answers["state"] = [rack(5) if seat else rack(4, 6)]
    await grasping.settle_moves(rover)
    assert rover.of() == status
    assert len(rover.told("tube_lost")) == (status[0] == "unknown")


@pytest.mark.parametrize(
    ("inside", "lies", "status"),
    [(True, True, "rover_gripper"), (False, True, "ground"), (False, False, "")],
)
async def test_the_way_to_the_ground_is_settled_by_the_camera(
    rover: Any, inside: bool, lies: bool, status: str
) -> None:
    rover.hold()
    rover.ledger.begin(TUBE, places.GROUND, "rover.gripper")
    holding(rover, inside)
    seen(rover, *([sighted()] if lies else []))
    await grasping.settle_moves(rover)
    assert rover.of() == (("held", status) if status else ("unknown", "rover_gripper"))


async def test_what_is_given_to_another_is_not_settled_by_the_rover_alone(rover: Any) -> None:
    rover.hold()
    rover.ledger.offer(TUBE, "mav", "container", "gripper")
    before = rover.of()
    await grasping.settle_moves(rover)
    assert rover.of() == before and not rover.hardware.camera.asked
