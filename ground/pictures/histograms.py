"""Histograms of a study's figures, with the limit that each is held against."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ground.pictures.style import CAUTION, INK, halo, say_nothing_here

_BINS = 24


@dataclass(frozen=True)
class Group:
    """Values of one kind of run, its colour, and what it is called where there are several."""

    values: Sequence[float]
    colour: str
    name: str = ""


def draw_histogram(
    axes: Axes, title: str, unit: str, groups: Sequence[Group], limit: float | None = None
) -> None:
    """Runs over a figure from 0 on; a limit as a dashed line, and how many are beyond it."""
    axes.set_title(title, pad=4)
    axes.set_xlabel(unit, labelpad=1)
    axes.set_ylabel("runs")
    axes.spines["left"].set_visible(False)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.grid(True, axis="y")
    finite = [np.array([v for v in group.values if np.isfinite(v)]) for group in groups]
    present = [values for values in finite if len(values)]
    if not present:
        say_nothing_here(axes, "No run has this figure.")
        return
    top = max(float(values.max()) for values in present)
    top = 1.03 * max(top, 1e-9) if limit is None else max(1.03 * top, 1.08 * limit)
    edges = np.linspace(0.0, top, _BINS + 1)
    axes.set_xlim(0.0, top)
    for group, values in zip(groups, finite, strict=True):
        axes.hist(values, bins=list(edges), color=group.colour, alpha=0.75, linewidth=0)
    if limit is None:
        return
    axes.axvline(limit, color=CAUTION, linewidth=1.3, linestyle=(0, (5, 3)))
    counts = [(int((values > limit).sum()), group.name) for group, values in zip(
        groups, finite, strict=True
    )]  # fmt: skip
    beyond = [f"{count} {name}".strip() for count, name in counts if count]
    words = ", ".join([f"limit {limit:g}", *beyond]) + (" beyond" if beyond else "")
    left = limit > 0.5 * top
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    axes.annotate(
        words, (limit, 1.0), xycoords=("data", "axes fraction"), xytext=(-4 if left else 4, -1),
        textcoords="offset points", ha="right" if left else "left", va="top", fontsize=9.5,
        color=CAUTION if not beyond else INK, path_effects=halo(),
    )  # fmt: skip
