"""Attitudes as unit quaternions."""

from math import pi, radians, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics.quaternions import (
    IDENTITY,
    angle_between,
    between,
    conjugate,
    derivative,
    from_axis_angle,
    matrix,
    normalised,
    product,
    rotate,
    rotate_back,
)
from flight.astrodynamics.vectors import norm, transform, unit

QUARTER = from_axis_angle((0.0, 0.0, 1.0), 0.5 * pi)
numbers = st.floats(-1.0, 1.0)
quaternions = (
    st.tuples(numbers, numbers, numbers, numbers)
    .filter(lambda q: sum(x * x for x in q) > 0.01)
    .map(normalised)
)
vectors = st.tuples(numbers, numbers, numbers)
directions = vectors.filter(lambda v: norm(v) > 0.1)


def test_a_quarter_turn_about_z_brings_x_to_y():
    assert rotate(QUARTER, (1.0, 0.0, 0.0)) == pytest.approx((0.0, 1.0, 0.0))
    assert rotate_back(QUARTER, (0.0, 1.0, 0.0)) == pytest.approx((1.0, 0.0, 0.0))


def test_a_product_turns_by_the_right_factor_first():
    roll = from_axis_angle((1.0, 0.0, 0.0), 0.5 * pi)
    assert rotate(product(QUARTER, roll), (0.0, 1.0, 0.0)) == pytest.approx((0.0, 0.0, 1.0))


@given(quaternions, vectors)
def test_turning_there_and_back_changes_nothing(attitude, vector):
    assert rotate_back(attitude, rotate(attitude, vector)) == pytest.approx(vector, abs=1e-12)
    assert transform(matrix(attitude), vector) == pytest.approx(rotate(attitude, vector), abs=1e-12)
    assert product(attitude, conjugate(attitude)) == pytest.approx(IDENTITY, abs=1e-12)


@given(directions, directions)
def test_the_rotation_between_two_directions_brings_one_to_the_other(start, end):
    assert rotate(between(start, end), unit(start)) == pytest.approx(unit(end), abs=1e-6)


def test_opposite_directions_are_half_a_turn_apart():
    half = between((0.0, 0.0, 2.0), (0.0, 0.0, -1.0))
    assert rotate(half, (0.0, 0.0, 1.0)) == pytest.approx((0.0, 0.0, -1.0))


def test_the_angle_between_attitudes_does_not_depend_on_their_sign():
    other = from_axis_angle(unit((1.0, 2.0, 3.0)), radians(20.0))
    assert angle_between(IDENTITY, other) == pytest.approx(radians(20.0))
    assert angle_between(IDENTITY, tuple(-x for x in other)) == pytest.approx(radians(20.0))


def test_the_derivative_is_that_of_a_steady_spin():
    rate, step = (0.0, 0.0, 0.3), 1e-4
    turned = product(QUARTER, from_axis_angle((0.0, 0.0, 1.0), 0.3 * step))
    slope = tuple((b - a) / step for a, b in zip(QUARTER, turned, strict=True))
    assert derivative(QUARTER, rate) == pytest.approx(slope, abs=1e-4)
    assert sum(a * b for a, b in zip(QUARTER, derivative(QUARTER, rate), strict=True)) == (
        pytest.approx(0.0, abs=1e-15)
    )


def test_the_zero_quaternion_is_refused():
    with pytest.raises(ValueError, match="no attitude"):
        normalised((0.0, 0.0, 0.0, 0.0))
    assert norm(rotate(normalised((2.0, 0.0, 0.0, 2.0)), (sqrt(2.0), 0.0, 0.0))) == pytest.approx(
        sqrt(2.0)
    )
