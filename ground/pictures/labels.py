"""Puts labels where they do not cover one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

CHARACTER = 0.60  # mean width of a letter of DejaVu Sans, in font sizes
BOLD_CHARACTER = 0.69


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is, in inches; size in points."""
    return (BOLD_CHARACTER if bold else CHARACTER) * size / 72.0 * len(text)


def width_in_inches(axes: Axes) -> float:
    """Width of axes on paper."""
    return axes.get_position().width * _figure(axes).get_figwidth()


def height_in_inches(axes: Axes) -> float:
    """Height of axes on paper."""
    return axes.get_position().height * _figure(axes).get_figheight()


def inches_per_unit(axes: Axes) -> float:
    """Inches on paper of one unit along the x axis, which must have its limits."""
    low, high = axes.get_xlim()
    return width_in_inches(axes) / (high - low)


def on_paper(axes: Axes, x: ArrayLike) -> NDArray[np.float64]:
    """Inches on paper from the left edge of axes to values of x, whatever the scale of x."""
    low, high = axes.xaxis.get_transform().transform(np.array(axes.get_xlim()))
    places = axes.xaxis.get_transform().transform(np.atleast_1d(np.asarray(x, dtype=float)))
    inches: NDArray[np.float64] = (places - low) / (high - low) * width_in_inches(axes)
    return inches if np.ndim(x) else inches[0]


def from_paper(axes: Axes, inches: ArrayLike) -> NDArray[np.float64]:
    """Values of x at so many inches on paper from the left edge of axes."""
    low, high = axes.xaxis.get_transform().transform(np.array(axes.get_xlim()))
    shares = np.atleast_1d(np.asarray(inches, dtype=float)) / width_in_inches(axes)
    back = axes.xaxis.get_transform().inverted()
    values: NDArray[np.float64] = back.transform(low + shares * (high - low))
    return values if np.ndim(inches) else values[0]


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure()
    if not isinstance(figure, Figure):
        raise ValueError("These axes belong to no figure, so they have no size.")
    return figure


def places_in_a_row(
    anchors: Sequence[float], widths: Sequence[float], low: float, high: float
) -> list[float | None]:
    """Middles for labels of one row, given in the order of importance, between `low` and `high`.

    A label stands over its anchor, or to the right or left of it; None: there is no room for it.
    """
    shifts = ((0.0, 0.5, -0.5), (-0.5, 0.0, 0.5), (0.5, 0.0, -0.5))
    trials = [_placed(anchors, widths, low, high, order) for order in shifts]
    return max(trials, key=lambda places: sum(place is not None for place in places))


def _placed(
    anchors: Sequence[float],
    widths: Sequence[float],
    low: float,
    high: float,
    shifts: Sequence[float],
) -> list[float | None]:
    taken: list[tuple[float, float]] = []
    places: list[float | None] = []
    for anchor, width in zip(anchors, widths, strict=True):
        found = None
        for shift in shifts:
            middle = min(max(anchor + shift * width, low + 0.5 * width), high - 0.5 * width)
            span = (middle - 0.5 * width, middle + 0.5 * width)
            if all(span[1] <= start or span[0] >= end for start, end in taken):
                found = middle
                taken.append(span)
                break
        places.append(found)
    return places


def spread(wanted: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Positions as near as can be to the wanted ones, `least` apart, between `low` and `high`.

    Neighbours that would touch are put evenly about their common middle. When there is no room for
    all, they are even over the whole.
    """
    count = len(wanted)
    if count > 1 and (count - 1) * least > high - low:
        least = (high - low) / (count - 1)
    order = sorted(range(count), key=lambda index: (wanted[index], index))
    groups: list[list[float]] = []  # sum and number of the shifted positions of one cluster
    for rank, index in enumerate(order):
        groups.append([wanted[index] - rank * least, 1.0])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, number = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += number
    shifted = [total / number for total, number in groups for _ in range(int(number))]
    top = high - least * (count - 1)
    placed = [0.0] * count
    for rank, index in enumerate(order):
        placed[index] = min(max(shifted[rank], low), top) + rank * least
    return placed


_DIRECTIONS = (
    (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, 1.0),
    (-1.0, -1.0), (0.5, 1.0), (-0.5, 1.0), (0.5, -1.0), (-0.5, -1.0), (1.0, 0.5), (-1.0, 0.5),
    (1.0, -0.5), (-1.0, -0.5),
)  # fmt: skip
_DISTANCES = {0.09: 0.0, 0.25: 0.2, 0.45: 0.5, 0.7: 0.9, 1.0: 1.4}
"""Inches between point and label: penalty."""
_COVERED, _COVERED_MORE, _COVERED_MOST = 0.5, 0.06, 4.0
"""Penalty of a label on a line, for each place of it, and at most: worse than a way round it."""
_PACE = 0.04  # inches between the places along the line from a point to its label
_LED_OVER = 0.2
"""Penalty for each place of a line, and for each other point, that its own thin line passes."""
_CLOSE = 0.16  # inches: without a line between them
_SWEEPS = 4
Place = tuple[float, float]
Box = tuple[float, float, float, float]


def around_points(
    points: Sequence[Place],
    widths: Sequence[float],
    height: float,
    frame: Box,
    avoid: Sequence[Place] = (),
    taken: Sequence[Box] = (),
) -> list[Place]:
    """Middles of labels beside points, each where it covers least; all in inches.

    Each in turn takes its best place beside the others, a few times over.

    frame: left, bottom, right, top that labels stay in. avoid: other points better not covered.
    taken: boxes where something is written already.
    """
    choices = [
        list(_candidates(point, width, height)) for point, width in zip(points, widths, strict=True)
    ]
    labels = [
        [_Label.of(point, box) for _, box, _ in mine]
        for point, mine in zip(points, choices, strict=True)
    ]
    lines = np.asarray(avoid, dtype=float).reshape(-1, 2)
    fixed = [
        [
            penalty + _cost_alone(box, points, index, frame, lines, taken)
            for _, box, penalty in choices[index]
        ]
        for index in range(len(points))
    ]
    chosen: list[int | None] = [None] * len(points)
    for _ in range(_SWEEPS):
        for index in range(len(points)):
            others = [
                labels[number][choice]
                for number, choice in enumerate(chosen)
                if choice is not None and number != index
            ]
            costs = [
                cost + sum(_conflict(label, other) for other in others)
                for cost, label in zip(fixed[index], labels[index], strict=True)
            ]
            chosen[index] = costs.index(min(costs))
    return [choices[index][choice or 0][0] for index, choice in enumerate(chosen)]


@dataclass(frozen=True)
class _Label:
    """A label where it might stand: its box, the line to its point, and what both fill."""

    box: Box
    leader: list[Place]
    extent: Box

    @classmethod
    def of(cls, point: Place, box: Box) -> "_Label":
        extent = (
            min(box[0], point[0]), min(box[1], point[1]), max(box[2], point[0]),
            max(box[3], point[1]),
        )  # fmt: skip
        return cls(box, _leader(point, box), extent)


def _conflict(one: _Label, other: _Label) -> float:
    """How much two labels are in each other's way, with the lines that lead to their points."""
    if not _overlap(one.extent, other.extent):
        return 0.0
    crossed = any(_holds(other.box, place, 0.0) for place in one.leader)
    crossed |= any(_holds(one.box, place, 0.0) for place in other.leader)
    tangled = _cross(one.leader, other.leader)
    return 10.0 * _overlap(one.box, other.box) + 2.0 * crossed + 1.5 * tangled


def _cross(one: list[Place], other: list[Place]) -> bool:
    """Whether two straight lines, by places along them, cross."""
    if not one or not other:
        return False
    (a, b), (c, d) = (one[0], one[-1]), (other[0], other[-1])

    def side(p: Place, q: Place, r: Place) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0.0 and side(c, d, a) * side(c, d, b) < 0.0


def _leader(point: Place, box: Box) -> list[Place]:
    """Places along the line from a point to a box; none when they are close together."""
    x, y = min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3])
    far = hypot(x - point[0], y - point[1])
    if far <= _CLOSE:
        return []
    count = max(4, int(far / _PACE))
    # Near its point any line of words runs beside the line that the point is on.
    parts = [0.4 + 0.55 * index / (count - 1) for index in range(count)]
    return [(point[0] + t * (x - point[0]), point[1] + t * (y - point[1])) for t in parts]


def _cost_alone(
    box: Box,
    points: Sequence[Place],
    index: int,
    frame: Box,
    avoid: NDArray[np.float64],
    taken: Sequence[Box],
) -> float:
    """What is wrong with a box for the label of one point, whatever the other labels do."""
    others = [other for number, other in enumerate(points) if number != index]
    cost = 50.0 * (not _within(box, frame))
    cost += 10.0 * sum(_overlap(box, other) for other in taken)
    cost += 5.0 * sum(_holds(box, other) for other in others)
    cost += 0.1 * sum(_holds(box, other, 0.14) for other in others)
    covered = _held(box, avoid, 0.03)
    if covered:
        cost += min(_COVERED + _COVERED_MORE * covered, _COVERED_MOST)
    led = _leader(points[index], box)
    cost += _LED_OVER * sum(_held((x, y, x, y), avoid, 0.03) > 0 for x, y in led)
    return cost + 4.0 * _LED_OVER * sum(
        any(hypot(x - other[0], y - other[1]) < 0.09 for x, y in led) for other in others
    )


def _candidates(point: Place, width: float, height: float) -> Iterator[tuple[Place, Box, float]]:
    """Middles, boxes and penalties: sideways and close is best."""
    for distance, far in _DISTANCES.items():
        for rank, (right, up) in enumerate(_DIRECTIONS):
            aside = distance if up == 0 else distance - 0.07
            x = point[0] + right * (0.5 * width + aside)
            y = point[1] + up * (0.5 * height + aside)
            half = 0.5 * width
            box = (x - half, y - 0.5 * height, x + half, y + 0.5 * height)
            yield (x, y), box, far + 0.01 * rank


def leader_start(point: Place, middle: Place, width: float, height: float) -> Place | None:
    """Where a thin line from a label to its point begins; None when they are close together."""
    x = min(max(point[0], middle[0] - 0.5 * width), middle[0] + 0.5 * width)
    y = min(max(point[1], middle[1] - 0.5 * height), middle[1] + 0.5 * height)
    return (x, y) if hypot(x - point[0], y - point[1]) > _CLOSE else None


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _held(box: Box, places: NDArray[np.float64], margin: float) -> int:
    """How many places a box holds."""
    x, y = places[:, 0], places[:, 1]
    inside = (x > box[0] - margin) & (x < box[2] + margin)
    return int(np.count_nonzero(inside & (y > box[1] - margin) & (y < box[3] + margin)))


def _holds(box: Box, point: Place, margin: float = 0.05) -> bool:
    return (
        box[0] - margin < point[0] < box[2] + margin
        and box[1] - margin < point[1] < box[3] + margin
    )


def _within(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
