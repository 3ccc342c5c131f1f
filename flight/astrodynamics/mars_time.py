"""Seasons and hours of Mars: solar longitude, Mars sol date, mean and true solar time.

Formulas and figures: M. Allison and M. McEwen, Planetary and Space Science 48 (2000) 215-235,
as corrected in the algorithm of NASA GISS's Mars24 sunclock (equations B-1 to D-6).
"""

import math
from functools import lru_cache
from typing import NamedTuple

from flight.astrodynamics.ellipsoids import PlanetographicDegrees
from flight.astrodynamics.time_scales import JD_J2000, SECONDS_PER_DAY

SOL_DAYS = 1.027_491_2517
"""Mean solar day of Mars in Earth days (Mars24, equation C-2)."""

SOL_SECONDS = SOL_DAYS * SECONDS_PER_DAY
"""Mean solar day of Mars in SI seconds: 88 775.244 s."""

_JD_TT_OF_SOL_44796 = 2_451_549.5
_SOL_44796_CORRECTION = 0.000_9626
_SINE_OF_OBLIQUITY = 0.425_65
_MEAN_SOLAR_LONGITUDE_RATE = 0.524_038_496  # degrees per day, fictitious mean Sun

# Perturbations by Jupiter, Earth and Venus: amplitude and phase in degrees, period in years.
_PERTURBERS = (
    (0.0071, 2.2353, 49.409),
    (0.0057, 2.7543, 168.173),
    (0.0039, 1.1177, 191.837),
    (0.0037, 15.7866, 21.736),
    (0.0021, 2.1354, 15.704),
    (0.0020, 2.4694, 95.528),
    (0.0018, 32.8493, 49.095),
)


class MarsTime(NamedTuple):
    """Season and local time at one instant and one longitude of Mars."""

    solar_longitude_degrees: float
    """Areocentric solar longitude Ls, 0 (northern spring equinox) to 360."""
    mean_anomaly_degrees: float
    """Mean anomaly of Mars, 0 to 360."""
    equation_of_time_degrees: float
    """True minus mean solar time, 15 degrees to the Mars hour."""
    mars_sol_date: float
    """Sols since 1873-12-29 at the prime meridian (MSD)."""
    mtc_hours: float
    """Coordinated Mars Time: mean solar time at the prime meridian, 0 to 24."""
    lmst_hours: float
    """Local mean solar time, 0 to 24."""
    ltst_hours: float
    """Local true solar time, 0 to 24."""
    solar_declination_degrees: float
    """Planetographic declination of the Sun."""
    sun_distance_au: float
    """Distance to the Sun in astronomical units."""


class SunDirection(NamedTuple):
    """Where the Sun stands in the sky; azimuth clockwise from north, no refraction."""

    elevation_degrees: float
    azimuth_degrees: float


class _SolarOrbit(NamedTuple):
    mean_anomaly_degrees: float
    solar_longitude_degrees: float
    equation_of_centre_degrees: float


def _solar_orbit(jd_tt: float) -> _SolarOrbit:
    days = jd_tt - JD_J2000
    anomaly_degrees = 19.3871 + 0.524_020_73 * days
    anomaly = math.radians(anomaly_degrees)
    mean_sun_degrees = 270.3871 + _MEAN_SOLAR_LONGITUDE_RATE * days
    perturbation = math.fsum(
        [
            amplitude * math.cos(math.radians(0.985_626 * days / period + phase))
            for amplitude, period, phase in _PERTURBERS
        ]
    )
    centre = (
        (10.691 + 3.0e-7 * days) * math.sin(anomaly)
        + 0.623 * math.sin(2.0 * anomaly)
        + 0.050 * math.sin(3.0 * anomaly)
        + 0.005 * math.sin(4.0 * anomaly)
        + 0.0005 * math.sin(5.0 * anomaly)
        + perturbation
    )
    return _SolarOrbit(anomaly_degrees % 360.0, (mean_sun_degrees + centre) % 360.0, centre)


def _equation_of_time_degrees(solar_longitude: float, equation_of_centre_degrees: float) -> float:
    return (
        2.861 * math.sin(2.0 * solar_longitude)
        - 0.071 * math.sin(4.0 * solar_longitude)
        + 0.002 * math.sin(6.0 * solar_longitude)
        - equation_of_centre_degrees
    )


def _sun_distance_au(mean_anomaly: float) -> float:
    return 1.523_679_34 * (
        1.004_36
        - 0.093_09 * math.cos(mean_anomaly)
        - 0.004_336 * math.cos(2.0 * mean_anomaly)
        - 0.000_31 * math.cos(3.0 * mean_anomaly)
        - 0.000_03 * math.cos(4.0 * mean_anomaly)
    )


def mars_sol_date(jd_tt: float) -> float:
    """Mars sol date (MSD) of a Julian date in TT (Mars24, equation C-2)."""
    return (jd_tt - _JD_TT_OF_SOL_44796) / SOL_DAYS + 44_796.0 - _SOL_44796_CORRECTION


def jd_tt_of_mars_sol_date(sol_date: float) -> float:
    """Julian date in TT of a Mars sol date."""
    return (sol_date - 44_796.0 + _SOL_44796_CORRECTION) * SOL_DAYS + _JD_TT_OF_SOL_44796


def solar_longitude_degrees(jd_tt: float) -> float:
    """Areocentric solar longitude Ls in degrees, 0 to 360 (Mars24, equation B-5)."""
    return _solar_orbit(jd_tt).solar_longitude_degrees


@lru_cache(maxsize=64)  # several questions are often asked about one instant
def mars_time(jd_tt: float, east_longitude_degrees: float) -> MarsTime:
    """Season and local time of Mars at a Julian date in TT and a planetocentric east longitude."""
    orbit = _solar_orbit(jd_tt)
    solar_longitude = math.radians(orbit.solar_longitude_degrees)
    equation_of_time = _equation_of_time_degrees(solar_longitude, orbit.equation_of_centre_degrees)
    sol_date = mars_sol_date(jd_tt)
    mtc_hours = 24.0 * (sol_date % 1.0)
    lmst_hours = (mtc_hours + east_longitude_degrees / 15.0) % 24.0
    sine = math.sin(solar_longitude)
    return MarsTime(
        solar_longitude_degrees=orbit.solar_longitude_degrees,
        mean_anomaly_degrees=orbit.mean_anomaly_degrees,
        equation_of_time_degrees=equation_of_time,
        mars_sol_date=sol_date,
        mtc_hours=mtc_hours,
        lmst_hours=lmst_hours,
        ltst_hours=(lmst_hours + equation_of_time / 15.0) % 24.0,
        solar_declination_degrees=math.degrees(math.asin(_SINE_OF_OBLIQUITY * sine)) + 0.25 * sine,
        sun_distance_au=_sun_distance_au(math.radians(orbit.mean_anomaly_degrees)),
    )


@lru_cache(maxsize=64)
def sun_elevation_azimuth(
    jd_tt: float, latitude: PlanetographicDegrees, east_longitude_degrees: float
) -> SunDirection:
    """Elevation and azimuth of the Sun's centre, within 0.02 degree of the ephemeris.

    `latitude` is planetographic: the angle of the local vertical to the equator. The
    angle of the Sun to the equator goes with it. Mars24 (equation D-5) puts the planetographic
    declination there, which counts the flattening twice and is up to 0.25 degree off.
    """
    moment = mars_time(jd_tt, east_longitude_degrees)
    declination = math.asin(
        _SINE_OF_OBLIQUITY * math.sin(math.radians(moment.solar_longitude_degrees))
    )
    vertical = math.radians(latitude)
    hour_angle = math.radians(15.0 * (moment.ltst_hours - 12.0))
    east = -math.cos(declination) * math.sin(hour_angle)
    north = math.sin(declination) * math.cos(vertical) - math.cos(declination) * math.sin(
        vertical
    ) * math.cos(hour_angle)
    up = math.sin(declination) * math.sin(vertical) + math.cos(declination) * math.cos(
        vertical
    ) * math.cos(hour_angle)
    return SunDirection(
        elevation_degrees=math.degrees(math.atan2(up, math.hypot(east, north))),
        azimuth_degrees=math.degrees(math.atan2(east, north)) % 360.0,
    )


def jd_tt_of_solar_longitude(ls_degrees: float, near_jd_tt: float) -> float:
    """Julian date in TT at which Ls has the given value, the passage nearest to `near_jd_tt`.

    Nearest in Ls (within 180 degrees on either side); good to a millisecond.
    """
    jd_tt = near_jd_tt
    for _ in range(60):
        remaining = (ls_degrees - solar_longitude_degrees(jd_tt) + 180.0) % 360.0 - 180.0
        jd_tt += remaining / _MEAN_SOLAR_LONGITUDE_RATE
        if abs(remaining) < 1.0e-9:
            break
    return jd_tt


def local_sol_number(jd_tt: float, east_longitude_degrees: float) -> int:
    """Count of local mean midnights: the whole sols of MSD shifted to the local meridian.

    The difference of two such numbers is a mission's sol count (landing sol = 0). Longitude is
    taken in -180 to 180 degrees, so that one place always counts from the same midnight.
    """
    return math.floor(mars_sol_date(jd_tt) + _signed_longitude(east_longitude_degrees) / 360.0)


def jd_tt_of_local_time(sol_number: int, lmst_hours: float, east_longitude_degrees: float) -> float:
    """Julian date in TT of a local mean solar time within a local sol number."""
    sol_date = sol_number + lmst_hours / 24.0 - _signed_longitude(east_longitude_degrees) / 360.0
    return jd_tt_of_mars_sol_date(sol_date)


def local_sols(jd_tt: float, east_longitude_degrees: float) -> float:
    """Local sol number with the part of the sol that is over, by local mean solar time."""
    return mars_sol_date(jd_tt) + _signed_longitude(east_longitude_degrees) / 360.0


def format_lmst(jd_tt: float, east_longitude_degrees: float, landing_sol_number: int) -> str:
    """Text like ``Sol 012 M 13:38:22``: sols since landing and local mean solar time.

    `landing_sol_number` is :func:`local_sol_number` at landing; the landing sol is sol 0.
    Seconds are Mars seconds (1/86 400 sol), truncated so that the sol never runs ahead.
    """
    sols = local_sols(jd_tt, east_longitude_degrees)
    # A Julian date resolves 40 microseconds: without a margin 13:38:22 may print as 13:38:21.
    ticks = math.floor(sols * 86_400.0 + 0.001)
    sol_number, second_of_sol = divmod(ticks, 86_400)
    minutes, second = divmod(second_of_sol, 60)
    hour, minute = divmod(minutes, 60)
    return f"Sol {sol_number - landing_sol_number:03d} M {hour:02d}:{minute:02d}:{second:02d}"


def format_hours(hours: float) -> str:
    """Text ``HH:MM:SS`` of a time of day in (Mars) hours, truncated to the second."""
    seconds = math.floor((hours % 24.0) * 3600.0)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _signed_longitude(east_longitude_degrees: float) -> float:
    return (east_longitude_degrees + 180.0) % 360.0 - 180.0
