"""Loads are shed by a table, those that matter least at first; with more charge they are back.

Why a load is shed is kept over reboots and over a change of the table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from flight.core.fault_protection.budgets import NAMESPACE
from flight.core.fault_protection.tables import Load
from flight.core.keeping.storage import Storage, StorageDamage

ENERGY, SAFE, RESPONSE = "energy", "the safe state", "a response"
SHED = "shed"


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
        storage: Storage,
        loads: Mapping[str, Sheddable],
        tell: Callable[[str, bool, str], None],
    ) -> None:
        self._node = node
        self._storage = storage
        self._table: dict[str, Load] = {}
        self._loads = loads
        self._tell = tell
        self._why = self._restored()

    def take_up(self) -> None:
        """After a boot: what was shed before it is switched off again."""
        for load in self.shed():
            self._apply(load)

    def goes_by(self, table: Mapping[str, Load]) -> None:
        """Goes by another table: reasons for which that sheds nothing any more are taken back."""
        self._table = dict(table)
        for load in self._loads:
            entry = table.get(load)
            if entry is None:
                self.release(load, ENERGY)
            if entry is None or not entry.in_safe:
                self.release(load, SAFE)

    def is_shed(self, load: str) -> bool:
        """Whether a load is to stay off."""
        return bool(self._why.get(load))

    def shed(self) -> list[str]:
        """The loads that are shed."""
        return [load for load in self._loads if self.is_shed(load)]

    def charge_is(self, charge: float | None, *, is_full: bool = False) -> None:
        """The state of charge; where it is not known all stays as it is. `is_full`: it becomes no
        more, so that nothing is to be waited for."""
        if charge is None:
            return
        for name, load in self._table.items():
            if charge < load.below:
                self.want(name, ENERGY)
            elif charge > load.back_above or is_full:
                self.release(name, ENERGY)

    def safe_is(self, safe: bool) -> None:
        """Whether the vehicle is in its safe state."""
        for name, load in self._table.items():
            if load.in_safe:
                (self.want if safe else self.release)(name, SAFE)

    def want(self, load: str, why: str) -> None:
        """Sheds a load for a reason."""
        if why in self._why.get(load, {}):
            return
        before = self.is_shed(load)
        self._why.setdefault(load, {})[why] = None
        self._keep()
        if not before:
            self._changed(load, why)

    def release(self, load: str, why: str) -> None:
        """Takes a reason back; without any the load is back."""
        if why not in self._why.get(load, {}):
            return
        del self._why[load][why]
        self._keep()
        if not self.is_shed(load):
            self._changed(load, why)

    def _changed(self, load: str, why: str) -> None:
        self._tell(load, self.is_shed(load), why)
        self._apply(load)

    def _apply(self, load: str) -> None:
        apply = self._loads[load].apply
        if apply is not None:
            apply(self._node)

    def _keep(self) -> None:
        kept = {load: list(why) for load, why in self._why.items() if why}
        self._storage.put(NAMESPACE, SHED, kept)

    def _restored(self) -> dict[str, dict[str, None]]:
        try:
            kept = self._storage.get(NAMESPACE, SHED, {})
            reasons = msgspec.convert(kept, dict[str, list[str]])
        except (StorageDamage, msgspec.ValidationError):
            return {}
        return {load: dict.fromkeys(why) for load, why in reasons.items() if load in self._loads}
