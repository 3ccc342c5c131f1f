"""Rotations as vectors along their axis with the angle as length: what gyroscopes count."""

import math

from flight.astrodynamics.quaternions import Quaternion
from flight.astrodynamics.vectors import Vector


def from_rotation_vector(vector: Vector) -> Quaternion:
    """The quaternion of a rotation vector (rad)."""
    angle = math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    factor = 0.5 if angle < 1.0e-9 else math.sin(0.5 * angle) / angle
    return (math.cos(0.5 * angle), factor * vector[0], factor * vector[1], factor * vector[2])


def rotation_vector(quaternion: Quaternion) -> Vector:
    """The rotation vector (rad, no longer than pi) of a quaternion."""
    w, x, y, z = quaternion
    if w < 0.0:
        w, x, y, z = -w, -x, -y, -z
    sine = math.sqrt(x * x + y * y + z * z)
    factor = 2.0 if sine < 1.0e-12 else 2.0 * math.atan2(sine, w) / sine
    return (factor * x, factor * y, factor * z)
