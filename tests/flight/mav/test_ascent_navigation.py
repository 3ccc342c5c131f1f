"""The MAV's navigation by hand: signs, limits, what is counted, what a first look takes back."""

import math
from typing import Any

import pytest

from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.launch_geometry import attitude_on_rail
from flight.astrodynamics.quaternions import IDENTITY, Quaternion, from_axis_angle, product
from flight.astrodynamics.quaternions import angle_between as attitude_angle
from flight.astrodynamics.vectors import Vector, add, cross, norm, scale, subtract
from flight.icd.devices.ascent import Increments
from flight.mav.navigation import Alignment, Navigation, Pad, align, from_pad, turned_by

PAD = Pad(math.radians(18.0), math.radians(77.0), 3_392_000.0)
HIGH: Vector = (3.8e6, 0.0, 0.0)
ALONG: Vector = (0.0, 3400.0, 0.0)
ZERO: Vector = (0.0, 0.0, 0.0)


def seen(
    step: float = 1.0, angle: Vector = ZERO, push: Vector = ZERO, *, saturated: bool = False,
    valid: bool = True,
) -> Increments:  # fmt: skip
    return Increments(
        interval=step, delta_angle=angle, delta_velocity=push, saturated=saturated, valid=valid
    )


def flying(attitude: Quaternion = IDENTITY) -> Navigation:
    return Navigation(100.0, HIGH, ALONG, attitude)


def test_the_pad_turns_with_the_planet() -> None:
    position, velocity = PAD.at(1000.0)
    angle = PAD.longitude + MARS.rotation_rate * 1000.0
    assert norm(position) == pytest.approx(PAD.radius)
    assert math.atan2(position[1], position[0]) == pytest.approx(angle)
    assert position[2] == pytest.approx(PAD.radius * math.sin(PAD.latitude))
    later = PAD.at(1000.1)[0]
    assert scale(10.0, subtract(later, position)) == pytest.approx(velocity, abs=1e-3)


# -------------------------------------------------------------------- alignment


def at_rest(time: float, interval: float, **changed: Any) -> Increments:
    position, velocity = PAD.at(time - 0.5 * interval)
    attitude = attitude_on_rail(position, 0.2, 1.2)
    axis = (0.0, 0.0, MARS.rotation_rate)
    force = subtract(cross(axis, velocity), acceleration(position, MARS))
    from flight.astrodynamics.quaternions import rotate_back

    given = {
        "angle": scale(interval, rotate_back(attitude, axis)),
        "push": scale(interval, rotate_back(attitude, force)),
    } | changed
    return seen(interval, **given)


def test_what_was_not_valid_saturated_or_no_time_is_nothing_to_align_by() -> None:
    for wrong in (
        at_rest(900.0, 600.0, valid=False), at_rest(900.0, 600.0, saturated=True),
        seen(0.0), seen(-1.0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="no sound increments"):
            align(PAD, 900.0, 0.2, 1.2, wrong)


@pytest.mark.parametrize(
    ("share", "allowed"), [(0.501, True), (0.499, False), (1.499, True), (1.501, False)]
)
def test_at_rest_about_its_weight_is_felt(share: float, allowed: bool) -> None:
    sound = at_rest(900.0, 600.0)
    felt = at_rest(900.0, 600.0, push=scale(share, sound.delta_velocity))
    if allowed:
        align(PAD, 900.0, 0.2, 1.2, felt)
    else:
        with pytest.raises(ValueError, match="at rest"):
            align(PAD, 900.0, 0.2, 1.2, felt)


@pytest.mark.parametrize(("beside", "allowed"), [(7.99, True), (8.01, False)])
def test_gyroscopes_that_do_not_turn_with_the_ground_are_nothing_to_align_by(
    beside: float, allowed: bool
) -> None:
    more = (0.0, -math.radians(beside) / 3600.0 * 600.0, 0.0)
    turned = at_rest(900.0, 600.0, angle=add(at_rest(900.0, 600.0).delta_angle, more))
    if allowed:
        found = align(PAD, 900.0, 0.2, 1.2, turned)
        assert norm(found.gyro_bias) == pytest.approx(math.radians(beside) / 3600.0)
    else:
        with pytest.raises(ValueError, match=r"8\.0 deg/h otherwise than the ground"):
            align(PAD, 900.0, 0.2, 1.2, turned)


def test_an_inertial_unit_that_is_upside_down_or_says_nothing_is_found_on_the_ground() -> None:
    sound = at_rest(900.0, 600.0)
    for angle in (scale(-1.0, sound.delta_angle), ZERO):
        with pytest.raises(ValueError, match="otherwise than the ground"):
            align(PAD, 900.0, 0.2, 1.2, at_rest(900.0, 600.0, angle=angle))
    with pytest.raises(ValueError, match="180 deg beside the plumb line"):
        align(
            PAD, 900.0, 0.2, 1.2, at_rest(900.0, 600.0, push=scale(-1.0, sound.delta_velocity))
        )


@pytest.mark.parametrize(("tilt", "allowed"), [(29.9, True), (-29.9, True), (30.1, False)])
def test_a_tube_that_leans_more_than_a_lander_may_is_not_believed(
    tilt: float, allowed: bool
) -> None:
    believed = 0.2 + math.radians(tilt)
    if allowed:
        align(PAD, 900.0, believed, 1.2, at_rest(900.0, 600.0))
    else:
        with pytest.raises(ValueError, match="30 deg beside the plumb line"):
            align(PAD, 900.0, believed, 1.2, at_rest(900.0, 600.0))


def test_the_attitude_is_that_at_the_end_of_the_alignment_and_turns_on_until_the_launch() -> None:
    found = align(PAD, 9000.0, 0.2, 1.2, at_rest(9000.0, 600.0))
    truth = attitude_on_rail(PAD.at(9000.0)[0], 0.2, 1.2)
    assert found.time == 9000.0 and attitude_angle(found.attitude, truth) < 1e-6
    launched = from_pad(PAD, found, 12_000.0)
    truth = attitude_on_rail(PAD.at(12_000.0)[0], 0.2, 1.2)
    assert attitude_angle(launched.attitude, truth) < 1e-6
    assert (launched.position, launched.velocity) == PAD.at(12_000.0)
    assert launched.time == 12_000.0 and launched.gyro_bias == found.gyro_bias


def test_the_azimuth_is_the_landers_knowledge() -> None:
    found = align(PAD, 900.0, 0.2, 1.25, at_rest(900.0, 60.0))
    truth = attitude_on_rail(PAD.at(900.0)[0], 0.2, 1.25)
    assert attitude_angle(found.attitude, truth) < 2e-4  # turned about the plumb line, not "up"


# ------------------------------------------------------------------- carried on


def test_a_reading_carries_all_on_by_its_interval() -> None:
    navigation = flying()
    navigation.take(seen(2.0, (0.0, 0.0, 0.2), (8.0, 0.0, 0.0), saturated=True))
    half = add(HIGH, scale(1.0, ALONG))
    gain = (8.0 * math.cos(0.1), 8.0 * math.sin(0.1), 0.0)
    change = add(gain, scale(2.0, acceleration(half, MARS)))
    assert navigation.velocity == pytest.approx(add(ALONG, change))
    assert navigation.position == pytest.approx(
        add(HIGH, scale(2.0, add(ALONG, scale(0.5, change))))
    )
    assert navigation.gained == pytest.approx(gain) and navigation.spent == 8.0
    assert navigation.carried == pytest.approx(gain), "half of it, for two seconds"
    assert navigation.rate == (0.0, 0.0, 0.1) and navigation.acceleration == (4.0, 0.0, 0.0)
    assert navigation.time == 102.0 and navigation.saturations == 1
    assert navigation.direction() == pytest.approx((math.cos(0.2), math.sin(0.2), 0.0))


@pytest.mark.parametrize("step", [0.0, -0.5])
def test_a_reading_of_no_time_changes_nothing(step: float) -> None:
    navigation = flying()
    before = navigation.stored()
    navigation.take(seen(step, (1.0, 1.0, 1.0), (9.0, 9.0, 9.0), saturated=True))
    assert navigation.stored() == before and navigation.saturations == 0


def test_biases_are_taken_off() -> None:
    navigation = flying()
    navigation.gyro_bias, navigation.accelerometer_bias = (0.01, 0.02, 0.03), (0.5, 0.0, 0.0)
    navigation.take(seen(2.0, (0.02, 0.04, 0.06), (5.0, 0.0, 0.0)))
    assert navigation.rate == pytest.approx((0.0, 0.0, 0.0)) and navigation.spent == 4.0
    assert navigation.gained == pytest.approx((4.0, 0.0, 0.0))


def test_in_the_coast_what_is_felt_is_averaged_over_time_and_moves_nothing() -> None:
    navigation = flying()
    navigation.take(seen(1.0, push=(0.3, 0.0, 0.0)), coasting=True)
    navigation.take(seen(3.0, push=(0.0, 0.6, 0.0)), coasting=True)
    assert navigation.accelerometer_bias == pytest.approx((0.075, 0.15, 0.0))
    assert navigation.gained == ZERO and navigation.spent == 0.0
    assert navigation.acceleration == pytest.approx((0.0, 0.2, 0.0))
    navigation.take(seen(1.0, push=(1.075, 0.15, 0.0)))
    assert navigation.spent == pytest.approx(1.0)


def test_a_gap_is_taken_in_small_steps() -> None:
    long, short = flying(), flying()
    long.take_long(seen(12.0, (0.0, 0.0, 0.3), (6.0, 0.0, 0.0), saturated=True), coasting=False)
    for _ in range(3):
        short.take(seen(4.0, (0.0, 0.0, 0.1), (2.0, 0.0, 0.0)))
    assert long.position == pytest.approx(short.position)
    assert long.gained == pytest.approx(short.gained) and long.time == 112.0
    assert long.saturations == 0
    one = flying()
    one.take_long(seen(5.0), coasting=True)
    other = flying()
    other.take(seen(5.0), coasting=True)
    assert one.stored() == other.stored()


# ------------------------------------------------------------------------ stars


def test_the_first_picture_takes_back_what_the_wrong_attitude_did() -> None:
    navigation = flying(from_axis_angle((0.0, 0.0, 1.0), -0.001))
    navigation.gained, navigation.carried = (1000.0, 0.0, 0.0), (50_000.0, 0.0, 0.0)
    wrong = navigation.correct(IDENTITY)
    assert wrong == pytest.approx(0.001)
    assert navigation.velocity == pytest.approx(add(ALONG, (0.0, 1.0, 0.0)))
    assert navigation.position == pytest.approx(add(HIGH, (0.0, 50.0, 0.0)))
    assert navigation.attitude == IDENTITY and navigation.corrections == 1


def test_a_picture_is_the_same_with_either_sign() -> None:
    for stars in (IDENTITY, (-1.0, 0.0, 0.0, 0.0)):
        navigation = flying(from_axis_angle((0.0, 0.0, 1.0), -0.001))
        navigation.gained = (1000.0, 0.0, 0.0)
        navigation.correct(stars)
        assert navigation.velocity == pytest.approx(add(ALONG, (0.0, 1.0, 0.0)))


def test_later_pictures_pull_by_a_part_and_leave_velocity_and_position() -> None:
    navigation = flying()
    navigation.gained, navigation.carried = (1000.0, 0.0, 0.0), (1000.0, 0.0, 0.0)
    navigation.correct(IDENTITY)
    off = from_axis_angle((0.0, 1.0, 0.0), 0.01)
    assert navigation.correct(off) == pytest.approx(0.01, rel=1e-4)
    assert attitude_angle(navigation.attitude, IDENTITY) == pytest.approx(0.003, rel=1e-3)
    assert attitude_angle(navigation.attitude, off) == pytest.approx(0.007, rel=1e-3)
    assert (navigation.velocity, navigation.position) == (ALONG, HIGH)
    assert navigation.corrections == 2


def test_an_attitude_that_was_lost_is_replaced_and_nothing_else() -> None:
    navigation = flying(from_axis_angle((0.0, 0.0, 1.0), 0.8))
    navigation.gained, navigation.attitude_is_sure = (1000.0, 0.0, 0.0), False
    assert navigation.correct(IDENTITY) == pytest.approx(0.8)
    assert navigation.attitude == IDENTITY and navigation.velocity == ALONG
    assert navigation.attitude_is_sure and navigation.corrections == 1
    off = from_axis_angle((0.0, 0.0, 1.0), 0.01)
    navigation.correct(off)
    assert navigation.velocity == ALONG, "that was no first look of a sure attitude"


def test_what_is_stored_comes_back_whole() -> None:
    navigation = flying(from_axis_angle((0.0, 1.0, 0.0), 0.4))
    navigation.gyro_bias = (1e-5, 2e-5, 3e-5)
    navigation.take(seen(1.0, (0.1, 0.0, 0.0), (5.0, 1.0, 0.0)))
    navigation.take(seen(1.0, push=(0.1, 0.2, 0.3)), coasting=True)
    navigation.correct(navigation.attitude)
    again = Navigation.restored(navigation.stored())
    assert again.stored() == navigation.stored()
    assert again.corrections == 1 and again.spent == navigation.spent > 0.0
    assert again.accelerometer_bias == navigation.accelerometer_bias != ZERO
    assert again.carried == navigation.carried != ZERO and again.gyro_bias == (1e-5, 2e-5, 3e-5)
    assert again.attitude_is_sure and again.bridged == 0.0


def test_a_small_turn_is_about_inertial_axes() -> None:
    attitude = from_axis_angle((1.0, 0.0, 0.0), 0.7)
    turn = from_axis_angle((0.0, 0.0, 1.0), 0.01)
    assert turned_by(attitude, (0.0, 0.0, 0.01)) == pytest.approx(product(turn, attitude))
    assert Alignment(1.0, attitude, ZERO).time == 1.0
