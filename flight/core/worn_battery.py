"""What is left of a battery that has lost cells, by the charge at which it takes no more.

Its gauge counts in parts of the capacity when new: cells that have failed leave that fraction for
ever out of reach, and with it all limits that lie in it. How full the rest becomes shows where the
source gives more than the vehicle takes, the cells are warm enough, and no current flows into them.
"""

import math
from typing import ClassVar

from flight.core.fault_protection.quantities import quantity
from flight.core.keeping.clock import monotonic
from flight.core.keeping.memory import Remembered
from flight.core.node import Node
from flight.core.telling.events import event
from flight.icd.devices.power import BatteryState
from flight.icd.messages import Severity

AT_REST = 0.05  # A: neither taken nor given, by a gauge that is off by as much
WARM = 254.0
"""K from which cells take charge for certain: lithium-ion does from -20 C on (MER), and a gauge is
off by some tenths."""
LASTS = 1800.0  # s for which it takes no more before that is believed
NEW = 0.95  # of the capacity: with so much, nothing is missing that a gauge could tell
OTHERWISE = 0.02  # of the capacity: what is found anew by less is the same


class EndOfCharge:
    """Finds the charge at which a battery takes no more, by readings over some time."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._charges: list[float] = []

    def shown(self, now: float, charge: float, takes_no_more: bool) -> float | None:
        """Takes a reading (s, part of the capacity when new); the charge at which it takes no more,
        where that has lasted for long enough."""
        if not takes_no_more:
            self._since = None
            self._charges.clear()
            return None
        if self._charges and abs(charge - self._charges[0]) > OTHERWISE:
            self._since = None  # something flowed meanwhile
            self._charges.clear()
        if self._since is None:
            self._since = now
        self._charges.append(charge)
        if now - self._since < LASTS:
            return None
        found = math.fsum(self._charges) / len(self._charges)
        self._since = None
        self._charges.clear()
        return found


class WornBattery(Node):
    """A vehicle that knows how full its battery becomes. It calls `take_up_battery` when it boots,
    and `battery_rests` whenever it has read its battery."""

    warm_cells: ClassVar[float] = WARM
    """K from which they take charge for certain."""

    full_charge = Remembered(
        float, 1.0, doc="charge at which the battery takes no more, of the capacity when new"
    )

    @event(Severity.WARNING_HI, "The battery takes no more at {charge} % of its capacity when new")
    def battery_worn(self, *, charge: int) -> None: ...

    @quantity()
    def charge_when_full(self) -> float:
        """Of the battery, of its capacity when new: 1 while it has lost none that shows."""
        return self.full_charge

    def is_worn(self) -> bool:
        """Whether the battery has lost cells."""
        return self.full_charge <= NEW

    def take_up_battery(self) -> None:
        """At boot."""
        self._end_of_charge = EndOfCharge()

    def battery_rests(self, battery: BatteryState) -> None:
        """The battery was read, validly. For who cannot tell what its source gives: just what is
        drawn, for long, would be a strange chance, and shows by itself once it takes more."""
        self.battery_takes(battery, something=abs(battery.current) > AT_REST)

    def battery_takes(self, battery: BatteryState, something: bool) -> None:
        """The battery was read, validly: whether it takes or gives `something` yet."""
        charge = battery.state_of_charge
        if charge > self.full_charge + 2.0 * OTHERWISE:
            self.full_charge = 1.0  # it has taken more: cells that were away are back
        takes_no_more = not something and battery.temperature >= self.warm_cells
        full = self._end_of_charge.shown(monotonic(), charge, takes_no_more)
        if full is None or (full > NEW and self.full_charge == 1.0):
            return
        if abs(full - self.full_charge) > OTHERWISE:
            self.full_charge = full if full <= NEW else 1.0
            self.battery_worn(charge=round(100.0 * full))
