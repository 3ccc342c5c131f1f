"""Drag over Mach and Knudsen number, normal force and moments of a slender body."""

from math import atan2, cos, radians, sin

import pytest

from sim_hw.dynamics.aerodynamics import (
    SlenderBody,
    bridged_drag,
    drag_coefficient,
    free_molecular_part,
    knudsen_number,
)
from sim_hw.world.atmosphere import nominal_air

BODY = SlenderBody(diameter=0.5, length=3.0, nose_length=0.8)
STILL = (0.0, 0.0, 0.0)


def at_angle(degrees: float, speed: float = 600.0) -> tuple[float, float, float]:
    """Air velocity with the nose turned up, so that the body sinks along -z."""
    return (speed * cos(radians(degrees)), 0.0, speed * sin(radians(degrees)))


@pytest.mark.parametrize(
    ("mach", "coefficient"), [(0.0, 0.2), (0.75, 0.3), (1.3, 0.57), (2.5, 0.4), (6.0, 0.3)]
)
def test_the_drag_is_that_of_the_published_lines(mach, coefficient):
    assert drag_coefficient(mach) == pytest.approx(coefficient, abs=1e-3)


@pytest.mark.parametrize("mach", [0.5, 1.0, 1.3, 2.5, 4.0])
def test_the_drag_lines_meet(mach):
    assert drag_coefficient(mach - 1e-9) == pytest.approx(drag_coefficient(mach), abs=2e-4)


def test_the_air_is_dense_below_60_km_and_free_molecules_above_130():
    assert free_molecular_part(knudsen_number(nominal_air(50_000.0), 0.5)) < 0.02
    assert free_molecular_part(knudsen_number(nominal_air(130_000.0), 0.5)) == 1.0
    middle = free_molecular_part(knudsen_number(nominal_air(95_000.0), 0.5))
    assert 0.5 < middle < 0.95
    assert bridged_drag(10.0, 100.0) == pytest.approx(1.7)
    assert bridged_drag(10.0, 1e-5) == drag_coefficient(10.0)


def test_without_an_angle_of_attack_there_is_only_drag():
    air = nominal_air(5_000.0)
    loads = BODY.forces(air, at_angle(0.0), STILL, centre=1.2)
    mach = 600.0 / air.speed_of_sound
    expected = 0.5 * air.density * 600.0**2 * BODY.area * drag_coefficient(mach)
    assert loads.force[0] == pytest.approx(-expected)
    assert loads.force[1:] == (0.0, 0.0)
    assert loads.moment == (0.0, 0.0, 0.0)
    assert loads.dynamic_pressure == pytest.approx(0.5 * air.density * 600.0**2)


def test_the_normal_force_slope_at_small_angles_is_two_per_radian():
    air = nominal_air(5_000.0)
    loads = BODY.forces(air, at_angle(0.1), STILL, centre=1.2)
    slope = -loads.force[2] / (loads.dynamic_pressure * BODY.area) / radians(0.1)
    assert slope == pytest.approx(2.0, rel=0.02)
    assert loads.angle_of_attack == pytest.approx(radians(0.1))


def test_a_nose_ahead_of_the_centre_of_mass_is_unstable_and_one_behind_it_stable():
    air = nominal_air(5_000.0)
    # Sinking along +z: the nose is above the velocity; a positive y moment turns x towards -z.
    ahead = BODY.forces(air, at_angle(2.0), STILL, centre=1.0).moment[1]
    behind = BODY.forces(air, at_angle(2.0), STILL, centre=2.9).moment[1]
    assert ahead > 0.0 > behind


def test_turning_is_damped():
    air = nominal_air(5_000.0)
    loads = BODY.forces(air, at_angle(0.0), (0.0, 0.2, -0.1), centre=1.2)
    assert loads.moment[1] < 0.0 < loads.moment[2]


def test_the_forces_turn_with_the_body_about_its_axis():
    air = nominal_air(20_000.0)
    x, _, sink = at_angle(3.0)
    first = BODY.forces(air, (x, 0.0, sink), STILL, centre=1.2)
    turned = BODY.forces(air, (x, sink * sin(0.7), sink * cos(0.7)), STILL, centre=1.2)
    assert turned.force[0] == pytest.approx(first.force[0])
    assert atan2(turned.force[1], turned.force[2]) == pytest.approx(atan2(-sin(0.7), -cos(0.7)))


def test_impossible_bodies_are_refused():
    with pytest.raises(ValueError, match="no body"):
        SlenderBody(diameter=0.5, length=1.0, nose_length=2.0)
