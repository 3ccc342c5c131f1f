"""A lane for each vehicle: its states over time, and the events that mattered."""

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes

from ground.pictures.labels import from_paper, on_paper, places_in_a_row, text_width
from ground.pictures.run_data import RunData, Span
from ground.pictures.sky import SolScale
from ground.pictures.style import ALERT, INK, VEHICLES, halo, legible, tint
from ground.pictures.time_axis import widest_piece

RESTING = ("sleeping", "night", "dormant", "stowed", "parked", "heliocentric")
STANDING_BY = (
    "idle", "waiting", "docked", "ready", "sealed", "loaded", "cruise", "armed", "released",
    "in orbit",
)  # fmt: skip
_UMBRELLAS = ("surface", "landed", "ready", "awake")
_LABEL, _SMALLEST = 9.0, 8.0  # points
_LIGHT = (VEHICLES["arm"][1], VEHICLES["orbiter"][1])  # words on these are dark


@dataclass(frozen=True)
class Milestone:
    """An event that deserves words; smaller ranks are placed first."""

    seconds: float
    text: str
    rank: int
    bad: bool = False


def state_title(mode: str) -> str:
    """What a state is called in a lane: `surface.fetching.driving` is "fetching"."""
    parts = mode.split(".")
    if parts[-1] in RESTING + STANDING_BY:
        return parts[-1]
    while len(parts) > 1 and parts[0] in _UMBRELLAS:
        parts = parts[1:]
    return parts[0].replace("_", " ")


def merged(states: list[Span]) -> list[Span]:
    """The states by their titles; what follows itself is one."""
    found: list[Span] = []
    for state in states:
        title = state_title(state.name)
        if found and found[-1].name == title:
            found[-1] = Span(found[-1].start, state.end, title)
        else:
            found.append(Span(state.start, state.end, title))
    return found


def draw_vehicle_lanes(axes: Axes, run: RunData, vehicles: list[str], scale: SolScale) -> None:
    """Draws the lanes, the first vehicle on top. The x axis must have its limits."""
    axes.set_ylim(len(vehicles) - 0.45, -0.55)
    for row, vehicle in enumerate(vehicles):
        title, colour = VEHICLES[vehicle]
        axes.annotate(
            title, (0, row + 0.14), xycoords=("axes fraction", "data"), xytext=(-8, 0),
            textcoords="offset points", ha="right", va="center", color=legible(colour),
            weight="bold", annotation_clip=False,
        )  # fmt: skip
        for state in merged(run.states(vehicle)):
            _state(axes, row, state, colour, scale)
        _end(axes, row, run, vehicle, scale)
        _milestones(axes, row, run, vehicle, scale)


def _state(axes: Axes, row: int, state: Span, colour: str, scale: SolScale) -> None:
    start, end = scale.sol(state.start), scale.sol(state.end)
    if not scale.is_shown(start, end):
        return
    if state.name == "safe":
        share, colour = 1.0, ALERT
    elif state.name in RESTING:
        share = 0.15
    else:
        share = 0.36 if state.name in STANDING_BY else 1.0
    axes.barh(
        row + 0.14, end - start, left=start, height=0.46, facecolor=tint(colour, share),
        edgecolor="white", linewidth=0.3,
    )  # fmt: skip
    middle, room = widest_piece(axes, scale, start, end)
    size = min(_LABEL, room / (1.05 * text_width(state.name, 1.0)))
    if size >= _SMALLEST:
        axes.text(
            middle, row + 0.14, state.name, ha="center", va="center", fontsize=size, zorder=6,
            color="white" if share == 1.0 and colour not in _LIGHT else INK,
        )  # fmt: skip


def _end(axes: Axes, row: int, run: RunData, vehicle: str, scale: SolScale) -> None:
    """A stroke where a lane ends before the run does; a milestone says why."""
    seconds = run.end_of(vehicle)
    if seconds >= run.duration:
        return
    is_lost = vehicle in run.lost
    sol, y = scale.sol(seconds), row + 0.14
    axes.plot(
        [sol, sol], [y - 0.23, y + 0.23], color=ALERT if is_lost else VEHICLES[vehicle][1],
        linewidth=2.2, solid_capstyle="butt", zorder=4,
    )  # fmt: skip


def _milestones(axes: Axes, row: int, run: RunData, vehicle: str, scale: SolScale) -> None:
    found = sorted(milestones(run, vehicle), key=lambda each: (each.rank, each.seconds))
    widths = [text_width(each.text, _LABEL) + 0.1 for each in found]
    sols = [scale.sol(each.seconds) for each in found]
    low, high = on_paper(axes, axes.get_xlim())
    anchors = [float(each) for each in on_paper(axes, sols)]
    places = places_in_a_row(anchors, widths, float(low), float(high))
    for each, sol, middle in zip(found, sols, places, strict=True):
        colour = ALERT if each.bad else INK
        axes.plot(
            [sol], [row - 0.15], marker="v", markersize=4.5, color=colour, linestyle="", zorder=5
        )
        if middle is not None:
            axes.text(
                float(from_paper(axes, middle)), row - 0.24, each.text, ha="center", va="bottom",
                fontsize=_LABEL, color=colour, path_effects=halo(), zorder=6,
            )  # fmt: skip


def milestones(run: RunData, vehicle: str) -> Iterator[Milestone]:
    """The events of a vehicle that deserve words."""
    if vehicle in run.lost:
        yield Milestone(run.lost[vehicle], "lost", 0, bad=True)
    elif run.decommissioned.get(vehicle) is not None:
        yield Milestone(run.decommissioned[vehicle], "decommissioned", 1)
    yield from _MILESTONES.get(vehicle, lambda run: iter(()))(run)
    for event in run.events_named(vehicle, "entered_safe"):
        reason = event.text.partition("entered: ")[2].partition(":")[0]
        yield Milestone(event.seconds, f"safe: {reason}" if reason else "safe", 2, bad=True)


def _last(run: RunData, vehicle: str, event: str, text: str, rank: int) -> Iterator[Milestone]:
    """The last event of a kind; `{count}` in the text: how many there were."""
    found = run.events_named(vehicle, event)
    if found:
        yield Milestone(found[-1].seconds, text.format(count=len(found)), rank)


def _lander(run: RunData) -> Iterator[Milestone]:
    for command in run.commands:
        if command.name == "commission" and command.ended is not None:
            yield Milestone(command.ended, "commissioned", 1)
    launched = run.events_named("mav", "ejected")
    warm = [
        event
        for event in run.events_named("lander", "mav_warm")
        if not launched or event.seconds < launched[0].seconds
    ]
    if warm:
        yield Milestone(warm[-1].seconds, "MAV warm", 2)
    for event in run.events_named("lander", "energy_low"):
        yield Milestone(event.seconds, "energy low", 2, bad=True)


def _rover(run: RunData) -> Iterator[Milestone]:
    yield from _last(run, "rover", "egress_done", "on the ground", 1)
    yield from _last(run, "rover", "tube_racked", "{count} tubes racked", 1)
    yield from _last(run, "rover", "docked_at", "docked", 1)
    yield from _last(run, "rover", "tube_delivered", "{count} tubes loaded", 1)
    for event in run.events_named("rover", "tube_left", "tube_lost"):
        yield Milestone(event.seconds, event.name.replace("_", " "), 2, bad=True)


def _arm(run: RunData) -> Iterator[Milestone]:
    for event in run.events_named("arm", "lid_moved"):
        yield Milestone(event.seconds, f"lid {event.data.get('state', 'moved')}", 1)
    yield from _last(run, "arm", "tube_loaded", "{count} tubes loaded", 1)
    for event in run.events_named("arm", "mechanism_failed", "tube_failed"):
        yield Milestone(event.seconds, event.name.replace("_", " "), 2, bad=True)


def _mav(run: RunData) -> Iterator[Milestone]:
    for event in run.events_named("mav", "container_sealed"):
        yield Milestone(event.seconds, f"sealed with {event.data.get('tubes', '?')} tubes", 0)
    yield from _last(run, "mav", "conditioned", "motors warm", 2)
    for state in run.states("mav")[-1:]:
        if state.name == "ready":
            yield Milestone(state.start, "ready", 1)
    yield from _last(run, "mav", "ejected", "launch", 0)


def _perseverance(run: RunData) -> Iterator[Milestone]:
    yield from _last(run, "perseverance", "docked_at", "beside the lander", 1)
    yield from _last(run, "perseverance", "tube_presented", "{count} tubes held out", 1)
    yield from _last(run, "perseverance", "tube_dropped", "{count} tubes laid down", 1)


def _orbiter(run: RunData) -> Iterator[Milestone]:
    yield from _last(run, "orbiter", "container_found", "container found", 1)
    yield from _last(run, "orbiter", "captured", "captured", 0)
    yield from _last(run, "orbiter", "contained", "contained", 1)
    yield from _last(run, "orbiter", "departed", "leaves Mars", 0)
    yield from _last(run, "orbiter", "capsule_released", "capsule released", 0)
    yield from _last(run, "orbiter", "deflected", "turned away", 2)


def _entry(run: RunData) -> Iterator[Milestone]:
    yield from _last(run, "entry", "released_from_orbiter", "released", 1)
    yield from _last(run, "entry", "touched_down", "on the ground", 0)


_MILESTONES = {
    "lander": _lander,
    "rover": _rover,
    "arm": _arm,
    "mav": _mav,
    "perseverance": _perseverance,
    "orbiter": _orbiter,
    "entry": _entry,
}
