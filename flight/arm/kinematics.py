"""What the arm node computes with its geometry: standoffs, targets on vehicles, the Jacobian.

The forward and inverse kinematics are in `flight.icd.devices.transfer_arm_geometry`, which the
arm's own controller shares.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, fsum, sin, sqrt

from flight.icd.devices.transfer_arm_geometry import (
    FOREARM,
    UPPER_ARM,
    WRIST_TO_TIP,
    Pose,
    Vector,
    added,
    apply,
    column,
    cross,
    difference,
    downward,
    forward,
)

Row = tuple[float, ...]


def standoff(target: Pose, distance: float) -> Pose:
    """The pose `distance` m before a target, looking at it."""
    axis = column(target.rotation, 2)
    return Pose(added(target.position, axis, -distance), target.rotation)


def sighted(tip: Pose, seen: Sequence[float]) -> Pose:
    """Where the tip has to stand at something that is seen at `seen` in the tip frame."""
    place = apply(tip.rotation, (seen[0], seen[1], seen[2]))
    return Pose(added(tip.position, place), tip.rotation)


def on_vehicle(centre: Sequence[float], heading: float, place: Vector) -> Pose:
    """The pose at a place (ahead, right, up in m) of a vehicle, from above.

    `heading`: of the vehicle, radians from the base's x axis towards y.
    """
    ahead, right, up = place
    c, s = cos(heading), sin(heading)
    return Pose(
        (
            centre[0] + ahead * c + right * s,
            centre[1] + ahead * s - right * c,
            centre[2] + up,
        ),
        downward(0.0),
    )


def jacobian(joints: Sequence[float]) -> tuple[Row, ...]:
    """The 6 x 7 matrix from joint speeds (rad/s) to speed (m/s) and turning (rad/s) of the tip."""
    tip = forward(joints).position
    columns = []
    for number in range(7):
        axis, through = _joint_axis(joints, number)
        columns.append((*cross(axis, difference(tip, through)), *axis))
    return tuple(tuple(column[row] for column in columns) for row in range(6))


@lru_cache(maxsize=8)  # an arm mostly rests
def _jacobian_of(joints: tuple[float, ...]) -> tuple[Row, ...]:
    return jacobian(joints)


def tip_uncertainty(joints: Sequence[float], encoder_error: float) -> float:
    """Error of the tip's place (m, 1 sigma) if each encoder is off by `encoder_error` rad."""
    place = _jacobian_of(tuple(joints))[:3]
    return encoder_error * sqrt(fsum(element * element for row in place for element in row))


def _joint_axis(joints: Sequence[float], number: int) -> tuple[Vector, Vector]:
    """Axis of a joint, and a point on it."""
    # With the joints after it at zero the arm goes on straight: the tip then lies on the axis of
    # a z joint, and the axis of a y joint stands across.
    cut = [*joints[:number], *(0.0 for _ in range(7 - number))]
    pose = forward(cut)
    if number % 2 == 0:
        return column(pose.rotation, 2), pose.position
    to_tip = {1: UPPER_ARM + FOREARM + WRIST_TO_TIP, 3: FOREARM + WRIST_TO_TIP, 5: WRIST_TO_TIP}
    through = added(pose.position, column(pose.rotation, 2), -to_tip[number])
    return column(pose.rotation, 1), through
