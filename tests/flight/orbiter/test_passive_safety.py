"""How near free drift may come with all that is not known: distances that are certain."""

import math
import random
from typing import Any

import pytest

from flight.astrodynamics.relative_motion import from_lvlh, to_lvlh
from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract
from flight.orbiter import clearance
from flight.orbiter.clearance import (
    certain_distance,
    clearest,
    is_clear,
    keeps_clear,
    receding,
    settling,
)
from flight.orbiter.linear_algebra import Rows, product, transposed
from flight.orbiter.navigation import orbit_covariance
from flight.orbiter.passive_safety import (
    Doubt,
    _burn_columns,
    _columns,
    _local_covariance,
    _spread,
    certain_in_free_drift,
    closest_in_free_drift,
    distance_of,
)
from flight.orbiter.propagation import State, coast, motion
from tests.flight.orbiter.ship import Ship, orbit

TARGET = orbit()
N = motion(TARGET)
PERIOD = math.tau / N
SURE = Doubt(3.0, 0.0, 0.0, 0.0)
NOTHING: Rows = [[0.0] * 6 for _ in range(6)]


def beside(place: Vector, velocity: Vector = (0.0, 0.0, 0.0)) -> State:
    return from_lvlh(TARGET, (place, velocity))


def known(position: float, speed: float) -> Rows:
    return orbit_covariance(TARGET, position, position, position, (speed, speed, speed))


# --------------------------------------------------------------------- ellipsoids


@pytest.mark.parametrize(
    ("place", "spread", "distance"),
    [
        ((10.0, 0.0, 0.0), [(3.0, 0.0, 0.0)], 7.0),
        ((10.0, 0.0, 0.0), [(0.0, 3.0, 0.0)], 10.0),
        ((10.0, 0.0, 0.0), [], 10.0),
        ((2.9, 0.0, 0.0), [(3.0, 0.0, 0.0)], 0.0),
        ((0.0, 0.0, 0.0), [(3.0, 0.0, 0.0)], 0.0),
        # Two in one direction add by squares: 5.
        ((0.0, 10.0, 0.0), [(0.0, 3.0, 0.0), (0.0, 4.0, 0.0)], 5.0),
        # A long one that passes beside the origin, on either side of it.
        ((8.0, 1000.0, 0.0), [(0.1, 0.0, 0.0), (0.0, 5000.0, 0.0), (0.0, 0.0, 0.1)], 7.9),
        ((0.0, -1000.0, 8.0), [(0.1, 0.0, 0.0), (0.0, 5000.0, 0.0), (0.0, 0.0, 0.1)], 7.9),
    ],
)
def test_the_distance_of_an_ellipsoid(place: Vector, spread: list[Vector], distance: float) -> None:
    found = distance_of(place, spread)
    assert found <= distance + 0.003 and found == pytest.approx(distance, rel=0.02)


def test_no_point_of_an_ellipsoid_is_nearer_than_its_distance() -> None:
    stream = random.Random(5)
    for _ in range(40):
        place = tuple(stream.gauss(0.0, 30.0) for _ in range(3))
        spread: Any = [tuple(stream.gauss(0.0, 9.0) for _ in range(3)) for _ in range(4)]
        certain = distance_of(place, spread)  # type: ignore[arg-type]
        nearest = math.inf
        for _ in range(300):
            weights = [stream.gauss(0.0, 1.0) for _ in spread]
            size = math.hypot(*weights)
            point = place
            for weight, way in zip(weights, spread, strict=True):
                point = add(point, scale(weight / size, way))  # type: ignore[arg-type]
            nearest = min(nearest, norm(point))  # type: ignore[arg-type]
        assert certain <= nearest + 1e-9


# ------------------------------------------------------------ what is not known


def test_a_covariance_is_made_up_of_independent_deviations() -> None:
    stream = random.Random(3)
    square = [[stream.gauss(0.0, 1.0) for _ in range(6)] for _ in range(6)]
    covariance = product(square, transposed(square))
    columns = _columns(covariance)
    for i in range(6):
        for j in range(6):
            together = math.fsum(column[i] * column[j] for column in columns)
            assert together == pytest.approx(covariance[i][j], abs=1e-9)
    assert _columns(NOTHING) == [(0.0,) * 6] * 6


def test_deviations_grow_as_the_relative_motion_does() -> None:
    """Of a difference of two flown orbits, with the turning of the axes in it."""
    for axis in range(6):
        deviation = [0.0] * 6
        deviation[axis] = 1.0 if axis < 3 else 1e-3
        inertial = (
            add(TARGET[0], (deviation[0], deviation[1], deviation[2])),
            add(TARGET[1], (deviation[3], deviation[4], deviation[5])),
        )
        local = _local_covariance([[a * b for b in deviation] for a in deviation], TARGET)
        columns = _columns(local)
        for seconds in (700.0, 4_000.0, 9_000.0):
            there, _ = to_lvlh(coast(TARGET, seconds), coast(inertial, seconds))
            spread = _spread(columns, N, seconds, Doubt(1.0, 0.0, 0.0, 0.0))
            for part in range(3):
                size = math.sqrt(math.fsum(each[part] ** 2 for each in spread))
                assert size == pytest.approx(abs(there[part]), rel=0.03, abs=0.1)


@pytest.mark.parametrize("way", [0, 1, 2])
def test_a_push_that_is_not_modelled_leads_where_it_does(way: int) -> None:
    """Against small steps: a constant push in the axes of the start."""
    push, count, seconds = 1e-5, 2_000, 1.2 * PERIOD
    step = seconds / count
    unit: Any = tuple(1.0 if axis == way else 0.0 for axis in range(3))
    direction = subtract(beside(unit)[0], TARGET[0])
    own, target = TARGET, TARGET
    for _ in range(count):
        own = (own[0], add(own[1], scale(push * step, direction)))
        own, target = coast(own, step, step), coast(target, step, step)
    there, _ = to_lvlh(target, own)
    found = _spread([], N, seconds, Doubt(3.0, 0.0, 0.0, push))[way]
    assert found == pytest.approx(there, rel=0.03, abs=0.08 * norm(there))


def test_a_burn_goes_wrong_in_size_and_to_either_side() -> None:
    columns = _burn_columns((0.0, -2.0, 0.0), Doubt(3.0, 0.01, 0.005, 0.0))
    ways = [column[3:] for column in columns]
    assert all(column[:3] == (0.0, 0.0, 0.0) for column in columns)
    assert ways[0] == pytest.approx((0.0, -0.02, 0.0))
    assert [norm(way) for way in ways] == pytest.approx([0.02, 0.01, 0.01])
    assert math.fsum(a * b for a, b in zip(ways[1], ways[2], strict=True)) == pytest.approx(0.0)
    assert ways[1][1] == pytest.approx(0.0) and ways[2][1] == pytest.approx(0.0)
    assert _burn_columns((0.0, 0.0, 0.0), Doubt(3.0, 0.01, 0.005, 0.0)) == []


# ------------------------------------------------------------- certain distances


def test_where_all_is_known_what_is_certain_is_what_is_believed() -> None:
    for place, velocity in (
        ((0.0, 30.0, 0.0), (0.0, -0.003, 0.0)),
        ((-200.0, 900.0, 10.0), (0.02, 0.2, 0.0)),
    ):
        own = beside(place, velocity)  # type: ignore[arg-type]
        certain = certain_in_free_drift(own, TARGET, NOTHING, 3.0, SURE)
        assert certain == pytest.approx(closest_in_free_drift(own, TARGET, 3.0), rel=5e-3)


def test_a_millimetre_a_second_along_the_orbit_decides() -> None:
    """At rest on the orbit, 100 m ahead: 21 m a revolution for each millimetre a second."""
    own = beside((0.0, 100.0, 0.0), (0.0, -5e-5, 0.0))
    assert closest_in_free_drift(own, TARGET, 3.0) > 99.0
    assert 30.0 < certain_in_free_drift(own, TARGET, known(0.0, 3.3e-4), 3.0, SURE) < 50.0
    assert certain_in_free_drift(own, TARGET, known(0.0, 6e-4), 3.0, SURE) == 0.0
    # Half as many standard deviations, or half of the time: twice as badly known.
    half = Doubt(1.5, 0.0, 0.0, 0.0)
    assert 30.0 < certain_in_free_drift(own, TARGET, known(0.0, 6.6e-4), 3.0, half) < 50.0
    assert 30.0 < certain_in_free_drift(own, TARGET, known(0.0, 6.6e-4), 1.5, SURE) < 60.0
    assert certain_in_free_drift(own, TARGET, known(0.0, 1e-5), 3.0, SURE, up_to=12.0) == 12.0
    # What recedes by more than that stays clear.
    own = beside((0.0, 100.0, 0.0), receding(TARGET, (0.0, 100.0, 0.0), 60.0))
    assert certain_in_free_drift(own, TARGET, known(0.0, 6e-4), 3.0, SURE) > 90.0


def test_a_burn_counts_with_what_may_go_wrong_with_it() -> None:
    own = beside((0.0, 100.0, 0.0), (0.0, -0.003, 0.0))
    hop = subtract(beside((0.0, 100.0, 0.0), (0.017, -0.003, 0.0))[1], own[1])
    perfect = certain_in_free_drift(own, TARGET, NOTHING, 3.0, SURE, hop)
    after = (own[0], add(own[1], hop))
    assert perfect == pytest.approx(closest_in_free_drift(after, TARGET, 3.0), rel=0.02)
    assert 45.0 < perfect < 52.0
    for doubt in (Doubt(3.0, 0.05, 0.0, 0.0), Doubt(3.0, 0.0, 0.1, 0.0)):
        assert certain_in_free_drift(own, TARGET, NOTHING, 3.0, doubt, hop) < perfect - 5.0


def test_light_alone_leads_it_astray() -> None:
    own = beside((0.0, 60.0, 0.0), (0.0, -2e-5, 0.0))
    assert certain_in_free_drift(own, TARGET, NOTHING, 3.0, SURE) > 59.0
    light = Doubt(3.0, 0.0, 0.0, 1.5e-7)
    assert 20.0 < certain_in_free_drift(own, TARGET, NOTHING, 3.0, light) < 45.0


# ------------------------------------------------------------------ on the orbiter


def test_what_the_orbiter_reckons_with_is_what_its_file_says() -> None:
    doubt = clearance.doubt_of(Ship())  # type: ignore[arg-type]
    assert doubt == Doubt(3.0, 0.01, 0.005, 1.5e-7)


def test_the_bar_is_the_collision_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    ship: Any = Ship()
    monkeypatch.setattr(clearance, "certain_distance", lambda node, burn, *more: burn[0])
    assert keeps_clear(ship, (12.001, 0.0, 0.0)) and not keeps_clear(ship, (12.0, 0.0, 0.0))
    monkeypatch.setattr(clearance, "certain_distance", lambda node, up_to: 6.001)
    assert is_clear(ship)
    monkeypatch.setattr(clearance, "certain_distance", lambda node, up_to: 6.0)
    assert not is_clear(ship)


def test_of_burns_the_first_that_is_clear_is_taken_else_the_clearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship: Any = Ship()
    monkeypatch.setattr(clearance, "certain_distance", lambda node, burn, *more: burn[0])
    burns = [(x, 0.0, 0.0) for x in (5.0, 12.001, 50.0)]
    assert clearest(ship, burns) == burns[1]
    assert clearest(ship, [(x, 0.0, 0.0) for x in (0.0, 12.0, 5.0)]) == (12.0, 0.0, 0.0)
    assert clearest(ship, [(0.0, 1.0, 0.0), (0.0, 2.0, 0.0)]) == (0.0, 1.0, 0.0)
    assert clearest(ship, []) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("eccentricity", [0.0, 0.03])
@pytest.mark.parametrize("along", [30.0, -300.0])
def test_what_recedes_is_so_far_away_after_a_revolution(eccentricity: float, along: float) -> None:
    """Also about a container in an ellipse, where rest in its axes is no rest."""
    target = orbit(343e3, eccentricity, 1.0)
    place: Vector = (0.0, along, 0.0)
    own = from_lvlh(target, (place, receding(target, place, 90.0)))
    period = math.tau / motion(target)
    after, _ = to_lvlh(coast(target, period), coast(own, period))
    assert after[1] == pytest.approx(along + math.copysign(90.0, along), abs=6.0)


def test_it_recedes_from_where_it_is_slowly_and_faster() -> None:
    ship: Any = Ship((2.0, -50.0, 1.0), (0.01, 0.02, -0.03))
    nav = ship.navigator
    speeds = []
    for burn in settling(ship, 60.0):
        _, velocity = to_lvlh(nav.target, (nav.own[0], add(nav.own[1], burn)))
        assert velocity[0] == pytest.approx(0.0, abs=1e-9)
        assert velocity[2] == pytest.approx(0.0, abs=1e-9)
        speeds.append(velocity[1])
    at_rest = -2.0 * N * 2.0
    drifts = [(speed - at_rest) * 3.0 * PERIOD for speed in speeds]
    assert drifts == pytest.approx([60.0, 120.0, 240.0], rel=0.05)


def test_the_drift_is_shown_as_believed_and_as_certain() -> None:
    ship: Any = Ship((0.0, 300.0, 0.0), (0.0, -0.005, 0.0), sigma=2.0)
    ship.clock = type("Clock", (), {"now": staticmethod(lambda: 0.0)})
    clearance.check_drift(ship)
    assert ship.free_drift_distance == pytest.approx(296.5, abs=0.5)
    assert ship.certain_drift_distance == round(certain_distance(ship), 1)
    assert ship.certain_drift_distance < ship.free_drift_distance - 4.0
    ship.navigator.covariance = []
    clearance.check_drift(ship)
    assert ship.certain_drift_distance == 0.0
    ship.navigator.target, ship.certain_drift_distance = None, None
    clearance.check_drift(ship)
    assert ship.certain_drift_distance is None
