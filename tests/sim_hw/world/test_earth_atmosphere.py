"""The Earth's air: the standard's own table, and days that differ from it."""

import math
import random
from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from sim_hw.world.earth_atmosphere import EarthAtmosphere, standard_air


@pytest.mark.parametrize(
    ("height", "temperature", "pressure", "density"),
    [  # US Standard Atmosphere 1976, table 1 (geometric heights)
        (0.0, 288.150, 1.01325e5, 1.2250),
        (5_000.0, 255.676, 5.4048e4, 7.3643e-1),
        (10_000.0, 223.252, 2.6500e4, 4.1351e-1),
        (30_000.0, 226.509, 1.1970e3, 1.8410e-2),
        (50_000.0, 270.650, 7.9779e1, 1.0269e-3),
        (80_000.0, 198.639, 1.0524, 1.8458e-5),
        (100_000.0, 195.08, 3.2011e-2, 5.604e-7),
        (120_000.0, 360.00, 2.5382e-3, 2.222e-8),
    ],
)
def test_the_standard_air_is_that_of_its_table(height, temperature, pressure, density):
    air = standard_air(height)
    assert air.temperature == pytest.approx(temperature, rel=1e-4)
    assert air.pressure == pytest.approx(pressure, rel=5e-4)
    assert air.density == pytest.approx(density, rel=2e-4)


def test_the_two_halves_meet():
    assert standard_air(85_999.9).density == pytest.approx(standard_air(86_000.0).density, rel=1e-3)


def test_the_air_grows_thinner_without_end():
    heights = [1000.0 * h for h in range(0, 400, 5)]
    densities = [standard_air(h).density for h in heights]
    assert all(above < below for below, above in pairwise(densities))


def test_days_differ_by_their_spread_and_not_in_the_mean():
    days = [EarthAtmosphere(random.Random(number)) for number in range(400)]
    factors = [day.at(80_000.0).density / standard_air(80_000.0).density for day in days]
    assert fmean(factors) == pytest.approx(1.0, abs=0.02)
    assert pstdev(factors) == pytest.approx(0.10, abs=0.015)
    winds = [day.at(12_000.0).wind_east for day in days]
    assert fmean(winds) == pytest.approx(20.0, abs=2.0)
    assert pstdev(winds) == pytest.approx(14.0, abs=1.5)


def test_one_stream_gives_one_day():
    first, second = (EarthAtmosphere(random.Random(3)).at(33_333.0) for _ in range(2))
    assert first == second
    assert math.isfinite(EarthAtmosphere(random.Random(3)).at(900_000.0).density)
