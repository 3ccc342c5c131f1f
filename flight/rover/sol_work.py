"""What a sol allows the rover, and how often it waits for what only time mends."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.keeping.clock import monotonic
from flight.surface.energy import EnergyParameters
from flight.surface.sol_budget import SolBudget, SolVehicle

CONDITIONS = ("cold", "no_power", "dark")  # fault codes that only time mends
DEVICE = "device"
"""What is waited for when a device does not do its work, or says nothing."""
PASSING_TROUBLES = ("stall", "jam", "no_image", "invalid", "garbage", "stuck")
"""Fault codes of a device that may do the next time what it does not do now."""
DEVICE_RESTS = (1_800.0, 7_200.0, 28_800.0, SOL_SECONDS, SOL_SECONDS)
"""s for which a device is left alone before it is tried again: spread in time, so that one
disturbance does not burn all attempts. Then it counts as broken, until something is achieved."""
NEXT_SOL = "the next sol"
"""What is waited for when what is left to do came to nothing on this one."""
BLIND_WORK = "blind_work"
"""The load that is shed while nothing is to be done by what the array gives alone."""
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

    def is_shed(self, load: str) -> bool:
        """Whether a load is to stay off."""

    @property
    def array_power(self) -> Any:
        """What the array gave when it was read last, W; None: it is not known."""


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
        self._device_rests = 0

    async def plan(self) -> bool:
        """Plans what is left of the sol, and shows the seconds of work that were planned."""
        worth = await super().plan()
        if self._resting.hibernating:
            self.planned, self.reason, worth = 0.0, "energy", False
        elif self.vehicle.state_of_charge is None:
            worth = self._plan_by_array()
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
        """Whether there is less stored than one wakes with, or nobody knows and it is taken for
        the worst: then no day is spent awake for nothing."""
        charge = self.vehicle.state_of_charge
        if charge is None:
            return self._resting.is_shed(BLIND_WORK)
        return self.relaxes and charge < self._waking_charge

    @property
    def _waking_charge(self) -> float:
        return float(self.vehicle.parameters["wake_charge"])

    @property
    def _has_waited_enough(self) -> bool:
        return self.relaxes and self._resting.sols_in_vain >= PATIENCE

    def _woken_by_rule(self) -> None:
        if self._resting.sols_in_vain:
            self._resting.sols_in_vain = 0

    @property
    def _array_carries(self) -> bool:
        power = self._resting.array_power
        if power is None or self._resting.is_shed(BLIND_WORK):
            return False
        return bool(power >= float(self.vehicle.parameters["work_power"]))

    def _plan_by_array(self) -> bool:
        """Works as long as the array gives what the work takes, and nothing that is stored; returns
        whether that is worth working."""
        now, least = self.vehicle.clock.jd_tt(), float(self.vehicle.parameters["work_power"])
        self.planned, self.reason = 0.0, "energy"
        if self._array_carries and self.is_day and self.distance_left() > 0.0:
            self.planned = self.planner.seconds_of(now, least)
        self.work_until = monotonic() + self.planned
        return self.planned > float(self.vehicle.parameters["shortest_work"])

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
        """Whether there is time, energy and distance left; where nobody knows the charge, the array
        alone has to give what the work takes."""
        known = self.vehicle.state_of_charge is not None
        if self._resting.hibernating or not (known or self._array_carries):
            self.reason = "energy"
            return False
        return super().may_go_on()

    def rest_for(self, condition: str) -> bool:
        """Whether to wait for a condition to mend; not for ever if nothing gets better."""
        self.reason = condition
        self._in_vain += 1
        return self._in_vain <= RESTS_IN_VAIN

    def rest_for_device(self) -> bool:
        """Whether to leave a device alone for a while; not for ever if nothing gets better."""
        self.reason = DEVICE
        self._device_rests += 1
        return self._device_rests <= len(DEVICE_RESTS)

    @property
    def device_rest(self) -> float:
        """For how many s a device is left alone now."""
        return DEVICE_RESTS[min(max(self._device_rests, 1), len(DEVICE_RESTS)) - 1]

    def progress(self) -> None:
        """Something was achieved."""
        self._in_vain = self._device_rests = 0

    def driven(self, distance: float) -> None:
        """Counts metres of this sol."""
        self.progress()
        super().driven(distance)
