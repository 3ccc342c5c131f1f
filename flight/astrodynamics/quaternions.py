"""Unit quaternions for attitudes: scalar first, from body axes to reference axes.

Formulas: Markley and Crassidis, Fundamentals of Spacecraft Attitude Determination and Control
(2014), chapter 2 (there the scalar stands last).
"""

import math

from flight.astrodynamics.vectors import Matrix, Vector, cross, dot, norm

Quaternion = tuple[float, float, float, float]

IDENTITY: Quaternion = (1.0, 0.0, 0.0, 0.0)


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """Rotation `b` followed by rotation `a`."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def conjugate(a: Quaternion) -> Quaternion:
    """The opposite rotation."""
    return (a[0], -a[1], -a[2], -a[3])


def normalised(a: Quaternion) -> Quaternion:
    """The same attitude with length 1. Raises ValueError for the zero quaternion."""
    size = math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2] + a[3] * a[3])
    if size == 0.0:
        raise ValueError("the zero quaternion is no attitude")
    return (a[0] / size, a[1] / size, a[2] / size, a[3] / size)


def quaternion_of_axes(x: Vector, y: Vector, z: Vector) -> Quaternion:
    """The attitude whose body axes are these, in reference axes (Shepperd's method)."""
    xx, yy, zz = x[0], y[1], z[2]
    candidates = (1.0 + xx + yy + zz, 1.0 + xx - yy - zz, 1.0 - xx + yy - zz, 1.0 - xx - yy + zz)
    largest = max(range(4), key=lambda index: candidates[index])
    a, b, c = y[2] - z[1], z[0] - x[2], x[1] - y[0]
    d, e, f = x[1] + y[0], z[0] + x[2], y[2] + z[1]
    rows = (
        (candidates[0], a, b, c),
        (a, candidates[1], d, e),
        (b, d, candidates[2], f),
        (c, e, f, candidates[3]),
    )
    return normalised(rows[largest])


def rotate(a: Quaternion, vector: Vector) -> Vector:
    """Components in reference axes of a vector given in body axes."""
    w, x, y, z = a
    vx, vy, vz = vector
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return (
        vx + w * tx + y * tz - z * ty,
        vy + w * ty + z * tx - x * tz,
        vz + w * tz + x * ty - y * tx,
    )


def rotate_back(a: Quaternion, vector: Vector) -> Vector:
    """Components in body axes of a vector given in reference axes."""
    w, x, y, z = a
    vx, vy, vz = vector
    tx, ty, tz = 2.0 * (z * vy - y * vz), 2.0 * (x * vz - z * vx), 2.0 * (y * vx - x * vy)
    return (
        vx + w * tx - y * tz + z * ty,
        vy + w * ty - z * tx + x * tz,
        vz + w * tz - x * ty + y * tx,
    )


def derivative(a: Quaternion, rate: Vector) -> Quaternion:
    """Rate of change of an attitude that turns at `rate` (rad/s, body axes)."""
    w, x, y, z = product(a, (0.0, *rate))
    return (0.5 * w, 0.5 * x, 0.5 * y, 0.5 * z)


def from_axis_angle(axis: Vector, angle: float) -> Quaternion:
    """Attitude turned by `angle` (rad) about a unit axis."""
    sine = math.sin(0.5 * angle)
    return (math.cos(0.5 * angle), sine * axis[0], sine * axis[1], sine * axis[2])


def between(start: Vector, end: Vector) -> Quaternion:
    """The smallest rotation that turns the direction of one vector into that of another."""
    axis = cross(start, end)
    scalar = norm(start) * norm(end) + dot(start, end)
    if scalar <= 1.0e-12 * norm(start) * norm(end):
        # Half a turn, about any axis across.
        smallest = min(range(3), key=lambda index: abs(start[index]))
        helper = [0.0, 0.0, 0.0]
        helper[smallest] = 1.0
        axis = cross(start, (helper[0], helper[1], helper[2]))
        scalar = 0.0
    return normalised((scalar, *axis))


def angle_between(a: Quaternion, b: Quaternion) -> float:
    """Angle (rad, 0 to pi) of the rotation from one attitude to another."""
    w, x, y, z = product(conjugate(a), b)
    return 2.0 * math.atan2(math.sqrt(x * x + y * y + z * z), abs(w))


def matrix(a: Quaternion) -> Matrix:
    """The matrix that turns components in body axes into those in reference axes."""
    columns = (rotate(a, (1.0, 0.0, 0.0)), rotate(a, (0.0, 1.0, 0.0)), rotate(a, (0.0, 0.0, 1.0)))
    x, y, z = columns
    return ((x[0], y[0], z[0]), (x[1], y[1], z[1]), (x[2], y[2], z[2]))
