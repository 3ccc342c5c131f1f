"""What must hold of tubes, energy, propellant and mechanisms, by the truth."""

import math
from typing import Any

from ground.drills.invariant import Invariant
from ground.testbed.run import Run
from sim_hw.assembly.conservation import Balance

BETWEEN, PART = 10.0, 0.01
"""Between looks at what closes: s of mission time at least, or that part of the time since the
first one. What is once off stays so, and is told that much later at the most."""
TOLERANCES = {"rad": 0.02, "degrees": 0.5}
"""By their units, what offsets and play of a joint come to, and the steps of a drive."""


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


class NoTubeUnknown(Invariant):
    """At the end no tube is openly unknown of which it was known at the begin where it is."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._before = unknown_tubes(run)

    def look(self) -> str:
        return ""

    def end(self, broke: BaseException | None) -> str:
        new = [tube for tube in unknown_tubes(self.run) if tube not in self._before]
        return f"{', '.join(new)}: openly unknown at the end" if new else ""


def unknown_tubes(run: Run) -> list[str]:
    """The tubes of which the ledgers say openly that nobody knows, now, where they are."""
    said = run.auditor.statement()
    return [tube for tube, account in said.items() if account.last_seen is not None]


class Closes(Invariant):
    """Rows of `sim_hw.assembly.conservation` that close: looked at now and then, and at the end."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._first = self._next = -math.inf

    def rows(self) -> list[Balance]:
        """Those that are to close, as they are now."""
        raise NotImplementedError

    def look(self) -> str:
        now = self.run.hardware.world.now()
        if now < self._next:
            return ""
        if self._first == -math.inf:
            self._first = now
        self._next = now + max(BETWEEN, PART * (now - self._first))
        return self._told()

    def end(self, broke: BaseException | None) -> str:
        return self._told()

    def _told(self) -> str:
        return next((str(row) for row in self.rows() if not row.closes), "")


class EnergyCloses(Closes):
    """All energy of each vehicle is accounted for: gained, used, lost, stored; and what falls
    around Mars keeps its own."""

    def rows(self) -> list[Balance]:
        return self.run.hardware.conservation.energies()


class PropellantCloses(Closes):
    """All mass is accounted for: what each vehicle weighs is what it had, less what has burnt,
    leaked or gone; no tank is filled by itself, and none holds less than nothing."""

    def rows(self) -> list[Balance]:
        return self.run.hardware.conservation.masses()


class NoBrownout(Invariant):
    """No battery is empty: no vehicle sheds all its loads."""

    def look(self) -> str:
        for name, built in self.run.hardware.vehicles.items():
            if built.electrical.peek().brownout and name not in self.run.hardware.lost:
                return f"{name}: the battery is empty"
        return ""


class DrivenWithinLimits(Invariant):
    """Nothing that is driven is beyond its limits: joints of both arms, nozzle of the MAV, and
    where their wheels have brought the rovers."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._devices: list[tuple[str, Any]] = []

    def look(self) -> str:
        for name, device in self._found():
            for axis in device.driven():
                if not axis.is_within(TOLERANCES[axis.unit]):
                    return (
                        f"{name}: {axis.name} at {axis.at:.3f} {axis.unit}; allowed is "
                        f"{axis.lowest:.3f} to {axis.highest:.3f}"
                    )
        return ""

    def _found(self) -> list[tuple[str, Any]]:
        """The devices that drive something, found once."""
        if not self._devices:
            self._devices = [
                (f"{vehicle}.{name}", device)
                for vehicle, built in self.run.hardware.vehicles.items()
                for name, device in built.devices.items()
                if hasattr(device, "driven")
            ]
        return self._devices
