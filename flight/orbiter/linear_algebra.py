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
    return [[math.fsum(map(_times, row, column)) for column in columns] for row in a]


def transposed(a: Rows) -> Rows:
    """Transposed matrix."""
    return [list(column) for column in zip(*a, strict=True)]


def total(a: Rows, b: Rows) -> Rows:
    """Sum of two matrices."""
    return [[x + y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def applied(a: Rows, x: Column) -> list[float]:
    """Matrix times column."""
    return [math.fsum(map(_times, row, x)) for row in a]


def congruence(a: Rows, p: Rows) -> Rows:
    """a p a^T, made symmetric."""
    full = product(product(a, p), transposed(a))
    size = range(len(full))
    return [[0.5 * (full[i][j] + full[j][i]) for j in size] for i in size]


def _times(x: float, y: float) -> float:
    return x * y
