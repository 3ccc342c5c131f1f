"""All the occasions to leave one planet for another between two dates.

The planets stand right for a transfer once in a synodic period (780 days between Earth and Mars).
Around each such moment there is one transfer of least cost of type 1 (less than half a turn about
the Sun) and one of type 2 (more). Some have no minimum of their own: their cost falls on towards
the wall at half a turn, where the plane of the transfer is undefined.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.ephemeris import standard_table
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.mars_orientation import icrf_to_mars_equator
from flight.astrodynamics.search import grid
from flight.astrodynamics.time_scales import format_iso
from flight.astrodynamics.transfer_windows import (
    Cost,
    Transfer,
    best_transfer,
    entry_speed,
    transfer,
)
from flight.astrodynamics.vectors import Vector, norm, transform

MARS_ENTRY_RADIUS_KM = 3_522.2
"""Entry interface of Mars landers (MSL: 125 km above the ellipsoid's mean)."""
DAYS_OF_FLIGHT = (125.0, 400.0)

_SEPARATION_DAYS = 240.0
"""Minima closer than this belong to the same occasion; the next is 780 days away."""
_GRID_DAYS = 8.0
_NEIGHBOURHOOD_DAYS = 12.0
_WALL = math.radians(1.0)

COSTS: dict[str, Cost] = {
    "c3": lambda candidate: candidate.c3,
    "arrival": lambda candidate: candidate.arrival_speed,
    "sum": lambda candidate: norm(candidate.departure_v_infinity) + candidate.arrival_speed,
}
"""What may be least: launch energy, speed at arrival, or the sum of both v-infinities."""


@dataclass(frozen=True)
class Opportunity:
    """The best transfer of one type around one alignment of the planets."""

    origin: str
    destination: str
    transfer: Transfer

    @property
    def against_half_turn(self) -> bool:
        """Whether it leans on the wall at 180 degrees and is no minimum of its own."""
        return abs(self.transfer.transfer_angle - math.pi) < _WALL

    @property
    def entry_speed(self) -> float:
        """Inertial speed (km/s) at the entry interface of the planet reached."""
        if self.destination == "earth":
            return entry_speed(self.transfer.arrival_speed)
        escape_squared = 2.0e-9 * MARS.gravitational_parameter / MARS_ENTRY_RADIUS_KM
        return math.sqrt(self.transfer.arrival_speed**2 + escape_squared)

    @property
    def departure_declination(self) -> float:
        """Declination (rad) of the departure asymptote on the equator of the planet left.

        A parking orbit whose inclination is smaller cannot be left without turning its plane.
        """
        return _declination(
            self.origin, self.transfer.departure_v_infinity, self.transfer.departure_jd_tdb
        )


def opportunities(
    origin: str,
    destination: str,
    departures: tuple[float, float],
    transfer_types: tuple[int, ...] = (1, 2),
    cost: Cost = COSTS["c3"],
    days_of_flight: tuple[float, float] = DAYS_OF_FLIGHT,
) -> list[Opportunity]:
    """The best transfer of each type around each alignment, in the order of departure.

    `departures` are the first and the last Julian date (TDB) to leave. A minimum whose departure
    lies outside is not found, and an end of the interval is none. Raises ValueError when the
    search would need dates that the ephemeris lacks, or when the ranges are upside down.
    """
    _check(departures, days_of_flight)
    # Beyond both ends, so that a minimum near one of them is seen to be a minimum.
    table = standard_table()
    dates = grid(
        max(departures[0] - _SEPARATION_DAYS, table.start_jd_tdb),
        min(departures[1] + _SEPARATION_DAYS, table.end_jd_tdb - days_of_flight[0]),
        _GRID_DAYS,
    )
    by_date = [_best_by_type(origin, destination, date, cost, days_of_flight) for date in dates]
    found = []
    for transfer_type in transfer_types:
        curve = [best.get(transfer_type) for best in by_date]
        for index, coarse in enumerate(curve):
            if coarse is None or not _is_lowest_around(index, dates, curve, cost):
                continue
            date = coarse.departure_jd_tdb
            if not _near(date, departures):
                continue
            fine = _refined(origin, destination, coarse, cost, days_of_flight)
            if departures[0] <= fine.departure_jd_tdb <= departures[1]:
                found.append(Opportunity(origin, destination, fine))
    return sorted(found, key=lambda one: one.transfer.departure_jd_tdb)


def _check(departures: tuple[float, float], days_of_flight: tuple[float, float]) -> None:
    if not departures[0] < departures[1]:
        raise ValueError("the first date of departure must lie before the last")
    if not 0.0 < days_of_flight[0] < days_of_flight[1]:
        raise ValueError(
            f"days of flight must be two positive numbers, the shorter first, not {days_of_flight}"
        )
    table = standard_table()
    needed_end = departures[1] + days_of_flight[1]
    if departures[0] < table.start_jd_tdb or needed_end > table.end_jd_tdb:
        raise ValueError(
            f"departures from {_day(departures[0])} to {_day(departures[1])} with flights of up to "
            f"{days_of_flight[1]:.0f} days need planets from {_day(departures[0])} to "
            f"{_day(needed_end)}; the ephemeris covers {_day(table.start_jd_tdb)} to "
            f"{_day(table.end_jd_tdb)}"
        )


def _best_by_type(
    origin: str,
    destination: str,
    departure: float,
    cost: Cost,
    days_of_flight: tuple[float, float],
) -> dict[int, Transfer]:
    """The cheapest transfer of either type that leaves on one date."""
    end = standard_table().end_jd_tdb
    best: dict[int, Transfer] = {}
    for days in grid(*days_of_flight, _GRID_DAYS):
        if departure + days > end:
            break
        found = transfer(origin, destination, departure, departure + days)
        rival = best.get(found.type)
        if rival is None or cost(found) < cost(rival):
            best[found.type] = found
    return best


def _refined(
    origin: str,
    destination: str,
    coarse: Transfer,
    cost: Cost,
    days_of_flight: tuple[float, float],
) -> Transfer:
    table = standard_table()
    longest = min(coarse.days + _NEIGHBOURHOOD_DAYS, days_of_flight[1])
    departures = (
        max(coarse.departure_jd_tdb - _NEIGHBOURHOOD_DAYS, table.start_jd_tdb),
        min(coarse.departure_jd_tdb + _NEIGHBOURHOOD_DAYS, table.end_jd_tdb - longest),
    )
    days = (max(coarse.days - _NEIGHBOURHOOD_DAYS, days_of_flight[0]), longest)
    return best_transfer(
        origin, destination, departures, days, coarse.type, cost, _NEIGHBOURHOOD_DAYS / 6.0
    )


def _near(date: float, departures: tuple[float, float]) -> bool:
    margin = _NEIGHBOURHOOD_DAYS
    return departures[0] - margin <= date <= departures[1] + margin


def _is_lowest_around(
    index: int, dates: list[float], curve: list[Transfer | None], cost: Cost
) -> bool:
    here = curve[index]
    if here is None or index in (0, len(curve) - 1):
        return False
    level = cost(here)
    for other, date in enumerate(dates):
        rival = curve[other]
        if other == index or rival is None or abs(date - dates[index]) > _SEPARATION_DAYS:
            continue
        if cost(rival) < level:
            return False
    return True


def _declination(planet: str, direction: Vector, jd_tdb: float) -> float:
    if planet == "mars":
        direction = transform(icrf_to_mars_equator(jd_tdb), direction)
    return math.asin(direction[2] / norm(direction))


def _day(jd: float) -> str:
    return format_iso(jd, 0, "")[:10]
