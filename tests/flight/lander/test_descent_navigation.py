"""The navigation of the descent by hand: gains, gates, what is believed against them, doubts."""

import math

import msgspec
import pytest

from flight.astrodynamics.quaternions import (
    angle_between,
    from_axis_angle,
    product,
    rotate,
    rotate_back,
)
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, add, norm, scale
from flight.lander.axis_error import AxisError, within_gate
from flight.lander.descent_navigation import DescentNavigation, KeptNavigation, navigation_of
from tests.flight.lander.descent_bench import FRAME, GROUND, navigation, nothing_felt

HIGH = GROUND + 1_000.0


# ------------------------------------------------------------------- one axis


def test_time_widens_what_is_known() -> None:
    error = AxisError(100.0, 3.0, 4.0)
    error.propagate(2.0)
    assert error.position == pytest.approx(100.0 + 2.0 * 2.0 * 3.0 + 4.0 * 4.0)
    assert error.cross == pytest.approx(3.0 + 8.0)
    assert error.velocity == pytest.approx(4.0 + 2.0 * 4.0e-6)


def test_the_gains_of_a_position_and_of_a_velocity() -> None:
    error = AxisError(300.0, 30.0, 5.0)
    assert error.position_gain(10.0) == pytest.approx((0.75, 0.075))
    assert (error.position, error.cross, error.velocity) == pytest.approx((75.0, 7.5, 2.75))
    error = AxisError(300.0, 3.0, 4.5)
    assert error.velocity_gain(0.5) == pytest.approx((3.0 / 4.75, 4.5 / 4.75))
    assert error.position == pytest.approx(300.0 - 9.0 / 4.75)
    assert error.cross == pytest.approx(3.0 * (1.0 - 4.5 / 4.75))
    assert error.velocity == pytest.approx(4.5 * (1.0 - 4.5 / 4.75))


@pytest.mark.parametrize(("residual", "believed"), [(65.0, True), (-65.0, True), (65.0001, False)])
def test_five_standard_deviations_of_both_are_within_the_gate(
    residual: float, believed: bool
) -> None:
    assert within_gate(residual, 144.0, 5.0) is believed
    # A variance that rounding has made negative counts as none.
    assert within_gate(25.0, -1e-9, 5.0)


# ------------------------------------------------------------------- dead reckoning


def test_where_it_is_and_how_it_moves() -> None:
    n = navigation((100.0, -200.0, HIGH), (3.0, -4.0, -80.0), tilt=(0.6, 0.0, 0.8))
    assert n.local() == pytest.approx((100.0, -200.0, HIGH), abs=1e-6)
    assert n.local_velocity() == pytest.approx((3.0, -4.0, -80.0), abs=1e-9)
    assert n.body_axis() == pytest.approx((0.6, 0.0, 0.8))
    assert n.to_local((0.0, 0.0, 2.0)) == pytest.approx((1.2, 0.0, 1.6))
    n.errors[1].position = 4_900.0
    assert n.horizontal_sigma() == 70.0
    n.errors[0].position, n.errors[2].position = 6_400.0, 1e6
    assert n.horizontal_sigma() == 80.0


def test_falling_free_it_gains_what_gravity_gives() -> None:
    n = navigation()
    n.propagate(nothing_felt(8, 2.0, time_ns=102_000_000_000))
    assert (n.time, n.number) == (102.0, 8)
    assert n.local_velocity()[2] == pytest.approx(-7.43, abs=0.03)
    assert n.local()[2] == pytest.approx(HIGH - 7.43, abs=0.03)
    assert [e.velocity for e in n.errors] == pytest.approx([1.0 + 2.0 * 4e-6] * 3)
    assert [e.position for e in n.errors] == pytest.approx([2_504.0] * 3)


def test_what_is_felt_is_turned_by_the_attitude_at_the_end() -> None:
    n = navigation(tilt=(0.0, 0.0, 1.0))
    quarter = (0.0, 0.0, 0.5 * math.pi)
    n.propagate(nothing_felt(8, 0.5, time_ns=1, rotation=quarter, velocity=(2.0, 0.0, 0.0)))
    # The front was to the north and is to the west now.
    assert n.local_velocity()[:2] == pytest.approx((-2.0, 0.0), abs=1e-2)
    assert n.rates == pytest.approx((0.0, 0.0, math.pi)) and n.felt == pytest.approx((4.0, 0, 0))


def test_an_interval_of_no_time_changes_nothing() -> None:
    n = navigation()
    before = n.kept()
    n.propagate(nothing_felt(9, 0.0, velocity=(1.0, 0.0, 0.0)))
    n.propagate(nothing_felt(9, -0.1, velocity=(1.0, 0.0, 0.0)))
    assert n.kept() == before


def test_the_attitudes_error_turns_all_that_is_felt() -> None:
    n = navigation()
    n.propagate(nothing_felt(8, 0.5, velocity=(0.0, 0.0, 300.0)))
    n.propagate(nothing_felt(9, 0.5, velocity=(0.0, 0.0, 200.0)))
    expected = 1.0 + 4e-6 + (math.radians(0.04) * 500.0) ** 2
    assert n.errors[0].velocity == pytest.approx(expected, rel=1e-12)
    # A velocity that is measured takes it out: it begins anew.
    n.errors[0].velocity = 1.0
    assert n.take_velocity(0, n.local_velocity()[0], 1e9)
    n.propagate(nothing_felt(10, 0.5, velocity=(0.0, 0.0, 100.0)))
    assert n.errors[0].velocity == pytest.approx(
        1.0 + 2e-6 + (math.radians(0.04) * 100.0) ** 2, rel=1e-9
    )


def test_a_silence_of_more_than_a_second_leaves_doubts() -> None:
    def doubt(interval: float, turned: float = 0.0) -> tuple[float, float]:
        n = navigation()
        felt = nothing_felt(8, interval, rotation=(turned, 0.0, 0.0), velocity=(0.0, 0.0, 30.0))
        n.propagate(felt)
        return n.errors[0].velocity, n.errors[2].position

    # The unit has counted on: velocity and attitude are as right as ever, however it has swung.
    plain = 1.0 + (math.radians(0.04) * 30.0) ** 2
    assert doubt(1.0)[0] == pytest.approx(plain + 4e-6)
    assert doubt(2.0)[0] == pytest.approx(plain + 8e-6)
    assert doubt(2.0, 2.5)[0] == pytest.approx(plain + 8e-6)
    # When the velocity was gained is not known, so that the way made is less sure, the longer.
    short, long, longer = (doubt(seconds)[1] for seconds in (1.0, 1.001, 10.0))
    assert short == pytest.approx(2_502.0, abs=1.0)
    assert long - short > 1.0
    assert longer - short > 4.0 * (long - short)


@pytest.mark.parametrize("sign", [{"saturated": True}, {"gap": True}])
def test_a_saturated_gyroscope_and_a_gap_leave_attitude_and_place_in_doubt(
    sign: dict[str, bool],
) -> None:
    n = navigation()
    n.propagate(nothing_felt(8, 0.1))
    assert not n.saturated and not n.heading_in_doubt
    before = [(e.position, e.velocity) for e in n.errors]
    n.propagate(nothing_felt(9, 0.001, **sign))
    assert n.saturated and n.heading_in_doubt
    for error, (position, velocity) in zip(n.errors, before, strict=True):
        assert error.velocity - velocity == pytest.approx(225.0, abs=1e-3)
        assert error.position - position == pytest.approx(250_000.0, abs=0.1)


def test_a_long_coast_is_as_good_as_many_short_ones() -> None:
    long, short = navigation(velocity=(100.0, 0.0, 900.0)), navigation(velocity=(100.0, 0.0, 900.0))
    long.coast_to(220.0)
    for step in range(1, 121):
        short.coast_to(100.0 + step)
    assert long.time == short.time == 220.0
    assert long.local() == pytest.approx(short.local(), abs=1.0)
    assert long.local_velocity() == pytest.approx(short.local_velocity(), abs=0.01)
    assert long.errors[0].position == pytest.approx(2_500.0 + 120.0**2, rel=1e-6)
    back = navigation()
    back.coast_to(99.0)  # the alignment may be older than the load: nothing is known better
    assert back.errors[0].position == 2_500.0 and back.local_velocity()[2] == pytest.approx(
        3.7, abs=0.1
    )


# ------------------------------------------------------------------- measurements


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_place_is_taken_by_its_weight_on_its_axis_alone(axis: int) -> None:
    n = navigation()
    n.errors[axis].cross = 10.0
    truth = [0.0, 0.0, HIGH]
    assert n.take_position(axis, truth[axis] + 40.0, 50.0)
    moved = [here - there for here, there in zip(n.local(), truth, strict=True)]
    assert moved[axis] == pytest.approx(20.0, abs=0.02)
    assert n.local_velocity()[axis] == pytest.approx(10.0 / 5_000.0 * 40.0, abs=0.01)
    assert max(abs(m) for i, m in enumerate(moved) if i != axis) < 0.1
    assert n.errors[axis].position == pytest.approx(1_250.0)


def test_a_place_beyond_the_gate_is_left() -> None:
    n = navigation()
    before = n.kept()
    # 5 sigma of 50 m and 10 m is 254.95 m.
    assert not n.take_position(0, 255.0, 10.0)
    assert n.kept() == before
    assert n.take_position(0, 254.9, 10.0)
    insisting = navigation()  # however often: another source has to say the same
    assert not any(insisting.take_position(2, HIGH + 3_000.0, 10.0) for _ in range(50))
    assert not any(insisting.take_velocity(2, 300.0, 0.5) for _ in range(50))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_what_was_only_felt_is_known_apart_from_what_was_measured(axis: int) -> None:
    n, unaided = navigation(), navigation()
    n.errors[axis].cross = 10.0
    for each in (n, unaided):
        each.propagate(nothing_felt(8, 0.5, time_ns=100_500_000_000))
    assert n.take_position(axis, n.local()[axis] + 40.0, 50.0)
    assert n.take_velocity(axis, n.local_velocity()[axis] + 1.0, 0.5)
    for each in (n, unaided):
        each.propagate(nothing_felt(9, 2.0, time_ns=102_500_000_000))
    felt = n.felt_only
    moved = n.local()[axis] - unaided.local()[axis]
    assert felt.offsets[axis] == pytest.approx(moved, abs=0.02) and moved > 20.0
    faster = n.local_velocity()[axis] - unaided.local_velocity()[axis]
    assert felt.slopes[axis] == pytest.approx(faster, abs=1e-3) and faster > 0.5
    assert felt.errors[axis] == unaided.errors[axis]
    n.correct_to(axis, 0.0, 0.0, unaided.errors[axis])  # all that was measured is taken back
    assert n.local()[axis] == pytest.approx(unaided.local()[axis], abs=0.02)
    assert n.local_velocity()[axis] == pytest.approx(unaided.local_velocity()[axis], abs=1e-3)


def test_a_velocity_is_taken_and_doubt_in_the_heading_stays() -> None:
    n = navigation(velocity=(30.0, 40.0, -80.0))
    assert n.take_velocity(0, 31.0, 1.0)
    assert n.local_velocity()[0] == pytest.approx(30.5)
    assert n.errors[0].velocity == pytest.approx(0.5)
    n.heading_in_doubt = True
    n.take_velocity(1, 40.0, 1.0)
    speed = math.hypot(30.5, 40.0)
    assert n.errors[1].velocity == pytest.approx((0.2 * speed) ** 2, rel=1e-6)
    n.take_velocity(2, -80.0, 1.0)
    assert n.errors[2].velocity == pytest.approx(0.5)  # the heading does not turn what is upwards


# ------------------------------------------------------------------- the vertical


def leaning(angle: float, seconds: float = 6.0, felt: float = 3.71) -> DescentNavigation:
    """One whose attitude is wrong by an angle and that hangs for some seconds."""
    n = navigation()
    n.attitude = product(from_axis_angle(local_axes(n.position)[0], angle), n.attitude)
    n.saturated = True
    assert n.relevel((0.0, 0.0, 0.0), by_weight=True) is None
    for step in range(int(seconds * 10)):
        n.propagate(
            nothing_felt(8 + step, 0.1, time_ns=round((100.1 + 0.1 * step) * 1e9),
                         velocity=(0.0, 0.0, 0.1 * felt))
        )  # fmt: skip
    return n


def test_the_weight_shows_the_vertical_after_six_seconds() -> None:
    n = leaning(0.3, seconds=5.9)
    assert n.relevel((0.0, 0.0, 0.0), by_weight=True) is None
    n = leaning(0.3)
    angle = n.relevel((0.0, 0.0, 0.0), by_weight=True)
    assert angle == pytest.approx(0.3, abs=2e-3)
    assert n.body_axis() == pytest.approx((0.0, 0.0, 1.0), abs=2e-3)
    assert n.saturated  # by weight alone it is not told to be found
    assert n.relevel((0.0, 0.0, 0.0)) is None  # begins anew


@pytest.mark.parametrize(
    ("felt", "found"), [(4.175, True), (4.176, False), (3.281, True), (3.280, False)]
)
def test_only_the_weight_shows_it(felt: float, found: bool) -> None:
    """Within 12 % of its weight, 3.728 m/s^2 there."""
    n = leaning(0.0, felt=felt)
    assert (n.relevel((0.0, 0.0, 0.0), by_weight=True) is not None) is found


@pytest.mark.parametrize(("angle", "still_in_doubt"), [(1.895, False), (1.902, True)])
def test_by_the_radar_it_is_found_when_less_than_two_degrees_were_missing(
    angle: float, still_in_doubt: bool
) -> None:
    # What pulls is not quite what stands upright: 0.101 degrees, for the planet is oblate.
    n = leaning(math.radians(angle))
    n.relevel((0.0, 0.0, 0.0))
    assert n.saturated is still_in_doubt


def test_what_the_radar_saw_change_is_no_weight() -> None:
    n = leaning(0.0, felt=5.0)
    # It was braked by 1.29 m/s^2 for 6 s: the radar sees it.
    angle = n.relevel((0.0, 0.0, 6.0 * (5.0 - 3.713)))
    assert angle == pytest.approx(0.0, abs=2e-3) and not n.saturated
    falling = leaning(0.0, felt=0.0)
    assert falling.relevel((0.0, 0.0, -6.0 * 3.713)) is None  # nothing felt shows nothing
    forgotten = leaning(0.1)
    forgotten.forget_level()
    assert forgotten.relevel((0.0, 0.0, 0.0)) is None


# ------------------------------------------------------------------- what is kept


def test_what_is_kept_is_taken_up_again() -> None:
    n = navigation((10.0, 20.0, HIGH), (1.0, 2.0, 3.0), tilt=(0.1, 0.2, 0.9))
    n.errors[0].cross = 0.5
    n.errors[2].velocity = 0.25
    n.saturated = True
    again = navigation_of(
        FRAME, msgspec.json.decode(msgspec.json.encode(n.kept()), type=type(n.kept()))
    )
    assert again.kept() == n.kept()
    assert again.number == 7 and again.errors[0].position == 2_500.0
    n.saturated, n.heading_in_doubt = False, True
    again = navigation_of(FRAME, n.kept())
    assert (again.saturated, again.heading_in_doubt) == (False, True)


def test_a_guess_goes_on_with_what_was_felt_last() -> None:
    n = navigation(velocity=(5.0, 0.0, 0.0))
    n.propagate(nothing_felt(8, 0.1, time_ns=100_100_000_000,
                             rotation=(0.0, 0.0, 0.01), velocity=(0.0, 0.0, 0.5)))  # fmt: skip
    attitude, before = n.attitude, n.kept()
    n.guess(0.0)
    n.guess(-1.0)
    assert n.kept() == before
    n.guess(0.5)
    assert n.time == pytest.approx(100.6) and n.number == 8
    assert angle_between(attitude, n.attitude) == pytest.approx(0.05)
    assert n.local_velocity()[2] == pytest.approx((5.0 - 3.713) * 0.6, abs=0.01)
    felt: Vector = rotate(n.attitude, (0.0, 0.0, 1.0))
    assert norm(add(felt, scale(-1.0, local_axes(n.position)[2]))) < 1e-3
    assert rotate_back(n.attitude, felt)[2] == pytest.approx(1.0)
    n.end_guess()
    assert n.kept() == before


def test_a_guess_reckons_with_what_the_engines_make_it_feel_and_is_taken_back() -> None:
    n = navigation()
    n.propagate(nothing_felt(8, 0.1, time_ns=100_100_000_000,
                             rotation=(0.0, 0.0, 0.01), velocity=(0.0, 0.0, 0.5)))  # fmt: skip
    before, felt_only = n.kept(), list(n.felt_only.offsets)
    for _ in range(10):
        n.guess(0.1, (0.0, 0.0, -0.1), (0.0, 0.0, 3.713))
    assert n.rates == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)  # 0.1 rad/s, braked for a second
    assert n.local_velocity()[2] == pytest.approx(before_velocity(n, before), abs=0.01)
    n.end_guess()
    assert n.kept() == before and n.felt_only.offsets == felt_only


def before_velocity(n: DescentNavigation, kept: object) -> float:
    """m/s upwards of a kept navigation."""
    assert isinstance(kept, KeptNavigation)
    return navigation_of(n.frame, kept).local_velocity()[2]
