"""The air over Jezero: nearness to its source, smoothness, and what a day may make of it."""

import random
from itertools import pairwise
from math import exp, log, sqrt
from statistics import fmean, pstdev

import pytest

from sim_hw.world.atmosphere import (
    AirDispersion,
    Atmosphere,
    DispersionParameters,
    density_sigma,
    nominal_air,
)

# Mars-GRAM lines that are no points of the table: km, kg/m^3, K, m/s east.
BETWEEN = (
    (2.5, 1.171e-2, 213.5, 12.0),
    (12.5, 4.848e-3, 197.2, 35.1),
    (29.0, 9.483e-4, 165.1, 38.3),
    (39.0, 3.043e-4, 147.5, 28.5),
    (59.0, 1.774e-5, 145.7, -16.7),
    (69.0, 4.936e-6, 150.1, -26.9),
    (89.0, 3.195e-7, 121.2, -49.6),
    (109.0, 1.557e-8, 119.6, -81.7),
    (139.0, 2.485e-10, 162.1, -97.1),
    (179.0, 4.557e-12, 168.9, -99.5),
    (199.0, 9.570e-13, 168.9, -99.5),
)


@pytest.mark.parametrize(("km", "density", "temperature", "east"), BETWEEN)
def test_the_air_between_the_points_is_that_of_mars_gram(km, density, temperature, east):
    air = nominal_air(1000.0 * km)
    assert air.density == pytest.approx(density, rel=0.015)
    assert air.temperature == pytest.approx(temperature, abs=2.5)
    assert air.wind_east == pytest.approx(east, abs=5.5)


def test_the_pressure_at_the_depot_is_what_perseverance_measures_early_in_the_year():
    # MEDA, sol means near solar longitude 50 degrees: 760 to 780 Pa, give or take 10 to 35 Pa.
    assert 720.0 < nominal_air(-2_545.0).pressure < 800.0


def test_pressure_is_the_weight_of_the_air_above():
    for low, high in ((0.0, 5_000.0), (20_000.0, 25_000.0), (60_000.0, 65_000.0)):
        steps = 200
        width = (high - low) / steps
        gravity = 3.72 * (3_389.5 / (3_389.5 + 0.0005 * (low + high))) ** 2
        weight = (
            gravity
            * width
            * sum(nominal_air(low + (index + 0.5) * width).density for index in range(steps))
        )
        difference = nominal_air(low).pressure - nominal_air(high).pressure
        assert difference == pytest.approx(weight, rel=0.04)


def test_sound_in_the_cold_thin_air_is_slower_than_on_earth():
    assert nominal_air(0.0).speed_of_sound == pytest.approx(sqrt(1.3 * 191.27 * 214.1), rel=1e-3)


@pytest.mark.parametrize("height", [-3_000.0, 0.0, 50_000.0, 130_000.0, 200_000.0])
def test_density_has_no_kink_at_the_points(height):
    below, at, above = (log(nominal_air(height + step).density) for step in (-1.0, 0.0, 1.0))
    assert above - at == pytest.approx(at - below, rel=2e-3)


def test_density_falls_all_the_way_up_and_beyond_the_profile():
    densities = [nominal_air(500.0 * index).density for index in range(-10, 800)]
    assert all(upper < lower for lower, upper in pairwise(densities))
    assert nominal_air(343_000.0).temperature == nominal_air(200_000.0).temperature
    assert nominal_air(400_000.0).density > 0.0


def test_the_spread_of_density_grows_from_2_to_45_percent():
    assert density_sigma(0.0) == pytest.approx(0.02)
    assert density_sigma(-5_000.0) == pytest.approx(0.02)
    assert density_sigma(300_000.0) == pytest.approx(0.45)


@pytest.mark.parametrize("height", [0.0, 40_000.0, 110_000.0])
def test_days_scatter_lognormally_about_the_nominal_air(height):
    stream = random.Random(5)
    factors = [AirDispersion(stream).density_factor(height) for _ in range(2_000)]
    sigma = density_sigma(height)
    assert fmean(factors) == pytest.approx(1.0, abs=4.0 * sigma / sqrt(2_000))
    assert pstdev(factors) == pytest.approx(sigma, rel=0.12)
    logs = [log(factor) for factor in factors]
    median = sorted(logs)[1_000]
    assert median == pytest.approx(-0.5 * log(1.0 + sigma**2), abs=0.05 * sigma + 1e-4)


def test_near_heights_deviate_together_and_far_ones_each_for_themselves():
    stream = random.Random(6)

    def correlation(first: float, second: float) -> float:
        pairs = []
        for _ in range(800):
            day = AirDispersion(stream)
            pairs.append((log(day.density_factor(first)), log(day.density_factor(second))))
        x, y = ([value - fmean(column) for value in column] for column in zip(*pairs, strict=True))
        return fmean(a * b for a, b in zip(x, y, strict=True)) / (pstdev(x) * pstdev(y))

    assert correlation(50_000.0, 65_000.0) == pytest.approx(exp(-1.0), abs=0.12)
    assert correlation(50_000.0, 52_500.0) > 0.8
    assert abs(correlation(30_000.0, 120_000.0)) < 0.12


def test_winds_scatter_more_in_the_thin_air():
    stream = random.Random(7)
    days = [AirDispersion(stream) for _ in range(600)]
    assert pstdev([day.wind(0.0)[0] for day in days]) == pytest.approx(5.0, rel=0.12)
    assert pstdev([day.wind(90_000.0)[1] for day in days]) == pytest.approx(25.0, rel=0.12)


def test_a_dispersed_day_is_the_same_for_the_same_stream_and_changes_density_and_pressure_alike():
    first, second = (Atmosphere(AirDispersion(random.Random(3))) for _ in range(2))
    assert first.at(42_000.0) == second.at(42_000.0)
    calm = Atmosphere().at(42_000.0)
    day = first.at(42_000.0)
    assert day.density != calm.density
    assert day.density / calm.density == pytest.approx(day.pressure / calm.pressure)
    assert day.speed_of_sound == calm.speed_of_sound


@pytest.mark.parametrize(
    "wrong", [{"correlation_length": 0.0}, {"point_spacing": -1.0}, {"wind_sigma_low": -1.0}]
)
def test_impossible_dispersions_are_refused(wrong):
    with pytest.raises(ValueError, match=r"positive|negative"):
        DispersionParameters(**wrong)
