"""Ignition and direction of a stage that cannot be cut off."""

from dataclasses import replace
from functools import partial
from math import dist, log, pi, sqrt

import pytest

from flight.astrodynamics.finite_burn import (
    NoBurnFound,
    Stage,
    Tangents,
    fly_ahead,
    fly_burn,
    plan_spinning_burn,
    plan_steered_burn,
    steer_to_height,
)
from flight.astrodynamics.gravity import MARS, acceleration, point_mass_acceleration
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.orbits import (
    OrbitalElements,
    elements_from_state,
    mean_from_true_anomaly,
    mean_motion,
    state_from_elements,
)
from flight.astrodynamics.vectors import Vector, cross, dot, norm, unit

MU = MARS.gravitational_parameter
RADIUS = 3_389_500.0 + 343_000.0
STAGE = Stage(mass=117.809, propellant=54.467, burn_time=24.45, exhaust_speed=2_733.21)
COASTING = OrbitalElements(
    semi_major_axis=0.5 * (RADIUS + 540_000.0),
    eccentricity=(RADIUS - 540_000.0) / (RADIUS + 540_000.0),
    inclination=0.4363,
    ascending_node=1.0,
    argument_of_periapsis=-2.5,
    true_anomaly=2.9,
)
POINT_MASS = partial(point_mass_acceleration, gravitational_parameter=MU)
OBLATE = partial(acceleration, body=MARS)


def gravity(position: Vector) -> Vector:
    return POINT_MASS(position)


@pytest.fixture
def coast() -> tuple[Vector, Vector, Vector, float]:
    """Position, velocity, normal of the plane, and seconds to apoapsis."""
    position, velocity = state_from_elements(COASTING, MU)
    rest = pi - mean_from_true_anomaly(COASTING.true_anomaly, COASTING.eccentricity)
    seconds = rest / mean_motion(COASTING.semi_major_axis, MU)
    return position, velocity, unit(cross(position, velocity)), seconds


def test_flying_ahead_and_back_is_a_kepler_orbit(coast):
    position, velocity, _, _ = coast
    there, speed = fly_ahead(position, velocity, 300.0, gravity)
    assert dist(there, propagate_kepler(position, velocity, 300.0, MU)[0]) < 0.01
    back, _ = fly_ahead(there, speed, -300.0, gravity)
    assert dist(back, position) < 0.02
    assert fly_ahead(position, velocity, 0.0, gravity) == (position, velocity)


def test_the_velocity_gain_is_that_of_the_rocket_equation():
    assert STAGE.velocity_gain == pytest.approx(2_733.21 * log(117.809 / (117.809 - 54.467)))
    _, speed = fly_burn(
        (1.0, 0.0, 0.0), (0.0, 0.0, 0.0), STAGE, lambda *_: (0.0, 1.0, 0.0), lambda _: (0.0,) * 3
    )
    assert speed == pytest.approx((0.0, STAGE.velocity_gain, 0.0), abs=1e-3)


def test_a_steered_burn_ends_on_the_circular_orbit_asked_for(coast):
    position, velocity, normal, apoapsis = coast
    plan = plan_steered_burn(
        position, velocity, STAGE, RADIUS, normal, gravity, MU, apoapsis - 20.0
    )
    orbit = elements_from_state(plan.position, plan.velocity, MU)
    assert orbit.semi_major_axis == pytest.approx(RADIUS, abs=1.0)
    assert orbit.eccentricity < 1e-6
    assert orbit.inclination == pytest.approx(COASTING.inclination, abs=1e-7)


def test_the_plan_holds_when_the_burn_is_flown_in_finer_steps(coast):
    position, velocity, normal, apoapsis = coast
    plan = plan_steered_burn(
        position, velocity, STAGE, RADIUS, normal, gravity, MU, apoapsis - 20.0
    )
    there, speed = propagate_kepler(position, velocity, plan.ignition, MU)
    end, _ = fly_burn(
        there, speed, STAGE, lambda t, p: plan.tangents.direction(t, p, normal), gravity, 0.05
    )
    assert dist(end, plan.position) < 0.1


def test_a_spinning_stage_makes_a_circle_at_a_height_of_its_own(coast):
    position, velocity, normal, apoapsis = coast
    plan = plan_spinning_burn(position, velocity, STAGE, normal, gravity, MU, apoapsis - 20.0)
    orbit = elements_from_state(plan.position, plan.velocity, MU)
    assert orbit.eccentricity < 1e-6
    assert abs(orbit.semi_major_axis - RADIUS) < 30_000.0
    assert norm(plan.direction) == pytest.approx(1.0)
    assert abs(dot(normal, plan.velocity)) < 1e-3


def test_the_oblate_planet_is_planned_for_as_well(coast):
    position, velocity, normal, apoapsis = coast
    plan = plan_spinning_burn(position, velocity, STAGE, normal, OBLATE, MU, apoapsis - 20.0)
    assert elements_from_state(plan.position, plan.velocity, MU).eccentricity < 1e-6


def test_a_turn_of_the_plane_is_flown_out(coast):
    position, velocity, normal, apoapsis = coast
    there, speed = propagate_kepler(position, velocity, apoapsis - 20.0, MU)
    tilted = unit(tuple(n + 0.003 * u for n, u in zip(normal, unit(speed), strict=True)))
    plan = steer_to_height(there, speed, STAGE, RADIUS, tilted, gravity)
    assert abs(dot(tilted, plan.velocity)) < 1e-3
    assert abs(dot(tilted, plan.position)) < 0.1
    assert abs(plan.tangents.yaw_start) > 1e-4


def test_a_weak_stage_is_refused_with_what_is_missing(coast):
    position, velocity, normal, apoapsis = coast
    weak = replace(STAGE, exhaust_speed=2_600.0)
    with pytest.raises(NoBurnFound, match="misses by"):
        plan_spinning_burn(position, velocity, weak, normal, gravity, MU, apoapsis - 20.0)


def test_level_tangents_point_along_the_motion():
    assert Tangents().direction(0.0, (5.0, 0.0, 0.0), (0.0, 0.0, 1.0)) == (0.0, 1.0, 0.0)
    up = Tangents(pitch_start=0.5, pitch_rate=0.05).direction(
        10.0, (5.0, 0.0, 0.0), (0.0, 0.0, 1.0)
    )
    assert up == pytest.approx((1.0 / sqrt(2.0), 1.0 / sqrt(2.0), 0.0))
    aside = Tangents(yaw_start=1.0).direction(0.0, (5.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    assert aside == pytest.approx((0.0, 1.0 / sqrt(2.0), 1.0 / sqrt(2.0)))


@pytest.mark.parametrize(
    "wrong", [{"propellant": 0.0}, {"propellant": 200.0}, {"burn_time": 0.0}, {"exhaust_speed": -1}]
)
def test_impossible_stages_are_refused(wrong):
    with pytest.raises(ValueError, match=r"propellant|no burn"):
        replace(STAGE, **wrong)
