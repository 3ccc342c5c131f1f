"""How an attitude goes on turning."""

from math import cos, sin, sqrt

from flight.astrodynamics.quaternions import Quaternion
from flight.astrodynamics.vectors import Vector


def turned(attitude: Quaternion, rate: Vector, seconds: float) -> Quaternion:
    """The attitude after turning at a constant body rate (rad/s) for a time, of length 1."""
    p, q, r = rate
    size = sqrt(p * p + q * q + r * r)
    half = 0.5 * size * seconds
    factor = sin(half) / size if size > 1e-12 else 0.5 * seconds
    w, x, y, z = cos(half), factor * p, factor * q, factor * r
    aw, ax, ay, az = attitude
    ow = aw * w - ax * x - ay * y - az * z
    ox = aw * x + ax * w + ay * z - az * y
    oy = aw * y - ax * z + ay * w + az * x
    oz = aw * z + ax * y - ay * x + az * w
    length = 1.0 / sqrt(ow * ow + ox * ox + oy * oy + oz * oz)
    return (ow * length, ox * length, oy * length, oz * length)
