"""What a person sees while a mission is flown, and at its end."""

import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.mission_control import ALARMS_OVER, PLACE_STYLES, progress_line, progress_panel
from ground.missions.mission import LoadedMission
from ground.terminal.screen import Screen

if TYPE_CHECKING:
    from ground.testbed.run import Run

MOST_ALARMS = 5  # on the last screen
REFRESH = 0.15  # wall seconds between pictures on a terminal
GROUND = "ground"
LINE_EVERY = 5.0  # wall seconds between lines where there is no terminal


class Display:
    """A live panel on a terminal, a line now and then elsewhere, nothing when quiet."""

    def __init__(self, mission: LoadedMission, *, quiet: bool = False) -> None:
        self._mission = mission
        self._quiet = quiet
        self._console = Screen()
        self._live: Live | None = None
        self._begun = False
        self._last = 0.0
        self._real = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()  # what was shown last stays; the run's clock has ended

    def _begin(self) -> None:
        title = (self._mission.mission.title, "bold")
        self._console.print(Text.assemble(title, f" ({self._mission.name})"))
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=False)
            self._live.start()

    def show(self, run: "Run") -> None:
        """Looks at the run, if it is time to."""
        now = time.monotonic()
        if self._quiet or now - self._last < (REFRESH if self._live else LINE_EVERY):
            return
        progress = run.progress()
        if progress is None:
            return
        self._last = now
        if not self._begun:  # only now has the mission begun, and nothing was refused
            self._begin()
            self._begun = True
        real = run.devices_told()
        if self._live is not None:
            panel = progress_panel(progress, self._mission.mission.title)
            devices = Text(f"bench: {real}", style="yellow") if real else None
            self._live.update(panel if devices is None else Group(panel, devices), refresh=True)
        else:
            self._console.print(progress_line(progress), soft_wrap=True)
            if real and real != self._real:
                self._console.print(f"bench: {real}", soft_wrap=True)
        self._real = real

    def say(self, text: str) -> None:
        """A line of what is done now, for work that takes seconds."""
        if not self._quiet:
            self._console.print(text, soft_wrap=True)

    def compared(self, sentence: str) -> None:
        """Prints what the run says beside the one that it repeats."""
        if sentence:
            self._console.print(Text(sentence), soft_wrap=True)

    def result(self, summary: dict[str, Any], out: Path) -> None:
        """Prints how the mission ended."""
        good = summary["verdict"] == "success"
        figures = [accounted(summary), f"{summary['mission_sols']:.1f} sols in "
                   f"{summary['wall_seconds']:.1f} s"]  # fmt: skip
        if summary["messages"]:
            figures.append(counted(summary["messages"], "message"))
        figures.append(f"{summary['peak_rss_mb']:.0f} MB")
        verdict = (summary["verdict"].upper(), "bold green" if good else "bold red")
        self._console.print(Text.assemble(verdict, "  ", ", ".join(figures)))
        if summary["reason"]:
            self._console.print(f"  {summary['reason']}")
        for breakage in summary["breakages"]:
            self._console.print(f"  {broken(breakage)}")
        for margin in summary.get("margins_missed", []):
            self._console.print(Text.assemble(("  margin:", "red"), f" {missed(margin)}"))
        self._alarms(summary.get("alarms", []))
        for violation in summary["custody_violations"]:
            told = f" {violation['tube']} is at {violation['truth']}, not as stated: "
            self._console.print(Text.assemble(("  custody:", "red"), told, violation["statement"]))
        self._console.print(self._tubes(summary))
        left = [tube for tube in summary["tubes"] if not self._concerns(tube)]
        if left:
            verb = "was" if len(left) == 1 else "were"
            more = counted(len(left), "more tube")
            self._console.print(f"{more} {verb} not wanted: on the ground")
        self._console.print(f"run folder: {out}", soft_wrap=True)

    def _alarms(self, alarms: list[dict[str, Any]]) -> None:
        """The alarms that are open: those that hold by name, the others as a number."""
        held = [alarm for alarm in alarms if alarm["state"] not in ALARMS_OVER]
        for alarm in held[:MOST_ALARMS]:
            self._console.print(Text.assemble(("  alarm:", "yellow"), f" {alarm_words(alarm)}"))
        left = len(held) - MOST_ALARMS
        if left > 0:
            self._console.print(f"  {counted(left, 'more alarm')} that hold: see summary.json")
        over = sum(alarm["state"] == "RETURNED" for alarm in alarms)
        if over:
            verb = "has" if over == 1 else "have"
            self._console.print(
                f"  {counted(over, 'alarm')} {verb} returned to normal and nobody has acknowledged "
                f"{'it' if over == 1 else 'them'}",
                soft_wrap=True,
            )

    def _concerns(self, tube: dict[str, Any]) -> bool:
        """Whether a tube is of this mission: wanted, or carried, or not where it lay."""
        ours = (*self._mission.wanted, *(each.id for each in self._mission.held))
        return tube["id"] in ours or tube["place"] != GROUND

    def _tubes(self, summary: dict[str, Any]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for head in ("tube", "name", "place", "in the ledger of"):
            table.add_column(head, header_style="bold")
        for tube in filter(self._concerns, summary["tubes"]):
            title, colour = PLACE_STYLES.get(tube["place"], (tube["place"], ""))
            custody = str(tube["custody"]).removeprefix(f"{tube['place']}, held by ")
            table.add_row(tube["id"], tube["name"], Text(title, colour), custody)
        return table


def accounted(summary: dict[str, Any]) -> str:
    """How many tubes the last audit found where the ledgers say, and whether that held before."""
    tubes, found = len(summary["tubes"]), summary["tubes_accounted_for"]
    of = "" if found == tubes else f"{found} of "
    words = f"{of}{counted(tubes, 'tube')} accounted for"
    violations = len(summary["custody_violations"])
    return (
        words
        if not violations
        else (f"{words} in the end, {counted(violations, 'violation')} of custody before")
    )


def missed(margin: dict[str, Any]) -> str:
    """A margin that was not kept."""
    return f"the {margin['name']} exceeded its limit by {-100.0 * margin['left']:.0f} %"


def alarm_words(alarm: dict[str, Any]) -> str:
    """An alarm that is open, in a line."""
    times = f", {alarm['count']} times" if alarm["count"] > 1 else ""
    return f"{alarm['vehicle']}, since sol {alarm['since']:.1f}{times}: {alarm['text']}"


def broken(breakage: dict[str, Any]) -> str:
    """What was to break, and whether it did."""
    mode = f" {breakage['mode']}" if breakage["mode"] else ""
    what = f"{breakage['what']} {breakage['target']}{mode}, due {breakage['due']}"
    fired = breakage["fired"]
    if fired is None:
        return f"{what}: NEVER HAPPENED ({breakage['remark']})"
    return f"{what}: happened at {fired:.1f} s (sol {fired / SOL_SECONDS:.1f})"


def counted(number: int, noun: str) -> str:
    """Such as `1 tube`, `2 tubes`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
