"""The believed pose: each sensor for what it is good, and no more confidence than it gives."""

from math import pi, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.surface.dead_reckoning import DeadReckoning, Pose, why_not_made, wrapped

angle = st.floats(-10.0, 10.0)


@given(st.floats(-100, 100), st.floats(-100, 100), angle, st.floats(-50, 50), st.floats(-50, 50))
def test_what_is_seen_comes_back_where_it_was_seen(
    east: float, north: float, heading: float, ahead: float, right: float
) -> None:
    pose = Pose(east, north, heading)
    assert pose.to_vehicle(*pose.to_local(ahead, right)) == pytest.approx((ahead, right), abs=1e-6)


def test_heading_east_the_right_hand_is_south() -> None:
    assert Pose(heading=pi / 2).to_local(2.0, 1.0) == pytest.approx((2.0, -1.0))


def test_slip_is_told_by_visual_odometry_and_the_pose_follows_it_not_the_wheels() -> None:
    reckoning = DeadReckoning(Pose())
    slip = reckoning.moved(odometer=5.0, yaw=0.0, visual=(2.0, 0.0))
    assert slip == pytest.approx(0.6)
    assert reckoning.pose.north == pytest.approx(2.0)


def test_backing_out_has_a_slip_of_its_own() -> None:
    reckoning = DeadReckoning(Pose())
    assert reckoning.moved(odometer=-4.0, yaw=0.0, visual=(-3.0, 0.0)) == pytest.approx(0.25)


def test_without_visual_odometry_there_is_no_slip_and_much_less_confidence() -> None:
    seeing, blind = DeadReckoning(Pose()), DeadReckoning(Pose())
    seeing.moved(odometer=5.0, yaw=0.0, visual=(4.9, 0.0))
    assert blind.moved(odometer=5.0, yaw=0.0, visual=None) is None
    assert blind.pose.error > 3.0 * seeing.pose.error
    assert 4.5 < blind.pose.north < 5.0


def test_a_saturated_gyro_leaves_the_turn_to_the_wheels() -> None:
    reckoning = DeadReckoning(Pose())
    reckoning.moved(odometer=0.0, yaw=None, visual=None, believed_turn=1.0)
    assert reckoning.pose.heading == pytest.approx(1.0)


def test_the_sun_pulls_a_small_error_half_and_a_large_one_wholly() -> None:
    near = DeadReckoning(Pose(heading=radians(1.0)))
    near.sun_seen(azimuth_seen=radians(90.0), azimuth_true=radians(90.0))
    assert near.pose.heading == pytest.approx(radians(0.5))
    far = DeadReckoning(Pose(heading=radians(40.0)))
    far.sun_seen(azimuth_seen=radians(90.0), azimuth_true=radians(90.0))
    assert wrapped(far.pose.heading) == pytest.approx(0.0, abs=1e-9)


def test_a_landmark_takes_away_most_of_a_large_error_and_little_of_a_small_one() -> None:
    lost = DeadReckoning(Pose(east=5.0, error=5.0))
    lost.landmark_seen((0.0, 3.0), ahead=3.0, right=0.0, error=1.0)
    assert abs(lost.pose.east) < 0.3
    assert lost.pose.error < 1.0
    sure = DeadReckoning(Pose(east=0.2, error=0.1))
    sure.landmark_seen((0.0, 3.0), ahead=3.0, right=0.0, error=1.0)
    assert sure.pose.east > 0.19


def test_the_pose_survives_storage() -> None:
    pose = Pose(1.0, 2.0, 3.0, 4.0)
    assert Pose.from_data(pose.as_data()) == pose


@pytest.mark.parametrize(
    ("ahead", "right", "made"),
    [
        (5.0, 0.0, True), (0.05, 0.0, True), (4.0, 1.79, True), (6.79, 0.0, True),
        (6.81, 0.0, False), (4.9, 1.81, False), (4.9, -1.81, False), (-1.79, 0.0, True),
        (-1.81, 0.0, False), (-5.0, 0.0, False),
    ],
)  # fmt: skip
def test_what_no_wheels_can_have_made_is_not_believed(
    ahead: float, right: float, made: bool
) -> None:
    assert (why_not_made(ahead, right, 5.0, 5.0) == "") is made
    assert (why_not_made(-ahead, right, -5.0, 5.0) == "") is made, "backwards, too"
    assert (why_not_made(ahead, right, 5.0, 0.0) == "") is made, "a counter of wheels may stand"
