"""Orbits from bearings: right within their covariance; passive safety; aims at Earth."""

import math
import random

import pytest

from flight.astrodynamics.ballistic_fall import FallingCapsule
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.linear_systems import inverse
from flight.astrodynamics.orbits import OrbitalElements, state_from_elements
from flight.astrodynamics.relative_motion import from_lvlh
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import add, dot, norm, scale, subtract, unit
from flight.orbiter.linear_algebra import applied, identity, product
from flight.orbiter.navigation import Navigator, across, orbit_covariance
from flight.orbiter.orbit_determination import Bearing, fit_from_several
from flight.orbiter.passive_safety import closest_in_free_drift, is_safe
from flight.orbiter.propagation import State, coast, long_transition, motion, transition
from flight.orbiter.targeting import Site, aim_at_site, site_direction
from flight.orbiter.trajectory import Dynamics, Encounter

SIGMA = 3.5e-5
CAPSULE = FallingCapsule(47.3, 86.6)


def orbit(height: float, eccentricity: float = 0.0, anomaly: float = 0.0) -> State:
    elements = OrbitalElements(
        3_389_500.0 + height, eccentricity, math.radians(25.0), 0.0, 0.0, anomaly % math.tau
    )
    return state_from_elements(elements, MARS.gravitational_parameter)


def bearings(stream: random.Random, own: State, target: State, count: int) -> list[Bearing]:
    found = []
    for index in range(count):
        seconds = 400.0 * index
        here, there = coast(own, seconds), coast(target, seconds)
        line = unit(subtract(there[0], here[0]))
        first, second = across(line)
        noise = add(scale(stream.gauss(0.0, SIGMA), first), scale(stream.gauss(0.0, SIGMA), second))
        found.append(Bearing(seconds, here[0], unit(add(line, noise)), SIGMA))
    return found


def test_the_error_of_a_fit_is_what_its_covariance_says() -> None:
    stream = random.Random(4)
    squared = []
    for _ in range(6):
        own, target = orbit(400e3), orbit(350e3, 0.003, -0.2)
        seen = bearings(stream, own, target, 24)
        guess = (add(target[0], (40e3, -60e3, 10e3)), add(target[1], (10.0, -8.0, 5.0)))
        prior = orbit_covariance(guess, 3e4, 2e5, 3e4, (150.0, 30.0, 30.0))
        found = fit_from_several(seen, guess, prior)
        off = [*subtract(found.state[0], target[0]), *subtract(found.state[1], target[1])]
        weighted = applied(inverse(found.covariance), off)
        squared.append(sum(a * b for a, b in zip(off, weighted, strict=True)))
    # Chi squared of 36 degrees of freedom: 99.8 % lie between 15 and 68.
    assert 15.0 < sum(squared) < 68.0


def test_an_artefact_among_the_bearings_is_thrown_out() -> None:
    own, target = orbit(400e3), orbit(350e3, 0.003, -0.2)
    seen = bearings(random.Random(1), own, target, 24)
    wrong = seen[11]
    seen[11] = Bearing(
        wrong.time, wrong.own, unit(add(wrong.direction, (0.01, 0.0, 0.0))), wrong.sigma
    )
    prior = orbit_covariance(target, 3e4, 2e5, 3e4, (150.0, 30.0, 30.0))
    found = fit_from_several(seen, target, prior)
    assert found.rejected == 1 and found.residual < 1.5
    assert norm(subtract(found.state[0], target[0])) < 3000.0


def test_an_inverse_is_one() -> None:
    matrix = orbit_covariance(orbit(343e3), 10.0, 200.0, 3.0, (0.1, 0.02, 0.03))
    for row, expected in zip(product(matrix, inverse(matrix)), identity(6), strict=True):
        assert row == pytest.approx(expected, abs=1e-6)
    with pytest.raises(ArithmeticError, match="singular"):
        inverse([[1.0, 1.0], [1.0, 1.0]])


def test_short_and_long_transition_agree() -> None:
    state = orbit(343e3)
    short, differences = transition(state, 60.0), long_transition(state, 60.0)
    for a, b in zip(short, differences, strict=True):
        assert a == pytest.approx(b, abs=2e-3, rel=2e-3)


def test_what_holds_on_the_same_orbit_does_not_drift_into_the_container() -> None:
    target = orbit(343e3)
    own = from_lvlh(target, ((0.0, 300.0, 0.0), (0.0, 0.0, 0.0)))
    assert 250.0 < closest_in_free_drift(own, target, 3.0) < 310.0


def test_what_flies_straight_at_it_is_not_safe() -> None:
    target = orbit(343e3)
    # A little below and behind, and faster: within a revolution it drifts through it.
    drift = -1.5 * motion(target) * -100.0
    own = from_lvlh(target, ((-2.0, -2000.0, 0.0), (0.0, 0.0, 0.0)))
    assert not is_safe(own, target, 60.0, 200.0)
    passing = from_lvlh(target, ((-100.0, -2000.0, 0.0), (0.0, drift, 0.0)))
    assert 90.0 < closest_in_free_drift(passing, target, 3.0) < 130.0


def test_outliers_do_not_move_the_filter_but_many_of_them_shake_its_belief() -> None:
    own, target = orbit(400e3), orbit(343e3, 0.0, 0.1)
    navigator = Navigator(time=0.0, own=own)
    navigator.set_target(target, orbit_covariance(target, 50.0, 50.0, 50.0, (0.05, 0.05, 0.05)), 0)
    line = unit(navigator.line_of_sight())
    wrong = unit(add(line, scale(0.01, across(line)[0])))
    before = navigator.position_sigma()
    assert not navigator.take_bearing(wrong, SIGMA)
    assert navigator.target == target and navigator.position_sigma() == before
    for _ in range(2):
        navigator.take_bearing(wrong, SIGMA)
    assert navigator.position_sigma() > 2.0 * before


@pytest.mark.parametrize("angle", [-25.0, -12.0])
def test_the_aim_leads_to_the_entry_angle_and_over_the_site(angle: float) -> None:
    dynamics = Dynamics(julian_date(2031, 9, 20), 4.5e-5)
    asymptote = (4_055.0, 2_228.6, 2_921.1)
    site = Site(math.radians(40.2), math.radians(-113.3), math.radians(angle), 1_300.0)
    aim = aim_at_site(asymptote, 3.0 * 86_400.0, site, CAPSULE, dynamics)
    seen = Encounter(asymptote, aim.b_vector, 6.0e6, aim.perigee_time)
    assert seen.entry_angle is not None
    assert math.degrees(seen.entry_angle) == pytest.approx(angle, abs=1e-6)
    assert abs(dot(aim.b_vector, asymptote)) < 1e-3 * norm(aim.b_vector)
    # At the interface it moves towards the site, and down.
    there = site_direction(site, aim.entry_time + 360.0, dynamics)
    assert dot(aim.entry_direction, there) < 0.0
    assert abs(aim.entry_time - 3.0 * 86_400.0) <= 43_200.0


def test_a_site_that_cannot_be_reached_is_refused_in_words() -> None:
    dynamics = Dynamics(julian_date(2031, 9, 20), 0.0)
    site = Site(math.radians(89.0), 0.0, math.radians(-25.0))
    with pytest.raises(ValueError, match="another entry angle or arrival"):
        aim_at_site((5_400.0, 0.0, -500.0), 0.0, site, CAPSULE, dynamics)
