"""The clock of one vehicle: mission time as the vehicle believes it, with offset and drift."""

import asyncio
from dataclasses import dataclass

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.runtime.loop import NANOSECONDS, time_ns


@dataclass
class SpacecraftClock:
    """Stamps what a vehicle says. Delays never use it; they use the loop's monotonic time.

    `epoch_jd_tt`: Julian date (TT) of mission time zero. `offset` in seconds and `drift` in seconds
    per second are how far the oscillator's count is off at mission time zero and how much it goes
    astray. `correction`: seconds that the ground's time correlation has taken off the count, in
    all; the node keeps it over reboots.
    """

    epoch_jd_tt: float
    offset: float = 0.0
    drift: float = 0.0
    correction: float = 0.0

    def count_ns(self) -> int:
        """Nanoseconds that the oscillator has counted: nobody sets it, and it runs on while the
        computer boots. For ages that have to be right over reboots."""
        true_ns = time_ns()
        return true_ns + round(self.offset * NANOSECONDS + self.drift * true_ns)

    def now_ns(self) -> int:
        """Nanoseconds of mission time, as this clock has it: the count, corrected."""
        return self.count_ns() - round(self.correction * NANOSECONDS)

    def now(self) -> float:
        """Seconds of mission time, as this clock has it."""
        return self.now_ns() / NANOSECONDS

    def count(self) -> float:
        """Seconds that the oscillator has counted; see `count_ns`."""
        return self.count_ns() / NANOSECONDS

    def jd_tt(self) -> float:
        """Julian date (TT), as this clock has it."""
        return self.epoch_jd_tt + self.now() / SECONDS_PER_DAY

    def correct(self, error: float) -> None:
        """Steps the clock back by `error` seconds (the ground's time correlation)."""
        self.correction += error


def monotonic() -> float:
    """Seconds of the loop's time: for delays and ages."""
    return asyncio.get_running_loop().time()
