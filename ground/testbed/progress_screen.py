"""Shows the progress of a run: a live panel on a terminal, now and then a line elsewhere.

Looks are spaced by the wall clock, so that they cost the same however fast mission time goes.
"""

import asyncio
import sys
import time
from typing import TextIO

from rich.console import Console
from rich.live import Live

from ground.mission_control.progress import ProgressDisplay

PANEL_PERIOD = 0.2  # wall seconds between two pictures on a terminal
LINE_PERIOD = 5.0  # wall seconds between two lines elsewhere
LOOK_PERIOD = 600.0  # seconds of mission time between two looks at the wall clock


class ProgressScreen:
    """Use as a context; run `run()` as a task beside mission control, or call `look()`."""

    def __init__(
        self,
        display: ProgressDisplay,
        stream: TextIO | None = None,
        *,
        look_period: float = LOOK_PERIOD,
    ) -> None:
        self._display = display
        self._console = Console(file=stream or sys.stderr)
        self._look_period = look_period
        self._live: Live | None = None
        self._period = PANEL_PERIOD if self._console.is_terminal else LINE_PERIOD
        # A picture at once on a terminal; elsewhere a short run needs no line before its last.
        self._due = time.monotonic() + (0.0 if self._console.is_terminal else LINE_PERIOD)

    def __enter__(self) -> "ProgressScreen":
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    async def run(self) -> None:
        """Looks again and again until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(self._look_period)

    def look(self) -> None:
        """Shows the present state when the last picture is old enough."""
        now = time.monotonic()
        if now >= self._due:
            self.show()
            self._due = time.monotonic() + self._period

    def show(self) -> None:
        """Shows the present state; call it at the end as well."""
        if self._live is not None:
            self._live.update(self._display.render(), refresh=True)
        else:
            self._console.print(self._display.line(), highlight=False, soft_wrap=True)
