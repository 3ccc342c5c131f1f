"""Close rendezvous: from 500 m to the last hold point, with LiDAR.

Transfers between hold points on the container's orbit, planned by shooting and corrected by the
Clohessy-Wiltshire equations. At each hold point the orbiter waits for GO: the ground's, or its own
when it was commanded so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from flight.astrodynamics.relative_motion import cw_propagate, lvlh_axes
from flight.astrodynamics.vectors import Vector, norm, subtract, transform, transpose
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.orbiter.clearance import (
    FASTER,
    away,
    check_drift,
    clearest,
    is_clear,
    keeps_clear,
    receding,
    settling,
)
from flight.orbiter.legs import Leg, ahead_or_behind, begin_leg, follow_leg
from flight.orbiter.manoeuvres import Transfer, execute, two_impulses
from flight.orbiter.observing import take_bearing, take_scan
from flight.orbiter.propagation import motion
from flight.orbiter.vehicle import OrbiterVehicle

HOLD_POINTS = (300.0, 100.0)
"""Distances along the orbit, m; the last hold point is a parameter."""
_PERIOD = 20.0  # s between scans
_KEEPING_PERIOD = 60.0
_BOX = 0.08  # of the distance: how far it may drift from a hold point
_BACK = (400.0, 700.0, 1000.0, 1400.0, 1900.0, 2500.0)
"""s for the way back to a hold point."""
_RETREATS = (1200.0, 900.0, 1600.0, 2100.0, 2700.0)
"""s for the way to a hold point farther away."""
_SLACK = 0.004  # m/s
_SETTLINGS, _SETTLING_SPAN = 6, 3600.0
"""Burns at most, within so many s, that only change how a hold point drifts: where they do not
help, more of them do not either. What leaves its box is brought back, and a real danger of a
collision is the fault protection's."""
_KEEP_OUT = 0.3  # of the distance of the next hold point
_RANGE_DOUBT = 0.03
_SPEED_DOUBT = 0.02  # m/s
_DEAD_AFTER = 8  # scans without a return


@dataclass
class Station:
    """A hold point (m, local axes), how fast the orbiter was chosen to drift away from it (times
    the usual), and when it was settled to (s of mission time)."""

    goal: Vector
    times: float = 1.0
    settled: list[float] = field(default_factory=list)

    def may_settle(self, now: float) -> bool:
        """Whether there were not too many burns for that of late."""
        self.settled = [at for at in self.settled if at > now - _SETTLING_SPAN]
        return len(self.settled) < _SETTLINGS


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
            leg = Leg(goal, begun.arrival, away=away(node, distance))
        else:
            # Distances of tens of metres are kept by more than the body's own size.
            keep_out = max(node.parameters["collision_distance"], _KEEP_OUT * distance)
            leg = await begin_leg(
                node, goal, f"to {distance:.0f} m", keep_out, away=away(node, distance),
                measure=scan_or_give_up,
            )  # fmt: skip
        begun = node.last_leg = None
        await follow_leg(node, leg, scan_or_give_up, _PERIOD)
        await hold(node, goal)
    return Signal("arrived", {"result": f"holding at {final:.0f} m"})


async def hold_position(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Stays at the last hold point until told otherwise; backs off when it cannot see."""
    side = ahead_or_behind(node)
    station = Station((0.0, side * node.parameters["final_hold"], 0.0))
    while True:
        await _keep(node, station)


async def back_off(node: OrbiterVehicle, distance: float = HOLD_POINTS[1]) -> None:
    """Retreats to a hold point farther away."""
    side = ahead_or_behind(node)
    goal: Vector = (0.0, side * distance, 0.0)
    nav = node.navigator
    node.retreating(range=round(nav.range(), 1))
    await begin_retreat(node, goal)
    await hold(node, goal, seconds=300.0, ask=False)


async def begin_retreat(node: OrbiterVehicle, goal: Vector) -> None:
    """Flies to a point away from the container, on the fastest way that is clear of it."""
    leg = Leg(goal, 0.0, away=away(node, norm(goal)))

    async def plan() -> Vector:
        ways = _ways(node, leg, _RETREATS)
        burn = clearest(node, [way.first for way in ways])
        seconds = [way.seconds for way in ways if way.first == burn]
        leg.arrival = node.clock.now() + (seconds[0] if seconds else _RETREATS[0])
        return burn

    await execute(node, await plan(), "retreat", again=plan)
    check_drift(node)
    await follow_leg(node, leg, scan_or_give_up, _PERIOD)


def _ways(node: OrbiterVehicle, leg: Leg, durations: tuple[float, ...]) -> list[Transfer]:
    """Transfers from here to the goal of a leg, by duration (s)."""
    nav = node.navigator
    nav.advance(node.clock.now())
    assert nav.own is not None and nav.target is not None
    velocity = receding(nav.target, leg.goal, leg.away)
    found = []
    for seconds in durations:
        with suppress(ArithmeticError, ValueError):
            found.append(two_impulses(nav.own, nav.target, leg.goal, seconds, velocity))
    return found


async def hold(
    node: OrbiterVehicle, goal: Vector, seconds: float | None = None, ask: bool = True
) -> None:
    """Keeps a hold point for its time, then until GO. NO-GO ends the rendezvous in a retreat."""
    node.decision = ""
    station = Station(goal)
    end = monotonic() + (node.parameters["hold_seconds"] if seconds is None else seconds)
    while monotonic() < end:
        await _keep(node, station)
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
        await _keep(node, station)


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


async def _keep(node: OrbiterVehicle, station: Station) -> None:
    """One look at a hold point, and corrections when it drifts out of its box, or when its drift
    is not the one that was chosen or not clear of the container for all that is not known."""
    nav, goal = node.navigator, station.goal
    await scan_or_give_up(node)
    nav.advance(node.clock.now())
    assert nav.target is not None
    here, velocity = nav.relative()
    distance = away(node, norm(goal))
    off = subtract(velocity, receding(nav.target, here, station.times * distance))
    ahead, _ = cw_propagate((here, velocity), motion(nav.target), 2.0 * _KEEPING_PERIOD)
    outside = norm(subtract(ahead, goal)) > _BOX * norm(goal)
    clear = is_clear(node)  # also for the monitor, which is asked when all else is of no avail
    if outside and await _return(node, Leg(goal, 0.0, away=distance)):
        station.times = 1.0
    elif station.may_settle(node.clock.now()) and (
        outside or norm(off) > _SLACK or not clear
    ):
        await _settle(node, station, distance)
    node.show_navigation()
    await asyncio.sleep(_KEEPING_PERIOD)


async def _settle(node: OrbiterVehicle, station: Station, distance: float) -> None:
    """Drifts away from where it is, by so many m a revolution, or faster where only that is clear.
    What is not clear and cannot be made better stays as it is."""

    async def plan() -> Vector:
        node.navigator.advance(node.clock.now())
        stays: Vector = (0.0, 0.0, 0.0)
        burns = settling(node, distance)
        burn = clearest(node, burns if is_clear(node) else (stays, *burns))
        if burn in burns:
            station.times = FASTER[burns.index(burn)]
        return burn

    gained = await execute(node, await plan(), "station keeping", again=plan)
    if norm(gained) > 0.0:
        station.settled.append(node.clock.now())
    check_drift(node)


async def _return(node: OrbiterVehicle, leg: Leg) -> bool:
    """Back to a hold point, on the cheapest way that is clear; False: there is none."""

    async def plan() -> Vector | None:
        ways = sorted(_ways(node, leg, _BACK), key=lambda way: way.total)
        clear = next((way for way in ways if keeps_clear(node, way.first)), None)
        leg.arrival = node.clock.now() + (0.0 if clear is None else clear.seconds)
        return None if clear is None else clear.first

    burn = await plan()
    if burn is None:
        return False
    await execute(node, burn, "station keeping", again=plan)
    check_drift(node)
    if leg.arrival > node.clock.now():
        await follow_leg(node, leg, scan_or_give_up, _KEEPING_PERIOD)
    return True


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
        if (node.certain_drift_distance or 0.0) > node.parameters["collision_distance"]:
            return


async def _acquire(node: OrbiterVehicle) -> None:
    """Gets ready for the LiDAR: ranges will tell what bearings could not."""
    nav = node.navigator
    # What a filter of bearings believes of the distance is too good to be true.
    nav.inflate(_RANGE_DOUBT * nav.range(), _SPEED_DOUBT)
    node.lidar_misses = 0
    await take_scan(node)
