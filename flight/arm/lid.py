"""Opens and closes the lid of the container."""


from flight.arm.device_calls import MechanismFailed, persist, persist_sound
from flight.arm.kinematics import standoff
from flight.arm.motion import (
    NotSeen,
    go,
    line,
    look,
    release_brakes,
    retreat,
    servo,
    transit,
)
from flight.arm.seeing import view_gripper
from flight.arm.vehicle import ArmVehicle
from flight.arm.work_time import wait_for_work
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.exchanges import ExchangeFailed
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.transfer_arm_geometry import (
    LID_SEAT,
    LID_STAND,
    READY,
    STANDOFF,
    Pose,
    downward,
)
from flight.icd.exchanges import CONTAINER_STATUS, ContainerStatus, Nothing

ON_SEAT = Pose(LID_SEAT, downward(0.0))
ON_STAND = Pose(LID_STAND, downward(0.0))


async def open_lid(node: ArmVehicle, signal: Signal) -> Signal:
    """Takes the lid from the container to its stand."""
    return await _move_lid(node, closed=False)


async def close_lid(node: ArmVehicle, signal: Signal) -> Signal:
    """Puts the lid on the container."""
    return await _move_lid(node, closed=True)


async def _move_lid(node: ArmVehicle, *, closed: bool) -> Signal:
    await wait_for_work(node, node.parameters["lid_seconds"], node.parameters["tube_energy"])
    reason = ""
    for _ in range(node.parameters["attempts"]):
        try:
            if not (await _is_done(node, closed) and await _is_seen(node, closed)):
                await release_brakes(node)
                await _carry(node, closed)
            if await _is_done(node, closed):
                await _rest(node)
                node.lid_moved(state="closed" if closed else "open")
                text = "by the container's switch and the camera"
                return Signal("done", {"result": f"lid {'closed' if closed else 'open'} {text}"})
            reason = "the container's switch does not confirm it"
        except MechanismFailed:
            raise
        except (ActivityFailed, DeviceFault, ExchangeFailed) as failure:
            reason = str(failure)
        node.attempt_failed(tube="lid", reason=reason)
    raise ActivityFailed(f"lid not {'closed' if closed else 'open'}: {reason}")


async def _carry(node: ArmVehicle, closed: bool) -> None:
    start, end = (ON_STAND, ON_SEAT) if closed else (ON_SEAT, ON_STAND)
    view = await view_gripper(node)
    if view.tube_present:
        raise ActivityFailed("a tube is in the jaws: they cannot take the lid")
    if not view.lid_present:
        await persist(node, node.hardware.gripper.open)
        goal, _ = await servo(node, "lid", start)
        await line(node, goal)
        await persist(node, node.hardware.gripper.close)
        await line(node, standoff(goal, STANDOFF))
        if not (await view_gripper(node)).lid_present:
            raise ActivityFailed("the jaws closed beside the lid's handle")
    if closed:
        goal, _ = await servo(node, "lid_seat", end)
        below = standoff(goal, -0.004)
        await line(node, below, node.parameters["lid_force"])
    else:
        await transit(node, standoff(end, STANDOFF))
        await line(node, end)
    await persist(node, node.hardware.gripper.open)
    await retreat(node)


async def _is_done(node: ArmVehicle, closed: bool) -> bool:
    """Whether both the container's switch and the camera say so."""
    status = await container_status(node)
    if status.latched is True and not closed:
        raise ActivityFailed("the lid is latched: the MAV has to open its container first")
    if status.lid_closed is not closed:
        return False
    return not (await view_gripper(node)).lid_present


async def _is_seen(node: ArmVehicle, closed: bool) -> bool:
    """Whether the camera sees the lid where it is to be: that nothing has to be done a switch alone
    does not say, which would be believed of a lid that nobody has moved."""
    await release_brakes(node)
    try:
        await transit(node, standoff(ON_SEAT if closed else ON_STAND, STANDOFF))
        await look(node, "lid")
    except NotSeen:
        return False
    return True


async def container_status(node: ArmVehicle) -> ContainerStatus:
    """What the MAV says of its container; raises ExchangeFailed."""
    return await node.exchanges.ask("mav", CONTAINER_STATUS, Nothing(), timeout=60.0)


async def _rest(node: ArmVehicle) -> None:
    state = await persist_sound(node, node.hardware.arm.state)
    if not state.brakes:
        await retreat(node)
        await go(node, READY)
        await persist(node, lambda: node.hardware.arm.set_brakes(True))
