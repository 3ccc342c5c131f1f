"""Vectors of three floats and 3x3 matrices as plain tuples (small arrays would be slower)."""

import math

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
"""Three rows."""


def add(a: Vector, b: Vector) -> Vector:
    """Sum of two vectors."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def subtract(a: Vector, b: Vector) -> Vector:
    """First vector minus the second."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def scale(factor: float, a: Vector) -> Vector:
    """Vector times a number."""
    return (factor * a[0], factor * a[1], factor * a[2])


def add_scaled(a: Vector, factor: float, b: Vector) -> Vector:
    """First vector plus the second times a number."""
    return (a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2])


def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def norm(a: Vector) -> float:
    """Length."""
    return math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])


def unit(a: Vector) -> Vector:
    """Direction of a vector. Raises ValueError for the zero vector."""
    x, y, z = a
    length = math.sqrt(x * x + y * y + z * z)
    if length == 0.0:
        raise ValueError("the zero vector has no direction")
    return (x / length, y / length, z / length)


def angle_between(a: Vector, b: Vector) -> float:
    """Angle in radians, 0 to pi, accurate also near 0 and pi."""
    return math.atan2(norm(cross(a, b)), dot(a, b))


def transform(matrix: Matrix, a: Vector) -> Vector:
    """Matrix times vector."""
    x, y, z = a
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = matrix
    return (xx * x + xy * y + xz * z, yx * x + yy * y + yz * z, zx * x + zy * y + zz * z)


def transpose(matrix: Matrix) -> Matrix:
    """Transposed matrix: the inverse of a rotation."""
    first, second, third = matrix
    return (
        (first[0], second[0], third[0]),
        (first[1], second[1], third[1]),
        (first[2], second[2], third[2]),
    )


def multiply(a: Matrix, b: Matrix) -> Matrix:
    """Matrix product."""
    columns = transpose(b)
    first, second, third = a
    return (transform(columns, first), transform(columns, second), transform(columns, third))


def rotation_x(angle: float) -> Matrix:
    """Turns the axes by `angle` radians about x: components of a fixed vector in new axes."""
    c, s = math.cos(angle), math.sin(angle)
    return ((1.0, 0.0, 0.0), (0.0, c, s), (0.0, -s, c))


def rotation_y(angle: float) -> Matrix:
    """Turns the axes by `angle` radians about y: components of a fixed vector in new axes."""
    c, s = math.cos(angle), math.sin(angle)
    return ((c, 0.0, -s), (0.0, 1.0, 0.0), (s, 0.0, c))


def rotation_z(angle: float) -> Matrix:
    """Turns the axes by `angle` radians about z: components of a fixed vector in new axes."""
    c, s = math.cos(angle), math.sin(angle)
    return ((c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0))


def direction(longitude: float, latitude: float) -> Vector:
    """Unit vector of a longitude and latitude (or right ascension and declination), radians."""
    c = math.cos(latitude)
    return (c * math.cos(longitude), c * math.sin(longitude), math.sin(latitude))


def longitude_latitude(a: Vector) -> tuple[float, float]:
    """Longitude (-pi to pi) and latitude in radians of a vector's direction."""
    return (math.atan2(a[1], a[0]), math.atan2(a[2], math.hypot(a[0], a[1])))
