"""The depot of sample tubes at Three Forks: its file, its geometry, how its tubes truly lie.

Positions are metres east and north of the tube Malay.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, fsum, hypot, radians, sin, sqrt, tau
from pathlib import Path
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity, find_configuration, load_configuration
from flight.icd.places import GROUND
from sim_hw.world.tubes import LyingPose, SampleTube, Tube, TubeRegistry, TubeState

IAU_MAP_RADIUS = 3_396_190.0
"""Radius in m of the sphere of the Mars 2020 map products (IAU equatorial radius).

The ground at the depot is nearer to the centre, at some 3 391.9 km: lengths measured there are
0.13 % shorter than those on the map, 12 cm over the whole path.
"""


class Depot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The depot: origin of the local frame, and its tubes in the order of the drops."""

    name: str
    origin_latitude_degrees: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    origin_longitude_degrees: Annotated[float, msgspec.Meta(ge=-180.0, le=360.0)]
    elevation: Annotated[float, Quantity("m", ge=-8300.0, le=21_300.0)]
    map_radius: Annotated[float, Quantity("m", ge=3.3e6, le=3.5e6)]
    lying_length: Annotated[float, Quantity("m", gt=0.0, le=1.0)]
    tubes: tuple[Tube, ...]

    def __post_init__(self) -> None:
        for what in ("number", "name", "id"):
            values = [getattr(tube, what) for tube in self.tubes]
            for index, value in enumerate(values):
                if value in values[:index]:
                    raise ValueError(f"two tubes have the {what} {value!r}")

    def tube(self, tube_id: str) -> Tube:
        """The tube of an id. Raises KeyError with the known ids when there is none."""
        for tube in self.tubes:
            if tube.id == tube_id:
                return tube
        known = ", ".join(tube.id for tube in self.tubes)
        raise KeyError(f"There is no tube {tube_id!r} in the depot {self.name!r}; it has {known}.")

    def positions(self) -> tuple[tuple[float, float], ...]:
        """East and north in m of each tube, projected from latitude and longitude."""
        return tuple(
            local_position(
                tube.latitude_degrees,
                tube.longitude_degrees,
                self.origin_latitude_degrees,
                self.origin_longitude_degrees,
                self.map_radius,
            )
            for tube in self.tubes
        )


@dataclass(frozen=True)
class DepotGeometry:
    """How the tubes lie to one another, in m.

    steps: distance from each tube to the next. path: their sum. minimum_separation: the nearest
    pair, neighbours in the order or not. extent_east, extent_north: sides of the box about all.
    """

    steps: tuple[float, ...]
    path: float
    minimum_separation: float
    extent_east: float
    extent_north: float


def load_depot(path: Path | str | None = None) -> Depot:
    """Read a depot from a YAML file; without a path, the published one at Three Forks.

    Raises ConfigurationError, with file, line and key, when it is not valid.
    """
    return load_configuration(path or find_configuration("world", "three_forks_depot"), Depot)


class HeldTubes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of the tubes that Perseverance kept aboard."""

    tubes: tuple[SampleTube, ...]


def load_held_tubes(path: Path | str | None = None) -> tuple[SampleTube, ...]:
    """Read the tubes that Perseverance kept aboard. Raises ConfigurationError."""
    file = path or find_configuration("world", "perseverance_tubes")
    return load_configuration(file, HeldTubes).tubes


def local_position(
    latitude_degrees: float,
    longitude_degrees: float,
    origin_latitude_degrees: float,
    origin_longitude_degrees: float,
    radius: float = IAU_MAP_RADIUS,
) -> tuple[float, float]:
    """East and north in m from an origin: equirectangular on a sphere, true at the origin.

    Good to a millimetre within a few hundred metres. The degree of longitude is shortened by the
    cosine of the origin's latitude.
    """
    east = radians(longitude_degrees - origin_longitude_degrees) * radius
    north = radians(latitude_degrees - origin_latitude_degrees) * radius
    return east * cos(radians(origin_latitude_degrees)), north


def depot_geometry(positions: Sequence[tuple[float, float]]) -> DepotGeometry:
    """Spacing, path and extent of tubes from their positions (m), in the order of the drops."""
    if len(positions) < 2:
        raise ValueError(f"A depot's geometry needs two tubes or more, not {len(positions)}.")
    steps = tuple(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(positions))
    nearest = min(
        hypot(b[0] - a[0], b[1] - a[1])
        for index, a in enumerate(positions)
        for b in positions[index + 1 :]
    )
    easts, norths = zip(*positions, strict=True)
    return DepotGeometry(
        steps, fsum(steps), nearest, max(easts) - min(easts), max(norths) - min(norths)
    )


def true_lying_poses(
    depot: Depot,
    stream: random.Random,
    elevation: Callable[[float, float], float] | None = None,
    largest_offset: float = 1.0,
    largest_dust_cover: float = 0.5,
) -> dict[str, LyingPose]:
    """Where the tubes truly lie, by id: near the rover's localisation, anyhow, partly dusty.

    The offset is even over a disc of `largest_offset` m (the tube lies within about a metre of the
    localisation), the heading over the circle, the cover over 0..`largest_dust_cover` (an
    assumption for some years of dust). elevation: the ground at a place; the depot's when None.
    """
    if not 0.0 <= largest_dust_cover <= 1.0 or largest_offset < 0.0:
        raise ValueError(
            f"The cover {largest_dust_cover!r} must lie in 0..1 and the offset "
            f"{largest_offset!r} m must not be negative."
        )
    poses = {}
    for tube in depot.tubes:
        distance = largest_offset * sqrt(stream.random())
        bearing = tau * stream.random()
        east = tube.east + distance * sin(bearing)
        north = tube.north + distance * cos(bearing)
        height = depot.elevation if elevation is None else elevation(east, north)
        heading = tau * stream.random()
        cover = largest_dust_cover * stream.random()
        poses[tube.id] = LyingPose(east, north, height, heading, cover)
    return poses


def depot_registry(
    depot: Depot,
    stream: random.Random,
    elevation: Callable[[float, float], float] | None = None,
    largest_offset: float = 1.0,
    largest_dust_cover: float = 0.5,
) -> TubeRegistry:
    """The world's registry with every tube on the ground, where `true_lying_poses` puts it."""
    poses = true_lying_poses(depot, stream, elevation, largest_offset, largest_dust_cover)
    states = {tube_id: TubeState(GROUND, pose=pose) for tube_id, pose in poses.items()}
    return TubeRegistry(depot.tubes, states)
