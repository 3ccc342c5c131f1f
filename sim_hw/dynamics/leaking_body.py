"""A flying body out of whose tank propellant leaks."""

import math
from collections.abc import Callable

from flight.astrodynamics.integrators import State
from sim_hw.world.space import FlyingBody

TANK = 6  # where in the state stands what is in the tank, kg


class LeakingBody(FlyingBody):
    """Leaks at rates (kg/s) that begin and end. What has gone is taken out of the state where
    somebody asks: whoever weighs it, or burns it, settles first."""

    leaks: tuple[float, ...] = ()
    _leaks_since: float = 0.0

    def leak(self, rate: float) -> Callable[[], None]:
        """Begins to leak; what is returned makes it tight, and brings nothing back."""
        self.settle_leaks()
        self.leaks = (*self.leaks, rate)

        def heal() -> None:
            self.settle_leaks()
            kept = list(self.leaks)
            kept.remove(rate)
            self.leaks = tuple(kept)

        return heal

    def advance(self, until: float | None = None) -> State:
        """As any body; a tank that ran dry within a step holds nothing, not less."""
        if super().advance(until)[TANK] < 0.0:
            self.state = (*self.state[:TANK], 0.0, *self.state[TANK + 1 :])
        return self.state

    def settle_leaks(self) -> None:
        """Takes out what has leaked up to now."""
        now = self._clock()
        gone = math.fsum(self.leaks) * (now - self._leaks_since)
        self._leaks_since = now
        if gone > 0.0:
            left = self.state[TANK]
            self.state = (*self.state[:TANK], max(0.0, left - gone), *self.state[TANK + 1 :])
