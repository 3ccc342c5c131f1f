"""Whether a battery that has lost cells holds what a night on the ground needs."""

from typing import ClassVar

from flight.core.fault_protection.quantities import quantity
from flight.core.worn_battery import NEW, WornBattery
from flight.icd.devices.power import BatteryState

END_OF_CHARGE = 0.02
"""W that flow into a full battery at the most, for each W h of its capacity: cut-off currents of
lithium-ion cells are from a twentieth to a fiftieth of the capacity."""
SURPLUS = 1.5  # times what the vehicle takes: less of the array may all be spent
NEARLY = 0.95  # of what it takes at all
WORTH = 0.05
"""Of the capacity, above the charge that a night needs: with less, nothing that is switched on
would last."""


class NightCharge(WornBattery):
    """A vehicle of nights that knows how full its battery becomes. One with an array calls
    `battery_shows` where others call `battery_rests`."""

    night_charge: ClassVar[str]
    """The parameter: the charge below which a night is in danger."""

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

    def battery_shows(self, battery: BatteryState | None, array_power: float | None) -> None:
        """Battery and array were read (W); None: what was read is not valid."""
        if battery is None or array_power is None:
            return
        capacity = float(self.parameters["battery_capacity"])
        flows = abs(battery.current * battery.voltage) > END_OF_CHARGE * capacity
        spare = array_power >= SURPLUS * self.own_needs()
        self.battery_takes(battery, something=flows or not spare)
