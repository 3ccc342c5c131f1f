"""Pictures of a trade: orbits, margins and ways up, each with all variants.

Green is what is recommended, blue what meets the criterion, vermilion what does not. Imports
matplotlib, so it is imported itself only when something is to be drawn.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ground.pictures.labels import text_width
from ground.pictures.style import (
    ALERT,
    CAUTION,
    FAINT,
    INK,
    MUTED,
    WIDTH,
    house_style,
    inches,
    save,
    tint,
)
from ground.studies.trade.flight import Trace, TradeResult
from ground.studies.trade.study import trace_of
from ground.studies.trade.trade_file import Trade
from ground.studies.trade.verdict import Decision, Verdict, reaches

CHOSEN, FIT, UNFIT = "#009e73", "#0072b2", ALERT
COLUMNS = 6
_LEFT, _TOP, _GAP, _PANEL, _STEP = 0.75, 0.85, 0.22, 1.76, 2.42  # inches, of the small panels
_FRAME = 110.0  # km shown around the box of the orbits

_MISSING_SHOWN = 250.0  # m/s: what misses more tells no more

Results = dict[str, list[TradeResult]]


def draw_trade(
    folder: Path, trade: Trade, results: Results, decision: Decision, first: int
) -> list[Path]:
    """Draws all pictures into a folder; returns their paths. `first`: the day that is shown."""
    folder.mkdir(parents=True, exist_ok=True)
    traces = {design.name: trace_of(design, first) for design in trade.designs}
    with house_style():
        return [
            save(margins(trade, results, decision), folder / "margins.png"),
            save(orbits(trade, results, decision), folder / "orbits.png"),
            save(ascents(trade, traces, decision), folder / "ascents.png"),
        ]


def colour(verdict: Verdict, decision: Decision) -> str:
    """Of a design: recommended, fit, or not."""
    if verdict.design == decision.recommended:
        return CHOSEN
    return UNFIT if verdict.against else FIT


# ------------------------------------------------------------------- margins


def margins(trade: Trade, results: Results, decision: Decision) -> Figure:
    """A row for each design: the margin of each flight, their quartiles, the share in orbit."""
    verdicts = decision.verdicts
    row = 0.34
    height = 1.65 + row * len(verdicts)
    figure = _figure(
        f"{trade.title}: velocity that was left", height,
        "a dot for each flight (hollow: it missed the orbit), a bar from the first to the third "
        "quartile, a tick at the median; yellow: what is asked for",
    )  # fmt: skip
    axes = inches(figure, 4.7, 0.95, WIDTH - 4.7 - 2.6, row * len(verdicts))
    axes.set_ylim(len(verdicts) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlabel(
        "velocity left in the motors, m/s (below zero: what is missing; at the edge: more of it)"
    )
    low, high = _margin_limits(results)
    axes.set_xlim(low, high)
    axes.axvline(0.0, color=MUTED, linewidth=1.0)
    axes.grid(True, axis="x")
    for place, verdict in enumerate(verdicts):
        _margin_row(axes, place, verdict, results[verdict.design], trade, decision)
    _margin_heads(axes)
    return figure


def _margin_limits(results: Results) -> tuple[float, float]:
    found = [r.margin for rows in results.values() for r in rows if math.isfinite(r.margin)]
    found = [max(value, -_MISSING_SHOWN) for value in found] or [0.0]
    span = max(max(found) - min(found), 50.0)
    return min(*found, 0.0) - 0.04 * span, max(*found, 0.0) + 0.04 * span


def _margin_row(
    axes: Axes, place: int, verdict: Verdict, results: Sequence[TradeResult], trade: Trade,
    decision: Decision,
) -> None:  # fmt: skip
    shade = colour(verdict, decision)
    if place % 2:
        axes.axhspan(place - 0.5, place + 0.5, color="#f6f7f9", linewidth=0, zorder=-5)
    low, _ = axes.get_xlim()
    values = sorted(r.margin for r in results if math.isfinite(r.margin))
    if values:
        first, middle, third = (_quantile(values, share) for share in (0.25, 0.5, 0.75))
        axes.barh(place, third - first, 0.5, first, color=tint(shade, 0.30), linewidth=0, zorder=2)
        axes.plot([middle] * 2, [place - 0.3, place + 0.3], color=shade, linewidth=2, zorder=4)
    for number, result in enumerate(results):
        if not math.isfinite(result.margin):
            continue
        is_in = reaches(result, trade.orbit)
        axes.plot(
            max(result.margin, low), place + 0.26 * math.sin(2.4 * number), "o", markersize=3.4,
            markerfacecolor=tint(shade, 0.75) if is_in else "white", markeredgecolor=shade,
            markeredgewidth=0.0 if is_in else 0.9, zorder=3,
        )  # fmt: skip
    asked = verdict.least_margin
    axes.plot([asked] * 2, [place - 0.42, place + 0.42], color=CAUTION, linewidth=1.6, zorder=1)
    bold = "bold" if verdict.design == decision.recommended else "normal"
    lowest, highest = (100.0 * bound for bound in verdict.share_interval)
    _beside(axes, place, -4.5, verdict.design, color=shade, weight=bold)
    _beside(axes, place, -2.95, verdict.title, color=MUTED, size=8.5)
    right = WIDTH - 4.7 - 2.6
    _beside(axes, place, right + 0.72, f"{verdict.lift_off_mass:.0f}", ha="right")
    _beside(axes, place, right + 1.22, f"{verdict.payload:.0f}", ha="right")
    _beside(axes, place, right + 1.82, f"{100 * verdict.share:.0f} %", ha="right", weight=bold)
    _beside(axes, place, right + 1.9, f"({lowest:.0f} to {highest:.0f})", color=MUTED, size=8.5)


def _beside(axes: Axes, row: float, at: float, text: str, **look: object) -> None:
    """Writes beside the axes, `at` inches from their left edge."""
    width = axes.get_position().width * WIDTH
    settings: dict[str, object] = {"va": "center", "size": 9.5, "color": INK, **look}
    axes.text(at / width, row, text, transform=axes.get_yaxis_transform(), **settings)  # type: ignore[arg-type]


def _margin_heads(axes: Axes) -> None:
    right = WIDTH - 4.7 - 2.6
    row = -0.85
    _beside(axes, row, -4.5, "variant", color=MUTED, size=9)
    _beside(axes, row, right + 0.72, "mass", color=MUTED, size=9, ha="right")
    _beside(axes, row, right + 1.22, "load", color=MUTED, size=9, ha="right")
    _beside(axes, row, right + 1.82, "in orbit", color=MUTED, size=9, ha="right")


# ------------------------------------------------------------ panels for each design


def orbits(trade: Trade, results: Results, decision: Decision) -> Figure:
    """A panel for each design: periapsis and apoapsis of each flight, and the box asked for."""
    low, high = trade.orbit.lowest, trade.orbit.highest

    def draw(axes: Axes, verdict: Verdict, shade: str) -> str:
        axes.set_xlim(low - _FRAME, high + 0.2 * _FRAME)
        axes.set_ylim(low - 0.6 * _FRAME, high + 0.4 * _FRAME)
        axes.add_patch(
            Rectangle((low, low), high - low, high - low, facecolor="#eef4ee", edgecolor=CHOSEN,
                      linewidth=0.9, zorder=1)
        )  # fmt: skip
        axes.plot([0, 1000], [0, 1000], color=FAINT, linewidth=0.8, zorder=1)
        outside = 0
        for result in results[verdict.design]:
            point = (result.periapsis_km, result.apoapsis_km)
            if not result.in_orbit or not _is_shown(axes, point):
                outside += 1
                continue
            is_in = reaches(result, trade.orbit)
            axes.plot(
                *point, "o", markersize=4, markerfacecolor=tint(shade, 0.7) if is_in else "white",
                markeredgecolor=shade, markeredgewidth=0.3 if is_in else 0.9, zorder=3,
            )  # fmt: skip
        share = f"{100 * verdict.share:.0f} %"
        return f"{share}, {outside} of {verdict.runs} beyond" if outside else share

    return _panels(
        f"{trade.title}: the orbits that came of it", "periapsis, km", "apoapsis, km",
        f"a dot for each flight; the box holds the orbits asked for, {low:g} to {high:g} km",
        decision, draw,
    )  # fmt: skip


def _is_shown(axes: Axes, point: tuple[float, float]) -> bool:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return left <= point[0] <= right and bottom <= point[1] <= top


def ascents(trade: Trade, traces: dict[str, Trace], decision: Decision) -> Figure:
    """A panel for each design: height over speed of one flight, thick while a motor burns."""
    top = trade.orbit.highest

    def draw(axes: Axes, verdict: Verdict, shade: str) -> str:
        axes.set_xlim(0.0, 3.7)
        axes.set_ylim(0.0, 1.12 * top)
        axes.axhspan(trade.orbit.lowest, top, color="#eef4ee", linewidth=0, zorder=0)
        for name, other in traces.items():
            if name != verdict.design:
                axes.plot(_km_s(other), other.heights, color="#e1e4e9", linewidth=0.7, zorder=1)
        trace = traces[verdict.design]
        axes.plot(_km_s(trace), trace.heights, color=shade, linewidth=1.0, zorder=3)
        for start, end in _pushes(trace):
            axes.plot(
                _km_s(trace)[start:end], trace.heights[start:end], color=shade, linewidth=3.0,
                zorder=4,
            )  # fmt: skip
        lengths = [trace.times[end - 1] - trace.times[start] for start, end in _pushes(trace)]
        return "burns " + " + ".join(f"{length:.0f}" for length in lengths) + " s"

    return _panels(
        f"{trade.title}: the way up", "inertial speed, km/s", "height, km",
        "one flight of each, on the same day: thick while a motor burns; grey are the others",
        decision, draw,
    )  # fmt: skip


def _km_s(trace: Trace) -> list[float]:
    return [speed / 1e3 for speed in trace.speeds]


def _pushes(trace: Trace) -> list[tuple[int, int]]:
    """Begin and end (beyond the last) of each burn among the points of a flight."""
    found: list[tuple[int, int]] = []
    for index, pushed in enumerate(trace.is_pushed):
        if pushed and found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        elif pushed:
            found.append((index, index + 1))
    return found


def _panels(
    title: str, x: str, y: str, note: str, decision: Decision,
    draw: Callable[[Axes, Verdict, str], str],
) -> Figure:  # fmt: skip
    """A figure with a small panel for each design; `draw` returns what to write below its name."""
    verdicts = decision.verdicts
    columns = min(COLUMNS, len(verdicts))
    rows = math.ceil(len(verdicts) / columns)
    height = _TOP + rows * _STEP + 0.3
    figure = _figure(title, height, note)
    for index, verdict in enumerate(verdicts):
        column, row = index % columns, index // columns
        axes = inches(
            figure, _LEFT + column * (_PANEL + _GAP), _TOP + 0.3 + row * _STEP, _PANEL, _PANEL
        )
        shade = colour(verdict, decision)
        told = draw(axes, verdict, shade)
        axes.grid(True)
        axes.tick_params(labelsize=8, labelleft=column == 0)
        axes.tick_params(labelbottom=index + columns >= len(verdicts))
        name = verdict.design.replace("_", " ")
        axes.text(0.0, 1.16, name, transform=axes.transAxes, color=shade, weight="bold", size=10)
        axes.text(0.0, 1.04, told, transform=axes.transAxes, color=MUTED, size=8.5)
        if column == 0:
            axes.set_ylabel(y, size=9)
        if index + columns >= len(verdicts):
            axes.set_xlabel(x, size=9, labelpad=2)
    return figure


def _figure(title: str, height: float, note: str) -> Figure:
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.016, 1 - 0.27 / height, title, fontsize=16, weight="bold", va="center")
    figure.text(0.016, 1 - 0.56 / height, note, color=MUTED, va="center")
    keys = (("recommended", CHOSEN), ("meets what was asked for", FIT), ("does not", UNFIT))
    at = 0.985
    for text, shade in reversed(keys):
        figure.text(at, 1 - 0.27 / height, text, color=shade, ha="right", va="center", size=9.5)
        at -= (text_width(text, 9.5) + 0.15) / WIDTH
    return figure


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
