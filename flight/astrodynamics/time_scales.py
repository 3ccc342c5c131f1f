"""Calendar, Julian dates and the time scales UTC, TAI, TT and TDB.

A Julian date is one float here: it resolves 40 microseconds in this century. Differences of
seconds are therefore kept as seconds past an :class:`Epoch`, not as Julian dates.

Names carry the scale: ``jd_utc``, ``jd_tt``, ``jd_tdb``. In ``jd_utc`` every day has 86 400 s;
the second inserted as 23:59:60 has no Julian date of its own.
"""

import calendar
import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

SECONDS_PER_DAY = 86_400.0
JD_J2000 = 2_451_545.0
"""Julian date of the standard epoch J2000.0 (2000-01-01 12:00 TT)."""

_JD_OF_ORDINAL_ZERO = 1_721_424.5  # date.toordinal() counts midnights from 0001-01-01 = 1
TT_MINUS_TAI_SECONDS = 32.184
"""Defining constant of TT (IAU 1991 resolution A4)."""

# First day and TAI-UTC in seconds from that day on (IERS Bulletin C; none announced after 2017).
_LEAP_SECONDS: tuple[tuple[int, int, int, int], ...] = (
    (1972, 1, 1, 10),
    (1972, 7, 1, 11),
    (1973, 1, 1, 12),
    (1974, 1, 1, 13),
    (1975, 1, 1, 14),
    (1976, 1, 1, 15),
    (1977, 1, 1, 16),
    (1978, 1, 1, 17),
    (1979, 1, 1, 18),
    (1980, 1, 1, 19),
    (1981, 7, 1, 20),
    (1982, 7, 1, 21),
    (1983, 7, 1, 22),
    (1985, 7, 1, 23),
    (1988, 1, 1, 24),
    (1990, 1, 1, 25),
    (1991, 1, 1, 26),
    (1992, 7, 1, 27),
    (1993, 7, 1, 28),
    (1994, 7, 1, 29),
    (1996, 1, 1, 30),
    (1997, 7, 1, 31),
    (1999, 1, 1, 32),
    (2006, 1, 1, 33),
    (2009, 1, 1, 34),
    (2012, 7, 1, 35),
    (2015, 7, 1, 36),
    (2017, 1, 1, 37),
)

_ISO_PATTERN = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?)?Z?"
)


@dataclass(frozen=True)
class CalendarTime:
    """A date of the (proleptic) Gregorian calendar and a time of day."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: float


def julian_date(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: float = 0.0
) -> float:
    """Julian date of a Gregorian calendar date, in whatever time scale the date was given.

    Raises ValueError when the date or the time of day does not exist.
    """
    if not 1 <= year <= 9999:
        raise ValueError(f"year {year} is outside 1 to 9999")
    if not 1 <= month <= 12:
        raise ValueError(f"month {month} of year {year} is outside 1 to 12")
    last_day = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last_day:
        raise ValueError(f"day {day} of {year}-{month:02d} is outside 1 to {last_day}")
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0.0 <= second < 60.0):
        raise ValueError(
            f"time of day {hour}:{minute}:{second} is outside 00:00:00 to 23:59:59.999..."
        )
    seconds_of_day = 3600.0 * hour + 60.0 * minute + second
    midnight = date(year, month, day).toordinal() + _JD_OF_ORDINAL_ZERO
    return midnight + seconds_of_day / SECONDS_PER_DAY


def calendar_time(jd: float, decimals: int = 3) -> CalendarTime:
    """Gregorian calendar date and time of a Julian date, rounded to `decimals` of a second.

    Rounding is done before splitting, so 23:59:59.9996 becomes the next day's 00:00:00.000.
    """
    day_number = math.floor(jd - _JD_OF_ORDINAL_ZERO)
    ticks_per_second = 10**decimals
    ticks_per_day = 86_400 * ticks_per_second
    ticks = round((jd - _JD_OF_ORDINAL_ZERO - day_number) * ticks_per_day)
    if ticks >= ticks_per_day:
        day_number, ticks = day_number + 1, ticks - ticks_per_day
    if not 1 <= day_number <= date.max.toordinal():
        raise ValueError(f"Julian date {jd} is outside the calendar years 1 to 9999")
    day = date.fromordinal(day_number)
    minutes, ticks = divmod(ticks, 60 * ticks_per_second)
    hour, minute = divmod(minutes, 60)
    return CalendarTime(day.year, day.month, day.day, hour, minute, ticks / ticks_per_second)


_LEAP_SECOND_STARTS = tuple(julian_date(y, m, d) for y, m, d, _ in _LEAP_SECONDS)
_TAI_MINUS_UTC = tuple(float(offset) for *_, offset in _LEAP_SECONDS)


def tt_minus_utc(jd_utc: float) -> float:
    """TT-UTC in seconds: 32.184 s plus the leap seconds so far; constant after 2017.

    Raises ValueError before 1972, when UTC did not step by whole seconds.
    """
    index = bisect_right(_LEAP_SECOND_STARTS, jd_utc) - 1
    if index < 0:
        raise ValueError(f"UTC Julian date {jd_utc} is before 1972-01-01, where leap seconds begin")
    return TT_MINUS_TAI_SECONDS + _TAI_MINUS_UTC[index]


def tt_from_utc(jd_utc: float) -> float:
    """Julian date in TT of a Julian date in UTC."""
    return jd_utc + tt_minus_utc(jd_utc) / SECONDS_PER_DAY


def utc_from_tt(jd_tt: float) -> float:
    """Julian date in UTC of a Julian date in TT."""
    guess = jd_tt - tt_minus_utc(jd_tt) / SECONDS_PER_DAY
    # The table is entered with UTC: near a step the first guess used the later offset.
    return jd_tt - tt_minus_utc(guess) / SECONDS_PER_DAY


def tdb_minus_tt(jd_tt: float) -> float:
    """TDB-TT in seconds, good to about 30 microseconds between 1980 and 2050.

    Two-term formula of The Astronomical Almanac (also USNO Circular 179, section 2.6).
    """
    anomaly = math.radians(357.53 + 0.985_600_28 * (jd_tt - JD_J2000))
    return 0.001_657 * math.sin(anomaly) + 0.000_014 * math.sin(2.0 * anomaly)


def tdb_from_tt(jd_tt: float) -> float:
    """Julian date in TDB of a Julian date in TT."""
    return jd_tt + tdb_minus_tt(jd_tt) / SECONDS_PER_DAY


def tt_from_tdb(jd_tdb: float) -> float:
    """Julian date in TT of a Julian date in TDB (the offset changes 3e-10 s per second)."""
    return jd_tdb - tdb_minus_tt(jd_tdb) / SECONDS_PER_DAY


def tdb_from_utc(jd_utc: float) -> float:
    """Julian date in TDB of a Julian date in UTC."""
    return tdb_from_tt(tt_from_utc(jd_utc))


def utc_from_tdb(jd_tdb: float) -> float:
    """Julian date in UTC of a Julian date in TDB."""
    return utc_from_tt(tt_from_tdb(jd_tdb))


def parse_iso(text: str) -> float:
    """Julian date of an ISO 8601 date or date and time, in the scale the text is meant in.

    Accepts ``2028-08-01``, ``2028-08-01T13:38``, ``2028-08-01T13:38:22.5`` and a final ``Z``.
    Raises ValueError with a sentence for anything else, 23:59:60 included.
    """
    match = _ISO_PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"'{text}' is not a date like 2028-08-01 or a time like 2028-08-01T13:38:22.500Z"
        )
    year, month, day, hour, minute, second = match.groups()
    try:
        return julian_date(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), float(second or 0.0)
        )
    except ValueError as error:
        raise ValueError(f"'{text}' is not a time that exists: {error}") from error


def format_iso(jd: float, decimals: int = 3, suffix: str = "Z") -> str:
    """ISO 8601 text of a Julian date, rounded to `decimals` (0 to 4) of a second.

    The suffix ``Z`` is right for UTC only; pass ``""`` for other scales.
    """
    moment = calendar_time(jd, decimals)
    width = 3 + decimals if decimals else 2
    second = f"{moment.second:0{width}.{decimals}f}"
    day = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"
    return f"{day}T{moment.hour:02d}:{moment.minute:02d}:{second}{suffix}"


def seconds_between(jd_start: float, jd_end: float) -> float:
    """Seconds from one Julian date to another of the same uniform scale (TT or TDB)."""
    return (jd_end - jd_start) * SECONDS_PER_DAY


@dataclass(frozen=True)
class Epoch:
    """The instant from which a run counts its elapsed (SI) seconds, and the dates after it."""

    jd_tt: float

    @classmethod
    def from_utc(cls, text: str) -> "Epoch":
        """Epoch of an ISO 8601 text in UTC."""
        return cls(tt_from_utc(parse_iso(text)))

    def jd_tt_at(self, elapsed_seconds: float) -> float:
        """Julian date in TT, `elapsed_seconds` after the epoch."""
        return self.jd_tt + elapsed_seconds / SECONDS_PER_DAY

    def jd_tdb_at(self, elapsed_seconds: float) -> float:
        """Julian date in TDB, `elapsed_seconds` after the epoch."""
        return tdb_from_tt(self.jd_tt_at(elapsed_seconds))

    def jd_utc_at(self, elapsed_seconds: float) -> float:
        """Julian date in UTC, `elapsed_seconds` after the epoch, leap seconds counted."""
        return utc_from_tt(self.jd_tt_at(elapsed_seconds))

    def utc_at(self, elapsed_seconds: float, decimals: int = 3) -> str:
        """ISO 8601 text in UTC, `elapsed_seconds` after the epoch."""
        return format_iso(self.jd_utc_at(elapsed_seconds), decimals)

    def elapsed_seconds(self, jd_tt: float) -> float:
        """Seconds from the epoch to a Julian date in TT (negative before the epoch)."""
        return seconds_between(self.jd_tt, jd_tt)
