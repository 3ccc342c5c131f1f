"""Kepler's problem: the state on any two-body orbit after a time, by the universal variable.

One equation serves ellipse, parabola and hyperbola. Any consistent units. Formulas: Vallado,
Fundamentals of Astrodynamics and Applications, 4th ed., section 2.3.
"""

import math

from flight.astrodynamics.orbits import period
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale

_DIVISORS = tuple(
    (float((2 * k + 1) * (2 * k + 2)), float((2 * k + 1) * (2 * k + 2) * (2 * k + 3)))
    for k in range(12)
)
"""Of the terms of both series."""


def stumpff(z: float) -> tuple[float, float]:
    """The Stumpff functions C(z) and S(z) of the universal-variable method."""
    if abs(z) < 0.1:
        # Series: the closed forms lose digits near zero, which is the parabola.
        c = s = 0.0
        term = 1.0
        for of_c, of_s in _DIVISORS:
            c += term / of_c
            s += term / of_s
            term *= -z / of_c
        return c, s
    root = math.sqrt(abs(z))
    if z > 0.0:
        return (1.0 - math.cos(root)) / z, (root - math.sin(root)) / (root * z)
    return (math.cosh(root) - 1.0) / -z, (math.sinh(root) - root) / (root * -z)


def propagate_kepler(
    position: Vector, velocity: Vector, seconds: float, mu: float
) -> tuple[Vector, Vector]:
    """State after a time, forward or backward, on any two-body orbit (universal variable).

    Raises ArithmeticError should the iteration not settle.
    """
    radius = norm(position)
    radial = dot(position, velocity) / math.sqrt(mu)
    inverse_axis = 2.0 / radius - dot(velocity, velocity) / mu
    if inverse_axis > 0.0:
        # Whole revolutions change nothing but digits.
        seconds = math.remainder(seconds, period(1.0 / inverse_axis, mu))
    scaled_time = math.sqrt(mu) * seconds
    chi = _universal_anomaly(radius, radial, inverse_axis, scaled_time)
    z = inverse_axis * chi * chi
    c, s = stumpff(z)
    f = 1.0 - chi * chi * c / radius
    g = (scaled_time - chi**3 * s) / math.sqrt(mu)
    new_position = add(scale(f, position), scale(g, velocity))
    new_radius = norm(new_position)
    f_rate = math.sqrt(mu) / (radius * new_radius) * chi * (z * s - 1.0)
    g_rate = 1.0 - chi * chi * c / new_radius
    return new_position, add(scale(f_rate, position), scale(g_rate, velocity))


def _universal_anomaly(
    radius: float, radial: float, inverse_axis: float, scaled_time: float
) -> float:
    """Solves Kepler's equation in universal form; `radial` is r.v/sqrt(mu).

    Laguerre-Conway iteration, kept by bisection between bounds: the time grows with the anomaly.
    """
    if scaled_time == 0.0:
        return 0.0
    sign = math.copysign(1.0, scaled_time)
    radial, scaled_time = sign * radial, abs(scaled_time)
    low, high = 0.0, math.inf
    chi = scaled_time * inverse_axis if inverse_axis > 0.0 else scaled_time / radius
    if inverse_axis < 0.0:
        # The time grows exponentially with the anomaly on a hyperbola: start on the safe side.
        mean = scaled_time * (-inverse_axis) ** 1.5
        chi = min(chi, math.asinh(mean) / math.sqrt(-inverse_axis))
    for _ in range(200):
        value, slope, curve = _kepler_residual(radius, radial, inverse_axis, scaled_time, chi)
        if value < 0.0:
            low = chi
        else:
            high = chi
        root = math.sqrt(abs(16.0 * slope * slope - 20.0 * value * curve))
        following = chi - 5.0 * value / (slope + root)
        if not low <= following <= high:
            following = 0.5 * (low + high) if high < math.inf else 2.0 * chi
        change, chi = following - chi, following
        if abs(change) <= 4.0e-16 * chi:
            return sign * chi
    if abs(change) <= 1.0e-12 * chi:  # swings in the last digits
        return sign * chi
    raise ArithmeticError(
        f"Kepler's equation did not settle: radius {radius}, 1/a {inverse_axis}, change {change}"
    )


def _kepler_residual(
    radius: float, radial: float, inverse_axis: float, scaled_time: float, chi: float
) -> tuple[float, float, float]:
    """Kepler's equation in universal form, its slope (the radius) and its second derivative."""
    z = inverse_axis * chi * chi
    c, s = stumpff(z)
    bend = 1.0 - inverse_axis * radius
    value = radial * chi * chi * c + bend * chi**3 * s + radius * chi - scaled_time
    slope = radial * chi * (1.0 - z * s) + bend * chi * chi * c + radius
    curve = radial * (1.0 - z * c) + bend * chi * (1.0 - z * s)
    return value, slope, curve
