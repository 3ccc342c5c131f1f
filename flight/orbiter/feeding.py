"""From which of two lines the engines are fed, and what is done about a leak.

Behind each of two latch valves is a line from the tanks to the engines; one feeds them all. A line
that leaks is closed, and the other one feeds. Where what is missing goes on growing whichever is
open, it is not one line that leaks: that is said once, what is left is planned with, and the line
by which less is lost feeds from then on.

Which line is to feed is remembered before the valves are told, and why: what a valve that sticks or
a reset has left half done is ended as it was begun, and not undone.
"""

import asyncio
from contextlib import suppress
from typing import Literal, get_args

from flight.core.commanding.commands import command
from flight.core.fault_protection.actions import action
from flight.core.keeping.memory import Remembered
from flight.core.sound_readings import sound
from flight.core.telling.channels import Channel
from flight.core.telling.events import event
from flight.icd.devices.base import DeviceError, DeviceFault
from flight.icd.devices.orbiter_propulsion import (
    LinesState,
    MainEngine,
    PropellantLines,
    PropellantState,
)
from flight.icd.messages import Severity
from flight.orbiter.tanks import KeepsTankBook

Line = Literal["a", "b"]
LINES = get_args(Line)
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
    line_losses = Remembered[dict[str, float]](
        dict[str, float], {}, doc="kg/s that were missing while a line fed"
    )
    line_watched = Remembered[tuple[str, float] | None](
        tuple[str, float] | None, None, doc="which line feeds since when, s, by a new book"
    )
    line_settled = Remembered[bool](
        bool, False, doc="whether both lines lose, and that by which less is lost feeds"
    )
    line_wanted = Remembered(str, "", doc="the line that is to feed; empty: none was told so far")
    line_seen = Remembered(str, "", doc="that line, once the valves were seen to be so; else empty")
    line_isolating = Remembered[tuple[Line, Line] | None](
        tuple[Line, Line] | None,
        None,
        doc="the line that is being closed for a leak, and the one that is to feed instead",
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
        by either, says what is left, once, and stays with the line that loses less."""
        looks: list[tuple[float, PropellantState]] = []
        for _ in range(LOOKS):
            gauge = await sound(self.engine.propellant)
            self.note_gauge(gauge)
            looks.append((self.propellant_missing or 0.0, gauge))
            await asyncio.sleep(LOOK_PAUSE)
        missing, gauge = sorted(looks, key=lambda look: look[0])[LOOKS // 2]
        if missing <= ENOUGH * (self.missing_limit or 0.0):
            self.leak_not_seen(looks=LOOKS)
            self.line_isolating = None
            return
        if self.line_isolating is None:
            used = self._line_used(await sound(self.lines.state))
            self._note_loss(used, missing)
            self.line_isolating = (used, self._better_than(used))
        used, better = self.line_isolating
        await self.safing_control.calm()  # a burn may have begun between the looks
        await self._feed_by(better)
        known = len(self.lines_suspected)
        if used not in self.lines_suspected:
            self.lines_suspected = [*self.lines_suspected, used]
        self.line_settled = len(self.line_losses) == len(LINES)
        self.begin_book_anew(gauge)
        self.line_watched = (better, self.clock.now())
        self.line_isolating = None
        if len(self.lines_suspected) < len(LINES):
            self.line_isolated(line=better, missing=missing)
        elif known < len(LINES):
            self.leak_not_isolated(
                propellant=round(gauge.propellant, 1), delta_v=self.delta_v_left or 0.0
            )

    def _line_used(self, state: LinesState) -> Line:
        """The line by which the engines were fed, and lost what is missing."""
        fed, wanted = self._fed_by(state), self.line_wanted
        if fed in LINES:
            return "b" if fed == "b" else "a"
        if wanted and not self.valves_were_right():
            return _other("b" if wanted == "b" else "a")
        return "b" if wanted == "b" else "a"

    def _note_loss(self, used: Line, missing: float) -> None:
        """How fast a line loses, where it is known since when it feeds."""
        watched = self.line_watched
        if watched is not None and watched[0] == used and self.clock.now() > watched[1]:
            rate = missing / (self.clock.now() - watched[1])
            self.line_losses = {**self.line_losses, used: rate}

    def _better_than(self, used: Line) -> Line:
        """The line that is to feed: the other one, until it is known how much each loses; then that
        which loses less, and there it stays."""
        other = _other(used)
        if self.line_settled:
            return used
        losses = self.line_losses
        if len(losses) == len(LINES):
            return min(used, other, key=losses.__getitem__)
        return other

    @command(deadline=300.0)
    async def use_line(self, line: Line) -> str:
        """Feeds the engines by a line, and closes the other."""
        watched, isolating = self.line_watched, self.line_isolating
        if watched is not None and watched[0] != line:
            self.line_watched = None  # what is missing from then on is not of one line
        if isolating is not None and isolating[1] != line:
            self.line_isolating = None  # who commands it knows more
        await self._feed_by(line)
        return f"line {line} feeds the engines"

    async def _feed_by(self, line: Line) -> None:
        """Opens a line and closes the other; raises DeviceFault when the valves are not seen to be
        so. Where neither is open then the other one is to feed: a line that leaks is better than
        none."""
        if line != self.line_wanted:
            self.line_seen, self.line_wanted = "", line
        reason, shut = "the valves did not answer", False
        for _ in range(ATTEMPTS):
            try:
                await self.lines.set_valves(line == "a", line == "b")
                state = await sound(self.lines.state)
                if self._fed_by(state) == line == self.line_wanted:
                    self.line_seen = line
                    return
                reason = f"valve a open: {state.a}, valve b open: {state.b}"
                shut = not (state.a or state.b)
            except DeviceError as error:
                reason = str(error)
            await asyncio.sleep(AGAIN)
            await self.safing_control.calm()  # what burns by now is not fed by another line
            if self.line_wanted != line:
                break  # whoever wants the other one goes on
        if shut and self.line_wanted == line:
            self.line_seen, self.line_wanted = "", _other(line)
            with suppress(DeviceError):  # the next look tells it again
                await self.lines.set_valves(line == "b", line == "a")
        raise DeviceFault("valve", f"line {line} does not feed alone: {reason}")

    def valves_differ(self, state: LinesState) -> str:
        """Which valves are not as they were told to be last, or were not seen to be so yet; "":
        none."""
        wanted = self.line_wanted
        if not (state.a or state.b):
            return "both valves off"
        if wanted and (state.a, state.b) != (wanted == "a", wanted == "b"):
            return f"a valve beside line {wanted}"
        return "" if self.valves_were_right() else f"the valves to line {wanted}"

    def valves_were_right(self) -> bool:
        """Whether the valves were seen to be as they were told to be last: what differs since then
        has changed by itself."""
        return self.line_seen == self.line_wanted

    async def set_valves_right(self) -> None:
        """Has the line feed that was told to."""
        await self._feed_by("b" if self.line_wanted == "b" else "a")

    def _fed_by(self, state: LinesState) -> str:
        self.line_in_use = {(True, False): "a", (False, True): "b"}.get((state.a, state.b), "both")
        if not (state.a or state.b):
            self.line_in_use = "none"
        return self.line_in_use


def _other(line: Line) -> Line:
    return "a" if line == "b" else "b"
