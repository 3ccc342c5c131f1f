"""Ground stations of the Deep Space Network and what stands in their sky.

Good to about 0.01 degree: precession and sidereal time are taken into account, nutation (0.005
degree), polar motion and UT1-UTC (0.004 degree) are not.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache

from flight.astrodynamics.ellipsoids import WGS84, east_north_up
from flight.astrodynamics.ephemeris import light_time_at_reception, relative_position
from flight.astrodynamics.time_scales import JD_J2000, SECONDS_PER_DAY, tdb_from_utc, tt_from_utc
from flight.astrodynamics.vectors import (
    Matrix,
    Vector,
    dot,
    multiply,
    rotation_y,
    rotation_z,
    subtract,
    transform,
    unit,
)

_DAYS_PER_CENTURY = 36_525.0
_ARCSECOND = math.radians(1.0 / 3600.0)


@dataclass(frozen=True)
class EarthStation:
    """A ground station: geodetic position on WGS 84."""

    name: str
    latitude_degrees: float
    east_longitude_degrees: float
    height_metres: float

    @classmethod
    def from_cartesian(cls, name: str, position: Vector) -> "EarthStation":
        """Station of an Earth-fixed Cartesian position in metres."""
        latitude, longitude, height = WGS84.to_geodetic(position)
        return cls(name, math.degrees(latitude), math.degrees(longitude), height)


# Cartesian coordinates (m) of the 70 m antennas DSS-14, DSS-43 and DSS-63: Deep Space Network
# document 810-005, module 301 "Coverage and Geometry". The geometric horizon is not the mask.
GOLDSTONE = EarthStation.from_cartesian("Goldstone", (-2353621.420, -4641341.472, 3677052.318))
CANBERRA = EarthStation.from_cartesian("Canberra", (-4460894.917, 2682361.507, -3674748.152))
MADRID = EarthStation.from_cartesian("Madrid", (4849092.518, -360180.348, 4115109.251))

DEEP_SPACE_NETWORK = (GOLDSTONE, MADRID, CANBERRA)


def greenwich_mean_sidereal_time(jd_utc: float) -> float:
    """Greenwich mean sidereal time in radians, 0 to 2 pi; UT1 is taken as UTC.

    Earth rotation angle (IAU 2000) plus accumulated precession (IAU 2006; Capitaine et al.,
    Astronomy & Astrophysics 412 (2003) 567, equation 42).
    """
    days = jd_utc - JD_J2000
    # The whole turns of one a day are dropped first: they would cost digits.
    turns = 0.779_057_273_2640 + 0.002_737_811_911_354_48 * days + days % 1.0
    t = (tt_from_utc(jd_utc) - JD_J2000) / _DAYS_PER_CENTURY
    precession = 0.014506 + t * (4612.156534 + t * (1.3915817 - t * 0.00000044))
    return (math.tau * turns + precession * _ARCSECOND) % math.tau


def precession_matrix(jd_tt: float) -> Matrix:
    """Matrix from ICRF axes to the mean equator and equinox of date.

    Equatorial precession angles of the IAU 2006 theory (same source, equation 40), frame bias
    of 0.02 arcsecond left out.
    """
    t = (jd_tt - JD_J2000) / _DAYS_PER_CENTURY
    zeta = 2.650545 + t * (2306.083227 + t * (0.2988499 + t * 0.01801828))
    z = -2.650545 + t * (2306.077181 + t * (1.0927348 + t * 0.01826837))
    theta = t * (2004.191903 - t * (0.4294934 + t * 0.04182264))
    turned = multiply(rotation_y(theta * _ARCSECOND), rotation_z(-zeta * _ARCSECOND))
    return multiply(rotation_z(-z * _ARCSECOND), turned)


@lru_cache(maxsize=16)  # each station asks about one instant
def icrf_to_earth_fixed(jd_utc: float) -> Matrix:
    """Matrix from ICRF axes to axes fixed to the Earth (x to Greenwich, z to the north pole)."""
    rotation = rotation_z(greenwich_mean_sidereal_time(jd_utc))
    return multiply(rotation, precession_matrix(tt_from_utc(jd_utc)))


def earth_station_elevation(station: EarthStation, direction_icrf: Vector, jd_utc: float) -> float:
    """Elevation in radians of a far direction (ICRF, any length) above a station's horizon."""
    return _elevation(station, transform(icrf_to_earth_fixed(jd_utc), unit(direction_icrf)))


def _elevation(station: EarthStation, fixed: Vector) -> float:
    """Elevation (rad) of a direction that is fixed to the Earth."""
    return math.asin(max(-1.0, min(1.0, dot(_up(station), fixed))))


@cache
def _up(station: EarthStation) -> Vector:
    """The vertical of a station, in axes that are fixed to the Earth."""
    return east_north_up(
        math.radians(station.latitude_degrees), math.radians(station.east_longitude_degrees)
    )[2]


def mars_direction_from_earth(jd_utc: float) -> Vector:
    """Vector (km, ICRF) from Earth to where Mars was when light left it that arrives now."""
    jd_tdb = tdb_from_utc(jd_utc)
    delay_days = light_time_at_reception("mars", "earth", jd_tdb) / SECONDS_PER_DAY
    mars = relative_position("mars", "sun", jd_tdb - delay_days)
    earth = relative_position("earth", "sun", jd_tdb)
    return subtract(mars, earth)


def mars_elevation_at_station(station: EarthStation, jd_utc: float) -> float:
    """Elevation in radians of Mars above a station's horizon."""
    return earth_station_elevation(station, mars_direction_from_earth(jd_utc), jd_utc)


def stations_that_see_mars(
    jd_utc: float,
    minimum_elevation: float,
    stations: tuple[EarthStation, ...] = DEEP_SPACE_NETWORK,
) -> tuple[EarthStation, ...]:
    """The stations above which Mars stands at least at `minimum_elevation` radians."""
    fixed = _mars_fixed_to_earth(jd_utc)
    return tuple(each for each in stations if _elevation(each, fixed) >= minimum_elevation)


def any_station_sees_mars(
    jd_utc: float,
    minimum_elevation: float,
    stations: tuple[EarthStation, ...] = DEEP_SPACE_NETWORK,
) -> bool:
    """Whether there is one of `stations_that_see_mars`."""
    fixed = _mars_fixed_to_earth(jd_utc)
    return any(_elevation(each, fixed) >= minimum_elevation for each in stations)


def _mars_fixed_to_earth(jd_utc: float) -> Vector:
    """Direction to Mars in axes that are fixed to the Earth."""
    mars = unit(mars_direction_from_earth(jd_utc))
    return transform(icrf_to_earth_fixed(jd_utc), mars)
