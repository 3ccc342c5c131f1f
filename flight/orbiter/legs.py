"""Legs of the rendezvous: transfers between points in the container's local axes, with
corrections on the way, and range limits at which another mode takes over."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from flight.astrodynamics.relative_motion import from_lvlh, to_lvlh
from flight.astrodynamics.vectors import Vector, add, norm, subtract
from flight.core.activities import ActivityFailed
from flight.orbiter.clearance import (
    check_drift,
    clearest,
    is_clear,
    keeps_clear,
    receding,
    settling,
)
from flight.orbiter.manoeuvres import (
    BurnNotBegun,
    Transfer,
    cheapest_safe,
    execute,
    two_impulses,
)
from flight.orbiter.navigation import LOST_AFTER
from flight.orbiter.passive_safety import is_safe
from flight.orbiter.propagation import State, coast
from flight.orbiter.vehicle import OrbiterVehicle

Measure = Callable[[OrbiterVehicle], Awaitable[bool]]

FRACTIONS = (0.45, 0.55, 0.42, 0.38, 0.62, 0.34, 0.7, 0.3, 0.8, 0.25)
"""Of a revolution, for a leg; half of one cannot move the orbit's plane. What goes from one point
to a nearer one in less than a half comes back in the drift, and what takes more goes on."""
LOOK_AGAIN = (300.0, 900.0, 1800.0, 3600.0)
"""s between plans of a leg where none is clear: what is not known becomes less meanwhile."""
CORRECTIONS = (0.35, 0.7, 0.9)
"""Where on a leg the way is corrected."""
LOST = "the measurements do not fit what is believed: container lost"
_BLIND_LIMIT = 5400.0  # s: longer than Mars's shadow and the Sun's glare last
_QUIET = 150.0  # s before the limit of a leg: longer than an image or a correction takes
_LAST = 60.0  # s before the arrival: later a leg is not corrected
_WORTH = 0.003  # m/s: smaller corrections wait for the next one
_WATCH = 120.0  # s between looks whether the way is still clear
_DOUBTFUL = 2  # such looks in a row at which it is not
_CLEARINGS = 6  # changes of one leg for that; then it ends
_FRUITLESS = 24
"""Looks at a way in doubt that came to no change; then it ends: more than the longest leg has."""


@dataclass
class Leg:
    """A leg under way: its goal in local axes (m), when it arrives, and how fast (m/s, local).

    `away`: where it is to drift away from its goal, by so many m a revolution, whatever the goal's
    velocity was planned to be. `lead`: s before the arrival at which the burn there begins."""

    goal: Vector
    arrival: float
    goal_velocity: Vector = (0.0, 0.0, 0.0)
    away: float = 0.0
    lead: float = 0.0


async def begin_leg(
    node: OrbiterVehicle, goal: Vector, purpose: str, keep_out: float,
    fractions: tuple[float, ...] = FRACTIONS, away: float = 0.0, measure: Measure | None = None,
) -> Leg:  # fmt: skip
    """Plans a transfer that is safe without further thrust, and burns for it.

    Where none is, for all that is not known, it is measured and planned anew after pauses. Raises
    ActivityFailed when there is none after the last.
    """
    leg = Leg(goal, node.clock.now(), away=away)

    async def plan() -> Vector:
        check_not_lost(node)
        for pause in (*LOOK_AGAIN, None):
            transfer = _plan(node, leg, keep_out, fractions)
            if transfer is not None:
                leg.arrival = node.clock.now() + transfer.seconds
                return transfer.first
            if pause is None:
                break
            node.leg_not_clear(purpose=purpose, again=pause)
            await _look_for(node, pause, measure)
        raise ActivityFailed(f"{purpose}: no transfer to {norm(goal):.0f} m is safe without thrust")

    await execute(node, await plan(), purpose, again=plan)
    check_drift(node)
    return leg


def _plan(
    node: OrbiterVehicle, leg: Leg, keep_out: float, fractions: tuple[float, ...]
) -> Transfer | None:
    nav = node.navigator
    nav.advance(node.clock.now())
    assert nav.own is not None and nav.target is not None
    if leg.away:
        leg.goal_velocity = receding(nav.target, leg.goal, leg.away)
    return cheapest_safe(
        nav.own, nav.target, leg.goal, fractions, node.parameters["safe_revolutions"], keep_out,
        leg.goal_velocity, lambda burn: keeps_clear(node, burn),
    )  # fmt: skip


def check_not_lost(node: OrbiterVehicle) -> None:
    """Raises ActivityFailed where the container is not where it is believed to be: no way to it is
    planned then, nor flown."""
    if node.navigator.is_lost():
        raise ActivityFailed(LOST)


async def _look_for(node: OrbiterVehicle, seconds: float, measure: Measure | None) -> None:
    """Measures for a time."""
    end = node.clock.now() + seconds
    while (left := end - node.clock.now()) > 0.0:
        if measure is not None:
            await measure(node)
            check_not_lost(node)
        await asyncio.sleep(min(60.0, left))


async def follow_leg(
    node: OrbiterVehicle, leg: Leg, measure: Measure, period: float, limit: float = 0.0,
    stop: bool = True,
) -> bool:  # fmt: skip
    """Measures and corrects until the leg arrives, then stops there. Where the way turns out not
    to be clear of the container it is changed.

    Returns False, and leaves the leg as it is, at the moment at which the distance falls below
    `limit`.
    """
    nav = node.navigator
    began = node.clock.now()
    waiting = _instants(began, leg)
    watch, clearings, fruitless = Watch(node), 0, 0
    while (left := leg.arrival - leg.lead - node.clock.now()) > 1e-6:
        # Nothing is begun that would last beyond the limit.
        crossing = _time_to_limit(node, min(_QUIET, left), limit)
        if crossing is not None:
            await asyncio.sleep(crossing)
            nav.advance(node.clock.now())
            return False
        await measure(node)
        blind = node.clock.now() - max(began, nav.last_accepted)
        if nav.rejected > LOST_AFTER or blind > _BLIND_LIMIT:
            raise ActivityFailed(LOST)
        now = node.clock.now()
        if waiting and now >= waiting[0]:
            waiting.pop(0)
            await _correct(node, leg)
        elif watch.is_doubtful():
            arrival = leg.arrival
            if await _make_clear(node, leg):
                clearings += 1
            else:
                fruitless += 1
            if leg.arrival != arrival:
                waiting = _instants(node.clock.now(), leg)
            _check_clearings(leg, clearings, fruitless)
        node.show_navigation()
        wait = min(period, leg.arrival - leg.lead - node.clock.now())
        if wait <= 0.0:
            break
        crossing = _time_to_limit(node, wait, limit)
        await asyncio.sleep(wait if crossing is None else crossing)
        if crossing is not None:
            nav.advance(node.clock.now())
            return False
    if stop:
        await arrive(node, leg)
    return True


def _instants(since: float, leg: Leg) -> list[float]:
    """When the way is corrected, s of mission time, on a leg that is flown since an instant."""
    return [since + part * (leg.arrival - since) for part in CORRECTIONS]


def _check_clearings(leg: Leg, clearings: int, fruitless: int) -> None:
    """Ends a leg that was changed too often, or looked at too often to no purpose."""
    if clearings >= _CLEARINGS:
        raise ActivityFailed(
            f"the way to {norm(leg.goal):.0f} m was changed {clearings} times and does not "
            "keep clear of the container"
        )
    if fruitless >= _FRUITLESS:
        raise ActivityFailed(
            f"the way to {norm(leg.goal):.0f} m was in doubt {fruitless} times, and nothing was "
            "found or done about it"
        )


async def arrive(node: OrbiterVehicle, leg: Leg) -> None:
    """The second impulse: to the velocity that the goal has."""
    nav = node.navigator

    async def plan() -> Vector:
        nav.advance(node.clock.now())
        assert nav.own is not None and nav.target is not None
        if leg.away:
            return clearest(node, settling(node, leg.away))
        here, _ = to_lvlh(nav.target, nav.own)
        wanted = from_lvlh(nav.target, (here, leg.goal_velocity))[1]
        return subtract(wanted, nav.own[1])

    await execute(node, await plan(), "arrival", again=plan)
    check_drift(node)


class Watch:
    """Looks, now and then near the container, whether free drift still keeps clear of it."""

    def __init__(self, node: OrbiterVehicle) -> None:
        self._node = node
        self._next = node.clock.now() + _WATCH
        self._doubts = 0

    def is_doubtful(self) -> bool:
        """Whether it does not, at several looks in a row: one may be a bad measurement."""
        node = self._node
        nav = node.navigator
        if node.clock.now() < self._next or nav.own is None or nav.target is None:
            return False
        self._next = node.clock.now() + _WATCH
        nav.advance(node.clock.now())
        if nav.range() > node.parameters["close_range"]:
            self._doubts, node.drift_clear = 0, None
            return False
        if is_clear(node):
            self._doubts = 0
            return False
        self._doubts = (self._doubts + 1) % _DOUBTFUL  # who is told does something about it
        return self._doubts == 0


async def _make_clear(node: OrbiterVehicle, leg: Leg) -> bool:
    """Another way to the leg's goal, with another arrival; where none is clear, away from it.
    Returns whether there was a burn for it: else the orbiter is on the way that it was on."""
    arrival = leg.arrival

    async def plan() -> Vector:
        leg.arrival = arrival
        transfer = _plan(node, leg, node.parameters["collision_distance"], FRACTIONS)
        if transfer is None:
            stays: Vector = (0.0, 0.0, 0.0)
            return clearest(node, (stays, *settling(node, leg.away)))
        leg.arrival = node.clock.now() + transfer.seconds
        return transfer.first

    gained: Vector = (0.0, 0.0, 0.0)
    try:
        gained = await execute(node, await plan(), "clearing", again=plan)
    except BurnNotBegun:  # told; the next look tries again
        leg.arrival = arrival
    check_drift(node)
    return norm(gained) > 0.0


async def _correct(node: OrbiterVehicle, leg: Leg) -> None:
    async def plan() -> Vector | None:
        return _correction(node, leg)

    change = await plan()
    if change is None:
        return
    with suppress(BurnNotBegun):  # told; the next correction, or the arrival, makes up for it
        await execute(node, change, "correction", again=plan, until=leg.arrival - leg.lead - _LAST)


def _correction(node: OrbiterVehicle, leg: Leg) -> Vector | None:
    """What leads to the leg's goal from here; None: nothing that is worth it, in time and safe."""
    nav = node.navigator
    nav.advance(node.clock.now())
    left = leg.arrival - node.clock.now()
    if left < leg.lead + _LAST or nav.own is None or nav.target is None:
        return None
    try:
        again = two_impulses(nav.own, nav.target, leg.goal, left, leg.goal_velocity)
    except (ArithmeticError, ValueError):
        return None
    if norm(again.first) <= _WORTH:
        return None
    after: State = (nav.own[0], add(nav.own[1], again.first))
    revolutions = node.parameters["safe_revolutions"]
    if not is_safe(after, nav.target, revolutions, node.parameters["collision_distance"]):
        return None  # the way that it is on was checked; this one is not safe without thrust
    if keeps_clear(node, again.first):
        return again.first
    # One that might not be is flown only where the way that it is on is no better.
    stays: Vector = (0.0, 0.0, 0.0)
    best = clearest(node, (stays, again.first))
    return again.first if best == again.first else None


def _time_to_limit(node: OrbiterVehicle, seconds: float, limit: float) -> float | None:
    """When, within so many seconds, the believed distance falls below a limit."""
    nav = node.navigator
    nav.advance(node.clock.now())
    own, target = nav.own, nav.target
    if limit <= 0.0 or own is None or target is None:
        return None
    if _apart(own, target) <= limit:
        return 0.0
    return time_of_range(own, target, seconds, limit)


def time_of_range(own: State, target: State, seconds: float, limit: float) -> float | None:
    """Seconds until two free bodies are `limit` m apart, coming nearer; None: not so soon."""
    count = max(1, round(seconds / 60.0))
    step = seconds / count
    for index in range(count):
        own_next, target_next = coast(own, step), coast(target, step)
        if _apart(own_next, target_next) <= limit:
            low, high = 0.0, step
            for _ in range(40):
                middle = 0.5 * (low + high)
                if _apart(coast(own, middle), coast(target, middle)) <= limit:
                    high = middle
                else:
                    low = middle
            return index * step + high
        own, target = own_next, target_next
    return None


def _apart(own: State, target: State) -> float:
    return norm(subtract(own[0], target[0]))


def ahead_or_behind(node: OrbiterVehicle) -> float:
    """+1 when the orbiter is before the container on its way, -1 when it is behind."""
    return 1.0 if node.navigator.relative()[0][1] >= 0.0 else -1.0
