"""Windows computed with DE421 and a zero-revolution Lambert solver that shares no code."""

import math

import pytest

from flight.astrodynamics import transfer_windows as tw
from flight.astrodynamics.time_scales import julian_date


def day(year: int, month: int, day_of_month: float) -> float:
    return julian_date(year, month, 1) + day_of_month - 1.0


# Departure, arrival, type, C3 (km^2/s^2), arrival v-infinity (km/s), heliocentric angle (degrees).
EARTH_TO_MARS = [
    (day(2026, 10, 31.4), day(2027, 8, 19.7), 2, 9.182, 2.717, 195.9),
    (day(2028, 12, 10.7), day(2029, 7, 20.4), 1, 9.024, 4.874, 161.8),
    (day(2028, 11, 29.7), day(2029, 10, 10.5), 2, 8.995, 3.161, 218.9),
    (day(2031, 1, 27.3), day(2031, 8, 5.1), 1, 8.970, 5.599, 146.1),
    (day(2031, 2, 22.7), day(2032, 1, 8.8), 2, 8.170, 5.524, 216.4),
    (day(2033, 4, 4.3), day(2033, 9, 28.9), 1, 8.396, 4.040, 139.0),
    (day(2033, 4, 28.9), day(2034, 1, 27.6), 2, 7.705, 4.376, 188.5),
    (day(2035, 6, 24.0), day(2036, 1, 5.3), 1, 10.262, 2.690, 146.6),
]
# Departure, arrival, type, C3, arrival v-infinity, inertial speed at 125 km (km/s).
MARS_TO_EARTH = [
    (day(2026, 8, 2.7), day(2027, 6, 18.9), 2, 7.165, 3.084, 11.493),
    (day(2028, 9, 5.9), day(2029, 8, 11.0), 2, 6.148, 4.425, 11.923),
    (day(2030, 11, 1.6), day(2031, 7, 7.3), 1, 5.787, 5.636, 12.424),
    (day(2030, 11, 9.3), day(2031, 9, 23.6), 2, 5.430, 5.472, 12.350),
    (day(2033, 1, 28.0), day(2033, 9, 2.5), 1, 5.717, 4.055, 11.791),
    (day(2033, 2, 12.7), day(2033, 11, 2.9), 2, 5.808, 4.948, 12.127),
    (day(2035, 5, 8.1), day(2035, 11, 22.2), 1, 8.757, 3.037, 11.481),
]


def found_near(origin: str, destination: str, row: tuple) -> tw.Transfer:
    """The minimum, searched without knowledge of its place within 160 days of departure."""
    departure, arrival, kind = row[:3]
    found = tw.best_transfer(
        origin,
        destination,
        (departure - 73.0, departure + 87.0),
        (125.0, 400.0),
        kind,
        grid_days=8.0,
    )
    assert found.departure_jd_tdb == pytest.approx(departure, abs=0.1)
    assert found.arrival_jd_tdb == pytest.approx(arrival, abs=0.1)
    assert found.type == kind
    return found


@pytest.mark.parametrize("row", EARTH_TO_MARS)
def test_least_energy_transfers_to_mars(row):
    found = found_near("earth", "mars", row)
    assert found.c3 == pytest.approx(row[3], abs=0.01)
    assert found.arrival_speed == pytest.approx(row[4], abs=0.005)
    assert math.degrees(found.transfer_angle) == pytest.approx(row[5], abs=0.1)


@pytest.mark.parametrize("row", MARS_TO_EARTH)
def test_least_energy_transfers_to_earth(row):
    found = found_near("mars", "earth", row)
    assert found.c3 == pytest.approx(row[3], abs=0.01)
    assert found.arrival_speed == pytest.approx(row[4], abs=0.005)
    assert tw.entry_speed(found.arrival_speed) == pytest.approx(row[5], abs=0.005)


def test_the_grid_holds_the_same_transfers_as_single_calls():
    departures = [day(2031, 2, 1.0), day(2031, 3, 1.0)]
    arrivals = [day(2031, 1, 1.0), day(2031, 12, 1.0), day(2032, 1, 1.0)]
    grid = tw.transfer_grid("earth", "mars", departures, arrivals)
    assert [len(row) for row in grid] == [3, 3]
    assert grid[0][0] is None
    assert grid[1][2] == tw.transfer("earth", "mars", departures[1], arrivals[2])


def test_another_cost_finds_another_transfer():
    ranges = (day(2030, 8, 1), day(2031, 2, 1)), (200.0, 400.0)
    cheapest = tw.best_transfer("mars", "earth", *ranges, grid_days=8.0)
    gentlest = tw.best_transfer(
        "mars", "earth", *ranges, cost=lambda found: found.arrival_speed, grid_days=8.0
    )
    assert gentlest.arrival_speed < cheapest.arrival_speed
    assert gentlest.c3 > cheapest.c3


def test_ranges_without_a_transfer_are_refused_by_a_sentence():
    with pytest.raises(ValueError, match="no transfer of type 1"):
        tw.best_transfer(
            "earth", "mars", (day(2031, 2, 1), day(2031, 2, 9)), (390.0, 398.0), transfer_type=1
        )
    with pytest.raises(ValueError, match="must be positive"):
        tw.transfer("earth", "mars", day(2031, 2, 1), day(2031, 1, 1))
