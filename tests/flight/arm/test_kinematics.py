"""The arm's kinematics: there and back, the Jacobian, straight lines, the limits of the reach."""

from math import radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.arm.kinematics import jacobian, on_vehicle, sighted, standoff
from flight.icd.devices.transfer_arm_geometry import (
    BASE_TO_SHOULDER,
    FOREARM,
    JOINT_LIMITS,
    READY,
    SOCKETS,
    UPPER_ARM,
    WRIST_TO_TIP,
    Pose,
    Rotation,
    Unreachable,
    added,
    angle_between,
    apply,
    column,
    cross,
    difference,
    downward,
    forward,
    inverse,
    length,
    multiply,
    rack_place,
    sideways,
    socket_place,
    straight,
    transposed,
    turn,
    within_limits,
)

STANDOFF = 0.2

joints = st.tuples(*(st.floats(-limit, limit) for limit in JOINT_LIMITS))


@given(joints)
def test_inverse_kinematics_lead_back_to_the_pose_within_the_limits(q: tuple[float, ...]) -> None:
    pose = forward(q)
    found = inverse(pose, q)
    assert within_limits(found)
    back = forward(found)
    assert length(difference(back.position, pose.position)) < 1e-7
    assert angle_between(back.rotation, pose.rotation) < 1e-5


@given(joints)
def test_the_jacobian_is_the_derivative_of_the_forward_kinematics(q: tuple[float, ...]) -> None:
    step = 1e-6
    columns = jacobian(q)
    for number in range(7):
        ahead = list(q)
        behind = list(q)
        ahead[number] += step
        behind[number] -= step
        a, b = forward(ahead), forward(behind)
        speed = [x / (2 * step) for x in difference(a.position, b.position)]
        axis, angle = turn(multiply(a.rotation, transposed(b.rotation)))
        turning = [x * angle / (2 * step) for x in axis]
        for row, expected in enumerate((*speed, *turning)):
            assert columns[row][number] == pytest.approx(expected, abs=2e-3)


def test_the_arm_is_two_and_a_half_metres_long_and_stands_up_at_zero() -> None:
    tip = forward((0.0,) * 7)
    assert UPPER_ARM + FOREARM + WRIST_TO_TIP == pytest.approx(2.5)
    assert tip.position == pytest.approx((0.0, 0.0, BASE_TO_SHOULDER + 2.5))


def test_every_socket_is_reached_from_its_standoff_in_a_straight_line() -> None:
    for socket in range(SOCKETS):
        target = Pose(socket_place(socket), downward(0.0))
        above = inverse(standoff(target, STANDOFF), READY)
        path = straight(above, target)
        for q in path:
            assert within_limits(q)
            away = difference(forward(q).position, target.position)
            assert abs(away[0]) < 1e-6 and abs(away[1]) < 1e-6
        assert length(difference(forward(path[-1]).position, target.position)) < 1e-7


def test_the_first_rows_of_a_docked_rack_are_within_reach() -> None:
    for slot in range(12):
        for bearing in range(0, 360, 45):
            heading = radians(bearing)
            centre = apply(_yaw(heading), (-2.0, 0.0, -1.2))
            target = on_vehicle(centre, heading, rack_place(slot))
            inverse(target, inverse(standoff(target, STANDOFF), READY))


def test_a_place_out_of_reach_is_refused_with_the_distance() -> None:
    with pytest.raises(Unreachable, match="from the shoulder; allowed"):
        inverse(Pose((2.6, 0.0, 0.0), downward(0.0)), READY)


def test_orientations_are_rotations_that_point_where_they_say() -> None:
    for rotation, axis in ((downward(0.7), (0.0, 0.0, -1.0)), (sideways(0.0), (1.0, 0.0, 0.0))):
        x, y, z = transposed(rotation)
        assert z == pytest.approx(axis)
        assert cross(x, y) == pytest.approx(z)


def test_what_is_seen_straight_ahead_lies_along_the_tip() -> None:
    tip = forward(READY)
    goal = sighted(tip, (0.0, 0.0, 0.2))
    assert standoff(goal, 0.2).position == pytest.approx(added(tip.position, (0.0, 0.0, 0.0)))


def _yaw(angle: float) -> Rotation:
    ahead = column(sideways(angle), 2)
    up = (0.0, 0.0, 1.0)
    return transposed((ahead, cross(up, ahead), up))
