"""Attitude control of the MAV by hand: gains, limits exactly met, signs, what is too little."""

import math

import pytest

from flight.astrodynamics.quaternions import IDENTITY, from_axis_angle
from flight.mav.attitude_control import (
    BurnControl,
    BurnGains,
    GasThrusters,
    Order,
    hold,
    pointing_error,
)

GAINS = BurnGains(8000.0, 400.0, 200.0, 0.8, 1.2, 160.0, 80.0)
GAS = GasThrusters(1.0, 3.0, 4.0, 6.0, 0.008)
STILL = (0.0, 0.0, 0.0)


def towards(about_y: float, about_z: float) -> tuple[float, float, float]:
    """The direction that lies these angles (rad, one of them 0) from the nose of an attitude that
    is none."""
    return (
        math.cos(about_y) * math.cos(about_z), math.cos(about_y) * math.sin(about_z),
        -math.sin(about_y),
    )  # fmt: skip


# ---------------------------------------------------------------------- pointing


@pytest.mark.parametrize(("about_y", "about_z"), [(0.3, 0.0), (0.0, 0.3), (-2.0, 0.0), (0.0, -3.0)])
def test_the_error_is_the_turn_about_y_and_z(about_y: float, about_z: float) -> None:
    found = pointing_error(IDENTITY, towards(about_y, about_z))
    assert found == pytest.approx((about_y, about_z))


def test_straight_ahead_there_is_none_and_behind_it_is_half_a_turn() -> None:
    assert pointing_error(IDENTITY, (1.0, 0.0, 0.0)) == (0.0, 0.0)
    assert pointing_error(IDENTITY, (-1.0, 0.0, 0.0)) == (math.pi, 0.0)


def test_it_is_told_in_the_vehicles_own_axes() -> None:
    attitude = from_axis_angle((1.0, 0.0, 0.0), 0.5 * math.pi)  # what was y is z now
    about_y, about_z = pointing_error(attitude, towards(0.0, 0.2))
    assert (about_y, about_z) == pytest.approx((0.2, 0.0), abs=1e-12)


# ------------------------------------------------------------------------- burn


def test_lever_and_inertia_follow_the_grain_and_not_beyond_their_ends() -> None:
    """By hand, half of the grain burnt: first moment 280 of 300 kg, second 272 kg m^2."""
    assert GAINS.lever_and_inertia(0.5) == pytest.approx((280.0 / 300.0, 120.0 + 32.0 / 3.0))
    assert GAINS.lever_and_inertia(-1.0) == pytest.approx((0.8, 160.0))
    assert GAINS.lever_and_inertia(2.0) == pytest.approx((1.2, 80.0))
    assert GAINS.angle_per_acceleration(0.0) == pytest.approx(160.0 / (8000.0 * 0.8))


def order(
    control: BurnControl, error: float = 0.0, rate: tuple[float, float, float] = STILL
) -> Order:
    return control.order(IDENTITY, rate, towards(error, 0.0), 0.0, 0.02)


def test_the_nozzle_answers_to_error_rate_integral_and_what_it_holds_against() -> None:
    scale = 160.0 / 6400.0
    first = order(BurnControl(GAINS, GAS), 0.05)
    assert first.pitch == pytest.approx(-scale * (16.0 * 0.05 + 6.0 * 0.05 * 0.02))
    assert first.yaw == 0.0
    turning = order(BurnControl(GAINS, GAS), 0.0, (0.0, 0.1, -0.2))
    assert turning.pitch == pytest.approx(scale * 7.2 * 0.1)
    assert turning.yaw == pytest.approx(-scale * 7.2 * 0.2)
    control = BurnControl(GAINS, GAS)
    control.against = (0.3, -0.2)
    pressed = order(control)
    assert (pressed.pitch, pressed.yaw) == pytest.approx((scale * 0.3, -scale * 0.2))


def test_a_large_error_is_answered_as_its_limit_and_is_not_summed_up() -> None:
    at_limit, beyond = (order(BurnControl(GAINS, GAS), e).pitch for e in (0.35, 1.0))
    assert at_limit == pytest.approx(-160.0 / 6400.0 * 16.0 * 0.35) == pytest.approx(beyond)
    control = BurnControl(GAINS, GAS)
    for _ in range(100):
        order(control, 0.1001)
    assert order(control).pitch == 0.0, "from 0.1 rad on nothing is summed"
    for _ in range(100):
        order(control, 0.0999)
    assert order(control).pitch == pytest.approx(-0.025 * 6.0 * 0.0999 * 2.0, rel=1e-6)


def test_the_sum_has_a_limit_on_both_sides() -> None:
    control = BurnControl(GAINS, GAS)
    for sign in (1.0, -1.0):
        for _ in range(1000):
            order(control, sign * 0.09)
        assert order(control).pitch == pytest.approx(-sign * 0.025 * 6.0 * 0.6)


@pytest.mark.parametrize(
    ("degrees", "seconds"),
    [(0.49, 0.0), (0.5, -0.02), (-0.51, 0.02), (0.0, 0.0), (10.0, -0.02)],
)
def test_only_a_fast_roll_is_stopped_by_gas(degrees: float, seconds: float) -> None:
    rate = (math.radians(degrees), 0.0, 0.0)
    told = order(BurnControl(GAINS, GAS), 0.0, rate)
    assert told.pulses == (pytest.approx(seconds), 0.0, 0.0) and told.forward == 0.0
    assert told.shut_off is None


# -------------------------------------------------------------------------- gas


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        (0.004, 0.008), (-0.004, -0.008), (0.0039, 0.0), (-0.0039, 0.0), (0.05, 0.1),
        (0.2, 0.2), (-0.2, -0.2), (0.0, 0.0),
    ],
)  # fmt: skip
def test_a_pulse_has_a_least_length_and_ends_with_its_cycle(change: float, seconds: float) -> None:
    assert GAS.pulse(change, 6.0, 3.0, 0.2) == pytest.approx(seconds)


def test_holding_turns_at_a_rate_by_the_angle_and_no_faster_than_allowed() -> None:
    slow = hold(IDENTITY, STILL, towards(0.04, 0.0), GAS, 0.2)
    assert slow.pulses == pytest.approx((0.0, 0.25 * 0.04 * 2.0, 0.0))
    fast = hold(IDENTITY, STILL, towards(-2.0, 0.0), GAS, 0.2)
    assert fast.pulses == pytest.approx((0.0, -math.radians(4.0) * 2.0, 0.0))
    aside = hold(IDENTITY, STILL, towards(0.0, 2.0), GAS, 0.2)
    assert aside.pulses == pytest.approx((0.0, 0.0, math.radians(4.0) * 2.0))
    there = hold(IDENTITY, (0.01, 0.02, -0.03), (1.0, 0.0, 0.0), GAS, 0.2)
    assert there.pulses == pytest.approx((-0.04, -0.04, 0.06))
