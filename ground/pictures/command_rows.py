"""A row for each command: on its way, running, and until its verdict was on Earth."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from ground.pictures.command_spans import CommandSpan
from ground.pictures.labels import on_paper, text_width, width_in_inches
from ground.pictures.sky import SolScale
from ground.pictures.style import (
    ALERT,
    INK,
    MUTED,
    VEHICLES,
    halo,
    name_row,
    say_nothing_here,
    tint,
)

COMMAND_ROW = 0.235  # inches
FEWEST_ROWS = 4
_SIZE = 9.5  # points
_AFTER, _BEFORE = 8, 6  # points between a bar and its name


def draw_commands(
    axes: Axes, commands: Sequence[CommandSpan], scale: SolScale, left_out: int
) -> None:
    """Draws the rows, the first command on top. The x axis must have its limits.

    left_out: how many earlier commands there were; a row on top says so.
    """
    axes.set_ylim(max(len(commands), FEWEST_ROWS) - 0.4, -1.6 if left_out else -0.6)
    if not commands:
        say_nothing_here(axes, "No command left Earth.")
        return
    for row, command in enumerate(commands):
        _command(axes, row, command, scale)
    if left_out:
        sentence = f"{left_out} earlier commands are not shown"
        axes.text(axes.get_xlim()[0], -1, sentence, va="center", color=MUTED, fontsize=9)


def _command(axes: Axes, row: int, command: CommandSpan, scale: SolScale) -> None:
    colour = VEHICLES.get(command.vehicle, ("", INK))[1]
    sent = scale.sol(command.sent)
    last = scale.sol(scale.run.duration if command.known is None else command.known)
    axes.barh(row, last - sent, left=sent, height=0.5, color=tint(colour, 0.32), linewidth=0)
    if command.started is not None:
        start = scale.sol(command.started)
        end = last if command.ended is None else scale.sol(command.ended)
        axes.barh(row, end - start, left=start, height=0.5, color=colour, linewidth=0)
        axes.plot([start, start], [row - 0.36, row + 0.36], color=colour, linewidth=1.6)
    marks = [scale.sol(each) for each in command.progress]
    axes.plot(
        marks, [row] * len(marks), linestyle="", marker="|", color="white", markersize=5, zorder=3
    )
    good = command.verdict == "COMPLETED"
    axes.plot(
        [last], [row], marker="o" if good else "X", markersize=5 if good else 8, color=colour
        if good else ALERT, markeredgecolor="white", markeredgewidth=0.7, clip_on=False, zorder=5,
    )  # fmt: skip
    title, end_of_bar = _title(command), max(sent, last)
    before = _is_before(axes, sent, end_of_bar, title)
    axes.annotate(
        title, (sent if before else end_of_bar, row), textcoords="offset points",
        xytext=(-_BEFORE if before else _AFTER, 0), ha="right" if before else "left", va="center",
        fontsize=_SIZE, color=INK if good else ALERT, path_effects=halo(), annotation_clip=False,
        zorder=6,
    )  # fmt: skip
    name_row(axes, row, VEHICLES.get(command.vehicle, (command.vehicle, ""))[0], colour, _SIZE)


def _title(command: CommandSpan) -> str:
    title = command.name.replace("_", " ")
    if command.stage == "arm":
        title += " (arm)"
    if command.verdict != "COMPLETED":
        title += f": {(command.verdict or 'no verdict').lower()}"
    return title


def _is_before(axes: Axes, start: float, end: float, title: str) -> bool:
    """Whether a name stands to the left of its bar: in the right half of the picture, and where
    there is no room on the right."""
    left, right = on_paper(axes, [start, end])
    width, room = text_width(title, _SIZE), width_in_inches(axes) - right - _AFTER / 72.0
    fits_before, fits_after = left - _BEFORE / 72.0 > width, room > width
    if fits_before and fits_after:
        return bool(left > 0.5 * width_in_inches(axes))
    return bool(fits_before or (not fits_after and left > room))
