"""Guidance of burns that can be ended."""

import math

import pytest

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.finite_burn import Stage, fly_ahead, fly_burn
from flight.astrodynamics.vectors import Vector, dot, norm, scale, unit
from flight.mav.ascent_guidance import MU, apoapsis_and_period, gravity
from flight.mav.cut_off_guidance import (
    CutOff,
    choose_first_burn,
    plan_level_burn,
    seconds_to_apoapsis,
)

NORMAL: Vector = (0.0, 0.0, 1.0)
CUT_OFF = CutOff(295.0, 3060.0, 2.6, 0.25, 1.2, 0.2, 2.3)


def coast(apoapsis_km: float = 343.0) -> tuple[Vector, Vector]:
    """In the equator's plane, 100 km high, rising to an apoapsis."""
    low, high = 2.6e6, MARS_MEAN_RADIUS + apoapsis_km * 1e3
    axis, radius = 0.5 * (low + high), MARS_MEAN_RADIUS + 1e5
    speed = math.sqrt(MU * (2.0 / radius - 1.0 / axis))
    across = math.sqrt(MU * axis * (1.0 - ((high - low) / (high + low)) ** 2)) / radius
    return (radius, 0.0, 0.0), (math.sqrt(speed**2 - across**2), across, 0.0)


def after(stage: Stage, part: float) -> Stage:
    return Stage(stage.mass, stage.propellant * part, stage.burn_time * part, stage.exhaust_speed)


def test_a_level_burn_ends_on_a_circle_and_leaves_the_rest_unburnt() -> None:
    place, speed = coast()
    stage = CUT_OFF.stage(158.0, 60.0)
    plan = plan_level_burn(0.0, place, speed, stage, NORMAL, 1.0)
    assert not plan.is_reduced
    assert plan.duration < stage.burn_time
    start = fly_ahead(place, speed, plan.ignition, gravity)
    part = after(stage, plan.duration / stage.burn_time)
    end, fast = fly_burn(
        *start, part, lambda seconds, where: plan.direction(plan.ignition + seconds, where), gravity
    )
    assert norm(fast) == pytest.approx(math.sqrt(MU / norm(end)), abs=0.5)
    assert dot(unit(end), fast) == pytest.approx(0.0, abs=0.5)


def test_a_stage_with_too_little_burns_all_that_it_has() -> None:
    place, speed = coast()
    stage = CUT_OFF.stage(158.0, 12.0)
    plan = plan_level_burn(0.0, place, speed, stage, NORMAL, 1.0)
    assert plan.is_reduced
    assert plan.duration == stage.burn_time


def test_the_first_burn_is_ended_when_its_apoapsis_will_be_there() -> None:
    place, speed = coast(300.0)
    pushed = scale(40.0, unit(speed))
    goal = apoapsis_and_period(place, speed)[0] + 2e3
    left = seconds_to_apoapsis(place, speed, pushed, goal)
    stage = Stage(1000.0, 40.0 * left / 3000.0 * 1000.0, left, 3000.0)  # nearly 40 m/s^2
    end, fast = fly_burn(place, speed, stage, lambda seconds, where: unit(speed), gravity, step=0.1)
    assert apoapsis_and_period(end, fast)[0] == pytest.approx(goal, abs=150.0)
    assert seconds_to_apoapsis(place, speed, pushed, goal - 3e3) == 0.0
    assert seconds_to_apoapsis(place, speed, scale(-40.0, unit(speed)), goal) == math.inf


def test_the_first_burn_of_least_propellant_is_found_or_told_not_to_be() -> None:
    found = choose_first_burn(CUT_OFF, lambda propellant: (propellant - 212.0) ** 2)
    assert found == pytest.approx(212.0, abs=1.0)
    with pytest.raises(ValueError, match="no first burn"):
        choose_first_burn(CUT_OFF, lambda propellant: math.inf)
