"""How far from the container the orbiter stays should all thrust be lost, and what keeps it so."""

import math
from collections.abc import Iterable

from flight.astrodynamics.relative_motion import from_lvlh
from flight.astrodynamics.vectors import Vector, subtract
from flight.orbiter.passive_safety import Doubt, certain_in_free_drift, closest_in_free_drift
from flight.orbiter.propagation import State, motion, semi_major_axis
from flight.orbiter.vehicle import OrbiterVehicle

SPARE = 2.0
"""Times the collision distance that a burn is to keep for certain when it is planned: how it went
is known less well than how it was to go, until it has been looked at for a while."""
_PART_AWAY = 0.3  # of the distance, a revolution
FASTER = (1.0, 2.0, 4.0)
"""Times the usual drift away, where that is too little for what is not known."""


def doubt_of(node: OrbiterVehicle) -> Doubt:
    """What is not known of a drift, by the parameters."""
    values = node.parameters
    return Doubt(
        values["safety_sigmas"], values["execution_error"], values["pointing_error"],
        values["unmodelled_acceleration"],
    )  # fmt: skip


def certain_distance(
    node: OrbiterVehicle, burn: Vector = (0.0, 0.0, 0.0), up_to: float = math.inf
) -> float:
    """Distance (m, not more than `up_to`) that is kept for certain when thrust is lost right after
    a burn (m/s, inertial) that is made now. The navigator has been brought up to now."""
    nav = node.navigator
    assert nav.own is not None and nav.target is not None
    return certain_in_free_drift(
        nav.own, nav.target, nav.covariance, node.parameters["safe_revolutions"], doubt_of(node),
        burn, up_to,
    )  # fmt: skip


def is_clear(node: OrbiterVehicle) -> bool:
    """Whether thrust may be lost now."""
    bar = float(node.parameters["collision_distance"])
    node.drift_clear = certain_distance(node, up_to=2.0 * bar) > bar
    return node.drift_clear


def keeps_clear(node: OrbiterVehicle, burn: Vector) -> bool:
    """Whether thrust may be lost right after a burn (m/s, inertial) that is planned, with some
    distance to spare."""
    bar = SPARE * float(node.parameters["collision_distance"])
    return certain_distance(node, burn, 2.0 * bar) > bar


def check_drift(node: OrbiterVehicle) -> None:
    """Shows how near the orbiter would come should all thrust be lost now."""
    nav = node.navigator
    if nav.own is None or nav.target is None:
        return
    nav.advance(node.clock.now())
    closest = closest_in_free_drift(nav.own, nav.target, node.parameters["safe_revolutions"])
    node.free_drift_distance = round(closest, 1)
    certain = certain_distance(node) if nav.covariance else 0.0
    node.certain_drift_distance = round(certain, 1)
    near = nav.range() <= node.parameters["close_range"]  # farther off no leg is changed for it
    node.drift_clear = certain > node.parameters["collision_distance"] if near else None


def clearest(node: OrbiterVehicle, burns: Iterable[Vector]) -> Vector:
    """The first burn (m/s, inertial) after which thrust may be lost; the one that keeps the most
    distance for certain where there is none."""
    best: Vector = (0.0, 0.0, 0.0)
    most = -1.0
    for burn in burns:
        certain = certain_distance(node, burn)
        if certain > SPARE * node.parameters["collision_distance"]:
            return burn
        if certain > most:
            best, most = burn, certain
    return best


def away(node: OrbiterVehicle, distance: float) -> float:
    """How far (m) the orbiter is to drift away from the container in a revolution.

    At rest on exactly the container's orbit an unknown millimetre a second would decide whether
    the drift without thrust leads away or to it.
    """
    return float(max(node.parameters["hold_drift"], _PART_AWAY * distance))


def receding(target: State, place: Vector, distance: float) -> Vector:
    """Velocity (local axes, m/s) at a place with which free flight leads `distance` m a revolution
    away from the container: an orbit a little lower ahead of it, a little higher behind.

    Along the track, so that the energy is that of the drift; so it holds for ellipses as well.
    """
    axis = semi_major_axis(target) - math.copysign(distance / (3.0 * math.pi), place[1])
    half = 0.5 * motion(target)
    speed = 0.0
    for _ in range(4):
        own = from_lvlh(target, (place, (0.0, speed, 0.0)))
        speed += half * (axis - semi_major_axis(own))
    return (0.0, speed, 0.0)


def settling(node: OrbiterVehicle, distance: float) -> list[Vector]:
    """Burns (m/s, inertial) that let the orbiter recede from where it is, slowly and faster."""
    nav = node.navigator
    assert nav.own is not None and nav.target is not None
    place, _ = nav.relative()
    wanted = (receding(nav.target, place, times * distance) for times in FASTER)
    return [
        subtract(from_lvlh(nav.target, (place, velocity))[1], nav.own[1]) for velocity in wanted
    ]
