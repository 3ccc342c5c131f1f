"""Ways that are not for a tube: off the lander, to a place, back to the lander and its dock."""

from math import atan2, cos, hypot, radians, sin

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.commanding.arguments import Arguments
from flight.core.tries import SETTING, UNFOLDING, Tries, insist
from flight.icd.devices.base import DeviceError, DeviceFault
from flight.icd.devices.vision import LanderSighting
from flight.rover.grasping import held_tube, rack_tube, settle_moves
from flight.rover.sols import by_day, fold_arm, set_awake
from flight.rover.vehicle import RoverVehicle
from flight.surface.driving import DriveFailed, DriveOutcome
from flight.surface.place_arguments import Metres
from flight.surface.route_planning import Place

EGRESS_DISTANCE = 4.0  # m from the lander's centre to clear ground
APPROACH_DISTANCE = 5.0  # m from the lander's centre from where the dock is approached
DOCK_STEPS = 12
DOCK_SIDES = (0.0, 15.0, -15.0, 40.0, -40.0, 80.0, -80.0)  # degrees from the best, in this order
LANDMARK_ERROR = 0.3  # m, 1 sigma, of the lander's place by its marks


@by_day
async def egress(node: RoverVehicle, signal: Signal) -> str:
    """Unfolds the array and drives down one of two ramps; outcome "egress_done" or "rest"."""
    await set_awake(node, True)
    await _unfold_array(node)
    if not await node.sols.plan():
        return "rest"
    await node.locomotion.catch_up()
    locomotion = node.locomotion
    await locomotion.fix_heading()  # which way the lander looks is not known before
    for direction in (1.0, -1.0):
        try:
            # Ramps are straight: no turning before the ground is reached.
            while node.pose.distance_to(node.lander_place) < EGRESS_DISTANCE:
                await locomotion.drive(direction * 2.0)
                await locomotion.fix_heading()
            node.on_ground = True
            node.egress_done(ramp="front" if direction > 0 else "rear")
            return "egress_done"
        except DeviceFault as fault:
            if fault.code not in ("obstacle", "tilt"):
                raise
            node.setback("egress", str(fault))
            while direction > 0 and node.pose.distance_to(node.lander_place) > 0.5:
                await locomotion.drive(-min(1.0, node.pose.distance_to(node.lander_place)))
    raise ActivityFailed("both ramps end before an obstacle")


async def _unfold_array(node: RoverVehicle) -> None:
    def failed(number: int, error: DeviceError) -> None:
        node.device_trouble(device="solar_array", reason=f"try {number}: {error}")

    try:
        await insist(node.hardware.solar_array.deploy, UNFOLDING, failed)
    except DeviceError as error:
        tries = len(UNFOLDING) + 1
        raise ActivityFailed(f"the solar array did not unfold in {tries} tries") from error


class DriveTo(Arguments, frozen=True):
    """A place, east and north of the depot's origin."""

    east: Metres
    north: Metres


@by_day
async def drive_to_place(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Drives to the place of the command; outcome "done" or "rest"."""
    if isinstance(signal.carried, DriveTo):
        node.goal = (signal.carried.east, signal.carried.north)
    if node.goal is None:
        raise ActivityFailed("there is no goal")
    if not await _ready_to_drive(node):
        return "rest"
    try:
        outcome = await node.locomotion.drive_to(node.goal, may_go_on=node.sols.may_go_on)
    except DriveFailed as failure:
        raise ActivityFailed(str(failure)) from failure
    if outcome is DriveOutcome.PAUSED:
        return "rest"
    east, north = node.pose.place
    return Signal("done", {"result": f"at ({east:.1f}, {north:.1f}) m"})


@by_day
async def drive_home(node: RoverVehicle, signal: Signal) -> str | Signal:
    """Drives near the lander, on a side where it can dock; outcome "near" or "rest"."""
    if not await _ready_to_drive(node):
        return "rest"
    problem = "rocks stand before all docks"
    for side in DOCK_SIDES:
        if side in node.blocked_sides:
            continue
        try:
            outcome = await _home_on(node, side)
        except DriveFailed as failure:
            problem = str(failure)
            continue
        node.dock_side = side
        return "near" if outcome is DriveOutcome.ARRIVED else "rest"
    raise ActivityFailed(f"no side of the lander can be reached: {problem}")


async def _home_on(node: RoverVehicle, side: float) -> DriveOutcome:
    for _ in range(3):
        goal = approach_place(node, side)
        outcome = await node.locomotion.drive_to(goal, tolerance=0.6, may_go_on=node.sols.may_go_on)
        if outcome is DriveOutcome.PAUSED:
            return outcome
        # The lander's marks say how far off the dead reckoning is; if far, go on from there.
        if (
            await see_lander(node) is None
            or node.pose.distance_to(approach_place(node, side)) < 1.5
        ):
            break
    return DriveOutcome.ARRIVED


@by_day
async def dock(node: RoverVehicle, signal: Signal) -> str:
    """Drives to the dock by the lander's marks; outcome "docked", "blocked" or "rest"."""
    distance = node.parameters["dock_distance"]
    for _ in range(DOCK_STEPS):
        sighting = await see_lander(node)
        if sighting is None:
            if not node.sols.may_go_on():
                return "rest"
            raise ActivityFailed("the lander's marks are not seen")
        gap = hypot(sighting.ahead, sighting.right) - distance
        bearing = atan2(sighting.right, sighting.ahead)
        if abs(bearing) > 0.06:
            await node.locomotion.turn_to(node.pose.heading + bearing)
            continue
        if abs(gap) < node.parameters["dock_tolerance"]:
            node.docked_at(distance=round(gap + distance, 2), bearing=round(bearing, 3))
            return "docked"
        try:
            await node.locomotion.drive(min(max(gap, -2.0), 2.0))
        except DeviceFault as fault:
            if fault.code not in ("obstacle", "tilt"):
                raise
            node.setback("dock", str(fault))
            node.blocked_sides.add(node.dock_side)
            return "blocked"
    raise ActivityFailed(f"the dock was not reached in {DOCK_STEPS} steps")


async def see_lander(node: RoverVehicle) -> LanderSighting | None:
    """The lander by its marks, which also correct the pose; None when it is not in sight."""
    async for _ in Tries(SETTING):
        sighting = await node.hardware.camera.find_lander()
        if sighting.valid:
            correction = node.locomotion.reckoning.landmark_seen(
                node.lander_place, sighting.ahead, sighting.right, LANDMARK_ERROR
            )
            if correction > 0.5:
                node.pose_corrected(distance=round(correction, 2), landmark="lander")
            return sighting
    return None


@by_day
async def undock(node: RoverVehicle, signal: Signal) -> str:
    """Backs off from the lander; outcome "done"."""
    await leave_lander(node)
    return "done"


async def leave_lander(node: RoverVehicle) -> None:
    """Backs off if the vehicle stands at the lander, facing it."""
    if not node.on_ground:
        return
    steps = 0
    while node.pose.distance_to(node.lander_place) < APPROACH_DISTANCE - 1.0 and steps < 4:
        ahead, _ = node.pose.to_vehicle(*node.lander_place)
        await fold_arm(node)
        try:
            await node.locomotion.drive(-1.5 if ahead > 0.0 else 1.5)
        except DeviceFault as fault:
            if fault.code not in ("obstacle", "tilt"):
                raise
            node.setback("undocking", str(fault))
        steps += 1


async def _ready_to_drive(node: RoverVehicle) -> bool:
    """Arm folded, ledger settled, what the gripper holds in the rack; False when it is to rest."""
    if not await node.sols.plan():
        return False
    await set_awake(node, True)
    await settle_moves(node)
    if held_tube(node) is not None:
        await rack_tube(node, Signal("rack"))
    await fold_arm(node)
    await node.locomotion.catch_up()
    await leave_lander(node)
    return True


def approach_place(node: RoverVehicle, side: float = 0.0) -> Place:
    """From where the dock is approached; `side` in degrees from the best side."""
    bearing = radians(node.parameters["dock_bearing"] + side)
    east, north = node.lander_place
    return (
        east + APPROACH_DISTANCE * sin(bearing),
        north + APPROACH_DISTANCE * cos(bearing),
    )
