"""What a person sees of a run: phase, sol, light time, next pass, tubes, events, and one bar.

Everything is in mission time. `ProgressDisplay.state` is a pure look at mission control; whoever
composes the run decides when to look. `render` and `line` show what was seen, wherever that is.
"""

import math

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flight.icd import places
from flight.icd.messages import EventReport, Severity
from flight.runtime.loop import NANOSECONDS
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.procedures import steps
from ground.mission_control.timing.durations import duration

PLACES = {
    places.GROUND: ("on the ground", "yellow"),
    places.PERSEVERANCE: ("on Perseverance", "bright_yellow"),
    places.ROVER_GRIPPER: ("rover gripper", "cyan"),
    places.ROVER_RACK: ("rover rack", "bright_cyan"),
    places.ARM_GRIPPER: ("arm gripper", "blue"),
    places.CONTAINER: ("container", "bright_green"),
    places.MAV: ("sealed in the MAV", "green"),
    places.ORBIT: ("orbit", "magenta"),
    places.ORBITER: ("orbiter", "magenta"),
    places.ENTRY_CAPSULE: ("entry capsule", "magenta"),
    places.EARTH: ("Earth", "bold green"),
    places.IN_TRANSIT: ("being moved", "white"),
    places.UNKNOWN: ("unknown", "bold red"),
    places.UNREPORTED: ("not reported yet", "bright_black"),
}
"""Places in the order of a tube's way, as they are shown."""
_SEVERITIES = {
    Severity.WARNING_LO: ("warning", "yellow"),
    Severity.WARNING_HI: ("WARNING", "bold yellow"),
    Severity.FATAL: ("FATAL", "bold red"),
}
_EVENT_ROWS = 5


class ShownEvent(Struct, frozen=True):
    """An event as it is shown: when (text), of whom, how severe, what."""

    time: str
    source: str
    severity: Severity
    text: str


class Progress(Struct, frozen=True):
    """The figures of one look; plain data, so that another process may show them."""

    phase: str
    fraction: float  # of the whole procedure, 0 to 1
    now: float  # seconds of mission time
    time: str  # sol and local mean solar time
    light_time: str  # one way
    next_pass: str
    activity: str
    places: dict[str, list[str]]  # tubes by place, in the order of a tube's way
    alarms: int
    silent: list[str]  # vehicles that are stale
    ended: str
    step: str = ""  # of the procedure, where it is
    events: list[ShownEvent] = []


class ProgressDisplay:
    """Looks at one mission control."""

    def __init__(self, control: MissionControl) -> None:
        self._control = control
        self._spans = _phase_spans(control)

    # ----------------------------------------------------------------------- state

    def state(self) -> Progress:
        """The figures as of now."""
        control, now = self._control, self._control.clock.now()
        held = control.custody.places()
        vehicles, off = control.dictionary.vehicles, control.decommissioned()
        return Progress(
            phase=self._phase_title(),
            fraction=self.fraction(),
            now=now,
            time=control.clock.text(now),
            light_time=self._light_time(),
            next_pass=self._next_pass(now),
            activity=self._activity(now),
            places={place: held[place] for place in PLACES if place in held},
            alarms=len(control.alarms.unacknowledged()),
            silent=[v for v in vehicles if v not in off and self._is_silent(v)],
            ended=control.runner.cursor.ended,
            step=control.runner.place,
            events=[self._shown(event) for event in list(control.recent_events)[-_EVENT_ROWS:]],
        )

    def _shown(self, event: EventReport) -> ShownEvent:
        time = self._control.clock.text(event.time_ns / NANOSECONDS)
        return ShownEvent(time.replace(" M ", " ")[:-3], event.source, event.severity, event.text)

    def fraction(self) -> float:
        """How much of the procedure is behind: whole phases by weight, and steps of this one."""
        program, cursor = self._control.runner.program, self._control.runner.cursor
        if cursor.ended == "complete":
            return 1.0
        if not cursor.phases:
            return 0.0
        current = cursor.phases[-1].name
        total = math.fsum(phase.weight for phase in program.phases)
        done = 0.0
        for phase in program.phases:
            if phase.name == current:
                done += phase.weight * self._inside(phase)
                break
            done += phase.weight
        return done / total

    def _inside(self, phase: steps.PhaseEntry) -> float:
        """How much of a phase is behind: by its tubes if it has some, else by its steps."""
        custody = self._control.custody
        if phase.tubes and phase.places:
            there = sum(custody.place(tube) in phase.places for tube in phase.tubes)
            return there / len(phase.tubes)
        first, last = self._spans.get(phase.name, (0, 0))
        inside = (self._control.runner.cursor.position - first) / max(1, last - first)
        return min(1.0, max(0.0, inside))

    def _phase_title(self) -> str:
        runner = self._control.runner
        if not runner.cursor.phases:
            return runner.program.phases[0].title
        return runner.program.phase(runner.cursor.phases[-1].name).title

    def _light_time(self) -> str:
        stations = self._control.stations
        known = stations.status is not None
        return f"light time {duration(stations.light_time)}" if known else "light time not known"

    def _next_pass(self, now: float) -> str:
        coming = self._control.stations.passes()
        if not coming:
            return "no pass predicted"
        first = coming[0]
        if first.start <= now:
            return f"pass under way, {duration(first.end - now)} left"
        return f"next pass in {duration(first.start - now)}"

    def _is_silent(self, vehicle: str) -> bool:
        """Vehicles that were heard once and no longer are."""
        return self._control.telemetry.was_heard(vehicle) and self._control.stale(vehicle)

    def _activity(self, now: float) -> str:
        instruction = self._control.runner.instruction
        if instruction is None:
            return ""
        step = instruction.step
        if isinstance(step, steps.CommandStep):
            return self._command_activity(step, now)
        if isinstance(step, steps.WaitForEvent):
            return f"waiting for {step.vehicle} {step.event}"
        if isinstance(step, steps.WaitForTelemetry):
            return f"waiting for {step.vehicle} {step.channel} {step.comparison} {step.value}"
        if isinstance(step, steps.WaitUntil):
            hours, minutes = divmod(round(step.lmst * 60), 60)
            return f"waiting for sol {step.sol}, {hours:02d}:{minutes:02d}"
        if isinstance(step, steps.AssertCustody):
            return "checking the chain of custody"
        return ""

    def _command_activity(self, step: steps.CommandStep, now: float) -> str:
        arguments = " ".join(
            f"{value:g}" if isinstance(value, float) else str(value)
            for value in step.arguments.values()
            if isinstance(value, str | int | float)
        )
        text = f"{step.vehicle} {step.command} {arguments}".rstrip()
        open_commands = self._control.tracker.open_commands()
        if not open_commands:
            return text
        command = open_commands[-1]
        if command.sent_ns is None and self._control.uplink.waiting_for:
            return f"{text} · waiting for the link"
        if command.expected_ns is None:
            return f"{text} · {command.status}"
        due = duration(command.expected_ns / NANOSECONDS - now)
        detail = f" {command.detail}" if command.rung == "PROGRESS" and command.detail else ""
        return f"{text} · {command.status}{detail} · answer within {due}"


def line(progress: Progress) -> str:
    """One line of plain text, for a log."""
    tubes = ", ".join(f"{PLACES[place][0]} {len(at)}" for place, at in progress.places.items())
    noun = "alarm" if progress.alarms == 1 else "alarms"
    warned = f" | {progress.alarms} {noun}" if progress.alarms else ""
    return (
        f"{progress.fraction:4.0%} {progress.time} | {progress.phase} | "
        f"{progress.light_time} | {tubes}{warned}"
    )


def render(progress: Progress, title: str = "Three Forks") -> RenderableType:
    """A panel that fits any terminal of at least 60 columns."""
    parts: list[RenderableType] = [_heads(progress), _bar(progress), Text()]
    if progress.activity:
        parts.append(_labelled("now", Text(progress.activity)))
    parts.append(_labelled("tubes", _tubes(progress.places)))
    if progress.alarms or progress.silent:
        parts.append(_labelled("alarms", _alarms(progress)))
    if progress.events:
        parts += [Text(), _events(progress.events)]
    colour = {"complete": "green", "failed": "red"}.get(progress.ended, "bright_blue")
    return Panel(
        Group(*parts),
        title=Text.assemble((f" {title} ", "bold"), ("· ", "dim"), f"{progress.phase} "),
        title_align="left",
        subtitle=Text(f" {progress.ended} ", colour) if progress.ended else None,
        border_style=colour,
        padding=(0, 1),
    )


def _events(events: list[ShownEvent]) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True, style="bold")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for event in events:
        word, style = _SEVERITIES.get(event.severity, ("", ""))
        text = Text.assemble((f"{word} ", style), event.text) if word else Text(event.text)
        table.add_row(event.time, event.source, text)
    return table


def _phase_spans(control: MissionControl) -> dict[str, tuple[int, int]]:
    """First position of each phase, and the one after its last."""
    spans: dict[str, tuple[int, int]] = {}
    for position, instruction in enumerate(control.runner.program.instructions):
        first, _ = spans.get(instruction.phase, (position, position))
        spans[instruction.phase] = (first, position + 1)
    return spans


def _heads(state: Progress) -> RenderableType:
    table = Table.grid(expand=True)
    table.add_column(justify="left", no_wrap=True)
    table.add_column(justify="center", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(
        Text(state.time, "bold"),
        Text(state.light_time),
        Text(state.next_pass),
    )
    return table


def _bar(state: Progress) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True, min_width=4)
    finished = "red" if state.ended == "failed" else "green"
    bar = ProgressBar(
        total=1.0, completed=state.fraction, complete_style=finished, finished_style="bright_green"
    )
    table.add_row(bar, Text(f"{state.fraction:.0%}", "bold"))
    return table


def _labelled(label: str, content: Text) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(min_width=6, no_wrap=True, style="dim")
    table.add_column(ratio=1)
    table.add_row(label, content)
    return table


def _tubes(places: dict[str, list[str]]) -> Text:
    text = Text()
    for place, tubes in places.items():
        name, style = PLACES[place]
        if text:
            text.append("   ")
        # Glyph, count and name of one place stay on one line.
        text.append("●" * len(tubes), style)
        text.append(f"\u00a0{name.replace(' ', chr(0xA0))}\u00a0{len(tubes)}")
    return text or Text("none reported yet", "dim")


def _alarms(state: Progress) -> Text:
    text = Text()
    if state.alarms:
        text.append(f"{state.alarms} not acknowledged", "bold yellow")
    if state.silent:
        text.append(" · " if text else "")
        text.append(f"silent: {', '.join(state.silent)}", "yellow")
    return text
