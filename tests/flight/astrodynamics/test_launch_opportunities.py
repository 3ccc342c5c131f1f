"""The occasions to leave for Mars, and for home."""

from math import degrees, radians

import pytest

from flight.astrodynamics.launch_opportunities import COSTS, Opportunity, opportunities
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.transfer_windows import Transfer


def years(first: int, last: int) -> tuple[float, float]:
    return julian_date(first, 1, 1), julian_date(last + 1, 1, 1)


@pytest.fixture(scope="module")
def outward() -> list[Opportunity]:
    return opportunities("earth", "mars", years(2030, 2033))


def test_both_types_of_every_alignment_are_found_and_no_other(outward):
    # Minima of C3 with DE421 and another solver: type, C3, day of departure.
    published = (
        (1, 8.970, julian_date(2031, 1, 27) + 0.3),
        (2, 8.170, julian_date(2031, 2, 22) + 0.7),
        (1, 8.396, julian_date(2033, 4, 4) + 0.3),
        (2, 7.705, julian_date(2033, 4, 28) + 0.9),
    )
    assert len(outward) == len(published)
    for one, (kind, c3, departure) in zip(outward, published, strict=True):
        assert one.transfer.type == kind
        assert one.transfer.c3 == pytest.approx(c3, abs=0.01)
        assert one.transfer.departure_jd_tdb == pytest.approx(departure, abs=0.5)


def test_the_way_home_ends_at_its_entry_speed():
    first, second = opportunities("mars", "earth", years(2030, 2030))
    assert [one.transfer.type for one in (first, second)] == [1, 2]
    assert first.entry_speed == pytest.approx(12.424, abs=0.01)
    assert second.entry_speed == pytest.approx(12.350, abs=0.01)


def test_entry_at_mars_is_faster_than_escape_by_the_speed_of_approach(outward):
    for one in outward:
        escape_squared = one.entry_speed**2 - one.transfer.arrival_speed**2
        assert escape_squared == pytest.approx(2.0 * 42_828.37 / 3_522.2, rel=1e-6)


def test_the_end_of_the_search_is_no_opportunity():
    # C3 falls all through the second half of 2030 towards the window of January 2031.
    assert opportunities("earth", "mars", (julian_date(2030, 7, 1), julian_date(2031, 1, 1))) == []


def test_a_window_close_to_the_end_of_the_search_is_found():
    departures = (julian_date(2031, 1, 20), julian_date(2031, 2, 1))
    (only,) = opportunities("earth", "mars", departures)
    assert only.transfer.type == 1


def test_type_1_of_2026_leans_on_the_wall_at_half_a_turn():
    kinds = {one.transfer.type: one for one in opportunities("earth", "mars", years(2026, 2026))}
    assert kinds[1].against_half_turn
    assert not kinds[2].against_half_turn


def test_the_least_speed_of_arrival_costs_launch_energy(outward):
    slow = opportunities("earth", "mars", years(2033, 2033), (2,), COSTS["arrival"])
    cheap = [one for one in outward if one.transfer.type == 2][-1]
    assert slow[0].transfer.arrival_speed < cheap.transfer.arrival_speed - 0.5
    assert slow[0].transfer.c3 > cheap.transfer.c3


def test_a_shorter_limit_on_the_flight_is_kept():
    found = opportunities("mars", "earth", years(2030, 2030), (2,), days_of_flight=(125.0, 300.0))
    assert found[0].transfer.days <= 300.0
    assert found[0].transfer.c3 > 5.43


def test_declination_is_counted_from_the_equator_of_the_planet_left():
    jd = julian_date(2030, 11, 1)
    # The pole of Mars in the ICRF: right ascension 317.68, declination 52.89 degrees.
    pole = (0.4463, -0.4063, 0.7975)
    flight = Transfer(jd, jd + 300.0, pole, (1.0, 0.0, 0.0), 3.0)
    assert degrees(Opportunity("mars", "earth", flight).departure_declination) > 89.5
    from_earth = Opportunity("earth", "mars", flight).departure_declination
    assert from_earth == pytest.approx(radians(52.9), abs=2e-3)


@pytest.mark.parametrize("first_last", [(2008, 2010), (2045, 2045), (2050, 2051)])
def test_dates_beyond_the_ephemeris_are_refused_with_what_it_covers(first_last):
    with pytest.raises(ValueError, match="the ephemeris covers 2010-01-01 to 2046-01-01"):
        opportunities("earth", "mars", years(*first_last))


def test_ranges_upside_down_are_refused():
    with pytest.raises(ValueError, match="before the last"):
        opportunities("earth", "mars", (julian_date(2031, 1, 1), julian_date(2030, 1, 1)))
    with pytest.raises(ValueError, match="shorter first"):
        opportunities("earth", "mars", years(2031, 2031), days_of_flight=(300.0, 200.0))
