"""The orbits of a study of ascents: without and with closed loop, about the band that is wanted."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ground.pictures.histograms import Group, draw_histogram
from ground.pictures.style import (
    ALERT,
    CAUTION,
    VEHICLES,
    halo,
    inches,
    titled_figure,
)
from ground.reports.ascent_design import LARGEST_ANGLE_OF_ATTACK
from ground.studies.ascent_run import AscentResult
from ground.studies.ascent_study import (
    HIGHEST_KM,
    LARGEST_PLANE_ERROR,
    LOWEST_KM,
    is_in_height,
    is_in_plane,
)

_CLOSED, _OPEN = VEHICLES["mav"][1], "#e69f00"
_NOTE = (
    "Periapsis and apoapsis over 3389.5 km of the orbits reached.{both}  Dashed: the band that is "
    "wanted."
)
_BOTH = "  The same vehicles and days, flown both ways."


def draw_ascent_dispersions(results: Sequence[AscentResult]) -> Figure:
    """All orbits, those near the band enlarged, and histograms of plane, trim and loads."""
    closed = [r for r in results if r.closed]
    plain = [r for r in results if not r.closed]
    facts = [f"{max(len(closed), len(plain))} launches"]
    for words, side in (("open loop", plain), ("closed loop", closed)):
        if not side:
            continue
        good = sum(is_in_height(r) and is_in_plane(r) for r in side)
        facts.append(f"{words}: {100.0 * good / len(side):.0f} % within band and plane")
    note = _NOTE.format(both=_BOTH if closed and plain else "")
    figure = titled_figure("Dispersed ascents", facts, 8.7, note)
    every = [r for r in results if math.isfinite(r.apoapsis_km)]
    low = min([LOWEST_KM - 40.0, *(r.periapsis_km - 15.0 for r in every)])
    high = max([HIGHEST_KM + 40.0, *(r.apoapsis_km + 15.0 for r in every)])
    _scatter(
        inches(figure, 0.95, 1.05, 5.4, 4.8), "All orbits", every,
        (max(low, -1500.0), HIGHEST_KM + 60.0), (LOWEST_KM - 60.0, min(high, 2500.0)),
    )  # fmt: skip
    _scatter(
        inches(figure, 7.3, 1.05, 5.1, 4.8), "Near the band", every,
        (LOWEST_KM - 8.0, HIGHEST_KM + 8.0), (LOWEST_KM - 8.0, HIGHEST_KM + 8.0),
    )  # fmt: skip
    # No orbit lies below the diagonal: there is room for words.
    lost = len(results) - sum(r.in_orbit for r in results)
    panels = (
        ("Off the plane", "degrees", "plane_error", LARGEST_PLANE_ERROR),
        ("Trim by cold gas, closed loop", "m/s", "trim", None),
        ("Largest angle of attack", "degrees", "angle_of_attack", LARGEST_ANGLE_OF_ATTACK),
    )
    for column, (title, unit, name, limit) in enumerate(panels):
        axes = inches(figure, 0.95 + 4.0 * column, 6.75, 3.45, 1.2)
        sides = ((plain, _OPEN, "open loop"), (closed, _CLOSED, "closed loop"))
        groups = [
            Group([getattr(r, name) for r in side if r.in_orbit], colour, words)
            for side, colour, words in sides
            if not (name == "trim" and side is plain)
        ]
        draw_histogram(axes, title, unit, groups, limit)
    if lost:
        figure.text(0.98, 0.02, f"{lost} reached no orbit", color=ALERT, ha="right")
    return figure


def _scatter(
    axes: Axes, title: str, results: Sequence[AscentResult], across: tuple[float, float],
    up: tuple[float, float],
) -> None:  # fmt: skip
    axes.set_title(title, pad=6)
    axes.set_xlim(*across)
    axes.set_ylim(*up)
    axes.set_xlabel("periapsis, km", labelpad=2)
    axes.set_ylabel("apoapsis, km")
    axes.grid(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(7))
    side = HIGHEST_KM - LOWEST_KM
    band = Rectangle((LOWEST_KM, LOWEST_KM), side, side, fill=False, color=CAUTION, linewidth=1.3)
    band.set_linestyle((0, (5, 3)))
    axes.add_patch(band)
    for result in results:
        axes.plot(
            [result.periapsis_km], [result.apoapsis_km], linestyle="",
            marker="o" if result.in_orbit else "x", markersize=5 if result.in_orbit else 6,
            color=_CLOSED if result.closed else _OPEN, markeredgecolor="white"
            if result.in_orbit else ALERT, markeredgewidth=0.5 if result.in_orbit else 1.5,
            alpha=0.85, zorder=5 if result.closed else 4,
        )  # fmt: skip
    for row, (words, colour) in enumerate((("closed loop", _CLOSED), ("open loop", _OPEN))):
        axes.annotate(
            words, (0.9, 0.16), xycoords="axes fraction", xytext=(0, -16 * row), ha="right",
            textcoords="offset points", color=colour, weight="bold", path_effects=halo(),
        )  # fmt: skip
