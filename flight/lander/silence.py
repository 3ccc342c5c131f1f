"""What was felt while nothing was read: known in sum and in direction, but not when.

The inertial unit counts on while the computer is down, so that velocity and attitude are right when
it is back. The way made meanwhile depends on when the velocity was gained. Nobody steers in such a
time and no engine burns long, so what pushes is the air, against the motion through it, as its
density and the square of the speed demand: a speed that falls steeply first and ever less makes
another way than one that falls evenly. How large the drag is follows from the sum. What the sum
has beside the drag (lift, a wind that is not the expected one) is spread as the drag is, and may
have come at any time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract, unit
from flight.lander.air_model import density_and_scale_height, wind

STEP = 0.5  # s
ROUNDS = 6
LEAST_GAIN = 0.5
"""m/s: what is felt in sum below that makes no way worth a model."""
MODEL_ERROR = 0.25
"""Part of what the model adds to an even push that it may be off by, 1 sigma: density over height,
swings of the canopy, its filling (assumption)."""
UNEVEN = 1.0 / 6.0
"""Of the way that a velocity makes in the whole time: felt as steeply as from twice the mean to
nothing, it makes so much more than felt evenly."""


@dataclass(frozen=True)
class Silence:
    """What was felt in each of equal steps (m/s, inertial axes), and what the place may be off by
    through it on the axes east, north and up (m, 1 sigma)."""

    pushes: Sequence[Vector]
    doubt: tuple[float, float, float]


def fill(
    frame: SiteFrame, position: Vector, velocity: Vector, gained: Vector, interval: float
) -> Silence:
    """How a velocity (m/s) that was felt in sum over an interval (s) was gained in it, from a place
    and velocity on (m, m/s; all inertial)."""
    count = max(1, math.ceil(interval / STEP))
    even = [scale(1.0 / count, gained)] * count
    axes = local_axes(position)
    if norm(gained) < LEAST_GAIN:
        return Silence(even, _doubts(axes, gained, interval, UNEVEN))
    drag = _drag(frame, position, velocity, gained, interval, count)
    total = sum_of(drag)
    rest = subtract(gained, total)
    weights = [norm(push) for push in drag]
    whole = math.fsum(weights)
    pushes = [
        add(push, scale(weight / whole if whole > 0.0 else 1.0 / count, rest))
        for push, weight in zip(drag, weights, strict=True)
    ]
    added = subtract(_way(pushes, interval), _way(even, interval))
    by_rest = _doubts(axes, rest, interval, UNEVEN)
    by_model = _doubts(axes, added, 1.0, MODEL_ERROR)
    east, north, up = (math.hypot(a, b) for a, b in zip(by_rest, by_model, strict=True))
    return Silence(pushes, (east, north, up))


def _drag(
    frame: SiteFrame,
    position: Vector,
    velocity: Vector,
    gained: Vector,
    interval: float,
    count: int,
) -> list[Vector]:
    """What the air gave in each step, for a vehicle that it slows as much as was felt."""
    along = unit(gained)
    felt = norm(gained)
    through = _through_air(frame, position, velocity)
    density, _ = density_and_scale_height(frame.height(position))
    loading = felt / max(density * norm(through) ** 2 * interval, 1e-9)
    pushes: list[Vector] = []
    for _ in range(ROUNDS):
        pushes = _flown(frame, position, velocity, loading, interval / count, count)
        given = dot(sum_of(pushes), along)
        if given <= 0.0:
            return [(0.0, 0.0, 0.0)] * count  # it was not the air that pushed
        if abs(given - felt) < 1e-3 * felt:
            break
        # A heavier drag slows sooner: it gives less than in proportion.
        loading *= min(max((felt / given) ** 1.5, 0.2), 5.0)
    return pushes


def _flown(
    frame: SiteFrame, position: Vector, velocity: Vector, loading: float, step: float, count: int
) -> list[Vector]:
    pushes = []
    for _ in range(count):
        middle = add(position, scale(0.5 * step, velocity))
        through = _through_air(frame, middle, velocity)
        density, _ = density_and_scale_height(frame.height(middle))
        rate = loading * density * norm(through) * step
        # Implicit in the speed: a canopy stops within a step what it would turn about in one.
        push = scale(-rate / (1.0 + rate), through)
        pushes.append(push)
        change = add(push, scale(step, acceleration(middle, MARS)))
        position = add(position, scale(step, add(velocity, scale(0.5, change))))
        velocity = add(velocity, change)
    return pushes


def _through_air(frame: SiteFrame, position: Vector, velocity: Vector) -> Vector:
    to_east, to_north = wind(frame.height(position))
    east, north, _ = local_axes(position)
    blowing = add(scale(to_east, east), scale(to_north, north))
    return subtract(subtract(velocity, frame.ground_velocity(position)), blowing)


def _way(pushes: Sequence[Vector], interval: float) -> Vector:
    """The way (m) that pushes have made by the end of an interval."""
    count = len(pushes)
    step = interval / count
    way: Vector = (0.0, 0.0, 0.0)
    for index, push in enumerate(pushes):
        way = add(way, scale(step * (count - index - 0.5), push))
    return way


def _doubts(
    axes: tuple[Vector, Vector, Vector], vector: Vector, interval: float, part: float
) -> tuple[float, float, float]:
    east, north, up = (part * interval * abs(dot(vector, axis)) for axis in axes)
    return east, north, up


def sum_of(pushes: Sequence[Vector]) -> Vector:
    """Of vectors, axis by axis."""
    return (
        math.fsum(push[0] for push in pushes),
        math.fsum(push[1] for push in pushes),
        math.fsum(push[2] for push in pushes),
    )
