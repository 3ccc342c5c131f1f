"""Two-body orbits: elements, states, anomalies, and the secular drift by J2.

Any consistent units will do (metres, seconds and m^3/s^2 by habit); angles are radians.
Formulas: Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., chapters 2 and 9.
"""

import math
from dataclasses import dataclass, replace

from flight.astrodynamics.gravity import CentralBody
from flight.astrodynamics.vectors import (
    Vector,
    add,
    cross,
    dot,
    multiply,
    norm,
    rotation_x,
    rotation_z,
    scale,
    transform,
    transpose,
)

_NEARLY_ZERO = 1.0e-11


@dataclass(frozen=True)
class OrbitalElements:
    """Classical elements of an ellipse (axis > 0) or a hyperbola (axis < 0), angles in radians.

    An orbit without a node (equatorial) has its node at x, one without periapsis (circular) has
    its periapsis at the node.
    """

    semi_major_axis: float
    eccentricity: float
    inclination: float
    ascending_node: float
    argument_of_periapsis: float
    true_anomaly: float

    @property
    def periapsis_radius(self) -> float:
        """Smallest distance from the centre."""
        return self.semi_major_axis * (1.0 - self.eccentricity)

    @property
    def apoapsis_radius(self) -> float:
        """Largest distance from the centre; infinite on a hyperbola."""
        if self.eccentricity >= 1.0:
            return math.inf
        return self.semi_major_axis * (1.0 + self.eccentricity)


@dataclass(frozen=True)
class SecularRates:
    """Mean drift of the orbit by J2, rad/s; the mean anomaly in addition to the mean motion."""

    ascending_node: float
    argument_of_periapsis: float
    mean_anomaly: float


def circular_speed(radius: float, mu: float) -> float:
    """Speed on a circular orbit."""
    return math.sqrt(mu / radius)


def mean_motion(semi_major_axis: float, mu: float) -> float:
    """Mean motion in rad/s. Raises ValueError unless the axis is positive."""
    if not semi_major_axis > 0.0:
        raise ValueError(f"no period: the semi-major axis is {semi_major_axis}, not positive")
    return math.sqrt(mu / semi_major_axis) / semi_major_axis


def period(semi_major_axis: float, mu: float) -> float:
    """Orbital period in seconds."""
    return math.tau / mean_motion(semi_major_axis, mu)


def elements_from_state(position: Vector, velocity: Vector, mu: float) -> OrbitalElements:
    """Elements of the orbit through a state. Raises ValueError for rectilinear or parabolic."""
    momentum = cross(position, velocity)
    radius, momentum_size = norm(position), norm(momentum)
    if momentum_size <= _NEARLY_ZERO * radius * norm(velocity):
        raise ValueError("the state moves along its own radius: no orbit plane")
    inverse_axis = 2.0 / radius - dot(velocity, velocity) / mu
    if abs(inverse_axis) * radius < _NEARLY_ZERO:
        raise ValueError("the state is parabolic: no semi-major axis")
    eccentricity_vector = add(
        scale(1.0 / mu, cross(velocity, momentum)), scale(-1.0 / radius, position)
    )
    eccentricity = norm(eccentricity_vector)
    node = (-momentum[1], momentum[0], 0.0)
    if norm(node) < _NEARLY_ZERO * momentum_size:
        node = (1.0, 0.0, 0.0)
    circular = eccentricity < _NEARLY_ZERO
    periapsis = node if circular else eccentricity_vector
    return OrbitalElements(
        semi_major_axis=1.0 / inverse_axis,
        eccentricity=eccentricity,
        inclination=math.atan2(math.hypot(momentum[0], momentum[1]), momentum[2]),
        ascending_node=math.atan2(node[1], node[0]) % math.tau,
        argument_of_periapsis=_angle_about(momentum, node, periapsis),
        true_anomaly=_angle_about(momentum, periapsis, position),
    )


def state_from_elements(elements: OrbitalElements, mu: float) -> tuple[Vector, Vector]:
    """Position and velocity of a set of elements."""
    e, anomaly = elements.eccentricity, elements.true_anomaly
    parameter = elements.semi_major_axis * (1.0 - e * e)
    if not parameter > 0.0:
        raise ValueError(
            f"semi-major axis {elements.semi_major_axis} and eccentricity {e} make no orbit"
        )
    if 1.0 + e * math.cos(anomaly) <= 0.0:
        raise ValueError(f"true anomaly {anomaly} rad lies beyond the asymptote of the hyperbola")
    radius = parameter / (1.0 + e * math.cos(anomaly))
    speed = math.sqrt(mu / parameter)
    to_inertial = transpose(
        multiply(
            rotation_z(elements.argument_of_periapsis),
            multiply(rotation_x(elements.inclination), rotation_z(elements.ascending_node)),
        )
    )
    position = (radius * math.cos(anomaly), radius * math.sin(anomaly), 0.0)
    velocity = (-speed * math.sin(anomaly), speed * (e + math.cos(anomaly)), 0.0)
    return transform(to_inertial, position), transform(to_inertial, velocity)


def _angle_about(axis: Vector, start: Vector, end: Vector) -> float:
    """Angle from `start` to `end`, both normal to `axis`, counted around it, 0 to 2 pi."""
    sine = dot(axis, cross(start, end)) / norm(axis)
    return math.atan2(sine, dot(start, end)) % math.tau


def mean_from_true_anomaly(true_anomaly: float, eccentricity: float) -> float:
    """Mean anomaly (rad) of a true anomaly; on an ellipse within the same half turn."""
    half = 0.5 * math.remainder(true_anomaly, math.tau)
    if eccentricity < 1.0:
        eccentric = 2.0 * math.atan2(
            math.sqrt(1.0 - eccentricity) * math.sin(half),
            math.sqrt(1.0 + eccentricity) * math.cos(half),
        )
        return eccentric - eccentricity * math.sin(eccentric)
    ratio = math.sqrt((eccentricity - 1.0) / (eccentricity + 1.0)) * math.tan(half)
    if abs(ratio) >= 1.0:
        raise ValueError(f"true anomaly {true_anomaly} rad lies beyond the asymptote")
    hyperbolic = 2.0 * math.atanh(ratio)
    return eccentricity * math.sinh(hyperbolic) - hyperbolic


def true_from_mean_anomaly(mean_anomaly: float, eccentricity: float) -> float:
    """True anomaly (rad, -pi to pi) of a mean anomaly: Kepler's equation by Newton's method."""
    if eccentricity < 1.0:
        mean = math.remainder(mean_anomaly, math.tau)
        eccentric = (
            mean + eccentricity * math.sin(mean)
            if eccentricity < 0.8
            else (math.copysign(math.pi, mean))
        )
        for _ in range(50):
            step = (eccentric - eccentricity * math.sin(eccentric) - mean) / (
                1.0 - eccentricity * math.cos(eccentric)
            )
            eccentric -= step
            if abs(step) < 1.0e-14:
                break
        return 2.0 * math.atan2(
            math.sqrt(1.0 + eccentricity) * math.sin(0.5 * eccentric),
            math.sqrt(1.0 - eccentricity) * math.cos(0.5 * eccentric),
        )
    hyperbolic = math.asinh(mean_anomaly / eccentricity)
    for _ in range(100):
        step = (eccentricity * math.sinh(hyperbolic) - hyperbolic - mean_anomaly) / (
            eccentricity * math.cosh(hyperbolic) - 1.0
        )
        hyperbolic -= step
        if abs(step) < 1.0e-14 * max(1.0, abs(hyperbolic)):
            break
    return 2.0 * math.atan(
        math.sqrt((eccentricity + 1.0) / (eccentricity - 1.0)) * math.tanh(0.5 * hyperbolic)
    )


def j2_secular_rates(elements: OrbitalElements, body: CentralBody) -> SecularRates:
    """Mean drift of node, periapsis and mean anomaly by J2, first order (Vallado 9-38 to 9-41)."""
    e = elements.eccentricity
    parameter = elements.semi_major_axis * (1.0 - e * e)
    motion = mean_motion(elements.semi_major_axis, body.gravitational_parameter)
    factor = 1.5 * motion * body.j2 * (body.gravity_radius / parameter) ** 2
    cosine = math.cos(elements.inclination)
    sine_squared = math.sin(elements.inclination) ** 2
    return SecularRates(
        ascending_node=-factor * cosine,
        argument_of_periapsis=factor * (2.0 - 2.5 * sine_squared),
        mean_anomaly=factor * math.sqrt(1.0 - e * e) * (1.0 - 1.5 * sine_squared),
    )


def propagate_j2_secular(
    elements: OrbitalElements, seconds: float, body: CentralBody
) -> OrbitalElements:
    """Mean elements after a time: Kepler motion plus the mean drift by J2.

    Cheap for months of passes; leaves out the periodic part, some km in low Mars orbit.
    """
    rates = j2_secular_rates(elements, body)
    motion = mean_motion(elements.semi_major_axis, body.gravitational_parameter)
    mean = mean_from_true_anomaly(elements.true_anomaly, elements.eccentricity)
    mean += (motion + rates.mean_anomaly) * seconds
    return replace(
        elements,
        ascending_node=(elements.ascending_node + rates.ascending_node * seconds) % math.tau,
        argument_of_periapsis=(
            elements.argument_of_periapsis + rates.argument_of_periapsis * seconds
        )
        % math.tau,
        true_anomaly=true_from_mean_anomaly(mean, elements.eccentricity) % math.tau,
    )
