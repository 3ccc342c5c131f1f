"""What a person sees while a mission is flown, and at its end."""

import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ground.mission_control.progress import PLACES, ProgressDisplay
from ground.missions.mission import LoadedMission

if TYPE_CHECKING:
    from ground.testbed.mission_run import FlownMission

REFRESH = 0.15  # wall seconds between pictures on a terminal
LINE_EVERY = 5.0  # wall seconds between lines where there is no terminal


class Display:
    """A live panel on a terminal, a line now and then elsewhere, nothing when quiet."""

    def __init__(self, mission: LoadedMission, *, quiet: bool = False) -> None:
        self._mission = mission
        self._quiet = quiet
        self._console = Console(highlight=False)
        self._live: Live | None = None
        self._progress: ProgressDisplay | None = None
        self._last = 0.0

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
        self._console.print(f"[bold]{self._mission.mission.title}[/] ({self._mission.name})")
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=False)
            self._live.start()

    def show(self, flown: "FlownMission") -> None:
        """Looks at the run, if it is time to."""
        now = time.monotonic()
        if self._quiet or now - self._last < (REFRESH if self._live else LINE_EVERY):
            return
        self._last = now
        if self._progress is None:  # only now has the mission begun, and nothing was refused
            self._begin()
            self._progress = ProgressDisplay(flown.control, self._mission.mission.title)
        if self._live is not None:
            self._live.update(self._progress.render(), refresh=True)
        else:
            self._console.print(self._progress.line(), soft_wrap=True)

    def result(self, summary: dict[str, Any], out: Path) -> None:
        """Prints how the mission ended."""
        good = summary["verdict"] == "success"
        colour = "green" if good else "red"
        self._console.print(
            f"[{colour} bold]{summary['verdict'].upper()}[/]  {len(summary['tubes'])} tubes "
            f"accounted for, {summary['mission_sols']:.1f} sols in "
            f"{summary['wall_seconds']:.1f} s, {summary['messages']} messages, "
            f"{summary['peak_rss_mb']:.0f} MB"
        )
        if summary["reason"]:
            self._console.print(f"  {summary['reason']}")
        for violation in summary["custody_violations"]:
            self._console.print(f"  [red]custody:[/] {violation}")
        self._console.print(self._tubes(summary))
        self._console.print(f"run folder: {out}", soft_wrap=True)

    def _tubes(self, summary: dict[str, Any]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for head in ("tube", "name", "place", "in the ledger of"):
            table.add_column(head, header_style="bold")
        for tube in summary["tubes"]:
            title, colour = PLACES.get(tube["place"], (tube["place"], ""))
            custody = str(tube["custody"]).removeprefix(f"{tube['place']}, held by ")
            table.add_row(tube["id"], tube["name"], f"[{colour}]{title}[/]", custody)
        return table
