import math
import random

import pytest

from flight.astrodynamics.linear_systems import SingularMatrixError, inverse, solve


def times(matrix, column):
    return [math.fsum(a * b for a, b in zip(row, column, strict=True)) for row in matrix]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_the_solution_fulfils_the_equations_also_in_mixed_units(size):
    stream = random.Random(size)
    for _ in range(50):
        units = [10.0 ** stream.uniform(-9, 9) for _ in range(size)]
        scales = [10.0 ** stream.uniform(-9, 9) for _ in range(size)]
        matrix = [[s * u * stream.gauss(0, 1) for u in units] for s in scales]
        wanted = [stream.gauss(0, 1) / u for u in units]
        right = times(matrix, wanted)
        assert solve(matrix, right) == pytest.approx(wanted, rel=1e-8)
        assert times(inverse(matrix), right) == pytest.approx(wanted, rel=1e-7)


def test_a_zero_on_the_diagonal_is_no_obstacle():
    assert solve([[0.0, 2.0], [4.0, 0.0]], [2.0, 8.0]) == [2.0, 1.0]


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 2.0], [2.0, 4.0]],
        [[1.0, 0.0], [1.0, 0.0]],
        [[0.0, 0.0], [1.0, 1.0]],
        [[1e-30, 2e-30], [2e-30, 4e-30]],
        [[math.nan, 1.0], [1.0, 1.0]],
        [[1.0, 1.0], [1.0, math.nan]],
        [[math.inf, 1.0], [1.0, 1.0]],
    ],
)
def test_equations_that_do_not_determine_the_unknowns_are_refused(matrix):
    with pytest.raises(SingularMatrixError):
        solve(matrix, [1.0, 1.0])
    with pytest.raises(ArithmeticError):
        inverse(matrix)


def test_a_small_matrix_is_not_taken_for_a_singular_one():
    assert solve([[1e-30, 0.0], [0.0, 1e-25]], [1e-30, 2e-25]) == pytest.approx([1.0, 2.0])


@pytest.mark.parametrize(("matrix", "right"), [([[1.0, 2.0]], [1.0]), ([[1.0]], [1.0, 2.0])])
def test_a_system_that_is_not_square_is_refused(matrix, right):
    with pytest.raises(ValueError, match="not a square system"):
        solve(matrix, right)
