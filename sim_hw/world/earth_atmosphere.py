"""The Earth's air from the ground to 200 km, and how it differs from day to day.

US Standard Atmosphere 1976 (NOAA, NASA, USAF): up to 86 km its own formulas (section 1.3), above
that its table of densities, joined in the logarithm. Heights are geometric, over the ellipsoid.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flight.astrodynamics.constants import STANDARD_GRAVITY
from sim_hw.world.atmosphere import Air

# Constants of the standard itself, not those of today.
GAS_CONSTANT = 8.314_32  # J/(mol K)
MOLAR_MASS = 0.028_964_4  # kg/mol
EARTH_RADIUS = 6_356_766.0  # m, turns geometric into geopotential heights
HEAT_CAPACITY_RATIO = 1.4

# Geopotential height at which a layer begins (m), and its lapse of temperature (K/m).
_LAYERS = (
    (0.0, -6.5e-3),
    (11_000.0, 0.0),
    (20_000.0, 1.0e-3),
    (32_000.0, 2.8e-3),
    (47_000.0, 0.0),
    (51_000.0, -2.8e-3),
    (71_000.0, -2.0e-3),
)
_STARTS = tuple(layer[0] for layer in _LAYERS)
_FORMULAS_END = 86_000.0

# Geometric height km, temperature K, density kg/m^3, molar mass g/mol.
_THIN_AIR = (
    (86.0, 186.87, 6.958e-6, 28.95),
    (90.0, 186.87, 3.416e-6, 28.91),
    (95.0, 188.42, 1.393e-6, 28.73),
    (100.0, 195.08, 5.604e-7, 28.40),
    (105.0, 208.84, 2.325e-7, 27.88),
    (110.0, 240.00, 9.708e-8, 27.27),
    (115.0, 300.00, 4.289e-8, 26.68),
    (120.0, 360.00, 2.222e-8, 26.20),
    (125.0, 417.23, 1.291e-8, 25.80),
    (130.0, 469.27, 8.152e-9, 25.44),
    (140.0, 559.63, 3.831e-9, 24.75),
    (150.0, 634.39, 2.076e-9, 24.10),
    (160.0, 696.29, 1.233e-9, 23.49),
    (180.0, 790.07, 5.194e-10, 22.34),
    (200.0, 854.56, 2.541e-10, 21.30),
)
_THIN_HEIGHTS = [1000.0 * row[0] for row in _THIN_AIR]


def _layer_bases() -> tuple[tuple[float, float], ...]:
    """Temperature (K) and pressure (Pa) at the start of each layer."""
    temperature, pressure = 288.15, 101_325.0
    bases = [(temperature, pressure)]
    for (start, lapse), (end, _) in pairwise(_LAYERS):
        temperature, pressure = _climb(temperature, pressure, lapse, end - start)
        bases.append((temperature, pressure))
    return tuple(bases)


def _climb(temperature: float, pressure: float, lapse: float, rise: float) -> tuple[float, float]:
    """Temperature and pressure `rise` geopotential metres higher in one layer."""
    weight = STANDARD_GRAVITY * MOLAR_MASS / GAS_CONSTANT
    if lapse == 0.0:
        return temperature, pressure * math.exp(-weight * rise / temperature)
    above = temperature + lapse * rise
    return above, pressure * (temperature / above) ** (weight / lapse)


_BASES = _layer_bases()


def standard_air(height: float) -> Air:
    """The standard air, at rest, at a geometric height in m.

    Above 200 km the density falls on with its last scale height.
    """
    if height >= _FORMULAS_END:
        return _thin_air(height)
    geopotential = EARTH_RADIUS * height / (EARTH_RADIUS + height)
    layer = max(bisect_right(_STARTS, geopotential) - 1, 0)
    temperature, pressure = _climb(*_BASES[layer], _LAYERS[layer][1], geopotential - _STARTS[layer])
    return _air(pressure * MOLAR_MASS / (GAS_CONSTANT * temperature), temperature, MOLAR_MASS)


def _thin_air(height: float) -> Air:
    segment = min(bisect_right(_THIN_HEIGHTS, height), len(_THIN_AIR) - 1)
    below, above = _THIN_AIR[segment - 1], _THIN_AIR[segment]
    part = (0.001 * height - below[0]) / (above[0] - below[0])
    density = below[2] * (above[2] / below[2]) ** part
    part = min(part, 1.0)
    temperature = below[1] + part * (above[1] - below[1])
    return _air(density, temperature, 1.0e-3 * (below[3] + part * (above[3] - below[3])))


def _air(density: float, temperature: float, molar_mass: float) -> Air:
    pressure_by_density = GAS_CONSTANT * temperature / molar_mass
    sound = math.sqrt(HEAT_CAPACITY_RATIO * pressure_by_density)
    pressure = density * pressure_by_density
    return Air(density, temperature, pressure, sound, 0.0, 0.0, molar_mass)


# Height m; spread of the density (a fraction), mean wind to the east m/s, spread of either wind
# m/s. Assumptions, for a day in autumn over Utah: jet stream at 12 km, quiet air at 25 km.
_WEATHER = (
    (0.0, 0.02, 2.0, 4.0),
    (5_000.0, 0.015, 10.0, 8.0),
    (12_000.0, 0.02, 20.0, 14.0),
    (25_000.0, 0.02, 3.0, 6.0),
    (50_000.0, 0.04, 20.0, 20.0),
    (80_000.0, 0.10, 10.0, 30.0),
    (125_000.0, 0.15, 0.0, 40.0),
)
_WEATHER_HEIGHTS = [row[0] for row in _WEATHER]
_SPACING = 2_500.0  # m between the points of a day's deviations
_CORRELATION_LENGTH = 10_000.0  # m; assumption: about a scale height
_TOP = 125_000.0


@dataclass(frozen=True)
class _Day:
    density: tuple[float, ...]
    east: tuple[float, ...]
    north: tuple[float, ...]


class EarthAtmosphere:
    """The air that a capsule meets: the standard air without wind, or that of a dispersed day."""

    def __init__(self, stream: random.Random | None = None) -> None:
        """`stream`: where the day's deviations are drawn from; none: the standard air."""
        self._day: _Day | None = None
        if stream is not None:
            self._day = _Day(_deviations(stream), _deviations(stream), _deviations(stream))

    def at(self, height: float) -> Air:
        """The air at a geometric height in m."""
        air = standard_air(height)
        if self._day is None:
            return air
        spread, mean_east, wind = _weather(height)
        size = math.sqrt(math.log1p(spread * spread))
        factor = math.exp(size * _between(self._day.density, height) - 0.5 * size * size)
        return air._replace(
            density=air.density * factor,
            pressure=air.pressure * factor,
            wind_east=mean_east + wind * _between(self._day.east, height),
            wind_north=wind * _between(self._day.north, height),
        )


def _weather(height: float) -> tuple[float, float, float]:
    """Spread of the density, mean wind to the east, spread of the wind at a height."""
    segment = min(max(bisect_right(_WEATHER_HEIGHTS, height), 1), len(_WEATHER) - 1)
    below, above = _WEATHER[segment - 1], _WEATHER[segment]
    part = min(max((height - below[0]) / (above[0] - below[0]), 0.0), 1.0)
    return (
        below[1] + part * (above[1] - below[1]),
        below[2] + part * (above[2] - below[2]),
        below[3] + part * (above[3] - below[3]),
    )


def _between(points: Sequence[float], height: float) -> float:
    place = min(max(height, 0.0), _TOP) / _SPACING
    index = min(int(place), len(points) - 2)
    return points[index] + (place - index) * (points[index + 1] - points[index])


def _deviations(stream: random.Random) -> tuple[float, ...]:
    """Standard normal numbers over height, each correlated with the one below it."""
    kept = math.exp(-_SPACING / _CORRELATION_LENGTH)
    values = [stream.gauss(0.0, 1.0)]
    for _ in range(round(_TOP / _SPACING)):
        values.append(kept * values[-1] + math.sqrt(1.0 - kept * kept) * stream.gauss(0.0, 1.0))
    return tuple(values)
