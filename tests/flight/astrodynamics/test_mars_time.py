import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import mars_time as mt
from flight.astrodynamics.time_scales import format_iso, parse_iso, tt_from_utc, utc_from_tt

JEZERO_LONGITUDE = 77.45088572  # Octavia E. Butler landing site
DAYS = st.floats(2_460_000.0, 2_466_000.0)


def at(utc: str) -> float:
    return tt_from_utc(parse_iso(utc))


def test_mars24_worked_example_a():
    """Mars24 algorithm page, example 1: 2000-01-06 00:00:00 UTC at the prime meridian."""
    moment = mt.mars_time(at("2000-01-06"), 0.0)
    assert moment.mean_anomaly_degrees == pytest.approx(21.74558, abs=1e-5)
    assert moment.solar_longitude_degrees == pytest.approx(277.18758, abs=1e-4)
    assert moment.equation_of_time_degrees == pytest.approx(-5.18774, abs=1e-4)
    assert moment.mars_sol_date == pytest.approx(44_795.99976, abs=1e-5)
    assert mt.format_hours(moment.mtc_hours) == "23:59:39"
    assert mt.format_hours(moment.ltst_hours) == "23:38:54"
    assert moment.sun_distance_au == pytest.approx(1.39358, abs=1e-5)
    assert moment.solar_declination_degrees == pytest.approx(-25.2282, abs=1e-4)


def test_mars24_worked_example_b():
    """Mars24 algorithm page, example 2: Spirit's planned site, 184.702 W, near true midnight."""
    moment = mt.mars_time(at("2004-01-03T13:46:31Z"), -184.702)
    assert moment.mean_anomaly_degrees == pytest.approx(66.06858, abs=1e-5)
    assert moment.solar_longitude_degrees == pytest.approx(327.32416, abs=1e-4)
    assert moment.equation_of_time_degrees == pytest.approx(-12.77553, abs=1e-4)
    assert moment.mtc_hours == pytest.approx(13.16537, abs=1e-5)
    assert moment.lmst_hours == pytest.approx(0.85190, abs=1e-5)
    assert moment.ltst_hours == pytest.approx(0.00020, abs=1e-4)


def test_a_sol_lasts_88775_244_seconds():
    sol = mt.SOL_SECONDS
    assert sol == pytest.approx(88_775.244, abs=1e-3)


@pytest.mark.parametrize(
    ("sol", "hour", "utc_day"),
    [(653, 13 + 38 / 60 + 22 / 3600, "2022-12-21"), (690, 14 + 36 / 60 + 27 / 3600, "2023-01-28")],
)
def test_perseverance_sols_fall_on_their_published_earth_days(sol, hour, utc_day):
    """First and last tube of the Three Forks depot (NASA photojournal PIA25682)."""
    landing = mt.local_sol_number(at("2021-02-18T20:44:00Z"), JEZERO_LONGITUDE)
    jd_tt = mt.jd_tt_of_local_time(landing + sol, hour, JEZERO_LONGITUDE)
    assert format_iso(utc_from_tt(jd_tt)).startswith(utc_day)


def test_lmst_text_counts_sols_from_the_landing_sol():
    landing = mt.local_sol_number(at("2028-08-01T12:00:00Z"), JEZERO_LONGITUDE)
    jd_tt = mt.jd_tt_of_local_time(landing + 12, 13 + 38 / 60 + 22 / 3600, JEZERO_LONGITUDE)
    assert mt.format_lmst(jd_tt, JEZERO_LONGITUDE, landing) == "Sol 012 M 13:38:22"
    last = mt.jd_tt_of_local_time(landing + 12, 23 + 59 / 60 + 59.5 / 3600, JEZERO_LONGITUDE)
    assert mt.format_lmst(last, JEZERO_LONGITUDE, landing) == "Sol 012 M 23:59:59"


@given(DAYS, st.floats(-180.0, 360.0))
def test_local_time_and_date_are_inverse(jd_tt, longitude):
    sol = mt.local_sol_number(jd_tt, longitude)
    hours = mt.mars_time(jd_tt, longitude).lmst_hours
    assert abs(mt.jd_tt_of_local_time(sol, hours, longitude) - jd_tt) * 86_400 < 1e-2


@pytest.mark.parametrize(
    ("ls", "near", "day"),
    [
        (0, "2028-08-01", "2028-08-17"),
        (90, "2029-03-01", "2029-03-03"),
        (180, "2029-09-10", "2029-09-03"),
        (270, "2030-01-01", "2030-01-28"),
        (0, "2030-06-01", "2030-07-05"),
        (180, "2033-06-01", "2033-06-08"),
    ],
)
def test_seasons_begin_on_their_dates(ls, near, day):
    jd_tt = mt.jd_tt_of_solar_longitude(ls, at(near))
    assert format_iso(utc_from_tt(jd_tt)).startswith(day)


@given(DAYS, st.floats(0.0, 359.999))
def test_solar_longitude_and_date_are_inverse(near, ls):
    found = mt.solar_longitude_degrees(mt.jd_tt_of_solar_longitude(ls, near))
    assert abs((found - ls + 180.0) % 360.0 - 180.0) < 1e-7


def test_the_sun_culminates_due_north_or_south_at_true_noon():
    jd_tt = at("2028-09-01")
    moment = mt.mars_time(jd_tt, JEZERO_LONGITUDE)
    noon = jd_tt + (12.0 - moment.ltst_hours) / 24.0 * mt.SOL_DAYS
    direction = mt.sun_elevation_azimuth(noon, 18.45, JEZERO_LONGITUDE)
    solar_longitude = math.radians(mt.solar_longitude_degrees(noon))
    declination = math.degrees(math.asin(0.42565 * math.sin(solar_longitude)))
    assert direction.elevation_degrees == pytest.approx(90.0 - 18.45 + declination, abs=1e-3)
    assert direction.azimuth_degrees == pytest.approx(180.0, abs=0.2)


def test_the_sun_rises_in_the_east_and_sets_in_the_west():
    noon = at("2028-09-01")
    noon += (12.0 - mt.mars_time(noon, 0.0).ltst_hours) / 24.0 * mt.SOL_DAYS
    morning = mt.sun_elevation_azimuth(noon - 0.25 * mt.SOL_DAYS, 0.0, 0.0)
    evening = mt.sun_elevation_azimuth(noon + 0.25 * mt.SOL_DAYS, 0.0, 0.0)
    assert morning.elevation_degrees == pytest.approx(0.0, abs=0.2)
    assert 60.0 < morning.azimuth_degrees < 120.0
    assert 240.0 < evening.azimuth_degrees < 300.0
