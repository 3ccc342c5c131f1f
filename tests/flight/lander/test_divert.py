"""Which spot is landed on: the aim, the nearest to it, or straight ahead."""

import math
from typing import Any

import pytest

from flight.astrodynamics.vectors import Vector
from flight.lander import divert
from flight.lander.divert import best_near, choose_landing, descent_limits, gate_over
from flight.lander.landing_site import Spot
from flight.lander.powered_descent import DescentPlan
from tests.flight.lander.descent_bench import GROUND, Bench, flat_map

PLACE: Vector = (-400.0, 100.0, GROUND + 2_000.0)
VELOCITY: Vector = (20.0, -10.0, -85.0)
AHEAD = (-320.0, 60.0)
"""Where braking straight on ends: four seconds on."""


class Plans:
    """Stands for `plan_descent`: which spots can be reached, and for what."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, reach: Any, spent: float = 200.0) -> None:
        self.gates: list[Vector] = []
        self.reach, self.spent = reach, spent
        monkeypatch.setattr(divert, "plan_descent", self)

    def __call__(self, place: Any, velocity: Any, gate: Any, limits: Any) -> DescentPlan | None:
        assert (place, velocity) == (PLACE, VELOCITY)
        self.gates.append(gate.place)
        return DescentPlan(40.0, self.spent) if self.reach(*gate.place[:2]) else None


def test_what_plans_may_ask_of_the_engines() -> None:
    limits = descent_limits(Bench().descent, 2_500.0)
    assert limits.greatest == pytest.approx(0.8 * 12.0 * 3_060.0 / 2_500.0)
    assert limits.least == pytest.approx(1.05 * 12.0 * 400.0 / 2_500.0)
    assert limits.tilt == pytest.approx(math.radians(65.0))
    assert limits.exhaust_speed == pytest.approx(213.0 * 9.80665)


def test_the_gate_is_over_the_spot_by_gate_and_legs() -> None:
    gate = gate_over(Bench().descent, Spot(10.0, 20.0, -2_500.0, 0))
    assert gate.place == pytest.approx((10.0, 20.0, -2_483.7)) and gate.sinking == 1.2


def test_the_aim_when_it_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.descent.sensing.fixed = True
    plans = Plans(monkeypatch, lambda east, north: True)
    found = choose_landing(bench.descent, PLACE, VELOCITY)
    assert (found.spot.east, found.spot.north) == (0.0, 0.0)
    assert found.reason == "the aim is within reach" and found.plan == DescentPlan(40.0, 200.0)
    assert found.distance == pytest.approx(math.hypot(400.0, 100.0))
    assert found.distance_left == 0.0 and found.gate.place[2] == pytest.approx(GROUND + 16.3)
    assert len(plans.gates) == 1


def test_else_the_nearest_to_it_on_the_way_from_straight_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    bench.descent.sensing.fixed = True
    plans = Plans(monkeypatch, lambda east, north: east < -95.0)
    found = choose_landing(bench.descent, PLACE, VELOCITY)
    assert found.reason == "as near to the aim as the engines reach"
    # By halves of the way, five times, on a grid of 10 m.
    tried = [place[:2] for place in plans.gates[1:]]
    assert tried == [(-160.0, 30.0), (-80.0, 20.0), (-120.0, 20.0), (-100.0, 20.0), (-90.0, 20.0)]
    assert (found.spot.east, found.spot.north) == (-100.0, 20.0)
    assert found.distance_left == pytest.approx(math.hypot(100.0, 20.0))


def test_else_straight_ahead_with_or_without_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.descent.sensing.fixed = True
    Plans(monkeypatch, lambda east, north: (east, north) == AHEAD)
    found = choose_landing(bench.descent, PLACE, VELOCITY)
    assert (found.spot.east, found.spot.north) == AHEAD and found.plan is not None
    assert found.reason == "nothing else is within reach"
    Plans(monkeypatch, lambda east, north: False)
    assert choose_landing(bench.descent, PLACE, VELOCITY).plan is None


@pytest.mark.parametrize(
    ("sigma", "fixed", "aimed"),
    [(100.1, False, False), (100.0, False, True), (100.1, True, True), (5_000.0, True, True)],
)
def test_one_who_does_not_know_where_on_the_map_he_is_goes_straight_on(
    monkeypatch: pytest.MonkeyPatch, sigma: float, fixed: bool, aimed: bool
) -> None:
    bench = Bench()
    bench.descent.sensing.fixed = fixed
    bench.where.errors[0].position = sigma**2
    Plans(monkeypatch, lambda east, north: True)
    found = choose_landing(bench.descent, PLACE, VELOCITY)
    assert (found.spot.east, found.spot.north) == ((0.0, 0.0) if aimed else AHEAD)
    assert found.plan is not None
    if not aimed:
        assert found.reason == "the place is not known well enough"


@pytest.mark.parametrize(("propellant", "enough"), [(345.0, True), (343.0, False)])
def test_the_reserve_is_left_in_the_tanks(
    monkeypatch: pytest.MonkeyPatch, propellant: float, enough: bool
) -> None:
    """200 m/s cost 9.13 % of the mass; 90 kg are kept. 2544 kg x 0.0913 + 90 = 322 kg."""
    bench = Bench()
    bench.descent.sensing.fixed = True
    bench.descent.propellant = propellant
    spent = -213.0 * 9.80665 * math.log(1.0 - 254.0 / 2_544.0)
    Plans(monkeypatch, lambda east, north: True, spent)
    assert (choose_landing(bench.descent, PLACE, VELOCITY).plan is not None) is enough


def test_around_the_aim_the_safest_spot_is_taken_and_remembered() -> None:
    bench = Bench(land_map=flat_map({(0, 0): 255}))
    spot = best_near(bench.descent, (0.0, 0.0))
    assert 10.0 < math.hypot(spot.east, spot.north) < 25.0
    assert best_near(bench.descent, (0.04, -0.04)) is spot
    assert best_near(bench.descent, (0.06, 0.0)) is not spot
    # As far as 120 m; where the map ends the point itself.
    far = best_near(bench.descent, (515.0, 0.0))
    assert far.east == pytest.approx(395.0, abs=12.0)
    assert best_near(bench.descent, (525.0, 0.0)) == Spot(525.0, 0.0, GROUND, 255)
