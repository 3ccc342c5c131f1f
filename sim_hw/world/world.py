"""The truth: one world for all simulated hardware of a run.

Flight code never sees it. Devices look at it and report what their physics lets them see.
"""

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.mars_time import SOL_SECONDS, MarsTime, mars_time, sun_elevation_azimuth
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.runtime.streams import stream
from sim_hw.world.dust import AirborneDust, DustStorm, PanelDust
from sim_hw.world.rocks import Clearing, RockField, RockParameters
from sim_hw.world.space import Space
from sim_hw.world.surface_temperature import SurfaceClimate
from sim_hw.world.terrain import Terrain, TerrainParameters
from sim_hw.world.tubes import TubeRegistry

# The tube Malay, origin of the local frame (M20 waypoints, NASA/JPL-Caltech).
SITE_LATITUDE_DEGREES = 18.452630
SITE_EAST_LONGITUDE_DEGREES = 77.407753

CLEARING_RADIUS = 1.5  # m around a tube; half the width of Perseverance

# Angle of the local vertical to the equator, which the Sun's elevation needs.
SITE_VERTICAL_DEGREES = MARS_IAU.planetographic(SITE_LATITUDE_DEGREES)

_SKY_MEMORY = 30.0  # s for which the Sun's place and the weather are looked up only once
_SKIES = 300  # instants whose sky is remembered: two sols of those that power systems ask for


@dataclass
class Body:
    """Where a vehicle truly stands: metres east and north, heading in radians from north."""

    name: str
    east: float = 0.0
    north: float = 0.0
    heading: float = 0.0

    def distance_to(self, other: "Body") -> float:
        """Metres over the ground."""
        return math.hypot(self.east - other.east, self.north - other.north)


@dataclass(frozen=True)
class Sky:
    """Sun and weather at one instant at the site. Angles in radians, temperatures in K."""

    sun_elevation: float
    sun_azimuth: float
    sun_distance_au: float
    optical_depth: float
    air_temperature: float
    ground_temperature: float
    ltst_hours: float
    solar_longitude_degrees: float


@dataclass
class World:
    """The site around the depot, its sky, the tubes and the vehicles on it.

    No rock lies where Perseverance let a tube fall, nor in `clearings`.
    `epoch_jd_tt` is the Julian date (TT) of mission time zero; `now` gives seconds of mission time
    and follows the running event loop unless another clock is given. `on_moved` is called with the
    name of a vehicle that has come to stand somewhere else.
    """

    seed: int
    epoch_jd_tt: float
    tubes: TubeRegistry
    terrain_parameters: TerrainParameters | None = None
    rock_parameters: RockParameters | None = None
    storms: tuple[DustStorm, ...] = ()
    clearings: tuple[Clearing, ...] = ()
    clock: Callable[[], float] | None = None
    bodies: dict[str, Body] = field(default_factory=dict)
    on_moved: list[Callable[[str], None]] = field(default_factory=list)
    space: Space = field(default_factory=Space)

    def __post_init__(self) -> None:
        self.terrain = Terrain(self.seed, self.terrain_parameters)
        self.rocks = RockField(
            self.seed, self.rock_parameters, (*_drop_clearings(self.tubes), *self.clearings)
        )
        self._dust = AirborneDust(self.random("dust"), self.storms)
        self._climate = SurfaceClimate(SITE_VERTICAL_DEGREES)
        self._panel_dust: dict[str, tuple[PanelDust, float]] = {}
        self._sky: Sky | None = None
        self._tau: float | None = None
        self._sky_time = -math.inf
        self._skies: dict[float, Sky] = {}  # each is asked for by every vehicle on the ground

    def random(self, name: str) -> random.Random:
        """The random stream of one thing in the world."""
        return stream(self.seed, f"world.{name}")

    # ------------------------------------------------------------------ time

    def now(self) -> float:
        """Seconds of mission time."""
        return self.clock() if self.clock is not None else asyncio.get_running_loop().time()

    def jd_tt(self, seconds: float | None = None) -> float:
        """Julian date (TT) now, or at some mission time."""
        at = self.now() if seconds is None else seconds
        return self.epoch_jd_tt + at / SECONDS_PER_DAY

    def mars_time(self, seconds: float | None = None) -> MarsTime:
        """Season and local times at the site now, or at some mission time."""
        return mars_time(self.jd_tt(seconds), SITE_EAST_LONGITUDE_DEGREES)

    # ------------------------------------------------------------------- sky

    def sky(self) -> Sky:
        """Sun and weather now (looked up again after 30 s)."""
        seconds = self._sky_instant()
        if self._sky is None:
            self._sky = self.sky_at(seconds)
            self._tau = self._sky.optical_depth
        return self._sky

    def _sky_instant(self) -> float:
        """The mission time of which the sky is told now; nothing is kept of an earlier one."""
        now = self.now()
        if self._tau is None or not 0.0 <= now - self._sky_time < _SKY_MEMORY:
            self._sky, self._tau, self._sky_time = None, None, now
        return self._sky_time

    def sky_at(self, seconds: float) -> Sky:
        """Sun and weather at some mission time."""
        known = self._skies.get(seconds)
        if known is None:
            known = self._skies[seconds] = self._look_up_sky(seconds)
            if len(self._skies) > _SKIES:
                del self._skies[next(iter(self._skies))]
        return known

    def _look_up_sky(self, seconds: float) -> Sky:
        moment = self.mars_time(seconds)
        sun = sun_elevation_azimuth(
            self.jd_tt(seconds), SITE_VERTICAL_DEGREES, SITE_EAST_LONGITUDE_DEGREES
        )
        season = moment.solar_longitude_degrees
        tau = self._optical_depth(seconds, season)
        temperature = self._climate.temperature(season, moment.ltst_hours, tau)
        return Sky(
            sun_elevation=math.radians(sun.elevation_degrees),
            sun_azimuth=math.radians(sun.azimuth_degrees),
            sun_distance_au=moment.sun_distance_au,
            optical_depth=tau,
            air_temperature=temperature.air,
            ground_temperature=temperature.ground,
            ltst_hours=moment.ltst_hours,
            solar_longitude_degrees=season,
        )

    def sun(self) -> Sky:
        """The Sun now: `sun_elevation` and `sun_azimuth` in radians."""
        return self.sky()

    def tau(self) -> float:
        """Optical depth of the dust in the air: the sky's, of which panels ask for nothing else."""
        seconds = self._sky_instant()
        if self._tau is None:
            season = self.mars_time(seconds).solar_longitude_degrees
            self._tau = self._optical_depth(seconds, season)
        return self._tau

    def _optical_depth(self, seconds: float, season: float) -> float:
        return self._dust.optical_depth(max(0.0, seconds / SOL_SECONDS), season)

    def air_temperature(self) -> float:
        """Air temperature in K."""
        return self.sky().air_temperature

    def ground_temperature(self) -> float:
        """Temperature of the ground in K."""
        return self.sky().ground_temperature

    def panel_dust(self, panel: str) -> float:
        """Fraction of the light that the dust on a panel lets through, now."""
        now = self.now()
        dust, since = self._panel_dust.get(panel) or (
            PanelDust(self.random(f"panel dust.{panel}")),
            now,
        )
        if now > since:
            dust.advance((now - since) / SOL_SECONDS, self.tau())
            since = now
        self._panel_dust[panel] = (dust, since)
        return dust.factor

    def begin_storm(self, storm: DustStorm) -> Callable[[], None]:
        """A storm comes that was not foreseen; what is returned takes it away."""
        self._dust.storms = (*self._dust.storms, storm)
        self._forget_weather()

        def clear() -> None:
            self._dust.storms = tuple(each for each in self._dust.storms if each is not storm)
            self._forget_weather()

        return clear

    def _forget_weather(self) -> None:
        self._sky = self._tau = None
        self._skies.clear()

    def cover_panel(self, panel: str, share: float) -> Callable[[], None]:
        """Dust falls on a panel and lets only a share of the light through; what is returned wipes
        that dust away."""
        self.panel_dust(panel)
        dust, _ = self._panel_dust[panel]
        dust.factor *= share

        def wipe() -> None:
            self.panel_dust(panel)
            dust.factor = min(1.0, dust.factor / share)

        return wipe

    # --------------------------------------------------------------- vehicles

    def moved(self, name: str) -> None:
        """Tells whoever wants to know that a vehicle has moved."""
        for tell in self.on_moved:
            tell(name)

    def place(self, name: str, east: float, north: float, heading: float = 0.0) -> Body:
        """Puts a vehicle on the ground."""
        body = Body(name, east, north, heading)
        self.bodies[name] = body
        return body


def _drop_clearings(tubes: TubeRegistry) -> tuple[Clearing, ...]:
    """Perseverance drove over the depot: no rock lies where it let a tube fall."""
    poses = [tubes.state(tube_id).pose for tube_id in tubes.tube_ids]
    return tuple(Clearing(pose.east, pose.north, CLEARING_RADIUS) for pose in poses if pose)
