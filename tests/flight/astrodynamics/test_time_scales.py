import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import time_scales as ts

J1990, J2040 = 2_447_892.5, 2_466_154.5


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        ((2000, 1, 1, 12), 2_451_545.0),  # J2000.0
        ((1957, 10, 4, 19, 26, 24.0), 2_436_116.31),  # Meeus, Astronomical Algorithms, ex. 7.a
        ((1987, 6, 19, 12), 2_446_966.0),  # Meeus, table after ex. 7.b
        ((1600, 1, 1), 2_305_447.5),
        ((2031, 1, 1), 2_462_867.5),
    ],
)
def test_julian_date_matches_published_dates(calendar, expected):
    assert ts.julian_date(*calendar) == pytest.approx(expected, abs=1e-9)


@given(st.floats(J1990, J2040))
def test_calendar_and_julian_date_are_inverse(jd):
    moment = ts.calendar_time(jd, decimals=4)
    back = ts.julian_date(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
    )
    assert abs(back - jd) * 86_400 < 2e-4


@given(st.floats(J1990, J2040))
def test_iso_text_and_julian_date_are_inverse(jd):
    assert abs(ts.parse_iso(ts.format_iso(jd)) - jd) * 86_400 < 6e-4


@pytest.mark.parametrize(
    "text",
    ["2028-02-30", "2028-13-01", "2028-08-01T24:00", "2016-12-31T23:59:60Z", "1 August 2028", ""],
)
def test_a_time_that_does_not_exist_is_refused_by_a_sentence(text):
    with pytest.raises(ValueError, match="is not a"):
        ts.parse_iso(text)


def test_rounding_carries_into_the_next_year():
    almost = ts.julian_date(2030, 12, 31, 23, 59, 59.9997)
    assert ts.format_iso(almost) == "2031-01-01T00:00:00.000Z"
    assert ts.format_iso(almost, 0) == "2031-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("utc", "offset"),
    [
        ("1972-01-01", 42.184),
        ("2000-01-06", 64.184),
        ("2016-12-31T23:59:59", 68.184),
        ("2017-01-01", 69.184),
        ("2036-12-31", 69.184),
    ],
)
def test_tt_minus_utc_follows_the_leap_seconds(utc, offset):
    assert ts.tt_minus_utc(ts.parse_iso(utc)) == pytest.approx(offset, abs=1e-9)


def test_utc_before_1972_is_refused():
    with pytest.raises(ValueError, match="1972"):
        ts.tt_minus_utc(ts.parse_iso("1971-12-31"))


@given(st.floats(J1990, J2040))
def test_utc_and_tt_are_inverse(jd_utc):
    assert abs(ts.utc_from_tt(ts.tt_from_utc(jd_utc)) - jd_utc) * 86_400 < 1e-4


def test_utc_and_tt_are_inverse_around_a_leap_second():
    for offset in (-80.0, -60.0, -1.0, 0.0, 1.0, 60.0, 80.0):
        jd_utc = ts.parse_iso("2017-01-01") + offset / 86_400
        assert abs(ts.utc_from_tt(ts.tt_from_utc(jd_utc)) - jd_utc) * 86_400 < 1e-4


def test_tdb_stays_within_two_milliseconds_of_tt_and_swings_once_a_year():
    offsets = [ts.tdb_minus_tt(2_462_867.5 + day) for day in range(365)]
    assert max(offsets) == pytest.approx(1.66e-3, abs=3e-5)
    assert min(offsets) == pytest.approx(-1.66e-3, abs=3e-5)
    assert 90 <= offsets.index(max(offsets)) <= 98  # a quarter year after perihelion (4 January)


@given(st.floats(J1990, J2040))
def test_tdb_and_utc_are_inverse(jd_utc):
    assert abs(ts.utc_from_tdb(ts.tdb_from_utc(jd_utc)) - jd_utc) * 86_400 < 1e-4


def test_epoch_counts_si_seconds_across_a_leap_second():
    epoch = ts.Epoch.from_utc("2016-12-31T23:59:50Z")
    assert epoch.utc_at(9.0) == "2016-12-31T23:59:59.000Z"
    assert epoch.utc_at(11.0) == "2017-01-01T00:00:00.000Z"
    assert epoch.elapsed_seconds(epoch.jd_tt_at(1e6)) == pytest.approx(1e6, abs=1e-4)
