import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import ephemeris
from flight.astrodynamics.constants import SPEED_OF_LIGHT
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import norm, scale, subtract

START, END = julian_date(2010, 2, 1), julian_date(2045, 12, 31)
DATES = st.floats(START, END)
BODY_NAMES = st.sampled_from(sorted(ephemeris.BODIES))


def test_light_time_at_the_start_of_2031():
    """780.316 s, received at Earth (DE440 by two independent libraries)."""
    jd_tdb = julian_date(2031, 1, 1)
    assert ephemeris.mars_to_earth_light_time(jd_tdb) == pytest.approx(780.316, abs=5e-4)
    distance = norm(ephemeris.relative_state("mars", "earth", jd_tdb)[0])
    assert 1.0e3 * distance / SPEED_OF_LIGHT == pytest.approx(780.348, abs=5e-4)


def test_light_time_at_the_start_of_2030():
    assert ephemeris.mars_to_earth_light_time(julian_date(2030, 1, 1)) == pytest.approx(
        1038.276, abs=5e-4
    )


@given(DATES)
def test_transmission_and_reception_describe_the_same_signal(jd_sent):
    there = ephemeris.earth_to_mars_light_time(jd_sent)
    arrival = jd_sent + there / 86_400.0
    back = ephemeris.light_time_at_reception("earth", "mars", arrival)
    assert back == pytest.approx(there, abs=1e-7)


@given(DATES, BODY_NAMES)
def test_velocity_is_the_derivative_of_position(jd_tdb, body):
    step = 0.01
    before, _ = ephemeris.barycentric_state(body, jd_tdb - step)
    after, _ = ephemeris.barycentric_state(body, jd_tdb + step)
    _, velocity = ephemeris.barycentric_state(body, jd_tdb)
    numerical = scale(1.0 / (2.0 * step * 86_400.0), subtract(after, before))
    assert norm(subtract(numerical, velocity)) < 2e-4  # km/s; intervals may meet in between


def test_intervals_of_the_table_join_smoothly():
    table = ephemeris.standard_table()
    for body, days in (("sun", 64.0), ("earth", 16.0), ("mars", 64.0)):
        for index in range(1, 60):
            joint = table.start_jd_tdb + index * days
            left, velocity = table.state(body, joint - 1e-9)
            right, _ = table.state(body, joint)
            moved = scale(1e-9 * 86_400.0, velocity)
            assert norm(subtract(subtract(right, left), moved)) < 0.6


def test_distances_to_the_sun_stay_between_the_published_extremes():
    dates = [START + 5.0 * index for index in range(2600)]
    earth = [norm(ephemeris.heliocentric_state("earth", jd)[0]) for jd in dates]
    mars = [norm(ephemeris.heliocentric_state("mars", jd)[0]) for jd in dates]
    unit = ephemeris.ASTRONOMICAL_UNIT_KM
    assert min(earth) / unit == pytest.approx(0.9833, abs=5e-4)
    assert max(earth) / unit == pytest.approx(1.0167, abs=5e-4)
    assert min(mars) / unit == pytest.approx(1.381, abs=2e-3)
    assert max(mars) / unit == pytest.approx(1.666, abs=2e-3)


@pytest.mark.parametrize("jd_tdb", [julian_date(2009, 12, 31), julian_date(2046, 1, 2), math.nan])
def test_a_date_outside_the_table_is_refused_by_a_sentence(jd_tdb):
    with pytest.raises(ValueError, match=r"outside the ephemeris table, which covers 2010-01-01"):
        ephemeris.barycentric_state("mars", jd_tdb)


def test_an_unknown_body_is_refused_by_a_sentence():
    with pytest.raises(ValueError, match="no body 'venus'; it has earth, mars, moon, sun"):
        ephemeris.barycentric_state("venus", START)


def test_the_moon_circles_the_earth_between_the_published_extremes():
    """356,400 to 406,700 km (Meeus, Astronomical Algorithms, chapter 50)."""
    away = [norm(ephemeris.relative_state("moon", "earth", START + day)[0]) for day in range(9000)]
    assert 356_300.0 < min(away) < 357_000.0
    assert 406_200.0 < max(away) < 406_800.0


def test_a_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / "table.f64"
    path.write_bytes(bytes(64))
    with pytest.raises(ValueError, match="not an ephemeris table"):
        ephemeris.EphemerisTable.read(path)


def test_a_file_that_was_cut_short_is_refused(tmp_path):
    path = tmp_path / "table.f64"
    path.write_bytes(ephemeris.TABLE_PATH.read_bytes()[:-800])
    with pytest.raises(ValueError, match="ends before the coefficients of body 301"):
        ephemeris.EphemerisTable.read(path)
