"""Free fall in long steps: nearer to the truth than in short ones of a lower order."""

import math

import pytest

from flight.astrodynamics.free_fall import State, fall
from flight.astrodynamics.gravity import MARS, potential
from flight.astrodynamics.long_fall import fall_long, longest_step

HOURS = 5.0 * 3600.0
LOWEST = 3.733e6  # m, of the low orbits that are flown
TILT = 0.44  # rad


def at_its_lowest(eccentricity: float) -> State:
    speed = math.sqrt(MARS.gravitational_parameter * (1.0 + eccentricity) / LOWEST)
    return (LOWEST, 0.0, 0.0, 0.0, speed * math.cos(TILT), speed * math.sin(TILT))


@pytest.mark.parametrize("eccentricity", [0.0, 0.1, 0.6, 1.2])
@pytest.mark.parametrize("seconds", [HOURS, -HOURS, 7.0])
def test_it_is_nearer_to_the_truth_than_the_short_steps(
    eccentricity: float, seconds: float
) -> None:
    state = at_its_lowest(eccentricity)
    truth = fall(state, seconds / 18_000, 18_000)
    error = math.dist(fall_long(state, seconds)[:3], truth[:3])
    short = math.dist(fall(state, seconds / 900, 900)[:3], truth[:3])
    assert error < 0.03
    assert error < max(short, 1e-6)


def test_steps_are_as_long_as_the_nearest_place_allows() -> None:
    radian = math.sqrt(LOWEST**3 / MARS.gravitational_parameter)
    assert longest_step(at_its_lowest(0.0)) == pytest.approx(0.27 * radian)
    assert longest_step(at_its_lowest(0.8)) == pytest.approx(0.27 * radian / math.sqrt(1.8))
    # Also where it is far from there.
    away = fall(at_its_lowest(0.6), 10.0, 1_000)
    assert longest_step(away) == pytest.approx(longest_step(at_its_lowest(0.6)), rel=0.02)


def test_no_energy_comes_or_goes_in_months() -> None:
    state = at_its_lowest(0.01)

    def energy(state: State) -> float:
        x, y, z, u, v, w = state
        return 0.5 * (u * u + v * v + w * w) + potential((x, y, z), MARS)

    later = fall_long(state, 60.0 * 86_400.0)
    assert energy(later) == pytest.approx(energy(state), rel=1e-9)


def test_no_time_changes_nothing() -> None:
    state = at_its_lowest(0.3)
    assert fall_long(state, 0.0) == pytest.approx(state, rel=1e-15, abs=1e-9)
