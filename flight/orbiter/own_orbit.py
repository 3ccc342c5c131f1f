"""Whether what tracking says of the own orbit can be, and what is flown by where it cannot.

The own orbit is known from the last solution, with all that the accelerometers have felt since: the
next one can be off from that by kilometres, not by a part of Mars. One that is, and not because of
a burn that nobody has counted, leads every plan that is made from it astray. A second look tells
them apart: what is true moves as an orbit does.
"""

import asyncio
from typing import Any, Protocol

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import norm, subtract
from flight.core.activities import ActivityFailed
from flight.core.sound_readings import sound
from flight.icd.devices.orbiter_navigation import KnownOrbit
from flight.orbiter.navigation import Navigator
from flight.orbiter.propagation import State, coast
from flight.runtime.pace import NANOSECONDS

APART, FASTER = 100e3, 100.0
"""m and m/s between two solutions at the same time: a day of 10 mm/s along the track is 3 km, and
100 km in a low orbit go with 90 m/s."""
LONGEST = 20.0 * SECONDS_PER_DAY
"""Older knowledge contradicts nobody."""
NEAR_MARS = 5.0e7  # m, as far as its orbit is one around Mars
SECOND_LOOK = 600.0
"""s: in them a low orbit leads 2,000 km on, and bends by more than `APART`."""


class Tracked(Protocol):
    """What has to be known of the vehicle whose orbit is tracked."""

    container_captured: bool

    @property
    def devices(self) -> Any:
        """Its drivers, `orbit_knowledge` among them."""

    @property
    def navigator(self) -> Navigator:
        """What it knows of its own orbit."""

    def device_trouble(self, *, reason: str) -> None: ...


async def newest_solution(node: Tracked, *, burnt: bool) -> KnownOrbit | None:
    """The newest tracking solution; None: none that can be, what is known is flown by further.

    `burnt`: whether a large burn was made since the last one, so that the next may be anywhere.
    Raises ActivityFailed where nothing is known, and DeviceError where nothing valid is told.
    """
    ask = node.devices.orbit_knowledge.state
    known: KnownOrbit = await sound(ask)
    why = _why_not(node, known, burnt)
    if not why:
        return known
    node.device_trouble(reason=f"orbit_knowledge: {why}")
    await asyncio.sleep(SECOND_LOOK)
    again: KnownOrbit = await sound(ask)
    still = _why_not(node, again, burnt)
    if not still or (not _inside(again) and _goes_on(known, again)):
        return again
    if node.navigator.own is None:
        raise ActivityFailed(f"the own orbit is not known: {still}")
    return None


def _why_not(node: Tracked, known: KnownOrbit, burnt: bool) -> str:
    nav = node.navigator
    if known.centre != "mars":
        return ""
    state, time = _state(known), known.time_ns / NANOSECONDS
    if _inside(known):
        return f"{norm(state[0]) / 1e3:.0f} km from its centre it would be inside of Mars"
    seconds = time - nav.time
    if nav.own is None or burnt or abs(seconds) > LONGEST:
        return ""
    if node.container_captured:  # on the way home burns are long, and each is planned by tracking
        return ""
    if norm(nav.own[0]) > NEAR_MARS:
        return ""
    off, faster = _apart(nav.own, seconds, state)
    if off <= APART and faster <= FASTER:
        return ""
    return f"it is {off / 1e3:.0f} km and {faster:.0f} m/s from where the last solution leads"


def _goes_on(first: KnownOrbit, second: KnownOrbit) -> bool:
    """Whether one solution leads to the other."""
    if _inside(first) or first.centre != second.centre:
        return False
    seconds = (second.time_ns - first.time_ns) / NANOSECONDS
    off, faster = _apart(_state(first), seconds, _state(second))
    return off <= APART and faster <= FASTER


def _apart(before: State, seconds: float, now: State) -> tuple[float, float]:
    """m and m/s from where a state leads in a time (s) to another one."""
    place, velocity = coast(before, seconds)
    return norm(subtract(place, now[0])), norm(subtract(velocity, now[1]))


def _inside(known: KnownOrbit) -> bool:
    return known.centre == "mars" and norm(_state(known)[0]) < MARS_MEAN_RADIUS


def _state(known: KnownOrbit) -> State:
    x, y, z = known.position
    u, v, w = known.velocity
    return (x, y, z), (u, v, w)
