"""The axis of time below pictures: nights, the numbers of the sols, gaps where little happened.

Everything is drawn at its sol; the scale of the axis leaves out what the gaps leave out. A gap is
torn out of the paper: bars and curves end at its edges, words may stand on it.
"""

from collections.abc import Callable, Iterable, Sequence
from math import ceil, floor

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from ground.pictures.labels import (
    from_paper,
    height_in_inches,
    on_paper,
    text_width,
    width_in_inches,
)
from ground.pictures.sky import Intervals, SolScale
from ground.pictures.style import DPI, FAINT, MUTED, NIGHT

GAP = 0.66  # inches: room for its length in words
NARROW_SOL = 6.0 / DPI  # inches: nights and passes of a narrower sol would only flicker
_LINED_SOL = 0.3  # inches: a wider sol has lines at its midnights
_NUMBER = 9.5  # points
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_TOOTH = 0.045, 0.09  # depth and length of a tooth of torn paper, inches
_ABOVE_BARS = 3.2
Gaps = Sequence[tuple[float, float]]
Mapping = Callable[[ArrayLike], NDArray[np.float64]]


def sol_axis(axes: Iterable[Axes], scale: SolScale, *, label: str = "sol since landing") -> None:
    """Gives axes the time of the run: nights shaded, a line at each midnight, numbers at noon.

    The lowest of them carries the numbers.
    """
    all_axes = list(axes)
    for each in all_axes:
        set_sol_scale(each, scale)
        if sol_is_wide(each, scale):
            spans(each, scale.nights, (0.0, 1.0), NIGHT, zorder=-10.0)
        _sol_grid(each, scale, numbered=each is all_axes[-1])
        tear_out(each, scale.gaps)
    _name_gaps(all_axes[-1], scale.gaps)
    all_axes[-1].set_xlabel(label, labelpad=3)


def set_sol_scale(axes: Axes, scale: SolScale) -> None:
    """Gives axes the limits of the scale, and its gaps."""
    first, last = scale.bounds
    if scale.gaps:
        to_place, to_sol = _places(scale, width_in_inches(axes))
        axes.set_xscale("function", functions=(to_place, to_sol))
        edges = to_place([first, last])
        margin = 0.01 * float(edges[1] - edges[0])
        low, high = to_sol([edges[0] - margin, edges[1] + margin])
        axes.set_xlim(float(low), float(high))
    else:
        margin = 0.01 * (last - first)
        axes.set_xlim(first - margin, last + margin)


def _places(scale: SolScale, width: float) -> tuple[Mapping, Mapping]:
    """The functions from sols to places along an axis and back; a sol that is shown is 1 wide."""
    shown = sum(last - first for first, last in scale.stretches)
    gap = min(GAP, 0.4 * width / len(scale.gaps))
    gap *= shown / (width - gap * len(scale.gaps))
    sols = [edge for stretch in scale.stretches for edge in stretch]
    steps = np.diff(sols)
    steps[1::2] = gap
    places = [0.0, *np.cumsum(steps).tolist()]
    # Beyond both ends it goes on as it is.
    sols = [sols[0] - 1e6, *sols, sols[-1] + 1e6]
    places = [places[0] - 1e6, *places, places[-1] + 1e6]

    def to_place(values: ArrayLike) -> NDArray[np.float64]:
        return np.interp(np.asarray(values, dtype=float), sols, places)

    def to_sol(values: ArrayLike) -> NDArray[np.float64]:
        return np.interp(np.asarray(values, dtype=float), places, sols)

    return to_place, to_sol


def sol_width(axes: Axes, scale: SolScale) -> float:
    """Inches on paper of a sol that is shown."""
    first, last = scale.stretches[0]
    here, there = on_paper(axes, [first, last])
    return float(there - here) / max(last - first, 1e-9)


def sol_is_wide(axes: Axes, scale: SolScale) -> bool:
    """Whether what happens within a sol can be told apart in axes."""
    return sol_width(axes, scale) >= NARROW_SOL


def spans(
    axes: Axes,
    intervals: Intervals,
    share: tuple[float, float],
    colour: str,
    *,
    zorder: float = 1.0,
    least: float = 0.0,
) -> None:
    """Bars over intervals of x, all of one colour; share: their lower and upper edge as a share
    of the height of the axes; least: width of their outline in points."""
    low, high = share
    corners = [[(a, low), (b, low), (b, high), (a, high)] for a, b in intervals]
    bars = PolyCollection(
        corners, facecolor=colour, edgecolor=colour, linewidth=least, zorder=zorder,
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
    axes.add_collection(bars, autolim=False)


def widest_piece(axes: Axes, scale: SolScale, start: float, end: float) -> tuple[float, float]:
    """Where there is most room for words on a bar from one sol to another, clear of the gaps: the
    middle in sols, and the width in inches."""
    pieces = [(max(start, a), min(end, b)) for a, b in scale.stretches if start <= b and end >= a]
    if not pieces:
        return start, 0.0
    places = [on_paper(axes, piece) for piece in pieces]
    left, right = max(places, key=lambda place: float(place[1] - place[0]))
    return float(from_paper(axes, 0.5 * (left + right))), float(right - left)


# -------------------------------------------------------------------- numbers of the sols


def _sol_grid(axes: Axes, scale: SolScale, *, numbered: bool) -> None:
    """Lines at the midnights; where numbered, ticks there and numbers at the noons."""
    width = sol_width(axes, scale)
    wide, lined = width >= NARROW_SOL, width > _LINED_SOL
    numbers = _numbers(axes, scale) if numbered else []
    midnights = [float(sol) for a, b in scale.stretches for sol in range(ceil(a), floor(b) + 1)]
    ticks = midnights if lined or (wide and numbered) else [float(number) for number in numbers]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(FixedLocator([number + 0.5 * wide for number in numbers]))
    axes.xaxis.set_minor_formatter(FixedFormatter([str(number) for number in numbers]))
    axes.tick_params(axis="x", which="minor", length=0, labelcolor=MUTED, labelsize=_NUMBER)
    axes.tick_params(axis="x", which="major", length=4 if numbered else 0)
    if lined:
        axes.grid(True, axis="x", which="major", linewidth=0.5)
    else:
        axes.grid(False, axis="x")


def _numbers(axes: Axes, scale: SolScale) -> list[int]:
    """The sols that are numbered: none on another, none on what is written below a gap."""
    width = sol_width(axes, scale)
    shift = 0.5 if width >= NARROW_SOL else 0.0
    chosen: list[int] = []
    for first, last in scale.stretches:
        room = text_width(str(int(last)), _NUMBER)
        step = next((s for s in _STEPS if s * width > room + 0.08), _STEPS[-1])
        # Beside a gap half a number needs room; at the ends of the axis it may stick out.
        slack = 0.5 * room / width
        low = first + slack * (first != scale.bounds[0])
        high = last - slack * (last != scale.bounds[1])
        sols = range(floor(first), floor(last) + 1)
        fitting = [sol for sol in sols if low <= sol + shift <= high]
        round_ones = [sol for sol in fitting if sol % step == 0]
        chosen += round_ones or fitting[len(fitting) // 2 :][:1]
    return chosen


# -------------------------------------------------------------------- gaps


def tear_out(axes: Axes, gaps: Gaps, top: float = 1.0) -> None:
    """Covers the gaps with white between two torn edges, from the lower edge of axes up to a share
    of their height."""
    if not gaps:
        return
    depth, length = _TOOTH
    count = 2 * max(1, round(0.5 * top * height_in_inches(axes) / length))
    heights = np.linspace(0.0, top, count + 1)
    teeth = depth * (np.arange(count + 1) % 2)
    for gap in gaps:
        left, right = on_paper(axes, gap)
        edges = [from_paper(axes, left + teeth), from_paper(axes, right - depth + teeth)]
        outline = [*zip(edges[0], heights, strict=True)]
        outline += reversed([*zip(edges[1], heights, strict=True)])
        paper = PolyCollection(
            [outline], facecolor="white", linewidth=0, zorder=_ABOVE_BARS,
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip
        axes.add_collection(paper, autolim=False)
        for edge in edges:
            axes.plot(
                edge, heights, color=FAINT, linewidth=0.8, zorder=_ABOVE_BARS,
                transform=axes.get_xaxis_transform(), scalex=False, scaley=False,
            )  # fmt: skip


def _name_gaps(axes: Axes, gaps: Gaps) -> None:
    """Writes below each gap how long it is."""
    for start, end in gaps:
        left, right = on_paper(axes, [start, end])
        text = f"{end - start:.0f} sols"
        if text_width(text, 8.5) > right - left + 0.05:
            text = f"{end - start:.0f}"
        axes.annotate(
            text, (float(from_paper(axes, 0.5 * (left + right))), 0),
            xycoords=axes.get_xaxis_transform(), xytext=(0, -4), textcoords="offset points",
            ha="center", va="top", color=MUTED, fontsize=8.5, style="italic",
            annotation_clip=False,
        )  # fmt: skip
