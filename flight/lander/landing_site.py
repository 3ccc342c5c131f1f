"""The map of the landing site that the lander carries, and the choice of a safe spot on it.

Made before the landing from images and stereo heights taken in orbit: height and hazard of square
cells. As plain data: west, south, resolution (m), columns, heights (decimetres over `base`, two
bytes each, big-endian, signed) and hazards (one byte, 0 safe to 255 certain loss), rows from south
to north.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SAFE_HAZARD = 40
"""Highest hazard of a cell that counts as safe, of 255."""


@dataclass(frozen=True)
class Spot:
    """A place to land: metres east and north, height of the ground, its hazard (0 to 255)."""

    east: float
    north: float
    height: float
    hazard: int


class LandingMap:
    """Heights and hazards around the aim point."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self.west, self.south = float(plain["west"]), float(plain["south"])
        self.resolution = float(plain["resolution"])
        self.columns = int(plain["columns"])
        self.base = float(plain["base"])
        self._heights = bytes(plain["heights"])
        self._hazards = bytes(plain["hazards"])
        self.rows = len(self._hazards) // self.columns
        if len(self._heights) != 2 * len(self._hazards) or self.rows * self.columns != len(
            self._hazards
        ):
            raise ValueError("the landing map's heights and hazards do not fill the same cells")

    def _cell(self, east: float, north: float) -> int | None:
        column = math.floor((east - self.west) / self.resolution)
        row = math.floor((north - self.south) / self.resolution)
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return None
        return row * self.columns + column

    def height(self, east: float, north: float) -> float:
        """Height of the ground over the areoid (m); outside the map its mean."""
        cell = self._cell(east, north)
        if cell is None:
            return self.base
        raw = int.from_bytes(self._heights[2 * cell : 2 * cell + 2], "big", signed=True)
        return self.base + 0.1 * raw

    def hazard(self, east: float, north: float) -> int:
        """Hazard of a place; 255 outside the map."""
        cell = self._cell(east, north)
        return 255 if cell is None else self._hazards[cell]

    def spot(self, east: float, north: float) -> Spot:
        """A place with what the map says of it."""
        return Spot(east, north, self.height(east, north), self.hazard(east, north))

    def safest(
        self,
        aim: tuple[float, float],
        uncertainty: float,
        reachable: Callable[[Spot], bool] = lambda spot: True,
        radius: float = 400.0,
    ) -> Spot | None:
        """The best spot near an aim: nothing dangerous within `uncertainty` metres, then nearest.

        None when no cell within the radius is reachable and on the map.
        """
        best: Spot | None = None
        best_cost = math.inf
        steps = int(radius / self.resolution)
        for east, north, distance in _outwards(aim, self.resolution, steps):
            if distance >= best_cost or self._cell(east, north) is None:
                continue
            worst = self._worst(east, north, uncertainty)
            cost = distance + 4.0 * max(0, worst - SAFE_HAZARD)
            if cost < best_cost:
                spot = self.spot(east, north)
                if reachable(spot):
                    best, best_cost = spot, cost
        return best

    def _worst(self, east: float, north: float, radius: float) -> int:
        reach = math.ceil(radius / self.resolution)
        worst = 0
        for row in range(-reach, reach + 1):
            for column in range(-reach, reach + 1):
                if math.hypot(row, column) * self.resolution <= radius + 1e-9:
                    worst = max(
                        worst,
                        self.hazard(east + column * self.resolution, north + row * self.resolution),
                    )
        return worst


def _outwards(
    aim: tuple[float, float], resolution: float, steps: int
) -> list[tuple[float, float, float]]:
    """Places on a grid about an aim with their distance, nearest first."""
    places = [
        (
            aim[0] + column * resolution,
            aim[1] + row * resolution,
            math.hypot(row, column) * resolution,
        )
        for row in range(-steps, steps + 1)
        for column in range(-steps, steps + 1)
        if math.hypot(row, column) <= steps
    ]
    return sorted(places, key=lambda place: place[2])
