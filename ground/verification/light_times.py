"""V8: light time between the planets, solar conjunctions, command moratoria, 2026 to 2035."""

from collections.abc import Sequence
from math import degrees

from flight.astrodynamics.conjunctions import (
    light_time_extrema,
    moratorium_intervals,
    solar_conjunctions,
)
from flight.astrodynamics.constants import SPEED_OF_LIGHT
from flight.astrodynamics.ephemeris import (
    mars_to_earth_light_time,
    relative_position,
)
from flight.astrodynamics.time_scales import julian_date, tdb_from_utc
from flight.astrodynamics.vectors import norm
from ground.verification.rows import Kind, Row, day

DE421 = "JPL DE421"
DE440 = "JPL DE440 by SPICE"
LANDING_DAY = "NASA, Perseverance 2021-02-18"
PERSEVERANCE_HEARD_JD_UTC = julian_date(2021, 2, 18, 20, 55)
"""Touchdown confirmed on Earth (NASA), to the minute, in which the light time changes 1 ms."""
START_JD_TDB = julian_date(2026, 1, 1)
END_JD_TDB = julian_date(2036, 1, 1)

# Date (TDB) and one-way light time in seconds.
MINIMA = (
    (day(2027, 2, 20.0), 338.3),
    (day(2029, 3, 29.5), 323.0),
    (day(2031, 5, 12.0), 276.1),
    (day(2033, 7, 5.5), 211.1),
    (day(2035, 9, 11.5), 189.8),
)
# Date and smallest angle Sun-Earth-Mars in degrees.
CONJUNCTIONS = ((day(2026, 1, 9.5), 0.94), (day(2030, 5, 25.5), 0.28))
MORATORIUM = (day(2030, 5, 14.0), day(2030, 6, 6.5), 23.5)


def geometric_light_time(jd_tdb: float) -> float:
    """Distance Earth to Mars at one instant over the speed of light, seconds."""
    return 1.0e3 * norm(relative_position("mars", "earth", jd_tdb)) / SPEED_OF_LIGHT


def light_time_rows() -> list[Row]:
    """Single light times, Mars to Earth by reception at Earth."""
    cases = (
        ("light time, received 2031-01-01 TDB", 780.316, julian_date(2031, 1, 1), False),
        ("geometric distance over c, 2031-01-01 TDB", 780.348, julian_date(2031, 1, 1), True),
        ("light time, received 2030-01-01 TDB", 1038.276, julian_date(2030, 1, 1), False),
    )
    landing = mars_to_earth_light_time(tdb_from_utc(PERSEVERANCE_HEARD_JD_UTC))
    return [
        Row(
            quantity="light time, Perseverance heard to have landed",
            source=LANDING_DAY,
            published=11.0 * 60.0 + 22.0,
            computed=landing,
            tolerance=1.0,
            unit="s",
            digits=1,
        ),
    ] + [
        Row(
            quantity=quantity,
            source=DE440,
            published=published,
            computed=(geometric_light_time if geometric else mars_to_earth_light_time)(jd_tdb),
            tolerance=1.0e-3,
            unit="s",
            digits=4,
        )
        for quantity, published, jd_tdb, geometric in cases
    ]


def rows() -> list[Row]:
    """Extremes of the light time, conjunctions and moratoria of the decade, in their order."""
    return [*_extrema(), *_conjunctions(), *_moratoria()]


def _extrema() -> list[Row]:
    found = []
    for extremum in light_time_extrema(START_JD_TDB, END_JD_TDB):
        near = _nearest(MINIMA, extremum.jd_tdb) if extremum.kind == "minimum" else None
        name = f"{extremum.kind} of light time {_year(extremum.jd_tdb)}"
        found.append(_date(f"{name}, date", near and near[0], extremum.jd_tdb))
        found.append(
            Row(
                quantity=f"{name}, value",
                source=DE421 if near else "",
                published=near and near[1],
                computed=extremum.seconds,
                tolerance=0.5,
                unit="s",
                digits=2,
                required=near is not None,
            )
        )
    return found


def _conjunctions() -> list[Row]:
    found = []
    for conjunction in solar_conjunctions(START_JD_TDB, END_JD_TDB):
        near = _nearest(CONJUNCTIONS, conjunction.jd_tdb)
        name = f"solar conjunction {_year(conjunction.jd_tdb)}"
        found.append(_date(f"{name}, date", near and near[0], conjunction.jd_tdb))
        found.append(
            Row(
                quantity=f"{name}, least angle",
                source=DE421 if near else "",
                published=near and near[1],
                computed=degrees(conjunction.sun_earth_mars_angle),
                tolerance=0.01,
                unit="deg",
                digits=3,
                required=near is not None,
            )
        )
    return found


def _moratoria() -> list[Row]:
    found = []
    for begin, end in moratorium_intervals(START_JD_TDB, END_JD_TDB):
        known = abs(begin - MORATORIUM[0]) < 30.0
        name = f"moratorium (3 deg) {_year(begin)}"
        if begin > START_JD_TDB:  # else it was under way, and the date is that of the search
            found.append(_date(f"{name}, begin", MORATORIUM[0] if known else None, begin))
        found.append(_date(f"{name}, end", MORATORIUM[1] if known else None, end))
        if known:
            found.append(
                Row(
                    quantity=f"{name}, length",
                    source=DE421,
                    published=MORATORIUM[2],
                    computed=end - begin,
                    tolerance=0.5,
                    unit="d",
                    digits=2,
                )
            )
    return found


def _date(quantity: str, published: float | None, computed: float) -> Row:
    return Row(
        quantity=quantity,
        source="" if published is None else DE421,
        published=published,
        computed=computed,
        tolerance=0.5,
        kind=Kind.DAY,
        required=published is not None,
    )


def _nearest(known: Sequence[tuple[float, float]], jd_tdb: float) -> tuple[float, float] | None:
    """The published entry of the same event: within half a year, they are two years apart."""
    near = min(known, key=lambda entry: abs(entry[0] - jd_tdb))
    return near if abs(near[0] - jd_tdb) < 180.0 else None


def _year(jd_tdb: float) -> int:
    return next(year for year in range(2025, 2100) if jd_tdb < julian_date(year + 1, 1, 1))
