import itertools
import math

import pytest

from flight.astrodynamics import conjunctions
from flight.astrodynamics.ephemeris import relative_state
from flight.astrodynamics.time_scales import julian_date

START, END = julian_date(2026, 1, 1), julian_date(2037, 1, 1)


def day(month_day: float, year: int, month: int) -> float:
    return julian_date(year, month, 1) + month_day - 1.0


@pytest.fixture(scope="module")
def extrema():
    return conjunctions.light_time_extrema(START, END)


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        (day(20.0, 2027, 2), 338.3),
        (day(29.5, 2029, 3), 323.0),
        (day(12.0, 2031, 5), 276.1),
        (day(5.5, 2033, 7), 211.1),
        (day(11.5, 2035, 9), 189.8),
    ],
)
def test_light_time_minima_have_their_known_dates_and_values(extrema, date, seconds):
    nearest = min(
        (extremum for extremum in extrema if extremum.kind == "minimum"),
        key=lambda extremum: abs(extremum.jd_tdb - date),
    )
    assert nearest.jd_tdb == pytest.approx(date, abs=0.5)
    assert nearest.seconds == pytest.approx(seconds, abs=0.1)


def test_minima_and_maxima_of_the_light_time_alternate(extrema):
    kinds = [extremum.kind for extremum in extrema]
    assert len(kinds) == 10
    assert all(first != second for first, second in itertools.pairwise(kinds))


@pytest.mark.parametrize(
    ("date", "degrees"), [(day(9.5, 2026, 1), 0.94), (day(25.5, 2030, 5), 0.28)]
)
def test_solar_conjunctions_have_their_known_dates(date, degrees):
    found = conjunctions.solar_conjunctions(max(START, date - 100.0), date + 100.0)
    assert len(found) == 1
    assert found[0].jd_tdb == pytest.approx(date, abs=0.5)
    assert math.degrees(found[0].sun_earth_mars_angle) == pytest.approx(degrees, abs=0.005)


def test_command_moratorium_of_2030():
    intervals = conjunctions.moratorium_intervals(day(1, 2030, 1), day(1, 2030, 12))
    assert len(intervals) == 1
    begin, end = intervals[0]
    assert begin == pytest.approx(day(14.0, 2030, 5), abs=0.5)
    assert end == pytest.approx(day(6.5, 2030, 6), abs=0.5)
    assert end - begin == pytest.approx(23.5, abs=0.1)
    for moment in (begin, end):
        assert math.degrees(conjunctions.sun_earth_mars_angle(moment)) == pytest.approx(3, abs=1e-3)


def test_a_moratorium_under_way_at_the_start_is_cut_there():
    first = conjunctions.moratorium_intervals(START, day(1, 2026, 6))[0]
    assert first[0] == START
    assert day(15, 2026, 1) < first[1] < day(27, 2026, 1)


def test_the_angles_of_the_triangle_add_up_to_half_a_turn():
    for index in range(20):
        jd_tdb = START + 200.0 * index
        earth, _ = relative_state("earth", "sun", jd_tdb)
        mars, _ = relative_state("mars", "sun", jd_tdb)
        at_sun = conjunctions.angle_between(earth, mars)
        total = (
            at_sun
            + conjunctions.sun_earth_mars_angle(jd_tdb)
            + conjunctions.sun_mars_earth_angle(jd_tdb)
        )
        assert total == pytest.approx(math.pi, abs=1e-9)


def test_a_probe_at_mars_has_the_angle_of_mars():
    jd_tdb = julian_date(2029, 1, 1)
    mars, _ = relative_state("mars", "sun", jd_tdb)
    assert conjunctions.sun_earth_probe_angle(mars, jd_tdb) == pytest.approx(
        conjunctions.sun_earth_mars_angle(jd_tdb), abs=1e-12
    )
