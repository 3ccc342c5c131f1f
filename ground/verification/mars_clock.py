"""V3: season and hour of Mars, against the worked examples of NASA's Mars24."""

from flight.astrodynamics.mars_time import SOL_SECONDS, jd_tt_of_solar_longitude, mars_time
from flight.astrodynamics.time_scales import (
    format_iso,
    parse_iso,
    tt_from_utc,
    tt_minus_utc,
    utc_from_tt,
)
from ground.verification.rows import Kind, Row, clock

EXAMPLE_A = "Mars24 example A"
EXAMPLE_B = "Mars24 example B"
_ANGLE = 1.0e-4  # degrees: the examples give five decimals
_SOL = 1.0e-5


def rows() -> list[Row]:
    """Both worked examples, the length of the sol, and the seasons of Mars year 40."""
    return [*_example_a(), *_example_b(), _sol_length(), *_seasons()]


def _example_a() -> list[Row]:
    """2000-01-06 00:00:00 UTC at the prime meridian."""
    jd_utc = parse_iso("2000-01-06T00:00:00Z")
    moment = mars_time(tt_from_utc(jd_utc), 0.0)
    return [
        _number(EXAMPLE_A, "TT - UTC", 64.184, tt_minus_utc(jd_utc), 1.0e-6, "s", 3),
        _number(EXAMPLE_A, "Mars sol date MSD", 44_795.99976, moment.mars_sol_date, _SOL, "sol"),
        _clock(EXAMPLE_A, "coordinated Mars time MTC", clock("23:59:39"), moment.mtc_hours),
        _angle(EXAMPLE_A, "solar longitude Ls", 277.18758, moment.solar_longitude_degrees),
        _angle(EXAMPLE_A, "equation of time EOT", -5.18774, moment.equation_of_time_degrees),
        _clock(EXAMPLE_A, "local true solar time LTST", clock("23:38:54"), moment.ltst_hours),
    ]


def _example_b() -> list[Row]:
    """2004-01-03 13:46:31 UTC at 184.702 W, a site planned for Spirit, near true midnight."""
    moment = mars_time(tt_from_utc(parse_iso("2004-01-03T13:46:31Z")), -184.702)
    return [
        _angle(EXAMPLE_B, "solar longitude Ls", 327.32416, moment.solar_longitude_degrees),
        _angle(EXAMPLE_B, "equation of time EOT", -12.77553, moment.equation_of_time_degrees),
        _clock(EXAMPLE_B, "coordinated Mars time MTC", 3600.0 * 13.16537, moment.mtc_hours),
        _clock(EXAMPLE_B, "local mean solar time LMST", 3600.0 * 0.85190, moment.lmst_hours),
        _clock(EXAMPLE_B, "local true solar time LTST", 3600.0 * 0.00020, moment.ltst_hours),
    ]


def _sol_length() -> Row:
    source = "Allison & McEwen 2000"
    return _number(source, "length of a sol", 88_775.244, SOL_SECONDS, 1.0e-3, "s", 3)


def _seasons() -> list[Row]:
    days = ("2028-08-17", "2029-03-03", "2029-09-03", "2030-01-28")
    found = []
    for longitude, published in zip((0.0, 90.0, 180.0, 270.0), days, strict=True):
        jd_tt = jd_tt_of_solar_longitude(longitude, tt_from_utc(parse_iso(published)))
        found.append(
            Row(
                quantity=f"Mars year 40, Ls {longitude:.0f}, UTC day",
                source="Mars24 formulas",
                published=published,
                computed=format_iso(utc_from_tt(jd_tt))[:10],
                kind=Kind.TEXT,
            )
        )
    return found


def _number(
    source: str,
    quantity: str,
    published: float,
    computed: float,
    tolerance: float,
    unit: str,
    digits: int = 5,
) -> Row:
    return Row(
        quantity=quantity,
        source=source,
        published=published,
        computed=computed,
        tolerance=tolerance,
        unit=unit,
        digits=digits,
    )


def _angle(source: str, quantity: str, published: float, computed: float) -> Row:
    return _number(source, quantity, published, computed, _ANGLE, "deg")


def _clock(source: str, quantity: str, published: float, computed_hours: float) -> Row:
    return Row(
        quantity=quantity,
        source=source,
        published=published,
        computed=3600.0 * computed_hours,
        tolerance=1.0,
        kind=Kind.CLOCK,
    )
