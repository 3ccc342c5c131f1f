"""The hyperbola to the Earth's air, and three days of free fall."""

import math

import pytest

from flight.astrodynamics.earth_arrival import EquatorOfDate, Hyperbola, tide
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import angle_between, cross, dot, norm, scale, subtract, unit

V_INFINITY = (4_055.0, 2_228.6, 2_921.1)
RADIUS = 6_378_137.0 + 125_000.0
ARRIVAL = Hyperbola(V_INFINITY, RADIUS, math.radians(-25.0))


@pytest.mark.parametrize("turn", [0.0, 1.0, 2.5, 4.0])
def test_far_out_the_capsule_came_with_the_excess_velocity(turn):
    position, velocity = ARRIVAL.entry(turn)
    assert math.asin(dot(unit(position), unit(velocity))) == pytest.approx(math.radians(-25.0))
    far, motion = propagate_kepler(position, velocity, -4.0e7, EARTH.gravitational_parameter)
    assert angle_between(motion, V_INFINITY) < 1.0e-3
    assert norm(motion) == pytest.approx(norm(V_INFINITY), rel=1e-3)
    assert angle_between(far, scale(-1.0, V_INFINITY)) < 0.01


def test_the_entry_speed_is_that_of_the_energy():
    assert ARRIVAL.speed == pytest.approx(12_350.0, abs=1.0)


@pytest.mark.parametrize("east", [True, False])
def test_a_latitude_is_met_after_the_range(east):
    latitude, ahead = math.radians(40.0), 0.03
    position, velocity = ARRIVAL.entry(ARRIVAL.turn_for(latitude, ahead, east=east))
    pole = unit(cross(position, velocity))
    up = unit(position)
    there = tuple(
        math.cos(ahead) * u + math.sin(ahead) * f for u, f in zip(up, cross(pole, up), strict=True)
    )
    assert math.asin(there[2]) == pytest.approx(latitude, abs=1e-9)


def test_a_latitude_out_of_reach_is_refused_with_what_can_be_reached():
    steep = Hyperbola(V_INFINITY, RADIUS, math.radians(-80.0))
    with pytest.raises(ValueError, match="cannot be reached from this direction"):
        steep.turn_for(math.radians(60.0), 0.0)


@pytest.mark.parametrize("angle", [0.0, 10.0, -95.0])
def test_an_angle_that_is_no_entry_is_refused(angle):
    with pytest.raises(ValueError, match="allowed is -90 to 0"):
        Hyperbola(V_INFINITY, RADIUS, math.radians(angle))


def test_three_days_back_and_forth_end_where_they_began():
    axes = EquatorOfDate.at(julian_date(2031, 9, 23))
    position, velocity = ARRIVAL.entry(1.0)
    entry = (*position, *velocity)
    before = axes.coast(entry, 0.0, -259_200.0)
    later = axes.shifted(-259_200.0)
    after = later.coast(before, 0.0, 259_200.0)
    assert math.dist(after[:3], entry[:3]) < 0.01
    two_body, _ = propagate_kepler(position, velocity, -259_200.0, EARTH.gravitational_parameter)
    bent = math.dist(before[:3], two_body)
    assert 1.0e6 < bent < 1.0e7  # the Sun's tide: half of 1e-4 m/s^2 times the square of 3 days


def test_the_earth_turns_on_with_the_axes():
    axes = EquatorOfDate.at(julian_date(2031, 9, 23))
    later = axes.shifted(3_600.0)
    turned = (later.prime_meridian - axes.prime_meridian) % math.tau
    assert turned == pytest.approx(EARTH.rotation_rate * 3_600.0, abs=1e-7)


def test_the_tide_pulls_towards_and_away_from_the_sun():
    sun = (1.5e11, 0.0, 0.0)
    near, far, side = (tide(p, sun)[0] for p in ((1e9, 0, 0), (-1e9, 0, 0), (0.0, 1e9, 0.0)))
    assert near > 0.0 > far
    assert near == pytest.approx(2.0 * 1.327e20 * 1e9 / 1.5e11**3, rel=0.02)
    assert abs(side) < 0.02 * near
    assert subtract(tide((0.0, 0.0, 0.0), sun), (0.0, 0.0, 0.0)) == (0.0, 0.0, 0.0)
