"""The safe state of the orbiter."""

import asyncio
import math
from collections.abc import Iterator

from flight.astrodynamics.vectors import Vector, add, norm
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.icd.devices.base import DeviceError, DeviceFault, usable
from flight.orbiter.clearance import (
    FASTER,
    SPARE,
    away,
    check_drift,
    clearest,
    keeps_clear,
    settling,
)
from flight.orbiter.close_rendezvous import to_inertial
from flight.orbiter.legs import ahead_or_behind
from flight.orbiter.long_burns import check_propellant
from flight.orbiter.manoeuvres import end_begun, execute
from flight.orbiter.passive_safety import is_safe
from flight.orbiter.periapsis import LIFTED, LOWEST, lifting, lowest_height, show_periapsis
from flight.orbiter.safeguards import SAFE_POWER
from flight.orbiter.vehicle import OrbiterVehicle

LOOK = 600.0
"""s between looks at the battery, and between orders to hold the arrays."""
ENOUGH = 3
"""Looks in a row at which the battery gives current, or says nothing that means anything."""
GIVES = -0.05  # A
LIFTING = "out of the air"
_PUSH = 0.1  # m/s
_NEAR = 2.0  # times the close range, up to which a drift is to be clear for all that is not known
_UNSEEN = 24.0  # revolutions, two days: until the ground has looked, and has ordered something else


async def hold_safe(node: OrbiterVehicle, signal: Signal) -> None:
    """Arrays to the Sun, no thrust; but first out of the air when the orbit leads into it, and away
    from the container when drift leads to it."""
    try:
        await end_begun(node)
        await _stay_up(node)
        if node.may_meet_container():
            await _get_away(node)
    except (DeviceError, ActivityFailed) as error:  # without thrust it keeps its power all the same
        node.device_trouble(reason=str(error))
    await _keep_power(node)


async def _keep_power(node: OrbiterVehicle) -> None:
    """Holds the arrays at the angle of the safe attitude, as long as that charges the battery."""
    follows, losses = False, 0
    angle = math.radians(node.parameters["safe_array_angle"])
    while True:
        why = "" if follows else await _hold_arrays(node, angle)
        enough = bool(why)
        if not why:
            why = await _why_not_charged(node)
            losses = losses + 1 if why else 0
            enough = losses >= ENOUGH
        if enough and not follows and node.context.structure.keeps(SAFE_POWER):
            node.losing_power(reason=why)
            follows = await _follow_the_sun(node)
        await asyncio.sleep(LOOK)
        try:
            await _stay_up(node)  # where it could not be lifted so far
        except (DeviceError, ActivityFailed) as error:
            node.device_trouble(reason=str(error))


async def _hold_arrays(node: OrbiterVehicle, angle: float) -> str:
    """Turns the arrays; returns why that is no angle to be held, if so."""
    try:
        await node.devices.array_drive.turn(angle)
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        if isinstance(error, DeviceFault) and error.code == "stop":
            return str(error)
    finally:
        node.arrays_turned = monotonic()
    return ""


async def _why_not_charged(node: OrbiterVehicle) -> str:
    """What says that the battery gives current, or why nobody can tell; empty when it does not."""
    try:
        battery = usable(await node.devices.battery.state())
    except DeviceError as error:
        return str(error)
    node.battery_rests(battery)
    current = battery.current
    return "" if current >= GIVES else f"it gives {-current:.1f} A"


async def _follow_the_sun(node: OrbiterVehicle) -> bool:
    try:
        follows = (await node.devices.array_drive.follow()).following
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return False
    node.arrays_turned = None if follows else node.arrays_turned
    return follows


async def _stay_up(node: OrbiterVehicle) -> None:
    """Lifts an orbit around Mars that leads into the air; any other it leaves as it is."""
    nav = node.navigator

    async def plan() -> Vector | None:
        if nav.own is None or node.departure is not None:
            return None
        low = lowest_height(nav.own)
        if low is None or low >= LOWEST:
            return None
        nav.advance(node.clock.now())
        try:
            return lifting(nav.own, LIFTED)
        except ArithmeticError as error:
            raise ActivityFailed(str(error)) from error

    change = await plan()
    if change is None:
        return
    try:
        check_propellant(node, norm(change), LIFTING)
        await execute(node, change, LIFTING, again=plan)
    finally:
        show_periapsis(node)


async def _get_away(node: OrbiterVehicle) -> None:
    """Leaves the way to the container where its drift is not clear of it: near it for all that is
    not known, farther off as it is believed."""
    nav = node.navigator
    check_drift(node)
    kept = node.certain_drift_distance if _is_near(node) else node.free_drift_distance
    if (kept or 0.0) > node.parameters["collision_distance"]:
        return

    async def plan() -> Vector:
        nav.advance(node.clock.now())
        receding = [burn for distance in _distances(node) for burn in settling(node, distance)]
        if not _is_near(node):
            aside = _least_aside(node, norm(receding[0]))
            if aside is not None:
                return aside
        return clearest(node, [*receding, *_pushes(node, _PUSH)])

    await execute(node, await plan(), "safing", again=plan)
    check_drift(node)


def _is_near(node: OrbiterVehicle) -> bool:
    return node.navigator.range() < _NEAR * float(node.parameters["close_range"])


def _pushes(node: OrbiterVehicle, size: float) -> list[Vector]:
    """Changes (m/s, inertial) to some sides of the way, of about so many m/s."""
    side = ahead_or_behind(node)
    ways = ((0.0, -side * size, 0.0), (0.0, side * size, size), (side * size, 0.0, size))
    return [to_inertial(node, way) for way in ways]


def _least_aside(node: OrbiterVehicle, limit: float) -> Vector | None:
    """The least push (m/s, inertial) that is clear for all that is not known, and by which, as it
    is believed, nothing is met until the ground has looked; None: none below a limit (m/s) is.

    From afar a little aside misses by far: to come to rest there can cost a hundred times as much.
    """
    nav, size = node.navigator, _PUSH
    assert nav.own is not None and nav.target is not None
    bar = SPARE * float(node.parameters["collision_distance"])
    while size < limit:
        for burn in sorted(_pushes(node, size), key=norm):
            after = (nav.own[0], add(nav.own[1], burn))
            if keeps_clear(node, burn) and is_safe(after, nav.target, _UNSEEN, bar):
                return burn
        size *= 2.0
    return None


def _distances(node: OrbiterVehicle) -> Iterator[float]:
    """How far (m a revolution) the orbiter is to recede at first, and then at more where that is
    not enough: from afar what is enough near by is enough as well, unless little is known."""
    apart = node.navigator.range()
    most = away(node, apart)
    distance = away(node, min(apart, _NEAR * node.parameters["close_range"]))
    while distance < most:
        yield distance
        distance *= 2.0 * FASTER[-1]  # the next after those that `settling` tries
    yield most
