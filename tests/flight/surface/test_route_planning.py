"""Routes keep clear of hazards, prefer good ground, and say when there is no way."""

from itertools import pairwise
from math import hypot, inf

from hypothesis import given
from hypothesis import strategies as st

from flight.surface.route_planning import CostMap, Disc, length

coordinate = st.floats(-12.0, 12.0)
discs = st.lists(
    st.builds(Disc, coordinate, coordinate, st.floats(0.1, 0.8)), min_size=0, max_size=25
)


def _distance_to_segment(disc: Disc, a: tuple[float, float], b: tuple[float, float]) -> float:
    along = (b[0] - a[0], b[1] - a[1])
    square = along[0] ** 2 + along[1] ** 2
    part = 0.0
    if square > 0.0:
        part = ((disc.east - a[0]) * along[0] + (disc.north - a[1]) * along[1]) / square
    part = min(max(part, 0.0), 1.0)
    return hypot(disc.east - a[0] - part * along[0], disc.north - a[1] - part * along[1])


def test_the_straight_line_is_taken_where_nothing_is_in_the_way() -> None:
    assert CostMap(0.8).route((0.0, 0.0), (10.0, 0.0)) == [(10.0, 0.0)]


def test_a_rock_in_the_way_is_gone_around_at_the_vehicles_radius() -> None:
    ground = CostMap(0.8)
    rock = Disc(5.0, 0.0, 0.5)
    ground.add(rock)
    route = ground.route((0.0, 0.0), (10.0, 0.0))
    assert route is not None and len(route) > 1
    for a, b in pairwise([(0.0, 0.0), *route]):
        assert _distance_to_segment(rock, a, b) >= 0.5 + 0.8 - 1e-9
    assert length((0.0, 0.0), route) < 12.0


@given(discs)
def test_no_route_ever_touches_a_hazard_that_it_did_not_start_in(found: list[Disc]) -> None:
    start, goal = (-13.0, 0.0), (13.0, 0.0)
    ground = CostMap(0.6)
    for disc in found:
        if hypot(disc.east - start[0], disc.north - start[1]) > 4.0:
            ground.add(disc)
    route = ground.route(start, goal)
    if route is None:
        return
    for a, b in pairwise([start, *route]):
        for disc in ground.discs:
            if ground.is_free(route[-1]):
                assert _distance_to_segment(disc, a, b) > disc.radius + 0.6 - 0.36


def test_loose_ground_is_gone_around_when_that_is_cheaper_and_crossed_when_not() -> None:
    ground = CostMap(0.8)
    ground.add(Disc(6.0, 0.0, 1.0, cost=12.0))
    around = ground.route((0.0, 0.0), (12.0, 0.0))
    assert around is not None
    assert max(abs(place[1]) for place in around) > 1.0
    wall = CostMap(0.8)
    for north in range(-40, 41):
        wall.add(Disc(6.0, float(north), 1.0, cost=12.0))
    through = wall.route((0.0, 0.0), (12.0, 0.0))
    assert through is not None and through[-1] == (12.0, 0.0)


def test_a_closed_ring_leaves_no_way() -> None:
    ground = CostMap(0.5)
    for step in range(-8, 9):
        for side in (-8.0, 8.0):
            ground.add(Disc(float(step), side, 0.6))
            ground.add(Disc(side, float(step), 0.6))
    assert ground.route((0.0, 0.0), (14.0, 0.0)) is None


def test_a_far_goal_is_approached_to_the_edge_of_the_window() -> None:
    [place] = CostMap(0.8).route((0.0, 0.0), (200.0, 0.0)) or []
    assert 10.0 < place[0] < 20.0 and place[1] == 0.0


def test_a_second_sighting_replaces_the_first_and_the_map_stays_small() -> None:
    ground = CostMap(0.8, capacity=5)
    ground.add(Disc(1.0, 1.0, 0.3))
    ground.add(Disc(1.1, 1.0, 0.3))
    assert ground.discs == [Disc(1.1, 1.0, 0.3)]
    for east in range(20, 40, 2):
        ground.add(Disc(float(east), 0.0, 0.3))
    assert len(ground.discs) == 5


def test_a_place_to_stand_is_found_beside_a_rock() -> None:
    ground = CostMap(0.8)
    ground.add(Disc(0.0, 2.0, 0.3))
    stand = ground.free_before((0.0, 0.0), (0.0, 10.0), 2.0)
    assert ground.is_free(stand)
    assert abs(hypot(*stand) - 2.0) < 1e-9
    assert ground.is_free(ground.free_near((0.0, 2.0)))
    assert not ground.is_free((0.0, 2.0))
    assert Disc(0.0, 0.0, 1.0).cost == inf
