"""Wheels that turn without way dig themselves in, by what Opportunity's did; others do not."""

import pytest

from sim_hw.world.terrain import GroundPoint, SlipPatch
from sim_hw.world.traction import dug_in, sample_slip, slip_when_dug_in
from tests.sim_hw.devices.stubs import Dice

MOST_SLIP = 0.995

RADIUS = 0.13  # m, of Opportunity's wheels


def after(way: float, slip: float, depth: float = 0.0, step: float = 0.5) -> float:
    """The depth after so many m of wheel."""
    for _ in range(round(way / step)):
        depth = dug_in(depth, step, slip_when_dug_in(slip, depth, RADIUS), RADIUS)
    return depth


def test_opportunity_on_sols_446_and_463() -> None:
    assert after(2.0, 0.986) == pytest.approx(0.0046, rel=0.1)
    assert 0.5 * RADIUS < after(50.0, 0.99) < RADIUS
    assert after(500.0, 1.0) == RADIUS, "down to the hubs, and no deeper"


def test_ground_that_was_left_without_trouble_digs_no_one_in() -> None:
    assert after(100.0, 0.52) == 0.0 and after(100.0, 0.6) == 0.0
    assert 0.0 < after(100.0, 0.61) < 0.002


def test_who_gets_on_comes_out_of_the_hole() -> None:
    assert after(2.0, 0.025, depth=0.1) < 1e-4
    assert dug_in(0.1, 2.0 * RADIUS, 0.0, RADIUS) == 0.0
    assert dug_in(0.1, 0.0, 0.0, RADIUS) == 0.1


def test_a_hole_takes_what_hold_there_was() -> None:
    assert slip_when_dug_in(0.3, 0.0, RADIUS) == 0.3
    assert slip_when_dug_in(0.3, 0.5 * RADIUS, RADIUS) == pytest.approx(0.65)
    assert slip_when_dug_in(0.3, RADIUS, RADIUS) == MOST_SLIP
    assert slip_when_dug_in(-0.1, 0.0, RADIUS) == -0.1


def test_a_dune_rises_from_its_rim() -> None:
    dune = SlipPatch(0.0, 0.0, 10.0, 0.9, ramp=6.0)
    assert (dune.at(0.0), dune.at(3.0), dune.at(6.0), dune.at(9.0)) == (0.0, 0.45, 0.9, 0.9)
    assert SlipPatch(0.0, 0.0, 10.0, 0.9).at(0.0) == 0.9


def test_ground_of_a_given_slip_scatters_by_what_is_left_of_the_way() -> None:
    sand = GroundPoint(0.0, 0.0, 0.0, 1.0, 0.99)
    assert sample_slip(sand, 0.0, Dice(-1.0)) == pytest.approx(0.99 - 0.15 * 0.01)
    loose = GroundPoint(0.0, 0.0, 0.0, 0.0, 0.1)
    assert sample_slip(loose, 0.0, Dice(1.0)) == pytest.approx(0.1 * 1.15)
