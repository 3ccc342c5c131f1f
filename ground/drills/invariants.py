"""What must hold in every run, faults or not; a drill names them under `always`.

Each looks at the run from outside and says what is wrong: the first time that it is, and once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flight.icd.messages import TERMINAL_RUNGS, CommandReport, EventReport, Message, Rung
from ground.testbed.run import Run

ENERGY_TOLERANCE = 1e-6
"""Of all energy that went through: what rounding of a million steps leaves."""
SOFTWARE_FAULTS = ("activity_fault", "statechart_fault", "command_fault")


@dataclass(frozen=True)
class Wrong:
    """That something did not hold: which, and what was seen."""

    invariant: str
    detail: str


class Invariant:
    """One of them, on one run. `doc` is a line for the reference."""

    doc = ""

    def __init__(self, run: Run) -> None:
        self.run = run

    def hear(self, message: Message) -> str:
        """A message was published; says what is wrong, "" when nothing is."""
        return ""

    def look(self) -> str:
        """Time has passed; says what is wrong, "" when nothing is."""
        return ""

    def end(self, broke: BaseException | None) -> str:
        """The run is over (it `broke`, or None); says what is wrong, "" when nothing is."""
        return self.look()


class TubesAccounted(Invariant):
    """No tube is lost in silence, none is counted twice: by the ledgers of all nodes together."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._seen = len(run.auditor.violations)

    def look(self) -> str:
        for violation in self.run.auditor.violations[self._seen :]:
            if self._mine(violation.statement):
                return f"{violation.tube}: {violation.statement}; truly at {violation.truth}"
        return ""

    def _mine(self, statement: str) -> bool:
        return "claim" in statement


class LedgersAgree(TubesAccounted):
    """What the ledgers say of a tube is true, or it is openly unknown."""

    def _mine(self, statement: str) -> bool:
        return "claim" not in statement


class CommandsEndOnce(Invariant):
    """Every command that was received ends in one terminal rung, also over reboots."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._ends: dict[tuple[str, str], Rung] = {}
        self._open: dict[tuple[str, str], None] = {}
        for role in run.mission.vehicles:
            ladder = _ladder(run, role)
            for entry in [] if ladder is None else ladder.entries():
                key = (role, entry.command.identifier)
                if entry.ended:
                    self._ends[key] = entry.rung
                else:
                    self._open[key] = None

    def hear(self, message: Message) -> str:
        if not isinstance(message, CommandReport) or message.repeated:
            return ""
        key = (message.source, message.identifier)
        before = self._ends.get(key)
        if before is not None and not _beside(before, message):
            return f"{message.source} {message.identifier} is {message.rung} after {before}"
        if message.rung in TERMINAL_RUNGS:
            self._ends[key] = message.rung
            self._open.pop(key, None)
        else:
            self._open[key] = None
        return ""

    def end(self, broke: BaseException | None) -> str:
        for source, identifier in self._open:
            ladder = _ladder(self.run, source)
            if ladder is not None and ladder.find(identifier) is None:
                return f"{source} knows nothing more of {identifier}, which never ended"
        return ""


def _beside(before: Rung, report: CommandReport) -> bool:
    """An identifier that came again for another order is refused beside its own end."""
    return report.rung is Rung.REJECTED and before is not Rung.REJECTED


def _ladder(run: Run, role: str) -> Any:
    return run.node(role).dispatcher.ladder if run.host.runs(role) else None


class NoTraceback(Invariant):
    """No software ends by an error of its own: no participant, no activity, no command."""

    doc = ""

    def hear(self, message: Message) -> str:
        if isinstance(message, EventReport) and message.name in SOFTWARE_FAULTS:
            return f"{message.source}: {message.text}"
        return ""

    def end(self, broke: BaseException | None) -> str:
        if broke is None or type(broke).__name__ in STANDSTILLS:
            return ""
        return f"the run ended by {type(broke).__name__}: {broke}"


STANDSTILLS = ("Deadlock", "Livelock", "TooManyCallbacks")


class NoDeadlock(Invariant):
    """The run neither waits for ever nor works without an end."""

    def end(self, broke: BaseException | None) -> str:
        if broke is None or type(broke).__name__ not in STANDSTILLS:
            return ""
        return str(broke)


class NoVehicleLost(Invariant):
    """No vehicle is lost: none crashes, none is taken away for good."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._before = dict(run.hardware.lost)

    def look(self) -> str:
        for vehicle, time in self.run.hardware.lost.items():
            if vehicle not in self._before:
                return f"{vehicle} was lost at {time:.1f} s"
        return ""

    def hear(self, message: Message) -> str:
        if isinstance(message, EventReport) and message.name == "mode_changed":
            after = str(message.data.get("after", ""))
            if after.split(".")[-1] == "lost":
                return f"{message.source} has given itself up as lost ({after})"
        return ""


class EnergyCloses(Invariant):
    """All energy of each vehicle is accounted for: gained, used, lost, stored."""

    def look(self) -> str:
        for name, built in self.run.hardware.vehicles.items():
            electrical = built.electrical
            account = electrical.account
            gained = account.array + account.generator + account.unserved
            spent = math.fsum(
                (account.loads, account.charging_loss, account.discharging_loss, account.shunted)
            )
            battery = electrical.parameters.battery
            begun = battery.initial_state_of_charge * battery.capacity * 3600.0
            error = gained - spent - (electrical.peek().energy - begun)
            if abs(error) > ENERGY_TOLERANCE * max(gained, begun):
                return f"{name}: {error:.3f} J of {gained:.0f} J are not accounted for"
        return ""


INVARIANTS: dict[str, type[Invariant]] = {
    "tubes_accounted": TubesAccounted,
    "ledgers_agree": LedgersAgree,
    "commands_end_once": CommandsEndOnce,
    "no_traceback": NoTraceback,
    "no_deadlock": NoDeadlock,
    "no_vehicle_lost": NoVehicleLost,
    "energy_closes": EnergyCloses,
}
"""By the names that drills use."""
ALWAYS_ON = ("tubes_accounted", "ledgers_agree", "commands_end_once", "no_traceback", "no_deadlock")
"""Judged in every drill, whether it names them or not."""
Make = Callable[[Run], Invariant]
