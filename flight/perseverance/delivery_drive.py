"""The way to the lander: sol by sol, then to the dock beside it by its marks."""

import functools
from collections.abc import Awaitable, Callable
from math import atan2, cos, hypot, radians, sin, tau

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.tries import SETTING, Tries
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.icd.devices.vision import LanderSighting
from flight.perseverance.sample_handling import put_away
from flight.perseverance.sol_work import CONDITIONS
from flight.perseverance.sols import fit_to_work
from flight.perseverance.vehicle import PerseveranceVehicle
from flight.surface.dead_reckoning import wrapped
from flight.surface.driving import DriveFailed, DriveOutcome
from flight.surface.route_planning import Disc, Place

SIGHTING_DISTANCE = 25.0  # m of the lander, from where its marks are looked for
APPROACH_DISTANCE = 7.0  # m of its centre from the lander's, from where it docks
NEAR_APPROACH = 1.0  # m
SIDES = (0.0, 30.0, -30.0, 60.0, -60.0, 100.0, -100.0)  # degrees from the dock, in this order
DOCK_STEPS = 16
LONGEST_STEP = 2.5  # m of the docking
FACING = 0.05  # rad of the lander off the heading
MARKS_ERROR = 0.3  # m, 1 sigma, of a place told by the lander's marks

DriveActivity = Callable[[PerseveranceVehicle, Signal], Awaitable[str | Signal]]


def while_fit(activity: DriveActivity) -> DriveActivity:
    """Lets what only time mends end an activity with "rest"; other device errors fail it."""

    @functools.wraps(activity)
    async def guarded(node: PerseveranceVehicle, signal: Signal) -> str | Signal:
        try:
            return await activity(node, signal)
        except DeviceFault as fault:
            if fault.code not in CONDITIONS:
                raise ActivityFailed(str(fault)) from fault
            node.sols.reason = fault.code
            return "rest"
        except (DeviceRejected, DeviceTimeout) as error:
            raise ActivityFailed(str(error)) from error

    return guarded


@while_fit
async def plan_drive(node: PerseveranceVehicle, signal: Signal) -> str | Signal:
    """Decides how the delivery goes on: "drive", "dock", "rest", or "docked" already."""
    if not await fit_to_work(node):
        return "rest"
    await node.set_awake(True)
    await put_away(node)
    await node.locomotion.catch_up()
    distance = node.pose.distance_to(node.lander_place)
    node.progress(f"{distance:.0f} m to the lander")
    if distance > APPROACH_DISTANCE + 5.0 + 3.0 * node.pose.error:
        return "drive"
    sighting = await see_lander(node)
    if sighting is not None and is_docked(node, sighting):
        return _docked(node, sighting)
    return "dock" if _near_approach(node) else "drive"


@while_fit
async def drive_to_lander(node: PerseveranceVehicle, signal: Signal) -> str:
    """Drives to where docking begins; outcome "near" or "rest"."""
    node.locomotion.cost_map.add(Disc(*node.lander_place, node.parameters["lander_radius"]))
    outcome = await _come_into_sight(node)
    if outcome is not None:
        return outcome
    reason = ""
    for side in SIDES:
        goal = approach_place(node, side)
        try:
            outcome = await node.locomotion.drive_to(
                goal, tolerance=0.6, may_go_on=node.sols.may_go_on
            )
        except DriveFailed as failure:
            reason = str(failure)
            if node.pose.distance_to(goal) > 2.0 * APPROACH_DISTANCE:
                return _give_up_sol(node, reason)
            continue
        if outcome is DriveOutcome.PAUSED:
            return "rest"
        node.side = side
        return "near"
    return _give_up_sol(node, reason)


async def _come_into_sight(node: PerseveranceVehicle) -> str | None:
    """Drives to where the lander's marks tell the place well: what was reckoned is metres off.

    Returns None when it is there, or how the traverse ends.
    """
    if node.pose.distance_to(node.lander_place) > SIGHTING_DISTANCE + 5.0:
        goal = node.locomotion.cost_map.free_before(
            node.lander_place, node.pose.place, SIGHTING_DISTANCE
        )
        try:
            outcome = await node.locomotion.drive_to(
                goal, tolerance=2.0, may_go_on=node.sols.may_go_on
            )
        except DriveFailed as failure:
            return _give_up_sol(node, str(failure))
        if outcome is DriveOutcome.PAUSED:
            return "rest"
    if await see_lander(node) is None:
        return _give_up_sol(node, "the lander's marks are not seen")
    return None


def _give_up_sol(node: PerseveranceVehicle, reason: str) -> str:
    """A drive came to an end on the way: the next sol is begun with a new map, some times."""
    failures = node.drive_failures + 1
    node.drive_failures = failures
    if failures > node.parameters["drive_failures"]:
        raise ActivityFailed(f"{failures} drives came to nothing, the last: {reason}")
    node.drive_given_up(count=failures, reason=reason)
    node.locomotion.cost_map.discs.clear()
    node.sols.reason = "a drive that came to nothing"
    return "rest"


@while_fit
async def dock(node: PerseveranceVehicle, signal: Signal) -> str | Signal:
    """Faces the lander at the distance of the dock, by its marks; outcome "docked" or "rest"."""
    for _ in range(DOCK_STEPS):
        sighting = await see_lander(node)
        if sighting is None:
            if node.sols.may_go_on():
                raise ActivityFailed("the lander's marks are not seen")
            return "rest"
        if is_docked(node, sighting):
            return _docked(node, sighting)
        bearing = atan2(sighting.right, sighting.ahead)
        if abs(bearing) > FACING:
            await node.locomotion.turn_to((node.pose.heading + bearing) % tau)
            continue
        gap = hypot(sighting.ahead, sighting.right) - node.parameters["dock_distance"]
        try:
            await node.locomotion.drive(min(max(gap, -LONGEST_STEP), LONGEST_STEP))
        except DeviceFault as fault:
            if fault.code not in ("obstacle", "tilt"):
                raise
            await _try_another_side(node, str(fault))
    raise ActivityFailed(f"the dock was not reached in {DOCK_STEPS} steps")


async def _try_another_side(node: PerseveranceVehicle, reason: str) -> None:
    """Backs off from what stands before the dock and goes round to the next side."""
    node.setback("dock", reason)
    left = SIDES[SIDES.index(node.side) + 1 :]
    if not left:
        raise ActivityFailed(f"no side of the lander can be docked at: {reason}")
    await node.locomotion.drive(-LONGEST_STEP)
    node.side = left[0]
    try:
        await node.locomotion.drive_to(approach_place(node, node.side), tolerance=0.6)
    except DriveFailed as failure:
        raise ActivityFailed(str(failure)) from failure


@while_fit
async def confirm_docked(node: PerseveranceVehicle, signal: Signal) -> str | Signal:
    """Looks whether it stands at the dock; outcome "docked"."""
    await node.set_awake(True)
    sighting = await see_lander(node)
    if sighting is None:
        raise ActivityFailed("the lander's marks are not seen")
    if not is_docked(node, sighting):
        distance = hypot(sighting.ahead, sighting.right)
        raise ActivityFailed(f"the lander is {distance:.1f} m away: deliver_tubes drives there")
    return _docked(node, sighting)


def is_docked(node: PerseveranceVehicle, sighting: LanderSighting) -> bool:
    """Whether the lander is straight ahead at the distance of the dock."""
    gap = hypot(sighting.ahead, sighting.right) - node.parameters["dock_distance"]
    facing = abs(wrapped(atan2(sighting.right, sighting.ahead))) <= 2.0 * FACING
    return facing and abs(gap) <= node.parameters["dock_tolerance"]


def _docked(node: PerseveranceVehicle, sighting: LanderSighting) -> Signal:
    distance = round(hypot(sighting.ahead, sighting.right), 2)
    node.docked_at(distance=distance)
    node.drive_failures = 0
    held = len(node.tubes_aboard())
    return Signal("docked", {"result": f"{held} tubes {distance} m from the lander's centre"})


async def see_lander(node: PerseveranceVehicle) -> LanderSighting | None:
    """The lander by its marks, which also correct the pose; None when it is not in sight."""
    async for _ in Tries(SETTING):
        sighting = await node.hardware.camera.find_lander()
        if sighting.valid:
            node.locomotion.reckoning.landmark_seen(
                node.lander_place, sighting.ahead, sighting.right, MARKS_ERROR
            )
            return sighting
    return None


def approach_place(node: PerseveranceVehicle, side: float) -> Place:
    """Where docking begins; `side` in degrees from the wanted side of the lander."""
    bearing = radians(node.parameters["dock_bearing"] + side)
    east, north = node.lander_place
    return east + APPROACH_DISTANCE * sin(bearing), north + APPROACH_DISTANCE * cos(bearing)


def _near_approach(node: PerseveranceVehicle) -> bool:
    return (
        any(node.pose.distance_to(approach_place(node, side)) < NEAR_APPROACH for side in SIDES)
        or node.pose.distance_to(node.lander_place) < APPROACH_DISTANCE
    )
