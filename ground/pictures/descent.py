"""Entry, descent and landing: altitude over speed with the events, loads, bank angle, and where it
came down."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from flight.astrodynamics.constants import STANDARD_GRAVITY
from ground.pictures.descent_data import LANDER, DescentData
from ground.pictures.flight_panels import name_point
from ground.pictures.labels import height_in_inches, width_in_inches
from ground.pictures.point_names import Mark, name_points
from ground.pictures.run_data import RunData
from ground.pictures.style import (
    CAUTION,
    INK,
    MUTED,
    VEHICLES,
    halo,
    inches,
    legible,
    new_figure,
    say_nothing_here,
)
from ground.reports.touchdown_facts import DISTANCE_AIM

_COLOUR = VEHICLES["lander"][1]
_BELIEVED = "#0072b2"
_LOWEST, _SLOWEST = 2.0, 0.5  # m and m/s at which the logarithmic axes end
_TRACK_FROM = "parachute"


def has_descent(run: RunData) -> bool:
    """Whether a lander came down and told how high and how fast it was."""
    if not run.events_named(LANDER, "entry_interface"):
        return False
    return len(DescentData(run).seconds) > 2


def draw_descent(run: RunData) -> Figure:
    """Five panels of one descent."""
    data = DescentData(run)
    source = "True track; events and ordered bank angle" if data.is_true else "All"
    note = f"{source} by the lander's telemetry.  Heights over the place of the touchdown."
    figure = new_figure(run, "Entry, descent and landing", 9.75, note)
    _profile(inches(figure, 0.95, 1.0, 6.4, 4.35), data)
    loads = inches(figure, 0.95, 6.1, 6.4, 1.2)
    bank = inches(figure, 0.95, 7.7, 6.4, 1.35)
    _loads(loads, data)
    _bank(bank, data)
    _ground_track(inches(figure, 8.35, 1.0, 4.1, 3.6), data)
    _last_metres(inches(figure, 8.35, 5.45, 4.1, 3.6), data)
    return figure


# ------------------------------------------------------------------ altitude over speed


def _profile(axes: Axes, data: DescentData) -> None:
    axes.set_title("Altitude over speed", pad=6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    shown = (data.height >= _LOWEST) & (data.speed >= _SLOWEST)
    height, speed = data.height[shown], data.speed[shown]
    axes.set_xlim(_SLOWEST, 2.0 * float(speed.max()))
    axes.set_ylim(0.4 * _LOWEST, 2.5 * float(height.max()))  # room below for the words of its end
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: f"{v / 1e3:g} km" if v >= 1e3 else f"{v:g} m")
    )
    axes.grid(True)
    axes.set_xlabel("speed over the ground, m/s", labelpad=2)
    axes.plot(speed, height, color=_COLOUR, linewidth=1.8)
    marks: list[Mark] = []
    last = float(data.seconds[shown][-1])
    for title, seconds in data.milestones:
        y, x = data.at(min(seconds, last))
        axes.plot([x], [y], marker="o", markersize=5, color=INK, linestyle="", zorder=6)
        marks.append((x, y, f"{title}, {seconds:.0f} s"))
    name_points(axes, marks, [np.stack([speed, height], axis=1)])


# ------------------------------------------------------------------------- over time


def _time_axis(axes: Axes, data: DescentData, *, numbered: bool) -> None:
    axes.set_xlim(0.0, 1.01 * float(data.seconds[-1]))
    axes.grid(True)
    for title, seconds in data.milestones:
        if title in ("parachute", "powered descent"):
            axes.axvline(seconds, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
            if not numbered:
                axes.annotate(
                    title, (seconds, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                    textcoords="offset points", ha="center", va="bottom", fontsize=9.5, color=MUTED,
                )  # fmt: skip
    if numbered:
        axes.set_xlabel("seconds since the entry interface", labelpad=2)
    else:
        axes.tick_params(axis="x", labelbottom=False, length=0)


def _loads(axes: Axes, data: DescentData) -> None:
    axes.set_title("Felt acceleration", pad=6)
    _time_axis(axes, data, numbered=False)
    axes.set_ylabel("g of Earth")
    gees = data.felt / STANDARD_GRAVITY
    if not len(gees):
        say_nothing_here(axes, "No true track was recorded.")
        return
    axes.plot(data.seconds, gees, color=_COLOUR, linewidth=1.4)
    axes.set_ylim(0, 1.25 * float(gees.max()))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    peak = int(np.argmax(gees))
    height = data.height[peak] / 1e3
    words = f"{gees[peak]:.1f} g at {height:.0f} km, {data.speed[peak] / 1e3:.1f} km/s"
    name_point(axes, float(data.seconds[peak]), float(gees[peak]), words)


def _bank(axes: Axes, data: DescentData) -> None:
    axes.set_title("Bank angle", pad=5)
    _time_axis(axes, data, numbered=True)
    axes.set_ylabel("degrees")
    axes.set_ylim(-105, 105)
    axes.set_yticks([-90, -45, 0, 45, 90])
    seconds, flown = data.bank_flown
    if not len(seconds):
        say_nothing_here(axes, "No bank angle was reported.")
        return
    axes.plot(seconds, flown, color=_COLOUR, linewidth=1.6)
    told, ordered = data.bank_ordered
    axes.plot(
        told, ordered, linestyle="", marker="o", markersize=4.2, markerfacecolor="none",
        markeredgecolor=CAUTION, markeredgewidth=1.2,
    )  # fmt: skip
    end = float(seconds[-1]) + 8.0
    axes.text(end, 62.0, "flown", color=legible(_COLOUR), weight="bold")
    axes.text(end, 30.0, "ordered, by telemetry", color=legible(CAUTION), weight="bold")
    axes.text(end, -60.0, f"{len(data.reversals)} reversals", color=INK)


# ------------------------------------------------------------------------ on the ground


def _ground_track(axes: Axes, data: DescentData) -> None:
    axes.set_title("From the parachute to the ground", pad=6)
    east, north = data.places
    start = dict(data.milestones).get(_TRACK_FROM)
    if not len(east) or start is None:
        _nothing(axes)
        return
    chosen = data.seconds >= start - 1.0
    _map(axes, east[chosen] / 1e3, north[chosen] / 1e3, "km")
    axes.plot([0], [0], marker="+", markersize=13, color=CAUTION, markeredgewidth=2.0, zorder=5)
    marks: list[Mark] = []
    for title, seconds in data.milestones:
        if title in ("parachute", "radar lock", "terrain fix", "backshell off", "touchdown"):
            x, y = (float(np.interp(seconds, data.seconds, v)) / 1e3 for v in (east, north))
            axes.plot([x], [y], marker="o", markersize=5, color=INK, linestyle="", zorder=6)
            marks.append((x, y, title))
    name_points(axes, marks, [np.stack([east[chosen], north[chosen]], axis=1) / 1e3])


def _last_metres(axes: Axes, data: DescentData) -> None:
    axes.set_title("The touchdown", pad=6)
    east, north = data.places
    if not len(east):
        _nothing(axes)
        return
    reach = max(1.35 * DISTANCE_AIM, 1.25 * math.hypot(float(east[-1]), float(north[-1])))
    near = np.hypot(east, north) < 4.0 * reach
    _map(axes, east[near], north[near], "m")
    axes.set_aspect("auto")
    wide, tall = width_in_inches(axes), height_in_inches(axes)
    axes.set_xlim(-reach * wide / min(wide, tall), reach * wide / min(wide, tall))
    axes.set_ylim(-reach * tall / min(wide, tall), reach * tall / min(wide, tall))
    axes.add_patch(
        Circle(
            (0, 0), DISTANCE_AIM, fill=False, color=CAUTION, linestyle=(0, (5, 3)), linewidth=1.2
        )
    )
    side = math.copysign(1.0, float(north[near][0]))  # the words are where it did not come from
    axes.text(
        0.0, -1.04 * DISTANCE_AIM * side, f"{DISTANCE_AIM:.0f} m from the aim", ha="center",
        va="top" if side > 0.0 else "bottom",
        color=legible(CAUTION), fontsize=9.5, path_effects=halo(),
    )  # fmt: skip
    axes.plot([0], [0], marker="+", markersize=13, color=CAUTION, markeredgewidth=2.0, zorder=5)
    off = math.hypot(float(east[-1]), float(north[-1]))
    marks: list[Mark] = [(float(east[-1]), float(north[-1]), f"touchdown, {off:.1f} m off")]
    axes.plot(east[-1:], north[-1:], marker="o", markersize=5, color=INK, linestyle="", zorder=6)
    believed = data.believed_place
    if believed is not None:
        axes.plot(*([v] for v in believed), marker="o", markersize=5, color=_BELIEVED, zorder=6)
        marks.append((*believed, "where it says it stands"))
    turn = np.linspace(0.0, math.tau, 120)
    circle = DISTANCE_AIM * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    name_points(
        axes, marks, [np.stack([east[near], north[near]], axis=1), circle],
        look=lambda words: {"color": _BELIEVED} if words.startswith("where") else {},
    )  # fmt: skip


def _map(axes: Axes, east: np.ndarray, north: np.ndarray, unit: str) -> None:
    axes.set_aspect("equal", adjustable="datalim")
    axes.plot(east, north, color=_COLOUR, linewidth=1.8)
    axes.grid(True)
    axes.margins(0.1)
    axes.set_xlabel(f"{unit} east of the aim", labelpad=2)
    axes.set_ylabel(f"{unit} north of the aim")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))


def _nothing(axes: Axes) -> None:
    say_nothing_here(axes, "No true track was recorded.")
    axes.set_xticks([])
    axes.set_yticks([])
