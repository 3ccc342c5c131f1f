"""Motion of orbiter and container around Mars as the orbiter's software predicts it.

Point mass and J2, fixed-step Runge-Kutta of order 4. At the step used here it errs by a metre in
some hours.
"""

import math

from flight.astrodynamics.free_fall import fall
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import mean_motion
from flight.astrodynamics.relative_motion import lvlh_axes
from flight.astrodynamics.vectors import Vector, dot, norm
from flight.orbiter.linear_algebra import Rows, congruence, diagonal, product, total, transposed

State = tuple[Vector, Vector]
STEP = 30.0  # s

_MU = MARS.gravitational_parameter


def coast(state: State, seconds: float, step: float = STEP) -> State:
    """State after a time of free flight, forward or backward."""
    count = max(1, math.ceil(abs(seconds) / step))
    (x, y, z), (u, v, w) = state
    return _pair(fall((x, y, z, u, v, w), seconds / count, count))


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
