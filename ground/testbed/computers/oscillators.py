"""The clocks of computers whose oscillators may go wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flight.core.keeping.clock import SpacecraftClock
from flight.runtime.loop import NANOSECONDS

Turn = Callable[[float], float]
"""From what an oscillator would have counted (s) to what it has."""


@dataclass
class DisturbedClock(SpacecraftClock):
    """A clock whose oscillator counts what its `turns` make of the time, one after the other."""

    turns: list[Turn] = field(default_factory=list)

    def count_ns(self) -> int:
        """Nanoseconds that the oscillator has counted."""
        count_ns = super().count_ns()
        for turn in self.turns:
            count = count_ns / NANOSECONDS
            count_ns += round((turn(count) - count) * NANOSECONDS)
        return count_ns
