"""Panels over one time axis: pieces of a flight that are drawn at scales of their own, phases, gaps
in the data, and peaks with their names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import ArrayLike, NDArray

from ground.pictures.labels import inches_per_unit, text_width, width_in_inches
from ground.pictures.run_data import Span
from ground.pictures.style import INK, MUTED, halo, tint

_TICK_DISTANCE = 0.035  # of the whole axis
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class PieceTime:
    """A time axis in pieces: `knots` (s) are the ends of the pieces, `shares` their widths on
    paper. Positions on the axis run from 0 to the sum of the shares."""

    knots: tuple[float, ...]
    shares: tuple[float, ...]

    @property
    def places(self) -> Numbers:
        """Positions of the knots."""
        return np.concatenate([[0.0], np.cumsum(self.shares)])

    def at(self, seconds: ArrayLike) -> Numbers:
        """Positions of times in s."""
        found: Numbers = np.interp(np.asarray(seconds, dtype=float), self.knots, self.places)
        return found

    def ticks(self, steps: Sequence[float]) -> list[float]:
        """Times for ticks: in each piece the multiples of its step (s), none close to a border."""
        found: list[float] = []
        least = _TICK_DISTANCE * float(self.places[-1])
        for low, high, step in zip(self.knots, self.knots[1:], steps, strict=False):
            for tick in np.arange(np.ceil(low / step) * step, high + 1e-6, step):
                if not found or float(self.at(tick) - self.at(found[-1])) > least:
                    found.append(float(tick))
        return found


def set_time_axis(
    axes: Sequence[Axes], scale: PieceTime, steps: Sequence[float], label: str
) -> None:
    """Gives panels the time axis; the last one carries numbers. A piece ends in a thin line."""
    ticks = scale.ticks(steps)
    names = [f"{tick:g}" for tick in ticks]
    for each in axes:
        last = each is axes[-1]
        each.set_xlim(0.0, float(scale.places[-1]))
        each.xaxis.set_major_locator(FixedLocator(list(scale.at(ticks))))
        each.xaxis.set_major_formatter(FixedFormatter(names if last else [""] * len(ticks)))
        each.tick_params(axis="x", length=3 if last else 0)
        each.grid(True)
        for place in scale.places[1:-1]:
            each.axvline(place, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0.5)
    axes[-1].set_xlabel(label, labelpad=3)


def draw_phases(
    strip: Axes, panels: Sequence[Axes], phases: Sequence[Span], scale: PieceTime, colour: str,
    loud: Sequence[str],
) -> None:  # fmt: skip
    """Names phases in a strip, and shades those that are `loud` in the panels, too."""
    strip.set_xlim(0.0, float(scale.places[-1]))
    strip.set_ylim(0, 1)
    strip.set_xticks([])
    strip.set_yticks([])
    strip.spines[:].set_visible(False)
    for phase in phases:
        left, right = (float(each) for each in scale.at([phase.start, phase.end]))
        strong = phase.name in loud
        shade = tint(colour, 0.9 if strong else 0.3)
        strip.barh(
            0.5, right - left, left=left, height=0.9, facecolor=shade, edgecolor="white",
            linewidth=1.0,
        )  # fmt: skip
        room = (right - left) * inches_per_unit(strip)
        if text_width(phase.name, 10.0) < room:
            strip.text(
                0.5 * (left + right), 0.5, phase.name, ha="center", va="center", fontsize=10.0,
                color="white" if strong else INK,
            )  # fmt: skip
        if strong:
            for panel in panels:
                panel.axvspan(left, right, color=tint(colour, 0.1), linewidth=0, zorder=-5)


def gaps_in(seconds: Numbers, longest: float) -> list[tuple[float, float]]:
    """Where samples are further apart than `longest` s."""
    wide = np.flatnonzero(np.diff(seconds) > longest)
    return [(float(seconds[k]), float(seconds[k + 1])) for k in wide]


def broken_at(
    seconds: Numbers, values: Numbers, gaps: Sequence[tuple[float, float]]
) -> tuple[Numbers, Numbers]:
    """The samples with a value that is no number in each gap, so that no line crosses it."""
    at = [int(np.searchsorted(seconds, start, side="right")) for start, _ in gaps]
    middles = [0.5 * (start + end) for start, end in gaps]
    return np.insert(seconds, at, middles), np.insert(values, at, np.nan)


def name_point(
    axes: Axes, x: float, y: float, text: str, colour: str = INK, side: str = "auto",
    above: bool = True,
) -> None:  # fmt: skip
    """A dot with words beside it, on the side where there is room, or that is given."""
    axes.plot([x], [y], marker="o", markersize=4.5, color=colour, linestyle="", zorder=6)
    low, high = axes.get_xlim()
    share = (x - low) / (high - low)
    width = text_width(text, 9.5) / width_in_inches(axes)
    if side == "auto":
        side = "right" if share + width < 0.99 else "left"
    shift = 7 if side == "right" else -7
    axes.annotate(
        text, (x, y), xytext=(shift, 5 if above else -5), textcoords="offset points",
        ha="left" if side == "right" else "right", va="bottom" if above else "top", fontsize=9.5,
        color=colour, path_effects=halo(), zorder=7,
    )  # fmt: skip
