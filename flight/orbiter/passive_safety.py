"""Passive safety: whether the orbiter may lose all thrust without meeting the container.

Both are flown ahead with J2 for some revolutions as they would drift; what counts is the least
distance on the way, less what is not known of it.
"""

import math

from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, subtract
from flight.orbiter.propagation import State, coast, motion

SAMPLES = 48  # a revolution


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
        closest = min(closest, _least_distance(before, after))
        before = after
    return closest


def is_safe(own: State, target: State, revolutions: float, distance: float) -> bool:
    """Whether free drift stays farther away than a distance (m).

    On a transfer it makes no difference where thrust is lost: the path is that of free flight.
    """
    return closest_in_free_drift(own, target, revolutions) > distance


def _least_distance(start: Vector, end: Vector) -> float:
    way = subtract(end, start)
    length = dot(way, way)
    part = 0.0 if length == 0.0 else min(1.0, max(0.0, -dot(start, way) / length))
    return norm(add(start, scale(part, way)))
