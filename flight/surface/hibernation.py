"""Hibernation: where the array cannot carry it, a vehicle sheds all but clock and warm cells.

Until the light is back it lives by what the array gives: in the dark nothing is on, in light the
cells are warmed, and where there is more it listens and tells how it is. When to do which follows
from the array alone. Whether the clock still tells the time is nothing that it depends on: one
that has stopped, or was set wrong, would have it wake in the night for ever. Such a clock is set by
the noon of the light.
"""

import asyncio
import math
from bisect import bisect_left
from collections import deque
from operator import itemgetter

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS, mars_time
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.quantities import quantity
from flight.core.keeping.clock import monotonic
from flight.core.keeping.memory import Remembered
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.core.telling.events import event
from flight.icd.messages import Severity
from flight.surface.noon import Noon

LOOK = 1800.0  # s between looks at the array, as a comparator would do without a computer
GOODBYE = 1.1 * SOL_SECONDS
"""s for which it stays to be heard at the most: in that time the orbiter passes twice."""
LONGEST = 700.0 * SOL_SECONDS  # s for which no command is missed: more than a Martian year
CLOCK_OFF = 3600.0
"""s by which the noon of the light is another than the clock's before that is not believed: a hill
in the way of the morning, or gusts, move it by some ten minutes (assumption)."""
NOONS_AGREE = 900.0  # s, of the error by two noons
_PATIENCE = 60.0  # s between looks whether all is told
_APART = 900.0  # s between two readings of the meter that are kept


class Income:
    """What an array has given in the last sol, by its own meter, over a count of seconds."""

    def __init__(self) -> None:
        self._read: deque[tuple[float, float]] = deque()

    def meter_shows(self, count: float, energy: float) -> None:
        """Takes a reading: s, W h since power on. A meter that begins anew is read anew."""
        if self._read:
            last, before = self._read[-1]
            if energy < before or count < last:
                self._read.clear()
            elif count - last < _APART:
                return
        self._read.append((count, energy))
        while len(self._read) > 2 and count - self._read[1][0] >= 2.0 * SOL_SECONDS:
            self._read.popleft()

    @property
    def of_sol(self) -> float | None:
        """W h in the last sol; None until one was seen."""
        return self._up_to(self._read[-1][0]) if self._read else None

    @property
    def ahead(self) -> float | None:
        """W h in the sol to come if it changes as in the last one; never more than in that."""
        last = self.of_sol
        if last is None:
            return None
        before = self._up_to(self._read[-1][0] - SOL_SECONDS)
        return last if before is None else max(0.0, last - max(0.0, before - last))

    def _up_to(self, end: float) -> float | None:
        """W h in the sol before a count of seconds."""
        until, since = self._shown_at(end), self._shown_at(end - SOL_SECONDS)
        return None if until is None or since is None else until - since

    def _shown_at(self, count: float) -> float | None:
        """What the meter showed at a count of seconds, between two readings."""
        later = bisect_left(self._read, count, key=itemgetter(0))
        if later == len(self._read):
            return None
        at, energy = self._read[later]
        if at == count:
            return energy
        if later == 0:
            return None
        then, shown = self._read[later - 1]
        return shown + (energy - shown) * (count - then) / (at - then)


class Hibernation(msgspec.Struct, frozen=True):
    """One hibernation. `since`: s of the oscillator's count; `said`: Earth could have heard of it;
    `tries`: how often there was light enough to listen; `lowest`: the least charge."""

    since: float
    said: bool = False
    tries: int = 0
    lowest: float | None = None


class Hibernates(Node):
    """A vehicle that can hibernate. It adds `live_by` and `live_again`, and calls
    `take_up_hibernation` when it boots and `array_gives` whenever it reads its array."""

    hibernation = Remembered[Hibernation | None](
        Hibernation | None, None, doc="how it hibernates; none: it does not"
    )

    hibernating = Channel(bool, doc="whether all but clock and cells is off for want of light")

    @event(Severity.WARNING_HI, "Hibernates: charge {charge}, the array gave {income} W h in a sol")
    def hibernation_begins(self, *, charge: float | None, income: float | None) -> None: ...

    @event(Severity.ACTIVITY_HI, "Light: listens. Charge {charge}, {income} W h in a sol")
    def hibernation_lit(self, *, charge: float | None, income: float | None) -> None: ...

    @event(Severity.ACTIVITY_HI, "Woke after {sols} sols; {tries} times lit; least charge {lowest}")
    def hibernation_ends(self, *, sols: float, tries: int, lowest: float | None) -> None: ...

    @quantity()
    def charge_known(self) -> bool:
        """Whether the gauge of the battery says anything."""
        return self._charge is not None

    @quantity(unit="W h")
    def income_of_sol(self) -> float | None:
        """What the array has given in the last sol."""
        return self.income.of_sol

    @quantity(unit="W h")
    def income_ahead(self) -> float | None:
        """What the array will give in the sol to come if it changes as in the last one."""
        return self.income.ahead

    # ------------------------------------------------------ what a vehicle adds

    async def live_by(self, *, listens: bool) -> None:
        """Leaves on what may be on in hibernation, and more while it listens."""
        raise NotImplementedError

    async def live_again(self) -> None:
        """Switches back on what `live_by` has switched off."""
        raise NotImplementedError

    def is_window(self) -> bool:
        """Whether the relay orbiter passes about now, by the clock."""
        raise NotImplementedError

    def array_power_now(self) -> float:
        """What the array gave when it was read last, W; 0: it is not known."""
        raise NotImplementedError

    async def read_power(self) -> None:
        """Reads battery and array."""
        raise NotImplementedError

    @property
    def east_longitude(self) -> float:
        """Where it is, degrees: for the time of day."""
        raise NotImplementedError

    def listens_anew(self) -> None:
        """Whom it did not listen to meanwhile was not silent."""

    # ------------------------------------------------------ what a vehicle calls

    def take_up_hibernation(self) -> None:
        """At boot: goes on with what a boot has broken off."""
        self.income = Income()
        self._noon = Noon()
        self._off: float | None = None  # s that the clock was fast at the last noon
        self.hibernating = self.hibernation is not None
        self._listens = False
        self._over = asyncio.Event()
        if self.hibernating:
            self.nursery.start(self._hibernate(), name="hibernation")
        else:
            self._over.set()

    def array_gives(self, energy: float) -> None:
        """The array's meter was read: W h since power on."""
        self.income.meter_shows(monotonic(), energy)

    @property
    def must_be_silent(self) -> bool:
        """Whether nothing but what hibernation itself switches may be on now."""
        kept = self.hibernation
        return kept is not None and not self._listens

    async def hibernation_over(self) -> None:
        """Returns when it does not hibernate; at once where it does not."""
        await self._over.wait()

    # --------------------------------------------------------------- what tables do

    @action()
    def hibernate(self) -> None:
        """Sheds all but the clock and the warmth of the cells, and lives by the light."""
        if self.hibernation is not None:
            return
        self.hibernation = Hibernation(self.clock.count(), lowest=self._charge)
        self.hibernating = True
        self._over.clear()
        self.hibernation_begins(charge=self._charge, income=self._income)
        self.publish_telemetry()
        timer = self.protection.command_loss
        if timer is not None:
            timer.announce_silence(LONGEST)
        self.nursery.start(self._hibernate(), name="hibernation")

    @action()
    def end_hibernation(self) -> None:
        """Lives as before again, unless another response has it hibernate as well."""
        kept = self.hibernation
        if kept is None or self.protection.responder.is_held("end_hibernation"):
            return
        self.hibernation = None
        self.hibernating = False
        sols = round((self.clock.count() - kept.since) / SOL_SECONDS, 1)
        self.hibernation_ends(sols=sols, tries=kept.tries, lowest=kept.lowest)
        timer = self.protection.command_loss
        if timer is not None:
            timer.announce_silence(0.0)
        self.listens_anew()
        self._over.set()

    # ---------------------------------------------------------------------- within

    async def _hibernate(self) -> None:
        while (kept := self.hibernation) is not None:
            await self.read_power()
            self._look_at_clock(self.array_power_now())
            lit = self.array_power_now() >= float(self.parameters["listening_light"])
            takes_leave = not kept.said and self.is_window()
            self._note(lit, takes_leave)
            await self.live_by(listens=self._listens)
            if takes_leave:
                await self._take_leave()
            else:
                self._keep(said=kept.said or self.clock.count() > kept.since + GOODBYE)
                await self._wait(LOOK)
        self._listens = False
        await self.live_again()

    def _look_at_clock(self, power: float) -> None:
        """Sets the clock by the light, where two noons agree that it tells another hour."""
        now = monotonic()
        noon = self._noon.array_gives(now, power)
        if noon is None:
            return
        then = self.clock.jd_tt() - (now - noon) / SECONDS_PER_DAY
        hours = math.remainder(mars_time(then, self.east_longitude).ltst_hours - 12.0, 24.0)
        off, before = hours * SOL_SECONDS / 24.0, self._off
        self._off = off if abs(off) > CLOCK_OFF else None
        if self._off is not None and before is not None and abs(off - before) < NOONS_AGREE:
            self.step_clock(off)
            self._off = None

    async def _take_leave(self) -> None:
        """Stays to be heard until all is told: who is silent without a word is given up."""
        for _ in range(round(LOOK / _PATIENCE)):
            await self._wait(_PATIENCE)
            recorder = self.recorder
            heard = self.communications.link("relay").up
            if recorder is None or (heard and not recorder.pending and not recorder.in_flight):
                self._keep(said=True)
                return

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return

    def _note(self, lit: bool, takes_leave: bool) -> None:
        kept = self.hibernation
        if kept is None:
            return
        known = [each for each in (kept.lowest, self._charge) if each is not None]
        begins = lit and not self._listens
        self._listens = lit or takes_leave
        self._keep(tries=kept.tries + begins, lowest=min(known, default=None))
        if begins:
            self.hibernation_lit(charge=self._charge, income=self._income)
            self.publish_telemetry()

    def _keep(self, **changed: object) -> None:
        kept = self.hibernation
        if kept is not None:
            self.hibernation = msgspec.structs.replace(kept, **changed)

    @property
    def _charge(self) -> float | None:
        charge: float | None = getattr(self, "state_of_charge", None)
        return None if charge is None else round(charge, 3)

    @property
    def _income(self) -> float | None:
        income = self.income.of_sol
        return None if income is None else round(income)
