"""The mission at a glance: phases, commands, what each vehicle did, when one could talk."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ground.testbed.pictures.labels import inches_per_unit, text_width
from ground.testbed.pictures.run_data import CommandSpan, RunData, Span
from ground.testbed.pictures.sky import SolScale
from ground.testbed.pictures.style import (
    ALERT,
    INK,
    MUTED,
    VEHICLES,
    halo,
    inches,
    new_figure,
    say_nothing_here,
    sol_axis,
    tint,
)
from ground.testbed.pictures.vehicle_lanes import draw_vehicle_lanes

LEFT = 1.55  # inches kept for names
RIGHT = 0.3
COMMAND_ROW = 0.235  # inches
LARGEST_COMMANDS = 40
LANE = 0.62

_NOTE = (
    "A command: pale while it is under way to the vehicle, full while it runs, pale until its "
    "verdict is on Earth.  Grey: night."
)


def draw_mission_timeline(run: RunData) -> Figure:
    """Phases, commands, states of the vehicles and links over the sols."""
    commands = run.commands[-LARGEST_COMMANDS:]
    vehicles = [name for name in VEHICLES if run.states(name)] or ["lander"]
    heights = {
        "phases": 0.42,
        "commands": COMMAND_ROW * max(len(commands), 4) + 0.1,
        "vehicles": LANE * len(vehicles) + 0.1,
        "links": 0.5,
    }
    gap, top = 0.12, 0.85
    total = top + sum(heights.values()) + gap * (len(heights) - 1) + 0.55
    figure = new_figure(run, "Mission timeline", total, _NOTE)
    scale = SolScale(run)
    axes: dict[str, Axes] = {}
    for name, height in heights.items():
        axes[name] = inches(figure, LEFT, top, 12.8 - LEFT - RIGHT, height)
        top += height + gap
    sol_axis([each for name, each in axes.items() if name != "phases"], scale)
    axes["phases"].set_xlim(axes["links"].get_xlim())
    axes["phases"].set_xticks([])
    for each in axes.values():
        each.spines[["left", "bottom"]].set_visible(False)
        each.set_yticks([])
    _phases(axes["phases"], run.phases, scale)
    _commands(axes["commands"], commands, scale, len(run.commands) - len(commands))
    draw_vehicle_lanes(axes["vehicles"], run, vehicles, scale)
    _links(axes["links"], scale)
    return figure


def _phases(axes: Axes, phases: list[Span], scale: SolScale) -> None:
    axes.set_ylim(0, 1)
    _name_row(axes, 0.5, "Phases", INK)
    per_sol = inches_per_unit(axes)
    for number, phase in enumerate(phases):
        start, end = scale.sol(phase.start), scale.sol(phase.end)
        axes.barh(
            0.5, end - start, left=start, height=0.72, color="#3d4c5c" if number % 2 else "#5b6b7c",
            edgecolor="white", linewidth=1.0,
        )  # fmt: skip
        name = phase.name.replace("_", " ")
        size = 10.5
        while size > 6.5 and text_width(name, size) > (end - start) * per_sol:
            size -= 0.5
        if text_width(name, size) <= (end - start) * per_sol:
            axes.text(
                (start + end) / 2, 0.5, name, color="white", ha="center", va="center", fontsize=size
            )


def _name_row(axes: Axes, y: float, text: str, colour: str, size: float = 10.5) -> None:
    axes.annotate(
        text, (0, y), xycoords=("axes fraction", "data"), xytext=(-8, 0),
        textcoords="offset points", ha="right", va="center", color=colour, fontsize=size,
        annotation_clip=False,
    )  # fmt: skip


def _commands(axes: Axes, commands: list[CommandSpan], scale: SolScale, left_out: int) -> None:
    axes.set_ylim(max(len(commands), 4) - 0.4, -0.6)
    if not commands:
        say_nothing_here(axes, "No command left Earth.")
        return
    for row, command in enumerate(commands):
        _command(axes, row, command, scale)
    if left_out:
        axes.annotate(
            f"{left_out} earlier commands are not shown", (1, 1), xycoords="axes fraction",
            ha="right", va="top", color=MUTED, fontsize=9,
        )  # fmt: skip


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
        marks, [row] * len(marks), linestyle="", marker="|", color="white", markersize=5, zorder=4
    )
    title = command.name.replace("_", " ")
    if command.stage in ("arm", "fire"):
        title += f" ({command.stage})"
    good = command.verdict == "COMPLETED"
    axes.plot(
        [last], [row], marker="o" if good else "X", markersize=5 if good else 8, color=colour
        if good else ALERT, markeredgecolor="white", markeredgewidth=0.7, clip_on=False, zorder=5,
    )  # fmt: skip
    if not good:
        title += f": {(command.verdict or 'no verdict').lower()}"
    low, high = axes.get_xlim()
    before = sent - low > (high - low) * 0.5
    axes.annotate(
        title, (sent if before else last, row), xytext=(-6 if before else 8, 0),
        textcoords="offset points", ha="right" if before else "left", va="center", fontsize=9.5,
        color=INK if good else ALERT, path_effects=halo(), annotation_clip=False,
    )  # fmt: skip
    _name_row(axes, row, VEHICLES.get(command.vehicle, (command.vehicle, ""))[0], colour, 9.5)


def _links(axes: Axes, scale: SolScale) -> None:
    axes.set_ylim(1.6, -0.6)
    _name_row(axes, 0, "Relay passes", MUTED, 9.5)
    _name_row(axes, 1, "Earth in view", MUTED, 9.5)
    for start, end in scale.relay_passes:
        axes.axvspan(start, end, ymin=0.58, ymax=0.92, color="#33414f", linewidth=1.2)
    for start, end in scale.contact("earth_in_view"):
        axes.barh(1, end - start, left=start, height=0.55, color="#7fa8c9", linewidth=0)
