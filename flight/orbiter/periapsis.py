"""Whether the orbit around Mars stays out of the air, and the burn that lifts it out.

A burn that was broken off has left an orbit that nobody has planned: where it leads lower than the
air is thin, half a revolution may be all the time there is. It is judged by what is believed of the
own orbit, and told by the channel that a monitor watches; the safe state lifts it.
"""

import math

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, unit
from flight.orbiter.propagation import State
from flight.orbiter.vehicle import OrbiterVehicle

LOWEST = 200e3
"""m over the mean radius: Mars Reconnaissance Orbiter has stayed at 255 km for years, and braked in
the air at 100 km; half way, and some kilometres for what J2 moves it by (assumption)."""
LIFTED = 250e3
"""m over the mean radius, to which it is lifted."""
_FIRST, _LARGEST = 1.0, 500.0  # m/s: sizes that are tried, each twice the one before
_WAYS = 36  # directions in the plane of the orbit that are tried
_HALVINGS = 30
_BENEATH = 1e3  # m that it may still come down
_MU = MARS.gravitational_parameter


def lowest_height(state: State) -> float | None:
    """Height (m over the mean radius) of the lowest point that an orbit still leads to; None where
    it leads away from Mars for good."""
    position, velocity = state
    radius = norm(position)
    energy = 0.5 * dot(velocity, velocity) - _MU / radius
    if energy >= 0.0 and dot(position, velocity) >= 0.0:
        return None
    momentum = cross(position, velocity)
    square = dot(momentum, momentum)
    eccentricity = math.sqrt(max(0.0, 1.0 + 2.0 * energy * square / _MU**2))
    return square / _MU / (1.0 + eccentricity) - MARS_MEAN_RADIUS


def show_periapsis(node: OrbiterVehicle) -> None:
    """Shows how low the orbit leads that is believed by now."""
    own = node.navigator.own
    low = None if own is None else lowest_height(own)
    if low is not None or node.periapsis_altitude is not None:
        node.periapsis_altitude = None if low is None else round(low, 1)


def lifting(own: State, height: float) -> Vector:
    """The least change (m/s, inertial) that is made now and after which the orbit leads nowhere
    below a height (m over the mean radius), and not away either, in its plane. Who is lower than
    that comes no lower than he is.

    Raises ArithmeticError where none of up to 500 m/s is.
    """
    up = unit(own[0])
    ahead = unit(cross(cross(*own), up))
    height = min(height, norm(own[0]) - MARS_MEAN_RADIUS - _BENEATH)

    def clears(way: Vector, size: float) -> bool:
        low = lowest_height((own[0], add(own[1], scale(size, way))))
        return low is not None and low >= height

    best: Vector | None = None
    most = _LARGEST
    for index in range(_WAYS):
        angle = math.tau * index / _WAYS
        way = add(scale(math.cos(angle), ahead), scale(math.sin(angle), up))
        low, high = 0.0, _FIRST
        while high < most and not clears(way, high):
            low, high = high, 2.0 * high
        high = min(high, most)
        if not clears(way, high):
            continue
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if clears(way, middle) else (middle, high)
        best, most = scale(high, way), high
    if best is None:
        raise ArithmeticError(f"no burn of up to {_LARGEST:.0f} m/s leads out of the air")
    return best
