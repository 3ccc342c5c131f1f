"""The local frame of a landing site."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.astrodynamics.rotation_vectors import from_rotation_vector, rotation_vector
from flight.astrodynamics.site_frame import SiteFrame
from flight.astrodynamics.vectors import norm, subtract

FRAME = SiteFrame(math.radians(18.45), math.radians(77.4), 333.0)
metres = st.floats(-5_000.0, 5_000.0)


@given(metres, metres, st.floats(-3_000.0, 150_000.0), st.floats(0.0, 1e6))
def test_there_and_back(east: float, north: float, height: float, time: float) -> None:
    place = FRAME.inertial(time, east, north, height)
    assert FRAME.local(time, place) == pytest.approx((east, north, height), abs=1e-5)


def test_what_stands_on_the_ground_has_no_velocity_over_it() -> None:
    before, after = (FRAME.inertial(t, 100.0, 50.0, -2_500.0) for t in (1_000.0, 1_000.01))
    velocity = tuple(c / 0.01 for c in subtract(after, before))
    assert norm(FRAME.local_velocity(before, velocity)) < 1e-3  # type: ignore[arg-type]


def test_a_step_north_is_as_long_as_it_says() -> None:
    places = [FRAME.inertial(0.0, 0.0, north, 0.0) for north in (0.0, 100.0)]
    assert norm(subtract(*places)) == pytest.approx(100.0, rel=1e-3)


@given(st.tuples(*[st.floats(-1.7, 1.7)] * 3))
def test_rotation_vectors_and_quaternions_agree(vector: tuple[float, float, float]) -> None:
    assert rotation_vector(from_rotation_vector(vector)) == pytest.approx(vector, abs=1e-9)
