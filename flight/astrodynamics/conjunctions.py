"""The triangle Sun, Earth, Mars: angles, conjunctions, moratoria, extremes of the light time.

Angles are geometric (all three bodies at the same instant) and in radians; dates are Julian
dates in TDB. The ephemeris table bounds what can be searched.
"""

import math
from dataclasses import dataclass
from typing import Literal

from flight.astrodynamics import search
from flight.astrodynamics.ephemeris import mars_to_earth_light_time, relative_position
from flight.astrodynamics.vectors import Vector, angle_between, subtract

COMMAND_MORATORIUM_ANGLE = math.radians(3.0)
"""Customary limit of the Sun-Earth-Mars angle below which JPL's Mars missions do not command."""

_STEP_DAYS = 4.0
_TOLERANCE_DAYS = 1.0e-4


@dataclass(frozen=True)
class SolarConjunction:
    """Mars passes behind the Sun as seen from Earth."""

    jd_tdb: float
    sun_earth_mars_angle: float
    """Smallest angle, radians."""


@dataclass(frozen=True)
class LightTimeExtremum:
    """A shortest or longest one-way light time, Mars to Earth, by reception at Earth."""

    kind: Literal["minimum", "maximum"]
    jd_tdb: float
    seconds: float


def sun_earth_probe_angle(probe: Vector, jd_tdb: float) -> float:
    """Angle at Earth between the Sun and a probe at a heliocentric position in km (ICRF)."""
    earth = relative_position("earth", "sun", jd_tdb)
    return angle_between((-earth[0], -earth[1], -earth[2]), subtract(probe, earth))


def sun_earth_mars_angle(jd_tdb: float) -> float:
    """Angle at Earth between the Sun and Mars (the SEP angle of a spacecraft at Mars)."""
    return sun_earth_probe_angle(relative_position("mars", "sun", jd_tdb), jd_tdb)


def sun_mars_earth_angle(jd_tdb: float) -> float:
    """Angle at Mars between the Sun and Earth (the SPE angle of a spacecraft at Mars)."""
    sun = relative_position("sun", "mars", jd_tdb)
    earth = relative_position("earth", "mars", jd_tdb)
    return angle_between(sun, earth)


def solar_conjunctions(start_jd_tdb: float, end_jd_tdb: float) -> list[SolarConjunction]:
    """Every solar conjunction between two dates, in order."""
    dates = search.local_minima(
        sun_earth_mars_angle, start_jd_tdb, end_jd_tdb, _STEP_DAYS, _TOLERANCE_DAYS
    )
    return [SolarConjunction(jd, sun_earth_mars_angle(jd)) for jd in dates]


def moratorium_intervals(
    start_jd_tdb: float, end_jd_tdb: float, limit: float = COMMAND_MORATORIUM_ANGLE
) -> list[tuple[float, float]]:
    """Begin and end of each stretch with a Sun-Earth-Mars angle below `limit` radians.

    Stretches shorter than four days may be missed; one under way at an end is cut there.
    """
    return search.intervals_below(
        sun_earth_mars_angle, limit, start_jd_tdb, end_jd_tdb, _STEP_DAYS, _TOLERANCE_DAYS
    )


def light_time_extrema(start_jd_tdb: float, end_jd_tdb: float) -> list[LightTimeExtremum]:
    """Every minimum and maximum of the Mars-to-Earth light time between two dates, in order."""
    minima = search.local_minima(
        mars_to_earth_light_time, start_jd_tdb, end_jd_tdb, _STEP_DAYS, _TOLERANCE_DAYS
    )
    maxima = search.local_minima(
        lambda jd: -mars_to_earth_light_time(jd),
        start_jd_tdb,
        end_jd_tdb,
        _STEP_DAYS,
        _TOLERANCE_DAYS,
    )
    extrema = [LightTimeExtremum("minimum", jd, mars_to_earth_light_time(jd)) for jd in minima]
    extrema += [LightTimeExtremum("maximum", jd, mars_to_earth_light_time(jd)) for jd in maxima]
    return sorted(extrema, key=lambda extremum: extremum.jd_tdb)
