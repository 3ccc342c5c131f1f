"""Rendezvous: the orbiter about the container, far and close, and how fast it came nearer.

Axes as is the habit of the field: the direction of flight (V-bar) to the right, the direction to
Mars (R-bar) down, the container at the origin.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ground.pictures.approach import Approach
from ground.pictures.closing import draw_closing_speeds, draw_ranges
from ground.pictures.point_names import Mark, name_points
from ground.pictures.run_data import RunData
from ground.pictures.style import (
    ALERT,
    INK,
    MUTED,
    VEHICLES,
    inches,
    new_figure,
)

LEFT, WIDE = 0.95, 10.3  # inches
_ORBITER, _CONTAINER = "#0072b2", VEHICLES["mav"][1]
_NEAR_PLANE = 110.0  # m: what the panel of the last metres shows
_NOTE = (
    "Line: the true way in the container's local axes.  Circles: where the orbiter believed to be, "
    "by telemetry.  Triangles: burns."
)


def has_rendezvous(run: RunData) -> bool:
    """Whether an approach was recorded and told of."""
    begun = run.events_named("orbiter", "far_range_entered")
    track = run.track("rendezvous")
    return bool(begun) and bool(track) and bool((track["time"] > begun[-1].seconds).sum() > 1)


def draw_rendezvous(run: RunData) -> Figure:
    """The way from afar, from the LiDAR's range on, and in the last metres; range and speed."""
    way = Approach(run)
    title = "Rendezvous and capture" if way.captured else "Rendezvous"
    figure = new_figure(run, title, 11.2, _NOTE)
    far = inches(figure, LEFT, 1.05, 11.5, 2.45)
    close = inches(figure, LEFT, 4.25, 6.5, 2.45)
    last = inches(figure, LEFT + 7.35, 4.25, 4.15, 2.45)
    _far(far, way)
    _close(close, way)
    _last_metres(last, way)
    ranges = inches(figure, LEFT, 7.45, WIDE, 1.6)
    speeds = inches(figure, LEFT, 9.35, WIDE, 1.2)
    draw_ranges(ranges, way)
    draw_closing_speeds(speeds, way)
    return figure


# ------------------------------------------------------------------------- the plane


def _plane(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title, pad=6)
    axes.set_xlabel(f"V-bar, {unit}: along the orbit, direction of flight →", labelpad=2)
    axes.set_ylabel(f"R-bar, {unit}: ↓ to Mars", labelpad=3)
    axes.grid(True)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
    axes.plot([0], [0], marker="s", markersize=8, color=_CONTAINER, linestyle="", zorder=7)


def _limits(axes: Axes, x: np.ndarray, y: np.ndarray, margin: float = 0.07) -> None:
    """Limits around points and the container; R-bar downwards."""
    for values, put, part in ((x, axes.set_xlim, margin), (y, axes.set_ylim, 3.0 * margin)):
        low, high = min(float(np.min(values)), 0.0), max(float(np.max(values)), 0.0)
        edge = part * max(high - low, 1e-6)
        put(low - edge, high + edge)
    axes.invert_yaxis()


def _label(axes: Axes, way: Approach, marks: list[Mark], scale: float) -> None:
    """Words beside points of the way, off the way and off the line of R-bar zero."""
    path = np.stack([way.along, way.down], axis=1) / scale
    across = np.array([[x, 0.0] for x in axes.get_xlim()])
    name_points(
        axes, marks, [path, across],
        look=lambda words: {"color": ALERT} if "NO-GO" in words else {},
    )  # fmt: skip


def _burns(axes: Axes, way: Approach, start: float, end: float, scale: float) -> None:
    for event in way.events("manoeuvre"):
        if start <= event.seconds <= end:
            x, y = way.place(event.seconds)
            axes.plot(
                [x / scale], [y / scale], marker="^", markersize=5, color=INK, linestyle="",
                markeredgecolor="white", markeredgewidth=0.5, zorder=6,
            )  # fmt: skip


def _draw_way(axes: Axes, way: Approach, start: float, end: float, scale: float) -> None:
    x, y = way.between(start, end)
    axes.plot(x / scale, y / scale, color=_ORBITER, linewidth=1.5, zorder=4)
    seconds, along, down = way.believed
    told = (seconds >= start) & (seconds <= end)
    axes.plot(
        along[told] / scale, down[told] / scale, linestyle="", marker="o", markersize=6.5,
        markerfacecolor="none", markeredgecolor="#e69f00", markeredgewidth=1.4, zorder=5,
    )  # fmt: skip


def _far(axes: Axes, way: Approach) -> None:
    start, end = way.start, way.close_begins
    x, y = way.between(start, end)
    _limits(axes, x / 1e3, y / 1e3)
    _plane(axes, f"From {way.begun_at / 1e3:.0f} km to 500 m, by bearings alone", "km")
    _draw_way(axes, way, start, end, 1e3)
    _burns(axes, way, start, end, 1e3)
    marks: list[Mark] = [(0.0, 0.0, "container")]
    begin = way.place(start)
    marks.append((begin[0] / 1e3, begin[1] / 1e3, f"far rendezvous begins, {_clock(way, start)}"))
    for event in way.events("manoeuvre"):
        purpose = str(event.data.get("purpose", ""))
        if event.seconds <= end and purpose.startswith("to "):
            x0, y0 = (each / 1e3 for each in way.place(event.seconds))
            goal = float(purpose.split()[1])
            words = f"{goal / 1e3:g} km" if goal >= 1000.0 else f"{goal:g} m"
            marks.append((x0, y0, f"burn to {words}: {event.data.get('size', 0.0):.2g} m/s"))
    _label(axes, way, marks, 1e3)


def _close(axes: Axes, way: Approach) -> None:
    start = way.close_begins
    if start >= way.end:
        start = way.start
    x, y = way.between(start, way.end)
    _limits(axes, x, y)
    _plane(axes, "From the LiDAR's range to the container", "m")
    _draw_way(axes, way, start, way.end, 1.0)
    _burns(axes, way, start, way.end, 1.0)
    begin = way.place(start)
    marks: list[Mark] = [(*begin, f"LiDAR takes over, {_clock(way, start)}")]
    for stop in way.hold_points:
        if stop.distance > _NEAR_PLANE:
            marks.append((*way.place(stop.waiting), f"hold {stop.distance:.0f} m: {stop.decision}"))
    _label(axes, way, marks, 1.0)


def _last_metres(axes: Axes, way: Approach) -> None:
    start = _last_time(way, _NEAR_PLANE)
    x, y = way.between(start, way.end)
    if len(x) < 2:
        axes.set_visible(False)
        return
    _limits(axes, x, y)
    _plane(axes, f"The last {_NEAR_PLANE:.0f} m", "m")
    _draw_way(axes, way, start, way.end, 1.0)
    _burns(axes, way, start, way.end, 1.0)
    marks: list[Mark] = [
        (*way.place(stop.waiting), f"hold {stop.distance:.0f} m: {stop.decision}")
        for stop in way.hold_points
        if stop.distance <= _NEAR_PLANE
    ]
    if way.captured:
        marks.append((0.0, 0.0, f"captured, {_clock(way, way.end)}"))
    _label(axes, way, marks, 1.0)


def _last_time(way: Approach, distance: float) -> float:
    """When it was last as far away as this, s."""
    beyond = np.flatnonzero(way.range > distance)
    return float(way.seconds[beyond[-1]]) if len(beyond) else way.start


def _clock(way: Approach, seconds: float) -> str:
    """Like `T+2:05`: hours and minutes since the far rendezvous began."""
    minutes = round((seconds - way.start) / 60.0)
    return f"T+{minutes // 60}:{minutes % 60:02d}"
