"""The flight computer of one stage that is shut off and lit again: what is left, when it ends."""

import math
from dataclasses import replace
from typing import Any

import pytest

from flight.astrodynamics.finite_burn import Stage, Tangents
from flight.astrodynamics.quaternions import from_axis_angle
from flight.astrodynamics.vectors import Vector
from flight.icd.devices.ascent import Increments
from flight.mav import cut_off_computer
from flight.mav.ascent_computer import AscentPlan
from flight.mav.ascent_guidance import MU
from flight.mav.ascent_settings import AscentSettings
from flight.mav.attitude_control import Order
from flight.mav.cut_off_computer import CutOffComputer, with_first_burn
from flight.mav.cut_off_guidance import CutOff, CutOffPlan
from flight.mav.navigation import Navigation
from flight.mav.node import Mav
from ground.missions.vehicle_files import load_vehicle_file

CUT_OFF = CutOff(300.0, 3000.0, 2.5, 0.5, 2.0, 0.25, 2.5)
"""300 kg in 120 s; the valve shut, the thrust falls for half a second."""
SOLID = AscentSettings.of(load_vehicle_file(Mav, None).flight)
ONE_STAGE = replace(SOLID, first=replace(SOLID.first, stage=Stage(450.0, 300.0, 120.0, 3000.0)))
SETTINGS = with_first_burn(ONE_STAGE, CUT_OFF, 200.0)
LEVEL = Tangents(0.0, 0.0, 0.0, 0.0)
POLE: Vector = (0.0, 0.0, 1.0)
RADIUS = 3.73e6
CIRCULAR = math.sqrt(MU / RADIUS)
EAST = from_axis_angle((0.0, 0.0, 1.0), 0.5 * math.pi)  # the nose along +y, the way of the orbit


def computer(
    speed: float = CIRCULAR, *, duration: float = 30.0, radius: float = RADIUS
) -> CutOffComputer:
    second = CutOffPlan(500.0, LEVEL, POLE, (RADIUS, 0.0, 0.0), False, duration)
    navigation = Navigation(100.0, (radius, 0.0, 0.0), (0.0, speed, 0.0), EAST)
    return CutOffComputer(SETTINGS, AscentPlan(0.0, POLE, LEVEL, second), navigation, CUT_OFF)


def push(along: float, step: float = 0.02) -> Increments:
    return Increments(
        interval=step, delta_angle=(0.0, 0.0, 0.0), delta_velocity=(along * step, 0.0, 0.0),
        saturated=False,
    )  # fmt: skip


def test_what_the_first_burn_does_not_take_is_left_for_the_second_without_the_fairing() -> None:
    first, second = SETTINGS.first.stage, SETTINGS.second
    assert (first.mass, first.propellant, first.burn_time) == (450.0, 200.0, 80.0)
    assert (second.mass, second.propellant, second.burn_time) == (248.0, 100.0, 40.0)
    assert first.exhaust_speed == second.exhaust_speed == 3000.0
    all_of_it = with_first_burn(ONE_STAGE, CUT_OFF, 300.0).second
    assert all_of_it.propellant == pytest.approx(0.3), "a little at least"


@pytest.mark.parametrize(
    ("left", "shut_off"),
    [(0.5, None), (0.4999, 0.2499), (0.25, 0.0), (0.1, 0.0), (math.inf, None)],
)
def test_the_valve_is_shut_half_of_its_fall_before_the_end(
    left: float, shut_off: float | None
) -> None:
    c = computer()
    order = c._shut(Order(pitch=0.01), left, 0.25)
    assert order.pitch == 0.01
    assert c.is_shut is (shut_off is not None)
    if shut_off is None:
        assert order.shut_off is None
    else:
        assert order.shut_off == pytest.approx(shut_off) and c.order == order
        assert c._shut(Order(), 0.0, 0.25).shut_off is None, "once is enough"


def test_the_first_burn_is_shut_when_its_apoapsis_is_there_with_what_is_asked_beyond() -> None:
    radius = SETTINGS.target_radius + SETTINGS.apoapsis_bias
    assert computer(CIRCULAR - 300.0).first_burn(push(20.0)).shut_off is None
    there = computer(math.sqrt(MU / radius) + 50.0, radius=radius)
    assert there.first_burn(push(20.0)).shut_off == 0.0 and there.is_shut


def test_without_thrust_no_end_of_the_second_burn_is_foreseen() -> None:
    c = computer(CIRCULAR - 100.0)
    for felt, seconds in ((1.999, math.inf), (2.0, 50.0), (20.0, 5.0)):
        c.navigation.acceleration = (felt, 0.0, 0.0)
        assert c._seconds_to_speed() == pytest.approx(seconds, rel=1e-3)
    c.navigation.velocity = (0.0, CIRCULAR + 100.0, 0.0)
    assert c._seconds_to_speed() == 0.0, "it is too fast already"


def test_what_is_left_of_the_second_burn_goes_by_what_is_felt() -> None:
    c = computer()
    stage = SETTINGS.second
    c.navigation.spent = 3000.0 * math.log(stage.mass / (stage.mass - 40.0))
    c.navigation.acceleration = (3000.0 * 2.0 / (stage.mass - 40.0), 0.0, 0.0)  # 2 kg/s
    rest = c.rest_of_second()
    assert rest is not None
    assert (rest.mass, rest.propellant) == pytest.approx((stage.mass - 40.0, 60.0))
    assert rest.burn_time == pytest.approx(30.0) and rest.exhaust_speed == 3000.0
    for flow, there in ((0.751, True), (0.749, False)):  # of 2.5 kg/s three tenths at least
        c.navigation.acceleration = (3000.0 * flow / (stage.mass - 40.0), 0.0, 0.0)
        assert (c.rest_of_second() is not None) is there
    for left, there in ((2.01, True), (1.99, False)):  # kg of 100
        c.navigation.spent = 3000.0 * math.log(stage.mass / (stage.mass - 100.0 + left))
        c.navigation.acceleration = (40.0, 0.0, 0.0)
        assert (c.rest_of_second() is not None) is there


def test_in_the_coast_it_is_known_what_was_burnt_and_the_valve_may_be_shut_again() -> None:
    c = computer(CIRCULAR - 300.0)
    c.is_shut = True
    c._spent_at_ignition, c._lost = 10.0, 20.0
    c.navigation.spent = 3000.0 * math.log(450.0 / 240.0) - 10.0  # 210 kg, by what was lost too
    c.start_coast()
    stage = c._second_stage
    assert (stage.mass, stage.propellant) == pytest.approx((238.0, 90.0))
    assert not c.is_shut and c.replans == 1
    assert c.second.ignition >= 101.0 and 0.0 < c.second.duration < stage.burn_time


def test_the_air_turns_the_nose_to_the_side_from_which_it_comes() -> None:
    c = computer(700.0, radius=SETTINGS.pad.radius)
    assert c._air_turning() == (0.0, 0.0), "not before it is lit"
    c.first_ignition = 60.0  # half of 80 s burnt
    lever, inertia = c._control.gains.lever_and_inertia(0.5)
    (x, y, z) = c.navigation.velocity
    c.navigation.velocity = (x - 30.0, y, z + 20.0)
    # The nose along +y, body y along -x, body z along +z.
    per_speed = 2.0 * c.dynamic_pressure * 0.25 * (2.5 - lever) / (inertia * air(c))
    assert c._air_turning() == pytest.approx((per_speed * 20.0, -per_speed * 30.0))
    assert abs(per_speed) * 20.0 > 1e-3


def air(c: CutOffComputer) -> float:
    """Speed over the turning planet, m/s; 7.0882e-5 rad/s (IAU 2015)."""
    (x, _, _), (vx, vy, vz) = c.navigation.position, c.navigation.velocity
    return math.sqrt(vx**2 + (vy - 7.088218e-5 * x) ** 2 + vz**2)


def test_the_second_burn_is_steered_every_second_until_it_is_frozen_and_shut_at_its_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steered: list[float] = []

    def steer(plan: Any, time: float, position: Any, velocity: Any, rest: Stage) -> Any:
        steered.append(time)
        return plan

    monkeypatch.setattr(cut_off_computer, "steer_level_burn", steer)
    c = computer(CIRCULAR - 300.0, duration=10.0)
    step = 0.125  # of which eight are a second to the last bit
    shut: list[float] = []
    while c.navigation.time < 111.0:
        if c.second_burn(push(30.0, step)).shut_off is not None:
            shut.append(c.navigation.time)
    assert steered == [pytest.approx(101.125 + number) for number in range(6)]
    assert len(shut) == 1 and shut[0] == pytest.approx(109.9, abs=0.2)
