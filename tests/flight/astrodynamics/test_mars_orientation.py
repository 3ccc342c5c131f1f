import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import mars_orientation as mo
from flight.astrodynamics.ellipsoids import MARS_IAU, WGS84, east_north_up
from flight.astrodynamics.ephemeris import relative_state
from flight.astrodynamics.mars_time import SOL_DAYS, mars_time, sun_elevation_azimuth
from flight.astrodynamics.time_scales import JD_J2000, julian_date, tt_from_tdb
from flight.astrodynamics.vectors import dot, longitude_latitude, multiply, transform

DATES = st.floats(julian_date(2026, 1, 1), julian_date(2037, 1, 1))
JEZERO = (math.radians(18.65), math.radians(77.41))  # planetographic


def test_the_pole_at_j2000_agrees_with_the_report_before():
    """IAU 2009 report: 317.68143, 52.88650 and W = 176.630 degrees."""
    right_ascension, declination, meridian = (
        math.degrees(a) for a in mo.pole_and_meridian(JD_J2000)
    )
    assert right_ascension == pytest.approx(317.68143, abs=1e-3)
    assert declination == pytest.approx(52.88650, abs=1e-3)
    assert meridian == pytest.approx(176.630, abs=5e-3)


def test_mars_turns_once_in_a_sidereal_day():
    assert math.tau / mo.ROTATION_RATE == pytest.approx(88_642.663, abs=1e-3)


@given(DATES)
def test_the_body_fixed_frame_is_a_rotation(jd_tdb):
    product = multiply(mo.mars_fixed_to_icrf(jd_tdb), mo.icrf_to_mars_fixed(jd_tdb))
    for i in range(3):
        for j in range(3):
            assert product[i][j] == pytest.approx(float(i == j), abs=1e-14)


@given(DATES)
def test_the_subsolar_point_agrees_with_the_mars24_series(jd_tdb):
    """Two independent ways to the same point: ephemeris and orientation, or the series."""
    sun, _ = relative_state("sun", "mars", jd_tdb)
    longitude, latitude = longitude_latitude(transform(mo.icrf_to_mars_fixed(jd_tdb), sun))
    moment = mars_time(tt_from_tdb(jd_tdb), 0.0)
    expected = -15.0 * (moment.ltst_hours - 12.0)
    assert abs((math.degrees(longitude) - expected + 180.0) % 360.0 - 180.0) < 0.02
    graphic = math.degrees(MARS_IAU.geodetic_latitude(latitude))
    assert graphic == pytest.approx(moment.solar_declination_degrees, abs=0.05)


@given(DATES)
def test_the_sun_of_the_series_stands_where_the_ephemeris_has_it(jd_tdb):
    latitude, longitude = JEZERO
    elevation, _ = mo.sun_elevation_azimuth_from_ephemeris(jd_tdb, latitude, longitude)
    series = sun_elevation_azimuth(
        tt_from_tdb(jd_tdb), math.degrees(latitude), math.degrees(longitude)
    )
    assert series.elevation_degrees == pytest.approx(math.degrees(elevation), abs=0.02)


def test_earth_rises_and_sets_once_a_sol_at_jezero():
    start = julian_date(2028, 9, 1)
    up = [
        mo.earth_elevation_azimuth(start + k * SOL_DAYS / 100, *JEZERO)[0] > 0.0 for k in range(101)
    ]
    assert 40 < up.count(True) < 65
    assert sum(a != b for a, b in itertools.pairwise(up)) == 2


def test_earth_stays_near_the_sun_in_the_martian_sky():
    jd_tdb = julian_date(2030, 5, 25)  # solar conjunction: from Mars, Earth is in front of the Sun
    earth = mo.earth_elevation_azimuth(jd_tdb, *JEZERO)
    sun = mo.sun_elevation_azimuth_from_ephemeris(jd_tdb, *JEZERO)
    assert earth[0] == pytest.approx(sun[0], abs=math.radians(1.0))


@given(st.floats(-1.5, 1.5), st.floats(-3.1, 3.1), st.floats(-5e3, 1e6))
def test_geodetic_and_cartesian_positions_are_inverse(latitude, longitude, height):
    for ellipsoid in (WGS84, MARS_IAU):
        back = ellipsoid.to_geodetic(ellipsoid.to_cartesian(latitude, longitude, height))
        assert back[0] == pytest.approx(latitude, abs=1e-12)
        assert back[1] == pytest.approx(longitude, abs=1e-12)
        assert back[2] == pytest.approx(height, abs=1e-6)


@given(st.floats(-1.5, 1.5))
def test_geodetic_and_centric_latitude_are_inverse(latitude):
    assert MARS_IAU.centric_latitude(MARS_IAU.geodetic_latitude(latitude)) == pytest.approx(
        latitude, abs=1e-14
    )
    on_surface = MARS_IAU.to_cartesian(MARS_IAU.geodetic_latitude(latitude), 0.0, 0.0)
    assert longitude_latitude(on_surface)[1] == pytest.approx(latitude, abs=1e-13)


@given(st.floats(-1.5, 1.5), st.floats(-3.1, 3.1))
def test_east_north_up_is_right_handed_and_up_leads_outward(latitude, longitude):
    east, north, up = east_north_up(latitude, longitude)
    assert dot(east, north) == pytest.approx(0.0, abs=1e-15)
    low = MARS_IAU.to_cartesian(latitude, longitude, 0.0)
    high = MARS_IAU.to_cartesian(latitude, longitude, 100.0)
    assert dot(up, high) - dot(up, low) == pytest.approx(100.0, abs=1e-6)
    assert east[0] * north[1] - east[1] * north[0] == pytest.approx(up[2], abs=1e-15)
