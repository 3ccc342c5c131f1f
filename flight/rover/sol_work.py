"""What a sol allows the rover, and how often it waits for what only time mends."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flight.core.keeping.clock import monotonic
from flight.surface.energy import EnergyParameters
from flight.surface.sol_budget import SolBudget, SolVehicle

CONDITIONS = ("cold", "no_power", "dark")  # fault codes that only time mends
RESTS_IN_VAIN = 8  # half hours or nights waited for the same condition
PATIENCE = 3
"""Sols in vain, over boots, after which what is stored counts, and no more what a night might take
(assumption: one bad sol is weather, three are a winter)."""


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


class RestingVehicle(SolVehicle, Protocol):
    """A vehicle that counts its sols in vain."""

    sols_in_vain: int

    @property
    def hibernating(self) -> Any:
        """Whether it is to lie still, for want of light."""


class RoverSols(SolBudget):
    """The budget of a sol, and patience with cold, dark and empty batteries. `relaxes`: the
    patience has an end."""

    relaxes = True

    def __init__(
        self, vehicle: RestingVehicle, energy: EnergyParameters, show: Callable[[float], None]
    ) -> None:
        super().__init__(vehicle, energy)
        self._resting = vehicle
        self._show = show
        self._in_vain = 0  # rests for a condition since there was progress

    async def plan(self) -> bool:
        """Plans what is left of the sol, and shows the seconds of work that were planned."""
        worth = await super().plan()
        if self._resting.hibernating:
            self.planned, self.reason, worth = 0.0, "energy", False
        elif worth:
            self._woken_by_rule()
        elif self._has_waited_enough:
            worth = self._plan_by_charge()
        self._show(self.planned)
        return worth

    def slept_in_vain(self) -> None:
        """A sol is over, and the rule for waking was not met in it."""
        self._resting.sols_in_vain += 1

    def must_save(self) -> bool:
        """Whether there is less stored than one wakes with: then no day is spent awake for
        nothing."""
        charge = self.vehicle.state_of_charge
        return self.relaxes and charge is not None and charge < self._waking_charge

    @property
    def _waking_charge(self) -> float:
        return float(self.vehicle.parameters["wake_charge"])

    @property
    def _has_waited_enough(self) -> bool:
        return self.relaxes and self._resting.sols_in_vain >= PATIENCE

    def _woken_by_rule(self) -> None:
        if self._resting.sols_in_vain:
            self._resting.sols_in_vain = 0

    def _plan_by_charge(self) -> bool:
        """Works off what is stored above the charge to wake with; returns whether that is worth
        working. With the next sols in vain it comes back by itself."""
        charge, p = self.vehicle.state_of_charge, self.vehicle.parameters
        if charge is None or not self.is_day or self.distance_left() <= 0.0:
            return False
        spare = (charge - self._waking_charge) * float(p["battery_capacity"])
        now = self.vehicle.clock.jd_tt()
        sunset = self.planner.seconds_until(now, float(p["sleeping_sun"]), rising=False)
        self.planned = min(max(0.0, 3600.0 * spare / float(p["work_power"])), sunset)
        self.work_until, self.reason = monotonic() + self.planned, "energy"
        return self.planned > float(p["shortest_work"])

    def may_go_on(self) -> bool:
        """Whether there is time, energy and distance left."""
        if self._resting.hibernating:
            self.reason = "energy"
            return False
        return super().may_go_on()

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
