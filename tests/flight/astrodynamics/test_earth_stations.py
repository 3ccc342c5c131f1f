import itertools
import math

import pytest

from flight.astrodynamics import earth_stations as es
from flight.astrodynamics.time_scales import JD_J2000, julian_date
from flight.astrodynamics.vectors import direction, dot, longitude_latitude, transform


def test_sidereal_time_of_meeus_example():
    """Meeus, Astronomical Algorithms, ex. 12.a: 13h 10m 46.3668s (older theory: 3 ms apart)."""
    hours = math.degrees(es.greenwich_mean_sidereal_time(julian_date(1987, 4, 10))) / 15.0
    assert hours * 3600.0 == pytest.approx(13 * 3600 + 10 * 60 + 46.3668, abs=0.01)


def test_precession_of_meeus_example():
    """Meeus ex. 21.b, theta Persei to 2028-11-13.19 TT, within 0.15 arcsecond of that theory."""
    at_j2000 = direction(math.radians(41.054063), math.radians(49.227750))
    of_date = transform(es.precession_matrix(2_462_088.69), at_j2000)
    right_ascension, declination = longitude_latitude(of_date)
    assert math.degrees(right_ascension) == pytest.approx(41.547214, abs=4e-5)
    assert math.degrees(declination) == pytest.approx(49.348483, abs=4e-5)


@pytest.mark.parametrize(
    ("station", "latitude", "longitude", "height"),
    [
        (es.GOLDSTONE, 35 + 25 / 60 + 33.24 / 3600, 243 + 6 / 60 + 37.66 / 3600 - 360, 1001.4),
        (es.CANBERRA, -(35 + 24 / 60 + 8.73 / 3600), 148 + 58 / 60 + 52.56 / 3600, 688.9),
        (es.MADRID, 40 + 25 / 60 + 52.36 / 3600, 355 + 45 / 60 + 7.17 / 3600 - 360, 864.8),
    ],
)
def test_stations_stand_where_the_network_says(station, latitude, longitude, height):
    """Deep Space Network 810-005, module 301, gives both kinds of coordinates."""
    assert station.latitude_degrees == pytest.approx(latitude, abs=1e-5)
    assert station.east_longitude_degrees == pytest.approx(longitude, abs=1e-5)
    assert station.height_metres == pytest.approx(height, abs=0.1)


def test_the_celestial_pole_stands_at_the_latitude_of_the_station():
    elevation = es.earth_station_elevation(es.MADRID, (0.0, 0.0, 7.0), JD_J2000)
    assert math.degrees(elevation) == pytest.approx(es.MADRID.latitude_degrees, abs=1e-3)


def test_a_star_returns_after_a_sidereal_day():
    star = direction(1.0, 0.2)
    start = julian_date(2030, 3, 1)
    sidereal_day = 86_164.0905 / 86_400.0
    before = es.earth_station_elevation(es.CANBERRA, star, start)
    after = es.earth_station_elevation(es.CANBERRA, star, start + sidereal_day)
    assert after == pytest.approx(before, abs=1e-5)


def test_mars_rises_and_sets_once_a_day_over_each_complex():
    start = julian_date(2029, 3, 1)
    for station in es.DEEP_SPACE_NETWORK:
        up = [es.mars_elevation_at_station(station, start + k / 144) > 0.0 for k in range(145)]
        assert up.count(True) > 30
        assert sum(a != b for a, b in itertools.pairwise(up)) == 2


def test_some_complex_sees_mars_above_ten_degrees_nearly_always():
    start = julian_date(2028, 8, 1)
    seen = [
        bool(es.stations_that_see_mars(start + k / 10.0, math.radians(10.0))) for k in range(300)
    ]
    assert sum(seen) >= 0.97 * len(seen)


def test_the_earth_fixed_frame_is_a_rotation():
    matrix = es.icrf_to_earth_fixed(julian_date(2031, 5, 5, 7))
    for i in range(3):
        for j in range(3):
            assert dot(matrix[i], matrix[j]) == pytest.approx(float(i == j), abs=1e-14)
