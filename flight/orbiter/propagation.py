"""Motion of orbiter and container around Mars as the orbiter's software predicts it.

Point mass and J2, fixed-step Runge-Kutta of order 4 written out on plain floats: some ten
microseconds a step. At the step used here it errs by a metre in some hours.
"""

import math

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import mean_motion
from flight.astrodynamics.relative_motion import lvlh_axes
from flight.astrodynamics.vectors import Vector, dot, norm
from flight.orbiter.linear_algebra import Rows, congruence, diagonal, product, total, transposed

State = tuple[Vector, Vector]
STEP = 30.0  # s

_MU = MARS.gravitational_parameter
_OBLATE = MARS.oblateness


def coast(state: State, seconds: float, step: float = STEP) -> State:
    """State after a time of free flight, forward or backward."""
    count = max(1, math.ceil(abs(seconds) / step))
    h = seconds / count
    (x, y, z), (u, v, w) = state
    half, sixth = 0.5 * h, h / 6.0
    sqrt = math.sqrt
    for _ in range(count):
        # Point mass and J2 four times, written out: a call each would be a third of the time, and
        # the shared integrator, which serves a right-hand side of any length, takes yet longer.
        squared = x * x + y * y + z * z
        factor = -_MU / (squared * sqrt(squared))
        flat, tilt = _OBLATE / squared, 5.0 * z * z / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        ax, ay, az = plane * x, plane * y, factor * (1.0 + flat * (3.0 - tilt)) * z
        u2, v2, w2 = u + half * ax, v + half * ay, w + half * az
        p, q, r = x + half * u, y + half * v, z + half * w
        squared = p * p + q * q + r * r
        factor = -_MU / (squared * sqrt(squared))
        flat, tilt = _OBLATE / squared, 5.0 * r * r / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        bx, by, bz = plane * p, plane * q, factor * (1.0 + flat * (3.0 - tilt)) * r
        u3, v3, w3 = u + half * bx, v + half * by, w + half * bz
        p, q, r = x + half * u2, y + half * v2, z + half * w2
        squared = p * p + q * q + r * r
        factor = -_MU / (squared * sqrt(squared))
        flat, tilt = _OBLATE / squared, 5.0 * r * r / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        cx, cy, cz = plane * p, plane * q, factor * (1.0 + flat * (3.0 - tilt)) * r
        u4, v4, w4 = u + h * cx, v + h * cy, w + h * cz
        p, q, r = x + h * u3, y + h * v3, z + h * w3
        squared = p * p + q * q + r * r
        factor = -_MU / (squared * sqrt(squared))
        flat, tilt = _OBLATE / squared, 5.0 * r * r / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        dx, dy, dz = plane * p, plane * q, factor * (1.0 + flat * (3.0 - tilt)) * r
        x += sixth * (u + 2.0 * (u2 + u3) + u4)
        y += sixth * (v + 2.0 * (v2 + v3) + v4)
        z += sixth * (w + 2.0 * (w2 + w3) + w4)
        u += sixth * (ax + 2.0 * (bx + cx) + dx)
        v += sixth * (ay + 2.0 * (by + cy) + dy)
        w += sixth * (az + 2.0 * (bz + cz) + dz)
    return (x, y, z), (u, v, w)


def semi_major_axis(state: State) -> float:
    """Osculating semi-major axis in m."""
    return 1.0 / (2.0 / norm(state[0]) - dot(state[1], state[1]) / _MU)


def motion(state: State) -> float:
    """Osculating mean motion in rad/s. Raises ValueError for an open orbit."""
    return mean_motion(semi_major_axis(state), _MU)


def mean_axis(state: State, samples: int = 8) -> float:
    """Semi-major axis in m, averaged over one revolution: without the periodic part of J2."""
    period = math.tau / motion(state)
    sum_of_axes = 0.0
    for _ in range(samples):
        sum_of_axes += semi_major_axis(state)
        state = coast(state, period / samples)
    return sum_of_axes / samples


def transition(state: State, seconds: float) -> Rows:
    """How small deviations of a state grow in a short time (up to some minutes), 6 by 6.

    The gravity gradient of the point mass at the middle of the time, to fourth order in time.
    """
    middle = coast(state, 0.5 * seconds)[0]
    radius = norm(middle)
    factor = _MU / radius**3
    up = [component / radius for component in middle]
    gradient = [
        [factor * (3.0 * a * b - (1.0 if i == j else 0.0)) for j, b in enumerate(up)]
        for i, a in enumerate(up)
    ]
    squared = product(gradient, gradient)
    t = seconds
    cosine = _series(gradient, squared, 1.0, t**2 / 2.0, t**4 / 24.0)
    sine = _series(gradient, squared, t, t**3 / 6.0, t**5 / 120.0)
    rate = product(gradient, sine)
    return [cosine[i] + sine[i] for i in range(3)] + [rate[i] + cosine[i] for i in range(3)]


def _series(gradient: Rows, squared: Rows, a: float, b: float, c: float) -> Rows:
    return [
        [(a if i == j else 0.0) + b * gradient[i][j] + c * squared[i][j] for j in range(3)]
        for i in range(3)
    ]


def long_transition(state: State, seconds: float) -> Rows:
    """The same over any time, by differences of propagated states."""
    reference = _flat(coast(state, seconds))
    columns = []
    for axis in range(6):
        delta = 100.0 if axis < 3 else 0.1
        moved = list(_flat(state))
        moved[axis] += delta
        end = _flat(coast(_pair(moved), seconds))
        columns.append([(a - b) / delta for a, b in zip(end, reference, strict=True)])
    return transposed(columns)


def spread(covariance: Rows, matrix: Rows, seconds: float, acceleration_noise: float) -> Rows:
    """Covariance after a time: transition, plus an unmodelled acceleration (m/s2, white over the
    time)."""
    position = (0.5 * acceleration_noise * seconds**2) ** 2
    velocity = (acceleration_noise * seconds) ** 2
    noise = diagonal([position] * 3 + [velocity] * 3)
    return total(congruence(matrix, covariance), noise)


def local_covariance(covariance: Rows, state: State) -> Rows:
    """A position covariance (3 by 3) in the local axes: radial, along, across."""
    axes = [list(row) for row in lvlh_axes(*state)]
    return congruence(axes, [row[:3] for row in covariance[:3]])


def _flat(state: State) -> tuple[float, ...]:
    return (*state[0], *state[1])


def _pair(values: list[float] | tuple[float, ...]) -> State:
    x, y, z, u, v, w = values
    return (x, y, z), (u, v, w)
