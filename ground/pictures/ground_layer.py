"""The ground under a map: shaded relief, contours, sand and rocks, as the run's seed made them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import LightSource, ListedColormap

from sim_hw.world.rocks import TILE, Rock, RockField
from sim_hw.world.terrain import Terrain
from sim_hw.world.world import World

Place = tuple[float, float]
EXAGGERATION = 5.0  # of the relief in the shading; the site is nearly flat
ROCK_REACH = 35.0  # m from the way within which rocks are drawn
_CONTOUR_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_CELLS = 420  # along the longer side
_SHADES = 32
_DARK, _BRIGHT = np.array((0.68, 0.59, 0.51)), np.array((0.98, 0.95, 0.91))


@dataclass(frozen=True)
class MapFrame:
    """What a map shows: metres east and north of the tube Malay."""

    west: float
    east: float
    south: float
    north: float

    @property
    def width(self) -> float:
        """West to east, m."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """South to north, m."""
        return self.north - self.south

    def holds(self, place: Place) -> bool:
        """Whether a place is in the map."""
        return self.west <= place[0] <= self.east and self.south <= place[1] <= self.north

    @classmethod
    def about(cls, places: Sequence[Place], margin: float, ratio: float) -> "MapFrame":
        """The frame of this ratio of width to height about places, with a margin in m."""
        easts, norths = zip(*places, strict=True)
        width = max(easts) - min(easts) + 2.0 * margin
        height = max(norths) - min(norths) + 2.0 * margin
        width, height = max(width, height * ratio), max(height, width / ratio)
        east, north = (max(easts) + min(easts)) / 2, (max(norths) + min(norths)) / 2
        return cls(east - width / 2, east + width / 2, north - height / 2, north + height / 2)


def draw_ground(
    axes: Axes,
    world: World,
    frame: MapFrame,
    way: Sequence[Place],
    smallest_rock: float,
    *,
    contour_labels: bool = True,
) -> None:
    """Draws the ground of a frame. `smallest_rock`: height in m of the lowest that are drawn."""
    axes.set_xlim(frame.west, frame.east)
    axes.set_ylim(frame.south, frame.north)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(True)
    easts, norths, elevation, looseness = _cells(world.terrain, frame)
    step = float(easts[1] - easts[0])
    light = LightSource(azdeg=315, altdeg=45)
    shade = light.hillshade(elevation, vert_exag=EXAGGERATION, dx=step, dy=-step)
    axes.imshow(
        shade - float(np.median(shade)), extent=(frame.west, frame.east, frame.south, frame.north),
        origin="lower", cmap=_relief_colours(), vmin=-0.55, vmax=0.55, interpolation="bilinear",
        zorder=0, aspect="equal",
    )  # fmt: skip
    if float(looseness.max()) > 0.05:
        axes.contourf(
            easts, norths, looseness, levels=[0.02, 0.35, 1.01], colors=["#d9a441"], alpha=0.33,
            zorder=1, antialiased=True,
        )  # fmt: skip
    _contours(axes, easts, norths, elevation, contour_labels)
    _rocks(axes, rocks_near(world.rocks, frame, way, smallest_rock))


def _relief_colours() -> ListedColormap:
    """From shadow to light in few steps: a smooth ramp would make the file three times as large."""
    parts = np.linspace(0.0, 1.0, _SHADES)[:, None]
    return ListedColormap(_DARK + parts * (_BRIGHT - _DARK))


def _cells(
    terrain: Terrain, frame: MapFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """East and north of the cells, elevation and looseness: squares set side by side."""
    side = min(frame.width, frame.height)
    count = max(2, round(_CELLS * side / max(frame.width, frame.height)))
    step = side / count
    pieces = math.ceil(max(frame.width, frame.height) / side - 1e-9)
    wide = frame.width >= frame.height
    windows = [
        terrain.window(
            frame.west + (number + 0.5 if wide else 0.5) * side,
            frame.south + (0.5 if wide else number + 0.5) * side,
            side,
            step,
        )
        for number in range(pieces)
    ]
    axis = 1 if wide else 0
    elevation = np.concatenate([window.elevation for window in windows], axis=axis)
    looseness = np.concatenate([window.looseness for window in windows], axis=axis)
    columns, rows = round(frame.width / step), round(frame.height / step)
    easts = frame.west + (np.arange(columns) + 0.5) * step
    norths = frame.south + (np.arange(rows) + 0.5) * step
    return easts, norths, elevation[:rows, :columns], looseness[:rows, :columns]


def _contours(
    axes: Axes, easts: np.ndarray, norths: np.ndarray, elevation: np.ndarray, labels: bool
) -> None:
    low, high = float(elevation.min()), float(elevation.max())
    step = next((s for s in _CONTOUR_STEPS if (high - low) / s <= 9), _CONTOUR_STEPS[-1])
    levels = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    if len(levels) == 0:
        return
    lines = axes.contour(
        easts, norths, elevation, levels=levels, colors="#6d5a48", linewidths=0.55, alpha=0.65,
        zorder=2, linestyles="solid",
    )  # fmt: skip
    if labels:
        digits = 0 if step >= 1.0 else 1
        axes.clabel(lines, fmt=lambda level: f"{level:.{digits}f} m", fontsize=7, inline_spacing=2)


def rocks_near(
    rocks: RockField, frame: MapFrame, way: Sequence[Place], smallest: float
) -> list[Rock]:
    """Rocks of at least a height (m) in a frame, within ROCK_REACH of a way."""
    tiles: dict[tuple[int, int], None] = {}
    for east, north in way:
        for column in range(*_span(east)):
            for row in range(*_span(north)):
                tiles[(column, row)] = None
    found = [rock for tile in sorted(tiles) for rock in rocks.tile(*tile)]
    places = np.array(way, dtype=float).reshape(-1, 2)
    return [
        rock
        for rock in found
        if rock.height >= smallest
        and frame.holds((rock.east, rock.north))
        and np.hypot(places[:, 0] - rock.east, places[:, 1] - rock.north).min() <= ROCK_REACH
    ]


def _span(coordinate: float) -> tuple[int, int]:
    low, high = (coordinate - ROCK_REACH) / TILE, (coordinate + ROCK_REACH) / TILE
    return math.floor(low), math.floor(high) + 1


def _rocks(axes: Axes, rocks: Sequence[Rock]) -> None:
    """Rocks as large as they are."""
    diameters = [rock.diameter for rock in rocks]
    axes.add_collection(
        EllipseCollection(
            diameters, diameters, np.zeros(len(rocks)), units="xy",
            offsets=[(rock.east, rock.north) for rock in rocks], offset_transform=axes.transData,
            facecolor="#54463a", edgecolor="#2f2720", linewidth=0.5, zorder=3,
        )
    )  # fmt: skip
