"""Passive safety: whether the orbiter may lose all thrust without meeting the container.

Both are flown ahead with J2 for some revolutions as they would drift. How near they come is told
twice: as it is believed, and as near as it may be with all that is not known. What is not known is
an ellipsoid about the believed way. It grows from the covariance of the navigation, from how badly
a burn may go, and from what pushes the orbiter alone; a deviation moves by the Clohessy-Wiltshire
equations (as in D'Amico and Montenbruck, Proximity Operations of Formation-Flying Spacecraft Using
an Eccentricity/Inclination Vector Separation, 2006, what is along the orbit is known least, and
what counts is how far the ellipsoid lies from the container in whatever direction).
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.relative_motion import lvlh_axes, to_lvlh
from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, subtract, transform
from flight.orbiter.linear_algebra import Rows, congruence
from flight.orbiter.propagation import State, coast, motion

SAMPLES = 48  # a revolution
_PUSHES = (0.0, *(10.0 ** (0.5 * power) for power in range(-3, 19)))
"""Weights among which the plane between container and ellipsoid is sought: each gives a distance
that is certain, the best of them the distance to some per cent."""
_MERE = 1e-12  # m2: what keeps a variance of nought from being divided by

Column = tuple[float, float, float, float, float, float]
"""A deviation of position (m) and velocity (m/s) in the container's local axes."""


@dataclass(frozen=True)
class Doubt:
    """What is not known of a drift: how many standard deviations count; one standard deviation of
    a burn's size (part of it) and direction (rad); the largest acceleration of the orbiter alone
    that nobody has modelled (m/s2)."""

    sigmas: float
    size: float
    direction: float
    acceleration: float


def closest_in_free_drift(
    own: State, target: State, revolutions: float, samples: int = SAMPLES
) -> float:
    """Least distance (m) between two free bodies within so many revolutions of the target.

    Between samples the relative motion is taken as a straight line.
    """
    step = math.tau / motion(target) / samples
    before = subtract(own[0], target[0])
    closest = norm(before)
    for _ in range(round(samples * revolutions)):
        own, target = coast(own, step, step), coast(target, step, step)
        after = subtract(own[0], target[0])
        closest = min(closest, norm(_nearest(before, after)))
        before = after
    return closest


def is_safe(own: State, target: State, revolutions: float, distance: float) -> bool:
    """Whether free drift stays farther away than a distance (m), as it is believed.

    On a transfer it makes no difference where thrust is lost: the path is that of free flight.
    """
    return closest_in_free_drift(own, target, revolutions) > distance


def certain_in_free_drift(
    own: State, target: State, covariance: Rows, revolutions: float, doubt: Doubt,
    burn: Vector = (0.0, 0.0, 0.0), up_to: float = math.inf,
) -> float:  # fmt: skip
    """Distance (m) that free drift after `burn` keeps for certain, within so many revolutions; not
    more than `up_to`.

    `own` and `target` are the states before the burn (m/s, inertial), `covariance` that of their
    difference, 6 by 6. Zero when the two may meet.
    """
    n = motion(target)
    columns = [
        *_columns(_local_covariance(covariance, target)),
        *_burn_columns(transform(lvlh_axes(*target), burn), doubt),
    ]
    own = (own[0], add(own[1], burn))
    step = math.tau / n / SAMPLES
    before, _ = to_lvlh(target, own)
    certain = up_to
    for index in range(round(SAMPLES * revolutions) + 1):
        if index:
            own, target = coast(own, step, step), coast(target, step, step)
        after, _ = to_lvlh(target, own)
        spread = _spread(columns, n, index * step, doubt)
        place = _nearest(before, after)
        # Nowhere in the ellipsoid is farther from its middle than that: most need no closer look.
        if norm(place) - math.sqrt(math.fsum(dot(each, each) for each in spread)) < certain:
            certain = min(certain, distance_of(place, spread), distance_of(after, spread))
            if certain <= 0.0:
                return 0.0
        before = after
    return certain


def distance_of(place: Vector, spread: list[Vector]) -> float:
    """Distance (m) of an ellipsoid about `place` from the origin; zero when that lies within.

    The ellipsoid is that of all sums of the vectors of `spread` whose weights' squares sum to one.
    """
    shape = [[math.fsum(e[i] * e[j] for e in spread) for j in range(3)] for i in range(3)]
    largest = max(_MERE, shape[0][0] + shape[1][1] + shape[2][2])
    best = 0.0
    for weight in _PUSHES:
        part = weight / largest
        rows = [[part * shape[i][j] + (1.0 if i == j else 0.0) for j in range(3)] for i in range(3)]
        x, y, z = _solved(rows, place)
        length = math.sqrt(x * x + y * y + z * z)
        if length == 0.0:
            return 0.0
        across = (x / length, y / length, z / length)
        reach = math.sqrt(math.fsum(dot(across, each) ** 2 for each in spread))
        best = max(best, dot(across, place) - reach)
    return best


def _solved(rows: Rows, right: Vector) -> Vector:
    """A symmetric system of three, by cross products."""
    a, b, c = ((r[0], r[1], r[2]) for r in rows)
    first, second, third = cross(b, c), cross(c, a), cross(a, b)
    whole = dot(a, first)
    x, y, z = right
    return scale(1.0 / whole, add(add(scale(x, first), scale(y, second)), scale(z, third)))


def _local_covariance(covariance: Rows, target: State) -> Rows:
    """Covariance of the relative state in the container's axes, which turn."""
    axes = lvlh_axes(*target)
    rate = norm(cross(*target)) / dot(target[0], target[0])
    # Velocity in turning axes: (u, v) + rate (y, -x).
    turning = (scale(rate, axes[1]), scale(-rate, axes[0]), (0.0, 0.0, 0.0))
    rows: Rows = [[*axis, 0.0, 0.0, 0.0] for axis in axes]
    rows += [[*turn, *axis] for turn, axis in zip(turning, axes, strict=True)]
    return congruence(rows, covariance)


def _columns(covariance: Rows) -> list[Column]:
    """Independent deviations that make up a covariance (its Cholesky factor, by columns)."""
    size = len(covariance)
    left = [list(row) for row in covariance]
    found: list[Column] = []
    for pivot in range(size):
        root = math.sqrt(max(0.0, left[pivot][pivot]))
        column = [0.0] * size
        if root > 0.0:
            for row in range(pivot, size):
                column[row] = left[row][pivot] / root
        for row in range(pivot, size):
            for other in range(pivot, size):
                left[row][other] -= column[row] * column[other]
        x, y, z, u, v, w = column
        found.append((x, y, z, u, v, w))
    return found


def _burn_columns(burn: Vector, doubt: Doubt) -> list[Column]:
    """How a burn (m/s, local axes) may go wrong: in size, and to either side."""
    size = norm(burn)
    if size == 0.0:
        return []
    ahead = scale(1.0 / size, burn)
    smallest = min(range(3), key=lambda axis: abs(ahead[axis]))
    helper = tuple(1.0 if axis == smallest else 0.0 for axis in range(3))
    side = cross(ahead, (helper[0], helper[1], helper[2]))
    side = scale(1.0 / norm(side), side)
    ways = (
        scale(doubt.size * size, ahead),
        scale(doubt.direction * size, side),
        scale(doubt.direction * size, cross(ahead, side)),
    )
    return [(0.0, 0.0, 0.0, *way) for way in ways]


def _spread(columns: list[Column], n: float, seconds: float, doubt: Doubt) -> list[Vector]:
    """Where deviations have led after a time, and what pushes the orbiter all the while (m)."""
    angle = n * seconds
    s, c = math.sin(angle), math.cos(angle)
    xx, yx = 4.0 - 3.0 * c, 6.0 * (s - angle)
    su, cu, yv = s / n, 2.0 * (1.0 - c) / n, (4.0 * s - 3.0 * angle) / n
    k, a = doubt.sigmas, doubt.acceleration / n**2
    found: list[Vector] = [
        (k * (xx * x + su * u + cu * v), k * (yx * x + y - cu * u + yv * v), k * (c * z + su * w))
        for x, y, z, u, v, w in columns
    ]
    # A constant push in inertial space, upward and forward at first, and across the orbit.
    rising = (1.5 * angle * s - 2.0 * (1.0 - c), 3.0 * angle * (1.0 + c) - 6.0 * s, 0.0)
    going = (1.5 * (s - angle * c), 3.0 * angle * s - 5.0 * (1.0 - c), 0.0)
    found += [scale(a, rising), scale(a, going), (0.0, 0.0, a * (1.0 - c))]
    return found


def _nearest(start: Vector, end: Vector) -> Vector:
    """The point nearest to the origin on a straight way."""
    way = subtract(end, start)
    length = dot(way, way)
    part = 0.0 if length == 0.0 else min(1.0, max(0.0, -dot(start, way) / length))
    return add(start, scale(part, way))
