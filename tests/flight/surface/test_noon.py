"""The middle of a day of light is noon; of half a day, or with a hole in it, nothing is said."""

from math import pi, sin

import pytest

from flight.surface.noon import Noon

LEAST_DAY = 14400.0

SOL = 88775.0
Readings = list[tuple[float, float]]


def readings(noon: float, rises: float = 0.3 * SOL, every: float = 1800.0) -> Readings:
    """From the night before to the night after, s and W."""
    begin, day = noon - 0.5 * rises, rises
    times = [begin - 3600.0 + every * i for i in range(int((day + 9000.0) / every))]
    return [
        (at, max(0.0, 20.0 * sin(pi * (at - begin) / day)) if 0 < at - begin < day else 0.0)
        for at in times
    ]


def told(found: Noon, given: Readings) -> list[float]:
    return [at for now, watts in given if (at := found.array_gives(now, watts)) is not None]


def test_noon_is_told_once_in_the_evening() -> None:
    assert told(Noon(), readings(50_000.0)) == [pytest.approx(50_000.0, abs=300.0)]


def test_a_day_that_had_begun_is_not_taken_for_a_whole_one() -> None:
    given = readings(50_000.0)
    assert told(Noon(), given[len(given) // 3 :]) == []


def test_a_day_with_a_hole_in_it_is_not_known() -> None:
    given = readings(50_000.0)
    assert told(Noon(), given[:6] + given[11:]) == []


def test_a_short_spell_of_light_is_no_day() -> None:
    assert told(Noon(), readings(50_000.0, rises=LEAST_DAY)) == []


def test_the_next_day_counts_again() -> None:
    given = (
        readings(50_000.0)
        + [(47_000.0 + 1800.0 * i, 0.0) for i in range(12, 35)]
        + readings(50_000.0 + SOL)
    )
    noons = told(Noon(), sorted(given))
    assert noons == [pytest.approx(50_000.0, abs=300.0), pytest.approx(50_000.0 + SOL, abs=300.0)]
