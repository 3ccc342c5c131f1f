"""What can have happened while the lander's computer was down makes it less sure of its place."""

import math

import pytest

from flight.lander.descent_navigation import AxisError


def test_a_silence_widens_place_and_velocity_by_what_can_have_happened() -> None:
    error = AxisError(25.0, 0.0, 0.04)
    error.widen(30.0, along=-60.0, across=9.6)
    assert error.velocity == pytest.approx(0.04 + 9.6**2)
    assert error.cross == pytest.approx(9.6**2 * 15.0)
    # A constant error of acceleration (across), and thrust felt early instead of evenly (along).
    assert error.position == pytest.approx(25.0 + 9.6**2 * 300.0 + 300.0**2)


def test_nothing_felt_and_nothing_turned_widens_nothing() -> None:
    error = AxisError(25.0, 1.0, 0.04)
    error.widen(30.0, along=0.0, across=0.0)
    assert (error.position, error.cross, error.velocity) == (25.0, 1.0, 0.04)


def test_a_velocity_measured_afterwards_also_tells_of_the_place() -> None:
    error = AxisError(25.0, 0.0, 0.04)
    error.widen(30.0, along=0.0, across=9.6)
    error.velocity_gain(0.15)
    # Of an error of acceleration that is spread evenly, T/sqrt(12) of the velocity is left.
    assert math.sqrt(error.position) == pytest.approx(9.6 * 30.0 / math.sqrt(12.0), rel=0.02)
