"""Rocks on the ground: sizes after Golombek & Rapp 1997, places from a seed, tile by tile.

Their law: rocks of diameter D (m) and more cover F(D) = k exp(-q D) of the ground, with
q = 1.79 + 0.152 / k. One rock of diameter D covers pi D^2 / 4, so the number per m2 in D..D+dD is
k q exp(-q D) / (pi D^2 / 4) dD. A tile's rocks are made when first asked for, from (seed, tile).
"""

import random
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil, exp, floor, hypot, log, pi

from flight.runtime.streams import stream

TILE = 20.0
"""Side of a tile in m."""

LARGEST_DIAMETER = 3.0
"""Above this the law is cut off (m): it was fitted to rocks up to a few metres."""


@dataclass(frozen=True)
class Rock:
    """A rock: its centre (m east and north of Malay), diameter and height in m."""

    east: float
    north: float
    diameter: float
    height: float

    @property
    def radius(self) -> float:
        """Half the diameter, m."""
        return 0.5 * self.diameter


@dataclass(frozen=True)
class RockParameters:
    """How rocky the ground is.

    abundance: k, the part of the ground that rocks cover: 0.02 to 0.05 on the smooth floor of
    Jezero, 0.07 at Viking 1 and Gale, 0.16 at Viking 2. smallest_diameter: smaller rocks are not
    made (m): they pass under any wheel. height_ratio: height over diameter; about a half
    (Golombek & Rapp 1997). height_scatter: relative spread of it, uniform (assumption).
    """

    abundance: float = 0.03
    smallest_diameter: float = 0.2
    height_ratio: float = 0.5
    height_scatter: float = 0.25

    def __post_init__(self) -> None:
        if not 0.0 < self.abundance <= 0.4:
            raise ValueError(f"Rock abundance lies in 0..0.4, not at {self.abundance!r}.")
        if not 0.05 <= self.smallest_diameter < LARGEST_DIAMETER:
            raise ValueError(
                f"The smallest rock lies in 0.05..{LARGEST_DIAMETER} m, "
                f"not at {self.smallest_diameter!r} m."
            )


@dataclass(frozen=True)
class Clearing:
    """A disc without rocks higher than `highest`, in m: Perseverance laid each tube on open ground,
    and where to land is chosen."""

    east: float
    north: float
    radius: float
    highest: float = 0.0


def exponent(abundance: float) -> float:
    """q of the law, per m: 1.79 + 0.152 / k."""
    return 1.79 + 0.152 / abundance


def covered_fraction(abundance: float, diameter: float) -> float:
    """Part of the ground covered by rocks of this diameter (m) and more."""
    return abundance * exp(-exponent(abundance) * diameter)


def rocks_per_square_metre(abundance: float, diameter: float) -> float:
    """Number of rocks per m2 of this diameter (m) and more, up to the largest."""
    counts = _cumulative_counts(abundance, diameter)[1]
    return counts[-1]


@lru_cache(maxsize=64)
def _cumulative_counts(
    abundance: float, smallest: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Diameters, and the rocks per m2 from the smallest diameter up to each (Simpson's rule)."""
    q = exponent(abundance)

    def density(diameter: float) -> float:
        return abundance * q * exp(-q * diameter) / (0.25 * pi * diameter * diameter)

    steps = 200
    ratio = log(LARGEST_DIAMETER / smallest) / steps
    diameters = [smallest * exp(ratio * index) for index in range(steps + 1)]
    counts = [0.0]
    for low, high in pairwise(diameters):
        middle = density(0.5 * (low + high))
        counts.append(
            counts[-1] + (high - low) * (density(low) + 4.0 * middle + density(high)) / 6.0
        )
    return tuple(diameters), tuple(counts)


class RockField:
    """The rocks of one seed, without end."""

    def __init__(
        self,
        seed: int,
        parameters: RockParameters | None = None,
        clearings: tuple[Clearing, ...] = (),
    ) -> None:
        self.parameters = parameters or RockParameters()
        self.clearings = clearings
        self._seed = seed
        self._tiles: dict[tuple[int, int], tuple[Rock, ...]] = {}

    def tile(self, column: int, row: int) -> tuple[Rock, ...]:
        """The rocks whose centres lie in a tile; column to the east, row to the north."""
        key = (column, row)
        if key not in self._tiles:
            self._tiles[key] = self._make_tile(column, row)
        return self._tiles[key]

    def put(self, rock: Rock) -> Callable[[], None]:
        """Puts a rock where none was; what is returned takes it away."""
        key = (floor(rock.east / TILE), floor(rock.north / TILE))
        self._tiles[key] = (*self.tile(*key), rock)

        def take_away() -> None:
            self._tiles[key] = tuple(each for each in self._tiles[key] if each is not rock)

        return take_away

    def within(self, east: float, north: float, radius: float) -> list[Rock]:
        """Rocks that reach into a disc (m), in a fixed order."""
        reach = radius + 0.5 * LARGEST_DIAMETER
        return [
            rock
            for rock in self._candidates(east - reach, east + reach, north - reach, north + reach)
            if hypot(rock.east - east, rock.north - north) <= radius + rock.radius
        ]

    def nearest(
        self, east: float, north: float, minimum_height: float = 0.0, limit: float = 100.0
    ) -> Rock | None:
        """The rock whose edge is nearest among those this high, or None within `limit` m."""
        best: Rock | None = None
        best_gap = limit
        for ring in range(ceil((limit + LARGEST_DIAMETER) / TILE) + 1):
            # Every centre of this ring is at least so far away, and its edge a rock's radius less.
            if (ring - 1) * TILE - 0.5 * LARGEST_DIAMETER > best_gap:
                break
            for rock in self._ring(floor(east / TILE), floor(north / TILE), ring):
                gap = hypot(rock.east - east, rock.north - north) - rock.radius
                if rock.height >= minimum_height and gap < best_gap:
                    best, best_gap = rock, gap
        return best

    def along(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        half_width: float,
        minimum_height: float,
    ) -> list[Rock]:
        """Rocks at least this high that reach into a straight lane, in order along it.

        start, end: east and north in m. half_width: half the lane's width in m.
        """
        reach = half_width + 0.5 * LARGEST_DIAMETER
        length = hypot(end[0] - start[0], end[1] - start[1])
        ahead = ((end[0] - start[0]) / length, (end[1] - start[1]) / length) if length else (0, 0)
        found: list[tuple[float, Rock]] = []
        for rock in self._candidates(
            min(start[0], end[0]) - reach,
            max(start[0], end[0]) + reach,
            min(start[1], end[1]) - reach,
            max(start[1], end[1]) + reach,
        ):
            if rock.height < minimum_height:
                continue
            away = (rock.east - start[0], rock.north - start[1])
            station = min(max(away[0] * ahead[0] + away[1] * ahead[1], 0.0), length)
            gap = hypot(away[0] - station * ahead[0], away[1] - station * ahead[1])
            if gap <= half_width + rock.radius:
                found.append((station, rock))
        found.sort(key=lambda entry: (entry[0], entry[1].east, entry[1].north))
        return [rock for _, rock in found]

    def first_hazard(
        self, path: list[tuple[float, float]], half_width: float, clearance: float
    ) -> Rock | None:
        """The first rock higher than the rover's clearance (m) in a lane along a path, or None."""
        for start, end in pairwise(path):
            hazards = self.along(start, end, half_width, clearance)
            if hazards:
                return hazards[0]
        return None

    def _candidates(self, west: float, east: float, south: float, north: float) -> list[Rock]:
        found: list[Rock] = []
        for column in range(floor(west / TILE), floor(east / TILE) + 1):
            for row in range(floor(south / TILE), floor(north / TILE) + 1):
                found.extend(self.tile(column, row))
        return found

    def _ring(self, column: int, row: int, ring: int) -> list[Rock]:
        found: list[Rock] = []
        for across in range(-ring, ring + 1):
            whole_column = abs(across) == ring
            for along in range(-ring, ring + 1) if whole_column else (-ring, ring):
                found.extend(self.tile(column + across, row + along))
        return found

    def _make_tile(self, column: int, row: int) -> tuple[Rock, ...]:
        p = self.parameters
        source = stream(self._seed, f"rocks/{column}/{row}")
        diameters, counts = _cumulative_counts(p.abundance, p.smallest_diameter)
        rocks = []
        for _ in range(_poisson(counts[-1] * TILE * TILE, source)):
            east = (column + source.random()) * TILE
            north = (row + source.random()) * TILE
            wanted = source.random() * counts[-1]
            index = min(max(bisect_left(counts, wanted), 1), len(counts) - 1)
            part = (wanted - counts[index - 1]) / (counts[index] - counts[index - 1])
            diameter = diameters[index - 1] + part * (diameters[index] - diameters[index - 1])
            spread = 1.0 + p.height_scatter * (2.0 * source.random() - 1.0)
            height = p.height_ratio * spread * diameter
            if not self._cleared(east, north, 0.5 * diameter, height):
                rocks.append(Rock(east, north, diameter, height))
        return tuple(rocks)

    def _cleared(self, east: float, north: float, radius: float, height: float) -> bool:
        return any(
            height > clearing.highest
            and hypot(east - clearing.east, north - clearing.north) < clearing.radius + radius
            for clearing in self.clearings
        )


def _poisson(mean: float, source: random.Random) -> int:
    """A Poisson number, by adding exponential waiting times."""
    count, waited = 0, source.expovariate(1.0)
    while waited < mean:
        count += 1
        waited += source.expovariate(1.0)
    return count
