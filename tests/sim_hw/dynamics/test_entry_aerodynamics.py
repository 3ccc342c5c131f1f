"""Forces on a blunt cone and its parachute."""

import math

import pytest

from sim_hw.dynamics.entry_aerodynamics import (
    canopy_drag_coefficient,
    cone_coefficients,
    stagnation_pressure_coefficient,
)

CONE = math.radians(70.0)


def test_the_stagnation_pressure_is_that_of_a_normal_shock() -> None:
    # Continuous through Mach 1; the limit at high speed for a ratio of heats of 1.3.
    below, above = (stagnation_pressure_coefficient(m) for m in (0.99999, 1.00001))
    assert below == pytest.approx(above, rel=1e-4)
    assert stagnation_pressure_coefficient(50.0) == pytest.approx(1.87, abs=0.01)
    assert stagnation_pressure_coefficient(0.01) == pytest.approx(1.0, abs=1e-3)


def test_the_cone_lifts_with_a_quarter_of_its_drag_at_msl_s_trim() -> None:
    drag, lift = cone_coefficients(20.0, math.radians(15.7), CONE)
    assert lift / drag == pytest.approx(0.24, abs=0.01)
    assert 3_257.0 / (drag * 0.25 * math.pi * 4.5**2) == pytest.approx(140.0, abs=10.0)
    assert cone_coefficients(20.0, 0.0, CONE)[1] == 0.0


def test_the_canopy_is_weakest_at_the_speed_of_sound() -> None:
    values = [canopy_drag_coefficient(m) for m in (0.3, 0.8, 1.0, 1.5, 2.0, 3.0)]
    assert min(values[:5]) == values[2]
    assert canopy_drag_coefficient(0.9) == pytest.approx(0.54)
