"""Behaviour of the wind."""

import random

import pytest

from sim_hw.world.wind import mean_wind_speed, sample_gust_speed, sample_wind_speed


def test_mean_wind_stays_between_two_and_eight_and_peaks_in_the_afternoon() -> None:
    speeds = [mean_wind_speed(hour / 4.0) for hour in range(96)]
    assert all(2.0 <= speed <= 8.0 for speed in speeds)
    assert 13.0 <= speeds.index(max(speeds)) / 4.0 <= 16.0


def test_moments_scatter_about_the_mean() -> None:
    stream = random.Random(2)
    speeds = [sample_wind_speed(14.0, stream) for _ in range(4000)]
    assert sum(speeds) / len(speeds) == pytest.approx(mean_wind_speed(14.0), rel=0.03)
    assert min(speeds) >= 0.0


def test_afternoon_gusts_reach_twenty_metres_per_second_and_night_gusts_do_not() -> None:
    stream = random.Random(2)
    assert max(sample_gust_speed(14.0, stream) for _ in range(50)) > 20.0
    assert max(sample_gust_speed(3.0, stream) for _ in range(50)) < 15.0


def test_gust_is_the_strongest_of_its_moments() -> None:
    stream = random.Random(4)
    drawn = sorted(sample_gust_speed(12.0, stream, moments=50) for _ in range(800))
    brute = sorted(max(sample_wind_speed(12.0, stream) for _ in range(50)) for _ in range(800))
    assert drawn[400] == pytest.approx(brute[400], rel=0.05)


def test_gust_of_no_moments_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        sample_gust_speed(12.0, random.Random(0), moments=0)
