"""Geometry and rates between Earth and Mars: light time, stations, occultations, conjunction.

Times are seconds of mission time.
"""

import math
from functools import lru_cache

from flight.astrodynamics.conjunctions import sun_earth_mars_angle
from flight.astrodynamics.constants import SPEED_OF_LIGHT
from flight.astrodynamics.earth_stations import any_station_sees_mars
from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.ephemeris import (
    earth_to_mars_light_time,
    mars_to_earth_light_time,
    relative_position,
)
from flight.astrodynamics.mars_orientation import earth_elevation_azimuth, icrf_to_mars_fixed
from flight.astrodynamics.search import crossing
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, tdb_from_tt, utc_from_tt
from flight.astrodynamics.vectors import dot, norm, transform, unit
from sim_hw.links.parameters import EarthParameters
from sim_hw.links.passes import PassSchedule
from sim_hw.world.link_geometry import FARTHEST_EARTH, DirectRates, direct_rates
from sim_hw.world.spacecraft import Spacecraft
from sim_hw.world.world import SITE_EAST_LONGITUDE_DEGREES, SITE_LATITUDE_DEGREES, World

_OCCULTING_RADIUS = 3_396_190.0  # m, Mars' equatorial radius (IAU 2015)
_SEARCH_STEP = 60.0  # s, for the end of an occultation
_STATION_STEP = 600.0  # s, for the next station
_HORIZON_STEP = 7200.0  # s, for the next rise or set of Earth; hours lie between two


class EarthLink:
    """What stands between Earth and the spacecraft at Mars."""

    def __init__(self, world: World, parameters: EarthParameters, schedule: PassSchedule) -> None:
        self.parameters = parameters
        self._world = world
        self._schedule = schedule
        self._latitude = MARS_IAU.geodetic_latitude(math.radians(SITE_LATITUDE_DEGREES))
        self._longitude = math.radians(SITE_EAST_LONGITUDE_DEGREES)
        # The same is asked for one vehicle after the other, at one instant.
        self._height = lru_cache(maxsize=8)(self._height_at)
        self._distance = lru_cache(maxsize=8)(self._distance_at)

    # ------------------------------------------------------ distance and Sun

    def light_time_down(self, received: float) -> float:
        """One-way light time in s, Mars to Earth, by the time of reception."""
        return mars_to_earth_light_time(self._jd_tdb(received))

    def light_time_up(self, sent: float) -> float:
        """One-way light time in s, Earth to Mars, by the time of sending."""
        return earth_to_mars_light_time(self._jd_tdb(sent))

    def in_space(self, vehicle: str) -> bool:
        """Whether a vehicle is a spacecraft, and no longer or never on the ground."""
        return isinstance(self._world.space.bodies.get(vehicle), Spacecraft)

    def light_time_to(self, vehicle: str, sent: float) -> float:
        """One-way light time in s between Earth and a vehicle; on its way home it shrinks."""
        craft = self._world.space.bodies.get(vehicle)
        if isinstance(craft, Spacecraft) and craft.centre != "mars":
            return craft.distance_from_earth() / SPEED_OF_LIGHT
        return self.light_time_up(sent)

    def above_horizon(self, vehicle: str, seconds: float) -> bool:
        """Whether a vehicle sees Earth. Of a spacecraft it is taken for granted: the occultations
        of a low orbit are not modelled for the direct link."""
        return self.in_space(vehicle) or self.earth_above_horizon(seconds)

    def moratorium(self, seconds: float) -> bool:
        """Whether the Sun is so near to Mars in the sky of Earth that nobody commands."""
        limit = math.radians(self.parameters.conjunction_angle)
        return sun_earth_mars_angle(self._jd_tdb(seconds)) < limit

    def frame_error(self, seconds: float) -> float:
        """Probability that a frame from Mars is lost."""
        if self.moratorium(seconds):
            return self.parameters.frame_error_in_conjunction
        return self.parameters.frame_error

    # -------------------------------------------------------------- stations

    def station_in_view(self, seconds: float) -> bool:
        """Whether Mars stands above any station of the network."""
        jd_utc = utc_from_tt(self._world.jd_tt(seconds))
        mask = math.radians(self.parameters.station_elevation)
        return any_station_sees_mars(jd_utc, mask)

    def next_station_view(self, seconds: float) -> float:
        """The first time from `seconds` on at which a station sees Mars, within ten minutes."""
        at = seconds
        while not self.station_in_view(at):
            at += _STATION_STEP
            if at > seconds + 2 * SECONDS_PER_DAY:
                raise ValueError("No station sees Mars within two days: is the mask too high?")
        return at

    # ----------------------------------------------------------- the orbiter

    def relay_occulted(self, seconds: float) -> bool:
        """Whether Mars stands between the relay orbiter and Earth."""
        jd_tdb = self._jd_tdb(seconds)
        earth = relative_position("earth", "mars", jd_tdb)
        towards = unit(transform(icrf_to_mars_fixed(jd_tdb), earth))
        position = self._schedule.position(seconds)
        along = dot(position, towards)
        if along >= 0.0:
            return False
        return norm(position) ** 2 - along * along < _OCCULTING_RADIUS**2

    def next_relay_view(self, seconds: float) -> float:
        """The first time from `seconds` on at which the orbiter sees Earth, within a minute."""
        at = seconds
        while self.relay_occulted(at):
            at += _SEARCH_STEP
        return at

    def relay_downlink_rate(self, seconds: float) -> float:
        """Rate of the orbiter in bit/s, as 1 / distance squared between two published figures."""
        ratio = FARTHEST_EARTH / self._distance(seconds)
        rate = self.parameters.relay_downlink_rate_at_farthest * ratio * ratio
        return min(rate, self.parameters.relay_downlink_rate_limit)

    # ------------------------------------------------------- the direct link

    def earth_above_horizon(self, seconds: float) -> bool:
        """Whether Earth stands above the site's horizon: not occulted by Mars' rotation."""
        return self._height(seconds) > 0.0

    def next_horizon_change(self, seconds: float) -> float:
        """When Earth next rises or sets at the site."""
        at, above = seconds, self._height(seconds) > 0.0
        while True:
            following = at + _HORIZON_STEP
            if (self._height(following) > 0.0) != above:
                return crossing(self._height, at, following, 0.5) + 0.5
            at = following

    def direct_rates(self, seconds: float) -> DirectRates:
        """Rates in bit/s of the vehicles' high-gain antennas, to and from a 34 m station."""
        return direct_rates(self._distance(seconds))

    def _height_at(self, seconds: float) -> float:
        jd_tdb = self._jd_tdb(seconds)
        elevation, _ = earth_elevation_azimuth(jd_tdb, self._latitude, self._longitude)
        return elevation - math.radians(self.parameters.horizon_mask)

    def _distance_at(self, seconds: float) -> float:
        return self.light_time_down(seconds) * SPEED_OF_LIGHT

    def _jd_tdb(self, seconds: float) -> float:
        return tdb_from_tt(self._world.jd_tt(seconds))
