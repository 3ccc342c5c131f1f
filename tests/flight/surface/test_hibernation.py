"""What an array has given is known by its meter alone; what it will give, by how that changes."""

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.surface.hibernation import Income


def fed(per_sol: list[float], begin: float = 0.0, meter: float = 0.0) -> Income:
    """An income after sols with so many W h each."""
    made, count = Income(), begin
    made.meter_shows(count, meter)
    for gain in per_sol:
        for _ in range(24):
            count, meter = count + SOL_SECONDS / 24.0, meter + gain / 24.0
            made.meter_shows(count, meter)
    return made


def test_less_than_a_sol_says_nothing() -> None:
    made = Income()
    assert made.of_sol is None and made.ahead is None
    made.meter_shows(0.0, 0.0)
    made.meter_shows(0.9 * SOL_SECONDS, 500.0)
    assert made.of_sol is None and made.ahead is None


def test_what_falls_goes_on_falling_and_never_below_nothing() -> None:
    assert fed([1400.0, 900.0]).of_sol == pytest.approx(900.0)
    assert fed([1400.0, 900.0]).ahead == pytest.approx(400.0)
    assert fed([1400.0, 600.0]).ahead == 0.0


def test_what_rises_is_not_counted_on() -> None:
    assert fed([300.0, 700.0]).ahead == pytest.approx(700.0)


def test_one_sol_alone_is_taken_as_it_is() -> None:
    assert fed([800.0]).ahead == pytest.approx(800.0)


def test_a_meter_that_begins_anew_is_read_anew() -> None:
    made = fed([800.0, 700.0], meter=9000.0)
    made.meter_shows(2.1 * SOL_SECONDS, 3.0)
    assert made.of_sol is None


def test_only_the_last_two_sols_are_kept() -> None:
    made = fed([1400.0] * 30)
    assert made.ahead == pytest.approx(1400.0) and len(made._read) < 60
