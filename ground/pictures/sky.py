"""Sols, daylight and relay passes of a run, for time axes."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flight.astrodynamics.mars_time import sun_elevation_azimuth
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, Epoch
from ground.pictures.run_data import RunData
from sim_hw.links.parameters import load_link_parameters
from sim_hw.world.relay_orbit import THREE_FORKS, passes, sun_synchronous_orbit
from sim_hw.world.world import (
    SITE_EAST_LONGITUDE_DEGREES,
    SITE_VERTICAL_DEGREES,
    SOL_SECONDS,
)

_STEPS_PER_SOL = 96  # a quarter of an hour: the Sun's rise is interpolated between
ON_THE_GROUND = ("lander", "rover", "arm", "perseverance")
"""For whom it is night at the site."""
Intervals = list[tuple[float, float]]


@dataclass
class SolScale:
    """The time axis of a run: sols since landing, whole numbers at local mean midnight.

    first, last: mission times in s between which the picture shows it; the whole run if not given.
    gaps: stretches in between, in sols, that the picture leaves out, in the order of time.
    """

    run: RunData
    first: float = 0.0
    last: float | None = None
    gaps: tuple[tuple[float, float], ...] = ()

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
    def bounds(self) -> tuple[float, float]:
        """The first and the last moment shown, in sols."""
        last = self.run.duration if self.last is None else self.last
        return self.sol(self.first), self.sol(last)

    @cached_property
    def stretches(self) -> Intervals:
        """What is shown: from the first moment to the last, less the gaps; in sols."""
        edges = [self.bounds[0], *(edge for gap in self.gaps for edge in gap), self.bounds[1]]
        return list(zip(edges[::2], edges[1::2], strict=True))

    def is_shown(self, start: float, end: float) -> bool:
        """Whether anything of a span, in sols, is in what is shown."""
        return any(start <= last and end >= first for first, last in self.stretches)

    def torn(self, seconds: ArrayLike, values: ArrayLike) -> NDArray[np.float64]:
        """Values at mission times in s, not a number where a gap leaves them out."""
        sols, kept = self.sols(seconds), np.array(values, dtype=float)
        for start, end in self.gaps:
            kept[(sols > start) & (sols < end)] = np.nan
        return kept

    @cached_property
    def nights(self) -> Intervals:
        """From sunset to sunrise, in sols, over what is shown, for as long as somebody is at the
        site."""
        until = max((self.run.end_of(each) for each in ON_THE_GROUND), default=math.inf)
        found = [night for stretch in self.stretches for night in self._nights(*stretch)]
        last = self.sol(until)
        return [(start, min(end, last)) for start, end in found if start < last]

    def _nights(self, first: float, last: float) -> Intervals:
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
        """Passes of the relay orbiter over the site, in sols, over what is shown, for as long as
        the lander was at work."""
        orbit = sun_synchronous_orbit(Epoch.from_utc(self.run.mission.mission.landing))
        least = math.radians(load_link_parameters().relay.minimum_elevation)
        offset = (self.run.mission.epoch_jd_tt - orbit.epoch.jd_tt) * SECONDS_PER_DAY
        until = self.run.end_of("lander")
        found: Intervals = []
        for first, last in self.stretches:
            start, end = self.seconds(first), min(self.seconds(last), until)
            if end > start:
                risen = passes(THREE_FORKS, orbit, offset + start, offset + end, least)
                found += [(self.sol(p.rise - offset), self.sol(p.set - offset)) for p in risen]
        return found

    def contact(self, channel: str) -> Intervals:
        """When a channel of the lander said yes (as `earth_in_view`), in sols, in what is shown,
        for as long as the lander was at work."""
        intervals: Intervals = []
        since: float | None = None
        until = self.run.end_of("lander")
        for seconds, value in self.run.samples("lander", channel):
            if value and since is None:
                since = seconds
            elif not value and since is not None:
                intervals.append((self.sol(since), self.sol(seconds)))
                since = None
        if since is not None:
            intervals.append((self.sol(since), self.sol(self.run.duration)))
        last = self.sol(until)
        clipped = [(start, min(end, last)) for start, end in intervals if start < last]
        return [each for each in clipped if self.is_shown(*each)]
