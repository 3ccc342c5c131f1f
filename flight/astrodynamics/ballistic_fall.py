"""Where a ballistic capsule comes down: a nominal flight from the entry interface to the ground.

Axes: the Earth's mean equator of date, origin at its centre, metres. Gravity with J2; the air turns
with the Earth, and may blow evenly to the east and north. Once it has braked, the capsule is
carried along by the air: that takes it round with the ground for five of six minutes.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.ellipsoids import WGS84
from flight.astrodynamics.gravity import EARTH, acceleration
from flight.astrodynamics.integrators import State, rk4_step
from flight.astrodynamics.vectors import Vector, norm

# Geometric height (km) and density (kg/m^3): US Standard Atmosphere 1976, straight lines between
# in the logarithm.
_AIR = (
    (0.0, 1.2250), (5.0, 0.73643), (10.0, 0.41351), (15.0, 0.19476), (20.0, 0.088910),
    (25.0, 0.040084), (30.0, 0.018410), (35.0, 8.4634e-3), (40.0, 3.9957e-3), (45.0, 1.9663e-3),
    (50.0, 1.0269e-3), (55.0, 5.681e-4), (60.0, 3.0968e-4), (65.0, 1.6321e-4), (70.0, 8.2829e-5),
    (75.0, 3.9921e-5), (80.0, 1.8458e-5), (85.0, 8.220e-6), (90.0, 3.416e-6), (100.0, 5.604e-7),
    (110.0, 9.708e-8), (120.0, 2.222e-8), (130.0, 8.152e-9),
)  # fmt: skip
_HEIGHTS = [row[0] for row in _AIR]
_LOGARITHMS = [math.log(row[1]) for row in _AIR]

_SLOW, _FAST = 200.0, 600.0  # m/s, Mach 0.6 and 2: the drag coefficient changes between these
_LAYER = 2_000.0  # m, the largest step down while it flies fast
_BRAKED = 0.08  # part of the speed that a step may take away
_LONGEST_STEP = 3.0  # s
_LONGEST_FALL = 7_200.0  # s


@dataclass(frozen=True)
class FallingCapsule:
    """Mass over drag area (kg/m2) at hypersonic speed and in the slow fall, and what it falls
    through: the air's mean motion to the east and north (m/s), density over the standard's."""

    fast: float
    slow: float
    wind_east: float = 0.0
    wind_north: float = 0.0
    density: float = 1.0

    def __post_init__(self) -> None:
        if not (self.fast > 0.0 and self.slow > 0.0 and self.density > 0.0):
            raise ValueError(f"mass over drag area and density must be positive: {self}")

    def coefficient(self, speed: float) -> float:
        """Mass over drag area (kg/m2) at a speed (m/s) through the air."""
        part = min(max((speed - _SLOW) / (_FAST - _SLOW), 0.0), 1.0)
        return self.slow + part * (self.fast - self.slow)


@dataclass(frozen=True)
class Fall:
    """A touchdown: geodetic latitude, east longitude (rad), seconds from the start, peak load (g),
    the speed (m/s) at which it hits the ground, and where to it flew at the start, over the ground
    (rad from north, to the east)."""

    latitude: float
    longitude: float
    seconds: float
    peak_load: float
    speed: float
    heading: float


def fall(
    capsule: FallingCapsule, state: State, prime_meridian: float, ground_height: float = 0.0
) -> Fall:
    """Flies from a state (m, m/s) to the ground (m over the ellipsoid).

    `prime_meridian`: right ascension of Greenwich at the start, rad. Raises ValueError when the
    fall begins on the ground, and when the capsule leaves the air again or is still aloft after two
    hours.
    """

    def derivative(time: float, y: State) -> State:
        place = (y[0], y[1], y[2])
        pull, push = acceleration(place, EARTH), _drag(capsule, y)
        return (
            y[3], y[4], y[5],
            pull[0] + push[0], pull[1] + push[1], pull[2] + push[2],
        )  # fmt: skip

    time, y, peak = 0.0, tuple(state), 0.0
    height = _height(y)
    if height <= ground_height:
        raise ValueError(f"the fall begins {height:.0f} m high, not above the ground")
    while height > ground_height:
        if time > _LONGEST_FALL or (height > 140_000.0 and _climb(y) > 0.0):
            raise ValueError("the capsule does not come down: enter more steeply")
        push = norm(_drag(capsule, y))
        peak = max(peak, push / STANDARD_GRAVITY)
        step = _step(y, push)
        before, y = y, rk4_step(derivative, time, y, step)
        time, above, height = time + step, height, _height(y)
    part = (above - ground_height) / (above - height)
    time -= (1.0 - part) * step
    y = rk4_step(derivative, time, before, part * step)
    latitude, right_ascension, _ = WGS84.to_geodetic((y[0], y[1], y[2]))
    longitude = right_ascension - prime_meridian - EARTH.rotation_rate * time
    return Fall(
        latitude=latitude,
        longitude=math.remainder(longitude, math.tau),
        seconds=time,
        peak_load=peak,
        speed=norm(_through_air(y)),
        heading=_heading(state),
    )


def _drag(capsule: FallingCapsule, y: State) -> Vector:
    height = _height(y)
    u, v, w = _through_air(y, capsule.wind_east, capsule.wind_north)
    speed = math.sqrt(u * u + v * v + w * w)
    size = -0.5 * capsule.density * _density(height) * speed / capsule.coefficient(speed)
    return (size * u, size * v, size * w)


def _through_air(y: State, wind_east: float = 0.0, wind_north: float = 0.0) -> Vector:
    """Velocity relative to the turning, blowing air; the winds along a sphere's axes."""
    rate = EARTH.rotation_rate
    u, v, w = y[3] + rate * y[1], y[4] - rate * y[0], y[5]
    if wind_east or wind_north:
        level = math.hypot(y[0], y[1])
        radius = math.hypot(level, y[2])
        cosine, sine = y[0] / level, y[1] / level
        up, outward = level / radius, y[2] / radius
        u += wind_east * sine + wind_north * outward * cosine
        v += -wind_east * cosine + wind_north * outward * sine
        w -= wind_north * up
    return (u, v, w)


def _heading(y: State) -> float:
    """Direction of the motion over the ground, rad from north."""
    u, v, w = _through_air(y)
    level = math.hypot(y[0], y[1])
    east = (y[0] * v - y[1] * u) / level
    outward = (y[0] * u + y[1] * v) / level
    north = (level * w - y[2] * outward) / math.hypot(level, y[2])
    return math.atan2(east, north) % math.tau


def _step(y: State, push: float) -> float:
    """Seconds: short beside a layer of the air, and beside the braking."""
    speed = norm(_through_air(y))
    step = min(_LONGEST_STEP, _LAYER / max(abs(_climb(y)), 1.0))
    if speed > _SLOW and push > 0.0:
        step = min(step, _BRAKED * speed / push)
    return step


def _climb(y: State) -> float:
    """Speed away from the centre, m/s."""
    return (y[0] * y[3] + y[1] * y[4] + y[2] * y[5]) / math.sqrt(
        y[0] * y[0] + y[1] * y[1] + y[2] * y[2]
    )


def _height(y: State) -> float:
    """Over the ellipsoid along the radius, m: a few metres more than along the vertical."""
    squared = y[0] * y[0] + y[1] * y[1]
    radius = math.sqrt(squared + y[2] * y[2])
    equator, pole = WGS84.equatorial_radius, WGS84.polar_radius
    return radius - radius / math.sqrt(squared / equator**2 + (y[2] / pole) ** 2)


def _density(height: float) -> float:
    """Of the standard air at a height (m), kg/m3."""
    kilometres = 0.001 * height
    index = min(max(bisect_right(_HEIGHTS, kilometres), 1), len(_AIR) - 1)
    low, high = _HEIGHTS[index - 1], _HEIGHTS[index]
    part = (kilometres - low) / (high - low)
    return math.exp(_LOGARITHMS[index - 1] + part * (_LOGARITHMS[index] - _LOGARITHMS[index - 1]))
