"""Mission time on the ground: seconds of the run, sols since landing, local mean solar time."""

import asyncio

from flight.astrodynamics import mars_time
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.runtime.loop import NANOSECONDS, time_ns

DEPOT_EAST_LONGITUDE = 77.407753
"""Degrees; tube Malay, rover localisation at the drop (M20_waypoints)."""


class MissionClock:
    """Turns seconds of mission time into dates of Mars.

    `epoch_jd_tt`: Julian date (TT) of mission time zero, which is the landing (sol 0).
    """

    def __init__(
        self, epoch_jd_tt: float, east_longitude_degrees: float = DEPOT_EAST_LONGITUDE
    ) -> None:
        self.epoch_jd_tt = epoch_jd_tt
        self._longitude = east_longitude_degrees
        self._landing_sol = mars_time.local_sol_number(epoch_jd_tt, east_longitude_degrees)

    def now(self) -> float:
        """Seconds of mission time."""
        return asyncio.get_running_loop().time()

    def now_ns(self) -> int:
        """Nanoseconds of mission time."""
        return time_ns()

    def jd_tt(self, seconds: float) -> float:
        """Julian date (TT)."""
        return self.epoch_jd_tt + seconds / SECONDS_PER_DAY

    def sol(self, seconds: float) -> int:
        """Sols since landing; the landing sol is 0."""
        number = mars_time.local_sol_number(self.jd_tt(seconds), self._longitude)
        return number - self._landing_sol

    @property
    def sols_at_zero(self) -> float:
        """Sols from the midnight before the landing to mission time zero."""
        return mars_time.local_sols(self.epoch_jd_tt, self._longitude) - self._landing_sol

    def text(self, seconds: float) -> str:
        """Sol and local mean solar time, like ``Sol 012 M 13:38:22``."""
        return mars_time.format_lmst(self.jd_tt(seconds), self._longitude, self._landing_sol)

    def seconds_at(self, sol: int, lmst_hours: float) -> float:
        """Mission time of a local mean solar time on a sol."""
        date = mars_time.jd_tt_of_local_time(self._landing_sol + sol, lmst_hours, self._longitude)
        return (date - self.epoch_jd_tt) * SECONDS_PER_DAY


def seconds_of(nanoseconds: int) -> float:
    """Seconds of a time in nanoseconds."""
    return nanoseconds / NANOSECONDS
