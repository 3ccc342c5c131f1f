"""Thrust control by hand: where engines act, how they share, how the attitude is held."""

import math

import pytest

from flight.astrodynamics.quaternions import (
    IDENTITY,
    Quaternion,
    angle_between,
    conjugate,
    from_axis_angle,
    product,
    quaternion_of_axes,
    rotate,
)
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale, unit
from flight.lander.thrust_control import (
    AttitudeGains,
    EngineLayout,
    ThrustAllocation,
    axis_of,
    control_moment,
    force_along_axis,
    wanted_attitude,
)

LAYOUT = EngineLayout(1.5, 0.6, math.radians(6.0), 400.0, 3_060.0)
GAINS = AttitudeGains(4.0, 0.6, 0.8, 2_600.0, 3_200.0, 0.6, 0.15)
POSITION: Vector = (1.0e6, 2.0e6, 2.5e6)


def test_where_the_engines_act() -> None:
    columns = LAYOUT.columns()
    assert len(columns) == 12
    cosine, sine = math.cos(math.radians(6.0)), math.sin(math.radians(6.0))
    for index, (force, x, y, z) in enumerate(columns):
        angle = math.radians(15.0 + 30.0 * index)
        side = 1.0 if index % 2 == 0 else -1.0
        assert force == pytest.approx(cosine)
        # Arm (r cos, r sin, -0.6) cross the thrust (-s sin, s cos, c).
        assert x == pytest.approx(
            1.5 * math.sin(angle) * cosine + 0.6 * side * sine * math.cos(angle)
        )
        assert y == pytest.approx(
            -1.5 * math.cos(angle) * cosine + 0.6 * side * sine * math.sin(angle)
        )
        assert z == pytest.approx(1.5 * side * sine)


def summed(allocation: ThrustAllocation, thrusts: list[float]) -> list[float]:
    """Force and moments that thrusts give."""
    return [
        math.fsum(t * column[axis] for t, column in zip(thrusts, allocation.columns, strict=True))
        for axis in range(4)
    ]


@pytest.mark.parametrize("moment", [(0.0, 0.0, 0.0), (900.0, -600.0, 150.0), (0.0, 0.0, -400.0)])
@pytest.mark.parametrize("fixed", [{}, {3: 0.0}, {1: 0.0, 6: 900.0}])
def test_within_the_limits_force_and_moments_are_met_exactly(
    moment: Vector, fixed: dict[int, float]
) -> None:
    allocation = ThrustAllocation(LAYOUT)
    allocation.set_fixed(fixed)
    thrusts = allocation.thrusts(14_000.0, moment)
    assert summed(allocation, thrusts) == pytest.approx([14_000.0, *moment], abs=1e-6)
    assert all(thrusts[index] == given for index, given in fixed.items())


def test_thrusts_at_both_limits() -> None:
    allocation = ThrustAllocation(LAYOUT)
    assert allocation.thrusts(60_000.0, (0.0, 0.0, 0.0)) == pytest.approx([3_060.0] * 12)
    assert allocation.thrusts(0.0, (0.0, 0.0, 0.0)) == pytest.approx([400.0] * 12)
    # At full thrust the attitude may cost 150 N for each engine, and no more.
    turned = allocation.thrusts(60_000.0, (9_000.0, 0.0, 0.0))
    assert max(turned) == 3_060.0 and min(turned) == pytest.approx(2_760.0, abs=15.0)
    force, tilting, *_ = summed(allocation, turned)
    assert force == pytest.approx(34_728.705, abs=1e-3)
    assert tilting == pytest.approx(1_376.912, abs=1e-3)


def test_what_does_not_fit_is_taken_first_from_the_heading() -> None:
    allocation = ThrustAllocation(LAYOUT)
    thrusts = allocation.thrusts(34_000.0, (3_000.0, -200.0, 500.0))
    assert thrusts[0] == pytest.approx(2_849.799160808974, rel=1e-9)
    assert thrusts[2] == 3_060.0 and thrusts[9] == pytest.approx(2_347.6146829, rel=1e-9)
    _, x, y, z = summed(allocation, thrusts)
    assert x == pytest.approx(3_000.0, rel=0.2) and abs(y) < 400.0
    assert 0.0 < z < 500.0


def test_engines_that_are_held_at_their_least_leave_the_rest_to_the_others() -> None:
    allocation = ThrustAllocation(LAYOUT)
    allocation.set_fixed({1: 0.0, 6: 900.0})
    thrusts = allocation.thrusts(8_000.0, (0.0, 0.0, 0.0))
    assert thrusts[8] == 400.0 and thrusts[1] == 0.0 and thrusts[6] == 900.0
    assert summed(allocation, thrusts) == pytest.approx([8_000.0, 0.0, 0.0, 0.0], abs=1e-6)
    # Only as long as six are left to be shared among.
    few = allocation.thrusts(6_000.0, (0.0, 0.0, 0.0))
    assert [index for index, thrust in enumerate(few) if thrust == 400.0] == [4, 5, 7, 8, 10]
    assert few[11] == pytest.approx(1_051.583, abs=1e-3)
    assert summed(allocation, few)[0] == pytest.approx(6_331.372, abs=1e-3)


def test_all_are_moved_together_into_the_range_that_the_moments_leave() -> None:
    allocation = ThrustAllocation(LAYOUT)
    thrusts = allocation.thrusts(5_600.0, (800.0, 0.0, 300.0))
    assert min(thrusts) == 400.0 and max(thrusts) == pytest.approx(838.474, abs=1e-3)
    assert summed(allocation, thrusts) == pytest.approx([7_390.139, 800.0, 0.0, 248.521], abs=1e-3)


@pytest.mark.parametrize("left", [3, 2, 1])
def test_engines_that_cannot_turn_it_about_all_axes_do_what_they_can(left: int) -> None:
    allocation = ThrustAllocation(LAYOUT)
    allocation.set_fixed(dict.fromkeys(range(left, 12), 0.0))
    thrusts = allocation.thrusts(3_000.0, (0.0, 0.0, 0.0))
    assert thrusts[left:] == [0.0] * (12 - left)
    assert all(LAYOUT.least <= thrust <= LAYOUT.greatest for thrust in thrusts[:left])


def test_no_engine_is_asked_where_none_obeys() -> None:
    allocation = ThrustAllocation(LAYOUT)
    allocation.set_fixed({**dict.fromkeys(range(12), 0.0), 4: 900.0})
    assert allocation.thrusts(6_000.0, (0.0, 0.0, 0.0)) == [0.0] * 4 + [900.0] + [0.0] * 7


# --------------------------------------------------------------------- attitude


def moment(attitude: Quaternion, rates: Vector = (0.0, 0.0, 0.0)) -> Vector:
    return control_moment(attitude, rates, IDENTITY, GAINS)


def test_small_errors_and_rates_are_answered_by_the_gains() -> None:
    # Across: 2 x 0.8 x 4 x 2600 Nms for 1 rad/s, towards half of 4 / 0.8 times the angle.
    tilted = from_axis_angle((1.0, 0.0, 0.0), 0.01)
    assert moment(tilted) == pytest.approx((-16_640.0 * 2.5 * 0.01, 0.0, 0.0), abs=1e-9)
    assert moment(from_axis_angle((0.0, 1.0, 0.0), -0.01))[1] == pytest.approx(416.0)
    assert moment(IDENTITY, (0.1, -0.2, 0.0)) == pytest.approx((-1_664.0, 3_328.0, 0.0))
    # About: 2 x 0.8 x 0.6 x 3200, towards half of 0.6 / 0.8.
    turned = from_axis_angle((0.0, 0.0, 1.0), 0.1)
    assert moment(turned) == pytest.approx((0.0, 0.0, -3_072.0 * 0.375 * 0.1), abs=1e-9)
    assert moment(IDENTITY, (0.0, 0.0, 0.1))[2] == pytest.approx(-307.2)


def test_it_turns_no_faster_than_it_may() -> None:
    assert moment(from_axis_angle((1.0, 0.0, 0.0), 0.24))[0] == pytest.approx(-16_640.0 * 0.6)
    assert moment(from_axis_angle((1.0, 0.0, 0.0), 1.2))[0] == pytest.approx(-16_640.0 * 0.6)
    assert moment(from_axis_angle((1.0, 0.0, 0.0), -1.2))[0] == pytest.approx(16_640.0 * 0.6)
    assert moment(from_axis_angle((0.0, 0.0, 1.0), -3.0))[2] == pytest.approx(3_072.0 * 0.15)
    assert moment(from_axis_angle((0.0, 0.0, 1.0), 0.39))[2] == pytest.approx(
        -3_072.0 * 0.375 * 0.39
    )


def test_the_axis_is_turned_on_the_shortest_way_whatever_the_heading() -> None:
    off = product(from_axis_angle((1.0, 0.0, 0.0), 0.1), from_axis_angle((0.0, 0.0, 1.0), 2.0))
    asked = moment(off)
    # Back about the axis (1, 0, 0), which the body sees turned by -2 rad.
    expected = rotate(conjugate(from_axis_angle((0.0, 0.0, 1.0), 2.0)), (-1.0, 0.0, 0.0))
    assert unit((asked[0], asked[1], 0.0)) == pytest.approx(expected, abs=1e-9)
    assert math.hypot(asked[0], asked[1]) == pytest.approx(16_640.0 * 0.25)
    assert asked[2] == pytest.approx(-3_072.0 * 0.15)


@pytest.mark.parametrize("heading", [0.0, 1.0, 2.5, -2.0, math.pi])
@pytest.mark.parametrize("thrust", [(0.0, 0.0, 3.7), (1.0, -0.5, 3.0), (-4.0, 2.0, 0.5)])
def test_the_wanted_attitude_points_the_axis_along_the_thrust_and_the_front_to_the_heading(
    thrust: Vector, heading: float
) -> None:
    attitude = wanted_attitude(POSITION, thrust, heading)
    assert norm(attitude[1:]) ** 2 + attitude[0] ** 2 == pytest.approx(1.0)
    assert axis_of(attitude, POSITION) == pytest.approx(unit(thrust))
    east, north, _ = local_axes(POSITION)
    x = rotate(attitude, (1.0, 0.0, 0.0))
    assert dot(x, rotate(attitude, (0.0, 0.0, 1.0))) == pytest.approx(0.0, abs=1e-12)
    front = add(scale(math.sin(heading), east), scale(math.cos(heading), north))
    # The front lies in the plane of the axis and the heading, on the heading's side.
    y = rotate(attitude, (0.0, 1.0, 0.0))
    assert dot(y, front) == pytest.approx(0.0, abs=1e-12)
    assert dot(x, front) > 0.0


@pytest.mark.parametrize(
    "attitude",
    [
        IDENTITY,
        *(from_axis_angle(axis, angle)
          for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.6, -0.48, 0.64))
          for angle in (0.3, 1.7, 3.0, -2.9)),
    ],
)  # fmt: skip
def test_every_attitude_is_found_from_its_axes_whichever_part_is_the_largest(
    attitude: Quaternion,
) -> None:
    x, y, z = (rotate(attitude, axis) for axis in ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)))
    assert angle_between(quaternion_of_axes(x, y, z), attitude) < 1e-7


@pytest.mark.parametrize(
    ("wanted", "up", "force"),
    [
        ((0.0, 0.0, 4.0), 1.0, 8_000.0),
        ((0.0, 0.0, 4.0), 0.8, 10_000.0),
        # As the axis leans: no more than one and a half times what is wanted in all.
        ((0.0, 0.0, 4.0), 0.5, 12_000.0),
        ((3.0, 0.0, 4.0), 0.5, 15_000.0),
        ((4.0, 0.0, 1.0), 0.3, 2_000.0 / 0.3),
        ((4.0, 0.0, 1.0), 0.1, 2_000.0 / 0.3),
        ((4.0, 0.0, 1.0), -0.5, 2_000.0 / 0.3),
    ],
)
def test_what_is_wanted_upwards_is_given_as_long_as_the_axis_points_up(
    wanted: Vector, up: float, force: float
) -> None:
    axis = (math.sqrt(max(0.0, 1.0 - up * up)), 0.0, up)
    assert force_along_axis(wanted, axis, 2_000.0) == pytest.approx(force)
