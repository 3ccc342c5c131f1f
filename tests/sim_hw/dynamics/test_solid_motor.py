"""Thrust curves, propellant, temperature and samples of a solid motor."""

import random
from math import log
from statistics import fmean, pstdev

import pytest

from sim_hw.dynamics.solid_motor import CONSTANT, MotorDispersion, SolidMotor, ThrustCurve

TRAPEZOID = ThrustCurve(((0.0, 0.0), (0.05, 1.0), (0.8, 1.2), (1.0, 0.0)))
BOOSTED = ThrustCurve(((0.0, 1.75), (0.2, 1.75), (0.2, 1.0), (1.0, 1.0)))


def motor(curve: ThrustCurve = CONSTANT) -> SolidMotor:
    return SolidMotor(propellant=215.619, burn_time=76.0, specific_impulse=284.87, curve=curve)


def test_a_motor_is_made_from_impulse_or_thrust_alike():
    by_impulse = SolidMotor.from_total_impulse(602_400.0, 76.0, 285.0)
    by_thrust = SolidMotor.from_mean_thrust(602_400.0 / 76.0, 76.0, by_impulse.propellant)
    assert by_impulse.propellant == pytest.approx(602_400.0 / (285.0 * 9.80665))
    assert by_thrust.specific_impulse == pytest.approx(285.0)
    assert by_thrust.total_impulse == pytest.approx(602_400.0)


@pytest.mark.parametrize("curve", [CONSTANT, TRAPEZOID, BOOSTED])
def test_the_impulse_does_not_depend_on_the_shape(curve):
    one = motor(curve)
    steps = 40_000
    width = one.burn_time / steps
    impulse = sum(one.thrust((index + 0.5) * width) * width for index in range(steps))
    assert impulse == pytest.approx(one.total_impulse, rel=1e-4)
    assert one.used(one.burn_time) == pytest.approx(one.propellant)


@pytest.mark.parametrize("curve", [TRAPEZOID, BOOSTED])
def test_propellant_used_is_the_integral_of_the_flow(curve):
    one = motor(curve)
    steps = 20_000
    width = 33.0 / steps
    flowed = sum(one.mass_flow((index + 0.5) * width) * width for index in range(steps))
    assert one.used(33.0) == pytest.approx(flowed, rel=1e-4)


def test_there_is_no_thrust_before_ignition_and_after_burnout():
    assert motor().thrust(-0.1) == 0.0
    assert motor().thrust(76.1) == 0.0
    assert motor().used(-1.0) == 0.0
    assert motor().used(100.0) == motor().propellant


def test_stretches_part_the_burn_at_corners_and_steps():
    one = motor(BOOSTED)
    (first, _, end), (second, start, _) = one.stretches
    assert end == start == pytest.approx(15.2)
    assert one.thrust_within(first, end) == pytest.approx(1.75 * one.thrust_within(second, start))
    assert one.thrust(start) == one.thrust_within(second, start)


def test_the_velocity_gain_is_that_of_the_rocket_equation():
    assert motor().velocity_gain(393.79) == pytest.approx(
        284.87 * 9.80665 * log(393.79 / (393.79 - 215.619))
    )
    with pytest.raises(ValueError, match="cannot contain"):
        motor().velocity_gain(200.0)


def test_a_cold_grain_burns_longer_with_the_same_impulse():
    cold = motor().warmed(-40.0)
    assert cold.burn_time == pytest.approx(76.0 * 1.07, rel=0.01)
    assert cold.total_impulse == motor().total_impulse
    assert cold.mean_thrust < motor().mean_thrust
    assert cold.warmed(40.0).burn_time == pytest.approx(76.0)


def test_samples_scatter_as_told_and_are_the_same_for_the_same_stream():
    stream = random.Random(4)
    spread = MotorDispersion(exhaust_speed=0.003, burn_time=0.01, propellant=0.002)
    samples = [motor().dispersed(stream, spread) for _ in range(1_500)]
    for name, sigma in (("specific_impulse", 0.003), ("burn_time", 0.01), ("propellant", 0.002)):
        values = [getattr(one, name) / getattr(motor(), name) for one in samples]
        assert fmean(values) == pytest.approx(1.0, abs=4.0 * sigma / 1_500**0.5)
        assert pstdev(values) == pytest.approx(sigma, rel=0.08)
    assert motor().dispersed(random.Random(4), spread) == samples[0]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: SolidMotor(0.0, 76.0, 285.0), "propellant cannot be 0.0"),
        (lambda: SolidMotor(200.0, -1.0, 285.0), "burn time cannot be -1.0"),
        (lambda: SolidMotor(200.0, 76.0, float("nan")), "specific impulse cannot be nan"),
        (lambda: ThrustCurve(((0.0, 1.0), (0.9, 1.0))), "from time 0 to time 1"),
        (lambda: ThrustCurve(((0.0, 1.0), (0.7, 1.0), (0.5, 1.0), (1.0, 1.0))), "must not fall"),
        (lambda: ThrustCurve(((0.0, -1.0), (1.0, 1.0))), "negative"),
        (lambda: ThrustCurve(((0.0, 0.0), (1.0, 0.0))), "without any thrust"),
    ],
)
def test_impossible_motors_are_refused_with_a_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
