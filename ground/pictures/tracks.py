"""The tracks of the rovers on a map: where they believed to be, in a colour for each sol."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from ground.pictures.ground_layer import Place
from ground.pictures.labels import Box, around_points, inches_per_unit, text_width
from ground.pictures.run_data import RunData
from ground.pictures.sky import SolScale
from ground.pictures.style import ALERT, halo


@dataclass(frozen=True)
class Track:
    """Believed places of a vehicle: times in sols, east and north in m."""

    vehicle: str
    sols: np.ndarray
    east: np.ndarray
    north: np.ndarray

    @property
    def places(self) -> list[Place]:
        """The places one after the other."""
        return [(float(e), float(n)) for e, n in zip(self.east, self.north, strict=True)]

    @cached_property
    def dense(self) -> list[Place]:
        """The places, and more between them: none is further than a metre from the next."""
        if len(self.east) < 2:
            return self.places
        way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(self.east), np.diff(self.north)))])
        at = np.linspace(0.0, way[-1], max(2, int(way[-1])))
        easts, norths = np.interp(at, way, self.east), np.interp(at, way, self.north)
        return [(float(e), float(n)) for e, n in zip(easts, norths, strict=True)]

    @property
    def has_moved(self) -> bool:
        """Whether it went further than its errors of place."""
        return len(self.east) > 1 and bool(np.ptp(self.east) + np.ptp(self.north) > 5.0)


def believed_track(run: RunData, scale: SolScale, vehicle: str) -> Track:
    """The track of a vehicle by its telemetry; empty when none came."""
    east, north = run.series(vehicle, "east"), run.series(vehicle, "north")
    good = np.isfinite(east.values)
    seconds, easts = east.seconds[good], east.values[good]
    if len(seconds) == 0 or len(north.seconds) == 0:
        return Track(vehicle, np.array([]), np.array([]), np.array([]))
    norths = np.interp(seconds, north.seconds, north.values)
    return Track(vehicle, scale.sols(seconds), easts, norths)


def draw_tracks(
    axes: Axes,
    run: RunData,
    scale: SolScale,
    tracks: Sequence[Track],
    tubes: dict[str, Place],
    taken: Sequence[Box],
) -> None:
    """Tracks, setbacks and sols; `taken`: where something is written already, inches."""
    inch = inches_per_unit(axes)
    written = [*taken, *(_dot(place, inch) for place in tubes.values())]
    for track in tracks:
        written += _track(axes, track, written)
        slips = [
            scale.sol(event.seconds) for event in run.events_named(track.vehicle, "drive_setback")
        ]
        axes.plot(
            np.interp(slips, track.sols, track.east), np.interp(slips, track.sols, track.north),
            linestyle="", marker="x", color=ALERT, markersize=5, markeredgewidth=1.3, zorder=6,
        )  # fmt: skip


def _dot(place: Place, inch: float) -> Box:
    x, y = place[0] * inch, place[1] * inch
    return (x - 0.05, y - 0.05, x + 0.05, y + 0.05)


def _track(axes: Axes, track: Track, taken: Sequence[Box]) -> list[Box]:
    """Each sol in its colour, with a dot where it ended and the sol's number beside the way.

    Returns the boxes of the numbers, in inches on the map.
    """
    numbers = np.floor(track.sols).astype(int)
    driven = [int(sol) for sol in np.unique(numbers) if _way_of(track, numbers == sol) > 2.0]
    colours = mpl.colormaps["viridis" if track.vehicle == "rover" else "plasma"]
    least = 0.05 if track.vehicle == "rover" else 0.15
    anchors: list[Place] = []
    texts: list[str] = []
    shades: list[tuple[float, float, float, float]] = []
    for rank, sol in enumerate(driven):
        colour = colours(least + 0.7 * rank / max(len(driven) - 1, 1))
        chosen = np.flatnonzero(numbers == sol)
        first = max(int(chosen[0]) - 1, 0)
        part = slice(first, int(chosen[-1]) + 1)
        axes.plot(
            track.east[part], track.north[part], color=colour, linewidth=2.2, zorder=5,
            path_effects=halo(4.0), solid_joinstyle="round",
        )  # fmt: skip
        axes.plot(
            track.east[chosen[-1]], track.north[chosen[-1]], marker="o", markersize=5,
            color=colour, markeredgecolor="white", zorder=7,
        )  # fmt: skip
        middle = _middle(track.east[part], track.north[part])
        anchors.append(middle)
        texts.append(f"sol {sol}")
        shades.append(colour)
    return _sol_labels(axes, anchors, texts, shades, track, taken)


def _sol_labels(
    axes: Axes,
    anchors: Sequence[Place],
    texts: Sequence[str],
    colours: Sequence[tuple[float, float, float, float]],
    track: Track,
    taken: Sequence[Box],
) -> list[Box]:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    inside = [i for i, (e, n) in enumerate(anchors) if west < e < east and south < n < north]
    inch = inches_per_unit(axes)
    on_paper = [(anchors[i][0] * inch, anchors[i][1] * inch) for i in inside]
    way = [(e * inch, n * inch) for e, n in track.dense]
    frame = (west * inch, south * inch, east * inch, north * inch)
    widths = [text_width(texts[i], 9.5, bold=True) for i in inside]
    places = around_points(on_paper, widths, 0.17, frame, way, taken)
    for i, (x, y) in zip(inside, places, strict=True):
        axes.text(
            x / inch, y / inch, texts[i], color=colours[i], weight="bold", fontsize=9.5,
            ha="center", va="center", path_effects=halo(3.0), zorder=8, clip_on=True,
        )  # fmt: skip
    return [
        (x - width / 2, y - 0.09, x + width / 2, y + 0.09)
        for (x, y), width in zip(places, widths, strict=True)
    ]


def _way_of(track: Track, chosen: np.ndarray) -> float:
    east, north = track.east[chosen], track.north[chosen]
    return float(np.hypot(np.diff(east), np.diff(north)).sum())


def _middle(east: np.ndarray, north: np.ndarray) -> Place:
    """The place half way along."""
    way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(east), np.diff(north)))])
    return float(np.interp(way[-1] / 2, way, east)), float(np.interp(way[-1] / 2, way, north))
