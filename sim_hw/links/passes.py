"""The passes of the relay orbiter over the site, computed as far as somebody looks ahead."""

from itertools import islice
from math import inf
from typing import Protocol

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from sim_hw.world.relay_orbit import THREE_FORKS, RelayOrbit, SurfaceSite, iterate_spans


class Schedule(Protocol):
    """Passes, and where the orbiter is."""

    def next(self, seconds: float) -> tuple[float, float]:
        """Start and end of the pass under way, or else of the next."""
        ...

    def slant_range(self, seconds: float) -> float:
        """Distance of the orbiter from the site in m at a mission time."""
        ...


class PassSchedule:
    """Passes in seconds of mission time, less the time that acquisition takes at their start.

    One schedule serves all vehicles: they stand within some kilometres of one another, which shifts
    a pass by about a second.
    """

    def __init__(
        self,
        orbit: RelayOrbit,
        epoch_jd_tt: float,
        minimum_elevation: float,
        acquisition_time: float = 0.0,
        site: SurfaceSite = THREE_FORKS,
    ) -> None:
        self.orbit = orbit
        self._site = site
        self._acquisition_time = acquisition_time
        self._offset = (epoch_jd_tt - orbit.epoch.jd_tt) * SECONDS_PER_DAY
        self._coming = iterate_spans(site, orbit, self._offset, inf, minimum_elevation)
        self._known: list[tuple[float, float]] = []

    def current(self, seconds: float) -> tuple[float, float] | None:
        """Start and end of the pass under way, if there is one. Times must not go back far."""
        start, end = self.next(seconds)
        return (start, end) if start <= seconds else None

    def next(self, seconds: float) -> tuple[float, float]:
        """Start and end of the pass under way, or else of the next."""
        return self.upcoming(seconds, 1)[0]

    def upcoming(self, seconds: float, count: int) -> list[tuple[float, float]]:
        """The next passes that are not over, the one under way included."""
        while len(self._known) < 2 or self._known[-1][1] <= seconds:
            self._extend()
        while len(self._known) > 60 and self._known[0][1] <= seconds:
            del self._known[0]
        while True:
            found = list(islice((p for p in self._known if p[1] > seconds), count))
            if len(found) == count:
                return found
            self._extend()

    def slant_range(self, seconds: float) -> float:
        """Distance of the orbiter from the site in m at a mission time."""
        return self.orbit.slant_range(self._site, seconds + self._offset)

    def position(self, seconds: float) -> tuple[float, float, float]:
        """Position of the orbiter in Mars-fixed axes, m."""
        return self.orbit.position(seconds + self._offset)

    def _extend(self) -> None:
        rise, set_again = next(self._coming)
        start = rise - self._offset + self._acquisition_time
        end = set_again - self._offset
        if end > start:
            self._known.append((start, end))
