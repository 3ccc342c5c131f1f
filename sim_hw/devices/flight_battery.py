"""The MAV's power: the lander's while it lies in its tube, its own battery in flight and orbit."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from sim_hw.dynamics.mav_truth import MavTruth
from sim_hw.power_and_heat.powered import PowerSupply


class FlightBatteryParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Energy, and what the vehicle draws: in flight, and when its work is done."""

    energy: Annotated[float, Quantity("W.h", gt=0, le=5000)]
    flight_power: Annotated[float, Quantity("W", gt=0, le=500)]
    orbit_power: Annotated[float, Quantity("W", gt=0, le=500)]


class MavSupply:
    """Lander's power before the ejection; afterwards a battery that runs empty."""

    def __init__(
        self, lander: PowerSupply, truth: MavTruth, parameters: FlightBatteryParameters
    ) -> None:
        self.lander = lander
        self.truth = truth
        self.parameters = parameters
        self.ejected_at: float | None = None
        self.rests_since: float | None = None

    @property
    def brownout(self) -> bool:
        if self.ejected_at is None:
            return self.lander.brownout
        return self.energy_left() <= 0.0

    def energy_left(self) -> float:
        """Energy left in W h."""
        if self.ejected_at is None:
            return self.parameters.energy
        now, p = self.truth.clock(), self.parameters
        until = now if self.rests_since is None else self.rests_since
        used = p.flight_power * (until - self.ejected_at) + p.orbit_power * (now - until)
        return p.energy - used / 3600.0

    def set_load(self, consumer: str, watts: float) -> None:
        if self.ejected_at is None:
            self.lander.set_load(consumer, watts)

    def is_on(self, switch: str) -> bool:
        return True if self.ejected_at is not None else self.lander.is_on(switch)

    def cut(self) -> None:
        """The umbilical parts."""
        self.lander.set_load("mav.systems", 0.0)
        self.ejected_at = self.truth.clock()

    def rest(self) -> None:
        """The container is gone: drives and sensors are off, computer and receiver are not."""
        if self.ejected_at is not None and self.rests_since is None:
            self.rests_since = self.truth.clock()
