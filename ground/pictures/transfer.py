"""The transfer from Mars to Earth: the orbit around the Sun, its manoeuvres, and the capsule's way
through the air."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from ground.pictures.flight_panels import name_point
from ground.pictures.journey import Journey
from ground.pictures.labels import height_in_inches
from ground.pictures.point_names import Mark, name_points
from ground.pictures.run_data import RunData
from ground.pictures.style import (
    INK,
    MUTED,
    inches,
    new_figure,
    say_nothing_here,
)
from ground.pictures.transfer_touchdown import draw_touchdown

_SUN, _EARTH, _MARS, _WAY, _CAPSULE = "#e69f00", "#0072b2", "#b5532a", "#1f2933", "#009e73"
_YEARS = {"earth": 365.3, "mars": 687.0}  # days
_SMALLEST_LABEL = 0.5  # m/s: smaller corrections are in the table only
_NOTE = (
    "Left: the true orbit in the ecliptic plane, the vernal equinox to the right, a dot each "
    "30 days.  Right: what was reported, and the capsule's way through the air."
)


def has_transfer(run: RunData) -> bool:
    """Whether the orbiter left Mars and its way was recorded."""
    return bool(run.events_named("orbiter", "departed")) and bool(run.track("transfer"))


def draw_transfer(run: RunData) -> Figure:
    """The orbit from Mars to Earth, a table of manoeuvres, and the entry at Earth."""
    way = Journey(run)
    touchdown = run.summary.get("touchdown")
    more = 1.85 if touchdown is not None else 0.0
    figure = new_figure(run, "Transfer from Mars to Earth", 8.9 + more, _NOTE)
    _orbits(inches(figure, 0.25, 0.85 + 0.5 * more, 7.45, 7.45), way)
    _table(inches(figure, 8.15, 0.95, 4.4, 3.75), way)
    height = inches(figure, 8.75, 5.05, 3.3, 1.15)
    loads = inches(figure, 8.75, 6.95, 3.3, 1.15)
    _capsule(height, loads, way, said=touchdown is not None)
    if touchdown is not None:
        draw_touchdown(inches(figure, 8.75, 8.87, 1.35, 1.35), touchdown, _impact(way))
    return figure


def _impact(way: Journey) -> float:
    """Mean deceleration of the landing, g; not a number when it was not recorded."""
    track = way.run.track("capsule")
    return float(track["deceleration"][-1]) / STANDARD_GRAVITY if track else math.nan


# ----------------------------------------------------------------------- around the Sun


def _orbits(axes: Axes, way: Journey) -> None:
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    reach = 1.75
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    for body, colour in (("earth", _EARTH), ("mars", _MARS)):
        orbit = way.orbit(body, _YEARS[body])
        axes.plot(orbit[:, 0], orbit[:, 1], color=colour, linewidth=1.0, alpha=0.55)
    axes.plot([0], [0], marker="o", markersize=15, color=_SUN, linestyle="")
    seconds, places = way.way
    axes.plot(places[:, 0], places[:, 1], color=_WAY, linewidth=2.4, zorder=4)
    for days in np.arange(30.0, (seconds[-1] - seconds[0]) / SECONDS_PER_DAY, 30.0):
        x, y = way.place(float(seconds[0] + days * SECONDS_PER_DAY))
        axes.plot(
            [x], [y], marker="o", markersize=3.6, color="white", markeredgecolor=_WAY, zorder=5
        )
    ends = [("mars", way.departed.seconds), ("earth", way.departed.seconds)]
    if way.arrival is not None:
        ends += [("earth", way.arrival), ("mars", way.arrival)]
    for number, (body, time) in enumerate(ends):
        x, y = way.planet(body, time)
        at_end = number in (0, 2)
        axes.plot(
            [x], [y], marker="o", markersize=11 if at_end else 8, linestyle="", zorder=6,
            color=_EARTH if body == "earth" else _MARS, alpha=1.0 if at_end else 0.45,
            markeredgecolor="white",
        )  # fmt: skip
    _events(axes, way, ends)
    _au_bar(axes, reach)


def _events(axes: Axes, way: Journey, ends: list[tuple[str, float]]) -> None:
    """The manoeuvres of size and the ends of the way, with their words."""
    marks: list[Mark] = [(0.0, 0.0, "Sun")]
    for number, (body, time) in enumerate(ends):
        x, y = way.planet(body, time)
        words = f"{body.capitalize()}, {way.date(time)}"
        if number == 0:
            words = f"Departure from Mars, {way.date(time)}"
        elif number == 2:
            words = f"Arrival at Earth, {way.date(time)}"
        marks.append((float(x), float(y), words))
    for step in way.steps[1:]:
        x, y = way.place(step.seconds)
        axes.plot(
            [x], [y], marker="^", markersize=7, color=_CAPSULE, linestyle="", zorder=7,
            markeredgecolor="white", markeredgewidth=0.7,
        )  # fmt: skip
        if step.title.startswith(("correction", "targeting")) and step.delta_v >= _SMALLEST_LABEL:
            marks.append((x, y, f"{step.title}: {step.delta_v:.1f} m/s"))
    if way.released is not None:
        marks.append((*way.place(way.released), f"capsule released, {way.date(way.released)}"))
    turn = np.linspace(0.0, math.tau, 40)
    sun = 0.09 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    lines = [way.way[1], *(way.orbit(body, days) for body, days in _YEARS.items()), sun]
    name_points(axes, marks, lines, 10.0, _look)


def _look(words: str) -> dict[str, Any]:
    if words.startswith(("Departure", "Arrival")):
        return {"weight": "bold"}
    return {"color": MUTED} if words.startswith(("Earth", "Mars", "Sun")) else {}


def _au_bar(axes: Axes, reach: float) -> None:
    axes.plot([-reach + 0.05, -reach + 0.55], [-reach + 0.08] * 2, color=INK, linewidth=2.5)
    axes.text(-reach + 0.3, -reach + 0.12, "0.5 au", ha="center", va="bottom", fontsize=9.5)


# ------------------------------------------------------------------------- in figures


def _table(axes: Axes, way: Journey) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    rows = [(way.date(step.seconds), step.title, step.delta_v) for step in way.steps]
    lines = max(len(rows) + 6, 12)
    axes.set_ylim(lines - 0.5, -0.5)
    size = min(10.0, 72.0 * height_in_inches(axes) / lines / 1.35)
    axes.text(0.0, 0, "Manoeuvres", weight="bold", fontsize=11)
    axes.text(1.0, 0, "m/s", ha="right", color=MUTED, fontsize=size)
    for number, (date, title, delta_v) in enumerate(rows, 1):
        axes.text(0.0, number, date, color=MUTED, fontsize=size)
        axes.text(0.26, number, title, fontsize=size)
        if not math.isnan(delta_v):
            axes.text(1.0, number, _size(delta_v), ha="right", fontsize=size)
    total = sum(delta_v for *_, delta_v in rows if not math.isnan(delta_v))
    number = len(rows) + 1
    axes.plot([0, 1], [number - 0.78] * 2, color=MUTED, linewidth=0.7)
    axes.text(0.26, number, "in all", fontsize=size)
    axes.text(1.0, number, f"{total:.1f}", ha="right", fontsize=size)
    for line, fact in enumerate(_facts(way), number + 1):
        axes.text(0.0, line + 0.4, fact, fontsize=size)


def _facts(way: Journey) -> list[str]:
    """Sentences below the table."""
    facts = [f"C3 {way.c3:.2f} km²/s², v∞ {math.sqrt(way.c3):.2f} km/s at Mars"]
    at_earth = []
    if not math.isnan(way.arrival_speed):
        at_earth.append(f"v∞ {way.arrival_speed / 1e3:.2f} km/s at Earth")
    if way.arrival is not None:
        days = (way.arrival - way.departed.seconds) / SECONDS_PER_DAY
        at_earth.append(f"{days:.0f} days on the way")
    angles = way.run.series("orbiter", "entry_angle")
    if len(angles.values):
        corridor = way.parameters["entry_angle"], way.parameters["entry_corridor"]
        facts.append(
            f"entry angle {angles.values[-1]:.2f}° predicted, corridor {corridor[0]:g} ± "
            f"{corridor[1]:g}°"
        )
    return [facts[0], ", ".join(at_earth), *facts[1:]]


def _size(delta_v: float) -> str:
    return f"{delta_v:.1f}" if delta_v >= 10.0 else f"{delta_v:.3f}"


# ----------------------------------------------------------------------------- at Earth


def _capsule(height: Axes, loads: Axes, way: Journey, said: bool) -> None:
    """`said`: the touchdown has a panel of its own."""
    track = way.run.track("capsule")
    height.set_title("The capsule: altitude over speed", pad=5)
    loads.set_title("Deceleration and heat flux", pad=5)
    if not track or len(track["time"]) < 3:
        for axes in (height, loads):
            say_nothing_here(axes, "No capsule came to the air of Earth.")
            axes.set_xticks([])
            axes.set_yticks([])
        return
    landed = float(track["latitude"][-1]) != 0.0
    last = -1 if landed else len(track["time"])
    speed, altitude = track["speed"] / 1e3, track["height"] / 1e3
    height.plot(speed, altitude, color=_CAPSULE)
    height.set_xlim(1.06 * float(speed.max()), -0.3)
    height.set_ylim(0, 145)
    height.set_xlabel("km/s through the air", labelpad=2)
    height.set_ylabel("km")
    height.grid(True)
    gees = track["deceleration"][:last] / STANDARD_GRAVITY
    worst = int(np.argmax(gees))
    name_point(
        height, float(speed[worst]), float(altitude[worst]),
        f"{gees[worst]:.0f} g at {altitude[worst]:.0f} km", side="right",
    )  # fmt: skip
    _loads(loads, way, gees, track["heat_flux"][:last] / 1e6, track["time"][:last])
    if landed and not said:
        impact = _impact(way)
        off = way.off_site(float(track["latitude"][-1]), float(track["longitude"][-1]))
        words = f"Touchdown {off / 1e3:.0f} km from the site aimed at, "
        words += f"at {track['speed'][-1]:.0f} m/s: {impact:.0f} g"
        loads.annotate(
            words, (0.0, 0.0), xycoords="axes fraction", xytext=(-40, -34), ha="left", va="top",
            textcoords="offset points", fontsize=9.5, color=INK, annotation_clip=False,
        )  # fmt: skip


def _loads(
    axes: Axes, way: Journey, gees: np.ndarray, heating: np.ndarray, times: np.ndarray
) -> None:
    seconds = times - times[0]
    shown = float(seconds[gees > 3.0][-1]) + 15.0 if (gees > 3.0).any() else 60.0
    axes.plot(seconds, gees, color=_CAPSULE)
    kept, felt = way.own_record
    inside = (kept - times[0] > 0.0) & (kept - times[0] < shown)
    axes.plot(
        kept[inside] - times[0], felt[inside] / STANDARD_GRAVITY, linestyle="", marker="o",
        markersize=3.4, markerfacecolor="white", markeredgecolor="#00694d", markeredgewidth=0.8,
    )  # fmt: skip
    axes.set_xlim(0, shown)
    axes.set_ylim(0, 1.25 * float(gees.max()))
    axes.set_xlabel("seconds since the entry interface", labelpad=2)
    axes.set_ylabel("g; circles: own record", color="#00694d")
    axes.grid(True)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    other = axes.twinx()
    other.spines["right"].set_visible(True)
    other.plot(seconds, heating, color="#d55e00")
    other.set_ylim(0, 1.25 * float(heating.max()))
    other.yaxis.set_major_locator(MaxNLocator(4))
    other.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    other.set_ylabel("MW/m² at the nose", color="#d55e00")
    hottest = int(np.argmax(heating))
    name_point(
        other, float(seconds[hottest]), float(heating[hottest]), f"{heating[hottest]:.1f} MW/m²",
        "#d55e00", side="right",
    )  # fmt: skip
