"""What a window of the ground costs to drive over: the truth that a stereo camera looks at."""

from dataclasses import dataclass

import numpy as np

from sim_hw.world.lattice_noise import FloatGrid
from sim_hw.world.rocks import RockField
from sim_hw.world.terrain import Terrain


@dataclass(frozen=True)
class CostParameters:
    """How ground is weighed. Cost is 1 on flat firm ground and infinite where no wheel may go.

    clearance: height in m that passes under the belly. rover_radius: half the rover's width in
    m, by which rocks are grown. slope_limit: degrees. slope_weight and loose_weight are added in
    full at the slope limit and in the heart of a sand patch.
    """

    clearance: float = 0.20
    rover_radius: float = 0.8
    slope_limit: float = 20.0
    slope_weight: float = 3.0
    loose_weight: float = 8.0


@dataclass(frozen=True)
class CostMap:
    """Costs on a grid: rows from south to north, columns from west to east.

    west, south: the window's corner in m. resolution: side of a cell in m.
    """

    west: float
    south: float
    resolution: float
    cost: FloatGrid

    def cell(self, east: float, north: float) -> tuple[int, int]:
        """Row and column of a place, which may lie outside the map."""
        row = int(np.floor((north - self.south) / self.resolution))
        column = int(np.floor((east - self.west) / self.resolution))
        return row, column

    def at(self, east: float, north: float) -> float:
        """Cost at a place; infinite outside the map."""
        row, column = self.cell(east, north)
        rows, columns = self.cost.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return float("inf")
        return float(self.cost[row, column])


def sample_cost_map(
    terrain: Terrain,
    rocks: RockField,
    east: float,
    north: float,
    width: float,
    resolution: float = 0.25,
    parameters: CostParameters | None = None,
) -> CostMap:
    """Costs of a square of `width` m about a place, rocks grown by the rover's radius."""
    parameters = parameters or CostParameters()
    ground = terrain.window(east, north, width, resolution)
    steepness = ground.slope_degrees / parameters.slope_limit
    cost = 1.0 + parameters.slope_weight * steepness**2 + parameters.loose_weight * ground.looseness
    cost[steepness >= 1.0] = np.inf
    west = float(ground.east[0, 0]) - 0.5 * resolution
    south = float(ground.north[0, 0]) - 0.5 * resolution
    # The circle about the square; a rock reaches in by its own radius and the rover's.
    for rock in rocks.within(east, north, 0.7072 * width + parameters.rover_radius):
        if rock.height > parameters.clearance:
            _block(
                cost,
                rock.east - west,
                rock.north - south,
                resolution,
                rock.radius + parameters.rover_radius,
            )
    return CostMap(west, south, resolution, cost)


def _block(cost: FloatGrid, x: float, y: float, resolution: float, radius: float) -> None:
    """Close the cells whose centres lie in a disc; x, y from the map's corner, in m."""
    rows, columns = cost.shape
    first_row = max(int((y - radius) / resolution), 0)
    last_row = min(int((y + radius) / resolution) + 1, rows)
    first_column = max(int((x - radius) / resolution), 0)
    last_column = min(int((x + radius) / resolution) + 1, columns)
    if first_row >= last_row or first_column >= last_column:
        return
    centres_y = (np.arange(first_row, last_row) + 0.5) * resolution - y
    centres_x = (np.arange(first_column, last_column) + 0.5) * resolution - x
    inside = centres_y[:, None] ** 2 + centres_x[None, :] ** 2 <= radius * radius
    cost[first_row:last_row, first_column:last_column][inside] = np.inf
