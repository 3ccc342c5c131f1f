"""Lambert's problem: the orbits that lead from one position to another in a given time.

Method of D. Izzo, "Revisiting Lambert's problem", Celestial Mechanics and Dynamical Astronomy
121 (2015) 1-15: one unknown x for every kind of orbit, found by Householder iteration between
bounds. The time of flight decides whether it is found, not the length of the last step, which is
also small where the derivatives are huge: positions nearly in line with the centre. There lambda is
nearly 0 or 1, and 1 - lambda^2 is computed from the triangle, not from lambda. Any consistent
units.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, subtract

_NEAR_PARABOLA = 0.01
_FLAT_NEAR_PARABOLA = 1.0e-4
_SETTLED = 1.0e-14
"""Of the time of flight: with less it is found at once."""
_ACCEPTED = 1.0e-10
"""Of the time of flight: so much may rounding leave where no x between two neighbours is better."""
_MAXIMUM_ITERATIONS = 200


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
class _Shape:
    """Izzo's lambda, and 1 - lambda^2, chord over semi-perimeter, with all its digits."""

    lam: float
    rest: float

    def y(self, x: float) -> float:
        """Izzo's y."""
        return math.sqrt(self.rest + (self.lam * x) ** 2)


@dataclass(frozen=True)
class _Geometry:
    """The triangle, reduced to its shape, and the axes of the two velocities; `sigma` is the sine
    that belongs to the cosine (r1 - r2) / chord."""

    shape: _Shape
    sigma: float
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
    not positive and for positions in line with the centre, which leave the plane open, and
    ArithmeticError where rounding keeps an arc from being found.
    """
    if not seconds > 0.0:
        raise ValueError(f"the time of flight must be positive, not {seconds} s")
    geometry = _geometry(start, end, normal)
    shape = geometry.shape
    time = math.sqrt(2.0 * mu / geometry.semi_perimeter**3) * seconds
    x = _solve(_first_guess(shape, time), shape, time, 0, (-1.0, math.inf), falling=True)
    arcs = [_arc(geometry, x, mu, 0, "direct")]
    for revolutions in range(1, maximum_revolutions + 1):
        lowest = _lowest(shape, revolutions)
        if time < _time_of_flight(lowest, shape, revolutions):
            break
        for branch, guess, bounds in (
            ("short_period", (revolutions + 1) * math.pi / (8.0 * time), (-1.0, lowest)),
            ("long_period", 8.0 * time / (revolutions * math.pi), (lowest, 1.0)),
        ):
            falling = branch == "short_period"
            x = _solve(_turn_guess(guess), shape, time, revolutions, bounds, falling=falling)
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
    half = 0.5 * math.atan2(size, dot(start, end))
    middle = math.sqrt(r1 * r2)
    lam = middle * math.cos(half) / semi_perimeter
    if dot(axis, normal) < 0.0:  # the way round is the long one
        axis, lam = scale(-1.0, axis), -lam
    sigma = 2.0 * middle * math.sin(half) / chord
    radial = (scale(1.0 / r1, start), scale(1.0 / r2, end))
    transverse = (cross(axis, radial[0]), cross(axis, radial[1]))
    shape = _Shape(lam, chord / semi_perimeter)
    return _Geometry(shape, sigma, semi_perimeter, (r1, r2), chord, radial, transverse)


def _arc(geometry: _Geometry, x: float, mu: float, revolutions: int, branch: str) -> LambertArc:
    """Velocities at both ends, from the radial and transverse parts (Izzo, algorithm 1)."""
    lam, rest, (r1, r2) = geometry.shape.lam, geometry.shape.rest, geometry.radii
    y = geometry.shape.y(x)
    gamma = math.sqrt(0.5 * mu * geometry.semi_perimeter)
    rho = (r1 - r2) / geometry.chord
    # Differences of what is nearly alike are written as quotients.
    product = rest * (lam * lam - x * x * (1.0 + lam * lam))  # of lam y - x and lam y + x
    same_sign = lam * x > 0.0
    less = product / (lam * y + x) if same_sign else lam * y - x
    more = lam * y + x if same_sign or lam * y == x else product / (lam * y - x)
    inward, outward = less, rho * more
    forward = y + lam * x if lam * x >= 0.0 else rest / (y - lam * x)
    around = gamma * geometry.sigma * forward
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


def _time_of_flight(x: float, shape: _Shape, revolutions: int) -> float:
    """Normalised time of flight: Battin's series near the parabola, Lancaster's form elsewhere."""
    lam, y = shape.lam, shape.y(x)
    outside = (1.0 - x) * (1.0 + x)
    eta = y - lam * x if lam * x <= 0.0 else shape.rest / (y + lam * x)
    if abs(x - 1.0) < _NEAR_PARABOLA:
        series = 4.0 / 3.0 * _hypergeometric(0.5 * (1.0 - lam - x * eta))
        time = 0.5 * (eta**3 * series + 4.0 * lam * eta)
        return time + revolutions * math.pi / math.pow(abs(outside), 1.5) if revolutions else time
    if outside > 0.0:
        psi = math.atan2(eta * math.sqrt(outside), x * y + lam * outside)
        turned = (psi + revolutions * math.pi) / math.sqrt(outside)
    else:
        turned = math.asinh(eta * math.sqrt(-outside)) / math.sqrt(-outside)
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
    x: float, shape: _Shape, revolutions: int
) -> tuple[float, float, float, float]:
    """Normalised time of flight and its first three derivatives by x (Izzo, equation 22)."""
    time = _time_of_flight(x, shape, revolutions)
    base = time
    if abs(x - 1.0) < _FLAT_NEAR_PARABOLA:
        # The derivatives are quotients of two numbers that vanish at x = 1: take them beside it,
        # which the iteration hardly notices.
        x = 1.0 - _FLAT_NEAR_PARABOLA
        base = _time_of_flight(x, shape, revolutions)
    lam, rest, y = shape.lam, shape.rest, shape.y(x)
    outside = 1.0 - x * x
    first = (3.0 * base * x - 2.0 + 2.0 * lam**3 * x / y) / outside
    second = (3.0 * base + 5.0 * x * first + 2.0 * rest * lam**3 / y**3) / outside
    third = (7.0 * x * second + 8.0 * first - 6.0 * rest * lam**5 * x / y**5) / outside
    return time, first, second, third


def _first_guess(shape: _Shape, time: float) -> float:
    """Starting x without revolutions (Izzo, equation 30)."""
    lam = shape.lam
    time_at_zero = math.atan2(math.sqrt(shape.rest), lam) + lam * math.sqrt(shape.rest)
    time_at_parabola = 2.0 / 3.0 * (1.0 - lam**3)
    if time >= time_at_zero:
        return math.pow(time_at_zero / time, 2.0 / 3.0) - 1.0
    if time < time_at_parabola:
        return 1.0 + 2.5 * time_at_parabola * (time_at_parabola - time) / (time * (1.0 - lam**5))
    if time_at_parabola <= 0.0 or time_at_zero <= time_at_parabola:
        return 0.5
    # The power of time that meets x = 0 and x = 1 at both ends of this range.
    exponent = 1.0 / math.log2(time_at_zero / time_at_parabola)
    return math.pow(time_at_zero / time, exponent) - 1.0


def _turn_guess(ratio: float) -> float:
    """Starting x with revolutions (Izzo, equation 31)."""
    power = math.pow(ratio, 2.0 / 3.0)
    return (power - 1.0) / (power + 1.0)


def _solve(
    guess: float,
    shape: _Shape,
    time: float,
    revolutions: int,
    bounds: tuple[float, float],
    *,
    falling: bool,
) -> float:
    """The x between bounds whose time of flight is `time`, by third-order Householder iteration.

    The time falls, or rises, all the way between the bounds; where a step leads out of them, they
    are halved. Raises ArithmeticError when no x comes near enough.
    """
    low, high = bounds
    x = guess if low < guess < high else _between(low, high)
    best, found = math.inf, x
    for _ in range(_MAXIMUM_ITERATIONS):
        here, first, second, third = _time_and_derivatives(x, shape, revolutions)
        excess = here - time
        if abs(excess) < best:
            best, found = abs(excess), x
        if abs(excess) <= _SETTLED * time:
            return x
        if (excess > 0.0) == falling:
            low = x
        else:
            high = x
        square = first * first
        divisor = first * (square - excess * second) + third * excess * excess / 6.0
        change = -excess * (square - 0.5 * excess * second) / divisor if divisor else math.inf
        following = x + change
        if not low < following < high:
            following = _between(low, high)
            if not low < following < high:
                break  # two neighbouring numbers
        x = following
    if best <= _ACCEPTED * time:
        return found
    raise ArithmeticError(
        f"no arc found between positions so nearly in line with the centre: lambda {shape.lam}, "
        f"time {time}, {revolutions} revolutions, off by {best / time:.1e} of the time"
    )


def _between(low: float, high: float) -> float:
    return 0.5 * (low + high) if high < math.inf else 2.0 * max(low, 0.0) + 1.0


def _lowest(shape: _Shape, revolutions: int) -> float:
    """The x of the shortest time that allows so many revolutions, by Halley iteration on T'(x)."""
    low, high, x = -1.0, 1.0, 0.0
    for _ in range(_MAXIMUM_ITERATIONS):
        _, first, second, third = _time_and_derivatives(x, shape, revolutions)
        if first == 0.0:
            break
        low, high = (x, high) if first < 0.0 else (low, x)
        divisor = second * second - 0.5 * first * third
        following = x - first * second / divisor if divisor else math.inf
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - x) <= 1.0e-13:
            break
        x = following
    return x
