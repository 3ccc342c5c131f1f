"""The air that the lander expects: density, temperature and wind over height, before the day.

Density and temperature are of a Mars-GRAM profile at Jezero (morning, early northern spring), every
10 km, joined by straight lines of the logarithm: within 6 % of the profile. The guidance measures
the true density by its drag; this is only what it plans with.
"""

import math
from bisect import bisect_right

GAS_CONSTANT = 191.3  # J/(kg K), of 43.47 g/mol
HEAT_CAPACITY_RATIO = 1.3
CEILING = 130_000.0  # m

# Height km, density kg/m^3, temperature K, wind to east and to north m/s.
_TABLE = (
    (-3.0, 1.924e-02, 214.1, 5.4, 9.2),
    (0.0, 1.466e-02, 214.1, 5.4, 9.2),
    (5.0, 9.393e-03, 210.6, 17.6, 4.0),
    (10.0, 6.047e-03, 203.1, 30.1, 2.4),
    (20.0, 2.434e-03, 179.8, 46.1, -7.6),
    (30.0, 8.510e-04, 163.7, 37.2, 2.6),
    (40.0, 2.710e-04, 144.9, 28.1, 43.4),
    (50.0, 6.820e-05, 140.8, 21.7, 15.4),
    (60.0, 1.548e-05, 145.7, -20.5, -14.0),
    (70.0, 4.352e-06, 151.9, -24.0, 32.1),
    (80.0, 1.089e-06, 132.4, -32.1, -27.6),
    (90.0, 2.781e-07, 120.0, -52.6, -31.2),
    (100.0, 6.314e-08, 120.1, -81.9, 2.6),
    (110.0, 1.328e-08, 119.6, -81.7, 32.0),
    (120.0, 2.839e-09, 136.3, -87.9, 37.5),
    (130.0, 7.281e-10, 153.6, -94.1, 34.8),
)
_HEIGHTS = tuple(1000.0 * row[0] for row in _TABLE)
_LOG_DENSITIES = tuple(math.log(row[1]) for row in _TABLE)


def _segment(height: float) -> int:
    return min(max(bisect_right(_HEIGHTS, height) - 1, 0), len(_TABLE) - 2)


def density_and_scale_height(height: float) -> tuple[float, float]:
    """Density (kg/m^3) at a height (m) over the areoid, and the scale height (m) there."""
    index = _segment(height)
    width = _HEIGHTS[index + 1] - _HEIGHTS[index]
    slope = (_LOG_DENSITIES[index + 1] - _LOG_DENSITIES[index]) / width
    logarithm = _LOG_DENSITIES[index] + slope * (height - _HEIGHTS[index])
    return math.exp(logarithm), -1.0 / slope


def _between(height: float, column: int) -> float:
    index = _segment(height)
    start, end = _HEIGHTS[index], _HEIGHTS[index + 1]
    part = min(max((height - start) / (end - start), 0.0), 1.0)
    return _TABLE[index][column] + part * (_TABLE[index + 1][column] - _TABLE[index][column])


def speed_of_sound(height: float) -> float:
    """m/s at a height (m)."""
    return math.sqrt(HEAT_CAPACITY_RATIO * GAS_CONSTANT * _between(height, 2))


def wind(height: float) -> tuple[float, float]:
    """Wind to east and to north (m/s) at a height (m)."""
    return _between(height, 3), _between(height, 4)
