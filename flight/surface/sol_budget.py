"""What a sol still allows a rover: by Sun, battery, and the distance that it may drive."""

from typing import Any, Protocol

import msgspec

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.mars_time import local_sol_number
from flight.core.keeping.clock import SpacecraftClock, monotonic
from flight.core.keeping.parameters import ParameterTable
from flight.surface.energy import EnergyParameters, EnergyPlanner, SolPlan

WHOLE_WAY = "the way of the sol"


class SolDistance(msgspec.Struct, frozen=True):
    """Metres that were driven in a local sol, by the wheels."""

    sol: int = -1
    distance: float = 0.0


class SolVehicle(Protocol):
    """What a sol's budget has to know of its vehicle."""

    parameters: ParameterTable
    clock: SpacecraftClock

    @property
    def state_of_charge(self) -> Any:
        """Of the battery, as a fraction; None when it is not known."""

    @property
    def sol_distance(self) -> SolDistance:
        """How far was driven in the last sol of a drive; kept over reboots."""

    @sol_distance.setter
    def sol_distance(self, driven: SolDistance) -> None: ...

    async def read_power(self) -> None:
        """Reads the battery."""


class SolBudget:
    """Plans a sol. `reason` says what limits it. `least_way` (m): less is not worth a start."""

    def __init__(
        self, vehicle: SolVehicle, energy: EnergyParameters, *, least_way: float = 0.0
    ) -> None:
        self.vehicle = vehicle
        self.least_way = least_way
        self.planned = 0.0  # s of work, by Sun and battery alone
        self.work_until = 0.0  # s, on the monotonic clock
        self.reason = "the Sun"
        self.use(energy)

    def use(self, energy: EnergyParameters) -> None:
        """Plans with these powers from now on."""
        p = self.vehicle.parameters
        latitude = MARS_IAU.planetographic(p["latitude"])
        self.planner = EnergyPlanner(latitude, p["longitude"], energy)

    @property
    def sol(self) -> int:
        """Number of the local sol."""
        vehicle = self.vehicle
        return local_sol_number(vehicle.clock.jd_tt(), vehicle.parameters["longitude"])

    @property
    def is_day(self) -> bool:
        """Whether the Sun is high enough to work."""
        return self.planner.is_day(self.vehicle.clock.jd_tt())

    async def plan(self) -> bool:
        """Plans what is left of the sol; returns whether that is worth working."""
        await self.vehicle.read_power()
        charge = self.vehicle.state_of_charge
        plan: SolPlan = self.planner.plan(
            self.vehicle.clock.jd_tt(), 0.0 if charge is None else charge
        )
        self.work_until, self.reason = monotonic() + plan.work, plan.limited_by
        if self.distance_left() <= 0.0:
            self.work_until, self.reason = 0.0, WHOLE_WAY
        self.planned = plan.work
        return self.work_until - monotonic() > float(self.vehicle.parameters["shortest_work"])

    def may_go_on(self) -> bool:
        """Whether there is time, energy and distance left."""
        charge = self.vehicle.state_of_charge
        if charge is not None and charge < self.vehicle.parameters["energy_reserve"]:
            self.reason = "energy"
            return False
        left = self.distance_left()
        if left <= 0.0 or left < self.least_way:
            self.reason = WHOLE_WAY
            return False
        return monotonic() < self.work_until

    def distance_left(self) -> float:
        """Metres that may still be driven in this sol."""
        return float(self.vehicle.parameters["sol_distance_limit"]) - self.distance_of_sol()

    def distance_of_sol(self) -> float:
        """Metres driven in this sol."""
        driven = self.vehicle.sol_distance
        return driven.distance if driven.sol == self.sol else 0.0

    def driven(self, distance: float) -> None:
        """Counts metres; kept over reboots."""
        self.vehicle.sol_distance = SolDistance(self.sol, self.distance_of_sol() + distance)
