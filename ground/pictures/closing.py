"""Range and closing speed of a rendezvous over time, with the modes and what was decided."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ground.pictures.approach import Approach
from ground.pictures.curve_names import Name, write_names
from ground.pictures.labels import text_width, width_in_inches
from ground.pictures.style import ALERT, MUTED, PLACES, tint

_ORBITER = "#0072b2"
_HOURS = 3600.0


def _hours(way: Approach, seconds: np.ndarray | float) -> np.ndarray:
    return (np.asarray(seconds, dtype=float) - way.start) / _HOURS


def _time_axis(axes: Axes, way: Approach, *, numbered: bool) -> None:
    end = float(_hours(way, way.end))
    axes.set_xlim(0.0, 1.005 * end)
    axes.grid(True)
    axes.xaxis.set_major_locator(MaxNLocator(12))
    shades = {"close, by LiDAR": 0.12, "holding": 0.05, "capture": 0.25}
    for mode in way.modes:
        left, right = _hours(way, mode.start), _hours(way, mode.end)
        share = shades.get(mode.name, 0.0)
        if share:
            axes.axvspan(
                float(left), float(right), color=tint(_ORBITER, share), linewidth=0, zorder=-5
            )
    for stop in way.hold_points:
        colour = ALERT if stop.decision == "NO-GO" else "#009e73"
        at = float(_hours(way, stop.decided))
        axes.axvline(at, color=colour, linewidth=1.1, zorder=1)
        if not numbered:
            axes.annotate(
                stop.decision.partition(",")[0].partition(" of")[0], (at, 0.97), color=colour,
                xycoords=("data", "axes fraction"), xytext=(-4, 0), textcoords="offset points",
                ha="right", va="top", fontsize=9.5, weight="bold",
            )  # fmt: skip
    if numbered:
        axes.set_xlabel("hours since the far rendezvous began", labelpad=2)
    else:
        axes.tick_params(axis="x", labelbottom=False, length=0)


def draw_ranges(axes: Axes, way: Approach) -> None:
    """The range, true and believed, on a logarithmic scale."""
    axes.set_title("Range", pad=6)
    axes.set_yscale("log")
    axes.set_ylim(1.0, 1.6 * float(way.range.max()))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda m, _: f"{m / 1e3:g} km" if m >= 1e3 else f"{m:g} m")
    )
    _time_axis(axes, way, numbered=False)
    axes.plot(_hours(way, way.seconds), way.range, color=_ORBITER, linewidth=1.6)
    believed = way.run.series("orbiter", "range_to_container")
    told = (believed.seconds >= way.start) & (believed.seconds <= way.end)
    axes.plot(
        _hours(way, believed.seconds[told]), believed.values[told], linestyle="", marker="o",
        markersize=6, markerfacecolor="none", markeredgecolor="#e69f00", markeredgewidth=1.4,
    )  # fmt: skip
    axes.axhline(500.0, color=MUTED, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1)
    for mode in way.modes:
        middle = float(_hours(way, 0.5 * (mode.start + mode.end)))
        room = float(_hours(way, mode.end) - _hours(way, mode.start))
        if text_width(mode.name, 9.5) < room * width_in_inches(axes) / axes.get_xlim()[1]:
            axes.annotate(
                mode.name, (middle, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                textcoords="offset points", ha="center", va="bottom", fontsize=9.5, color=MUTED,
            )  # fmt: skip
    axes.annotate(
        "500 m: LiDAR", (1.0, 500.0), xycoords=("axes fraction", "data"), xytext=(6, 0),
        textcoords="offset points", va="center", color=MUTED, fontsize=9,
    )  # fmt: skip


def draw_closing_speeds(axes: Axes, way: Approach) -> None:
    """How fast the range shrinks."""
    axes.set_title("Closing speed (logarithmic beyond 1 cm/s)", pad=4)
    axes.set_yscale("symlog", linthresh=0.01, linscale=0.5)
    axes.set_yticks([-1.0, -0.1, 0.0, 0.1, 1.0, 10.0])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axes.minorticks_off()
    axes.set_ylabel("m/s")
    _time_axis(axes, way, numbered=True)
    axes.plot(_hours(way, way.seconds), way.closing, color=_ORBITER, linewidth=1.3)
    low = min(-0.02, 1.3 * float(way.closing.min()))
    axes.set_ylim(low, 2.0 * max(float(way.closing.max()), 0.1))
    if way.captured:
        speed = float(way.closing[-1])
        write_names(axes, [Name(f"contact, {100 * speed:.0f} cm/s", speed, PLACES["mav"][1])])
