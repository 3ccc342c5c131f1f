"""The mission at a glance: phases, commands, what each vehicle did, when one could talk."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ground.pictures.command_rows import COMMAND_ROW, FEWEST_ROWS, draw_commands
from ground.pictures.command_spans import joined
from ground.pictures.phase_row import draw_phases
from ground.pictures.quiet import GAPS_NOTE, mission_scale
from ground.pictures.run_data import RunData
from ground.pictures.sky import SolScale
from ground.pictures.style import MUTED, VEHICLES, inches, name_row, new_figure
from ground.pictures.time_axis import set_sol_scale, sol_axis, sol_is_wide, spans
from ground.pictures.vehicle_lanes import draw_vehicle_lanes

LEFT = 1.55  # inches kept for names
RIGHT = 0.3
MOST_COMMANDS = 60
LANE = 0.62

_NOTE = (
    "A command: pale while it is under way to the vehicle, full while it runs, pale until its "
    "verdict is on Earth.  Grey: night at the site."
)


def draw_mission_timeline(run: RunData) -> Figure:
    """Phases, commands, states of the vehicles and links over the sols."""
    all_commands = joined(run.commands)
    commands = all_commands[-MOST_COMMANDS:]
    left_out = len(all_commands) - len(commands)
    vehicles = [name for name in VEHICLES if run.states(name)] or ["lander"]
    scale = mission_scale(run)
    heights = {
        "phases": 0.64,
        "commands": COMMAND_ROW * (max(len(commands), FEWEST_ROWS) + bool(left_out)) + 0.1,
        "vehicles": LANE * len(vehicles) + 0.1,
        "links": 0.5,
    }
    gap, top = 0.12, 0.8
    total = top + sum(heights.values()) + gap * (len(heights) - 1) + 0.55
    note = f"{_NOTE}  {GAPS_NOTE}" if scale.gaps else _NOTE
    figure = new_figure(run, "Mission timeline", total, note)
    axes: dict[str, Axes] = {}
    for name, height in heights.items():
        axes[name] = inches(figure, LEFT, top, 12.8 - LEFT - RIGHT, height)
        top += height + gap
    sol_axis([each for name, each in axes.items() if name != "phases"], scale)
    set_sol_scale(axes["phases"], scale)
    axes["phases"].set_xticks([])
    for each in axes.values():
        each.spines[["left", "bottom"]].set_visible(False)
        each.set_yticks([])
    draw_phases(axes["phases"], run.phases, scale)
    draw_commands(axes["commands"], commands, scale, left_out)
    draw_vehicle_lanes(axes["vehicles"], run, vehicles, scale)
    _links(axes["links"], scale)
    return figure


def _links(axes: Axes, scale: SolScale) -> None:
    axes.set_ylim(1.6, -0.6)
    name_row(axes, 0, "Relay passes", MUTED, 9.5)
    name_row(axes, 1, "Earth in view", MUTED, 9.5)
    if not sol_is_wide(axes, scale):
        first, _ = axes.get_xlim()
        sentence = "Too many to be told apart at this scale."
        axes.text(first, 0.5, sentence, va="center", color=MUTED, fontsize=9)
        return
    spans(axes, scale.relay_passes, (0.58, 0.92), "#33414f", least=1.2)
    spans(axes, scale.contact("earth_in_view"), (0.15, 0.4), "#7fa8c9")
