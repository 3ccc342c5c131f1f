"""What the rover's arm decides at the lander: the lid, and tubes for the container."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.vision import ContainerImage
from flight.rover import delivering, lid
from tests.flight.rover.standing import (
    OTHER,
    TUBE,
    Standing,
    arm_at,
    gripped,
    holding,
    pressed,
    rack,
)

STALL = DeviceFault("stall", "joint 2")
REACH = DeviceFault("reach", "too far from the shoulder")


@pytest.fixture
def rover() -> Any:
    return Standing()


# ------------------------------------------------------------------------ the lid


@pytest.mark.parametrize(
    ("height", "force", "words"),
    [(0.0, 20.0, ""), (0.004, 10.0, ""), (0.00401, 20.0, "something is under it"),
     (0.004, 9.99, "no seat is felt")],
)  # fmt: skip
async def test_the_lid_is_let_go_only_where_it_lies(
    rover: Any, height: float, force: float, words: str
) -> None:
    rover.parameters |= {"lid_tolerance": 0.004, "lid_force": 20.0}
    rover.hardware.arm.answers["move_to_lid"] = [pressed(force, height)]
    if words:
        with pytest.raises(ActivityFailed, match=words):
            await lid._put_down(rover, "seat")
        assert not rover.hardware.gripper.asked
    else:
        await lid._put_down(rover, "seat")
        assert rover.hardware.gripper.of("open") == [()] and rover.told("progressed")
    assert rover.hardware.arm.of("move_to_lid") == [("seat", 20.0)]


async def test_a_lid_that_sticks_to_the_jaws_is_not_down(rover: Any) -> None:
    rover.hardware.camera.answers["view_gripper"] = [gripped(False, lid=True)]
    with pytest.raises(ActivityFailed, match="sticks to the jaws"):
        await lid._put_down(rover, "seat")
    assert rover.lid_in_gripper is True and not rover.told("progressed")


async def test_that_the_lid_may_be_held_is_remembered_before_the_arm_goes_there(rover: Any) -> None:
    at_move: list[bool] = []

    def moves(place: str, force: float) -> Any:
        at_move.append(rover.lid_in_gripper)
        return pressed(0.0, 0.0)

    rover.hardware.arm.answers["move_to_lid"] = [moves]
    image = ContainerImage(lid_on_seat=False, lid_on_stand=True)
    rover.hardware.camera.answers["view_container"] = [image]
    with pytest.raises(ActivityFailed, match="beside the lid's handle"):
        await lid._take(rover, "stand")
    assert at_move == [True] and rover.lid_in_gripper is False, "the camera saw them empty"
    with pytest.raises(ActivityFailed, match="not seen on its seat"):
        await lid._take(rover, "seat")
    assert len(at_move) == 1


async def test_jaws_with_a_tube_take_no_lid(rover: Any) -> None:
    holding(rover)
    with pytest.raises(ActivityFailed, match="a tube is in the jaws"):
        await lid._in_jaws(rover)


@pytest.mark.parametrize(
    ("closed", "latched", "jaws", "seat", "goal", "done"),
    [
        (True, False, False, True, "closed", True), (True, False, False, False, "closed", False),
        (False, False, False, True, "closed", False), (True, False, True, True, "closed", False),
        (False, False, False, False, "open", True), (True, False, False, False, "open", False),
        (True, True, False, True, "closed", True), (None, False, False, True, "closed", False),
    ],
)  # fmt: skip
async def test_switch_camera_and_empty_jaws_together_say_that_it_is_done(
    rover: Any, closed: bool, latched: bool, jaws: bool, seat: bool, goal: str, done: bool
) -> None:
    async def ask(*given: Any, **more: Any) -> Any:
        assert given[0] == "mav" and more == {"timeout": 60.0}
        return SimpleNamespace(lid_closed=closed, latched=latched)

    rover.exchanges = SimpleNamespace(ask=ask)
    rover.lid_goal = goal
    rover.hardware.camera.answers["view_gripper"] = [gripped(False, lid=jaws)]
    image = ContainerImage(lid_on_seat=seat, lid_on_stand=not seat)
    rover.hardware.camera.answers["view_container"] = [image]
    assert await lid._is_done(rover) is done
    if latched:
        rover.lid_goal = "open"
        with pytest.raises(ActivityFailed, match="the lid is latched"):
            await lid._is_done(rover)


# --------------------------------------------------------------------- delivering


async def test_a_socket_out_of_reach_is_told_from_one_that_is_blocked(rover: Any) -> None:
    tried: list[int] = []
    rover.hardware.arm.answers["move_to_container"] = [REACH]
    motion = delivering._Insertion(rover, tried)
    with pytest.raises(DeviceFault):
        await motion(7)
    assert motion.out_of_reach and tried == [7] and not rover.hardware.gripper.asked
    rover.hardware.arm.answers["move_to_container"] = [STALL]
    motion = delivering._Insertion(rover, tried)
    with pytest.raises(DeviceFault):
        await motion(8)
    assert not motion.out_of_reach and tried == [7, 8]
    with pytest.raises(DeviceFault, match="no socket"):
        await motion(None)
    assert tried == [7, 8]


async def test_what_is_taken_from_the_rack_is_in_the_ledger_first_and_tried_three_times(
    rover: Any,
) -> None:
    rover.stow(5)
    before: list[tuple[str, str]] = []

    def moves(slot: int) -> Any:
        before.append(rover.of())
        return arm_at("slot")

    rover.hardware.arm.answers["move_to_slot"] = [moves]
    rover.hardware.rack.answers["state"] = [rack(5)]
    assert not await delivering._take_from_rack(rover, TUBE)
    assert before == [("in_transit", "rover_rack")] * 3
    holding(rover)
    assert await delivering._take_from_rack(rover, TUBE)
    assert rover.of() == ("held", "rover_gripper")
    assert not await delivering._take_from_rack(rover, TUBE), "it is there no more"


@pytest.mark.parametrize(
    ("inside", "serial", "back"),
    [(True, TUBE, True), (True, "", True), (True, OTHER, False), (False, "", False)],
)
async def test_a_tube_drawn_out_of_its_socket_is_found_only_when_it_is_seen(
    rover: Any, inside: bool, serial: str, back: bool
) -> None:
    rover.hold()
    assert not await delivering._take_back(rover, TUBE, [3]), "it is known where it is"
    rover.ledger.lose(TUBE, "not seated")
    assert not await delivering._take_back(rover, TUBE, []) and not rover.hardware.arm.asked
    holding(rover, inside, serial)
    assert await delivering._take_back(rover, TUBE, [3, 9]) is back
    assert rover.hardware.arm.of("move_to_container") == [(9,)]
    assert rover.of()[0] == ("held" if back else "unknown")


@pytest.mark.parametrize(
    ("image", "present"),
    [(gripped(True, TUBE), True), (gripped(True), True), (gripped(True, OTHER), False),
     (gripped(False), False)],
)  # fmt: skip
async def test_the_engraving_of_another_is_a_no(rover: Any, image: Any, present: bool) -> None:
    rover.hardware.camera.answers["view_gripper"] = [image]
    rover.hold()
    assert (await delivering.verify_tube(rover, TUBE, 5, True)).present is present
    assert not rover.hardware.rack.asked


async def test_a_tube_of_the_rack_is_verified_by_its_own_seat(rover: Any) -> None:
    assert not (await delivering.verify_tube(rover, TUBE, None, True)).present
    rover.stow(5)
    rover.hardware.rack.answers["state"] = [rack(5)]
    assert (await delivering.verify_tube(rover, TUBE, None, True)).present
    assert not (await delivering.verify_tube(rover, TUBE, 6, True)).present


def delivering_to(rover: Any, monkeypatch: pytest.MonkeyPatch, **reasons: str) -> list[str]:
    """The tubes that are delivered, in order; `reasons`: by the last digit, why one is not."""
    tried: list[str] = []

    async def deliver(node: Any, tube: str, stances: Any) -> str:
        tried.append(tube)
        return reasons.get(f"t{tube[-1]}", "")

    monkeypatch.setattr(delivering, "_deliver", deliver)
    return tried


async def test_one_tube_that_cannot_be_loaded_does_not_keep_the_others(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = delivering_to(rover, monkeypatch, t1="it sticks")
    load = Signal("load_container", carried=delivering.LoadContainer([TUBE, OTHER]))
    found = await delivering.load_container(rover, load)
    assert found.name == "loaded" and tried == [TUBE, OTHER]
    assert found.data["result"] == f"1 of 2 tubes in the container. Not: {TUBE} (it sticks)"
    assert rover.told("delivery_failed") == [{"tube": TUBE, "reason": "it sticks"}]
    assert rover.hardware.arm.of("stow")
    rover.plans = False
    assert await delivering.load_container(rover, Signal("awake")) == "rest"
    rover.plans = True
    delivering_to(rover, monkeypatch, t1="it sticks", t2="dark")
    with pytest.raises(ActivityFailed, match=f"{TUBE}: it sticks; {OTHER}: dark"):
        await delivering.load_container(rover, load)


async def test_what_is_handed_over_is_done_and_what_is_unknown_is_said(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await delivering._deliver(rover, "M9", None) == "the ledger does not know it"  # type: ignore[arg-type]
    found = await delivering._deliver(rover, TUBE, None)  # type: ignore[arg-type]
    assert found == "it could not be taken from the rack"
    rover.hold()
    given: list[Any] = []

    async def give(tube: str, to: str, place: str, motion: Any, **more: Any) -> None:
        given.append((tube, to, place, more["device"]))

    rover.handover.give = give
    assert await delivering._deliver(rover, TUBE, None) == ""  # type: ignore[arg-type]
    assert given == [(TUBE, "mav", "container", "gripper")]
    assert rover.told("tube_delivered") == [{"tube": TUBE, "slot": "taken before"}]
