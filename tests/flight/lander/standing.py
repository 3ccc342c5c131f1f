"""Stands for a lander on the ground: its decisions with nothing around them."""

from types import SimpleNamespace
from typing import Any

from flight.core.fault_protection.structure import STRUCTURE
from flight.icd.devices.power import BatteryState
from flight.icd.devices.thermal import ZoneState
from flight.lander.node import Lander
from flight.lander.rhythm import Energy
from tests.flight.lander.descent_bench import PARAMETERS, do

__all__ = ["Standing", "do", "reading", "zone"]


class Standing:
    """A lander's decisions with nothing around them: what it says and asks is kept."""

    def __init__(self, **values: Any) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.parameters = dict(PARAMETERS)
        self.energy = Energy.AMPLE
        self.state_of_charge: float | None = 0.8
        self.low_energy = self.low_energy_kept = False
        self._without_meaning = 0
        self.state = "landed.operating.day"
        self.carried_modes: dict[str, str] = {"arm": "stowed"}
        self.arm_clear = False
        self.commissioning = None
        self.commissioned = False
        self.dead_zones = None
        self.hibernation, self.must_be_silent = None, False
        self.metered: list[float] = []
        self.charged_for_its_wear = lambda: False
        self.battery_shows = lambda battery, power: None
        self.array_gives = self.metered.append
        self.context = SimpleNamespace(structure=STRUCTURE)
        for name, value in values.items():
            setattr(self, name, value)

    def is_in(self, state: str) -> bool:
        return self.state == state or self.state.startswith(f"{state}.")

    def _remember_low(self, low: bool) -> None:
        Lander._remember_low(self, low)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **data: self.said.append((name, data or given))  # type: ignore[arg-type]

    def names(self) -> list[str]:
        return [name for name, _ in self.said]


def zone(setpoint: float, enabled: bool = True, on: bool = False) -> ZoneState:
    return ZoneState(setpoint=setpoint, enabled=enabled, on=on, power=60.0)


def reading(valid: bool = True) -> BatteryState:
    return BatteryState(
        valid=valid, state_of_charge=0.7, voltage=29.0, current=1.0, temperature=270.0
    )
