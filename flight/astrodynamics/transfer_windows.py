"""When to leave for Mars, and for home: direct transfers between the planets.

Zero-revolution Lambert arcs about the Sun between the places of massless planets, which is the
usual meaning of C3 and v-infinity in published windows. Units: km, s, Julian dates in TDB.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flight.astrodynamics.ephemeris import State, heliocentric_state
from flight.astrodynamics.gravity import EARTH, SUN
from flight.astrodynamics.lambert import lambert, transfer_angle
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, norm, subtract

SUN_GM_KM3_S2 = SUN.gravitational_parameter * 1.0e-9
EARTH_ENTRY_RADIUS_KM = 6_378.137 + 125.0
"""Equatorial radius (WGS 84) plus the customary height of the entry interface."""

_SMALLEST_STEP_DAYS = 1.0e-3


@dataclass(frozen=True)
class Transfer:
    """A ballistic transfer from one planet to another."""

    departure_jd_tdb: float
    arrival_jd_tdb: float
    departure_v_infinity: Vector
    """Velocity relative to the planet left, km/s, ICRF."""
    arrival_v_infinity: Vector
    """Velocity relative to the planet reached, km/s, ICRF."""
    transfer_angle: float
    """Heliocentric angle in radians: below pi is type 1, above it type 2."""

    @property
    def days(self) -> float:
        """Time of flight in days."""
        return self.arrival_jd_tdb - self.departure_jd_tdb

    @property
    def c3(self) -> float:
        """Launch energy, the square of the departure speed, km^2/s^2."""
        return norm(self.departure_v_infinity) ** 2

    @property
    def arrival_speed(self) -> float:
        """Size of the arrival v-infinity, km/s."""
        return norm(self.arrival_v_infinity)

    @property
    def type(self) -> int:
        """1 for less than half a turn about the Sun, 2 for more."""
        return 1 if self.transfer_angle < math.pi else 2


Cost = Callable[[Transfer], float]


def transfer(
    origin: str, destination: str, departure_jd_tdb: float, arrival_jd_tdb: float
) -> Transfer:
    """The transfer between two planets and dates, the way the planets go round.

    Raises ValueError for an arrival before departure and for dates outside the ephemeris.
    """
    return _transfer(
        departure_jd_tdb,
        heliocentric_state(origin, departure_jd_tdb),
        arrival_jd_tdb,
        heliocentric_state(destination, arrival_jd_tdb),
    )


def transfer_grid(
    origin: str, destination: str, departures: Sequence[float], arrivals: Sequence[float]
) -> list[list[Transfer | None]]:
    """Transfers for every pair of dates (a porkchop): a row per departure, a column per arrival.

    None where the arrival is not after the departure.
    """
    starts = [heliocentric_state(origin, jd) for jd in departures]
    ends = [heliocentric_state(destination, jd) for jd in arrivals]
    return [
        [
            _transfer(departure, start, arrival, end) if arrival > departure else None
            for arrival, end in zip(arrivals, ends, strict=True)
        ]
        for departure, start in zip(departures, starts, strict=True)
    ]


def best_transfer(
    origin: str,
    destination: str,
    departure_range: tuple[float, float],
    days_range: tuple[float, float],
    transfer_type: int | None = None,
    cost: Cost = lambda candidate: candidate.c3,
    grid_days: float = 4.0,
) -> Transfer:
    """The cheapest transfer (least C3 unless told otherwise) within ranges of dates.

    A grid of departures and times of flight first, then a pattern search from its best point,
    which stays within the ranges and, when `transfer_type` is 1 or 2, within that type. Raises
    ValueError when the ranges hold no such transfer.
    """

    def candidate(departure: float, days: float) -> Transfer | None:
        if not (
            departure_range[0] <= departure <= departure_range[1]
            and days_range[0] <= days <= days_range[1]
        ):
            return None
        found = transfer(origin, destination, departure, departure + days)
        return found if transfer_type in (None, found.type) else None

    best: Transfer | None = None
    for departure in _points(departure_range, grid_days):
        for days in _points(days_range, grid_days):
            found = candidate(departure, days)
            if found is not None and (best is None or cost(found) < cost(best)):
                best = found
    if best is None:
        raise ValueError(
            f"no transfer of type {transfer_type} from {origin} to {destination} leaves within "
            f"{departure_range} and takes {days_range} days"
        )
    return _refine(best, candidate, cost, grid_days)


def entry_speed(v_infinity: float, radius: float = EARTH_ENTRY_RADIUS_KM) -> float:
    """Inertial speed (km/s) at a distance (km) from Earth's centre, coming with `v_infinity`."""
    return math.sqrt(v_infinity**2 + 2.0e-9 * EARTH.gravitational_parameter / radius)


def _transfer(departure: float, start: State, arrival: float, end: State) -> Transfer:
    seconds = (arrival - departure) * SECONDS_PER_DAY
    arc = lambert(start[0], end[0], seconds, SUN_GM_KM3_S2)[0]
    return Transfer(
        departure_jd_tdb=departure,
        arrival_jd_tdb=arrival,
        departure_v_infinity=subtract(arc.departure_velocity, start[1]),
        arrival_v_infinity=subtract(arc.arrival_velocity, end[1]),
        transfer_angle=transfer_angle(start[0], end[0]),
    )


def _points(limits: tuple[float, float], step: float) -> list[float]:
    count = math.floor((limits[1] - limits[0]) / step)
    return [limits[0] + step * index for index in range(count + 1)]


def _refine(
    best: Transfer,
    candidate: Callable[[float, float], Transfer | None],
    cost: Cost,
    step: float,
) -> Transfer:
    """Pattern search: the best of the eight neighbours, nearer ones when none is better."""
    while step > _SMALLEST_STEP_DAYS:
        neighbours = [
            candidate(best.departure_jd_tdb + i * step, best.days + j * step)
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            if (i, j) != (0, 0)
        ]
        better = min((found for found in neighbours if found is not None), key=cost, default=best)
        if cost(better) < cost(best):
            best = better
        else:
            step *= 0.5
    return best
