"""The air over Jezero from the ground to orbit: density, temperature, pressure, wind.

Points of a Mars-GRAM profile, joined by cubics that are smooth to the first derivative, so that a
Runge-Kutta integration through them keeps its order. Between 0 and 200 km the density differs from
the profile's own 401 lines by 1.2 % at most. Heights are above the areoid (MOLA), metres.

The profile is one morning: 18.44 N 77.45 E, solar longitude 5.5 degrees, 07:15 local true solar
time, dust optical depth 0.31. Season and dust are not scaled: no sourced rule is at hand. What the
air may be on another day is the work of :class:`AirDispersion`.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

GAS_CONSTANT = 8.314_462_618
"""J/(mol K), exact since 2019."""
HEAT_CAPACITY_RATIO = 1.3
"""Of cold carbon dioxide; the value used in Gaffarel's MAV study (TU Delft 2022)."""

# Height km, density kg/m^3, temperature K, wind to east and to north m/s, standard deviation of
# the density %, molar mass g/mol (from the mass fractions of ten gases).
_TABLE = (
    # Continued downwards from 0 km at the same temperature in hydrostatic balance: the profile
    # begins at 0 km, Jezero's floor lies at -2.5 km.
    (-3.0, 1.924e-02, 214.1, 5.4, 9.2, 2.0, 43.47),
    (0.0, 1.466e-02, 214.1, 5.4, 9.2, 2.0, 43.47),
    (5.0, 9.393e-03, 210.6, 17.6, 4.0, 2.0, 43.47),
    (10.0, 6.047e-03, 203.1, 30.1, 2.4, 2.3, 43.48),
    (15.0, 3.891e-03, 191.2, 40.2, -3.5, 2.6, 43.48),
    (20.0, 2.434e-03, 179.8, 46.1, -7.6, 3.1, 43.48),
    (25.0, 1.464e-03, 171.1, 42.7, -6.1, 3.5, 43.48),
    (30.0, 8.510e-04, 163.7, 37.2, 2.6, 4.1, 43.48),
    (35.0, 4.856e-04, 158.0, 30.2, 22.8, 4.7, 43.48),
    (40.0, 2.710e-04, 144.9, 28.1, 43.4, 5.4, 43.48),
    (45.0, 1.423e-04, 134.4, 30.5, 44.3, 6.2, 43.48),
    (50.0, 6.820e-05, 140.8, 21.7, 15.4, 7.2, 43.48),
    (55.0, 3.061e-05, 145.5, -1.7, -22.8, 8.3, 43.48),
    (60.0, 1.548e-05, 145.7, -20.5, -14.0, 9.6, 43.48),
    (65.0, 8.297e-06, 143.1, -38.3, 14.1, 11.0, 43.48),
    (70.0, 4.352e-06, 151.9, -24.0, 32.1, 12.7, 43.48),
    (75.0, 2.226e-06, 156.8, -19.7, 28.3, 14.7, 43.48),
    (80.0, 1.089e-06, 132.4, -32.1, -27.6, 16.9, 43.48),
    (85.0, 5.568e-07, 125.9, -38.1, -39.7, 19.5, 42.62),
    (90.0, 2.781e-07, 120.0, -52.6, -31.2, 22.5, 42.25),
    (95.0, 1.342e-07, 118.4, -72.6, -14.7, 26.0, 43.39),
    (100.0, 6.314e-08, 120.1, -81.9, 2.6, 30.0, 43.37),
    (105.0, 2.940e-08, 119.7, -81.7, 19.8, 32.5, 43.34),
    (110.0, 1.328e-08, 119.6, -81.7, 32.0, 35.0, 43.31),
    (115.0, 5.947e-09, 125.9, -84.0, 37.4, 37.5, 43.05),
    (120.0, 2.839e-09, 136.3, -87.9, 37.5, 40.0, 43.13),
    (125.0, 1.402e-09, 146.1, -91.4, 36.8, 42.5, 42.94),
    (130.0, 7.281e-10, 153.6, -94.1, 34.8, 45.0, 42.74),
    (140.0, 2.212e-10, 162.8, -97.3, 32.2, 45.0, 42.21),
    (150.0, 7.416e-11, 167.0, -98.8, 29.5, 45.0, 41.25),
    (160.0, 2.659e-11, 168.4, -99.3, 28.4, 45.0, 38.68),
    (170.0, 1.016e-11, 168.7, -99.4, 27.3, 45.0, 35.15),
    (180.0, 4.179e-12, 168.9, -99.5, 27.3, 45.0, 31.32),
    (190.0, 1.873e-12, 168.9, -99.5, 26.9, 45.0, 28.41),
    (200.0, 8.906e-13, 168.9, -99.5, 26.9, 45.0, 25.86),
)


class Air(NamedTuple):
    """The air at one height, in SI units."""

    density: float
    temperature: float
    pressure: float
    speed_of_sound: float
    wind_east: float
    """Towards the east, m/s over the turning ground."""
    wind_north: float
    molar_mass: float
    """kg/mol."""


_Cubic = tuple[float, float, float, float]


class _Curves:
    """Curves through points at the same heights, smooth to their first derivatives, with straight
    ends."""

    def __init__(self, heights: Sequence[float], columns: Sequence[Sequence[float]]) -> None:
        self._heights = tuple(heights)
        self._segments = tuple(zip(*(_cubics(heights, values) for values in columns), strict=True))

    def at(self, height: float) -> list[float]:
        """The value of each curve at a height."""
        segment = bisect_right(self._heights, height)
        offset = height - self._heights[segment - 1 if segment else 0]
        return [
            a + offset * (b + offset * (c + offset * d)) for a, b, c, d in self._segments[segment]
        ]


def _cubics(heights: Sequence[float], values: Sequence[float]) -> list[_Cubic]:
    """Below the points, between each two of them, and above: coefficients in the distance from the
    lower end (below the points: from the lowest)."""
    slopes = _slopes(heights, values)
    cubics: list[_Cubic] = [(values[0], slopes[0], 0.0, 0.0)]
    for index in range(len(heights) - 1):
        width = heights[index + 1] - heights[index]
        mean = (values[index + 1] - values[index]) / width
        start, end = slopes[index], slopes[index + 1]
        cubics.append(
            (
                values[index],
                start,
                (3.0 * mean - 2.0 * start - end) / width,
                (start + end - 2.0 * mean) / (width * width),
            )
        )
    return [*cubics, (values[-1], slopes[-1], 0.0, 0.0)]


def _slopes(x: Sequence[float], y: Sequence[float]) -> list[float]:
    """Slope of the parabola through each point and its neighbours; the chords at both ends."""
    widths = [right - left for left, right in pairwise(x)]
    chords = [
        (after - before) / width for (before, after), width in zip(pairwise(y), widths, strict=True)
    ]
    inner = [
        (widths[i] * chords[i - 1] + widths[i - 1] * chords[i]) / (widths[i - 1] + widths[i])
        for i in range(1, len(chords))
    ]
    return [chords[0], *inner, chords[-1]]


_HEIGHTS = [1000.0 * row[0] for row in _TABLE]
LOWEST = _HEIGHTS[0]
HIGHEST = _HEIGHTS[-1]
_LOG_DENSITY = _Curves(_HEIGHTS, [[math.log(row[1]) for row in _TABLE]])
_SIGMA = _Curves(_HEIGHTS, [[row[5] for row in _TABLE]])
_PROFILE = _Curves(
    _HEIGHTS,
    [[math.log(row[1]) for row in _TABLE]]
    + [[row[column] for row in _TABLE] for column in (2, 3, 4, 6)],
)


def nominal_air(height: float) -> Air:
    """The air at a height (m) above the areoid.

    Above 200 km the density falls on with its last scale height and the rest stays as it is there;
    that is a rough guess, but already too thin to move a vehicle within an hour.
    """
    return Air(*_nominal(height))


def _nominal(height: float) -> tuple[float, float, float, float, float, float, float]:
    """The fields of the air at a height."""
    log_density, temperature, east, north, molar_mass = _PROFILE.at(_inside(height))
    if not LOWEST <= height <= HIGHEST:
        (log_density,) = _LOG_DENSITY.at(height)
    density, molar_mass = math.exp(log_density), 1.0e-3 * molar_mass
    pressure_by_density = GAS_CONSTANT * temperature / molar_mass
    return (
        density,
        temperature,
        density * pressure_by_density,
        math.sqrt(HEAT_CAPACITY_RATIO * pressure_by_density),
        east,
        north,
        molar_mass,
    )


def density_sigma(height: float) -> float:
    """Standard deviation of the density as a fraction of it: 0.02 at the ground, 0.45 on top."""
    return 0.01 * _SIGMA.at(_inside(height))[0]


def _inside(height: float) -> float:
    """The height, or the end of the profile that is nearest to it."""
    return height if LOWEST <= height <= HIGHEST else min(max(height, LOWEST), HIGHEST)


@dataclass(frozen=True)
class DispersionParameters:
    """How the air of a day differs from the mean; lengths in m, speeds in m/s.

    The spread of the density itself is Mars-GRAM's, see :func:`density_sigma`. All figures here
    are assumptions: deviations a scale height or two apart belong together, and winds stray by
    some m/s near the ground and by tens of m/s in the thin air.
    """

    correlation_length: float = 15_000.0
    wind_sigma_low: float = 5.0
    wind_sigma_high: float = 25.0
    wind_sigma_full_height: float = 60_000.0
    """Where the wind's spread, growing evenly from 0 km, has reached its upper value."""
    point_spacing: float = 2_500.0

    def __post_init__(self) -> None:
        for name in ("correlation_length", "wind_sigma_full_height", "point_spacing"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be a positive number of metres")
        if self.wind_sigma_low < 0.0 or self.wind_sigma_high < 0.0:
            raise ValueError("a standard deviation of the wind cannot be negative")

    def wind_sigma(self, height: float) -> float:
        """Standard deviation of either component of the wind at a height, m/s."""
        part = min(max(height / self.wind_sigma_full_height, 0.0), 1.0)
        return self.wind_sigma_low + (self.wind_sigma_high - self.wind_sigma_low) * part


class AirDispersion:
    """One day's deviation from the nominal air, smooth in height.

    The density is lognormal with the nominal one as its mean; winds are normal. Each follows a
    Gauss-Markov sequence in height, drawn once.
    """

    def __init__(
        self, stream: random.Random, parameters: DispersionParameters | None = None
    ) -> None:
        self.parameters = parameters or DispersionParameters()
        spacing = self.parameters.point_spacing
        count = math.ceil((HIGHEST - LOWEST) / spacing) + 1
        heights = [LOWEST + spacing * index for index in range(count)]
        kept = math.exp(-spacing / self.parameters.correlation_length)
        self._curves = _Curves(heights, [_gauss_markov(count, kept, stream) for _ in range(3)])

    def density_factor(self, height: float) -> float:
        """Density over nominal density at a height (m); its mean over many days is 1."""
        return self.at(height)[0]

    def wind(self, height: float) -> tuple[float, float]:
        """Wind to east and north beside the nominal one at a height (m), m/s."""
        return self.at(height)[1:]

    def at(self, height: float) -> tuple[float, float, float]:
        """Density factor, and wind to east and north as :meth:`wind`, at a height (m)."""
        density, east, north = self._curves.at(_inside(height))
        sigma = density_sigma(height)
        variance = math.log1p(sigma * sigma)
        factor = math.exp(math.sqrt(variance) * density - 0.5 * variance)
        wind_sigma = self.parameters.wind_sigma(height)
        return factor, wind_sigma * east, wind_sigma * north


def _gauss_markov(count: int, kept: float, stream: random.Random) -> list[float]:
    """Standard normal numbers, each correlated with the one before by `kept`."""
    fresh = math.sqrt(1.0 - kept * kept)
    values = [stream.gauss(0.0, 1.0)]
    while len(values) < count:
        values.append(kept * values[-1] + fresh * stream.gauss(0.0, 1.0))
    return values


class Atmosphere:
    """The air that a vehicle meets: the nominal one, or that of a dispersed day."""

    def __init__(self, dispersion: AirDispersion | None = None) -> None:
        self.dispersion = dispersion
        self.gust = (0.0, 0.0)
        """Wind to the east and to the north that blows besides, m/s."""

    def at(self, height: float) -> Air:
        """The air at a height (m) above the areoid."""
        air = self._without_gust(height)
        if self.gust == (0.0, 0.0):
            return air
        east, north = self.gust
        return air._replace(wind_east=air.wind_east + east, wind_north=air.wind_north + north)

    def _without_gust(self, height: float) -> Air:
        if self.dispersion is None:
            return nominal_air(height)
        factor, east, north = self.dispersion.at(height)
        density, temperature, pressure, speed_of_sound, wind_east, wind_north, molar_mass = (
            _nominal(height)
        )
        return Air(
            density * factor,
            temperature,
            pressure * factor,
            speed_of_sound,
            wind_east + east,
            wind_north + north,
            molar_mass,
        )
