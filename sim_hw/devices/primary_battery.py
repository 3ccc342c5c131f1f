"""The power of a vehicle that lives on cells which cannot be charged."""

import math
from dataclasses import dataclass

from sim_hw.power_and_heat.electrical import Electrical


@dataclass
class PrimaryPower(Electrical):
    """Battery and loads, and no source: each stretch of equal loads is one step, however long, so
    that years in storage cost nothing. Empty is empty for good."""

    def advance(self) -> None:
        """Brings everything up to now."""
        now = self.world.now()
        if self._advancing or now <= self._time:
            return
        self._advancing = True
        try:
            while self._time < now:
                step = min(now - self._time, self._lasts())
                self._step(step, 1.0)
                self._time = now if now - self._time - step < 1e-6 else self._time + step
        finally:
            self._advancing = False

    def _lasts(self) -> float:
        """Seconds until the battery is empty at the present loads."""
        drawn = math.fsum(w for consumer, w in self._loads.items() if self.is_on(consumer))
        if self._brownout or self._dead or drawn <= 0.0:
            return math.inf
        efficiency = self.parameters.battery.discharge_efficiency
        return max((self._energy - self._floor()) * efficiency / drawn, 1e-3)
