"""Routes over a local window of the ground, by A* on a grid of costs.

The map is kept as discs: hazards that no wheel may touch, and patches that are slow going. A window
of it is drawn on a grid when a route is needed, which the straight line mostly spares.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from math import atan2, ceil, cos, fsum, hypot, inf, pi, sin, sqrt

Place = tuple[float, float]
"""East and north in m."""

CELL = 0.5
"""Side of a cell in m."""

WINDOW = 30.0
"""Side of the window in m in which a route is looked for."""

_MARGIN = 4.0  # m that a window reaches beyond start and goal
_MERGE = 0.35  # m within which two sightings are one hazard
_NEIGHBOURS = tuple(
    (column, row, hypot(column, row))
    for column in (-1, 0, 1)
    for row in (-1, 0, 1)
    if (column, row) != (0, 0)
)


@dataclass(frozen=True)
class Disc:
    """A round part of the ground: centre and radius in m; `cost` is infinite for a hazard."""

    east: float
    north: float
    radius: float
    cost: float = inf


@dataclass
class CostMap:
    """What is known of the ground. `vehicle_radius` (m) is kept clear of hazards."""

    vehicle_radius: float
    capacity: int = 600
    discs: list[Disc] = field(default_factory=list)

    def add(self, disc: Disc) -> None:
        """Adds a disc, or replaces an earlier sighting of it; forgets the oldest when full."""
        for index, known in enumerate(self.discs):
            if (
                known.cost == disc.cost
                and hypot(known.east - disc.east, known.north - disc.north)
                < _MERGE + 0.3 * disc.radius
            ):
                self.discs[index] = disc
                return
        self.discs.append(disc)
        if len(self.discs) > self.capacity:
            del self.discs[0]

    def forget(self, place: Place, radius: float) -> None:
        """Forgets what lies within `radius` m of a place."""
        self.discs = [
            disc
            for disc in self.discs
            if hypot(disc.east - place[0], disc.north - place[1]) > radius
        ]

    def is_clear(self, start: Place, end: Place) -> bool:
        """Whether the straight line touches no disc; one that the start lies in is left freely."""
        return _is_clear(self._near(start, end), self.vehicle_radius, start, end)

    def _near(self, start: Place, end: Place) -> list[Disc]:
        """The discs that a way between two places may have to do with."""
        west, east = min(start[0], end[0]) - _MARGIN, max(start[0], end[0]) + _MARGIN
        south, north = min(start[1], end[1]) - _MARGIN, max(start[1], end[1]) + _MARGIN
        margin = self.vehicle_radius
        return [
            disc
            for disc in self.discs
            if west - disc.radius - margin < disc.east < east + disc.radius + margin
            and south - disc.radius - margin < disc.north < north + disc.radius + margin
        ]

    def is_free(self, place: Place) -> bool:
        """Whether the vehicle may stand at a place."""
        return all(
            disc.cost < inf
            or hypot(disc.east - place[0], disc.north - place[1])
            >= disc.radius + self.vehicle_radius
            for disc in self.discs
        )

    def free_near(self, place: Place, reach: float = 3.0) -> Place:
        """The nearest place within `reach` m where the vehicle may stand; `place` if none is."""
        if self.is_free(place):
            return place
        for ring in range(1, round(reach / CELL) + 1):
            for step in range(6 * ring):
                bearing = step * pi / (3.0 * ring)
                candidate = (
                    place[0] + ring * CELL * sin(bearing),
                    place[1] + ring * CELL * cos(bearing),
                )
                if self.is_free(candidate):
                    return candidate
        return place

    def free_before(self, place: Place, start: Place, distance: float) -> Place:
        """Where to stand `distance` m from a place, on the side of `start` if that is free."""
        bearing = atan2(start[0] - place[0], start[1] - place[1])
        candidates = [
            (
                place[0] + distance * sin(bearing + sign * step * pi / 9.0),
                place[1] + distance * cos(bearing + sign * step * pi / 9.0),
            )
            for step in range(10)
            for sign in ((1.0, -1.0) if step else (1.0,))
        ]
        return next((each for each in candidates if self.is_free(each)), candidates[0])

    def route(self, start: Place, goal: Place) -> list[Place] | None:
        """Places to drive to one after the other, the last being the goal; None if there is no way.

        A goal outside of the window is approached: the last place is then at the window's edge.
        """
        target = self.free_near(_within_window(start, goal))
        discs = self._near(start, target)
        if _is_clear(discs, self.vehicle_radius, start, target):
            return [target]
        grid = _Grid.about(start, target)
        for disc in discs:
            grid.draw(disc, self.vehicle_radius)
        cells = grid.search(start, target)
        if cells is None:
            return None
        places = [start, *(grid.centre(cell) for cell in cells[1:-1]), target]
        return self._straighten(places, discs)

    def _straighten(self, places: list[Place], discs: list[Disc]) -> list[Place]:
        """Leaves out places between which the straight line is clear."""
        kept: list[Place] = []
        index = 0
        while index < len(places) - 1:
            following = index + 1
            while following < len(places) - 1 and _is_clear(
                discs, self.vehicle_radius, places[index], places[following + 1]
            ):
                following += 1
            kept.append(places[following])
            index = following
        return kept


def _is_clear(discs: list[Disc], margin: float, start: Place, end: Place) -> bool:
    length = hypot(end[0] - start[0], end[1] - start[1])
    if length == 0.0:
        return True
    ahead_east, ahead_north = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    for disc in discs:
        east, north = disc.east - start[0], disc.north - start[1]
        reach = disc.radius + margin
        aside = east * ahead_north - north * ahead_east
        if -reach < aside < reach:
            station = east * ahead_east + north * ahead_north
            if east * east + north * north < reach * reach:
                if station > 0.0:
                    return False
            elif 0.0 < station < length or (
                station >= length and hypot(aside, station - length) < reach
            ):
                return False
    return True


def length(start: Place, route: Iterable[Place]) -> float:
    """Metres of a route from `start`."""
    return fsum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise([start, *route]))


def _within_window(start: Place, goal: Place) -> Place:
    distance = hypot(goal[0] - start[0], goal[1] - start[1])
    farthest = 0.5 * WINDOW
    if distance <= farthest:
        return goal
    part = farthest / distance
    return (start[0] + part * (goal[0] - start[0]), start[1] + part * (goal[1] - start[1]))


@dataclass
class _Grid:
    """Costs of the cells of one window, row by row from the south-west corner."""

    west: float
    south: float
    columns: int
    rows: int
    cost: list[float]

    @classmethod
    def about(cls, start: Place, target: Place) -> "_Grid":
        west, south = min(start[0], target[0]) - _MARGIN, min(start[1], target[1]) - _MARGIN
        columns = ceil((max(start[0], target[0]) + _MARGIN - west) / CELL)
        rows = ceil((max(start[1], target[1]) + _MARGIN - south) / CELL)
        return cls(west, south, columns, rows, [1.0] * (columns * rows))

    def cell(self, place: Place) -> int:
        column = min(max(int((place[0] - self.west) / CELL), 0), self.columns - 1)
        row = min(max(int((place[1] - self.south) / CELL), 0), self.rows - 1)
        return row * self.columns + column

    def centre(self, cell: int) -> Place:
        row, column = divmod(cell, self.columns)
        return self.west + (column + 0.5) * CELL, self.south + (row + 0.5) * CELL

    def draw(self, disc: Disc, margin: float) -> None:
        # Half a cell more: a line between two free centres must not graze the disc.
        reach = disc.radius + margin + 0.25 * CELL
        x, y = disc.east - self.west, disc.north - self.south
        first, last = max(0, int((y - reach) / CELL)), min(self.rows - 1, int((y + reach) / CELL))
        for row in range(first, last + 1):
            height = (row + 0.5) * CELL - y
            width = reach * reach - height * height
            if width <= 0.0:
                continue
            half = sqrt(width)
            left = max(0, ceil((x - half) / CELL - 0.5))
            right = min(self.columns - 1, int((x + half) / CELL - 0.5))
            for index in range(row * self.columns + left, row * self.columns + right + 1):
                self.cost[index] += disc.cost

    def search(self, start: Place, target: Place) -> list[int] | None:
        """A*: the cells from start to target; cells around the start are always left freely."""
        source, sink = self.cell(start), self.cell(target)
        sink_row, sink_column = divmod(sink, self.columns)
        best: dict[int, float] = {source: 0.0}
        came: dict[int, int] = {}
        closed = bytearray(len(self.cost))
        queue = [(0.0, source)]
        source_row, source_column = divmod(source, self.columns)
        while queue:
            _, cell = heappop(queue)
            if cell == sink:
                return _trace(came, cell)
            if closed[cell]:
                continue
            closed[cell] = 1
            row, column = divmod(cell, self.columns)
            so_far = best[cell]
            for across, up, step in _NEIGHBOURS:
                to_column, to_row = column + across, row + up
                if not (0 <= to_column < self.columns and 0 <= to_row < self.rows):
                    continue
                following = to_row * self.columns + to_column
                price = self.cost[following]
                if price == inf:
                    if max(abs(to_row - source_row), abs(to_column - source_column)) > 2:
                        continue
                    price = 20.0
                total = so_far + step * price
                if total < best.get(following, inf):
                    best[following] = total
                    came[following] = cell
                    rest = hypot(to_row - sink_row, to_column - sink_column)
                    heappush(queue, (total + rest, following))
        return None


def _trace(came: dict[int, int], cell: int) -> list[int]:
    cells = [cell]
    while cell in came:
        cell = came[cell]
        cells.append(cell)
    return cells[::-1]
