"""Keeps in touch with the vehicles: a command now and then, so that none of them misses the ground.

A vehicle that hears no valid command for some sols takes its radio, and then itself, for ill
(`command_loss` in its table). One that is at work is asked for news by the tracker; another one is
sent `report_status` when nothing has gone to it for two sols. Where nothing is to come for longer,
it is told so before: a procedure does for what it plans (`announce_silence`), and this for the
weeks in which the Sun stands between. While a silence is announced nothing is sent from here.

A vehicle whose new settings of the radio wait to be confirmed says so in each pass by them. Who
hears it has heard the vehicle by them, and confirms.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import Command, EventReport
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.commanding.tracker import (
    ORIGIN,
    CommandTracker,
    TrackedCommand,
    Verdict,
)
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.telemetry.telemetry import LatestTelemetry

STATUS, SILENCE = "report_status", "announce_silence"
ANNOUNCED = (SILENCE, "announce_long_silence")
"""Commands after which a vehicle expects nothing for a while."""
TO_CONFIRM, CONFIRM = "communication_to_confirm", "confirm_communication"
IN_TOUCH = "in touch"
"""The step under which the commands that nobody planned are kept."""
EVERY = 2.0 * SOL_SECONDS
"""s after the last command until the next: two may be lost within the six sols of a vehicle."""
AHEAD = 3.0 * SOL_SECONDS
"""s before a conjunction at which it is announced, and after which it is over for sure."""

Interval = tuple[float, float]


class KeepingInTouch:
    """What is sent to each of some vehicles beside the procedure.

    `conjunctions`: begin and end (mission time, s) of each stretch in which nobody commands, in
    their order. Only who was ever heard is spoken to.
    """

    def __init__(
        self,
        vehicles: Iterable[str],
        tracker: CommandTracker,
        telemetry: LatestTelemetry,
        dictionary: Dictionary,
        now: Callable[[], float],
        conjunctions: Sequence[Interval] = (),
    ) -> None:
        self._tracker = tracker
        self._telemetry = telemetry
        self._dictionary = dictionary
        self._now = now
        self._conjunctions = conjunctions
        self._vehicles = [
            name for name in vehicles
            if {STATUS, SILENCE} <= dictionary.vehicle(name).commands.keys()
        ]  # fmt: skip

    async def run(self) -> None:
        """Keeps in touch until cancelled."""
        while True:
            await asyncio.sleep(max(60.0, self._next() - self._now()))
            self.look()

    def heard(self, event: EventReport) -> None:
        """A vehicle has said something."""
        if event.name != TO_CONFIRM or event.source not in self._vehicles:
            return
        if CONFIRM not in self._dictionary.vehicle(event.source).commands:
            return
        orders = [o for o in self._sent().get(event.source, []) if o.order.name == CONFIRM]
        if not any(o.verdict is None or o.issued_ns >= event.time_ns for o in orders):
            self._issue(event.source, CONFIRM)

    def look(self) -> None:
        """Sends what is due."""
        sent = self._sent()
        for vehicle in self._vehicles:
            orders = sent.get(vehicle, [])
            if not self._speaks_to(vehicle, orders):
                continue
            until = self._announced(orders)
            conjunction = self._coming(until)
            if conjunction is not None:
                self._issue(vehicle, SILENCE, seconds=conjunction + AHEAD - self._now())
            elif self._now() >= self._due(orders, until):
                self._issue(vehicle, STATUS)

    def _speaks_to(self, vehicle: str, orders: list[TrackedCommand]) -> bool:
        """Whether something may go to a vehicle now: one at work is asked by the tracker."""
        heard = self._telemetry.was_heard(vehicle)
        busy = any(each.verdict is None for each in orders)
        return heard and not busy and not any(each.has_switched_off for each in orders)

    def _coming(self, announced: float) -> float | None:
        """The end of a conjunction that begins soon, if it has not been announced."""
        now = self._now()
        for begin, end in self._conjunctions:
            if begin - AHEAD <= now < begin and announced < end:
                return end
        return None

    def _due(self, orders: list[TrackedCommand], announced: float) -> float:
        """Mission time at which a vehicle is to hear something again, s."""
        last = max((each.sent_ns or each.issued_ns for each in orders), default=0)
        return max(last / NANOSECONDS + EVERY, announced)

    @staticmethod
    def _announced(orders: list[TrackedCommand]) -> float:
        """Mission time until which a vehicle was told to expect nothing, s."""
        told = [
            o for o in orders
            if o.order.name in ANNOUNCED and o.order.stage != "arm"
            and o.verdict is Verdict.COMPLETED
        ]  # fmt: skip
        if not told:
            return 0.0
        seconds = float(told[-1].order.arguments.get("seconds", 0.0))
        return told[-1].issued_ns / NANOSECONDS + seconds

    def _next(self) -> float:
        """Mission time of the next look, s."""
        sent, now = self._sent(), self._now()
        times = [now + SOL_SECONDS]
        for vehicle in self._vehicles:
            orders = sent.get(vehicle, [])
            if self._speaks_to(vehicle, orders):
                times.append(self._due(orders, self._announced(orders)))
        return min(times)

    def _sent(self) -> dict[str, list[TrackedCommand]]:
        """The commands to each vehicle, in the order of issue."""
        found: dict[str, list[TrackedCommand]] = {}
        for command in self._tracker.commands():
            found.setdefault(command.order.target, []).append(command)
        return found

    def _issue(self, vehicle: str, name: str, **arguments: float) -> None:
        entry = self._dictionary.check(vehicle, name, arguments)
        [identifier] = self._tracker.next_identifiers(1)
        order = Command(identifier, vehicle, name, dict(arguments), ORIGIN)
        self._tracker.issue(IN_TOUCH, [order], entry.deadline)
