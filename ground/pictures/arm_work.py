"""The arm's work: how each tube got into the container, and what the joints did meanwhile."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from flight.core.telling.channels import declared_channels
from ground.pictures.arm_views import draw_arm_views
from ground.pictures.curve_names import Name, write_names
from ground.pictures.labels import inches_per_unit, text_width
from ground.pictures.run_data import RunData
from ground.pictures.sky import SolScale
from ground.pictures.style import (
    CAUTION,
    INK,
    MUTED,
    NIGHT,
    PLACES,
    inches,
    legible,
    new_figure,
    say_nothing_here,
)
from ground.pictures.time_axis import sol_is_wide, spans
from ground.pictures.tube_loadings import STEPS, Loading, loadings, seated, working_time
from ground.testbed.participants.vehicles import vehicle_class

LEFT, RIGHT = 0.85, 0.95  # inches
_JOINTS = (
    ("#1f2933", "o", "●"), ("#e69f00", "s", "■"), ("#56b4e9", "^", "▲"), ("#009e73", "D", "◆"),
    ("#0072b2", "v", "▼"), ("#8c6d46", "X", "✖"), ("#b5547a", "P", "✚"),
)  # fmt: skip
"""Colour and marker of each joint, and the marker as a letter: not all tell seven colours apart."""
_NOTE = (
    "Above: what each tube took, step by step, and how the arm stood when it was sampled.  "
    "Below: telemetry of the sols of work.  Grey: night."
)


def draw_arm_work(run: RunData) -> Figure:
    """Tubes one by one, the arm from two sides, and joints, force and tubes over time."""
    figure = new_figure(run, "The arm's work", 9.75, _NOTE)
    start, end = working_time(run)
    scale = SolScale(run, start, end)
    _loadings(inches(figure, 1.5, 1.2, 4.55, 3.45), loadings(run), scale)
    draw_arm_views(run, inches(figure, 7.45, 1.2, 2.5, 3.45), inches(figure, 10.1, 1.2, 2.5, 3.45))
    width = 12.8 - LEFT - RIGHT
    joints = inches(figure, LEFT, 5.5, width, 1.75)
    force = inches(figure, LEFT, 7.6, width, 0.6)
    tubes = inches(figure, LEFT, 8.55, width, 0.65)
    _hours_axis((joints, force, tubes), scale, scale.sol(start), scale.sol(end))
    _joint_angles(joints, run, scale, start, end)
    _force(force, run, scale)
    _tubes(tubes, run, scale)
    return figure


# ------------------------------------------------------------------ tube by tube


def _loadings(axes: Axes, found: Sequence[Loading], scale: SolScale) -> None:
    axes.set_title("How long each tube took", pad=8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if not found:
        say_nothing_here(axes, "No tube was loaded in this run.")
        axes.set_xticks([])
        return
    rows = max(len(found), 4)
    axes.set_ylim(rows - 0.45, -1.0)
    longest = max(each.end - each.start for each in found) / 60.0
    axes.set_xlim(0, 1.04 * longest)
    axes.grid(True, axis="x")
    size = min(10.0, 0.5 * 72.0 * 3.45 / rows)
    for row, each in enumerate(found):
        for step in each.steps:
            start = (step.start - each.start) / 60.0
            axes.barh(
                row, (step.end - step.start) / 60.0, left=start, height=0.62,
                color=STEPS[step.name][1], edgecolor="white", linewidth=0.6,
            )  # fmt: skip
        axes.annotate(
            each.name, (0, row), xycoords=("axes fraction", "data"), xytext=(-6, 0),
            textcoords="offset points", ha="right", va="center", fontsize=size, weight="bold",
        )  # fmt: skip
        axes.annotate(
            _sol_and_time(scale, each.start), (1, row), xycoords=("axes fraction", "data"),
            xytext=(4, 0), textcoords="offset points", va="center", fontsize=size - 1.0,
            color=MUTED, annotation_clip=False,
        )  # fmt: skip
    _name_steps(axes, max(found, key=lambda each: len(each.steps)), found)
    axes.set_xlabel("minutes from the start of a turn until the tube is in its socket", labelpad=2)


def _sol_and_time(scale: SolScale, seconds: float) -> str:
    """Like `sol 15 9:05`."""
    sol = scale.sol(seconds)
    minutes = int((sol % 1.0) * 24 * 60)
    return f"sol {floor(sol)}  {minutes // 60}:{minutes % 60:02d}"


def _name_steps(axes: Axes, example: Loading, found: Sequence[Loading]) -> None:
    """The names of the steps, above those of the first row; moved apart where they are short."""
    used = [name for name in STEPS if any(s.name == name for each in found for s in each.steps)]
    per_minute = inches_per_unit(axes)
    middles = []
    for name in used:
        spans = [s for s in found[0].steps if s.name == name] or [
            s for s in example.steps if s.name == name
        ]
        begin = found[0].start if spans and spans[0] in found[0].steps else example.start
        middles.append((0.5 * (spans[0].start + spans[0].end) - begin) / 60.0 if spans else 0.0)
    right = -1e9
    for name, middle in sorted(zip(used, middles, strict=True), key=lambda pair: pair[1]):
        title, colour = STEPS[name]
        half = 0.5 * text_width(title, 9.5, bold=True) / per_minute
        at = max(middle, right + half)
        axes.text(
            at, -0.72, title, ha="center", va="center", color=legible(colour), fontsize=9.5,
            weight="bold",
        )
        right = at + half + 0.06 / per_minute


# --------------------------------------------------------------------- over time


def _hours_axis(axes: Sequence[Axes], scale: SolScale, first: float, last: float) -> None:
    """The sols of work: nights shaded, a tick every six hours of local mean solar time."""
    per_tick = 0.25 if last - first <= 7.0 else float(ceil((last - first) / 25.0))
    ticks = np.arange(ceil(first / per_tick), floor(last / per_tick) + 1) * per_tick
    names = [_tick_name(float(tick)) for tick in ticks]
    for each in axes:
        each.set_xlim(first, last)
        if sol_is_wide(each, scale):
            spans(each, scale.nights, (0.0, 1.0), NIGHT, zorder=-10.0)
        each.xaxis.set_major_locator(FixedLocator(list(ticks)))
        below = each is axes[-1]
        each.xaxis.set_major_formatter(FixedFormatter(names if below else [""] * len(ticks)))
        each.tick_params(axis="x", length=3 if below else 0)
        each.grid(True, axis="both")
    axes[-1].set_xlabel("sol since landing, and local mean solar time", labelpad=2)


def _tick_name(sol: float) -> str:
    hour = round((sol % 1.0) * 24)
    return f"sol {floor(sol)}" if hour == 0 else f"{hour} h"


def _joint_angles(axes: Axes, run: RunData, scale: SolScale, start: float, end: float) -> None:
    axes.set_title("Joint angles by the encoders", pad=5)
    axes.set_ylabel("degrees")
    rows = [(s, angles) for s, angles in run.vectors("arm", "joint_angles") if start <= s <= end]
    if not rows:
        say_nothing_here(axes, "The transfer arm reported no joint angles in this time.")
        axes.set_yticks([])
        return
    sols = scale.sols([seconds for seconds, _ in rows])
    angles = np.degrees(np.array([values for _, values in rows], dtype=float))
    names = []
    for number in range(angles.shape[1]):
        colour, marker, letter = _JOINTS[number % len(_JOINTS)]
        axes.plot(
            sols, angles[:, number], color=colour, linewidth=0.9, marker=marker, markersize=3.4,
            markeredgewidth=0.0,
        )  # fmt: skip
        names.append(Name(f"{letter} joint {number + 1}", float(angles[-1, number]), colour))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 3, 4.5, 6, 9, 10]))
    write_names(axes, names)


def _force(axes: Axes, run: RunData, scale: SolScale) -> None:
    axes.set_title("Greatest contact force of a motion", pad=4)
    axes.set_ylabel("N")
    series = run.series("arm", "contact_force")
    good = np.isfinite(series.values)
    if not good.any():
        say_nothing_here(axes, "No contact force was reported.")
        axes.set_yticks([])
        return
    sols = scale.sols(series.seconds[good])
    axes.vlines(sols, 0, series.values[good], color=INK, linewidth=1.2)
    axes.plot(sols, series.values[good], linestyle="", marker="o", markersize=3.5, color=INK)
    axes.set_ylim(0, 1.15 * max(float(series.values[good].max()), 5.0))
    limits = declared_channels(vehicle_class("arm"))["contact_force"].limits
    yellow = limits.yellow[1] if limits is not None else None
    if yellow is not None:
        axes.set_ylim(0, max(axes.get_ylim()[1], 1.12 * yellow))
        axes.axhline(yellow, color=CAUTION, linewidth=1.1, linestyle=(0, (5, 3)))
        write_names(axes, [Name("yellow limit", yellow, CAUTION, small=True)])
    axes.set_ylim(bottom=-0.05 * axes.get_ylim()[1])
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True, steps=[1, 5, 10]))


def _tubes(axes: Axes, run: RunData, scale: SolScale) -> None:
    axes.set_title("Tubes in the container", pad=4)
    times = seated(run)
    start, end = scale.sol(0.0), scale.sol(run.duration)
    sols = [start, *(scale.sol(each) for each in times), end]
    counts = [*range(len(times) + 1), len(times)]
    colour = PLACES["mav"][1]
    axes.step(sols, counts, where="post", color=colour, linewidth=1.8)
    axes.fill_between(sols, counts, step="post", color=colour, alpha=0.15, linewidth=0)
    axes.set_ylim(0, max(1.15 * len(times), 2.0))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    if times:
        write_names(axes, [Name(f"{len(times)} tubes", float(len(times)), colour)])
