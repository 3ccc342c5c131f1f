"""The search near by: where the navigator believes the container to be, and around that.

What was followed for days and then lost is known far better than by where it was let go. Where it
may be is an ellipse in the sky, by the covariance of what is believed; images are laid over it side
by side, the likeliest first. The possible orbits of the wide search are 80 km apart, so near many
fields of view, and it would look past the container for weeks.
"""

import asyncio
import math
from collections.abc import Callable
from operator import mul

from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, unit
from flight.core.keeping.clock import monotonic
from flight.orbiter.confirming import HALF_FIELD, confirm, look
from flight.orbiter.linear_algebra import applied
from flight.orbiter.navigation import Navigator
from flight.orbiter.observing import Sighting, believed, container_visible
from flight.orbiter.vehicle import OrbiterVehicle

_SIGMAS = 3.5  # standard deviations that are looked over
_STEP = math.sqrt(2.0) * HALF_FIELD
"""Between images: squares that circles of half a field cover."""
_MERE = 1e-12  # rad2
_MOST = 64
"""Images side by side; what needs more is better looked for in the wide search."""
_ROUNDS = 4
"""Times that all of it is looked at: an image in four may not show what is in it."""
_PAUSE = 60.0  # s between images
_UNSEEN = 300.0  # s until it is looked again whether it can be seen
_TOO_WIDE = 21_600.0
"""s: three revolutions; who passes it close by sees it anywhere, and in one place thereafter."""
_LIMIT = 2.0 * 86_400.0  # s

Offset = tuple[float, float]
"""Angles (rad) from the believed line of sight: in the container's orbit plane, and across it."""


async def search_near(node: OrbiterVehicle) -> list[Sighting] | None:
    """Looks where the container is believed to be. Returns sightings of it that were confirmed;
    None: nothing is believed that is worth it, or it was looked for there in vain."""
    nav = node.navigator
    if nav.own is None or nav.target is None or not nav.covariance:
        return None
    began = fitted = monotonic()
    number = 0
    while monotonic() - began < _LIMIT:
        if not container_visible(node, node.clock.now()):  # brings the navigator up to now
            await asyncio.sleep(_UNSEEN)
            continue
        places = pattern(nav)
        if not places:
            if monotonic() - fitted > _TOO_WIDE:
                return None
            await asyncio.sleep(_UNSEEN)
            continue
        fitted = monotonic()
        if number >= _ROUNDS * len(places):
            return None
        track = _beside(node, places[number % len(places)])
        seen = await look(node, track)
        if seen is None:  # nobody has looked there
            continue
        number += 1
        for sighting in seen:
            found = await confirm(node, sighting, track)
            if found is not None:
                return found
        await asyncio.sleep(_PAUSE)
    return None


def pattern(nav: Navigator) -> list[Offset]:
    """Where images are taken that cover what is believed, the likeliest first; empty where they
    would be too many. The navigator knows both orbits."""
    assert nav.target is not None
    line = nav.line_of_sight()
    distance = norm(line)
    axes = _axes(unit(line), nav.target)
    rows = [row[:3] for row in nav.covariance[:3]]
    images = [applied(rows, axis) for axis in axes]
    wide = [[math.fsum(map(mul, axis, image)) / distance**2 for image in images] for axis in axes]
    (a, b), (_, c) = wide
    turn = 0.5 * math.atan2(2.0 * b, a - c)
    mean, half = 0.5 * (a + c), math.hypot(0.5 * (a - c), b)
    long, short = (
        _SIGMAS * math.sqrt(max(_MERE, variance)) for variance in (mean + half, mean - half)
    )
    columns, rows_up = (math.ceil(extent / _STEP - 0.5) for extent in (long, short))
    if (2 * columns + 1) * (2 * rows_up + 1) > 2 * _MOST:
        return []
    found = []
    for i in range(-columns, columns + 1):
        for j in range(-rows_up, rows_up + 1):
            x, y = i * _STEP, j * _STEP
            if math.hypot(_beyond(x) / long, _beyond(y) / short) <= 1.0:
                far = math.hypot(x / (long + HALF_FIELD), y / (short + HALF_FIELD))
                found.append((far, x, y))
    if len(found) > _MOST:
        return []
    s, t = math.sin(turn), math.cos(turn)
    return [(x * t - y * s, x * s + y * t) for _, x, y in sorted(found)]


def _beyond(place: float) -> float:
    """How far from the middle the nearest edge is of what an image at a place is for."""
    return max(0.0, abs(place) - 0.5 * _STEP)


def _axes(direction: Vector, target: tuple[Vector, Vector]) -> tuple[Vector, Vector]:
    """Unit vectors across a direction: in the plane of an orbit as far as that goes, and across
    both."""
    normal = unit(cross(*target))
    first = cross(normal, direction)
    if norm(first) < 0.05:  # it is seen from straight above its plane
        first = add(target[1], scale(-dot(target[1], direction), direction))
    first = unit(first)
    return first, cross(direction, first)


def _beside(node: OrbiterVehicle, offset: Offset) -> Callable[[float], Vector]:
    """The line of sight, so far beside the believed one, at a mission time."""
    predict, nav = believed(node), node.navigator

    def track(time: float) -> Vector:
        assert nav.target is not None
        line = unit(predict(time))
        first, second = _axes(line, nav.target)
        return unit(
            add(line, add(scale(math.tan(offset[0]), first), scale(math.tan(offset[1]), second)))
        )

    return track
