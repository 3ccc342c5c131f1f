"""Masses, centres and inertias of a burning vehicle."""

import pytest

from sim_hw.dynamics.mass_properties import Cylinder, Grain, MassProperties, Stack, Stage, combine

CASE = Cylinder(mass=20.0, base=0.0, length=1.0, outer_radius=0.25, inner_radius=0.24)
GRAIN = Grain(mass=200.0, base=0.0, length=1.0, outer_radius=0.24, bore_radius=0.05)
PAYLOAD = Cylinder(mass=16.0, base=2.0, length=0.3, outer_radius=0.15)


def test_a_solid_cylinder_and_a_thin_ring_have_their_textbook_inertias():
    solid = Cylinder(12.0, 1.0, length=2.0, outer_radius=0.5).properties()
    assert solid == MassProperties(12.0, 2.0, pytest.approx(1.5), pytest.approx(4.75))
    ring = Cylinder(12.0, 0.0, outer_radius=0.5, inner_radius=0.5).properties()
    assert ring.axial_inertia == pytest.approx(12.0 * 0.25)
    assert ring.transverse_inertia == pytest.approx(6.0 * 0.25)


def test_two_points_turn_about_their_common_centre():
    pair = combine([Cylinder(1.0, 0.0).properties(), Cylinder(3.0, 4.0).properties()])
    assert pair.centre == pytest.approx(3.0)
    assert pair.transverse_inertia == pytest.approx(1.0 * 9.0 + 3.0 * 1.0)
    assert pair.axial_inertia == 0.0


def test_a_cylinder_cut_in_two_is_the_same_body():
    whole = Cylinder(10.0, 0.0, 2.0, 0.3).properties()
    halves = combine(Cylinder(5.0, base, 1.0, 0.3).properties() for base in (0.0, 1.0))
    for name in ("mass", "centre", "axial_inertia", "transverse_inertia"):
        assert getattr(halves, name) == pytest.approx(getattr(whole, name))


def test_a_grain_burns_from_its_bore_to_the_case():
    full, half, empty = (GRAIN.properties(used) for used in (0.0, 100.0, 200.0))
    assert full == Cylinder(200.0, 0.0, 1.0, 0.24, 0.05).properties()
    # What is left lies further out: more inertia about the axis for its mass.
    assert half.axial_inertia / half.mass > full.axial_inertia / full.mass
    assert half.centre == full.centre
    assert empty.mass == 0.0
    assert GRAIN.properties(500.0).mass == 0.0


def test_a_stack_loses_propellant_and_then_a_stage():
    stack = Stack((Stage("lower", (CASE,), GRAIN), Stage("upper", (PAYLOAD,))))
    full = stack.properties()
    burnt = stack.properties(used=[200.0])
    upper = stack.properties(dropped=1)
    assert [full.mass, burnt.mass, upper.mass] == pytest.approx([236.0, 36.0, 16.0])
    assert full.centre < burnt.centre < upper.centre == pytest.approx(2.15)
    assert full.transverse_inertia > burnt.transverse_inertia > upper.transverse_inertia


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Cylinder(-1.0, 0.0), "mass of -1.0 kg"),
        (lambda: Cylinder(1.0, 0.0, 1.0, 0.1, 0.2), "no cylinder"),
        (lambda: Grain(0.0, 0.0, 1.0, 0.2, 0.1), "mass of 0.0 kg"),
        (lambda: Grain(1.0, 0.0, 1.0, 0.1, 0.1), "no grain"),
        (lambda: Stack(()), "at least one stage"),
        (lambda: combine([]), "nothing has a mass"),
        (lambda: Stack((Stage("one", (CASE,)),)).properties(dropped=1), "1 of 1 stages"),
    ],
)
def test_impossible_bodies_are_refused_with_a_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
