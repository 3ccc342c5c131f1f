"""Takes a tube from the ground into the gripper, and from the gripper into the rack.

The intent is in the ledger before anything moves; what happened is read from a sensor that did not
do the moving: the camera for the gripper, the seat sensor for the rack. A gripper that has closed
says nothing (it closes on nothing just as well).
"""

import functools
from collections.abc import Awaitable, Callable
from math import hypot, pi
from typing import Any

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.sound_readings import sound
from flight.core.tries import MOTION, insist
from flight.icd import places
from flight.icd.custody_record import FORGET, is_open
from flight.icd.devices.base import DeviceError, DeviceFault, DeviceRejected
from flight.icd.devices.manipulation import RACK_SLOTS
from flight.icd.devices.vision import TubeSighting
from flight.rover.safeguards import GRASP_EVIDENCE
from flight.rover.sol_work import CONDITIONS
from flight.rover.sols import arm_is, by_day
from flight.rover.vehicle import RoverVehicle

GRIPPER, CAMERA, RACK = "rover.gripper", "rover.stereo_camera", "rover.tube_rack"

LOOKS = 3
NEAR = 0.6  # m within which a sighting is the tube that was to be grasped
GRASP_HEIGHT = 0.0  # m of the jaws' middle over the ground


@by_day
async def grasp_tube(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Grasps the tube that was found; outcome "grasped", "grasp_missed" or "rest"."""
    tube = node.fetch.current
    sighting = node.target
    if sighting is None:
        return Signal("grasp_missed", {"reason": "the tube has to be found again"})
    found_where_it_lies(node, tube, f"on the ground {sighting.ahead:.2f} m ahead")
    if not _is_to_be_taken(node, tube):
        return Signal("grasp_missed", {"reason": "by the ledger it is not this rover's to take"})
    for attempt in range(1, node.parameters["grasp_attempts"] + 1):
        node.ledger.begin(tube, places.ROVER_GRIPPER, GRIPPER)
        try:
            await _close_on(node, sighting)
        except DeviceRejected as refusal:
            await settle_grasp(node, tube)
            return Signal("grasp_missed", {"reason": str(refusal)})
        except DeviceFault:
            await settle_grasp(node, tube)
            raise
        if await settle_grasp(node, tube):
            return "grasped"
        node.grasp_failed(tube=tube, attempt=attempt)
        record = node.ledger.record(tube)
        if record is None or record.status is not CustodyStatus.HELD:
            return Signal("grasp_missed", {"reason": "the tube is not where it was"})
        found = await look_for(node, sighting)
        if found is None:
            return Signal("grasp_missed", {"reason": "the tube is not seen any more"})
        sighting = node.target = found
    return Signal("grasp_missed", {"reason": "the gripper closed on nothing"})


def found_where_it_lies(node: RoverVehicle, tube: str, sight: str) -> None:
    """A tube of which nothing was known any more lies before the camera: that is the look.

    Of what this ledger has forgotten no other answers for a tube that lies on the ground; where
    another does it stays unknown here.
    """
    record = node.ledger.record(tube)
    if record is None or record.status is not CustodyStatus.UNKNOWN or is_open(record):
        return
    if record.step != FORGET and not record.responsible:
        return
    ceded = record if record.step == FORGET else None
    node.ledger.find(tube, places.GROUND, Evidence(CAMERA, sight), ceded=ceded)


def _is_to_be_taken(node: RoverVehicle, tube: str) -> bool:
    """Whether the ledger has a tube on the ground, or on its way from there into the gripper."""
    record = node.ledger.record(tube)
    if record is None or record.place != places.GROUND:
        return False
    if record.status is CustodyStatus.IN_TRANSIT:
        return record.destination == places.ROVER_GRIPPER and record.transfer_id is None
    return record.status is CustodyStatus.HELD


async def _close_on(node: RoverVehicle, sighting: TubeSighting) -> None:
    arm, gripper = node.hardware.arm, node.hardware.gripper
    await gripper.open()
    heading = sighting.heading if sighting.heading <= 0.5 * pi else sighting.heading - pi
    await with_retries(
        node, lambda: arm.move_to(sighting.ahead, sighting.right, GRASP_HEIGHT, heading)
    )
    await with_retries(node, gripper.close)
    await with_retries(node, arm.present)


async def with_retries(node: RoverVehicle, motion: Callable[[], Awaitable[Any]]) -> None:
    """Does a motion, again when it stalls or jams; raises the last fault."""

    def failed(number: int, error: DeviceError) -> None:
        if isinstance(error, DeviceFault):
            node.motion_fault(reason=str(error), attempt=number)

    await insist(motion, MOTION, failed, is_hopeless=_is_no_better_again)


def _is_no_better_again(error: DeviceError) -> bool:
    return not isinstance(error, DeviceFault) or error.code in (*CONDITIONS, "reach")


async def settle_grasp(node: RoverVehicle, tube: str) -> bool:
    """Ends the move ground to gripper in the ledger by what the camera sees; True if it is held.

    Not in the gripper and not on the ground: then the ledger says openly that it is not known.
    """
    if not node.context.structure.keeps(GRASP_EVIDENCE):
        return _take_it_as_held(node, tube)
    inside, serial = await gripper_holds(node)
    if inside and serial in ("", tube):
        reading = f"tube in the gripper, engraving {serial or 'not legible'}"
        node.ledger.commit(tube, Evidence(CAMERA, reading))
        node.sols.progress()
        node.tube_grasped(tube=tube, evidence=reading)
        return True
    if inside:
        await _put_back_stranger(node, tube, serial)
        return False
    sighting = await look_for(node, node.target)
    if sighting is not None:
        place = f"{sighting.ahead:.2f} m ahead, {sighting.right:.2f} m right"
        node.ledger.revert(tube, Evidence(CAMERA, f"on the ground {place}; gripper empty"))
    else:
        node.ledger.lose(tube, "neither in the gripper nor seen on the ground after a grasp")
        node.tube_lost(tube=tube)
    return False


def _take_it_as_held(node: RoverVehicle, tube: str) -> bool:
    """Without the look: the jaws have closed, so it is believed to be between them."""
    node.ledger.commit(tube, Evidence(CAMERA, "jaws closed"))
    node.tube_grasped(tube=tube, evidence="jaws closed")
    return True


async def _put_back_stranger(node: RoverVehicle, tube: str, serial: str) -> None:
    """Another tube than meant is in the gripper: it goes back to where it was taken from."""
    node.wrong_tube(wanted=tube, found=serial)
    spot = node.target
    if spot is not None:
        await with_retries(
            node, lambda: node.hardware.arm.move_to(spot.ahead, spot.right, GRASP_HEIGHT, 0.0)
        )
    await with_retries(node, node.hardware.gripper.open)
    await with_retries(node, node.hardware.arm.present)
    node.ledger.lose(tube, f"{serial} was taken for it")


async def gripper_holds(node: RoverVehicle) -> tuple[bool, str]:
    """What the camera sees in the gripper, by majority of looks, and the engraving if legible."""
    if not await arm_is(node, "presented"):
        await with_retries(node, node.hardware.arm.present)
    seen, serial = 0, ""
    looks = 0
    while looks < LOOKS:
        image = await node.hardware.camera.view_gripper()
        if not image.valid:
            raise DeviceFault("no_image", "the camera does not see the gripper")
        looks += 1
        seen += image.tube_present
        serial = image.serial or serial
        if looks == 2 and seen in (0, 2):
            break
    return 2 * seen > looks, serial


async def look_for(node: RoverVehicle, expected: TubeSighting | None) -> TubeSighting | None:
    """Looks for a tube near where it was seen last, the vehicle not having moved since."""
    for _ in range(2 * LOOKS):
        image = await node.hardware.camera.find_tubes(3.0)
        if not image.valid:
            raise DeviceFault("dark", "it is too dark to see the ground")
        near = [
            sighting
            for sighting in image.sightings
            if expected is None
            or hypot(sighting.ahead - expected.ahead, sighting.right - expected.right) < NEAR
        ]
        if near:
            return max(near, key=lambda sighting: sighting.confidence)
    return None


@by_day
async def rack_tube(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Puts the tube from the gripper into a free slot; outcome "racked", "rack_missed", "rest"."""
    tube = held_tube(node)
    if tube is None:
        return Signal("rack_missed", {"reason": "the gripper holds nothing"})
    tried: list[int] = []
    for _ in range(node.parameters["rack_attempts"]):
        slot = await free_slot(node, tried)
        tried.append(slot)
        node.ledger.begin(tube, places.ROVER_RACK, GRIPPER, slot)
        try:
            await with_retries(node, functools.partial(node.hardware.arm.move_to_slot, slot))
            await with_retries(node, node.hardware.gripper.open)
        except DeviceFault as fault:
            node.device_trouble(device="rover_arm", reason=str(fault))
            if fault.code in CONDITIONS:
                await settle_rack(node, tube)
                raise
        if await settle_rack(node, tube):
            return "racked"
        if held_tube(node) != tube:
            return Signal("rack_missed", {"reason": f"{tube} fell beside the rack"})
    raise ActivityFailed(f"{tube} could not be put into the rack: slots {tried}")


async def settle_rack(node: RoverVehicle, tube: str) -> bool:
    """Ends the move gripper to rack by the seat sensor, and by the camera if that sees nothing."""
    record = node.ledger.record(tube)
    slot = record.slot if record is not None else None
    if slot is not None and await seat_taken(node, slot):
        node.ledger.commit(tube, Evidence(RACK, f"seat sensor of slot {slot} closed"))
        node.sols.progress()
        node.tube_racked(tube=tube, slot=slot)
        node.count_tubes()
        return True
    inside, serial = await gripper_holds(node)
    if not inside and slot is not None:
        # The sensor of the slot may be what is broken: what can be taken out again was in it.
        await with_retries(node, functools.partial(node.hardware.arm.move_to_slot, slot))
        await with_retries(node, node.hardware.gripper.close)
        inside, serial = await gripper_holds(node)
    if inside and serial in ("", tube):
        node.ledger.revert(tube, Evidence(CAMERA, "tube in the gripper"))
        return False
    node.ledger.lose(tube, f"neither in slot {slot} nor in the gripper")
    node.tube_lost(tube=tube)
    return False


async def seat_taken(node: RoverVehicle, slot: int) -> bool:
    """A seat sensor by majority of three readings: single ones may be false."""
    votes = 0
    for _ in range(LOOKS):
        votes += (await sound(node.hardware.rack.state)).seated[slot]
    return votes >= 2


async def free_slot(node: RoverVehicle, avoid: list[int]) -> int:
    """The first slot that neither the ledger nor the seat sensors know to be taken."""
    taken = slots_taken(node)
    for slot in range(RACK_SLOTS):
        if slot not in taken and slot not in avoid and not await seat_taken(node, slot):
            return slot
    raise ActivityFailed("no slot of the rack is free")


def slots_taken(node: RoverVehicle) -> list[int | None]:
    """The slots that the ledger knows to be taken."""
    return [
        slot_of(node, record.tube)
        for record in node.ledger.records()
        if record.place == places.ROVER_RACK and record.status is not CustodyStatus.HANDED_OVER
    ]


def held_tube(node: RoverVehicle) -> str | None:
    """The tube that the gripper holds by the ledger."""
    for record in node.ledger.records():
        if record.status is CustodyStatus.HELD and record.place == places.ROVER_GRIPPER:
            return record.tube
    return None


async def settle_moves(node: RoverVehicle) -> None:
    """Ends by the sensors what a reboot or an abort left open in the ledger."""
    for record in node.ledger.open_transfers():
        if record.transfer_id is not None:
            continue
        if record.destination == places.ROVER_GRIPPER and record.place == places.GROUND:
            await settle_grasp(node, record.tube)
        elif record.destination == places.ROVER_GRIPPER:
            await settle_unrack(node, record.tube)
        elif record.destination == places.ROVER_RACK:
            await settle_rack(node, record.tube)
        elif record.destination == places.GROUND:
            await settle_release(node, record.tube)


async def settle_unrack(node: RoverVehicle, tube: str) -> bool:
    """Ends the move rack to gripper: the camera sees it in the gripper, or the seat is closed."""
    inside, serial = await gripper_holds(node)
    if inside and serial in ("", tube):
        node.ledger.commit(tube, Evidence(CAMERA, "tube in the gripper"))
        return True
    record = node.ledger.record(tube)
    slot = slot_of(node, tube)
    if record is not None and slot is not None and await seat_taken(node, slot):
        node.ledger.revert(tube, Evidence(RACK, f"seat sensor of slot {slot} closed"))
    else:
        node.ledger.lose(tube, f"neither in slot {slot} nor in the gripper")
        node.tube_lost(tube=tube)
    return False


async def settle_release(node: RoverVehicle, tube: str) -> bool:
    """Ends the move gripper to ground."""
    inside, _ = await gripper_holds(node)
    if inside:
        node.ledger.revert(tube, Evidence(CAMERA, "tube still in the gripper"))
        return False
    sighting = await look_for(node, None)
    if sighting is not None:
        node.ledger.commit(tube, Evidence(CAMERA, f"on the ground {sighting.ahead:.2f} m ahead"))
        return True
    node.ledger.lose(tube, "let go, and not seen on the ground")
    node.tube_lost(tube=tube)
    return False


def slot_of(node: RoverVehicle, tube: str) -> int | None:
    """The slot of the rack that a tube sits in, or sat in last."""
    record = node.ledger.record(tube)
    if record is not None and record.place == places.ROVER_RACK and record.slot is not None:
        return record.slot
    for step in reversed(node.ledger.journal(tube)):
        if step.place == places.ROVER_RACK and step.slot is not None:
            return step.slot
    return None
