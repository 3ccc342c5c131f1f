"""Powered descent: plans that reach their gate, thrusts as asked, sensing that waits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics.vectors import add, norm, scale
from flight.lander.landing_site import LandingMap
from flight.lander.powered_descent import (
    DescentLimits,
    Gate,
    acceleration_to_gate,
    plan_descent,
    straight_down,
)
from flight.lander.thrust_control import EngineLayout, ThrustAllocation
from flight.lander.touchdown_detection import TouchdownDetector

GRAVITY = 3.72

LIMITS = DescentLimits(greatest=10.5, least=1.8, tilt=math.radians(65.0), exhaust_speed=2_090.0)
GATE = Gate((0.0, 0.0, 16.0), 1.2)
LAYOUT = EngineLayout(1.5, 0.6, math.radians(6.0), 400.0, 3_060.0)


@given(st.floats(-900.0, 900.0), st.floats(-900.0, 900.0), st.floats(1_500.0, 3_000.0))
def test_the_plan_flown_ends_at_the_gate(east: float, north: float, height: float) -> None:
    place, velocity = (east, north, height), (15.0, -5.0, -85.0)
    plan = plan_descent(place, velocity, GATE, LIMITS)
    assert plan is not None
    time, step = 0.0, 0.02
    while plan.duration - time > 0.5:
        acceleration = acceleration_to_gate(place, velocity, GATE, plan.duration - time)
        assert norm(add(acceleration, (0.0, 0.0, GRAVITY))) < 1.15 * LIMITS.greatest
        place = add(place, add(scale(step, velocity), scale(0.5 * step * step, acceleration)))
        velocity = add(velocity, scale(step, acceleration))
        time += step
        assert place[2] > 10.0
    assert math.hypot(place[0], place[1]) < 2.0 and abs(place[2] - 16.0) < 3.0
    assert math.hypot(velocity[0], velocity[1]) < 1.5 and abs(velocity[2] + 1.2) < 1.5


def test_what_cannot_be_reached_has_no_plan() -> None:
    assert plan_descent((9_000.0, 0.0, 1_500.0), (0.0, 0.0, -85.0), GATE, LIMITS) is None
    assert plan_descent((0.0, 0.0, 100.0), (0.0, 0.0, -85.0), GATE, LIMITS) is None


def test_straight_down_keeps_upright_and_brakes() -> None:
    push = straight_down((3.0, 0.0, -4.0), 10.0, 1.2, (20.0, 0.0))
    assert push[2] > GRAVITY
    assert math.hypot(push[0], push[1]) <= push[2] * math.tan(math.radians(12.1))


moments = st.tuples(st.floats(-1_500, 1_500), st.floats(-1_500, 1_500), st.floats(-300, 300))


@given(st.floats(10_000.0, 20_000.0), moments, st.sets(st.integers(0, 11), max_size=2))
def test_engines_give_what_is_asked_also_without_some(
    force: float, moment: tuple[float, float, float], dead: set[int]
) -> None:
    allocation = ThrustAllocation(LAYOUT)
    allocation.set_fixed(dict.fromkeys(sorted(dead), 0.0))
    thrusts = allocation.thrusts(force, moment)
    assert all(thrusts[i] == 0.0 for i in dead)
    free = [thrust for i, thrust in enumerate(thrusts) if i not in dead]
    assert all(LAYOUT.least <= thrust <= LAYOUT.greatest for thrust in free)
    given_ = [
        sum(t * column[axis] for t, column in zip(thrusts, allocation.columns, strict=True))
        for axis in range(4)
    ]
    assert abs(given_[0] - force) < 3_000.0
    if len(dead) < 2:
        assert given_[1:3] == pytest.approx(list(moment[:2]), abs=150.0)


def test_what_was_latched_before_sensing_began_is_no_ground() -> None:
    detector = TouchdownDetector()
    assert detector.judge((True, True, True, True), 0.0, 1.2, 40.0, 0.05) == ""
    detector.enable()
    # Two legs say contact while it sinks on: not believed.
    for _ in range(100):
        assert detector.judge((True, True, False, False), 1.2, 1.2, 9.0, 0.05) == ""
    assert detector.judge((True, True, False, False), 0.3, 1.2, 9.0, 0.05) == ""
    assert detector.judge((True, True, False, False), 0.2, 1.2, 9.0, 0.05) == "legs"


def test_a_standstill_high_up_is_no_ground_but_low_down_it_is() -> None:
    def stand(height: float) -> str:
        detector = TouchdownDetector()
        detector.enable()
        detector.judge((False,) * 4, 1.2, 1.2, height, 0.05)
        answers = [detector.judge((False,) * 4, 0.0, 1.2, height, 0.05) for _ in range(60)]
        return answers[-1]

    assert stand(20.0) == ""
    assert stand(0.5) == "standstill"


def landing_map(hazards: dict[tuple[int, int], int]) -> LandingMap:
    """20 x 20 cells of 5 m about the origin; hazards by column and row."""
    cells = bytearray(400)
    for (column, row), value in hazards.items():
        cells[20 * row + column] = value
    return LandingMap(
        {
            "west": -50.0,
            "south": -50.0,
            "resolution": 5.0,
            "columns": 20,
            "base": -2_540.0,
            "heights": (15).to_bytes(2, "big", signed=True) * 400,
            "hazards": bytes(cells),
        }
    )


def test_the_safest_spot_is_the_aim_unless_something_lies_there() -> None:
    free = landing_map({}).safest((0.0, 0.0), 8.0, radius=40.0)
    assert free is not None and (free.east, free.north) == (0.0, 0.0)
    assert free.height == pytest.approx(-2_538.5)
    blocked = landing_map({(10, 10): 255}).safest((0.0, 0.0), 8.0, radius=40.0)
    assert blocked is not None and 8.0 <= math.hypot(blocked.east, blocked.north) <= 20.0


def test_a_map_that_does_not_fill_its_cells_is_refused() -> None:
    plain = {"west": 0, "south": 0, "resolution": 5, "columns": 2, "base": 0}
    with pytest.raises(ValueError, match="do not fill"):
        LandingMap({**plain, "heights": bytes(8), "hazards": bytes(3)})


def test_engines_at_their_least_do_not_upset_the_balance() -> None:
    allocation = ThrustAllocation(LAYOUT)
    allocation.set_fixed({2: 0.0, 4: 0.0})
    thrusts = allocation.thrusts(10_000.0, (0.0, 0.0, 0.0))
    assert min(thrust for i, thrust in enumerate(thrusts) if i not in (2, 4)) == LAYOUT.least
    for axis, wanted in enumerate((10_000.0, 0.0, 0.0, 0.0)):
        given_ = sum(
            t * column[axis] for t, column in zip(thrusts, allocation.columns, strict=True)
        )
        assert given_ == pytest.approx(wanted, abs=1.0)
