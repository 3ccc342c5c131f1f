"""What is left of a battery that has lost cells, by the charge at which it takes no more.

Its gauge counts in parts of the capacity when new: cells that have failed leave that fraction for
ever out of reach, and with it all limits that lie in it. How full the rest becomes shows where the
array gives more than the vehicle takes, the cells are warm enough, and no current flows into them.
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

END_OF_CHARGE = 0.02
"""W that flow into a full battery at the most, for each W h of its capacity: cut-off currents of
lithium-ion cells are from a twentieth to a fiftieth of the capacity."""
SURPLUS = 1.5  # times what the vehicle takes: less of the array may all be spent
WARM = 254.0
"""K from which cells take charge for certain: lithium-ion does from -20 C on (MER), and a gauge is
off by some tenths."""
LASTS = 1800.0  # s for which it takes no more before that is believed
NEW = 0.95  # of the capacity: with so much, nothing is missing that a gauge could tell
OTHERWISE = 0.02  # of the capacity: what is found anew by less is the same
NEARLY = 0.95  # of what it takes at all
WORTH = 0.05
"""Of the capacity, above the charge that a night needs: with less, nothing that is switched on
would last."""


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
    and `battery_shows` whenever it has read battery and array."""

    night_charge: ClassVar[str]
    """The parameter: the charge below which a night is in danger."""

    full_charge = Remembered(
        float, 1.0, doc="charge at which the battery takes no more, of the capacity when new"
    )

    @event(Severity.WARNING_HI, "The battery takes no more at {charge} % of its capacity when new")
    def battery_worn(self, *, charge: int) -> None: ...

    @quantity()
    def charged_for_its_wear(self) -> bool:
        """Whether a battery that has lost cells is as full as it becomes, and that is more than a
        night needs."""
        charge: float | None = getattr(self, "state_of_charge", None)
        full = self.full_charge
        if charge is None or full > NEW or charge < NEARLY * full:
            return False
        return charge >= float(self.parameters[self.night_charge]) + WORTH

    def takes_no_more_charge(self) -> bool:
        return self.charged_for_its_wear()

    def own_needs(self) -> float:
        """W that the vehicle takes by day by itself."""
        raise NotImplementedError

    def take_up_battery(self) -> None:
        """At boot."""
        self._end_of_charge = EndOfCharge()

    def battery_shows(self, battery: BatteryState | None, array_power: float | None) -> None:
        """Battery and array were read (W); None: what was read is not valid."""
        if battery is None or array_power is None:
            return
        charge = battery.state_of_charge
        if charge > self.full_charge + 2.0 * OTHERWISE:
            self.full_charge = 1.0  # it has taken more: cells that were away are back
        capacity = float(self.parameters["battery_capacity"])
        full = self._end_of_charge.shown(
            monotonic(),
            charge,
            array_power >= SURPLUS * self.own_needs()
            and abs(battery.current * battery.voltage) <= END_OF_CHARGE * capacity
            and battery.temperature >= WARM,
        )
        if full is None or (full > NEW and self.full_charge == 1.0):
            return
        if abs(full - self.full_charge) > OTHERWISE:
            self.full_charge = full if full <= NEW else 1.0
            self.battery_worn(charge=round(100.0 * full))
