"""The sol plan: work while the Sun is up, and no more than the night allows."""

from math import degrees

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS, jd_tt_of_local_time, local_sol_number
from flight.surface.energy import EnergyParameters, EnergyPlanner, sun_elevation

LATITUDE, LONGITUDE = 18.45263, 77.407753
START = 2461990.0
DAY = 86_400.0


def _planner(**changes: float) -> EnergyPlanner:
    values = {
        "capacity": 900.0,
        "day_power": 34.0,
        "night_power": 24.0,
        "work_power": 75.0,
        "reserve": 0.3,
        "waking_sun": 20.0,
        "sleeping_sun": 12.0,
        "wake_charge": 0.4,
    } | changes
    return EnergyPlanner(LATITUDE, LONGITUDE, EnergyParameters(**values), scale=250.0)


def _at(hours: float) -> float:
    return jd_tt_of_local_time(local_sol_number(START, LONGITUDE) + 1, hours, LONGITUDE)


def test_in_good_light_the_sun_is_the_limit() -> None:
    plan = _planner().plan(_at(9.0), 0.9)
    assert plan.limited_by == "the Sun"
    assert plan.work == plan.sunset > 6 * 3600.0


def test_in_a_storm_the_energy_is_the_limit_and_the_less_the_lower_the_charge() -> None:
    planner = _planner()
    planner.scale = 45.0
    full, half = planner.plan(_at(9.0), 0.9), planner.plan(_at(9.0), 0.6)
    assert full.limited_by == half.limited_by == "energy"
    assert 0.0 <= half.work < full.work < full.sunset


def test_what_the_plan_allows_leaves_the_reserve_in_the_morning() -> None:
    planner = _planner()
    planner.scale = 80.0
    start, charge = _at(9.0), 0.7
    plan = planner.plan(start, charge)
    p = planner.parameters
    stored, seconds, step = charge * p.capacity, 0.0, 300.0
    lowest = stored
    morning = planner.seconds_until(start, p.waking_sun, rising=True)
    while seconds < morning:
        light = planner._light(start + seconds / DAY) * planner.scale
        used = p.night_power
        if seconds < plan.sunset:
            used = p.work_power if seconds < plan.work else p.day_power
        stored = min(p.capacity, stored + (light - used) * step / 3600.0)
        lowest = min(lowest, stored)
        seconds += step
    assert lowest > (p.reserve - 0.05) * p.capacity


def test_at_night_there_is_no_work() -> None:
    assert _planner().plan(_at(22.0), 1.0).work == 0.0


@pytest.mark.parametrize("hours", [0.5, 7.0, 11.0, 15.0, 21.0])
def test_the_next_rising_and_setting_are_found(hours: float) -> None:
    planner = _planner()
    for rising in (True, False):
        seconds = planner.seconds_until(_at(hours), 20.0, rising=rising)
        assert 0.0 < seconds <= SOL_SECONDS
        then = _at(hours) + seconds / DAY
        assert degrees(sun_elevation(then, LATITUDE, LONGITUDE)) == pytest.approx(20.0, abs=0.3)
        later = degrees(sun_elevation(then + 600.0 / DAY, LATITUDE, LONGITUDE))
        assert (later > 20.0) is rising


def test_a_sun_that_never_gets_so_high_is_waited_for_for_ever() -> None:
    assert _planner().seconds_until(_at(12.0), 89.9, rising=True) == float("inf")


def test_the_array_teaches_the_forecast_only_in_good_light() -> None:
    planner = _planner()
    planner.scale = 0.0
    planner.array_seen(_at(6.2), 5.0)
    assert planner.scale == 0.0
    planner.array_seen(_at(12.0), 200.0)
    assert planner.scale > 150.0
