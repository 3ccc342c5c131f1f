import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.lambert import lambert, transfer_angle
from flight.astrodynamics.orbits import period
from flight.astrodynamics.vectors import cross, dot, norm, scale, subtract

EARTH_MU_KM = 398_600.4418
COORDINATES = st.floats(-4.0e4, 4.0e4)
POSITIONS = st.tuples(COORDINATES, COORDINATES, COORDINATES).filter(lambda r: norm(r) > 5.0e3)
NORMALS = st.sampled_from([(0.0, 0.0, 1.0), (0.0, 0.0, -1.0)])


def test_vallado_example_7_5():
    start, end = (15945.34, 0.0, 0.0), (12214.83899, 10249.46731, 0.0)
    (arc,) = lambert(start, end, 76.0 * 60.0, EARTH_MU_KM)
    assert arc.departure_velocity == pytest.approx((2.058913, 2.915965, 0.0), abs=2e-6)
    assert arc.arrival_velocity == pytest.approx((-3.451565, 0.910315, 0.0), abs=2e-6)


def test_curtis_example_5_2():
    """Curtis, Orbital Mechanics for Engineering Students, ex. 5.2 (mu = 398 600)."""
    start, end = (5000.0, 10000.0, 2100.0), (-14600.0, 2500.0, 7000.0)
    (arc,) = lambert(start, end, 3600.0, 398_600.0)
    assert arc.departure_velocity == pytest.approx((-5.9925, 1.9254, 3.2456), abs=1e-4)
    assert arc.arrival_velocity == pytest.approx((-3.3125, -4.1966, -0.38529), abs=1e-4)


@given(POSITIONS, POSITIONS, st.floats(3.0, 5.7), NORMALS)
def test_every_arc_flown_by_kepler_arrives(start, end, log_seconds, normal):
    assume(norm(cross(start, end)) > 1e-3 * norm(start) * norm(end))
    seconds = 10.0**log_seconds
    for arc in lambert(start, end, seconds, EARTH_MU_KM, normal, maximum_revolutions=8):
        position, velocity = propagate_kepler(start, arc.departure_velocity, seconds, EARTH_MU_KM)
        assert norm(subtract(position, end)) < 1e-6 * norm(end)
        assert norm(subtract(velocity, arc.arrival_velocity)) < 1e-6 * norm(velocity)
        momentum = cross(start, arc.departure_velocity)
        assert dot(momentum, normal) >= -1e-9 * norm(momentum)


def test_both_ways_round_need_opposite_momentum():
    start, end = (15945.34, 0.0, 0.0), (12214.83899, 10249.46731, 0.0)
    for sign in (1.0, -1.0):
        (arc,) = lambert(start, end, 76.0 * 60.0, EARTH_MU_KM, (0.0, 0.0, sign))
        assert cross(start, arc.departure_velocity)[2] * sign > 0.0


def test_arcs_with_revolutions_come_in_pairs_and_stay_within_the_time():
    start, end = (8000.0, 0.0, 0.0), (-3000.0, 9000.0, 1000.0)
    seconds = 60_000.0
    arcs = lambert(start, end, seconds, EARTH_MU_KM, maximum_revolutions=20)
    assert [arc.revolutions for arc in arcs] == [0] + [
        count for count in range(1, arcs[-1].revolutions + 1) for _ in range(2)
    ]
    assert arcs[-1].revolutions < 20  # the time allows no more
    periods = []
    for arc in arcs[1:]:
        inverse_axis = 2.0 / norm(start) - dot(arc.departure_velocity, arc.departure_velocity) / (
            EARTH_MU_KM
        )
        periods.append(period(1.0 / inverse_axis, EARTH_MU_KM))
        assert arc.revolutions * periods[-1] < seconds < (arc.revolutions + 1) * periods[-1]
    assert [arc.branch for arc in arcs[1:3]] == ["short_period", "long_period"]
    for short_period, long_period in list(pairwise(periods))[::2]:
        assert short_period < long_period


def test_fewer_revolutions_asked_fewer_given():
    start, end = (8000.0, 0.0, 0.0), (-3000.0, 9000.0, 1000.0)
    arcs = lambert(start, end, 60_000.0, EARTH_MU_KM, maximum_revolutions=2)
    assert [arc.revolutions for arc in arcs] == [0, 1, 1, 2, 2]


def test_a_parabolic_flight_is_no_special_case():
    """Flight time of the parabola by Barker's equation, quarter turn from periapsis."""
    periapsis = 7000.0
    end = (0.0, 2.0 * periapsis, 0.0)
    seconds = math.sqrt(2.0 * periapsis**3 / EARTH_MU_KM) * (1.0 + 1.0 / 3.0)
    (arc,) = lambert((periapsis, 0.0, 0.0), end, seconds, EARTH_MU_KM)
    escape = math.sqrt(2.0 * EARTH_MU_KM / periapsis)
    assert arc.departure_velocity == pytest.approx((0.0, escape, 0.0), abs=1e-9)


@pytest.mark.parametrize("exponent", range(-16, -1))
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_flights_near_the_parabola_arrive(exponent, sign):
    periapsis = 7000.0
    start, end = (periapsis, 0.0, 0.0), (0.0, 2.0 * periapsis, 0.0)
    parabolic = math.sqrt(2.0 * periapsis**3 / EARTH_MU_KM) * (1.0 + 1.0 / 3.0)
    seconds = parabolic * (1.0 + sign * 10.0**exponent)
    (arc,) = lambert(start, end, seconds, EARTH_MU_KM)
    there, _ = propagate_kepler(start, arc.departure_velocity, seconds, EARTH_MU_KM)
    assert norm(subtract(there, end)) < 1e-7


def test_what_has_no_answer_is_refused_by_a_sentence():
    with pytest.raises(ValueError, match="must be positive"):
        lambert((7000.0, 0.0, 0.0), (0.0, 7000.0, 0.0), 0.0, EARTH_MU_KM)
    with pytest.raises(ValueError, match="plane is undetermined"):
        lambert((7000.0, 0.0, 0.0), (-9000.0, 0.0, 0.0), 3000.0, EARTH_MU_KM)


def test_transfer_angle_counts_round_the_normal():
    x, y = (2.0, 0.0, 0.0), (0.0, 5.0, 0.0)
    assert transfer_angle(x, y) == pytest.approx(0.5 * math.pi)
    assert transfer_angle(y, x) == pytest.approx(1.5 * math.pi)
    assert transfer_angle(x, y, (0.0, 0.0, -1.0)) == pytest.approx(1.5 * math.pi)
    assert transfer_angle(x, scale(-1.0, x)) == pytest.approx(math.pi)
