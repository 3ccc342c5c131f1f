"""Smooth random fields over the plane, from a seed and nothing stored but 256 numbers."""

import random
from math import floor

import numpy as np
from numpy.typing import NDArray

FloatGrid = NDArray[np.float64]

CELLS = 256
"""The field repeats after so many lattice cells."""

_BAND = 32  # rows of a grid that are computed at a time

SLOPE_DEVIATION = 0.8639
"""Standard deviation of either derivative, for cells of size 1: sqrt(2/3 * 10/7 * 181/231)."""


class LatticeNoise:
    """A field of zero mean: random values of -1..1 on a lattice, joined by quintic curves.

    The cells have size 1. Value and slope are continuous; `at` and `on_grid` give the same numbers.

    Columns are chosen as in Perlin's noise (1985): a permutation shifts one row of values.
    """

    def __init__(self, source: random.Random) -> None:
        self._values = [source.uniform(-1.0, 1.0) for _ in range(CELLS)]
        self._shifts = list(range(CELLS))
        source.shuffle(self._shifts)
        # Without an offset the lattices of all sizes would share a node, flat, at the origin.
        self._offset_x, self._offset_y = source.uniform(0.0, CELLS), source.uniform(0.0, CELLS)
        self._value_array = np.array(self._values)
        self._shift_array = np.array(self._shifts)

    def at(self, x: float, y: float) -> tuple[float, float, float]:
        """Value, derivative along x, derivative along y."""
        x, y = x + self._offset_x, y + self._offset_y
        cell_x, cell_y = floor(x), floor(y)
        u, v = x - cell_x, y - cell_y
        values = self._values
        left = self._shifts[cell_x & 255] + cell_y
        right = self._shifts[(cell_x + 1) & 255] + cell_y
        a, b = values[left & 255], values[right & 255]
        c, d = values[(left + 1) & 255], values[(right + 1) & 255]
        su = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
        sv = v * v * v * (v * (v * 6.0 - 15.0) + 10.0)
        twist = a - b - c + d
        return (
            a + (b - a) * su + (c - a) * sv + twist * su * sv,
            30.0 * u * u * (u - 1.0) * (u - 1.0) * (b - a + twist * sv),
            30.0 * v * v * (v - 1.0) * (v - 1.0) * (c - a + twist * su),
        )

    def value_at(self, x: float, y: float) -> float:
        """The value alone, to the same bits."""
        x, y = x + self._offset_x, y + self._offset_y
        cell_x, cell_y = floor(x), floor(y)
        u, v = x - cell_x, y - cell_y
        values = self._values
        left = self._shifts[cell_x & 255] + cell_y
        right = self._shifts[(cell_x + 1) & 255] + cell_y
        a, b = values[left & 255], values[right & 255]
        c, d = values[(left + 1) & 255], values[(right + 1) & 255]
        su = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
        sv = v * v * v * (v * (v * 6.0 - 15.0) + 10.0)
        return a + (b - a) * su + (c - a) * sv + (a - b - c + d) * su * sv

    def on_grid(self, x: FloatGrid, y: FloatGrid) -> tuple[FloatGrid, FloatGrid, FloatGrid]:
        """The same for arrays of equal shape."""
        x, y = x + self._offset_x, y + self._offset_y
        cell_x, cell_y = np.floor(x), np.floor(y)
        u, v = x - cell_x, y - cell_y
        column, row = cell_x.astype(np.int64), cell_y.astype(np.int64)
        values = self._value_array
        left = self._shift_array[column & 255] + row
        right = self._shift_array[(column + 1) & 255] + row
        a, b = values[left & 255], values[right & 255]
        c, d = values[(left + 1) & 255], values[(right + 1) & 255]
        su, sv = smooth_step(u), smooth_step(v)
        twist = a - b - c + d
        return (
            a + (b - a) * su + (c - a) * sv + twist * su * sv,
            smooth_step_slope(u) * (b - a + twist * sv),
            smooth_step_slope(v) * (c - a + twist * su),
        )

    def quantile(self, probability: float) -> float:
        """The value that the field stays below on this part of the plane."""
        samples = np.arange(0.0, CELLS, 0.71)
        x, y = np.meshgrid(samples, samples)
        values = [self.on_grid(x[rows], y[rows])[0] for rows in bands(len(x))]
        return float(np.quantile(np.concatenate(values), probability))


def bands(rows: int) -> list[slice]:
    """The rows of a grid, some at a time.

    What is computed at each place alone is the same so, to the bit; but of a whole map all that
    lies between the places and the result would take more memory than all else of a run.
    """
    return [slice(first, first + _BAND) for first in range(0, rows, _BAND)]


def smooth_step(part: FloatGrid) -> FloatGrid:
    """Quintic rise from 0 to 1 over 0..1, with zero slope and curvature at both ends."""
    return part * part * part * (part * (part * 6.0 - 15.0) + 10.0)


def smooth_step_slope(part: FloatGrid) -> FloatGrid:
    """Derivative of `smooth_step`."""
    return 30.0 * part * part * (part - 1.0) * (part - 1.0)
