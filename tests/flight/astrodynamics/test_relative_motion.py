import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics import relative_motion as rm
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.orbits import (
    OrbitalElements,
    mean_motion,
    state_from_elements,
)
from flight.astrodynamics.vectors import add, norm, subtract

MU = MARS.gravitational_parameter
RADIUS = 3_396_190.0 + 343_000.0
N = mean_motion(RADIUS, MU)
PERIOD = math.tau / N
TARGET = state_from_elements(OrbitalElements(RADIUS, 0.0, 0.44, 1.0, 0.0, 2.0), MU)

OFFSETS = st.tuples(*[st.floats(-2_000.0, 2_000.0)] * 3)
SPEEDS = st.tuples(*[st.floats(-2.0, 2.0)] * 3)


@given(OFFSETS, SPEEDS)
def test_local_and_inertial_states_are_inverse(position, velocity):
    back = rm.to_lvlh(TARGET, rm.from_lvlh(TARGET, (position, velocity)))
    assert norm(subtract(back[0], position)) < 1e-6
    assert norm(subtract(back[1], velocity)) < 1e-9


def test_axes_of_the_local_frame():
    position, velocity = (RADIUS, 0.0, 0.0), (0.0, 3000.0, 0.0)
    assert rm.lvlh_axes(position, velocity) == ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    ahead = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    assert rm.from_lvlh((position, velocity), ahead)[0] == position


@given(OFFSETS, SPEEDS, st.floats(-9_000.0, 9_000.0), st.floats(-9_000.0, 9_000.0))
def test_transitions_chain(position, velocity, first, second):
    at_once = rm.cw_propagate((position, velocity), N, first + second)
    in_two = rm.cw_propagate(rm.cw_propagate((position, velocity), N, first), N, second)
    assert norm(subtract(at_once[0], in_two[0])) < 1e-6
    assert norm(subtract(at_once[1], in_two[1])) < 1e-9


@given(OFFSETS, SPEEDS)
def test_the_transition_solves_the_equations_of_motion(position, velocity):
    step = 1.0
    before = rm.cw_propagate((position, velocity), N, -step)
    after = rm.cw_propagate((position, velocity), N, step)
    x, _, z = position
    vx, vy, _ = velocity
    expected = (3.0 * N * N * x + 2.0 * N * vy, -2.0 * N * vx, -N * N * z)
    for axis in range(3):
        slope = (after[1][axis] - before[1][axis]) / (2.0 * step)
        assert slope == pytest.approx(expected[axis], abs=1e-8)
        speed = (after[0][axis] - before[0][axis]) / (2.0 * step)
        assert speed == pytest.approx(velocity[axis], abs=5e-6)


def test_a_higher_circular_orbit_drifts_back():
    offset = 100.0
    start = ((offset, 0.0, 0.0), (0.0, -1.5 * N * offset, 0.0))
    end, _ = rm.cw_propagate(start, N, PERIOD)
    assert end[0] == pytest.approx(offset, abs=1e-9)
    assert end[1] == pytest.approx(rm.cw_drift_per_revolution(offset), abs=1e-9)


@given(OFFSETS, SPEEDS, OFFSETS, st.floats(0.05, 0.45))
def test_two_impulses_arrive_at_rest_in_the_linear_model(position, velocity, goal, revolutions):
    seconds = revolutions * PERIOD
    burn = rm.cw_two_impulses((position, velocity), goal, N, seconds)
    there, speed = rm.cw_propagate((position, add(velocity, burn.first)), N, seconds)
    assert norm(subtract(there, goal)) < 1e-6
    assert norm(add(speed, burn.second)) < 1e-9
    assert burn.total == pytest.approx(norm(burn.first) + norm(burn.second))


def miss_and_first_impulse(distance: float, revolutions: float) -> tuple[float, float]:
    """Two-impulse targeting to the target from behind, flown in the two-body truth."""
    relative = ((0.0, -distance, 0.0), (0.0, 0.0, 0.0))
    seconds = revolutions * PERIOD
    burn = rm.cw_two_impulses(relative, (0.0, 0.0, 0.0), N, seconds)
    chaser = rm.from_lvlh(TARGET, (relative[0], burn.first))
    target_then = propagate_kepler(*TARGET, seconds, MU)
    there, _ = rm.to_lvlh(target_then, propagate_kepler(*chaser, seconds, MU))
    return norm(there), norm(burn.first)


@pytest.mark.parametrize(
    ("distance", "revolutions", "miss", "impulse"),
    [
        (1_000.0, 0.25, 0.35, 0.6),
        (5_000.0, 0.25, 8.7, 3.0),
        (10_000.0, 0.25, 35.0, 6.0),
        (1_000.0, 0.45, 1.6, None),
        (10_000.0, 0.45, 164.0, None),
    ],
)
def test_the_linear_model_misses_in_truth_by_its_known_error(distance, revolutions, miss, impulse):
    found_miss, found_impulse = miss_and_first_impulse(distance, revolutions)
    assert found_miss == pytest.approx(miss, rel=0.03)
    if impulse is not None:
        assert found_impulse == pytest.approx(impulse, rel=0.05)


def test_the_miss_grows_with_the_square_of_the_distance():
    near, _ = miss_and_first_impulse(1_000.0, 0.3)
    far, _ = miss_and_first_impulse(2_000.0, 0.3)
    assert far / near == pytest.approx(4.0, abs=0.05)


def test_times_that_cannot_be_targeted_are_refused_by_a_sentence():
    relative = ((0.0, -100.0, 50.0), (0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="across the orbit plane"):
        rm.cw_two_impulses(relative, (0.0, 0.0, 0.0), N, 0.5 * PERIOD)
    with pytest.raises(ValueError, match="choose another time"):
        rm.cw_two_impulses(relative, (0.0, 0.0, 0.0), N, PERIOD)
    in_plane = ((0.0, -100.0, 0.0), (0.0, 0.0, 0.0))
    rm.cw_two_impulses(in_plane, (0.0, 0.0, 0.0), N, 0.5 * PERIOD)
