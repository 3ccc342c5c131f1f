"""Phasing: from anywhere in about the same plane to 50 km from the container.

The orbiter waits in its orbit, which is higher or lower than the container's and so drifts along
it. Should the drift be too slow or the wrong way round too long, it is changed. Near enough, a
transfer of less than a revolution leads to a point from which the orbiter drifts towards the
container on a co-elliptic orbit a few kilometres above or below. Where that drift turns out not to
lead there, whatever it is, all is planned anew from it.
"""

import asyncio
import math
from contextlib import suppress

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.relative_motion import lvlh_axes
from flight.astrodynamics.vectors import (
    Vector,
    add,
    cross,
    dot,
    norm,
    scale,
    subtract,
    unit,
)
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.orbiter.clearance import check_drift, keeps_clear
from flight.orbiter.drifting import DRIFT_OFFSET, along_the_track
from flight.orbiter.legs import Leg, check_not_lost, follow_leg, time_of_range
from flight.orbiter.long_burns import balanced, check_propellant, lead_of
from flight.orbiter.manoeuvres import Transfer, execute, two_impulses, wait_until
from flight.orbiter.observing import take_bearing
from flight.orbiter.passive_safety import closest_in_free_drift
from flight.orbiter.propagation import State, coast, mean_axis, motion
from flight.orbiter.vehicle import OrbiterVehicle

_SMALLEST_OFFSET = 8_000.0
_LARGEST_OFFSET = 90_000.0
_ARRIVE_BEFORE = 1.2  # times the far range
_SAFE_DISTANCE = 1000.0
_BURN_LEAD = 300.0
_LOOKS = 12
_AT_ONCE = 0.3
"""Of the distance where a transfer is planned: nearer, it is planned whichever way the drift goes,
for a drift to where it is planned from would lead once around Mars."""
_OFFSETS = (1.0, 0.8, 1.2, 0.6, 1.5)
"""Times the usual offset, in the order in which they are tried for one whose drift is safe."""
_CHANGES = 8
"""Changes of the drift in one phasing: the last of them have not done what was asked."""
_CHANGE_PAUSE = 600.0  # s until the drift is looked at again
_TRIES = 60
"""Times that no transfer was safe, a tenth of a revolution apart."""
_WAIT = 700.0  # s until a transfer is planned anew that would not keep clear
_DEPARTURES = 10
_DURATIONS = (0.35, 0.42, 0.58, 0.66, 0.75, 0.85)
_APPROACHES = 6
"""Transfers in one phasing: each begins from where the last has led to."""
_FAST = 50.0
"""m/s: faster past the container is no beginning of a far rendezvous. On the way to it from above
or below it is less, across the plane more."""
_CLOSING_LIMIT = 12.0 * 3600.0
_LOOK = 450.0  # s: longer than a look at the container takes, with the pause after it
_LEADS_ASTRAY = 3  # looks in a row by which the drift does not lead to the far range


async def phase(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Comes to the far range; ends at the moment at which the distance is that."""
    nav = node.navigator
    if nav.target is None or not nav.covariance:
        raise ActivityFailed("the container's orbit is not known: determine_orbit first")
    await node.refresh_own()
    far = node.parameters["far_range"]
    if _is_near(node, far):
        return Signal("near", {"result": "near already"})
    end = monotonic() + node.parameters["phasing_limit"]
    for _ in range(_APPROACHES):
        leg = await _to_transfer(node, end)
        node.progress("on the transfer to the far range")
        if await _arrives(node, leg, far) or await _closes_in(node, far):
            node.save_navigation()
            return Signal("near")
        node.drift_led_astray(range=round(nav.range()))
        node.save_navigation()
    raise ActivityFailed(f"no drift has led to the container after {_APPROACHES} transfers")


def _is_near(node: OrbiterVehicle, far: float) -> bool:
    """Whether it is at the far range, and not just passing it."""
    nav = node.navigator
    return nav.range() <= far and norm(nav.relative()[1]) <= _FAST


async def _arrives(node: OrbiterVehicle, leg: Leg, far: float) -> bool:
    """Follows a transfer; whether the far range was reached on the way. Else it has ended in a
    drift along the container's orbit."""
    if not await follow_leg(node, leg, take_bearing, 300.0, limit=far, stop=False):
        if norm(node.navigator.relative()[1]) <= _FAST:
            return True
        await follow_leg(node, leg, take_bearing, 300.0, stop=False)
    await _match(node)
    return False


async def _to_transfer(node: OrbiterVehicle, end: float) -> Leg:
    """Drifts until a transfer has begun. Raises ActivityFailed where none does until `end` (s, of
    the monotonic clock) nor within the limit of tries."""
    for _ in range(_TRIES):
        await _drift(node, end)
        leg = await _transfer(node)
        if leg is not None:
            return leg
        if monotonic() > end:
            raise ActivityFailed("phasing takes longer than it may")
    raise ActivityFailed(f"no transfer to the far range was safe at {_TRIES} times")


def phase_angle(own: State, target: State) -> float:
    """Angle (rad) along the container's orbit from it to the orbiter; positive: ahead of it."""
    axes = lvlh_axes(*target)
    return math.atan2(dot(axes[1], own[0]), dot(axes[0], own[0]))


async def _drift(node: OrbiterVehicle, end: float) -> None:
    """Waits until the container is within the distance from which a transfer is planned.

    Raises ActivityFailed when that is not so by `end` (s, of the monotonic clock), or when changes
    of the drift do not lead to one that serves.
    """
    nav = node.navigator
    changes = 0
    while monotonic() <= end:
        nav.advance(node.clock.now())
        assert nav.own is not None and nav.target is not None
        own, target = nav.own, nav.target
        axis, own_axis = mean_axis(target), mean_axis(own)
        offset = own_axis - axis
        angle = phase_angle(own, target)
        start = node.parameters["transfer_distance"] / axis
        side = 1.0 if offset > 0.0 else -1.0
        # Higher means slower: the orbiter comes from ahead.
        to_go = (side * angle - start) % math.tau
        rate = abs(motion(own) * 1.5 * offset / axis)
        seconds = to_go / rate if rate > 0.0 else math.inf
        node.phase_angle = round(math.degrees(angle), 3)
        if abs(angle) <= _AT_ONCE * start or 0.0 < side * angle <= start:
            await _look(node)
            return
        unfit = not _SMALLEST_OFFSET < abs(offset) < _LARGEST_OFFSET
        if unfit or seconds > 0.5 * node.parameters["phasing_limit"]:
            if changes >= _CHANGES:
                raise ActivityFailed(
                    f"the drift is {offset / 1e3:.0f} km of height after {changes} changes of it"
                )
            changes += 1
            await _change_drift(node, angle, axis, own_axis)
            await asyncio.sleep(_CHANGE_PAUSE)
            continue
        period = math.tau / motion(target)
        # Never beyond the point, and a bearing now and then.
        await asyncio.sleep(max(60.0, min(0.7 * seconds, 0.5 * period)))
        if node.own_is_old():
            await node.refresh_own()
        if not node.own_is_old():
            await _look(node)
    raise ActivityFailed("phasing takes longer than it may")


async def _look(node: OrbiterVehicle) -> None:
    """A bearing; more of them when they do not fit what is believed."""
    nav = node.navigator
    for _ in range(_LOOKS):
        before = nav.rejected
        if await take_bearing(node) or nav.rejected == before:
            break
        await asyncio.sleep(60.0)
    node.show_navigation()


async def _change_drift(node: OrbiterVehicle, angle: float, axis: float, own_axis: float) -> None:
    """One burn along the track to an orbit with a drift that serves, and that is safe."""
    nav = node.navigator
    best = min((1.0, -1.0), key=lambda s: (s * angle) % math.tau)

    async def plan() -> Vector:
        nav.advance(node.clock.now())
        own = nav.own
        assert own is not None
        wanted = (axis + best * part * DRIFT_OFFSET for part in _OFFSETS)
        return _safest(node, [along_the_track(own, each - own_axis) for each in wanted])

    change = await plan()
    check_propellant(node, norm(change), "phasing")
    await execute(node, change, "phasing", again=plan)
    node.save_navigation()


def _safest(node: OrbiterVehicle, burns: list[Vector]) -> Vector:
    """The first after which free drift keeps clear; the one that keeps farthest where none does."""
    nav = node.navigator
    assert nav.own is not None and nav.target is not None
    best, most = burns[0], -1.0
    for burn in burns:
        after: State = (nav.own[0], add(nav.own[1], burn))
        closest = closest_in_free_drift(after, nav.target, node.parameters["safe_revolutions"])
        if closest >= _SAFE_DISTANCE and keeps_clear(node, burn):
            return burn
        if closest > most:
            best, most = burn, closest
    return best


async def _transfer(node: OrbiterVehicle) -> Leg | None:
    """The cheapest safe transfer that starts within a revolution; None: wait and look again."""
    nav = node.navigator
    nav.advance(node.clock.now())
    assert nav.own is not None and nav.target is not None
    own, target = coast(nav.own, _BURN_LEAD), coast(nav.target, _BURN_LEAD)
    period = math.tau / motion(target)
    goal, speed = _goal(node, own, target)
    options: list[tuple[float, int, float]] = []
    time, step = _BURN_LEAD, period / _DEPARTURES
    states = []
    for index in range(_DEPARTURES):
        states.append((own, target))
        for duration in _DURATIONS:
            try:
                found = two_impulses(own, target, goal, duration * period, speed)
            except (ArithmeticError, ValueError):
                continue
            options.append((found.total, index, duration))
        own, target = coast(own, step), coast(target, step)
    for total, index, duration in sorted(options):
        check_propellant(node, total, "transfer")
        own, target = states[index]
        found = two_impulses(own, target, goal, duration * period, speed)
        after: State = (own[0], add(own[1], found.first))
        closest = closest_in_free_drift(after, target, node.parameters["safe_revolutions"])
        if closest < _SAFE_DISTANCE:
            continue
        departure = node.clock.now() + time + index * step
        return await _depart(node, goal, speed, departure, departure + found.seconds)
    await asyncio.sleep(0.1 * period)
    return None


async def _depart(
    node: OrbiterVehicle, goal: Vector, speed: Vector, departure: float, arrival: float
) -> Leg | None:
    """Begins a transfer at its time; None: it would not keep clear for what is known by then."""
    nav = node.navigator
    await wait_until(node, departure - _BURN_LEAD)
    await take_bearing(node)
    leg = Leg(goal, arrival, speed)

    def way(later: float) -> Transfer:
        assert nav.own is not None and nav.target is not None
        own, target = coast(nav.own, later), coast(nav.target, later)
        return two_impulses(own, target, goal, arrival - node.clock.now() - later, speed)

    async def plan() -> Vector | None:
        nav.advance(node.clock.now())
        try:
            return planned()
        except (ArithmeticError, ValueError):  # what is known by now leads to no such transfer
            return None

    def planned() -> Vector:
        first = balanced(node, lambda later: way(later).first)
        leg.lead = lead_of(node, norm(way(lead_of(node, norm(first))).second))
        return first

    nav.advance(node.clock.now())
    with suppress(ArithmeticError, ValueError):
        size = norm(way(departure - node.clock.now()).first)
        await wait_until(node, departure - lead_of(node, size))
    first = await plan()
    if first is None:
        return None
    if not keeps_clear(node, first):
        node.leg_not_clear(purpose="transfer", again=_WAIT)
        await asyncio.sleep(_WAIT)
        return None
    given_up = False

    async def again() -> Vector | None:
        nonlocal given_up
        late = await plan()
        given_up = late is None or not keeps_clear(node, late)
        return None if given_up else late

    gained = await execute(node, first, "transfer", again=again)
    check_drift(node)
    return leg if norm(gained) > 0.0 and not given_up else None


def _goal(node: OrbiterVehicle, own: State, target: State) -> tuple[Vector, Vector]:
    """Where the transfer ends, in local axes, and how fast: on a co-elliptic orbit."""
    side = 1.0 if phase_angle(own, target) >= 0.0 else -1.0
    height = side * node.parameters["coelliptic_offset"]
    along = side * _ARRIVE_BEFORE * node.parameters["far_range"]
    # The Earth-like fall away of the horizon over that distance belongs to the height.
    drop = 0.5 * along * along / norm(target[0])
    return (height - drop, along, 0.0), (0.0, -1.5 * motion(target) * height, 0.0)


async def _match(node: OrbiterVehicle) -> None:
    """The burn that makes the orbit co-elliptic with the container's (same apse line, parallel)."""
    nav = node.navigator

    def way(later: float) -> Vector:
        assert nav.own is not None and nav.target is not None
        own, target = coast(nav.own, later), coast(nav.target, later)
        return subtract(coelliptic_velocity(own, target), own[1])

    async def plan() -> Vector:
        nav.advance(node.clock.now())
        return balanced(node, way)

    await execute(node, await plan(), "arrival", again=plan)
    check_drift(node)


def coelliptic_velocity(own: State, target: State) -> Vector:
    """Velocity at the orbiter's place on an orbit co-elliptic with the container's.

    The classical rule: the height difference at the container's place on the same ray is kept, and
    the radial speed goes with the power 3/2 of the ratio of the axes.
    """
    mu = MARS.gravitational_parameter
    beneath = _beneath(own, target)
    offset = norm(own[0]) - norm(beneath[0])
    axis = 1.0 / (2.0 / norm(beneath[0]) - dot(beneath[1], beneath[1]) / mu)
    new_axis = axis + offset
    radial = dot(beneath[1], unit(beneath[0])) * (axis / new_axis) ** 1.5
    speed_squared = mu * (2.0 / norm(own[0]) - 1.0 / new_axis)
    horizontal = math.sqrt(max(0.0, speed_squared - radial * radial))
    up = unit(own[0])
    normal = unit(cross(target[0], target[1]))
    ahead = unit(cross(normal, up))
    return add(scale(radial, up), scale(horizontal, ahead))


def _beneath(own: State, target: State) -> State:
    """The container's state when it is, or was, on the orbiter's ray."""
    state = target
    for _ in range(4):
        angle = phase_angle(own, state)
        rate = norm(cross(state[0], state[1])) / dot(state[0], state[0])
        state = coast(state, angle / rate)
    return state


async def _closes_in(node: OrbiterVehicle, far: float) -> bool:
    """Drifts towards the container until it is at the far range; False: the drift does not lead
    there, by several looks."""
    nav = node.navigator
    limit = monotonic() + _CLOSING_LIMIT
    astray = 0
    while monotonic() < limit:
        nav.advance(node.clock.now())
        assert nav.own is not None and nav.target is not None
        if nav.range() <= far:
            return True
        crossing = time_of_range(nav.own, nav.target, limit - monotonic(), far)
        if crossing is not None and crossing <= _LOOK:
            await asyncio.sleep(crossing)
            nav.advance(node.clock.now())
            return True
        astray = astray + 1 if crossing is None else 0
        if astray >= _LEADS_ASTRAY:
            return False
        await take_bearing(node)
        check_not_lost(node)
        node.show_navigation()
        await asyncio.sleep(240.0)
    return False
