"""Behaviour of the rocks: their law, their places, and the questions put to them."""

from math import exp, hypot, pi

import numpy as np
import pytest

from sim_hw.world.cost_map import CostParameters, sample_cost_map
from sim_hw.world.rocks import (
    Clearing,
    Rock,
    RockField,
    RockParameters,
    covered_fraction,
    exponent,
    rocks_per_square_metre,
)
from sim_hw.world.terrain import Terrain

TILE = 20.0


def test_law_has_its_published_form() -> None:
    assert exponent(0.03) == pytest.approx(1.79 + 0.152 / 0.03)
    assert covered_fraction(0.07, 0.5) == pytest.approx(0.07 * exp(-(1.79 + 0.152 / 0.07) * 0.5))


def test_counts_and_covered_area_belong_together() -> None:
    # The area between two diameters is the number there times the area of one rock.
    low, high = 0.400, 0.402
    number = rocks_per_square_metre(0.05, low) - rocks_per_square_metre(0.05, high)
    area = covered_fraction(0.05, low) - covered_fraction(0.05, high)
    assert number * pi * 0.401**2 / 4.0 == pytest.approx(area, rel=1e-3)


@pytest.mark.parametrize("abundance", [0.02, 0.05])
def test_made_rocks_follow_the_law(abundance: float) -> None:
    field = RockField(1, RockParameters(abundance=abundance))
    rocks = [rock for i in range(20) for j in range(20) for rock in field.tile(i, j)]
    ground = (20 * TILE) ** 2
    for diameter in (0.2, 0.4, 0.6):
        count = sum(rock.diameter >= diameter for rock in rocks)
        expected = rocks_per_square_metre(abundance, diameter) * ground
        assert count == pytest.approx(expected, abs=4.0 * expected**0.5)
    covered = sum(pi * rock.radius**2 for rock in rocks) / ground
    assert covered == pytest.approx(covered_fraction(abundance, 0.2), rel=0.1)


def test_height_is_about_half_the_diameter() -> None:
    rocks = RockField(2).within(0.0, 0.0, 200.0)
    ratios = [rock.height / rock.diameter for rock in rocks]
    assert sum(ratios) / len(ratios) == pytest.approx(0.5, abs=0.01)
    assert 0.37 < min(ratios) and max(ratios) < 0.63


def test_tiles_do_not_depend_on_the_order_in_which_they_are_asked() -> None:
    first, second = RockField(3), RockField(3)
    forward = [first.tile(i, -i) for i in range(-5, 5)]
    backward = [second.tile(i, -i) for i in reversed(range(-5, 5))]
    assert forward == backward[::-1]
    assert RockField(4).tile(0, 0) != first.tile(0, 0)


def test_rocks_within_a_disc_are_all_that_reach_into_it() -> None:
    field = RockField(5)
    everything = [rock for i in range(-4, 4) for j in range(-4, 4) for rock in field.tile(i, j)]
    found = field.within(1.0, -3.0, 25.0)
    expected = [r for r in everything if hypot(r.east - 1.0, r.north + 3.0) <= 25.0 + r.radius]
    assert len(found) == len(expected) > 50
    assert all(rock in expected for rock in found)


@pytest.mark.parametrize("place", [(0.0, 0.0), (13.0, 7.0), (-250.0, 19.99)])
def test_nearest_rock_is_the_nearest(place: tuple[float, float]) -> None:
    field = RockField(6)

    def gap(rock: Rock) -> float:
        return hypot(rock.east - place[0], rock.north - place[1]) - rock.radius

    nearest = field.nearest(*place, minimum_height=0.25)
    assert nearest is not None
    tall = [rock for rock in field.within(*place, 100.0) if rock.height >= 0.25]
    assert gap(nearest) == min(gap(rock) for rock in tall)


def test_nearest_rock_beyond_the_limit_is_none() -> None:
    field = RockField(6, clearings=(Clearing(0.0, 0.0, 50.0),))
    assert field.nearest(0.0, 0.0, limit=45.0) is None
    assert field.nearest(0.0, 0.0, limit=80.0) is not None


def test_clearings_hold_no_rocks() -> None:
    clearing = Clearing(30.0, 10.0, 3.0)
    assert RockField(7).within(30.0, 10.0, 3.0)
    assert RockField(7, clearings=(clearing,)).within(30.0, 10.0, 3.0) == []


def test_clearing_moves_no_other_rock() -> None:
    bare = RockField(7)
    cleared = RockField(7, clearings=(Clearing(30.0, 10.0, 3.0),))
    assert all(rock in bare.tile(1, 0) for rock in cleared.tile(1, 0))
    assert cleared.tile(5, 5) == bare.tile(5, 5)


def test_hazards_lie_in_the_lane_are_high_enough_and_come_in_order() -> None:
    field = RockField(8, RockParameters(abundance=0.05))
    hazards = field.along((0.0, 0.0), (0.0, 300.0), 0.8, 0.2)
    assert len(hazards) > 3
    assert [rock.north for rock in hazards] == sorted(rock.north for rock in hazards)
    for rock in hazards:
        assert rock.height >= 0.2 and abs(rock.east) <= 0.8 + rock.radius
    assert field.along((0.0, 300.0), (0.0, 0.0), 0.8, 0.2) == hazards[::-1]


def test_first_hazard_stops_the_path_and_a_clear_path_has_none() -> None:
    field = RockField(8, RockParameters(abundance=0.05))
    path = [(0.0, 0.0), (0.0, 150.0), (100.0, 300.0)]
    assert field.first_hazard(path, 0.8, 0.2) == field.along(path[0], path[1], 0.8, 0.2)[0]
    assert field.first_hazard(path, 0.8, 2.0) is None


def test_cost_map_closes_rocks_grown_by_the_rover_and_nothing_else() -> None:
    terrain, field = Terrain(1), RockField(9, RockParameters(abundance=0.05))
    parameters = CostParameters(clearance=0.2, rover_radius=0.8)
    costs = sample_cost_map(terrain, field, 300.0, 40.0, 30.0, 0.25, parameters)
    assert costs.cost.shape == (120, 120)
    high = [rock for rock in field.within(300.0, 40.0, 40.0) if rock.height > 0.2]
    rows, columns = np.nonzero(np.isinf(costs.cost))
    assert 100 < len(rows) < costs.cost.size / 2
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        east = costs.west + (column + 0.5) * 0.25
        north = costs.south + (row + 0.5) * 0.25
        assert any(hypot(r.east - east, r.north - north) <= r.radius + 0.8 for r in high)
    for rock in high:
        if abs(rock.east - 300.0) < 14.0 and abs(rock.north - 40.0) < 14.0:
            assert costs.at(rock.east, rock.north) == float("inf")


def test_cost_is_one_and_more_on_open_ground_and_infinite_outside() -> None:
    costs = sample_cost_map(Terrain(1), RockField(9), 20.0, 20.0, 20.0)
    finite = costs.cost[np.isfinite(costs.cost)]
    assert 1.0 <= finite.min() < 1.05
    assert costs.at(31.0, 20.0) == float("inf")


def test_impossible_abundance_is_refused() -> None:
    with pytest.raises(ValueError, match="abundance"):
        RockParameters(abundance=0.0)
