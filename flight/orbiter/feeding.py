"""From which of two lines the engines are fed, and what is done about a leak.

Behind each of two latch valves is a line from the tanks to the engines; one feeds them all. A line
that leaks is closed, and the other one feeds. Where what is missing goes on growing whichever is
open, it is not a line that leaks: that is said, and what is left is planned with.
"""

import asyncio
from statistics import median
from typing import Literal

from flight.core.commanding.commands import command
from flight.core.fault_protection.actions import action
from flight.core.keeping.memory import Remembered
from flight.core.sound_readings import sound
from flight.core.telling.channels import Channel
from flight.core.telling.events import event
from flight.icd.devices.base import DeviceError, DeviceFault
from flight.icd.devices.orbiter_propulsion import LinesState, MainEngine, PropellantLines
from flight.icd.messages import Severity
from flight.orbiter.tanks import KeepsTankBook

Line = Literal["a", "b"]
LOOKS, LOOK_PAUSE = 3, 60.0
"""Readings of the gauge whose median has to say so before a line is closed, and s between them."""
ENOUGH = 0.5
"""Part of the limit that still has to be missing then: a leak that has just come to the limit is
none less by the noise of the next reading, and a single wrong reading is none at all."""
ATTEMPTS, AGAIN = 3, 10.0  # at the valves, s between them


class FeedsFromLines(KeepsTankBook):
    """A vehicle whose engines are fed by one of two lines."""

    lines_suspected = Remembered[list[str]](
        list[str], [], doc="lines that were closed because propellant was missing"
    )
    line_in_use = Channel(str, doc="the line that feeds the engines")

    lines: PropellantLines
    engine: MainEngine

    @event(Severity.WARNING_HI, "{missing} kg of propellant are missing: line {line} feeds now")
    def line_isolated(self, *, line: str, missing: float) -> None: ...

    @event(
        Severity.WARNING_HI,
        "Propellant leaks, and by neither line: {propellant} kg are left, for {delta_v} m/s",
    )
    def leak_not_isolated(self, *, propellant: float, delta_v: float) -> None: ...

    @event(Severity.WARNING_LO, "Nothing is missing by {looks} more looks at the gauge")
    def leak_not_seen(self, *, looks: int) -> None: ...

    @action()
    async def isolate_leak(self) -> None:
        """Feeds the engines by the other line when propellant is missing; when it goes on missing
        by either, says what is left."""
        looks: list[float] = []
        for _ in range(LOOKS):
            gauge = await sound(self.engine.propellant)
            self.note_gauge(gauge)
            looks.append(self.propellant_missing or 0.0)
            await asyncio.sleep(LOOK_PAUSE)
        missing = median(looks)
        if missing <= ENOUGH * (self.missing_limit or 0.0):
            self.leak_not_seen(looks=LOOKS)
            return
        used: Line = "b" if self._fed_by(await sound(self.lines.state)) == "b" else "a"
        if used not in self.lines_suspected:
            self.lines_suspected = [*self.lines_suspected, used]
        other: Line = "a" if used == "b" else "b"
        await self._feed_by(other)
        self.begin_book_anew(gauge)
        if other in self.lines_suspected:
            self.leak_not_isolated(
                propellant=round(gauge.propellant, 1), delta_v=self.delta_v_left or 0.0
            )
        else:
            self.line_isolated(line=other, missing=missing)

    @command(deadline=300.0)
    async def use_line(self, line: Line) -> str:
        """Feeds the engines by a line, and closes the other."""
        await self._feed_by(line)
        return f"line {line} feeds the engines"

    async def _feed_by(self, line: Line) -> None:
        """Opens a line and closes the other; raises DeviceFault when the valves are not seen to be
        so."""
        reason = "the valves did not answer"
        for _ in range(ATTEMPTS):
            try:
                await self.lines.set_valves(line == "a", line == "b")
                state = await sound(self.lines.state)
                if self._fed_by(state) == line:
                    return
                reason = f"valve a open: {state.a}, valve b open: {state.b}"
            except DeviceError as error:
                reason = str(error)
            await asyncio.sleep(AGAIN)
        raise DeviceFault("valve", f"line {line} does not feed alone: {reason}")

    def _fed_by(self, state: LinesState) -> str:
        self.line_in_use = {(True, False): "a", (False, True): "b"}.get((state.a, state.b), "both")
        if not (state.a or state.b):
            self.line_in_use = "none"
        return self.line_in_use
