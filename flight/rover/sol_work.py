"""What a sol allows the rover, and how often it waits for what only time mends."""

from collections.abc import Callable, Mapping
from typing import Any

from flight.surface.energy import EnergyParameters
from flight.surface.sol_budget import SolBudget, SolVehicle

CONDITIONS = ("cold", "no_power", "dark")  # fault codes that only time mends
RESTS_IN_VAIN = 8  # half hours or nights waited for the same condition


def energy_parameters(p: Mapping[str, Any]) -> EnergyParameters:
    """Of the rover's parameters."""
    return EnergyParameters(
        capacity=p["battery_capacity"],
        day_power=p["day_power"],
        night_power=p["night_power"],
        work_power=p["work_power"],
        reserve=p["energy_reserve"],
        waking_sun=p["waking_sun"],
        sleeping_sun=p["sleeping_sun"],
        wake_charge=p["wake_charge"],
    )


class RoverSols(SolBudget):
    """The budget of a sol, and patience with cold, dark and empty batteries."""

    def __init__(
        self, vehicle: SolVehicle, energy: EnergyParameters, show: Callable[[float], None]
    ) -> None:
        super().__init__(vehicle, energy)
        self._show = show
        self._in_vain = 0  # rests for a condition since there was progress

    async def plan(self) -> bool:
        """Plans what is left of the sol, and shows the seconds of work that were planned."""
        worth = await super().plan()
        self._show(self.planned)
        return worth

    def rest_for(self, condition: str) -> bool:
        """Whether to wait for a condition to mend; not for ever if nothing gets better."""
        self.reason = condition
        self._in_vain += 1
        return self._in_vain <= RESTS_IN_VAIN

    def progress(self) -> None:
        """Something was achieved."""
        self._in_vain = 0

    def driven(self, distance: float) -> None:
        """Counts metres of this sol."""
        self.progress()
        super().driven(distance)
