"""Small dense matrices as lists of rows: enough for filters of six states."""

import math
from collections.abc import Sequence

Rows = list[list[float]]
Column = Sequence[float]


def identity(size: int) -> Rows:
    """The unit matrix."""
    return [[1.0 if i == j else 0.0 for j in range(size)] for i in range(size)]


def diagonal(values: Column) -> Rows:
    """A matrix with `values` on its diagonal."""
    return [[v if i == j else 0.0 for j in range(len(values))] for i, v in enumerate(values)]


def product(a: Rows, b: Rows) -> Rows:
    """Matrix product."""
    columns = list(zip(*b, strict=True))
    return [[sum(map(_times, row, column)) for column in columns] for row in a]


def transposed(a: Rows) -> Rows:
    """Transposed matrix."""
    return [list(column) for column in zip(*a, strict=True)]


def total(a: Rows, b: Rows) -> Rows:
    """Sum of two matrices."""
    return [[x + y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def applied(a: Rows, x: Column) -> list[float]:
    """Matrix times column."""
    return [sum(map(_times, row, x)) for row in a]


def congruence(a: Rows, p: Rows) -> Rows:
    """a p a^T, made symmetric."""
    full = product(product(a, p), transposed(a))
    size = range(len(full))
    return [[0.5 * (full[i][j] + full[j][i]) for j in size] for i in size]


def inverse(a: Rows) -> Rows:
    """Inverse by Gauss-Jordan with pivots. Raises ArithmeticError for a singular matrix."""
    size = len(a)
    scales = [math.sqrt(abs(a[i][i])) or 1.0 for i in range(size)]
    # Metres and metres per second differ by orders of magnitude: equilibrate first.
    work = [
        [a[i][j] / (scales[i] * scales[j]) for j in range(size)]
        + [1.0 if i == j else 0.0 for j in range(size)]
        for i in range(size)
    ]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(work[row][column]))
        if abs(work[pivot][column]) < 1.0e-14:
            raise ArithmeticError("the matrix is singular: the measurements do not tell the state")
        work[column], work[pivot] = work[pivot], work[column]
        factor = 1.0 / work[column][column]
        work[column] = [factor * value for value in work[column]]
        for row in range(size):
            if row != column and work[row][column] != 0.0:
                part = work[row][column]
                work[row] = [x - part * y for x, y in zip(work[row], work[column], strict=True)]
    return [[work[i][size + j] / (scales[i] * scales[j]) for j in range(size)] for i in range(size)]


def _times(x: float, y: float) -> float:
    return x * y
