"""Close rendezvous: from 500 m to the last hold point, with LiDAR.

Transfers between hold points on the container's orbit, planned by shooting and corrected by the
Clohessy-Wiltshire equations. At each hold point the orbiter waits for GO: the ground's, or its own
when it was commanded so.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable

from flight.astrodynamics.relative_motion import cw_propagate, cw_two_impulses, lvlh_axes
from flight.astrodynamics.vectors import Vector, norm, subtract, transform, transpose
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.orbiter.legs import Leg, ahead_or_behind, begin_leg, check_drift, follow_leg
from flight.orbiter.manoeuvres import execute, two_impulses
from flight.orbiter.observing import take_bearing, take_scan
from flight.orbiter.propagation import motion
from flight.orbiter.vehicle import OrbiterVehicle

HOLD_POINTS = (300.0, 100.0)
"""Distances along the orbit, m; the last hold point is a parameter."""
_PERIOD = 20.0  # s between scans
_KEEPING_PERIOD = 60.0
_BOX = 0.08  # of the distance: how far it may drift from a hold point
_CORRECTION_SECONDS = 400.0
_SLACK = 0.004  # m/s
_DRIFT_AWAY = 25.0  # m a revolution
_PART_AWAY = 0.3  # of the distance, a revolution
_KEEP_OUT = 0.3  # of the distance of the next hold point
_RANGE_DOUBT = 0.03
_SPEED_DOUBT = 0.02  # m/s
_DEAD_AFTER = 8  # scans without a return


async def approach_close(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Comes to the last hold point and stays there."""
    node.close_range_entered(range=round(node.navigator.range(), 2))
    node.mode_range = round(node.navigator.range(), 2)
    await _acquire(node)
    side = ahead_or_behind(node)
    begun = node.last_leg
    final = node.parameters["final_hold"]
    points = (*HOLD_POINTS, final)
    for distance in points:
        if node.navigator.range() < 0.8 * distance:
            continue
        goal: Vector = (0.0, side * distance, 0.0)
        if (
            begun is not None
            and distance == HOLD_POINTS[0]
            and begun.arrival > node.clock.now() + 60.0
        ):
            leg = Leg(goal, begun.arrival, receding(node, goal))
        else:
            # Distances of tens of metres are kept by more than the body's own size.
            keep_out = max(node.parameters["collision_distance"], _KEEP_OUT * distance)
            leg = await begin_leg(
                node, goal, f"to {distance:.0f} m", keep_out, goal_velocity=receding(node, goal)
            )
        begun = node.last_leg = None
        await follow_leg(node, leg, scan_or_give_up, _PERIOD)
        await hold(node, goal)
    return Signal("arrived", {"result": f"holding at {final:.0f} m"})


async def hold_position(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Stays at the last hold point until told otherwise; backs off when it cannot see."""
    side = ahead_or_behind(node)
    goal: Vector = (0.0, side * node.parameters["final_hold"], 0.0)
    while True:
        await _keep(node, goal)


async def back_off(node: OrbiterVehicle, distance: float = HOLD_POINTS[1]) -> None:
    """Retreats to a hold point farther away."""
    side = ahead_or_behind(node)
    goal: Vector = (0.0, side * distance, 0.0)
    nav = node.navigator
    node.retreating(range=round(nav.range(), 1))
    await begin_retreat(node, goal)
    await hold(node, goal, seconds=300.0, ask=False)


async def begin_retreat(node: OrbiterVehicle, goal: Vector) -> None:
    """Flies to a point away from the container, as soon as it can be reached."""
    nav = node.navigator

    async def plan() -> Vector:
        nav.advance(node.clock.now())
        assert nav.own is not None and nav.target is not None
        return two_impulses(nav.own, nav.target, goal, 1200.0).first

    await execute(node, await plan(), "retreat", again=plan)
    check_drift(node)
    leg = Leg(goal, node.clock.now() + 1200.0, receding(node, goal))
    await follow_leg(node, leg, scan_or_give_up, _PERIOD)


async def hold(
    node: OrbiterVehicle, goal: Vector, seconds: float | None = None, ask: bool = True
) -> None:
    """Keeps a hold point for its time, then until GO. NO-GO ends the rendezvous in a retreat."""
    node.decision = ""
    end = monotonic() + (node.parameters["hold_seconds"] if seconds is None else seconds)
    while monotonic() < end:
        await _keep(node, goal)
        if node.decision == "no_go":
            break
    if not ask:
        return
    limit = monotonic() + node.parameters["go_limit"]
    node.at_hold_point(distance=round(abs(goal[1])))
    while node.decision != "go":
        if node.decision == "no_go":
            await back_off(node, HOLD_POINTS[0])
            raise ActivityFailed(f"NO-GO at {abs(goal[1]):.0f} m: retreated")
        if node.automatic and _own_go(node):
            return
        if monotonic() > limit:
            await back_off(node, HOLD_POINTS[0])
            raise ActivityFailed(f"no GO came at {abs(goal[1]):.0f} m: retreated")
        await _keep(node, goal)


def _own_go(node: OrbiterVehicle) -> bool:
    """Whether all is well for the next step: seen just now, well known, at rest."""
    nav = node.navigator
    _, velocity = nav.relative()
    return (
        node.lidar_misses == 0
        and nav.position_sigma() < 0.02 * nav.range() + 0.3
        and norm(velocity) < 0.1
        and node.free_drift_distance is not None
    )


def receding(node: OrbiterVehicle, goal: Vector) -> Vector:
    """Velocity (local axes, m/s) at a hold point: a little lower ahead, a little higher behind.

    On exactly the container's orbit an unknown millimetre a second would decide whether the drift
    without thrust leads away or to it.
    """
    target = node.navigator.target
    assert target is not None
    away = max(_DRIFT_AWAY, _PART_AWAY * norm(goal)) * motion(target) / math.tau
    return (0.0, -math.copysign(away / 3.0, goal[1]), 0.0)


async def _keep(node: OrbiterVehicle, goal: Vector) -> None:
    """One look at a hold point, and corrections when it drifts out of its box."""
    nav = node.navigator
    await scan_or_give_up(node)
    nav.advance(node.clock.now())
    here, velocity = nav.relative()
    assert nav.target is not None
    n = motion(nav.target)
    wanted = receding(node, goal)

    async def to_goal() -> Vector:
        nav.advance(node.clock.now())
        impulses = cw_two_impulses(nav.relative(), goal, n, _CORRECTION_SECONDS, wanted)
        return to_inertial(node, impulses.first)

    async def to_rest() -> Vector:
        nav.advance(node.clock.now())
        return to_inertial(node, subtract(wanted, nav.relative()[1]))

    ahead, _ = cw_propagate((here, velocity), n, 2.0 * _KEEPING_PERIOD)
    if norm(subtract(ahead, goal)) > _BOX * norm(goal):
        await execute(node, await to_goal(), "station keeping", again=to_goal)
        leg = Leg(goal, node.clock.now() + _CORRECTION_SECONDS, wanted)
        await follow_leg(node, leg, scan_or_give_up, _KEEPING_PERIOD)
    elif norm(subtract(velocity, wanted)) > _SLACK:
        await execute(node, await to_rest(), "station keeping", again=to_rest)
    node.show_navigation()
    await asyncio.sleep(_KEEPING_PERIOD)


def to_inertial(node: OrbiterVehicle, local: Vector) -> Vector:
    """A vector of the container's local axes in inertial axes."""
    target = node.navigator.target
    assert target is not None
    return transform(transpose(lvlh_axes(*target)), local)


def local_push(node: OrbiterVehicle, local: Vector) -> Callable[[], Awaitable[Vector]]:
    """Plans the same push in the container's local axes, which turn while a burn is late."""

    async def plan() -> Vector:
        node.navigator.advance(node.clock.now())
        return to_inertial(node, local)

    return plan


async def scan_or_give_up(node: OrbiterVehicle) -> bool:
    """A scan; a bearing by the camera when nothing comes back. Fails when it is blind for long."""
    nav = node.navigator
    nav.advance(node.clock.now())
    if nav.range() > 1.02 * node.parameters["close_range"]:
        return await take_bearing(node)
    if await take_scan(node):
        return True
    if node.lidar_misses > _DEAD_AFTER:
        node.lidar_misses = 0
        await _escape(node)
        raise ActivityFailed("the LiDAR sees nothing: backed off")
    return await take_bearing(node)


async def _escape(node: OrbiterVehicle) -> None:
    """Blind: a small push away from the container, on to a drift that is safe."""
    side = ahead_or_behind(node)
    # Along the track, away from it: what is ahead and rises falls back, so push behind and down.
    for direction in ((0.0, side * 0.15, 0.0), (side * 0.15, 0.0, 0.0), (0.0, 0.0, 0.15)):
        push = local_push(node, direction)
        await execute(node, await push(), "escape", again=push)
        check_drift(node)
        if (node.free_drift_distance or 0.0) > node.parameters["collision_distance"]:
            return


async def _acquire(node: OrbiterVehicle) -> None:
    """Gets ready for the LiDAR: ranges will tell what bearings could not."""
    nav = node.navigator
    # What a filter of bearings believes of the distance is too good to be true.
    nav.inflate(_RANGE_DOUBT * nav.range(), _SPEED_DOUBT)
    node.lidar_misses = 0
    await take_scan(node)
