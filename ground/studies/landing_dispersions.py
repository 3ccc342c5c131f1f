"""Where the landings of a study came down, and how softly."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from ground.pictures.histograms import Group, draw_histogram
from ground.pictures.style import (
    ALERT,
    CAUTION,
    MUTED,
    VEHICLES,
    halo,
    inches,
    titled_figure,
)
from ground.studies.landing_study import (
    DISTANCE_AIM,
    HORIZONTAL_LIMIT,
    TILT_LIMIT_DEGREES,
    VERTICAL_LIMIT,
    LandingResult,
)

_COLOUR = VEHICLES["lander"][1]
_FARTHEST = 5.0  # times the circle: what came down beyond is counted, not drawn
_NOTE = (
    "Touchdowns about the site, each with a vehicle, a day's air and a delivery of its own.  "
    "Green: within all limits.  Yellow: standing.  ×: lost."
)


def draw_landing_dispersions(results: Sequence[LandingResult]) -> Figure:
    """The touchdowns as a map, and histograms of what they were like."""
    good = sum(r.within_limits and r.distance <= DISTANCE_AIM for r in results)
    lost = sum(r.verdict != "landed" for r in results)
    facts = [
        f"{len(results)} landings",
        f"{100.0 * good / len(results):.1f} % within limits and {DISTANCE_AIM:.0f} m",
        f"{lost} lost",
    ]
    figure = titled_figure("Dispersed landings", facts, 7.6, _NOTE)
    _scatter(inches(figure, 0.85, 0.95, 6.0, 6.0), results)
    standing = [r for r in results if r.verdict == "landed"]
    panels = (
        ("Vertical speed", "m/s at the touchdown", "vertical_speed", VERTICAL_LIMIT),
        ("Horizontal speed", "m/s at the touchdown", "horizontal_speed", HORIZONTAL_LIMIT),
        ("Tilt at rest", "degrees", "tilt", TILT_LIMIT_DEGREES),
        ("Propellant left", "kg", "propellant", None),
    )
    for row, (title, unit, name, limit) in enumerate(panels):
        axes = inches(figure, 7.8, 0.95 + 1.63 * row, 4.6, 1.0)
        group = Group([getattr(r, name) for r in standing], _COLOUR)
        draw_histogram(axes, title, unit, [group], limit)
    return figure


def _scatter(axes: Axes, results: Sequence[LandingResult]) -> None:
    axes.set_title("Touchdowns", pad=6)
    axes.set_aspect("equal")
    known = [r for r in results if math.isfinite(r.distance)]
    shown = [r for r in known if r.distance <= _FARTHEST * DISTANCE_AIM]
    reach = 1.2 * max([DISTANCE_AIM, *(r.distance for r in shown)])
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.grid(True)
    axes.set_xlabel("m east of the site", labelpad=2)
    axes.set_ylabel("m north of the site")
    for locator in (axes.xaxis, axes.yaxis):
        locator.set_major_locator(MaxNLocator(7))
    axes.plot([0], [0], marker="+", markersize=13, color=MUTED, markeredgewidth=1.6)
    circle = Circle((0, 0), DISTANCE_AIM, fill=False, color=CAUTION, linewidth=1.3)
    circle.set_linestyle((0, (5, 3)))
    axes.add_patch(circle)
    axes.text(
        0.0, -1.03 * DISTANCE_AIM, f"{DISTANCE_AIM:.0f} m", ha="center", va="top", color=CAUTION,
        path_effects=halo(),
    )  # fmt: skip
    for result in shown:
        landed = result.verdict == "landed"
        colour = _COLOUR if result.within_limits else CAUTION if landed else ALERT
        axes.plot(
            [result.east], [result.north], marker="o" if landed else "x", linestyle="",
            markersize=5.5 if landed else 8, color=colour, markeredgewidth=0.6 if landed else 2.0,
            markeredgecolor="white" if landed else ALERT, alpha=0.85, zorder=4,
        )  # fmt: skip
    away = len(results) - len(shown)
    if away:
        axes.annotate(
            f"{away} came down elsewhere, or not at all", (1, 1), xycoords="axes fraction",
            xytext=(-4, -4), textcoords="offset points", ha="right", va="top", color=ALERT,
        )  # fmt: skip
