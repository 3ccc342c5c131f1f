"""Sols, daylight and relay passes of a run, for time axes."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flight.astrodynamics.mars_time import sun_elevation_azimuth
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, Epoch
from ground.testbed.pictures.run_data import RunData
from sim_hw.links.parameters import load_link_parameters
from sim_hw.world.relay_orbit import THREE_FORKS, passes, sun_synchronous_orbit
from sim_hw.world.world import (
    SITE_EAST_LONGITUDE_DEGREES,
    SITE_VERTICAL_DEGREES,
    SOL_SECONDS,
)

_STEPS_PER_SOL = 96  # a quarter of an hour: the Sun's rise is interpolated between
Intervals = list[tuple[float, float]]


@dataclass
class SolScale:
    """The time axis of a run: sols since landing, whole numbers at local mean midnight."""

    run: RunData

    @cached_property
    def _midnight(self) -> float:
        return self.run.clock.seconds_at(0, 0.0)

    def sols(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Sols of mission times in s."""
        sols: NDArray[np.float64] = np.asarray(seconds, dtype=float) - self._midnight
        return sols / SOL_SECONDS

    def sol(self, seconds: float) -> float:
        """Sol of one mission time in s."""
        return (seconds - self._midnight) / SOL_SECONDS

    def seconds(self, sol: float) -> float:
        """Mission time in s of a sol."""
        return self._midnight + sol * SOL_SECONDS

    @cached_property
    def nights(self) -> Intervals:
        """From sunset to sunrise, in sols, over the whole run."""
        first, last = self.sol(0.0), self.sol(self.run.duration)
        count = max(2, math.ceil((last - first) * _STEPS_PER_SOL) + 1)
        sols = np.linspace(first, last, count)
        heights = [self._sun_elevation(float(sol)) for sol in sols]
        edges = [first] if heights[0] < 0.0 else []
        for here, there, low, high in zip(sols, sols[1:], heights, heights[1:], strict=False):
            if (low < 0.0) != (high < 0.0):
                edges.append(float(here + (there - here) * low / (low - high)))
        if len(edges) % 2:
            edges.append(last)
        return list(zip(edges[::2], edges[1::2], strict=True))

    def _sun_elevation(self, sol: float) -> float:
        jd_tt = self.run.clock.jd_tt(self.seconds(sol))
        return sun_elevation_azimuth(
            jd_tt, SITE_VERTICAL_DEGREES, SITE_EAST_LONGITUDE_DEGREES
        ).elevation_degrees

    @cached_property
    def relay_passes(self) -> Intervals:
        """Passes of the relay orbiter over the site, in sols."""
        orbit = sun_synchronous_orbit(Epoch.from_utc(self.run.mission.mission.landing))
        least = math.radians(load_link_parameters().relay.minimum_elevation)
        offset = (self.run.mission.epoch_jd_tt - orbit.epoch.jd_tt) * SECONDS_PER_DAY
        found = passes(THREE_FORKS, orbit, offset, offset + self.run.duration, least)
        return [(self.sol(each.rise - offset), self.sol(each.set - offset)) for each in found]

    def contact(self, channel: str) -> Intervals:
        """When a channel of the lander said yes (as `earth_in_view`), in sols."""
        intervals: Intervals = []
        since: float | None = None
        for seconds, value in self.run.samples("lander", channel):
            if value and since is None:
                since = seconds
            elif not value and since is not None:
                intervals.append((self.sol(since), self.sol(seconds)))
                since = None
        if since is not None:
            intervals.append((self.sol(since), self.sol(self.run.duration)))
        return intervals
