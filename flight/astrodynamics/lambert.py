"""Lambert's problem: the orbits that lead from one position to another in a given time.

Method of D. Izzo, "Revisiting Lambert's problem", Celestial Mechanics and Dynamical Astronomy
121 (2015) 1-15: one unknown x for every kind of orbit, found by Householder iteration. Any
consistent units.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, subtract

_NEAR_PARABOLA = 0.01
_FLAT_NEAR_PARABOLA = 1.0e-4
_SETTLED = 1.0e-13
_MAXIMUM_ITERATIONS = 30


@dataclass(frozen=True)
class LambertArc:
    """One orbit through both positions in the time asked for."""

    departure_velocity: Vector
    arrival_velocity: Vector
    revolutions: int
    """Full revolutions on the way."""
    branch: str
    """``direct`` without revolutions, else ``short_period`` or ``long_period`` of the two."""


@dataclass(frozen=True)
class _Geometry:
    """The triangle, reduced to lambda (Izzo's notation), and the axes of the two velocities."""

    lam: float
    semi_perimeter: float
    radii: tuple[float, float]
    chord: float
    radial: tuple[Vector, Vector]
    transverse: tuple[Vector, Vector]


def lambert(
    start: Vector,
    end: Vector,
    seconds: float,
    mu: float,
    normal: Vector = (0.0, 0.0, 1.0),
    maximum_revolutions: int = 0,
) -> list[LambertArc]:
    """Orbits from `start` to `end` in `seconds` about a centre with gravitational parameter `mu`.

    The motion is counter-clockwise seen from the tip of `normal`; give the opposite vector for
    the other way round. The first arc has no full revolution; those with one and more follow, two
    each, as far as `maximum_revolutions` and the time allow. Raises ValueError for a time that is
    not positive and for positions in line with the centre, which leave the plane open.
    """
    if not seconds > 0.0:
        raise ValueError(f"the time of flight must be positive, not {seconds} s")
    geometry = _geometry(start, end, normal)
    lam = geometry.lam
    time = math.sqrt(2.0 * mu / geometry.semi_perimeter**3) * seconds
    x = _solve(_first_guess(lam, time), lam, time, 0)
    arcs = [_arc(geometry, x, mu, 0, "direct")]
    for revolutions in range(1, maximum_revolutions + 1):
        if time < _minimum_time(lam, revolutions):
            break
        for branch, guess in (
            ("short_period", _turn_guess((revolutions + 1) * math.pi / (8.0 * time))),
            ("long_period", _turn_guess(8.0 * time / (revolutions * math.pi))),
        ):
            x = _solve(guess, lam, time, revolutions)
            arcs.append(_arc(geometry, x, mu, revolutions, branch))
    return arcs


def transfer_angle(start: Vector, end: Vector, normal: Vector = (0.0, 0.0, 1.0)) -> float:
    """Angle in radians, 0 to 2 pi, from `start` to `end`, counter-clockwise about `normal`."""
    momentum = cross(start, end)
    angle = math.atan2(norm(momentum), dot(start, end))
    return angle if dot(momentum, normal) >= 0.0 else math.tau - angle


def _geometry(start: Vector, end: Vector, normal: Vector) -> _Geometry:
    r1, r2 = norm(start), norm(end)
    momentum = cross(start, end)
    size = norm(momentum)
    if size <= 1.0e-12 * r1 * r2:
        raise ValueError("both positions lie in line with the centre: the plane is undetermined")
    axis = scale(1.0 / size, momentum)
    chord = norm(subtract(end, start))
    semi_perimeter = 0.5 * (r1 + r2 + chord)
    lam = math.sqrt(max(0.0, 1.0 - chord / semi_perimeter))
    if dot(axis, normal) < 0.0:  # the way round is the long one
        axis, lam = scale(-1.0, axis), -lam
    radial = (scale(1.0 / r1, start), scale(1.0 / r2, end))
    transverse = (cross(axis, radial[0]), cross(axis, radial[1]))
    return _Geometry(lam, semi_perimeter, (r1, r2), chord, radial, transverse)


def _arc(geometry: _Geometry, x: float, mu: float, revolutions: int, branch: str) -> LambertArc:
    """Velocities at both ends, from the radial and transverse parts (Izzo, algorithm 1)."""
    lam, (r1, r2) = geometry.lam, geometry.radii
    y = _y(x, lam)
    gamma = math.sqrt(0.5 * mu * geometry.semi_perimeter)
    rho = (r1 - r2) / geometry.chord
    sigma = math.sqrt(max(0.0, 1.0 - rho * rho))
    inward, outward = lam * y - x, rho * (lam * y + x)
    around = gamma * sigma * (y + lam * x)
    return LambertArc(
        add(
            scale(gamma * (inward - outward) / r1, geometry.radial[0]),
            scale(around / r1, geometry.transverse[0]),
        ),
        add(
            scale(-gamma * (inward + outward) / r2, geometry.radial[1]),
            scale(around / r2, geometry.transverse[1]),
        ),
        revolutions,
        branch,
    )


def _y(x: float, lam: float) -> float:
    return math.sqrt(1.0 - lam * lam * (1.0 - x * x))


def _time_of_flight(x: float, lam: float, revolutions: int) -> float:
    """Normalised time of flight: Battin's series near the parabola, Lancaster's form elsewhere."""
    y = _y(x, lam)
    outside = 1.0 - x * x
    if abs(x - 1.0) < _NEAR_PARABOLA:
        eta = y - lam * x
        series = 4.0 / 3.0 * _hypergeometric(0.5 * (1.0 - lam - x * eta))
        time = 0.5 * (eta**3 * series + 4.0 * lam * eta)
        return time + revolutions * math.pi / math.pow(abs(outside), 1.5) if revolutions else time
    if outside > 0.0:
        psi = math.acos(max(-1.0, min(1.0, x * y + lam * outside)))
        turned = (psi + revolutions * math.pi) / math.sqrt(outside)
    else:
        turned = math.asinh((y - x * lam) * math.sqrt(-outside)) / math.sqrt(-outside)
    return (turned - x + lam * y) / outside


def _hypergeometric(z: float) -> float:
    """Gauss's 2F1(3, 1; 5/2; z) by its series, for the small z near the parabola."""
    total = term = 1.0
    for n in range(60):
        term *= (3.0 + n) / (2.5 + n) * z
        total += term
        if abs(term) < 1.0e-17 * abs(total):
            break
    return total


def _time_and_derivatives(
    x: float, lam: float, revolutions: int
) -> tuple[float, float, float, float]:
    """Normalised time of flight and its first three derivatives by x (Izzo, equation 22)."""
    time = _time_of_flight(x, lam, revolutions)
    base = time
    if abs(x - 1.0) < _FLAT_NEAR_PARABOLA:
        # The derivatives are quotients of two numbers that vanish at x = 1: take them beside it,
        # which the iteration hardly notices.
        x = 1.0 - _FLAT_NEAR_PARABOLA
        base = _time_of_flight(x, lam, revolutions)
    y = _y(x, lam)
    outside = 1.0 - x * x
    first = (3.0 * base * x - 2.0 + 2.0 * lam**3 * x / y) / outside
    second = (3.0 * base + 5.0 * x * first + 2.0 * (1.0 - lam * lam) * lam**3 / y**3) / outside
    third = (7.0 * x * second + 8.0 * first - 6.0 * (1.0 - lam * lam) * lam**5 * x / y**5) / outside
    return time, first, second, third


def _first_guess(lam: float, time: float) -> float:
    """Starting x without revolutions (Izzo, equation 30)."""
    time_at_zero = math.acos(lam) + lam * math.sqrt(1.0 - lam * lam)
    time_at_parabola = 2.0 / 3.0 * (1.0 - lam**3)
    if time >= time_at_zero:
        return math.pow(time_at_zero / time, 2.0 / 3.0) - 1.0
    if time < time_at_parabola:
        return 1.0 + 2.5 * time_at_parabola * (time_at_parabola - time) / (time * (1.0 - lam**5))
    # The power of time that meets x = 0 and x = 1 at both ends of this range.
    exponent = 1.0 / math.log2(time_at_zero / time_at_parabola)
    return math.pow(time_at_zero / time, exponent) - 1.0


def _turn_guess(ratio: float) -> float:
    """Starting x with revolutions (Izzo, equation 31)."""
    power = math.pow(ratio, 2.0 / 3.0)
    return (power - 1.0) / (power + 1.0)


def _solve(guess: float, lam: float, time: float, revolutions: int) -> float:
    """The x whose time of flight is `time`, by third-order Householder iteration."""

    def step(x: float) -> float:
        here, first, second, third = _time_and_derivatives(x, lam, revolutions)
        excess = here - time
        square = first * first
        return (
            -excess
            * (square - 0.5 * excess * second)
            / (first * (square - excess * second) + third * excess * excess / 6.0)
        )

    return _iterate(guess, step, f"lambda {lam}, time {time}, {revolutions} revolutions")


def _minimum_time(lam: float, revolutions: int) -> float:
    """Shortest normalised time that allows so many revolutions, by Halley iteration on T'(x)."""

    def step(x: float) -> float:
        _, first, second, third = _time_and_derivatives(x, lam, revolutions)
        return -first * second / (second * second - 0.5 * first * third)

    x = _iterate(0.0, step, f"minimum time, lambda {lam}, {revolutions} revolutions")
    return _time_of_flight(x, lam, revolutions)


def _iterate(x: float, step: Callable[[float], float], what: str) -> float:
    change = math.inf
    for _ in range(_MAXIMUM_ITERATIONS):
        change = step(x)
        # With revolutions x stays below 1; without, above -1.
        while x + change <= -1.0:
            change *= 0.5
        x += change
        if abs(change) <= _SETTLED * max(1.0, abs(x)):
            return x
    if abs(change) <= 1.0e-9:  # swings in the last digits
        return x
    raise ArithmeticError(f"Lambert's problem did not settle: {what}, last change {change}")
