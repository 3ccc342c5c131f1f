"""The way of the rovers between lander and depot, on the ground of the run."""

from collections.abc import Sequence
from math import hypot

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

from flight.icd.places import GROUND
from ground.pictures.ground_layer import MapFrame, Place, draw_ground
from ground.pictures.labels import Box, inches_per_unit
from ground.pictures.map_furniture import (
    draw_lander,
    draw_north_and_scale,
    draw_tubes,
    lander_box,
    mark_vehicle,
)
from ground.pictures.run_data import RunData
from ground.pictures.sky import SolScale
from ground.pictures.style import inches, new_figure
from ground.pictures.tracks import Track, believed_track, draw_tracks

TOP, HEIGHT, SIDE = 0.8, 7.35, 12.3  # inches
INSET, SMALLEST_INSET = 4.6, 2.8  # inches
Corner = tuple[int, int]  # right, up: 0 or 1
_CORNERS: tuple[Corner, ...] = ((1, 1), (0, 0), (1, 0), (0, 1))
_ROCK_IN_MAP, _ROCK_IN_INSET = 0.25, 0.20  # m
_NOTE = (
    "Ground, rocks above {rock:.0f} cm along the way, sand (yellow) and tubes: the true ones.  "
    "Track: where the rover believed to be.  ×: a setback."
)


def draw_traverse_map(run: RunData) -> Figure:
    """The map, with the depot enlarged when the way is much longer than the depot."""
    figure = new_figure(
        run, "Traverse map", TOP + HEIGHT + 0.25, _NOTE.format(rock=100 * _ROCK_IN_MAP)
    )
    axes = inches(figure, (12.8 - SIDE) / 2, TOP, SIDE, HEIGHT)
    scale = SolScale(run)
    tracks = [believed_track(run, scale, name) for name in ("rover", "perseverance")]
    tracks = [track for track in tracks if track.has_moved]
    tubes = _lying_tubes(run)
    lander = (run.mission.mission.lander.east, run.mission.mission.lander.north)
    way = [lander, *(place for track in tracks for place in track.dense)]
    extent = MapFrame.about([*way, *tubes.values()], 0.0, SIDE / HEIGHT)
    margin = max(15.0, 0.05 * extent.width)
    frame = MapFrame.about([*way, *tubes.values()], margin, SIDE / HEIGHT)
    depot = MapFrame.about(list(tubes.values()), 12.0, 1.0)
    draw_ground(axes, run.world, frame, [*way, *tubes.values()], _ROCK_IN_MAP)
    has_inset = frame.width > 3.0 * depot.width
    seen = [*way, *tubes.values()]
    taken: list[Corner] = []
    written: list[Box] = []
    if has_inset:
        corner, size = _largest_free_square(frame, seen)
        taken.append(corner)
        _inset(figure, axes, run, scale, tracks, tubes, depot, corner, size)
        written.append(_corner_box(axes, corner, size + 0.15))
        seen += [(east, depot.north) for east in np.linspace(depot.west, depot.east, 20)]
    draw_lander(axes, lander)
    corner = _free_corner(frame, seen, 2.0, 1.5, taken)
    draw_north_and_scale(axes, frame, corner)
    taken.append(corner)
    parked = run.mission.mission.perseverance
    near = (int(parked.east > (frame.west + frame.east) / 2), 1)
    corner = _free_corner(frame, seen, 3.2, 0.5, taken, near)
    words = mark_vehicle(axes, frame, (parked.east, parked.north), "Perseverance", corner)
    names = draw_tubes(axes, run, tubes, way, named=not has_inset)
    written += [*names, words, lander_box(axes, lander)]
    draw_tracks(axes, run, scale, tracks, tubes, written)
    return figure


def _lying_tubes(run: RunData) -> dict[str, Place]:
    """Where the tubes of the depot truly lay at landing, by id."""
    tubes = run.world.tubes
    found: dict[str, Place] = {}
    for tube in tubes.at(GROUND):
        pose = tubes.state(tube).pose
        if pose is not None:
            found[tube] = (pose.east, pose.north)
    return found


def _largest_free_square(frame: MapFrame, places: Sequence[Place]) -> tuple[Corner, float]:
    """A corner, and the side in inches of the largest inset there that leaves the way free."""
    for size in np.arange(INSET, SMALLEST_INSET, -0.1):
        for corner in _CORNERS:
            if _covered(frame, places, corner, float(size) + 0.25, float(size) + 0.25) == 0:
                return corner, float(size)
    return _free_corner(frame, places, SMALLEST_INSET, SMALLEST_INSET, ()), SMALLEST_INSET


def _free_corner(
    frame: MapFrame,
    places: Sequence[Place],
    width: float,
    height: float,
    taken: Sequence[Corner],
    near: Corner = (0, 0),
) -> Corner:
    """The corner in which something of a size in inches covers least of the way.

    Of those that are equal, the one that is `near`, or on the same side.
    """

    def cost(corner: Corner) -> tuple[int, bool, bool]:
        covered = _covered(frame, places, corner, width, height)
        return covered, corner[0] != near[0], corner[1] != near[1]

    return min((corner for corner in _CORNERS if corner not in taken), key=cost)


def _covered(
    frame: MapFrame, places: Sequence[Place], corner: Corner, width: float, height: float
) -> int:
    metres = frame.width / SIDE
    west = frame.east - width * metres if corner[0] else frame.west
    south = frame.north - height * metres if corner[1] else frame.south
    box = MapFrame(west, west + width * metres, south, south + height * metres)
    return sum(box.holds(place) for place in places)


def _inset(
    figure: Figure,
    axes: Axes,
    run: RunData,
    scale: SolScale,
    tracks: Sequence[Track],
    tubes: dict[str, Place],
    depot: MapFrame,
    corner: Corner,
    size: float,
) -> None:
    """The depot, enlarged in a corner of the map."""
    left = (12.8 - SIDE) / 2 + (SIDE - size - 0.12 if corner[0] else 0.12)
    top = TOP + (0.12 if corner[1] else HEIGHT - size - 0.12)
    large = inches(figure, left, top, size, size)
    way = [
        place
        for track in tracks
        for place in track.dense
        if hypot(place[0] - 24.0, place[1] - 20.0) < 100.0
    ]
    draw_ground(
        large, run.world, depot, [*way, *tubes.values()], _ROCK_IN_INSET, contour_labels=False
    )
    names = draw_tubes(large, run, tubes, way, named=True)
    draw_tracks(large, run, scale, tracks, tubes, names)
    draw_north_and_scale(large, depot, (0, 0), with_north=False)
    for spine in large.spines.values():
        spine.set(color="white", linewidth=3.0)
    axes.add_patch(
        Rectangle(
            (depot.west, depot.south), depot.width, depot.height, fill=False, edgecolor="white",
            linewidth=1.6, zorder=9,
        )
    )  # fmt: skip
    for start, end in _facing_corners(axes, depot, corner, size):
        axes.add_artist(
            ConnectionPatch(
                start, end, axes.transData, large.transAxes, color="white", linewidth=1.0, zorder=4
            )
        )  # fmt: skip


def _corner_box(axes: Axes, corner: Corner, size: float) -> Box:
    """A square in a corner of the map, in inches on the map."""
    inch = inches_per_unit(axes)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    left = east * inch - size if corner[0] else west * inch
    below = north * inch - size if corner[1] else south * inch
    return (left, below, left + size, below + size)


def _facing_corners(
    axes: Axes, depot: MapFrame, corner: Corner, size: float
) -> list[tuple[Place, Place]]:
    """Pairs of corners that lines join: of the depot in the map, and of the inset (0 to 1)."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    metres = (east - west) / SIDE
    aside = (east - size / 2 * metres if corner[0] else west + size / 2 * metres) - (
        depot.west + depot.east
    ) / 2
    above = (north - size / 2 * metres if corner[1] else south + size / 2 * metres) - (
        depot.south + depot.north
    ) / 2
    if abs(aside) >= abs(above):
        side, far = (depot.east, 0.0) if aside > 0 else (depot.west, 1.0)
        return [((side, depot.south), (far, 0.0)), ((side, depot.north), (far, 1.0))]
    side, far = (depot.north, 0.0) if above > 0 else (depot.south, 1.0)
    return [((depot.west, side), (0.0, far)), ((depot.east, side), (1.0, far))]
