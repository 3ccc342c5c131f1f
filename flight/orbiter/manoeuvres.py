"""Manoeuvres: planned with the gravity of Mars and its J2, flown, measured by accelerometers."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.lambert import lambert
from flight.astrodynamics.linear_systems import inverse
from flight.astrodynamics.relative_motion import from_lvlh
from flight.astrodynamics.vectors import Vector, add, cross, norm, scale, subtract
from flight.core.activities import ActivityFailed
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceError, DeviceTimeout, ReadingInvalid, usable
from flight.icd.devices.orbiter_navigation import InertialReading
from flight.orbiter.burn_begun import BurnBegun, FeltSum, gained_between
from flight.orbiter.clearance import check_drift
from flight.orbiter.hardware import INERTIAL_UNIT
from flight.orbiter.linear_algebra import applied
from flight.orbiter.passive_safety import is_safe
from flight.orbiter.periapsis import show_periapsis
from flight.orbiter.propagation import State, coast, motion
from flight.orbiter.safeguards import ALL_STELLAR, BURN_COMPLETED
from flight.orbiter.vehicle import OrbiterVehicle

PAUSES = (60.0, 300.0)
"""s between the tries of a burn that has not happened: what disturbs one instant has passed before
the last, and the way without thrust was checked to be safe for far longer."""
AT_LEISURE = (60.0, 600.0, 3_600.0, 10_800.0, 28_800.0)
"""s between tries on the way between the planets: twelve hours in all."""
ON_THE_WAY = (*AT_LEISURE, 43_200.0, 86_400.0)
"""s between tries of what is as good days later, up to an instant after which it is no more."""
AT_CLOSE_QUARTERS = (2.0, 5.0)
"""s between tries while the orbiter comes to the container by centimetres a second."""
_NOTHING = 0.02
"""Of a velocity change: what is felt of one that has not begun."""
ACCELEROMETER_SCALE = 0.0015
ACCELEROMETER_NOISE = 0.0004  # m/s
UNMEASURED = 0.03
"""Of a burn that was only told to the engines: one standard deviation (assumption)."""
AT_REST = 3.0 * ACCELEROMETER_NOISE
"""m/s between two readings, below which nothing thrusts: the least of the thrusters, 22 N on four
tons, gives five times that in a second."""
REST_LOOK, REST_LOOKS = 1.0, 60.0
"""s between the first two readings by which what was given up is seen to have ended, and between
two at the most; in between each pause is twice the one before."""
REST_LIMIT = 600.0  # s for which one looks at that, beside what the whole burn takes
_SHOTS = 6
_MERE = 1e-9
_PART = 40.0  # s of a burn that are taken for one impulse


Replan = Callable[[], Awaitable[Vector | None]]
"""The velocity change that is right now, m/s, inertial; None: none is any more."""


class _Unfinished(ActivityFailed):
    """`gained`: what was felt, m/s."""

    def __init__(self, reason: str, gained: Vector = (0.0, 0.0, 0.0)) -> None:
        super().__init__(reason)
        self.gained = gained


class BurnNotBegun(_Unfinished):
    """An engine has not burnt, and the accelerometers have felt that it has not."""


class BurnStopped(_Unfinished):
    """An engine has burnt for less than half of what it was to."""


@dataclass(frozen=True)
class Transfer:
    """Two impulses (m/s, inertial): one at the start, one on arrival `seconds` later."""

    first: Vector
    second: Vector
    seconds: float

    @property
    def total(self) -> float:
        """Sum of both sizes, m/s."""
        return norm(self.first) + norm(self.second)


def two_impulses(
    own: State, target: State, goal: Vector, seconds: float, goal_velocity: Vector = (0.0, 0.0, 0.0)
) -> Transfer:
    """Impulses that bring the orbiter to a place in the container's local axes.

    A Lambert arc first, then corrected for J2 by shooting. Raises ArithmeticError or ValueError
    when there is no such transfer.
    """
    there = from_lvlh(coast(target, seconds), (goal, goal_velocity))
    mu = MARS.gravitational_parameter
    arc = lambert(own[0], there[0], seconds, mu, cross(own[0], own[1]))[0]
    return _shoot(own, there, arc.departure_velocity, seconds)


def _shoot(own: State, there: State, velocity: Vector, seconds: float) -> Transfer:
    step, columns = 0.05, []
    miss = subtract(there[0], coast((own[0], velocity), seconds)[0])
    for axis in range(3):
        moved = list(velocity)
        moved[axis] += step
        end = coast((own[0], (moved[0], moved[1], moved[2])), seconds)[0]
        other = subtract(there[0], end)
        columns.append([(m - o) / step for m, o in zip(miss, other, strict=True)])
    sensitivity = inverse([list(row) for row in zip(*columns, strict=True)])
    for _ in range(_SHOTS):
        change = applied(sensitivity, miss)
        velocity = (velocity[0] + change[0], velocity[1] + change[1], velocity[2] + change[2])
        end_state = coast((own[0], velocity), seconds)
        miss = subtract(there[0], end_state[0])
        if norm(miss) < 0.005:
            break
    if norm(miss) > 50.0:
        raise ArithmeticError(f"the transfer of {seconds:.0f} s does not converge")
    return Transfer(subtract(velocity, own[1]), subtract(there[1], end_state[1]), seconds)


def cheapest_safe(
    own: State, target: State, goal: Vector, fractions: tuple[float, ...], revolutions: float,
    keep_out: float, goal_velocity: Vector = (0.0, 0.0, 0.0),
    is_clear: Callable[[Vector], bool] = lambda burn: True,
) -> Transfer | None:  # fmt: skip
    """The cheapest transfer, among durations in revolutions, after whose first impulse the orbiter
    may drift for so many revolutions without coming nearer than `keep_out` m, as it is believed,
    and is clear for all that is not known; None: there is none.
    """
    period = math.tau / motion(target)
    found = []
    for fraction in fractions:
        try:
            found.append(two_impulses(own, target, goal, fraction * period, goal_velocity))
        except (ArithmeticError, ValueError):
            continue
    for transfer in sorted(found, key=lambda each: each.total):
        after: State = (own[0], add(own[1], transfer.first))
        if is_safe(after, target, revolutions, keep_out) and is_clear(transfer.first):
            return transfer
    return None


def burn_seconds(node: OrbiterVehicle, delta_v: float) -> float:
    """About how long the main engine takes for a velocity change."""
    return delta_v * node.weight() / float(node.parameters["main_thrust"])


async def execute(
    node: OrbiterVehicle, delta_v: Vector, purpose: str, *, again: Replan | None = None,
    pauses: tuple[float, ...] = PAUSES, until: float = math.inf,
) -> Vector:  # fmt: skip
    """Changes the velocity now; the navigator takes what the accelerometers have felt.

    A burn that is felt not to have happened is tried again after each of some pauses (s), as long
    as that is before `until` (s of mission time). It is late then: `again` plans it from the state
    that there is by then, and returns None where nothing is to be flown any more. Without that
    what is still missing is made. One that has stopped early is completed in the same way. Raises
    BurnNotBegun when nothing has happened, BurnStopped when little has, ActivityFailed when it
    cannot be done for another reason. Returns all that was felt, m/s.
    """
    stopped = False
    all_gained: Vector = (0.0, 0.0, 0.0)
    try:
        for pause in (*pauses, None):
            try:
                all_gained = add(all_gained, await _at_once(node, delta_v, purpose))
                stopped = False
                return all_gained
            except (BurnNotBegun, BurnStopped) as error:
                all_gained = add(all_gained, error.gained)
                stopped = stopped or isinstance(error, BurnStopped)
                if not _may_try(node, error, pause, until):
                    raised = BurnStopped if stopped else BurnNotBegun
                    raise raised(str(error), all_gained) from error
                delta_v = subtract(delta_v, error.gained)
            assert pause is not None
            # Not a critical stretch: nothing burns, and who has to go safe may.
            await asyncio.sleep(pause)
            if again is not None:
                change = await again()
                if change is None:
                    return all_gained
                delta_v = change
        raise AssertionError("the last try returns or raises")
    finally:
        # Whatever has ended it: what was flown is another orbit than the one that was planned.
        if stopped or node.periapsis_altitude is not None:
            show_periapsis(node)


def _may_try(
    node: OrbiterVehicle, error: _Unfinished, pause: float | None, until: float
) -> bool:
    """Whether a burn is tried again, after a pause (s) and not later than `until`."""
    if pause is None or node.clock.now() + pause > until:
        return False
    completed = node.context.structure.keeps(BURN_COMPLETED)
    return completed or not isinstance(error, BurnStopped)


async def _at_once(node: OrbiterVehicle, delta_v: Vector, purpose: str) -> Vector:
    with node.critical(purpose):
        await end_begun(node)
        return await _execute(node, delta_v, purpose)


async def _execute(node: OrbiterVehicle, delta_v: Vector, purpose: str) -> Vector:
    size = norm(delta_v)
    if size < node.parameters["smallest_change"]:
        return (0.0, 0.0, 0.0)
    before = await _felt(node, purpose)
    began = monotonic()
    reason, unanswered = "", False
    small = size <= node.parameters["largest_thruster_change"]
    impulse = node.parameters["thruster_impulse" if small else "specific_impulse"]
    with seen_to_its_end(node, BurnBegun(node.clock.now(), purpose, delta_v, impulse, before)):
        try:
            with node.vigil.burning():
                if small:
                    await node.devices.thrusters.fire(list(delta_v))
                else:
                    await node.devices.main_engine.burn(list(delta_v), size, [0.0, 0.0, 1.0])
        except DeviceError as error:
            reason, unanswered = str(error), isinstance(error, DeviceTimeout)
            node.device_trouble(reason=reason)
        rest = _felt_at_rest(node, purpose, size) if unanswered else _felt(node, purpose)
        after = await rest
        felt = gained_between(before, after)
        if reason and felt is None:  # nobody can tell whether it has acted: not once more
            raise ActivityFailed(f"{purpose}: nobody has felt whether the burn happened: {reason}")
        gained = delta_v if felt is None else felt
        took = passed = monotonic() - began
        if unanswered:  # it was waited for, for hours perhaps; it was over as soon as it can be
            took = min(passed, burn_seconds(node, norm(gained)))
        with node.storage.transaction():
            node.note_burn(norm(gained), impulse, felt=felt is not None)
            parts = 0.0 if small or took > 2.0 * burn_seconds(node, norm(gained)) else took
            _note(node, gained, passed - 0.5 * took, parts, measured=felt is not None)
            node.count_change(norm(gained))
            node.burn_begun = None
    if reason and norm(gained) <= _NOTHING * size:
        raise BurnNotBegun(f"{purpose}: the burn did not happen: {reason}", gained)
    if reason and not node.container_captured:  # on another way than the one that was looked at
        check_drift(node)
    if reason and norm(gained) < 0.5 * size:
        raise BurnStopped(f"{purpose}: the burn did not happen: {reason}", gained)
    off = norm(subtract(gained, delta_v))
    node.manoeuvre(purpose=purpose, size=round(size, 4), off=round(off, 4))
    if off > 0.05 * size + 0.005:
        node.burn_off_nominal(purpose=purpose, wanted=round(size, 4), felt=round(norm(gained), 4))
    return gained


def _note(
    node: OrbiterVehicle, gained: Vector, since: float, took: float = 0.0, *,
    measured: bool = False, error: float = 0.0,
) -> None:  # fmt: skip
    """Takes a velocity change that took so many seconds, whose middle was `since` seconds ago,
    known to `error` m/s, or as well as it can be.

    A long one in parts: an impulse for 200 m/s in 400 s is a metre a second wrong, by what gravity
    differs along the way.
    """
    nav = node.navigator
    if nav.own is None:
        return
    now = node.clock.now()
    if norm(gained) > node.parameters["largest_thruster_change"]:
        node.note_large_burn()
    part = ACCELEROMETER_SCALE if measured else UNMEASURED
    sigma = error or part * norm(gained) + ACCELEROMETER_NOISE
    exhaust = float(node.parameters["specific_impulse"]) * STANDARD_GRAVITY
    weights = burn_weights(max(1, math.ceil(took / _PART)), norm(gained) / exhaust)
    for index, weight in enumerate(weights, start=1):
        if now > nav.time:
            middle = took * ((index - 0.5) / len(weights) - 0.5) - since
            nav.advance(max(nav.time, now + middle))
        nav.kick(scale(weight, gained), sigma if index == len(weights) else 0.0)
    nav.advance(now)
    node.save_navigation()


def burn_weights(count: int, size: float) -> list[float]:
    """What part of a burn's velocity change each of `count` equal parts of its time gives; the
    change is `size` times the exhaust's speed. The later the more: the tanks become lighter (rocket
    equation)."""
    if count == 1 or size < _MERE:
        return [1.0 / count] * count
    spent = -math.expm1(-size)
    left = [math.log1p(-spent * index / count) for index in range(count + 1)]
    return [(a - b) / size for a, b in pairwise(left)]


@contextmanager
def seen_to_its_end(node: OrbiterVehicle, burn: BurnBegun) -> Iterator[None]:
    """Remembers a burn until what it has given is noted. What breaks it off, or ends the computer
    meanwhile, leaves it to `end_begun`."""
    node.burn_begun = burn
    try:
        yield
    except BaseException:
        node.burn_left = burn
        with suppress(RuntimeError):  # the node ends: the next boot takes it
            node.nursery.start(_end_later(node), name="end of a burn")
        raise


async def _end_later(node: OrbiterVehicle) -> None:
    try:
        await end_begun(node)
    except (DeviceError, ActivityFailed) as error:  # the next burn, or boot, asks again
        node.device_trouble(reason=str(error))


async def end_begun(node: OrbiterVehicle) -> None:
    """Takes what a burn has given whose end nobody has felt: one that was broken off, or the
    computer died. Then looks where the orbiter goes. Raises ActivityFailed where nobody can tell.
    """
    async with node.burn_lock:
        begun = node.burn_left
        if begun is None:
            return
        after = await _felt_at_rest(node, begun.purpose, norm(begun.wanted))
        felt = gained_between(begun.felt, after)
        gained = scale(0.5, begun.wanted) if felt is None else felt
        passed = node.clock.now() - begun.time
        small = norm(begun.wanted) <= node.parameters["largest_thruster_change"]
        took = 0.0 if small else min(passed, burn_seconds(node, norm(gained)))
        since = passed - 0.5 * took  # it began when it was told to, and was over as soon as it can
        with node.storage.transaction():
            if felt is not None:
                node.note_burn(norm(felt), begun.impulse, felt=True)
                _note(node, felt, since, took, measured=True)
                node.count_change(norm(felt))
            elif node.navigator.own is not None:  # anything between nothing and all of it
                _note(node, gained, since, took, error=norm(gained))
            node.burn_begun = node.burn_left = None
        show_periapsis(node)
        node.burn_broken_off(
            purpose=begun.purpose, wanted=round(norm(begun.wanted), 4),
            felt=None if felt is None else round(norm(felt), 4),
        )  # fmt: skip
        if not node.container_captured:
            check_drift(node)


async def felt_by(node: OrbiterVehicle, purpose: str) -> FeltSum | None:
    """The sum of what thrust has given so far; None when no inertial unit can tell.

    Raises ReadingInvalid then where the orbiter is not made to fly by stars.
    """
    asked = ""

    async def ask() -> InertialReading:
        nonlocal asked
        asked = node.in_use(INERTIAL_UNIT)
        return await node.devices.inertial_unit.state()

    try:
        # Who knows that nobody answers does not wait for it at each burn.
        reading = usable(await ask()) if node.flies_by_stars else await sound(ask)
    except ReadingInvalid:
        if not node.context.structure.keeps(ALL_STELLAR):
            raise
        if not node.flies_by_stars:
            node.flies_by_stars = True
            node.flown_by_stars(purpose=purpose)
        return None
    node.flies_by_stars = False
    x, y, z = reading.delta_v
    return FeltSum(asked, reading.boot, (x, y, z))


async def felt_at_rest(node: OrbiterVehicle, purpose: str, size: float) -> FeltSum | None:
    """The same, once nothing thrusts any more of a burn that was to give so many m/s.

    Who gives a burn up tells the engine to stop, or cannot even reach it: it stops later than it is
    told, and the accelerometers may be read before. Raises ActivityFailed when it goes on for
    longer than it can.
    """
    end = monotonic() + burn_seconds(node, size) + REST_LIMIT
    before, pause = await felt_by(node, purpose), REST_LOOK
    while before is not None:
        await asyncio.sleep(pause)
        after = await felt_by(node, purpose)
        moved = gained_between(before, after)
        if moved is not None and norm(moved) <= AT_REST:
            return after
        if monotonic() > end:
            raise ActivityFailed(f"{purpose}: the burn that was given up still goes on")
        before, pause = after, min(2.0 * pause, REST_LOOKS)
    return None


async def _felt(node: OrbiterVehicle, purpose: str) -> FeltSum | None:
    return await _measured(felt_by(node, purpose))


async def _felt_at_rest(node: OrbiterVehicle, purpose: str, size: float) -> FeltSum | None:
    return await _measured(felt_at_rest(node, purpose, size))


async def _measured(felt: Awaitable[FeltSum | None]) -> FeltSum | None:
    try:
        return await felt
    except ReadingInvalid as error:
        raise ActivityFailed(f"no burn without measuring it: {error}") from error


async def wait_until(node: OrbiterVehicle, time: float) -> None:
    """Sleeps until a mission time."""
    left = time - node.clock.now()
    if left > 0.0:
        await asyncio.sleep(left)
