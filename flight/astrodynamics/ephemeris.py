"""Positions and velocities of the Sun, Earth, Moon and Mars from 2010 to 2045, and light times.

A table of Chebyshev polynomials, made from JPL's DE440 (Park et al., Astronomical Journal 161
(2021) 105) by :mod:`flight.astrodynamics.make_ephemeris_table`. Units are km and km/s, axes are
those of the ICRF, dates are Julian dates in TDB.
"""

import math
import sys
from array import array
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from flight.astrodynamics.constants import SPEED_OF_LIGHT
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, format_iso
from flight.astrodynamics.vectors import Vector, norm, subtract

State = tuple[Vector, Vector]
"""Position and velocity."""

_KM = 1.0e3  # m
ASTRONOMICAL_UNIT_KM = 149_597_870.7
"""Exact (IAU 2012 resolution B2)."""

BODIES: dict[str, int] = {"sun": 10, "earth": 399, "mars": 4, "moon": 301}
"""The bodies of the table and their NAIF numbers."""

TABLE_PATH = Path(__file__).with_name("ephemeris_de440.f64")
TABLE_FORMAT = 1.0
_HEADER_LENGTH = 4
_BODY_HEADER_LENGTH = 4


_Orders = tuple[Vector, tuple[Vector, ...], tuple[tuple[float, ...], ...]]
"""Coefficients of x, y and z together: those of order 0, and the others, highest order first; the
others once more, by axis."""


@dataclass(frozen=True)
class _ChebyshevSeries:
    days_per_interval: float
    interval_count: int
    coefficient_count: int
    coefficients: "array[float]"
    """Per interval and axis: the coefficients, lowest order first."""
    by_order: dict[int, _Orders] = field(default_factory=dict, repr=False)
    """Of each interval that was asked for; see `orders`."""

    def orders(self, interval: int) -> _Orders:
        """The coefficients of one interval. A run meets one in seven; those are put in order when
        they are asked for first."""
        found = self.by_order.get(interval)
        if found is None:
            count = self.coefficient_count
            start = 3 * count * interval
            axes = self.coefficients[start : start + 3 * count]
            rows = tuple(zip(axes[:count], axes[count:-count], axes[-count:], strict=True))
            others = rows[:0:-1]
            by_axis = tuple(zip(*others, strict=True))
            found = self.by_order[interval] = rows[0], others, by_axis
        return found


@dataclass(frozen=True)
class EphemerisTable:
    """Chebyshev polynomials of barycentric positions, and the span of dates that they cover."""

    start_jd_tdb: float
    end_jd_tdb: float
    series: dict[str, _ChebyshevSeries]

    @classmethod
    def read(cls, path: Path) -> "EphemerisTable":
        """Read a table file; its layout is described where it is made."""
        numbers = array("d")
        numbers.frombytes(path.read_bytes())
        if sys.byteorder == "big":
            numbers.byteswap()
        if len(numbers) < _HEADER_LENGTH or numbers[0] != TABLE_FORMAT:
            raise ValueError(f"{path} is not an ephemeris table of format {TABLE_FORMAT:.0f}")
        body_count = int(numbers[1])
        names = {number: name for name, number in BODIES.items()}
        offset = _HEADER_LENGTH + body_count * _BODY_HEADER_LENGTH
        series: dict[str, _ChebyshevSeries] = {}
        for index in range(body_count):
            head = _HEADER_LENGTH + index * _BODY_HEADER_LENGTH
            naif_number, days, intervals, count = numbers[head : head + _BODY_HEADER_LENGTH]
            length = int(intervals) * 3 * int(count)
            block = numbers[offset : offset + length]
            if len(block) != length:
                raise ValueError(f"{path} ends before the coefficients of body {naif_number:.0f}")
            series[names[int(naif_number)]] = _ChebyshevSeries(
                days, int(intervals), int(count), block
            )
            offset += length
        return cls(numbers[2], numbers[3], series)

    def state(self, body: str, jd_tdb: float) -> State:
        """Barycentric position (km) and velocity (km/s) of a body, ICRF.

        Raises ValueError for a body that the table lacks and for a date outside it.
        """
        series, (first, _, (x, y, z)), argument = self._find(body, jd_tdb)
        rate = 2.0 / (series.days_per_interval * SECONDS_PER_DAY)
        (px, vx), (py, vy), (pz, vz) = (
            _value_and_slope(first[0], x, argument),
            _value_and_slope(first[1], y, argument),
            _value_and_slope(first[2], z, argument),
        )
        return ((px, py, pz), (vx * rate, vy * rate, vz * rate))

    def position(self, body: str, jd_tdb: float) -> Vector:
        """The position of `state` alone, in half its time."""
        _, ((x0, y0, z0), others, _), argument = self._find(body, jd_tdb)
        # The sums of `_value_and_slope`, to the same bits, of all axes in one loop: a cruise asks
        # half a million times.
        twice = 2.0 * argument
        x1 = x2 = y1 = y2 = z1 = z2 = 0.0
        for x, y, z in others:
            x1, x2 = x + twice * x1 - x2, x1
            y1, y2 = y + twice * y1 - y2, y1
            z1, z2 = z + twice * z1 - z2, z1
        return x0 + argument * x1 - x2, y0 + argument * y1 - y2, z0 + argument * z1 - z2

    def _find(self, body: str, jd_tdb: float) -> tuple[_ChebyshevSeries, _Orders, float]:
        """The series of a body, its coefficients for a date, and where from -1 to 1 that is."""
        if not self.start_jd_tdb <= jd_tdb <= self.end_jd_tdb:
            raise ValueError(
                f"Julian date {jd_tdb} TDB is outside the ephemeris table, which covers "
                f"{format_iso(self.start_jd_tdb, 0, '')} to {format_iso(self.end_jd_tdb, 0, '')}; "
                "python -m flight.astrodynamics.make_ephemeris_table --start DATE --end DATE makes "
                "a longer one"
            )
        series = self.series.get(body)
        if series is None:
            raise ValueError(
                f"the ephemeris table has no body {body!r}; it has {', '.join(sorted(self.series))}"
            )
        days = series.days_per_interval
        elapsed = jd_tdb - self.start_jd_tdb
        index = min(int(elapsed / days), series.interval_count - 1)
        argument = 2.0 * (elapsed - index * days) / days - 1.0
        orders = series.by_order.get(index)
        return series, series.orders(index) if orders is None else orders, argument


def _value_and_slope(
    first: float, others: tuple[float, ...], x: float
) -> tuple[float, float]:
    """Chebyshev sum and its derivative at -1 <= x <= 1, by Clenshaw's recurrence; the coefficient
    of order 0, and the others from the highest."""
    twice = 2.0 * x
    b1 = b2 = d1 = d2 = 0.0
    for coefficient in others:
        d1, d2 = 2.0 * b1 + twice * d1 - d2, d1
        b1, b2 = coefficient + twice * b1 - b2, b1
    return first + x * b1 - b2, b1 + x * d1 - d2


@cache
def standard_table() -> EphemerisTable:
    """The table shipped with the package, read at first use."""
    return EphemerisTable.read(TABLE_PATH)


@lru_cache(maxsize=256)  # several questions are often asked about one instant
def barycentric_state(body: str, jd_tdb: float) -> State:
    """Position (km) and velocity (km/s) of one of the bodies from the barycentre."""
    return standard_table().state(body, jd_tdb)


@lru_cache(maxsize=256)
def barycentric_position(body: str, jd_tdb: float) -> Vector:
    """Position (km) of one of the bodies from the barycentre."""
    return standard_table().position(body, jd_tdb)


def heliocentric_state(body: str, jd_tdb: float) -> State:
    """Geometric position (km) and velocity (km/s) of a body as seen from the Sun's centre."""
    return relative_state(body, "sun", jd_tdb)


def relative_state(body: str, centre: str, jd_tdb: float) -> State:
    """Geometric position (km) and velocity (km/s) of one body relative to another."""
    position, velocity = barycentric_state(body, jd_tdb)
    centre_position, centre_velocity = barycentric_state(centre, jd_tdb)
    return subtract(position, centre_position), subtract(velocity, centre_velocity)


def relative_position(body: str, centre: str, jd_tdb: float) -> Vector:
    """Geometric position (km) of one body relative to another."""
    return subtract(barycentric_position(body, jd_tdb), barycentric_position(centre, jd_tdb))


def light_time_at_reception(sender: str, receiver: str, jd_tdb_received: float) -> float:
    """One-way light time in seconds of a signal that arrives at `jd_tdb_received`.

    The sender stands where it was when the signal left (iterated; Newtonian, no delay by the
    Sun's gravity, which adds up to 0.25 ms near conjunction).
    """
    return _light_time(receiver, sender, jd_tdb_received, -1.0)


def light_time_at_transmission(sender: str, receiver: str, jd_tdb_sent: float) -> float:
    """One-way light time in seconds of a signal that leaves at `jd_tdb_sent`."""
    return _light_time(sender, receiver, jd_tdb_sent, 1.0)


def mars_to_earth_light_time(jd_tdb_received: float) -> float:
    """One-way light time in seconds, Mars to Earth, by the date of reception at Earth."""
    return light_time_at_reception("mars", "earth", jd_tdb_received)


def earth_to_mars_light_time(jd_tdb_sent: float) -> float:
    """One-way light time in seconds, Earth to Mars, by the date of transmission at Earth."""
    return light_time_at_transmission("earth", "mars", jd_tdb_sent)


@lru_cache(maxsize=64)
def _light_time(here: str, there: str, jd_tdb: float, sign: float) -> float:
    position = barycentric_position(here, jd_tdb)
    seconds = 0.0
    # Each round shrinks the error by the speed of the body over that of light, about 1e-4.
    for _ in range(8):
        other = barycentric_position(there, jd_tdb + sign * seconds / SECONDS_PER_DAY)
        previous, seconds = seconds, _KM * norm(subtract(other, position)) / SPEED_OF_LIGHT
        if math.isclose(seconds, previous, rel_tol=1.0e-12, abs_tol=0.0):
            break
    return seconds
