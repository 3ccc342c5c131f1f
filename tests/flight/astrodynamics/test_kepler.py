import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import kepler, orbits
from flight.astrodynamics.vectors import cross, dot, norm, subtract
from tests.flight.astrodynamics.some_orbits import EARTH_MU_KM, ELLIPSES, HYPERBOLAS, MU


def test_a_dive_past_the_centre_at_high_speed_settles():
    """Steep hyperbola whose anomaly a first guess overshoots by many orders of magnitude."""
    start = ((34_000e3, 0.0, 0.0), (-68_000.0, 200.0, 0.0))
    end = kepler.propagate_kepler(*start, 1000.0, MU)
    back = kepler.propagate_kepler(*end, -1000.0, MU)
    assert norm(subtract(back[0], start[0])) < 1e-6 * norm(start[0])
    assert norm(end[0]) > 30_000e3


@given(ELLIPSES)
def test_a_whole_revolution_changes_nothing(elements):
    start = orbits.state_from_elements(elements, MU)
    end = kepler.propagate_kepler(*start, 7 * orbits.period(elements.semi_major_axis, MU), MU)
    assert norm(subtract(end[0], start[0])) < 1e-6 * norm(start[0])


def test_kepler_propagation_of_vallado_example_2_4():
    position, velocity = kepler.propagate_kepler(
        (1131.340, -2282.343, 6672.423), (-5.64305, 4.30333, 2.42879), 40.0 * 60.0, EARTH_MU_KM
    )
    assert position == pytest.approx((-4219.7527, 4363.0292, -3958.7666), abs=2e-3)
    assert velocity == pytest.approx((3.689866, -1.916735, -6.112511), abs=2e-6)


@given(ELLIPSES | HYPERBOLAS, st.floats(-2.0e5, 2.0e5))
def test_kepler_propagation_keeps_energy_and_momentum_and_returns(elements, seconds):
    start = orbits.state_from_elements(elements, MU)
    end = kepler.propagate_kepler(*start, seconds, MU)
    momentum = cross(*start)
    assert norm(subtract(cross(*end), momentum)) < 1e-8 * norm(momentum)
    energies = [0.5 * dot(v, v) - MU / norm(r) for r, v in (start, end)]
    assert energies[1] == pytest.approx(energies[0], rel=1e-8, abs=1e-8 * MU / norm(start[0]))
    back = kepler.propagate_kepler(*end, -seconds, MU)
    assert norm(subtract(back[0], start[0])) < 1e-6 * norm(end[0])


@given(ELLIPSES | HYPERBOLAS, st.floats(-5.0e4, 5.0e4))
def test_kepler_propagation_agrees_with_the_mean_anomaly(elements, seconds):
    """Two ways that share no code: universal variable, and Kepler's equation by kind of orbit."""
    e = elements.eccentricity
    motion = math.sqrt(MU / abs(elements.semi_major_axis) ** 3)
    mean = orbits.mean_from_true_anomaly(elements.true_anomaly, e) + motion * seconds
    expected, _ = orbits.state_from_elements(
        replace(elements, true_anomaly=orbits.true_from_mean_anomaly(mean, e)), MU
    )
    found, _ = kepler.propagate_kepler(*orbits.state_from_elements(elements, MU), seconds, MU)
    assert norm(subtract(found, expected)) < 1e-7 * max(norm(expected), 1e6)


@pytest.mark.parametrize("z", [0.0999, -0.0999])
def test_stumpff_series_meets_the_closed_form(z):
    inside, outside = kepler.stumpff(z), kepler.stumpff(z * 1.002)
    assert inside == pytest.approx(outside, rel=1e-4)
    root = math.sqrt(abs(z))
    closed = (1 - math.cos(root)) / z if z > 0 else (math.cosh(root) - 1) / -z
    assert inside[0] == pytest.approx(closed, rel=1e-12)
