"""The MAV's flight computer cycle by cycle: what begins, is frozen, ends, and is kept."""

import math
from dataclasses import replace
from typing import Any

import pytest

from flight.astrodynamics.finite_burn import Tangents
from flight.astrodynamics.quaternions import IDENTITY, from_axis_angle
from flight.astrodynamics.vectors import Vector, angle_between, norm, scale, unit
from flight.icd.devices.ascent import Increments, StarAttitude
from flight.mav import ascent_computer
from flight.mav.ascent_computer import (
    AscentComputer,
    AscentPlan,
)
from flight.mav.ascent_guidance import MU, SecondBurnPlan
from flight.mav.ascent_settings import AscentSettings
from flight.mav.attitude_control import Order
from flight.mav.navigation import Navigation
from flight.mav.node import Mav
from ground.missions.vehicle_files import load_vehicle_file

SETTINGS = AscentSettings.of(load_vehicle_file(Mav, None).flight)
POLE: Vector = (0.0, 0.0, 1.0)
RADIUS = 3.73e6
CIRCULAR = math.sqrt(MU / RADIUS)
LEVEL = Tangents(0.0, 0.0, 0.0, 0.0)
PLAN = AscentPlan(0.0, POLE, LEVEL, SecondBurnPlan(500.0, LEVEL, POLE, (RADIUS, 0.0, 0.0), False))
EAST = from_axis_angle((0.0, 0.0, 1.0), 0.5 * math.pi)
"""The nose along +y, which is the way of an orbit at +x."""


def computer(
    speed: float = CIRCULAR, *, closed: bool = True, attitude: Any = EAST, radius: float = RADIUS
) -> AscentComputer:
    navigation = Navigation(100.0, (radius, 0.0, 0.0), (0.0, speed, 0.0), attitude)
    return AscentComputer(SETTINGS, PLAN, navigation, closed=closed)


def push(along: float = 0.0, step: float = 0.02, *, saturated: bool = False) -> Increments:
    """A reading of so many m/s^2 along the nose."""
    return Increments(
        interval=step, delta_angle=(0.0, 0.0, 0.0), delta_velocity=(along * step, 0.0, 0.0),
        saturated=saturated,
    )  # fmt: skip


@pytest.mark.parametrize(("felt", "lit"), [(2.0, False), (2.000001, True), (0.0, False)])
def test_a_motor_is_lit_when_it_is_felt(felt: float, lit: bool) -> None:
    c = computer()
    c.navigation.acceleration = (felt, 0.0, 0.0)
    assert c.is_lit is lit


def test_falling_it_asks_for_nothing_and_navigates() -> None:
    c = computer()
    assert c.fall(push(1.0)) == Order() == c.order
    assert c.navigation.time == pytest.approx(100.02)


def test_the_pointing_error_is_the_angle_off_what_is_wanted() -> None:
    c = computer()
    c.wanted = unit((math.tan(0.1), 1.0, 0.0))
    assert c.pointing_error == pytest.approx(math.degrees(0.1))


# -------------------------------------------------------------------- first burn


class Solved:
    """Counts how often the climb is found anew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at: list[float] = []
        monkeypatch.setattr(ascent_computer, "plan_first_stage", self)

    def __call__(self, model: Any, seconds: float, *args: Any, **options: Any) -> Tangents:
        self.at.append(seconds)
        return LEVEL


def burn(c: AscentComputer, seconds: float, step: float = 0.5) -> None:
    """Feels the first motor as designed."""
    stage = SETTINGS.first.stage
    flow = stage.propellant / stage.burn_time
    for cycle in range(round(seconds / step)):
        mass = stage.mass - flow * (cycle + 0.5) * step
        c.first_burn(push(stage.exhaust_speed * flow / mass, step))


def test_the_climb_is_guided_from_its_start_every_period_until_it_is_frozen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solved = Solved(monkeypatch)
    c = computer()
    burn(c, 75.0)
    start, end = SETTINGS.guidance_start, SETTINGS.first.stage.burn_time - 13.0
    assert solved.at[0] == pytest.approx(start, abs=0.6) and solved.at[0] >= start
    assert all(later - sooner == pytest.approx(4.0, abs=0.1)
               for sooner, later in zip(solved.at, solved.at[1:], strict=False))  # fmt: skip
    assert end - 4.6 < solved.at[-1] < end
    assert c.replans == len(solved.at) == 12
    assert c.first_ignition == pytest.approx(100.5)


def test_an_open_loop_goes_by_the_clock_and_is_never_solved_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solved = Solved(monkeypatch)
    c = computer(closed=False)
    burn(c, 75.0)
    assert solved.at == [] and c.replans == 0
    assert c.wind.wind == (0.0, 0.0, 0.0)


def test_how_far_the_burn_has_come_is_told_by_what_was_felt() -> None:
    stage = SETTINGS.first.stage
    c = computer()
    c.first_burn(push(0.0, 1.0))
    assert c._seconds_burnt(1.0) == pytest.approx(0.0, abs=1e-6)
    c.navigation.spent += stage.exhaust_speed * math.log(stage.mass / (stage.mass - 54.0))
    assert c._seconds_burnt(1.0) == pytest.approx(stage.burn_time * 54.0 / stage.propellant)
    c.navigation.spent = -500.0
    assert c._seconds_burnt(1.0) == 0.0, "never before ignition"
    clock = computer(closed=False)
    clock.first_burn(push(30.0, 1.0))
    clock.navigation.time += 20.0
    assert clock._seconds_burnt(1.0) == pytest.approx(20.0)


def test_what_the_air_takes_counts_as_burnt() -> None:
    c = computer(1000.0, radius=SETTINGS.pad.radius)
    c.first_burn(push(0.0, 0.02))
    lost = c._lost
    drag = c.dynamic_pressure * SETTINGS.first.drag_area / SETTINGS.first.stage.mass
    c._seconds_burnt(2.0)
    assert c._lost - lost == pytest.approx(2.0 * drag, rel=0.01) and drag > 1.0


def test_a_shock_teaches_nothing_of_the_wind() -> None:
    c = computer(800.0, radius=SETTINGS.pad.radius)
    taken: list[float] = []
    c.wind.take = lambda *args: taken.append(args[-1])  # type: ignore[method-assign]
    c.first_burn(push(20.0, saturated=True))
    assert taken == []
    c.first_burn(push(20.0))
    assert taken == [0.02]


def test_the_direction_that_is_wanted_keeps_the_angle_of_attack_in_its_limit() -> None:
    c = computer(700.0, radius=SETTINGS.pad.radius)  # low and fast: the air presses
    c.climb = Tangents(3.0, 0.0, 0.0, 0.0)
    c.first_burn(push(20.0))
    assert c.dynamic_pressure > 400.0
    assert angle_between(c.wanted, c.through_air) == pytest.approx(
        SETTINGS.first.angle_limit, rel=1e-3
    )
    assert c.angle_of_attack == pytest.approx(
        angle_between(c.navigation.direction(), c.through_air)
    )


# ------------------------------------------------------------------------- coast


def test_with_the_first_stage_the_nose_is_kept_in_the_wind_and_then_where_the_burn_begins() -> None:
    c = computer()
    c.wind.wind = (0.0, 0.0, 300.0)
    c.coast(push(), whole=True)
    assert c.wanted == pytest.approx(unit(c.through_air))
    c.second = replace(PLAN.second, tangents=Tangents(1.0, 0.0, 0.0, 0.0))
    c.coast(push())
    assert c.wanted == pytest.approx(unit((1.0, 1.0, 0.0)))


def test_in_the_coast_nothing_is_felt_but_while_the_motor_is_being_lit_it_is() -> None:
    c = computer()
    c.coast(push(5.0))
    assert c.navigation.spent == 0.0 and c.navigation.accelerometer_bias[0] == 5.0
    c.navigation.accelerometer_bias = (0.0, 0.0, 0.0)
    c.coast(push(5.0), whole=True)
    assert c.navigation.spent == pytest.approx(0.1)
    c.coast(push(5.0), lighting=True)
    c.coast(push(5.0), lighting=True)
    assert c.navigation.spent == pytest.approx(0.3)
    c.second_burn(push(5.0))
    assert c._spent_at_ignition == pytest.approx(0.1), "from the order to the igniter on"


def test_invalid_stars_correct_nothing() -> None:
    c = computer()
    stars = StarAttitude(valid=False, time_ns=0, attitude=IDENTITY, sigma=1e-4)
    assert c.see_stars(stars) is None and c.navigation.corrections == 0
    sound = StarAttitude(time_ns=0, attitude=c.navigation.attitude, sigma=1e-4)
    assert c.see_stars(sound) == pytest.approx(0.0, abs=1e-9)
    assert c.navigation.corrections == 1


def test_only_a_closed_loop_plans_the_second_burn_anew() -> None:
    fixed = computer(CIRCULAR - 1700.0, closed=False)
    fixed.start_coast()
    assert fixed.second is PLAN.second and fixed.replans == 0
    c = computer(CIRCULAR - 1700.0)
    c.start_coast()
    assert c.replans == 1 and c.second.ignition >= 101.0


# ------------------------------------------------------------------- second burn


def test_what_is_left_of_the_second_stage_follows_from_what_was_felt() -> None:
    stage = SETTINGS.second
    c = computer()
    c.second_burn(push(0.0))
    whole = c.rest_of_second()
    assert whole is not None and whole.mass == pytest.approx(stage.mass)
    assert whole.burn_time == pytest.approx(stage.burn_time)
    c.navigation.spent += stage.exhaust_speed * math.log(stage.mass / (stage.mass - 27.0))
    rest = c.rest_of_second()
    assert rest is not None
    assert rest.propellant == pytest.approx(stage.propellant - 27.0)
    assert rest.burn_time == pytest.approx(
        stage.burn_time * (stage.propellant - 27.0) / stage.propellant
    )
    for left, there in ((0.021, True), (0.019, False)):
        burnt = (1.0 - left) * stage.propellant
        c.navigation.spent = stage.exhaust_speed * math.log(stage.mass / (stage.mass - burnt))
        assert (c.rest_of_second() is not None) is there


def test_the_second_ignition_is_noted_once_and_the_plan_moves_with_it() -> None:
    c = computer()
    c.second_burn(push(20.0))
    assert c.second_ignition == pytest.approx(100.02)
    assert c.second.ignition == pytest.approx(100.02)
    c.second_burn(push(20.0))
    assert c.second_ignition == pytest.approx(100.02)
    fixed = computer(closed=False)
    fixed.second_burn(push(20.0))
    assert fixed.second.ignition == 500.0


def test_the_second_burn_is_steered_every_second_until_it_is_frozen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []

    def steer(plan: Any, time: float, position: Any, velocity: Any, rest: Any) -> Any:
        rests.append(rest.burn_time)
        return plan

    monkeypatch.setattr(ascent_computer, "steer_rest", steer)
    stage = SETTINGS.second
    c = computer()
    flow = stage.propellant / stage.burn_time
    step = 0.125  # of which eight are a second to the last bit
    for cycle in range(round(stage.burn_time / step)):
        mass = stage.mass - flow * (cycle + 0.5) * step
        c.second_burn(push(stage.exhaust_speed * flow / mass, step))
    assert rests[0] == pytest.approx(stage.burn_time - 1.0, abs=0.01)
    assert 3.0 < rests[-1] < 4.01
    assert len(rests) == 23


# -------------------------------------------------------------------------- trim


def missing(c: AscentComputer, speed: float) -> None:
    """Makes it so much too slow for its circle."""
    c.navigation.velocity = (0.0, math.sqrt(MU / norm(c.navigation.position)) - speed, 0.0)


def trim(c: AscentComputer, speed: float, gas: float = 2.0, step: float = 0.0) -> Order | None:
    missing(c, speed)
    return c.trim(push(0.0, step), gas)


def test_trimming_ends_when_it_is_done_or_the_gas_or_its_limit_is() -> None:
    assert trim(computer(), 0.101) is not None
    assert trim(computer(), 0.099) is None
    assert trim(computer(), 5.0, gas=SETTINGS.trim_reserve) is None
    assert trim(computer(), 5.0, gas=SETTINGS.trim_reserve + 1e-6) is not None
    c = computer()
    c.trimmed = SETTINGS.trim_limit
    assert trim(c, 5.0) is None
    c.trimmed -= 1e-6
    assert trim(c, 5.0) is not None


@pytest.mark.parametrize(("degrees", "pushes"), [(4.99, True), (5.01, False)])
def test_it_pushes_only_when_the_nose_points_there(degrees: float, pushes: bool) -> None:
    turned = from_axis_angle((0.0, 0.0, 1.0), 0.5 * math.pi + math.radians(degrees))
    order = trim(computer(attitude=turned), 5.0)
    assert order is not None and (order.forward > 0.0) is pushes


def test_a_push_lasts_as_long_as_it_has_to_and_no_longer_than_a_cycle() -> None:
    mass = SETTINGS.second.mass - SETTINGS.second.propellant
    order = trim(computer(), 5.0)
    assert order is not None and order.forward == 0.2
    c = computer()
    c.wanted = (0.0, 1.0, 0.0)
    c.settings = replace(c.settings, forward_thrust=500.0)
    order = trim(c, 0.12)
    assert order is not None and order.forward == pytest.approx(0.12 * mass / 500.0)
    c.settings = replace(c.settings, forward_thrust=1e5)
    assert trim(c, 0.12) is None, "shorter than the valves can"


def test_below_half_a_metre_a_second_the_direction_is_kept() -> None:
    c = computer()
    c.wanted = (0.0, 0.0, 1.0)
    trim(c, 0.49)
    assert c.wanted == (0.0, 0.0, 1.0)
    trim(c, 0.51)
    assert c.wanted == pytest.approx((0.0, 1.0, 0.0))


def test_only_what_was_pushed_for_counts_as_trimmed() -> None:
    c = computer()
    c.trim(push(1.0, 0.2), 2.0)
    assert c.trimmed == 0.0
    c.order = Order(forward=0.2)
    missing(c, 5.0)
    c.trim(push(1.0, 0.2), 2.0)
    assert c.trimmed == pytest.approx(0.2)


# ----------------------------------------------------------------------- storage


def test_a_computer_comes_back_as_it_was_stored() -> None:
    c = computer()
    burn(c, 2.0)
    c.second_burn(push(20.0))
    c.trimmed, c.climb = 1.5, Tangents(0.4, 0.0, 0.1, 0.0)
    c.wind.wind = (1.0, 2.0, 3.0)
    again = AscentComputer.restored(SETTINGS, c.stored())
    assert again.stored() == c.stored()
    assert again.trimmed == 1.5 and again.climb == c.climb and again.second == c.second
    assert again._lost == c._lost and again._spent_at_ignition == c._spent_at_ignition
    assert again._control.gains == SETTINGS.second_gains
    early = AscentComputer.restored(SETTINGS, computer().stored())
    assert early._control.gains == SETTINGS.first_gains and early.first_ignition is None
    assert scale(1.0, early.wanted) == pytest.approx((0.0, 1.0, 0.0))
