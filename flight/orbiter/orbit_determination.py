"""The container's orbit from bearings alone: batch least squares (Levenberg-Marquardt).

Unknown are the six components of the container's state at the first bearing. Residuals are the two
angles across the predicted line of sight. Derivatives are differences of propagated orbits.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.linear_systems import inverse
from flight.astrodynamics.vectors import Vector, add, dot, scale, subtract, unit
from flight.orbiter.linear_algebra import Rows, applied, total
from flight.orbiter.navigation import across
from flight.orbiter.propagation import State, coast

_STEPS = (50.0, 50.0, 50.0, 0.05, 0.05, 0.05)
_ITERATIONS = 25
_SETTLED = 1.0e-4  # relative change of the cost
_LARGE_RESIDUAL = 6.0
_TAME = 10.0
_DISTANCES = (1.0, 0.9, 1.1, 0.8, 1.2, 0.65, 1.35)
_WORST_MEAN_SQUARE = 400.0  # of residuals in standard deviations: outliers are thrown out later


@dataclass(frozen=True)
class Bearing:
    """A direction to the container (unit vector) seen from an own position (m) at a time (s), with
    the standard deviation of each of its two angles (rad)."""

    time: float
    own: Vector
    direction: Vector
    sigma: float


@dataclass(frozen=True)
class OrbitFit:
    """An orbit that fits: state and covariance at a time; root mean square of the residuals in
    standard deviations; how many bearings were used and how many thrown out."""

    time: float
    state: State
    covariance: Rows
    residual: float
    used: int
    rejected: int


def residuals(
    bearings: list[Bearing], state: State, time: float, tame: float = math.inf
) -> list[float]:
    """Two residuals a bearing, in standard deviations, for the state at a time.

    Beyond `tame` their squares become Huber's loss: artefacts then pull with a limited force.
    """
    found = []
    for bearing in bearings:
        state, time = coast(state, bearing.time - time), bearing.time
        line = unit(subtract(state[0], bearing.own))
        first, second = across(bearing.direction)
        along = dot(line, bearing.direction)
        if along <= 0.05:
            found += [1.0e4, 1.0e4]
            continue
        # Predicted minus measured would have the other sign: it is the measured that is off.
        found.append(_tamed(-dot(first, line) / along / bearing.sigma, tame))
        found.append(_tamed(-dot(second, line) / along / bearing.sigma, tame))
    return found


def _tamed(residual: float, tame: float) -> float:
    size = abs(residual)
    if size <= tame:
        return residual
    return math.copysign(math.sqrt(tame * (2.0 * size - tame)), residual)


def fit(
    bearings: list[Bearing], guess: State, prior: Rows | None = None, start: State | None = None,
    robust: bool = True, tame: float = math.inf,
) -> OrbitFit:  # fmt: skip
    """The orbit that fits best, at the first bearing's time.

    `prior`: covariance of the guess. `start`: where the search begins, if not at the guess. Raises
    ArithmeticError when the bearings do not tell the orbit or the search does not settle.
    """
    time = bearings[0].time
    information = inverse(prior) if prior else [[0.0] * 6 for _ in range(6)]
    state, damping = start or guess, 1.0e-3
    current = residuals(bearings, state, time, tame)
    cost = _cost(current, information, guess, state)
    for _ in range(_ITERATIONS):
        jacobian = _jacobian(bearings, state, time, current, tame)
        normal = total(_normal(jacobian), information)
        gradient = _gradient(jacobian, current, information, guess, state)
        for _ in range(8):
            damped = [
                [v * (1.0 + damping) if i == j else v for j, v in enumerate(row)]
                for i, row in enumerate(normal)
            ]
            trial = _shifted(state, applied(inverse(damped), gradient))
            trial_residuals = residuals(bearings, trial, time, tame)
            trial_cost = _cost(trial_residuals, information, guess, trial)
            if trial_cost < cost:
                break
            damping *= 8.0
        else:
            break
        change = (cost - trial_cost) / max(cost, 1e-12)
        state, current, cost = trial, trial_residuals, trial_cost
        damping = max(1.0e-9, damping / 10.0)
        if change < _SETTLED:
            break
    if not robust and cost > _WORST_MEAN_SQUARE * len(current):
        raise ArithmeticError(f"no orbit fits: the search did not settle (cost {cost:.3g})")
    return _finish(bearings, state, prior, guess, current, information, robust, start or guess)


def fit_from_several(bearings: list[Bearing], guess: State, prior: Rows) -> OrbitFit:
    """As `fit_growing`, from several distances: bearings of a short arc have more than one answer.

    The answer that fits best counts. Raises ArithmeticError when there is none.
    """
    found = []
    line = subtract(guess[0], bearings[0].own)
    for factor in _DISTANCES:
        moved: State = (add(bearings[0].own, scale(factor, line)), guess[1])
        try:
            found.append(fit_growing(bearings, guess, prior, moved))
        except ArithmeticError:
            continue
    if not found:
        raise ArithmeticError("no orbit fits, from whatever distance the search begins")
    return min(found, key=lambda each: each.residual + each.rejected)


def fit_growing(
    bearings: list[Bearing], guess: State, prior: Rows, start: State | None = None
) -> OrbitFit:
    """As `fit`, from a poor start: a short arc first, then longer ones, each from the last.

    A long arc needs a better start than a short one.
    """
    count, state = min(8, len(bearings)), start or guess
    while True:
        found = fit(bearings[:count], guess, prior, state)
        if count == len(bearings):
            return found
        state, count = found.state, min(count + count // 2, len(bearings))


def _finish(
    bearings: list[Bearing], state: State, prior: Rows | None, guess: State,
    current: list[float], information: Rows, robust: bool, start: State,
) -> OrbitFit:  # fmt: skip
    if robust and max(map(abs, current)) >= _LARGE_RESIDUAL:
        # From where the search began: artefacts have dragged it away since.
        tamed = fit(bearings, guess, prior, start, robust=False, tame=_TAME)
        truly = residuals(bearings, tamed.state, tamed.time)
        kept = [
            bearing
            for index, bearing in enumerate(bearings)
            if max(abs(truly[2 * index]), abs(truly[2 * index + 1])) < _LARGE_RESIDUAL
        ]
        if len(kept) < max(4, 0.7 * len(bearings)) or kept[0] is not bearings[0]:
            raise ArithmeticError("no orbit fits most of the bearings")
        again = fit(kept, guess, prior, tamed.state, robust=False)
        dropped = len(bearings) - len(kept)
        return OrbitFit(
            again.time, again.state, again.covariance, again.residual, again.used, dropped
        )
    time = bearings[0].time
    jacobian = _jacobian(bearings, state, time, residuals(bearings, state, time), math.inf)
    covariance = inverse(total(_normal(jacobian), information))
    mean_square = math.fsum(r * r for r in current) / len(current)
    return OrbitFit(time, state, covariance, math.sqrt(mean_square), len(bearings), 0)


def _jacobian(
    bearings: list[Bearing], state: State, time: float, current: list[float], tame: float
) -> list[list[float]]:
    """Derivatives of the residuals: a row for each unknown."""
    rows = []
    for index, step in enumerate(_STEPS):
        shift = [0.0] * 6
        shift[index] = step
        moved = residuals(bearings, _shifted(state, shift), time, tame)
        rows.append([(a - b) / step for a, b in zip(moved, current, strict=True)])
    return rows


def _normal(jacobian: list[list[float]]) -> Rows:
    return [
        [math.fsum(x * y for x, y in zip(a, b, strict=True)) for b in jacobian] for a in jacobian
    ]


def _gradient(
    jacobian: list[list[float]], current: list[float], information: Rows, guess: State, state: State
) -> list[float]:
    pull = applied(information, _difference(guess, state))
    return [
        p - math.fsum(a * r for a, r in zip(row, current, strict=True))
        for row, p in zip(jacobian, pull, strict=True)
    ]


def _cost(current: list[float], information: Rows, guess: State, state: State) -> float:
    off = _difference(state, guess)
    prior = math.fsum(a * b for a, b in zip(off, applied(information, off), strict=True))
    return math.fsum(r * r for r in current) + prior


def _difference(a: State, b: State) -> list[float]:
    return [*subtract(a[0], b[0]), *subtract(a[1], b[1])]


def _shifted(state: State, shift: list[float]) -> State:
    (x, y, z), (u, v, w) = state
    return (
        (x + shift[0], y + shift[1], z + shift[2]),
        (u + shift[3], v + shift[4], w + shift[5]),
    )
