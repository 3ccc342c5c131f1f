"""The rover's own arm opens and closes the lid of the container when the transfer arm cannot.

What counts is what neither the arm nor the gripper says: the container's switch, asked for through
the MAV, and the mast camera.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.exchanges import ExchangeFailed
from flight.icd.devices.base import DeviceError, DeviceFault, usable
from flight.icd.devices.manipulation import LidPlace
from flight.icd.exchanges import CONTAINER_STATUS, Nothing
from flight.rover.grasping import LOOKS, held_tube, rack_tube, settle_moves, with_retries
from flight.rover.lid_memory import note_lid
from flight.rover.sol_work import CONDITIONS
from flight.rover.sols import arm_is, by_day, fold_arm, set_awake
from flight.rover.stances import Stances
from flight.rover.vehicle import RoverVehicle

LID_REST = 60.0  # s between attempts
STATUS_TIMEOUT = 60.0  # s for an answer of the MAV
CLOSED, OPEN = "closed", "open"
_WAYS: dict[str, tuple[LidPlace, LidPlace]] = {CLOSED: ("stand", "seat"), OPEN: ("seat", "stand")}


@by_day
async def move_lid(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Brings the lid to where the command wants it; outcome "lid_moved" or "rest"."""
    node.lid_goal = CLOSED if node.is_in("surface.closing_lid") else OPEN
    await set_awake(node, True)
    await settle_moves(node)
    await node.handover.settle()
    if not await node.sols.plan():
        return "rest"
    if held_tube(node) is not None and await rack_tube(node, Signal("rack")) == "rest":
        return "rest"
    reason = ""
    attempt, stances = 1, Stances(node)
    while attempt <= node.parameters["lid_attempts"]:
        try:
            if not await _is_done(node):
                await _carry(node)
            if await _is_done(node):
                await fold_arm(node)
                node.container_lid_moved(state=node.lid_goal)
                text = f"lid {node.lid_goal} by the container's switch and the camera"
                return Signal("lid_moved", {"result": text})
            reason = f"switch and camera do not both say that it is {node.lid_goal}"
        except DeviceFault as fault:
            if fault.code in CONDITIONS:
                raise
            reason = str(fault)
            if fault.code == "reach":
                await _put_back(node)
                if await stances.take_next():
                    continue
        except (ActivityFailed, ExchangeFailed) as failure:
            reason = str(failure)
        node.lid_attempt_failed(attempt=attempt, reason=reason)
        attempt += 1
        if attempt <= node.parameters["lid_attempts"]:
            await asyncio.sleep(LID_REST)
    await _put_back(node)
    await fold_arm(node)
    raise ActivityFailed(f"the lid is not {node.lid_goal}: {reason}")


async def _is_done(node: RoverVehicle) -> bool:
    """Whether the container's switch and the camera both say so, and the gripper is empty."""
    status = await node.exchanges.ask(
        "mav", CONTAINER_STATUS, Nothing(), timeout=STATUS_TIMEOUT
    )
    if status.latched is True and node.lid_goal == OPEN:
        raise ActivityFailed("the lid is latched: the MAV has to open its container first")
    if status.lid_closed is not (node.lid_goal == CLOSED) or await _in_jaws(node):
        return False
    return await _seen(node, _WAYS[node.lid_goal][1])


async def _carry(node: RoverVehicle) -> None:
    """Takes the lid, unless it is in the jaws already, and puts it down at the other place."""
    start, end = _WAYS[node.lid_goal]
    if not await _in_jaws(node):
        await _take(node, start)
    await _put_down(node, end)


async def _take(node: RoverVehicle, place: LidPlace) -> None:
    arm, gripper = node.hardware.arm, node.hardware.gripper
    if not await _seen(node, place):
        raise ActivityFailed(f"the lid is not seen on its {place}")
    await with_retries(node, gripper.open)
    note_lid(node, True)
    await with_retries(node, lambda: arm.move_to_lid(place, node.parameters["lid_force"]))
    await with_retries(node, gripper.close)
    if not await _in_jaws(node):
        raise ActivityFailed("the jaws closed beside the lid's handle")


async def _put_down(node: RoverVehicle, place: LidPlace) -> None:
    """Lets the lid go only where the force and the height say that it lies."""
    limit = node.parameters["lid_force"]
    motion = usable(await node.hardware.arm.move_to_lid(place, limit))
    if motion.height > node.parameters["lid_tolerance"]:
        raise ActivityFailed(
            f"the lid stands {1000.0 * motion.height:.1f} mm over its {place} at {motion.force:.0f}"
            " N: something is under it"
        )
    if motion.force < 0.5 * limit:
        raise ActivityFailed(f"no {place} is felt under the lid: {motion.force:.0f} N")
    await with_retries(node, node.hardware.gripper.open)
    if await _in_jaws(node):
        raise ActivityFailed("the lid sticks to the jaws")
    node.sols.progress()


async def _put_back(node: RoverVehicle) -> None:
    """Brings a lid that is still in the jaws to where it was taken from, if that can be done."""
    try:
        if await _in_jaws(node):
            await _put_down(node, _WAYS[node.lid_goal][0])
    except (ActivityFailed, DeviceError) as error:
        node.device_trouble(device="rover_arm", reason=f"the lid is not put back: {error}")


async def _in_jaws(node: RoverVehicle) -> bool:
    """Whether the camera sees the lid in the gripper; raises ActivityFailed when it sees a tube."""
    hardware = node.hardware
    if not await arm_is(node, "presented"):
        await with_retries(node, hardware.arm.present)
    look = hardware.camera.view_gripper
    if await _mostly(look, lambda image: image.tube_present, "no_image"):
        raise ActivityFailed("a tube is in the jaws: they cannot take the lid")
    held = await _mostly(look, lambda image: image.lid_present, "no_image")
    note_lid(node, held)
    return held


async def _seen(node: RoverVehicle, place: LidPlace) -> bool:
    """Whether the camera sees the lid at a place; the arm is out of its sight."""
    return await _mostly(
        node.hardware.camera.view_container,
        lambda image: image.lid_on_seat if place == "seat" else image.lid_on_stand,
        "dark",
    )


async def _mostly(
    look: Callable[[], Awaitable[Any]], says: Callable[[Any], bool], fault: str
) -> bool:
    """What most of three looks say; two that agree are enough. `fault`: its code when blind."""
    votes: list[bool] = []
    while len(votes) < LOOKS and not (len(votes) == 2 and votes[0] == votes[1]):
        image = await look()
        if not image.valid:
            raise DeviceFault(fault, "the camera does not see the lid")
        votes.append(says(image))
    return 2 * sum(votes) > len(votes)
