"""Powered descent figure by figure: what a plan may ask, what straight down gives."""

import math
from dataclasses import replace

import pytest

from flight.astrodynamics.vectors import Vector
from flight.lander.powered_descent import (
    DescentLimits,
    DescentPlan,
    Gate,
    acceleration_to_gate,
    plan_descent,
    straight_down,
    thrust_acceleration,
)

LIMITS = DescentLimits(greatest=10.5, least=1.8, tilt=math.radians(65.0), exhaust_speed=2_090.0)
GATE = Gate((0.0, 0.0, 16.0), 1.2)
PLACE: Vector = (300.0, -200.0, 2_000.0)
VELOCITY: Vector = (15.0, -5.0, -85.0)


def test_what_the_law_of_the_gate_asks_for() -> None:
    # 12 (gate - place) / t^2 - 6 (velocity + final) / t, by hand for t = 40 s.
    east, north, up = acceleration_to_gate(PLACE, VELOCITY, GATE, 40.0)
    assert (east, north) == pytest.approx((-2.25 - 2.25, 1.5 + 0.75))
    assert up == pytest.approx(-12.0 * 1_984.0 / 1_600.0 + 6.0 * 86.2 / 40.0)
    assert thrust_acceleration(PLACE, VELOCITY, GATE, 40.0) == pytest.approx(
        (east, north, up + 3.72)
    )


def test_the_cheapest_duration_of_the_grid_is_chosen() -> None:
    plan = plan_descent(PLACE, VELOCITY, GATE, LIMITS)
    assert plan is not None and plan.duration == 44.0
    assert plan.spent == pytest.approx(257.926278347286, rel=1e-12)
    # All durations are multiples of 4 s from 12 s to 88 s.
    far = plan_descent((0.0, 0.0, 3_800.0), (0.0, 0.0, -60.0), GATE, replace(LIMITS, greatest=6.0))
    assert far is not None and far.duration == 88.0
    close = plan_descent((0.0, 0.0, 126.0), (0.0, 0.0, -18.0), GATE, LIMITS)
    assert close is not None and close.duration == 12.0


def durations(limits: DescentLimits, gate: Gate = GATE, place: Vector = PLACE) -> float | None:
    plan = plan_descent(place, VELOCITY, gate, limits)
    return None if plan is None else plan.duration


@pytest.mark.parametrize(
    ("limits", "duration"),
    [
        ({"greatest": 7.0}, 44.0),
        ({"greatest": 6.0}, 52.0),
        ({"greatest": 5.5}, None),
        ({"least": 3.7}, 44.0),  # at the gate it bears just its weight, 3.72 m/s^2
        ({"least": 3.8}, None),
        ({"tilt": math.radians(60.0)}, 44.0),
        ({"tilt": math.radians(50.0)}, 48.0),
        ({"tilt": math.radians(20.0)}, 72.0),
        ({"tilt": math.radians(10.0)}, None),
    ],
)
def test_a_plan_thrusts_and_tilts_no_more_and_no_less_than_allowed(
    limits: dict[str, float], duration: float | None
) -> None:
    assert durations(replace(LIMITS, **limits)) == duration


def test_the_greatest_and_the_least_thrust_may_be_asked_for() -> None:
    """A hover that needs 3.72 m/s^2 all along fits limits of just that."""
    hover = (0.0, 0.0, 16.0 + 1.2 * 12.0)
    down: Vector = (0.0, 0.0, -1.2)
    for limits, fits in (
        (DescentLimits(3.72000001, 3.71999999, 0.1, 2_090.0), True),
        (DescentLimits(3.71999999, 1.0, 0.1, 2_090.0), False),
        (DescentLimits(5.0, 3.72000001, 0.1, 2_090.0), False),
    ):
        plan = plan_descent(hover, down, GATE, limits)
        assert (plan is not None and plan.duration == 12.0) is fits
    plan = plan_descent(hover, down, GATE, DescentLimits(5.0, 1.0, 0.1, 2_090.0))
    assert plan is not None and plan.spent == pytest.approx(12.0 * 3.72)


def test_the_way_keeps_above_a_slope_towards_the_gate() -> None:
    low: Vector = (900.0, 0.0, 90.0)
    level: Vector = (-40.0, 0.0, -2.0)

    def plan(slope: float) -> DescentPlan | None:
        return plan_descent(low, level, GATE, replace(LIMITS, glide_slope=slope))

    assert plan(0.06) is not None
    # 880 m beyond the 20 m that are left out, 75 m over the gate less one.
    assert plan(75.0 / 880.0 - 1e-4) is not None
    assert plan(75.0 / 880.0 + 1e-4) is None
    assert plan(0.2) is None
    assert LIMITS.glide_slope == 0.06


def test_the_propellant_of_a_plan_is_that_of_the_rocket_equation() -> None:
    assert DescentPlan(44.0, 257.926).propellant(2_700.0, 2_090.0) == pytest.approx(
        2_700.0 * (1.0 - math.exp(-257.926 / 2_090.0))
    )


# ------------------------------------------------------------------ straight down


@pytest.mark.parametrize(
    ("velocity", "height", "offset", "push"),
    [
        # Steady: its weight, nothing else.
        ((0.0, 0.0, -1.2), 20.0, (0.0, 0.0), (0.0, 0.0, 3.72)),
        # Too fast by 1 m/s: one and a half metres per second squared more, and less too slow.
        ((0.0, 0.0, -2.2), 20.0, (0.0, 0.0), (0.0, 0.0, 5.22)),
        ((0.0, 0.0, -0.7), 20.0, (0.0, 0.0), (0.0, 0.0, 2.97)),
        # Never more than 4 up, nor less than 1.5 below.
        ((0.0, 0.0, -20.0), 20.0, (0.0, 0.0), (0.0, 0.0, 7.72)),
        ((0.0, 0.0, 20.0), 20.0, (0.0, 0.0), (0.0, 0.0, 2.22)),
        # Towards the spot by a quarter of the way a second, as far as 1.5 m/s.
        ((0.0, 0.0, -1.2), 18.0, (2.0, 0.0), (0.3, 0.0, 3.72)),
        ((0.0, 0.0, -1.2), 40.0, (0.0, -2.0), (0.0, -0.3, 3.72)),
        ((1.0, 0.0, -1.2), 40.0, (20.0, 0.0), (0.3, 0.0, 3.72)),
        ((-1.0, 0.0, -1.2), 40.0, (-20.0, 0.0), (-0.3, 0.0, 3.72)),
        # Below 18 m less of it, and none in the last three.
        ((0.0, 0.0, -1.2), 10.5, (2.0, 0.0), (0.15, 0.0, 3.72)),
        ((0.0, 0.0, -1.2), 3.0, (2.0, 0.0), (0.0, 0.0, 3.72)),
        ((0.0, 0.0, -1.2), 1.0, (2.0, 0.0), (0.0, 0.0, 3.72)),
        # What moves sideways is braked all the way.
        ((0.5, -0.4, -1.2), 1.0, (0.0, 0.0), (-0.3, 0.24, 3.72)),
    ],
)
def test_straight_down(
    velocity: Vector, height: float, offset: tuple[float, float], push: Vector
) -> None:
    assert straight_down(velocity, height, 1.2, offset) == pytest.approx(push, abs=1e-12)


def test_straight_down_it_leans_twelve_degrees_at_the_most_and_keeps_its_way() -> None:
    east, north, up = straight_down((8.0, -6.0, -1.2), 1.0, 1.2, (0.0, 0.0))
    assert math.degrees(math.atan2(math.hypot(east, north), up)) == pytest.approx(12.0)
    assert (east, north) == pytest.approx((-0.8 * 3.72 * 0.2125565617, 0.6 * 3.72 * 0.2125565617))
