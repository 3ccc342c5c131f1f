"""What stands on a map: tubes, lander, scale bar and north, and what lies beyond its edge."""

from collections.abc import Sequence
from math import atan2, hypot, pi

from matplotlib.axes import Axes

from ground.pictures.ground_layer import MapFrame, Place
from ground.pictures.labels import (
    Box,
    around_points,
    inches_per_unit,
    leader_start,
    text_width,
)
from ground.pictures.run_data import RunData
from ground.pictures.style import INK, VEHICLES, halo

_ARROWS = "↑↗→↘↓↙←↖"
_BARS = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)  # m


def draw_tubes(
    axes: Axes, run: RunData, tubes: dict[str, Place], way: Sequence[Place], *, named: bool
) -> list[Box]:
    """Tubes where they truly lay at landing: filled when they were picked up, hollow when not.

    Names stay off the way where they can. Returns the boxes of the names, in inches on the map.
    """
    picked = picked_up(run)
    for tube, (east, north) in tubes.items():
        axes.plot(
            [east], [north], marker="o", linestyle="", markersize=7.5 if named else 4.0,
            markerfacecolor=INK if tube in picked else "white", markeredgecolor=INK
            if tube not in picked else "white", markeredgewidth=1.2 if named else 0.6, zorder=9,
        )  # fmt: skip
    if not named:
        return []
    scale = inches_per_unit(axes)
    names = {tube: run.tube_names.get(tube, tube) for tube in tubes}
    texts = [
        f"{picked.index(tube) + 1}  {name}" if tube in picked else name
        for tube, name in names.items()
    ]
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    frame = (west * scale, south * scale, east * scale, north * scale)
    points = [(place[0] * scale, place[1] * scale) for place in tubes.values()]
    widths = [text_width(text, 10, bold=True) for text in texts]
    avoid = [(east * scale, north * scale) for east, north in way]
    places = around_points(points, widths, 0.18, frame, avoid)
    for text, width, point, middle in zip(texts, widths, points, places, strict=True):
        start = leader_start(point, middle, width, 0.18)
        if start is not None:
            axes.plot(
                [start[0] / scale, point[0] / scale], [start[1] / scale, point[1] / scale],
                color=INK, linewidth=0.8, path_effects=halo(2.0), zorder=8.5,
            )  # fmt: skip
        axes.text(
            middle[0] / scale, middle[1] / scale, text, ha="center", va="center", fontsize=10,
            weight="bold", color=INK, path_effects=halo(3.0), zorder=10,
        )  # fmt: skip
    return [
        (x - width / 2, y - 0.1, x + width / 2, y + 0.1)
        for (x, y), width in zip(places, widths, strict=True)
    ]


def picked_up(run: RunData) -> list[str]:
    """Ids of the tubes that left the ground, in the order in which they did."""
    moves = [
        (tube["hand_overs"][1]["time"], tube["id"])
        for tube in run.manifest
        if len(tube["hand_overs"]) > 1 and tube["hand_overs"][0]["place"] == "ground"
    ]
    return [tube for _, tube in sorted(moves)]


def draw_lander(axes: Axes, place: Place) -> None:
    """The lander as a square, with its name below."""
    colour = VEHICLES["lander"][1]
    axes.plot(
        [place[0]], [place[1]], marker="s", markersize=11, color=colour, markeredgecolor="white",
        markeredgewidth=1.5, zorder=8,
    )  # fmt: skip
    axes.annotate(
        "Lander", place, xytext=(0, -11), textcoords="offset points", ha="center", va="top",
        color=colour, weight="bold", fontsize=11, path_effects=halo(3.0), zorder=10,
    )  # fmt: skip


def lander_box(axes: Axes, place: Place) -> Box:
    """What the lander and its name cover, in inches on the map."""
    scale = inches_per_unit(axes)
    x, y = place[0] * scale, place[1] * scale
    return (x - 0.4, y - 0.4, x + 0.4, y + 0.12)


def mark_vehicle(
    axes: Axes, frame: MapFrame, place: Place, name: str, corner: tuple[int, int]
) -> Box:
    """A vehicle where it stands; beyond the edge: in a corner, its direction and how far it is.

    Returns what the words cover, in inches on the map.
    """
    inch = inches_per_unit(axes)
    colour = VEHICLES["perseverance"][1]
    if frame.holds(place):
        axes.plot(
            [place[0]], [place[1]], marker="D", markersize=9, color=colour,
            markeredgecolor="white", markeredgewidth=1.5, zorder=8,
        )  # fmt: skip
        at_left = place[0] < (frame.west + frame.east) / 2
        axes.annotate(
            f"{name} at landing", place, xytext=(-6 if at_left else 6, 9),
            textcoords="offset points", ha="left" if at_left else "right", va="bottom",
            color=colour, weight="bold", path_effects=halo(3.0), zorder=10,
        )  # fmt: skip
        x, y = place[0] * inch - (0.1 if at_left else 2.1), place[1] * inch
        return (x, y - 0.1, x + 2.2, y + 0.35)
    east = place[0] - (frame.west + frame.east) / 2
    north = place[1] - (frame.south + frame.north) / 2
    arrow = _ARROWS[round(atan2(east, north) / (pi / 4)) % 8]
    nearest = (
        min(max(place[0], frame.west), frame.east),
        min(max(place[1], frame.south), frame.north),
    )
    distance = hypot(place[0] - nearest[0], place[1] - nearest[1])
    right, up = corner
    axes.annotate(
        f"{arrow} {name}, {distance:.0f} m beyond", (right, up), xycoords="axes fraction",
        xytext=(-12 if right else 12, -12 if up else 12), textcoords="offset points",
        ha="right" if right else "left", va="top" if up else "bottom", color=colour,
        weight="bold", path_effects=halo(3.0), zorder=10,
    )  # fmt: skip
    x = frame.east * inch - 3.2 if right else frame.west * inch
    y = frame.north * inch - 0.45 if up else frame.south * inch
    return (x, y, x + 3.2, y + 0.45)


def draw_north_and_scale(
    axes: Axes, frame: MapFrame, corner: tuple[int, int], *, with_north: bool = True
) -> None:
    """A scale bar in a corner (right, up: 0 or 1), and north above it."""
    length = max((bar for bar in _BARS if bar <= 0.22 * frame.width), default=_BARS[0])
    inch = 1.0 / inches_per_unit(axes)
    west = frame.east - length - 0.25 * inch if corner[0] else frame.west + 0.25 * inch
    south = frame.north - 1.25 * inch if corner[1] else frame.south + 0.22 * inch
    axes.plot(
        [west, west + length], [south, south], color=INK, linewidth=3.5, solid_capstyle="butt",
        path_effects=halo(6.0), zorder=10,
    )  # fmt: skip
    axes.text(
        west + length / 2, south + 0.07 * inch, f"{length:.0f} m", ha="center", va="bottom",
        fontsize=10, path_effects=halo(3.0), zorder=10,
    )  # fmt: skip
    if with_north:
        foot = (west + length / 2, south + 0.42 * inch)
        axes.annotate(
            "N", foot, xytext=(foot[0], foot[1] + 0.62 * inch), ha="center", va="center",
            weight="bold", fontsize=12, zorder=10, path_effects=halo(3.0),
            arrowprops={"arrowstyle": "<|-", "color": INK, "linewidth": 1.8, "shrinkA": 0,
                        "shrinkB": 0, "mutation_scale": 16},
        )  # fmt: skip
