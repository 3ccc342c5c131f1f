"""Far rendezvous: from 50 km to 500 m with nothing but lines of sight.

Points on the container's own orbit, ahead of it or behind, are taken one after the other. From each
the orbiter may lose its thrust and will not meet the container. The manoeuvres on the way make the
distance observable, which bearings alone do not tell.
"""

from flight.core.chart.statechart import Signal
from flight.orbiter.legs import Leg, ahead_or_behind, begin_leg, follow_leg
from flight.orbiter.observing import take_bearing
from flight.orbiter.records import LastLeg
from flight.orbiter.vehicle import OrbiterVehicle

WAYPOINTS = (18_000.0, 6_000.0, 2_000.0)
"""Distances along the orbit, m."""
CLOSE_WAYPOINT = 300.0
"""Where the last leg leads; the close range begins on the way."""
_PERIOD = 90.0  # s between bearings
_KEEP_OUT = 0.25  # of the distance of the next point
_PART_AWAY = 0.02  # of that distance: how far it drifts away from the point in a revolution


async def approach_far(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Comes to the close range; ends at the moment at which the distance is that."""
    node.far_range_entered(range=round(node.navigator.range(), 1))
    node.mode_range = round(node.navigator.range(), 1)
    limit = node.parameters["close_range"]
    side = ahead_or_behind(node)
    for distance in (*WAYPOINTS, CLOSE_WAYPOINT):
        if node.navigator.range() < 1.3 * distance and distance != CLOSE_WAYPOINT:
            continue
        if node.navigator.range() <= limit:
            break
        leg = await begin_leg(
            node, (0.0, side * distance, 0.0), f"to {distance:.0f} m", _KEEP_OUT * distance,
            away=_PART_AWAY * distance, measure=take_bearing,
        )  # fmt: skip
        node.progress(f"on the way to {distance:.0f} m")
        if not await follow_leg(node, leg, take_bearing, _PERIOD, limit=limit):
            _remember(node, leg)
            break
    node.save_navigation()
    return Signal("near")


def _remember(node: OrbiterVehicle, leg: Leg) -> None:
    """The close range takes the leg over."""
    node.last_leg = LastLeg(leg.goal, leg.arrival)
