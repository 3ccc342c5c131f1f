"""Which way Mars points: pole, prime meridian, and directions in the sky of a Mars site.

Report of the IAU Working Group on Cartographic Coordinates and Rotational Elements 2015
(Archinal et al., Celestial Mechanics and Dynamical Astronomy 130:22, 2018), which takes the
solution of Kuchynka et al. 2014.
"""

import math
from functools import lru_cache

from flight.astrodynamics.ellipsoids import PlanetographicRadians, east_north_up
from flight.astrodynamics.ephemeris import relative_position
from flight.astrodynamics.time_scales import JD_J2000, SECONDS_PER_DAY
from flight.astrodynamics.vectors import (
    Matrix,
    Vector,
    dot,
    multiply,
    rotation_x,
    rotation_z,
    transform,
    transpose,
    unit,
)

_DAYS_PER_CENTURY = 36_525.0

# Amplitude, phase (degrees) and rate (degrees per century) of sine or cosine terms.
_RIGHT_ASCENSION_SINES = (
    (0.000068, 198.991226, 19139.4819985),
    (0.000238, 226.292679, 38280.8511281),
    (0.000052, 249.663391, 57420.7251593),
    (0.000009, 266.183510, 76560.6367950),
    (0.419057, 79.398797, 0.5042615),
)
_DECLINATION_COSINES = (
    (0.000051, 122.433576, 19139.9407476),
    (0.000141, 43.058401, 38280.8753272),
    (0.000031, 57.663379, 57420.7517205),
    (0.000005, 79.476401, 76560.6495004),
    (1.591274, 166.325722, 0.5042615),
)
_MERIDIAN_SINES = (
    (0.000145, 129.071773, 19140.0328244),
    (0.000157, 36.352167, 38281.0473591),
    (0.000040, 56.668646, 57420.9295360),
    (0.000001, 67.364003, 76560.2552215),
    (0.000001, 104.792680, 95700.4387578),
    (0.584542, 95.391654, 0.5042615),
)

ROTATION_RATE = math.radians(350.891982443297) / SECONDS_PER_DAY
"""Sidereal rotation rate of Mars, rad/s (same source): 7.08822e-5."""


def _argument(term: tuple[float, float, float], centuries: float) -> float:
    return math.radians(term[1] + term[2] * centuries)


@lru_cache(maxsize=16)  # asked by several about one instant
def pole_and_meridian(jd_tdb: float) -> tuple[float, float, float]:
    """Right ascension and declination of Mars' north pole and angle W of its prime meridian.

    Radians, in the ICRF; W is counted from the ascending node of the equator on the ICRF's.
    """
    days = jd_tdb - JD_J2000
    centuries = days / _DAYS_PER_CENTURY
    right_ascension = 317.269202 - 0.10927547 * centuries
    right_ascension += math.fsum(
        [term[0] * math.sin(_argument(term, centuries)) for term in _RIGHT_ASCENSION_SINES]
    )
    declination = 54.432516 - 0.05827105 * centuries
    declination += math.fsum(
        [term[0] * math.cos(_argument(term, centuries)) for term in _DECLINATION_COSINES]
    )
    meridian = 176.049863 + 350.891982443297 * days
    meridian += math.fsum(
        [term[0] * math.sin(_argument(term, centuries)) for term in _MERIDIAN_SINES]
    )
    return math.radians(right_ascension), math.radians(declination), math.radians(meridian % 360.0)


def icrf_to_mars_equator(jd_tdb: float) -> Matrix:
    """Matrix from ICRF axes to Mars' equator: x to the node on the ICRF equator, z to the pole.

    Does not turn with the planet: the frame for orbits around Mars over some weeks.
    """
    right_ascension, declination, _ = pole_and_meridian(jd_tdb)
    return multiply(
        rotation_x(0.5 * math.pi - declination), rotation_z(right_ascension + 0.5 * math.pi)
    )


@lru_cache(maxsize=16)
def icrf_to_mars_fixed(jd_tdb: float) -> Matrix:
    """Matrix from ICRF axes to axes fixed to Mars (x to longitude 0, z to the north pole)."""
    _, _, meridian = pole_and_meridian(jd_tdb)
    return multiply(rotation_z(meridian), icrf_to_mars_equator(jd_tdb))


def mars_fixed_to_icrf(jd_tdb: float) -> Matrix:
    """Matrix from axes fixed to Mars to ICRF axes."""
    return transpose(icrf_to_mars_fixed(jd_tdb))


def direction_at_mars_site(
    direction_icrf: Vector, latitude: PlanetographicRadians, east_longitude: float, jd_tdb: float
) -> tuple[float, float]:
    """Elevation and azimuth (rad, clockwise from north) of a direction, seen from a site.

    `latitude` is planetographic, that of the local vertical. The direction is taken as seen from
    the planet's centre: for the Sun and Earth the parallax is below 0.02 degrees.
    """
    fixed = transform(icrf_to_mars_fixed(jd_tdb), unit(direction_icrf))
    east, north, up = (dot(axis, fixed) for axis in east_north_up(latitude, east_longitude))
    return math.atan2(up, math.hypot(east, north)), math.atan2(east, north) % math.tau


def earth_elevation_azimuth(
    jd_tdb: float, latitude: PlanetographicRadians, east_longitude: float
) -> tuple[float, float]:
    """Elevation and azimuth (rad) of Earth in the sky of a Mars site; latitude planetographic."""
    earth = relative_position("earth", "mars", jd_tdb)
    return direction_at_mars_site(earth, latitude, east_longitude, jd_tdb)


def sun_elevation_azimuth_from_ephemeris(
    jd_tdb: float, latitude: PlanetographicRadians, east_longitude: float
) -> tuple[float, float]:
    """Elevation and azimuth (rad) of the Sun from the ephemeris; latitude planetographic.

    Independent of the series in :mod:`flight.astrodynamics.mars_time`, but bound to the dates of
    the ephemeris table. Both take the Sun where it is, without light time and aberration.
    """
    sun = relative_position("sun", "mars", jd_tdb)
    return direction_at_mars_site(sun, latitude, east_longitude, jd_tdb)
