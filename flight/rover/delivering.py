"""The rover's own arm loads the container, and lays a tube down when the ground says so."""


from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.commanding.arguments import Arguments, TubeId
from flight.core.custody.handover import HandoverFailed
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.icd import places
from flight.icd.devices.base import DeviceFault
from flight.rover.fetching import TubeIds
from flight.rover.grasping import (
    CAMERA,
    GRASP_HEIGHT,
    GRIPPER,
    RACK,
    gripper_holds,
    held_tube,
    rack_tube,
    seat_taken,
    settle_moves,
    settle_release,
    settle_unrack,
    slot_of,
    with_retries,
)
from flight.rover.sols import by_day, fold_arm, set_awake
from flight.rover.stances import Stances
from flight.rover.vehicle import RoverVehicle

GIVE_TRIES = 3
RELEASE_PLACE = (1.3, 0.0)  # m ahead and right, where a tube is laid down


class LoadContainer(Arguments, frozen=True):
    """The tubes to load."""

    tubes: TubeIds


class ReleaseTube(Arguments, frozen=True):
    """The tube to lay down."""

    tube: TubeId


@by_day
async def load_container(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Puts tube after tube into the container; outcome "loaded" or "rest"."""
    if isinstance(signal.carried, LoadContainer):
        node.loading = list(signal.carried.tubes)
    await set_awake(node, True)
    await settle_moves(node)
    await node.handover.settle()
    failed: dict[str, str] = {}
    stances = Stances(node)
    for number, tube in enumerate(node.loading):
        if not await node.sols.plan():
            return "rest"
        reason = await _deliver(node, tube, stances)
        if reason:
            failed[tube] = reason
            node.delivery_failed(tube=tube, reason=reason)
        node.progress(f"{number + 1} of {len(node.loading)} tubes tried")
    await fold_arm(node)
    done = len(node.loading) - len(failed)
    if done == 0 and failed:
        raise ActivityFailed("; ".join(f"{tube}: {reason}" for tube, reason in failed.items()))
    text = f"{done} of {len(node.loading)} tubes in the container"
    if failed:
        text += ". Not: " + "; ".join(f"{tube} ({reason})" for tube, reason in failed.items())
    return Signal("loaded", {"result": text})


async def _deliver(node: RoverVehicle, tube: str, stances: Stances) -> str:
    """Takes a tube from the rack to the container; returns why that failed, or nothing."""
    record = node.ledger.record(tube)
    if record is None:
        return "the ledger does not know it"
    if record.status is CustodyStatus.HANDED_OVER:
        return ""
    other = held_tube(node)
    if other not in (None, tube):
        await rack_tube(node, Signal("rack"))
    if other != tube and not await _take_from_rack(node, tube):
        return "it could not be taken from the rack"
    avoid: list[int] = []
    reason = ""
    for _ in range(GIVE_TRIES):
        insertion = _Insertion(node, avoid)
        try:
            await node.handover.give(
                tube, "mav", places.CONTAINER, insertion, device="gripper", avoid=avoid
            )
            node.tube_delivered(tube=tube, slot=avoid[-1] if avoid else "taken before")
            return ""
        except HandoverFailed as failure:
            reason = str(failure)
            if not failure.settled:
                return reason
            if held_tube(node) != tube and not await _take_back(node, tube, avoid):
                return reason
            if insertion.out_of_reach:
                await rack_tube(node, Signal("rack"))
                if await stances.take_next():
                    return await _deliver(node, tube, stances)
                return reason
    await rack_tube(node, Signal("rack"))
    return reason


async def _take_back(node: RoverVehicle, tube: str, tried: list[int]) -> bool:
    """Draws a tube that did not seat out of its socket again; True when the gripper has it."""
    record = node.ledger.record(tube)
    if record is None or record.status is not CustodyStatus.UNKNOWN or not tried:
        return False
    hardware, socket = node.hardware, tried[-1]
    try:
        await hardware.gripper.open()
        await with_retries(node, lambda: hardware.arm.move_to_container(socket))
        await with_retries(node, hardware.gripper.close)
    except DeviceFault as fault:
        node.device_trouble(device="rover_arm", reason=str(fault))
    inside, serial = await gripper_holds(node)
    if not inside or serial not in ("", tube):
        return False
    seen = Evidence(CAMERA, f"drawn out of socket {socket} again")
    node.ledger.find(tube, places.ROVER_GRIPPER, seen)
    return True


class _Insertion:
    """The motion into a socket; remembers the sockets that were tried."""

    def __init__(self, node: RoverVehicle, tried: list[int]) -> None:
        self._node = node
        self._tried = tried
        self.out_of_reach = False

    async def __call__(self, slot: int | None) -> None:
        if slot is None:
            raise DeviceFault("stall", "no socket was named")
        self._tried.append(slot)
        arm, gripper = self._node.hardware.arm, self._node.hardware.gripper
        try:
            await with_retries(self._node, lambda: arm.move_to_container(slot))
        except DeviceFault as fault:
            self.out_of_reach = fault.code == "reach"
            raise
        await with_retries(self._node, gripper.open)


async def _take_from_rack(node: RoverVehicle, tube: str) -> bool:
    record = node.ledger.record(tube)
    slot = slot_of(node, tube)
    if record is None or record.place != places.ROVER_RACK or slot is None:
        return False
    hardware = node.hardware
    for _ in range(GIVE_TRIES):
        await hardware.gripper.open()
        node.ledger.begin(tube, places.ROVER_GRIPPER, GRIPPER)
        try:
            await with_retries(node, lambda: hardware.arm.move_to_slot(slot))
            await with_retries(node, hardware.gripper.close)
        except DeviceFault as fault:
            node.device_trouble(device="rover_arm", reason=str(fault))
        if await settle_unrack(node, tube):
            return True
    return False


@by_day
async def release_tube(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Lays a tube from the rack on the ground; outcome "done" or "rest"."""
    tube = signal.given(ReleaseTube).tube
    await settle_moves(node)
    if held_tube(node) != tube and not await _take_from_rack(node, tube):
        raise ActivityFailed(f"{tube} could not be taken from the rack")
    node.ledger.begin(tube, places.GROUND, GRIPPER)
    ahead, right = RELEASE_PLACE
    await with_retries(
        node, lambda: node.hardware.arm.move_to(ahead, right, GRASP_HEIGHT + 0.01, 0.0)
    )
    await with_retries(node, node.hardware.gripper.open)
    if not await settle_release(node, tube):
        raise ActivityFailed(f"{tube} did not come to lie on the ground")
    east, north = node.pose.to_local(ahead, right)
    node.fetch.seen[tube] = [east, north, node.pose.error]
    node.keep_fetch_plan()
    node.count_tubes()
    await fold_arm(node)
    return Signal("done", {"result": f"{tube} lies at ({east:.1f}, {north:.1f}) m"})


async def look_into_gripper(node: RoverVehicle, tube: str) -> Evidence:
    """Whether the camera sees a tube in the gripper; the engraving of another one is a no."""
    inside, serial = await gripper_holds(node)
    if inside and serial not in ("", tube):
        return Evidence(CAMERA, f"{serial} in the gripper", False)
    return Evidence(CAMERA, "tube in the gripper" if inside else "gripper empty", inside)


async def verify_tube(node: RoverVehicle, tube: str, slot: int | None, expected: bool) -> Evidence:
    """What a sensor that moves nothing says of a tube: the seat in the rack, or the camera."""
    record = node.ledger.record(tube)
    if record is not None and record.place == places.ROVER_GRIPPER:
        return await look_into_gripper(node, tube)
    if slot is None:
        slot = slot_of(node, tube)
    if slot is None:
        return Evidence(RACK, f"{tube} has no slot in the rack", False)
    taken = await seat_taken(node, slot)
    return Evidence(RACK, f"seat sensor of slot {slot} {'closed' if taken else 'open'}", taken)
