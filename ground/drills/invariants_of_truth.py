"""What must hold of tubes, energy, propellant and mechanisms, by the truth."""

import math
from collections.abc import Iterator
from typing import Any

from ground.drills.invariant import Invariant
from ground.testbed.run import Run

ENERGY_TOLERANCE = 1e-6
"""Of all energy that went through: what rounding of a million steps leaves."""
MASS_TOLERANCE = 1e-9  # kg
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


class EnergyCloses(Invariant):
    """All energy of each vehicle is accounted for: gained, used, lost, stored."""

    def look(self) -> str:
        for name, built in self.run.hardware.vehicles.items():
            electrical = built.electrical
            account = electrical.account
            gained = account.array + account.generator + account.unserved
            spent = math.fsum(
                (
                    account.loads, account.charging_loss, account.discharging_loss,
                    account.shunted, account.drained,
                )
            )  # fmt: skip
            battery = electrical.parameters.battery
            begun = battery.initial_state_of_charge * battery.capacity * 3600.0
            error = gained - spent - (electrical.peek().energy - begun)
            if abs(error) > ENERGY_TOLERANCE * max(gained, begun):
                return f"{name}: {error:.3f} J of {gained:.0f} J are not accounted for"
        return ""


class PropellantCloses(Invariant):
    """No tank is filled by itself, and none holds less than nothing."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._before: dict[str, float] = {}

    def look(self) -> str:
        for name, left in _tanks(self.run):
            before = self._before.get(name, left)
            if left > before + MASS_TOLERANCE:
                return f"{name}: {before:.6f} kg have become {left:.6f} kg"
            if left < -MASS_TOLERANCE:
                return f"{name}: {left:.6f} kg are left"
            self._before[name] = left
        return ""


def _tanks(run: Run) -> Iterator[tuple[str, float]]:
    """What is left in each tank (kg), as of when it was integrated last."""
    vehicles = run.hardware.vehicles
    lander = run.hardware.world.space.bodies.get("lander")
    if lander is not None and len(lander.state) > 6 and lander.state[6] > 0.0:
        yield "descent engines of the lander", lander.state[6]
    if "orbiter" in vehicles:
        yield "tanks of the orbiter", vehicles["orbiter"].devices["thrusters"].vehicle.propellant
    if "mav" in vehicles:
        body = vehicles["mav"].devices["ejector"].truth.body
        if body is not None:
            yield "cold gas of the MAV", body.gas


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
