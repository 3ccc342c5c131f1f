"""Flight of a point mass: planet, steering, burns and coasts, air."""

from dataclasses import replace
from math import cos, degrees, dist, hypot, log, pi, radians, sin

import pytest

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import dot, norm, subtract, unit
from sim_hw.dynamics.ascent import (
    APOAPSIS,
    Shape,
    Surroundings,
    at_rest_on_the_ground,
    burn,
    coast,
    drop,
    flight_path_angle,
    impact,
    position_and_velocity,
)
from sim_hw.dynamics.planet import JEZERO, sphere
from sim_hw.dynamics.solid_motor import SolidMotor, ThrustCurve
from sim_hw.dynamics.steering import (
    gravity_turn,
    held_in_inertial_axes,
    held_in_local_axes,
    local_direction,
    pitch_programme,
)
from sim_hw.world.atmosphere import Atmosphere

BALL = sphere(MARS, 3_389_500.0)
FREE_SPACE = sphere(replace(MARS, gravitational_parameter=1e-9, rotation_rate=0.0), 1.0)
MOTOR = SolidMotor.from_mean_thrust(7_925.77, 76.0, 215.619)
SHAPE = Shape(area=0.2, length=0.5)
PLACE = (radians(18.4), radians(77.4))


def test_heights_are_counted_from_the_areoid_at_jezero():
    position = JEZERO.place(radians(18.44462715), radians(77.45), -2_569.91)
    assert norm(position) == pytest.approx(3_391_936.53, abs=0.01)
    assert JEZERO.height(position) == pytest.approx(-2_569.91, abs=0.01)


def test_what_stands_on_the_ground_turns_with_the_planet():
    position, velocity = position_and_velocity(at_rest_on_the_ground(JEZERO, *PLACE, 0.0, 1.0))
    east, north, up = local_axes(position)
    assert dot(velocity, east) == pytest.approx(
        MARS.rotation_rate * hypot(position[0], position[1])
    )
    assert dot(velocity, north) == pytest.approx(0.0, abs=1e-9)
    assert dot(velocity, up) == pytest.approx(0.0, abs=1e-9)


def test_headings_are_counted_from_north_over_east():
    position = (3.4e6, 0.0, 0.0)
    for heading, expected in ((0.0, (0.0, 0.0, 1.0)), (90.0, (0.0, 1.0, 0.0))):
        assert local_direction(position, 0.0, radians(heading)) == pytest.approx(expected)
    assert local_direction(position, radians(90.0), 1.0) == pytest.approx((1.0, 0.0, 0.0))


def test_a_burn_in_free_space_obeys_the_rocket_equation_whatever_its_curve():
    curve = ThrustCurve(((0.0, 2.0), (0.3, 2.0), (0.3, 0.5), (0.9, 1.0), (1.0, 0.0)))
    state = (10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 393.79)
    for motor in (MOTOR, replace(MOTOR, curve=curve)):
        time, end = burn(
            Surroundings(FREE_SPACE), motor, held_in_inertial_axes((0.0, 3.0, 0.0)), 5.0, state, 0.5
        )
        assert time == 81.0
        assert end[4] == pytest.approx(motor.exhaust_speed * log(393.79 / end[6]), abs=1e-5)
        assert end[6] == pytest.approx(393.79 - 215.619)
        assert end[3] == pytest.approx(0.0, abs=1e-6)


def test_a_coast_is_a_kepler_orbit_and_stops_at_its_apoapsis():
    start = (3.6e6, 0.0, 0.0, 500.0, 3_400.0, 300.0, 100.0)
    arrival = coast(Surroundings(BALL), 0.0, start, 6_000.0, 5.0, [APOAPSIS])
    position, velocity = position_and_velocity(arrival.state)
    mu = MARS.gravitational_parameter
    exact, _ = propagate_kepler(start[:3], start[3:6], arrival.time, mu)
    assert dist(position, exact) < 0.1
    assert elements_from_state(position, velocity, mu).true_anomaly == pytest.approx(pi, abs=1e-6)
    assert flight_path_angle(arrival.state) == pytest.approx(0.0, abs=1e-9)


def test_falling_to_the_ground_is_an_event():
    state = (*BALL.place(0.1, 0.2, 5_000.0), 0.0, 0.0, 0.0, 10.0)
    arrival = coast(Surroundings(BALL), 0.0, state, 600.0, 0.5, [impact(BALL, 100.0)])
    assert arrival.event is not None and arrival.event.name == "impact"
    assert BALL.height(arrival.state[:3]) == pytest.approx(100.0, abs=1e-3)


def test_drag_acts_against_the_motion_through_the_turning_and_blowing_air():
    position = JEZERO.place(*PLACE, 10_000.0)
    air = Atmosphere()
    there = air.at(10_000.0)
    east, north, _ = local_axes(position)
    drifting = tuple(
        ground + there.wind_east * e + there.wind_north * n
        for ground, e, n in zip(JEZERO.ground_velocity(position), east, north, strict=True)
    )
    with_air = Surroundings(JEZERO, air, SHAPE)
    assert with_air.acceleration(position, drifting, 100.0) == pytest.approx(
        JEZERO.gravity(position)
    )
    fast = tuple(v + 700.0 * e for v, e in zip(drifting, east, strict=True))
    push = subtract(with_air.acceleration(position, fast, 100.0), JEZERO.gravity(position))
    assert unit(push) == pytest.approx(tuple(-e for e in east))
    assert norm(push) == pytest.approx(0.5 * there.density * 700.0**2 * 0.2 * 0.34 / 100.0, rel=0.1)


def test_lift_is_upwards_and_across_the_motion():
    position = JEZERO.place(*PLACE, 10_000.0)
    flat = Surroundings(JEZERO, Atmosphere(), replace(SHAPE, drag_factor=0.0))
    lifting = replace(flat, shape=replace(SHAPE, drag_factor=0.0, lift_coefficient=0.4))
    velocity = (0.0, 900.0, 300.0)
    push = subtract(
        lifting.acceleration(position, velocity, 100.0),
        flat.acceleration(position, velocity, 100.0),
    )
    assert dot(push, position) > 0.0


def test_above_200_km_there_is_no_air():
    position = JEZERO.place(*PLACE, 201_000.0)
    with_air = Surroundings(JEZERO, Atmosphere(), SHAPE)
    assert with_air.acceleration(position, (0.0, 3_400.0, 0.0), 1.0) == JEZERO.gravity(position)


def ascend(step: float, surroundings: Surroundings) -> tuple[float, ...]:
    state = at_rest_on_the_ground(JEZERO, *PLACE, -2_500.0, 393.79)
    steering = held_in_local_axes(radians(45.0), radians(85.0))
    time, state = burn(surroundings, MOTOR, steering, 0.0, state, step)
    return coast(surroundings, time, state, time + 300.0, 4.0 * step).state


def test_an_ascent_through_the_air_converges_to_centimetres_at_half_a_second():
    surroundings = Surroundings(JEZERO, Atmosphere(), SHAPE)
    coarse, fine = ascend(0.5, surroundings), ascend(0.125, surroundings)
    # The drag lines have corners in Mach number, which cost the method its order.
    assert dist(coarse[:3], fine[:3]) < 5.0
    vacuum = Surroundings(JEZERO)
    assert dist(ascend(0.5, vacuum)[:3], ascend(0.125, vacuum)[:3]) < 0.01


def test_air_costs_height_and_inclination_follows_the_heading():
    with_air = ascend(0.5, Surroundings(JEZERO, Atmosphere(), SHAPE))
    without = ascend(0.5, Surroundings(JEZERO))
    assert JEZERO.height(with_air[:3]) < JEZERO.height(without[:3]) - 2_000.0
    orbit = elements_from_state(*position_and_velocity(without), MARS.gravitational_parameter)
    assert 18.4 < degrees(orbit.inclination) < 20.0


def test_a_gravity_turn_has_no_angle_of_attack_and_starts_upwards():
    state = at_rest_on_the_ground(JEZERO, *PLACE, 0.0, 393.79)
    steer = gravity_turn(JEZERO)
    position, velocity = position_and_velocity(state)
    assert steer(0.0, position, velocity) == pytest.approx(unit(position))
    moving = tuple(v + extra for v, extra in zip(velocity, (30.0, 40.0, 0.0), strict=True))
    assert steer(1.0, position, moving) == pytest.approx((0.6, 0.8, 0.0))


def test_a_pitch_programme_is_straight_between_its_points():
    position = (3.4e6, 0.0, 0.0)
    steer = pitch_programme([(2.0, radians(90.0)), (12.0, radians(50.0))], heading=radians(90.0))
    for time, pitch in ((0.0, 90.0), (7.0, 70.0), (99.0, 50.0)):
        x, y, _ = steer(time, position, (0.0, 0.0, 0.0))
        assert (x, y) == pytest.approx((sin(radians(pitch)), cos(radians(pitch))))
    with pytest.raises(ValueError, match="in the order of time"):
        pitch_programme([(5.0, 1.0), (2.0, 1.0)], heading=0.0)


def test_dropping_more_than_there_is_is_refused():
    state = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0)
    assert drop(state, 40.0)[6] == 60.0
    with pytest.raises(ValueError, match="cannot be dropped"):
        drop(state, 100.0)
