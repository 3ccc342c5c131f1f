"""Geometry of the transfer arm and of what it works on: the agreed drawing of both sides.

The arm has seven joints, spherical shoulder - elbow - spherical wrist (S-R-S). Its base frame has
x ahead, y left and z up; at joint angles zero it stands straight up. From the base on, each joint
turns about z or y: z y z y z y z, with the lengths below between shoulder, elbow, wrist and tip.
The tip frame's z axis points out of the gripper.

Inverse kinematics in closed form after the arm angle: M. Shimizu et al., "Analytical inverse
kinematic computation for 7-DOF redundant manipulators with joint limits", IEEE Transactions on
Robotics 24 (2008).
"""

from collections.abc import Iterator, Sequence
from math import acos, atan2, ceil, cos, hypot, pi, radians, sin, sqrt
from typing import NamedTuple

Vector = tuple[float, float, float]
Rotation = tuple[Vector, Vector, Vector]  # rows
Joints = tuple[float, float, float, float, float, float, float]

# 2.5 m and seven joints: ESA's Sample Transfer Arm (ESA blog, 2023-01-26). Its division into
# links, the height of the shoulder and the joint limits: assumption.
BASE_TO_SHOULDER = 0.25  # m
UPPER_ARM = 1.10  # m
FOREARM = 1.00  # m
WRIST_TO_TIP = 0.40  # m
JOINT_LIMITS = tuple(radians(angle) for angle in (170.0, 125.0, 170.0, 150.0, 170.0, 125.0, 175.0))

STOWED: Joints = (0.0, -1.9, 0.0, 2.5, 0.0, 0.9, 0.0)
READY: Joints = (0.0, -0.6, 0.0, 1.7, 0.0, 2.04, 0.0)

# The container in the nose of the MAV, in the base frame (assumption). 30 tubes in a container of
# 0.28 m: Younse et al., IEEE Aerospace 2020.
CONTAINER_CENTRE: Vector = (-0.55, 1.15, 0.10)  # where the jaws hold seated tubes
SOCKETS = 30
SOCKET_PITCH = 0.046  # m
SOCKET_DEPTH = 0.120  # m that a seated tube goes in (assumption)
# Beside the container, so that the rover's arm reaches both from one dock.
LID_STAND: Vector = (-0.87, 1.10, 0.12)  # where the lid's handle is when the container is open
LID_SEAT: Vector = (-0.55, 1.15, 0.16)  # where the lid's handle is when the container is closed
STANDOFF = 0.20  # m above a place, from where it is looked at and approached

# Where the jaws hold a tube in its source, above the ground; rack of the fetch rover: the agreed
# drawing of its deck; Perseverance hands tubes out below its belly's front (assumption).
RACK_ROW_PITCH = 0.06  # m
DOCKING_DISTANCE = (1.3, 2.1)  # m from the arm's base to the centre of a docked vehicle


class Pose(NamedTuple):
    """Place and orientation of a frame in the base frame; metres."""

    position: Vector
    rotation: Rotation


class Unreachable(ValueError):
    """No joint angles within the limits bring the tip there; the text says why."""


def forward(joints: Sequence[float], lengths: Vector | None = None) -> Pose:
    """The tip's pose for joint angles in radians; `lengths`: other than the drawing's."""
    upper, fore, hand = lengths or (UPPER_ARM, FOREARM, WRIST_TO_TIP)
    rotation = multiply(multiply(_z(joints[0]), _y(joints[1])), _z(joints[2]))
    position = added((0.0, 0.0, BASE_TO_SHOULDER), column(rotation, 2), upper)
    rotation = multiply(multiply(rotation, _y(joints[3])), _z(joints[4]))
    position = added(position, column(rotation, 2), fore)
    rotation = multiply(multiply(rotation, _y(joints[5])), _z(joints[6]))
    return Pose(added(position, column(rotation, 2), hand), rotation)


def inverse(pose: Pose, near: Sequence[float], *, spread: float = pi, steps: int = 24) -> Joints:
    """Joint angles for a pose, those of the solutions that turn the joints least from `near`.

    `spread` and `steps`: how far around the arm angle of `near` to look, in radians, and how
    finely. Raises Unreachable.
    """
    elbow = _elbow(pose)
    middle = arm_angle(near)
    best: Joints | None = None
    least = 1e9
    for step in range(-steps // 2, steps // 2 + 1):
        angle = middle + spread * step / (steps // 2)
        for candidate in _solutions(pose, elbow, angle):
            if not within_limits(candidate):
                continue
            cost = max(abs(a - b) for a, b in zip(candidate, near, strict=True))
            if cost < least:
                best, least = candidate, cost
    if best is None:
        raise Unreachable(
            f"no joint angles within the limits reach {_text(pose.position)} at that orientation"
        )
    return best


def straight(start: Sequence[float], target: Pose, step: float = 0.03) -> list[Joints]:
    """Joint angles along a straight line of the tip to `target`, each `step` m; the last is there.

    Raises Unreachable, also when the arm would have to turn over on the way.
    """
    here = forward(start)
    distance = length(difference(target.position, here.position))
    count = max(1, ceil(distance / step), ceil(angle_between(here.rotation, target.rotation) / 0.2))
    path: list[Joints] = []
    last = tuple(start)
    for number in range(1, count + 1):
        part = number / count
        position = added(here.position, difference(target.position, here.position), part)
        rotation = between(here.rotation, target.rotation, part)
        following = inverse(Pose(position, rotation), last, spread=0.3, steps=6)
        if max(abs(a - b) for a, b in zip(following, last, strict=True)) > 0.9:
            raise Unreachable(f"no straight way to {_text(target.position)}: a joint would jump")
        path.append(following)
        last = following
    return path


def within_limits(joints: Sequence[float]) -> bool:
    """Whether all joint angles are within their limits."""
    return all(abs(a) <= limit for a, limit in zip(joints, JOINT_LIMITS, strict=True))


def arm_angle(joints: Sequence[float]) -> float:
    """The angle of the plane shoulder - elbow - wrist about the line shoulder - wrist, radians.

    Zero when the plane contains the base's z axis with joint 3 at zero.
    """
    bend = joints[3]
    rotation = multiply(multiply(_z(joints[0]), _y(joints[1])), _z(joints[2]))
    upper = column(rotation, 2)
    wrist = added(scaled(upper, UPPER_ARM), column(multiply(rotation, _y(bend)), 2), FOREARM)
    reference = _reference(wrist, bend)
    axis = scaled(wrist, 1.0 / max(1e-9, length(wrist)))
    here = _across(upper, axis)
    there = _across(column(reference, 2), axis)
    return atan2(dot(axis, cross(there, here)), dot(there, here))


# ---------------------------------------------------------- what is worked on


def socket_place(socket: int) -> Vector:
    """Where the jaws hold a tube that is seated in a socket: rows of five, in the base frame."""
    row, line = divmod(socket, 5)
    return (
        CONTAINER_CENTRE[0] + SOCKET_PITCH * (line - 2.0),
        CONTAINER_CENTRE[1] + SOCKET_PITCH * (row - 2.5),
        CONTAINER_CENTRE[2],
    )


def rack_place(slot: int) -> Vector:
    """Ahead, right and up in m, from the centre of the fetch rover, of a slot of its rack."""
    row, line = divmod(slot, 6)
    return (0.35 - RACK_ROW_PITCH * row, 0.20 + RACK_ROW_PITCH * line, 0.70)


def tube_port_place() -> Vector:
    """Ahead, right and up in m, from Perseverance's centre, of a tube that it holds out."""
    return (1.00, 0.0, 0.50)


def downward(yaw: float) -> Rotation:
    """The tip points down; its x axis at `yaw` (radians from the base's x to its y axis)."""
    c, s = cos(yaw), sin(yaw)
    return ((c, s, 0.0), (s, -c, 0.0), (0.0, 0.0, -1.0))


def sideways(yaw: float) -> Rotation:
    """The tip points away level in direction `yaw`, its x axis down."""
    c, s = cos(yaw), sin(yaw)
    return ((0.0, -s, c), (0.0, c, s), (-1.0, 0.0, 0.0))


# ------------------------------------------------------------ inverse kinematics


def _elbow(pose: Pose) -> float:
    """Bend of the elbow for the distance from shoulder to wrist (law of cosines)."""
    distance = length(_shoulder_to_wrist(pose))
    cosine = (distance**2 - UPPER_ARM**2 - FOREARM**2) / (2.0 * UPPER_ARM * FOREARM)
    if abs(cosine) > 1.0 + 1e-9:
        raise Unreachable(
            f"{_text(pose.position)} puts the wrist {distance:.2f} m from the shoulder; allowed is "
            f"{abs(UPPER_ARM - FOREARM):.2f} to {UPPER_ARM + FOREARM:.2f} m"
        )
    return acos(min(1.0, max(-1.0, cosine)))


def _shoulder_to_wrist(pose: Pose) -> Vector:
    wrist = added(pose.position, column(pose.rotation, 2), -WRIST_TO_TIP)
    return difference(wrist, (0.0, 0.0, BASE_TO_SHOULDER))


def _solutions(pose: Pose, elbow: float, angle: float) -> Iterator[Joints]:
    """The up to eight solutions at one arm angle."""
    to_wrist = _shoulder_to_wrist(pose)
    axis = scaled(to_wrist, 1.0 / max(1e-9, length(to_wrist)))
    for bend in (elbow, -elbow):
        shoulder = multiply(about(axis, angle), _reference(to_wrist, bend))
        rest = multiply(transposed(multiply(shoulder, _y(bend))), pose.rotation)
        for q1, q2, q3 in _zyz(shoulder):
            for q5, q6, q7 in _zyz(rest):
                yield (q1, q2, q3, bend, q5, q6, q7)


def _reference(to_wrist: Vector, bend: float) -> Rotation:
    """Orientation of the upper arm with joint 3 at zero."""
    x, y, z = to_wrist
    lead = atan2(FOREARM * sin(bend), UPPER_ARM + FOREARM * cos(bend))
    return multiply(_z(atan2(y, x)), _y(atan2(hypot(x, y), z) - lead))


def _zyz(r: Rotation) -> Iterator[Vector]:
    """The two triples of angles about z, y, z that make a rotation."""
    sine = hypot(r[0][2], r[1][2])
    if sine < 1e-9:
        yield (0.0, 0.0 if r[2][2] > 0.0 else pi, atan2(r[1][0], r[1][1]))
        return
    for sign in (1.0, -1.0):
        yield (
            atan2(sign * r[1][2], sign * r[0][2]),
            atan2(sign * sine, r[2][2]),
            atan2(sign * r[2][1], -sign * r[2][0]),
        )


# ------------------------------------------------------------------- vectors


def added(a: Vector, b: Vector, factor: float = 1.0) -> Vector:
    """a + factor b."""
    return (a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2])


def difference(a: Vector, b: Vector) -> Vector:
    """a - b."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def scaled(a: Vector, factor: float) -> Vector:
    """factor a."""
    return (factor * a[0], factor * a[1], factor * a[2])


def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def length(a: Vector) -> float:
    """Euclidean length."""
    return sqrt(dot(a, a))


def column(r: Rotation, number: int) -> Vector:
    """A column: an axis of the turned frame."""
    return (r[0][number], r[1][number], r[2][number])


def apply(r: Rotation, a: Vector) -> Vector:
    """The turned vector."""
    return (dot(r[0], a), dot(r[1], a), dot(r[2], a))


def transposed(r: Rotation) -> Rotation:
    """The inverse rotation."""
    return (column(r, 0), column(r, 1), column(r, 2))


def multiply(a: Rotation, b: Rotation) -> Rotation:
    """First b, then a."""
    x, y, z = transposed(b)
    p, q, r = a
    return (
        (dot(p, x), dot(p, y), dot(p, z)),
        (dot(q, x), dot(q, y), dot(q, z)),
        (dot(r, x), dot(r, y), dot(r, z)),
    )


def about(axis: Vector, angle: float) -> Rotation:
    """Rotation by an angle about a unit vector (Rodrigues)."""
    c, s = cos(angle), sin(angle)
    x, y, z = axis
    v = 1.0 - c
    return (
        (c + x * x * v, x * y * v - z * s, x * z * v + y * s),
        (y * x * v + z * s, c + y * y * v, y * z * v - x * s),
        (z * x * v - y * s, z * y * v + x * s, c + z * z * v),
    )


def turn(r: Rotation) -> tuple[Vector, float]:
    """Axis and angle (0 to pi) of a rotation."""
    angle = acos(min(1.0, max(-1.0, 0.5 * (r[0][0] + r[1][1] + r[2][2] - 1.0))))
    axis = (r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1])
    size = length(axis)
    if size > 1e-9:
        return scaled(axis, 1.0 / size), angle
    if angle < 1.0:
        return (0.0, 0.0, 1.0), 0.0
    # Half a turn: the axis is the longest column of (r + 1) / 2.
    columns = [(r[0][i] + (i == 0), r[1][i] + (i == 1), r[2][i] + (i == 2)) for i in range(3)]
    longest = max(columns, key=length)
    return scaled(longest, 1.0 / length(longest)), pi


def between(a: Rotation, b: Rotation, part: float) -> Rotation:
    """The rotation a part of the way from a to b."""
    axis, angle = turn(multiply(b, transposed(a)))
    return multiply(about(axis, part * angle), a)


def angle_between(a: Rotation, b: Rotation) -> float:
    """The angle from one rotation to another, radians."""
    return turn(multiply(b, transposed(a)))[1]


def _z(angle: float) -> Rotation:
    c, s = cos(angle), sin(angle)
    return ((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0))


def _y(angle: float) -> Rotation:
    c, s = cos(angle), sin(angle)
    return ((c, 0.0, s), (0.0, 1.0, 0.0), (-s, 0.0, c))


def _across(a: Vector, axis: Vector) -> Vector:
    return added(a, axis, -dot(a, axis))


def _text(a: Vector) -> str:
    return f"({a[0]:.2f}, {a[1]:.2f}, {a[2]:.2f}) m"
