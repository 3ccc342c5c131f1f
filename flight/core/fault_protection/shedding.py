"""Loads are shed by a table, those that matter least at first; with more charge they are back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flight.core.fault_protection.tables import Load

ENERGY, SAFE, RESPONSE = "energy", "the safe state", "a response"


@dataclass(frozen=True)
class Sheddable:
    """Declares a load that a vehicle can do without for a while.

    `apply` is given the node when it is shed or back, if it has to be told: most loads are asked
    for by `is_shed` whenever they are about to be switched.
    """

    doc: str
    apply: Callable[[Any], None] | None = None


class Shedding:
    """Which loads of one vehicle are shed, and why. `tell(load, shed)` hears of each change."""

    def __init__(
        self,
        node: Any,
        table: Mapping[str, Load],
        loads: Mapping[str, Sheddable],
        tell: Callable[[str, bool, str], None],
    ) -> None:
        self._node = node
        self._table = dict(table)
        self._loads = loads
        self._tell = tell
        self._why: dict[str, dict[str, None]] = {}

    def is_shed(self, load: str) -> bool:
        """Whether a load is to stay off."""
        return bool(self._why.get(load))

    def shed(self) -> list[str]:
        """The loads that are shed."""
        return [load for load in self._loads if self.is_shed(load)]

    def charge_is(self, charge: float | None) -> None:
        """The state of charge; where it is not known all stays as it is."""
        if charge is None:
            return
        for name, load in self._table.items():
            if charge < load.below:
                self.want(name, ENERGY)
            elif charge > load.back_above:
                self.release(name, ENERGY)

    def safe_is(self, safe: bool) -> None:
        """Whether the vehicle is in its safe state."""
        for name, load in self._table.items():
            if load.in_safe:
                (self.want if safe else self.release)(name, SAFE)

    def want(self, load: str, why: str) -> None:
        """Sheds a load for a reason."""
        before = self.is_shed(load)
        self._why.setdefault(load, {})[why] = None
        if not before:
            self._changed(load, why)

    def release(self, load: str, why: str) -> None:
        """Takes a reason back; without any the load is back."""
        before = self.is_shed(load)
        self._why.get(load, {}).pop(why, None)
        if before and not self.is_shed(load):
            self._changed(load, why)

    def _changed(self, load: str, why: str) -> None:
        self._tell(load, self.is_shed(load), why)
        apply = self._loads[load].apply
        if apply is not None:
            apply(self._node)
