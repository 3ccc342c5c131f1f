"""Linear equations with a few unknowns: by elimination, with rows and columns brought to one scale.

Matrices are sequences of rows. Metres stand beside metres per second and newtons beside newton
metres, so that a pivot says nothing until each column and each row has been scaled.
"""

from collections.abc import Sequence

_SMALLEST_PIVOT = 1.0e-14
"""Of the scaled matrix, whose largest elements are 1: below it rounding is all that is left."""


class SingularMatrixError(ArithmeticError):
    """The equations do not determine the unknowns."""


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The x with `matrix` x = `right`: a square matrix of n rows, n numbers.

    Raises SingularMatrixError when the equations do not determine x.
    """
    return [row[0] for row in _eliminated(matrix, [[value] for value in right])]


def inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Inverse of a square matrix. Raises SingularMatrixError for a singular one."""
    size = range(len(matrix))
    return _eliminated(matrix, [[1.0 if i == j else 0.0 for j in size] for i in size])


def _eliminated(
    matrix: Sequence[Sequence[float]], right: Sequence[Sequence[float]]
) -> list[list[float]]:
    """Rows of X with `matrix` X = `right`, by Gauss and Jordan with partial pivoting."""
    size = len(matrix)
    if any(len(row) != size for row in matrix) or len(right) != size:
        raise ValueError(f"not a square system: {size} rows of a matrix, {len(right)} on the right")
    columns = [max((abs(row[j]) for row in matrix), default=0.0) for j in range(size)]
    if not all(0.0 < largest < float("inf") for largest in columns):
        raise SingularMatrixError("the matrix is singular: an unknown is in none of its equations")
    rows = []
    for given, known in zip(matrix, right, strict=True):
        scaled = [value / largest for value, largest in zip(given, columns, strict=True)]
        largest = max(map(abs, scaled))
        if largest == 0.0:
            raise SingularMatrixError("the matrix is singular: one of its rows is empty")
        rows.append([value / largest for value in (*scaled, *known)])
    for column in range(size):
        pivot = max(range(column, size), key=lambda index: abs(rows[index][column]))
        if not abs(rows[pivot][column]) > _SMALLEST_PIVOT:
            raise SingularMatrixError("the matrix is singular: its equations repeat each other")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        lead_row = rows[column] = [value / lead for value in rows[column]]
        for index in range(size):
            factor = rows[index][column]
            if index != column and factor != 0.0:
                rows[index] = [a - factor * b for a, b in zip(rows[index], lead_row, strict=True)]
    return [
        [value / largest for value in row[size:]]
        for row, largest in zip(rows, columns, strict=True)
    ]
