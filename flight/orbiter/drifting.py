"""The burn along the track that changes how an orbit drifts against another."""

import math

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.vectors import Vector, norm, scale, unit
from flight.orbiter.propagation import State, motion, semi_major_axis

DRIFT_OFFSET = 25_000.0
"""m of semi-major axis: a drift of some degrees a revolution."""


def along_the_track(own: State, change: float) -> Vector:
    """Velocity change (m/s, inertial) now that makes the semi-major axis so many m longer."""
    mu = MARS.gravitational_parameter
    axis = semi_major_axis(own) + change
    speed = math.sqrt(mu * (2.0 / norm(own[0]) - 1.0 / axis))
    return scale(speed - norm(own[1]), unit(own[1]))


def seconds_around(target: State, axis: float, offset: float) -> float:
    """Seconds in which who is `offset` m of mean semi-major axis above or below a target of mean
    axis `axis` (m) drifts once around the orbit along it; without end where there is no drift.

    The relative rate is -3/2 n da / a, from Kepler's third law.
    """
    rate = abs(1.5 * motion(target) * offset / axis)
    return math.tau / rate if rate > 0.0 else math.inf
