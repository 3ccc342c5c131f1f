"""Departure as an activity: waits for the window, burns, and follows to the sphere of influence."""

import asyncio
import math

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, format_iso
from flight.astrodynamics.transfer_windows import Transfer
from flight.astrodynamics.vectors import Vector, add, norm, scale, unit
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceError, DeviceTimeout
from flight.icd.devices.orbiter_navigation import KnownOrbit
from flight.orbiter.burn_begun import BurnBegun, gained_between
from flight.orbiter.escape import (
    Burn,
    Engine,
    asymptote_of,
    choose_day,
    choose_opportunity,
    plan_burn,
)
from flight.orbiter.manoeuvres import end_begun, felt_at_rest, felt_by, seen_to_its_end
from flight.orbiter.periapsis import show_periapsis
from flight.orbiter.recalling import arrival_of, path_of
from flight.orbiter.records import Departure
from flight.orbiter.safeguards import BURN_COMPLETED
from flight.orbiter.trajectory import leave_mars
from flight.orbiter.vehicle import OrbiterVehicle
from flight.orbiter.witnesses import BURNT

_WAKE_BEFORE = 0.4  # days before the burn for the last tracking solution
_REVOLUTIONS = 4  # tries on one day
_DAYS = 60
"""Days on which it is tried: all of one window, and some of the next."""
_ENOUGH = 0.98  # of the velocity change
_NOTHING = 0.1  # m/s felt, below which no engine has burnt
_TOO_LITTLE = 0.5
"""Of the velocity change: what is left is longer than a burn that is only completed may be, and
would lead elsewhere."""
_LOOK = 6.0 * 3600.0
_LIMIT = 8.0 * SECONDS_PER_DAY
_MU = MARS.gravitational_parameter


async def depart(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Leaves Mars in the next window."""
    known = await sound(node.devices.orbit_knowledge.state)
    if known.centre == "sun":
        if node.departure is None:
            _note_way(node, known)
        return Signal("done", {"result": "on the way already"})
    for _ in range(_DAYS):
        if node.departure is not None:
            break
        wanted = await _wait_for_day(node)
        if wanted is not None:
            await _leave(node, wanted)
    departed = node.departure
    if departed is None:
        raise ActivityFailed(f"the engine did not burn on any of {_DAYS} days")
    limit = monotonic() + _LIMIT
    while monotonic() < limit:
        known = await sound(node.devices.orbit_knowledge.state)
        if known.centre == "sun":
            return Signal("done", {"result": f"left Mars with C3 {departed.c3:.2f} km2/s2"})
        await asyncio.sleep(_LOOK)
    raise ActivityFailed("the sphere of influence of Mars was not left")


async def _wait_for_day(node: OrbiterVehicle) -> Transfer | None:
    """Picks the window and the day, and waits for it; a window that is missed is followed by the
    next, two years later. None: it is leaving Mars already, which is noted."""
    said = ""
    while True:
        await node.refresh_own()
        nav = node.navigator
        assert nav.own is not None
        if await _noted_leaving(node):
            return None
        now = node.clock.now()
        window_days = node.parameters["window_days"]
        inclination = elements_from_state(*nav.own, _MU).inclination
        try:
            best = choose_opportunity(node.dynamics.jd(now), inclination, window_days)
            wanted = choose_day(best.transfer, nav.own, now, node.dynamics, window_days)
        except ValueError as error:
            raise ActivityFailed(str(error)) from error
        node.departure_c3 = round(wanted.c3, 4)
        day = format_iso(wanted.departure_jd_tdb, 0, "")[:10]
        if day != said:
            said = day
            node.window_chosen(
                departure=day,
                arrival=format_iso(wanted.arrival_jd_tdb, 0, "")[:10],
                c3=round(wanted.c3, 3),
                best=round(best.transfer.c3, 3),
            )
        left = (wanted.departure_jd_tdb - node.dynamics.jd(now) - _WAKE_BEFORE) * SECONDS_PER_DAY
        if left <= SECONDS_PER_DAY:
            await asyncio.sleep(max(0.0, left))
            return wanted
        # The phase and the node are predicted anew on the way: nearer, they are known better.
        await asyncio.sleep(max(0.5 * left, left - 4.0 * SECONDS_PER_DAY))


async def _leave(node: OrbiterVehicle, wanted: Transfer) -> bool:
    """The burn; the next revolution when it does not ignite. False: not on this day."""
    for _ in range(_REVOLUTIONS):
        await node.refresh_own()
        nav = node.navigator
        assert nav.own is not None
        if await _noted_leaving(node):
            return True
        mass = await node.weigh(node.devices.main_engine)
        engine = Engine(node.parameters["main_thrust"], node.parameters["specific_impulse"], mass)
        target_time = (
            wanted.departure_jd_tdb - node.dynamics.epoch_jd_tt
        ) * SECONDS_PER_DAY - 3600.0
        nav.advance(max(node.clock.now() + 600.0, target_time))
        assert nav.own is not None
        try:
            burn = plan_burn(nav.own, nav.time, wanted, engine, node.dynamics)
        except (ArithmeticError, ValueError) as error:
            node.device_trouble(reason=f"departure: {error}")
            await asyncio.sleep(3600.0)
            continue
        node.departure_planned(
            size=round(burn.delta_v, 1), seconds=round(burn.seconds), minutes=round(
                (burn.time - node.clock.now()) / 60.0
            )
        )  # fmt: skip
        await asyncio.sleep(max(0.0, burn.time - node.clock.now()))
        with node.critical("departure"):
            await end_begun(node)
            burnt = await _burn(node, burn)
        if burnt:
            await _note_departure(node, wanted)
            return True
        await node.refresh_own()  # a part of it may have been flown, to wherever that leads
        show_periapsis(node)
    return False


async def _burn(node: OrbiterVehicle, burn: Burn) -> bool:
    """Burns; completes a burn that was cut off late. False: so little happened that it is to be
    planned anew, for the next revolution."""
    last = await felt_by(node, "departure")
    all_felt: Vector = (0.0, 0.0, 0.0)
    impulse, done = node.parameters["specific_impulse"], 0.0
    for attempt in range(2 if node.context.structure.keeps(BURN_COMPLETED) else 1):
        direction = burn.direction
        rate = burn.rate
        if attempt:
            await node.refresh_own()
            assert node.navigator.own is not None
            direction, rate = unit(node.navigator.own[1]), 0.5 * burn.rate
        answered, unanswered = True, False
        wanted = scale((burn.delta_v - done) / norm(direction), direction)
        begun = BurnBegun(node.clock.now(), "departure", wanted, impulse, last)
        with seen_to_its_end(node, begun):
            try:
                with node.vigil.burning():
                    await node.devices.main_engine.burn(
                        list(direction), burn.delta_v - done, list(burn.axis), rate
                    )
            except DeviceError as error:  # of the answer: what has burnt another says
                node.device_trouble(reason=str(error))
                answered, unanswered = False, isinstance(error, DeviceTimeout)
            try:
                after = (
                    await felt_at_rest(node, "departure", burn.delta_v)
                    if unanswered else await felt_by(node, "departure")
                )  # fmt: skip
            except DeviceError as error:
                node.device_trouble(reason=str(error))
                after = None
        felt = gained_between(last, after)
        node.burn_begun, last = None, after
        if felt is None:
            if answered:
                node.note_burn(burn.delta_v, impulse, felt=False)
            # Nobody has felt it. What an engine has answered the tracking will hold it to; of one
            # that has not it says now whether it has burnt.
            return answered or attempt > 0 or await _is_escaping(node)
        all_felt = add(all_felt, felt)
        # The direction has turned: the length of the sum is short of the sum of lengths.
        felt_before, done = done, norm(all_felt) * _bend(burn)
        node.note_burn(done - felt_before, impulse)
        node.count_change(done - felt_before)
        if done >= _ENOUGH * burn.delta_v:
            break
        if done < _NOTHING and not answered:
            return False
        if done < _NOTHING:
            node.result_unconfirmed(actuation=BURNT.what, witness=BURNT.seen_by)
        node.burn_off_nominal(
            purpose="departure", wanted=round(burn.delta_v, 1), felt=round(done, 1)
        )
        if done < _TOO_LITTLE * burn.delta_v and node.context.structure.keeps(BURN_COMPLETED):
            return False
    return True


async def _is_escaping(node: OrbiterVehicle) -> bool:
    """Whether the orbit that the tracking knows is one that leaves Mars."""
    await node.refresh_own()
    own = node.navigator.own
    return own is not None and asymptote_of(own) is not None


async def _noted_leaving(node: OrbiterVehicle) -> bool:
    """Whether it leaves Mars as it is, by a burn of which more was flown than was known; that is
    its departure then, and what its way lacks is for the corrections."""
    own = node.navigator.own
    asymptote = None if own is None else asymptote_of(own)
    if asymptote is None:
        return False
    _note_way(node, await sound(node.devices.orbit_knowledge.state), norm(asymptote) ** 2 * 1e-6)
    return node.departure is not None


def _note_way(node: OrbiterVehicle, known: KnownOrbit, c3: float = 0.0) -> None:
    """Notes a departure that nobody has noted: its arrival is that which the least change of its
    way leads to. Raises ActivityFailed where none does."""
    path = path_of(known)
    if path.centre == "mars":
        path = leave_mars(path, node.dynamics)
    arrival = arrival_of(node, path)
    if arrival is None:
        raise ActivityFailed("it has left Mars on a way from which Earth is not reached")
    node.departure = Departure(node.clock.now(), arrival, c3)
    node.navigator.own = None
    node.departed(c3=round(c3, 3), wanted=round(node.departure_c3 or c3, 3))


def _bend(burn: Burn) -> float:
    """Length of an arc over its chord, for the angle that the thrust turned through."""
    half = 0.5 * abs(burn.rate) * burn.seconds
    return half / math.sin(half) if half > 1e-6 else 1.0


async def _note_departure(node: OrbiterVehicle, wanted: Transfer) -> None:
    await node.refresh_own()
    own = node.navigator.own
    assert own is not None
    asymptote = asymptote_of(own)
    if asymptote is None:
        show_periapsis(node)
        raise ActivityFailed("the burn was not enough to escape")
    c3 = norm(asymptote) ** 2 * 1.0e-6
    node.departure_c3 = round(c3, 4)
    arrival = (wanted.arrival_jd_tdb - node.dynamics.epoch_jd_tt) * SECONDS_PER_DAY
    node.departure = Departure(node.clock.now(), arrival, c3)
    node.navigator.own = None
    node.departed(c3=round(c3, 3), wanted=round(wanted.c3, 3))
    await node.weigh(node.devices.main_engine)
