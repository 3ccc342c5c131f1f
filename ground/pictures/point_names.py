"""Words beside points of a panel, where they cover neither each other nor the lines drawn there."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ground.pictures.labels import Place, around_points, leader_start, text_width
from ground.pictures.style import INK, MUTED, halo

_DENSE = 0.06  # inches between the points of a line that words keep off
Mark = tuple[float, float, str]
"""A point in the units of its axes, and its words."""


def name_points(
    axes: Axes,
    marks: Sequence[Mark],
    lines: Sequence[Any] = (),
    size: float = 9.5,
    look: Callable[[str], dict[str, Any]] = lambda words: {},
) -> None:
    """Writes the words of the marks, with a thin line to those that stand apart.

    The axes must have their limits, of any scale. lines: arrays n x 2 that are better not covered.
    look: what is special about some words, as arguments of a text.
    """
    axes.apply_aspect()
    wide, tall = _size(axes)
    points = [(float(x), float(y)) for x, y in _on_paper(axes, [mark[:2] for mark in marks])]
    avoid = [place for line in lines for place in _dense(_on_paper(axes, line), wide, tall)]
    widths = [text_width(words, size) + 0.05 for *_, words in marks]
    frame = (0.04, 0.04, wide - 0.02, tall)
    places = around_points(points, widths, 0.2 * size / 9.5, frame, avoid)
    for (*_, words), point, middle, width in zip(marks, points, places, widths, strict=True):
        start = leader_start(point, middle, width, 0.16)
        if start is not None:
            axes.plot(
                [start[0] / wide, point[0] / wide], [start[1] / tall, point[1] / tall],
                color=MUTED, linewidth=0.7, transform=axes.transAxes, zorder=5.5,
            )  # fmt: skip
        special: dict[str, Any] = {"color": INK, **look(words)}
        axes.text(
            middle[0] / wide, middle[1] / tall, words, transform=axes.transAxes, ha="center",
            va="center", fontsize=size, path_effects=halo(), zorder=8, **special,
        )  # fmt: skip


def _size(axes: Axes) -> tuple[float, float]:
    """Width and height on paper, inches."""
    dots = axes.figure.dpi
    return float(axes.bbox.width / dots), float(axes.bbox.height / dots)


def _on_paper(axes: Axes, points: Any) -> Any:
    """Points in inches from the lower left corner of the axes."""
    pixels = axes.transData.transform(np.asarray(points, dtype=float).reshape(-1, 2))
    return (pixels - np.array([axes.bbox.x0, axes.bbox.y0])) / axes.figure.dpi


def _dense(points: Any, wide: float, tall: float) -> list[Place]:
    """Points along a line, none far from the next, those that are inside the axes."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 2:
        return [(float(x), float(y)) for x, y in points]
    points = np.clip(points, -1.0, max(wide, tall) + 1.0)  # a line may lead far out of the panel
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.arange(0.0, way[-1], _DENSE)
    x, y = np.interp(at, way, points[:, 0]), np.interp(at, way, points[:, 1])
    inside = (x > 0.0) & (x < wide) & (y > 0.0) & (y < tall)
    return list(zip(x[inside].tolist(), y[inside].tolist(), strict=True))
