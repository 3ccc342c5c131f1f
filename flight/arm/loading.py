"""Loads sample tubes: from rover, Perseverance or ground into a socket of the MAV's container."""


from typing import Annotated, Literal

import msgspec

from flight.arm.device_calls import MechanismFailed, persist
from flight.arm.kinematics import on_vehicle, standoff
from flight.arm.motion import NotSeen, line, look, release_brakes, retreat, servo
from flight.arm.safeguards import INSERTION_FORCE
from flight.arm.seeing import CAMERA, GRIPPER, verify_tube, view_gripper
from flight.arm.silence import heard_again, is_silence
from flight.arm.vehicle import ArmVehicle
from flight.arm.work_time import count_tube, wait_for_work
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.commanding.arguments import Arguments, TubeId
from flight.core.custody.handover import HandoverFailed
from flight.core.custody.ledger import CustodyRecord, CustodyStatus, Evidence
from flight.core.fault_protection.witnesses import WITNESSES
from flight.icd import places
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.transfer_arm_geometry import (
    SOCKET_DEPTH,
    STANDOFF,
    Pose,
    Vector,
    added,
    column,
    downward,
    rack_place,
    sideways,
    socket_place,
    tube_port_place,
)

PRESS = 0.006  # m beyond the bottom, so that the force tells when it is reached
SHAKE = 0.003  # m to each side


class LoadTubes(Arguments, frozen=True):
    """The tubes, and where they are to be taken from."""

    tubes: Annotated[list[TubeId], msgspec.Meta(min_length=1, max_length=30)]
    source: Literal["rover", "perseverance", "ground"]


class SocketBlocked(ActivityFailed):
    """A tube does not go into a socket."""


async def load_tubes(node: ArmVehicle, signal: Signal) -> Signal:
    """Loads the tubes one after the other; a tube that fails does not keep the others."""
    wanted = signal.given(LoadTubes)
    tubes, source = wanted.tubes, wanted.source
    failed: dict[str, str] = {}
    loaded = 0
    for tube in tubes:
        await node.handover.settle()  # what a reboot interrupted may have been done already
        if _is_loaded(node, tube):
            loaded += 1
            continue
        try:
            await wait_for_work(
                node, node.parameters["tube_seconds"], node.parameters["tube_energy"]
            )
            await release_brakes(node)
            await _load(node, tube, source)
            count_tube(node)
            loaded += 1
        except MechanismFailed:
            raise
        except (ActivityFailed, HandoverFailed, DeviceFault) as failure:
            if node.failed_mechanism:
                raise MechanismFailed(node.failed_mechanism) from failure
            failed[tube] = str(failure)
            node.tube_failed(tube=tube, reason=str(failure))
            if _holding(node) is not None:
                break  # the jaws are not free: no other tube can be taken
        node.count_tubes()
        node.progress(f"{loaded} of {len(tubes)} tubes in the container")
    node.count_tubes()
    await retreat(node)
    await persist(node, lambda: node.hardware.arm.set_brakes(True))
    if failed:
        reasons = "; ".join(f"{tube}: {reason}" for tube, reason in failed.items())
        raise ActivityFailed(f"{loaded} of {len(tubes)} tubes loaded. Not: {reasons}")
    return Signal("done", {"result": f"{loaded} of {len(tubes)} tubes in the container"})


def _is_loaded(node: ArmVehicle, tube: str) -> bool:
    record = node.ledger.record(tube)
    return record is not None and record.status is CustodyStatus.HANDED_OVER


def _holding(node: ArmVehicle) -> CustodyRecord | None:
    """The tube that the ledger has in the jaws, or on its way from or to them."""
    for record in node.ledger.records():
        if record.status is CustodyStatus.HELD and record.place == places.ARM_GRIPPER:
            return record
    return None


async def _load(node: ArmVehicle, tube: str, source: str) -> None:
    held = _holding(node)
    if held is not None and held.tube != tube:
        await _give(node, held.tube)
    if held is None or held.tube != tube:
        await _take(node, tube, source)
    await _give(node, tube)
    node.tube_loaded(tube=tube)


# ------------------------------------------------------------------- taking


async def _take(node: ArmVehicle, tube: str, source: str) -> None:
    node.current_tube = tube
    reason = ""
    left: int = node.parameters["attempts"]
    while left > 0:
        left -= 1
        try:
            if await _find_in_jaws(node, tube):
                return
            if source == places.GROUND:
                await _take_from_ground(node, tube)
            else:
                await node.handover.take(
                    tube, source, lambda slot: _fetch(node, source, tube, slot), device=GRIPPER
                )
            node.tube_taken(tube=tube, source=source)
            return
        except (HandoverFailed, ActivityFailed) as failure:
            if node.failed_mechanism:
                raise MechanismFailed(node.failed_mechanism) from failure
            reason = str(failure)
            node.attempt_failed(tube=tube, reason=reason)
            if isinstance(failure, HandoverFailed) and not failure.settled:
                break
            if is_silence(failure) and await heard_again(node, source):
                await node.handover.settle()
                await release_brakes(node)
                left += 1  # what nobody has heard was no attempt
    raise ActivityFailed(f"not taken from {source}: {reason}")


async def _fetch(node: ArmVehicle, source: str, tube: str, slot: int | None) -> None:
    """Moves a tube from where a vehicle holds it into the jaws, and lifts it out."""
    if source == "rover":
        if slot is None:
            raise ActivityFailed("the rover names no slot")
        target, place = f"rack:{slot}", rack_place(slot)
    else:
        target, place = f"port:{tube}", tube_port_place()
    node.step("step_approach")
    centre, heading = await _survey(node, source)
    await _grip(node, target, on_vehicle(centre, heading, place))


async def _survey(node: ArmVehicle, vehicle: str) -> tuple[list[float], float]:
    for _ in range(node.parameters["images"]):
        seen = await persist(node, lambda: node.hardware.camera.survey(vehicle))
        if seen.valid:
            return seen.position, seen.heading
    raise NotSeen(f"{vehicle} is not in sight")


async def _grip(node: ArmVehicle, target: str, nominal: Pose) -> None:
    """Opens the jaws, goes to a tube, closes them and draws it out."""
    await _jaws_must_be_empty(node)
    await persist(node, node.hardware.gripper.open)
    goal, sighting = await servo(node, target, nominal)
    if not sighting.tube_present:
        sighting = await look(node, target)
        if not sighting.tube_present:
            raise ActivityFailed(f"the camera sees no tube at {target}")
    node.step("step_extract")
    await line(node, goal)
    await persist(node, node.hardware.gripper.close)
    await line(node, standoff(goal, STANDOFF))
    node.step("step_verify")


async def _jaws_must_be_empty(node: ArmVehicle) -> None:
    """Jaws that hold something stay closed, whatever the ledger says: opened, they drop it."""
    if not node.context.structure.keeps(WITNESSES):
        return
    view = await view_gripper(node)
    if view.tube_present:
        raise ActivityFailed(f"the jaws hold {view.serial or 'a tube'}: they stay closed")


async def _find_in_jaws(node: ArmVehicle, tube: str) -> bool:
    """Whether the jaws hold a tube that came to be unknown on its way to them; the look that
    resolves it: the engraving says which one it is, and whoever answers for it cedes it."""
    if not node.context.structure.keeps(WITNESSES):
        return False
    record = node.ledger.record(tube)
    if record is None or record.status is not CustodyStatus.UNKNOWN:
        return False
    if (await view_gripper(node)).serial != tube:
        return False
    return await node.handover.find_again(tube, None)


async def _take_from_ground(node: ArmVehicle, tube: str) -> None:
    """Picks up a tube that lies on the ground and that no other node holds."""
    await node.handover.settle()
    record = node.ledger.record(tube)
    if record is None:
        raise ActivityFailed(f"the arm's ledger does not know {tube}: it cannot be picked up")
    seen = await _survey_ground(node, tube)
    if record.status is not CustodyStatus.HELD:
        evidence = Evidence(CAMERA, f"lies {seen.position[0]:.2f} m ahead of the arm")
        record = node.ledger.find(tube, places.GROUND, evidence)
    if record.place != places.GROUND:
        raise ActivityFailed(f"{tube} is at {record.place}, not on the ground")
    node.ledger.begin(tube, places.ARM_GRIPPER, f"{node.name}.{GRIPPER}")
    node.step("step_approach")
    try:
        await _grip(node, f"ground:{tube}", seen)
    finally:
        await settle_ground(node, tube)
    if _holding(node) is None:
        raise ActivityFailed(f"the jaws closed on nothing at {tube}")


async def settle_ground(node: ArmVehicle, tube: str) -> None:
    """Ends a move from the ground by what the camera sees in the jaws."""
    record = node.ledger.record(tube)
    if record is None or record.transfer_id is not None:
        return
    if record.status is not CustodyStatus.IN_TRANSIT:
        return
    evidence = await verify_tube(node, tube, None, True)
    if evidence.present:
        node.ledger.commit(tube, evidence)
    else:
        node.ledger.revert(tube, Evidence(CAMERA, f"not taken: {evidence.reading}", True))


async def _survey_ground(node: ArmVehicle, tube: str) -> Pose:
    for _ in range(node.parameters["images"]):
        seen = await persist(node, lambda: node.hardware.camera.survey(f"tube:{tube}"))
        if seen.valid:
            position = (seen.position[0], seen.position[1], seen.position[2])
            return Pose(position, sideways(seen.heading))
    raise NotSeen(f"{tube} is not seen on the ground around the arm")


# ------------------------------------------------------------------- giving


async def _give(node: ArmVehicle, tube: str) -> None:
    node.current_tube = tube
    blocked: list[int] = []
    reason = ""
    for _ in range(node.parameters["sockets_tried"]):
        insertion = _Insertion(node)
        try:
            await node.handover.give(
                tube, "mav", places.CONTAINER, insertion, device=GRIPPER, avoid=blocked
            )
            node.current_tube = ""
            return
        except HandoverFailed as failure:
            if node.failed_mechanism:
                raise MechanismFailed(node.failed_mechanism) from failure
            reason = str(failure)
            node.attempt_failed(tube=tube, reason=reason)
            if not failure.settled or _holding(node) is None:
                break
            if insertion.blocked is not None:
                blocked.append(insertion.blocked)
    raise ActivityFailed(f"not loaded: {reason}")


class _Insertion:
    """The motion into a socket. `blocked`: the socket into which the tube did not go."""

    def __init__(self, node: ArmVehicle) -> None:
        self._node = node
        self.blocked: int | None = None

    async def __call__(self, slot: int | None) -> None:
        if slot is None:
            raise ActivityFailed("the MAV names no socket")
        node = self._node
        node.step("step_insert")
        target = f"socket:{slot}"
        for attempt in range(1, node.parameters["insertions"] + 1):
            goal, sighting = await servo(node, target, Pose(socket_place(slot), downward(0.0)))
            if sighting.tube_present:
                self.blocked = slot
                raise SocketBlocked(f"the camera sees a tube in socket {slot} already")
            missing = await self._push(goal)
            seated = abs(missing) <= node.parameters["seat_tolerance"]
            if seated or not node.context.structure.keeps(INSERTION_FORCE):
                await persist(node, node.hardware.gripper.open)
                await line(node, standoff(goal, STANDOFF))
                node.step("step_check")
                await self._check_image(target)
                return
            node.insertion_stopped(
                socket=slot, missing=round(1000.0 * missing, 1), force=node.contact_force
            )
            await line(node, standoff(goal, STANDOFF))
            if sighting.debris:
                break  # seen and felt: shaking does not help
            if attempt < node.parameters["insertions"]:
                await self._shake(goal)
        self.blocked = slot
        raise SocketBlocked(f"the tube does not go down in socket {slot}")

    async def _push(self, goal: Pose) -> float:
        """Pushes the tube in until the force says stop; returns how much of the way is missing."""
        node = self._node
        await line(node, standoff(goal, SOCKET_DEPTH))
        bottom = standoff(goal, -PRESS)
        motion = await line(node, bottom, node.parameters["insertion_force"])
        if motion.reached:
            return PRESS  # it met no bottom
        return SOCKET_DEPTH - motion.travelled

    async def _shake(self, goal: Pose) -> None:
        """Small strokes to the sides, to clear sand from the tube and the rim."""
        above = standoff(goal, STANDOFF)
        aside: Vector = column(goal.rotation, 0)
        for side in (SHAKE, -SHAKE, SHAKE, -SHAKE):
            moved = Pose(added(above.position, aside, side), above.rotation)
            await line(self._node, moved)

    async def _check_image(self, target: str) -> None:
        """Looks whether the tube stands in the socket; the seat sensor decides, this is noted."""
        for _ in range(2):
            try:
                if (await look(self._node, target)).tube_present:
                    return
            except NotSeen:
                break
        self._node.image_doubt(target=target)
