"""V7: transfers of least launch energy between Earth and Mars, 2026 to 2035."""

from dataclasses import dataclass, replace
from math import degrees

from flight.astrodynamics.time_scales import julian_date, tdb_from_utc
from flight.astrodynamics.transfer_windows import Transfer, best_transfer, entry_speed, transfer
from ground.verification.rows import Kind, Row, day

DE421_LAMBERT = "DE421, Lambert"
DAYS_OF_FLIGHT = (125.0, 400.0)
_GRID_DAYS = 8.0


@dataclass(frozen=True)
class Window:
    """A published window. `last` is the transfer angle (degrees) to Mars, and to Earth the
    inertial speed (km/s) at 125 km."""

    year: int
    type: int
    depart: float
    arrive: float
    c3: float
    v_infinity: float
    last: float


EARTH_TO_MARS = (
    Window(2026, 2, day(2026, 10, 31.4), day(2027, 8, 19.7), 9.182, 2.717, 195.9),
    Window(2028, 1, day(2028, 12, 10.7), day(2029, 7, 20.4), 9.024, 4.874, 161.8),
    Window(2028, 2, day(2028, 11, 29.7), day(2029, 10, 10.5), 8.995, 3.161, 218.9),
    Window(2031, 1, day(2031, 1, 27.3), day(2031, 8, 5.1), 8.970, 5.599, 146.1),
    Window(2031, 2, day(2031, 2, 22.7), day(2032, 1, 8.8), 8.170, 5.524, 216.4),
    Window(2033, 1, day(2033, 4, 4.3), day(2033, 9, 28.9), 8.396, 4.040, 139.0),
    Window(2033, 2, day(2033, 4, 28.9), day(2034, 1, 27.6), 7.705, 4.376, 188.5),
    Window(2035, 1, day(2035, 6, 24.0), day(2036, 1, 5.3), 10.262, 2.690, 146.6),
)
MARS_TO_EARTH = (
    Window(2026, 2, day(2026, 8, 2.7), day(2027, 6, 18.9), 7.165, 3.084, 11.493),
    Window(2028, 2, day(2028, 9, 5.9), day(2029, 8, 11.0), 6.148, 4.425, 11.923),
    Window(2030, 1, day(2030, 11, 1.6), day(2031, 7, 7.3), 5.787, 5.636, 12.424),
    Window(2030, 2, day(2030, 11, 9.3), day(2031, 9, 23.6), 5.430, 5.472, 12.350),
    Window(2033, 1, day(2033, 1, 28.0), day(2033, 9, 2.5), 5.717, 4.055, 11.791),
    Window(2033, 2, day(2033, 2, 12.7), day(2033, 11, 2.9), 5.808, 4.948, 12.127),
    Window(2035, 1, day(2035, 5, 8.1), day(2035, 11, 22.2), 8.757, 3.037, 11.481),
)


# Launch and landing, UTC (NASA).
FLOWN = (
    ("MSL", julian_date(2011, 11, 26, 15, 2), julian_date(2012, 8, 6, 5, 17)),
    ("Mars 2020", julian_date(2020, 7, 30, 11, 50), julian_date(2021, 2, 18, 20, 44)),
)


def least_energy_transfer(
    origin: str, destination: str, year: int, transfer_type: int | None = None
) -> Transfer:
    """The transfer of least C3 that leaves within a calendar year and takes 125 to 400 days."""
    return best_transfer(
        origin,
        destination,
        (julian_date(year, 1, 1), julian_date(year + 1, 1, 1)),
        DAYS_OF_FLIGHT,
        transfer_type,
        grid_days=_GRID_DAYS,
    )


def rows() -> list[Row]:
    """Dates, C3, arrival speed, and transfer angle or entry speed, of each published window."""
    found = []
    for window in EARTH_TO_MARS:
        best = least_energy_transfer("earth", "mars", window.year, window.type)
        name = f"Earth-Mars {window.year} type {window.type}"
        found += _window(name, window, best)
        angle = degrees(best.transfer_angle)
        found.append(_number(f"{name}, transfer angle", window.last, angle, 0.1, "deg", 1))
    found += _pinned()
    found += _flown()
    for window in MARS_TO_EARTH:
        best = least_energy_transfer("mars", "earth", window.year, window.type)
        name = f"Mars-Earth {window.year} type {window.type}"
        found += _window(name, window, best)
        speed = entry_speed(best.arrival_speed)
        found.append(_number(f"{name}, speed at 125 km", window.last, speed, 0.01, "km/s", 3))
    return found


def _pinned() -> list[Row]:
    """Type 1 of 2026 has no minimum of its own: C3 falls up to the wall at half a turn."""
    best = least_energy_transfer("earth", "mars", 2026, 1)
    name = "Earth-Mars 2026 type 1, against 180 deg"
    departure = _date(f"{name}, departure", day(2026, 11, 12.0), best.departure_jd_tdb)
    energy = _number(f"{name}, C3", 10.42, best.c3, 0.01, "km2/s2", 3)
    return [replace(row, required=False) for row in (departure, energy)]


def _flown() -> list[Row]:
    """The transfers of MSL and Mars 2020 by their dates: shown, no published figure beside them."""
    found = []
    for name, departure, arrival in FLOWN:
        flight = transfer("earth", "mars", tdb_from_utc(departure), tdb_from_utc(arrival))
        for what, value, unit in (
            ("C3", flight.c3, "km2/s2"),
            ("v-inf", flight.arrival_speed, "km/s"),
        ):
            row = _number(f"{name} as flown, {what}", 0.0, value, 0.01, unit, 3)
            found.append(replace(row, source="", published=None, required=False))
    return found


def _window(name: str, window: Window, transfer: Transfer) -> list[Row]:
    return [
        _date(f"{name}, departure", window.depart, transfer.departure_jd_tdb),
        _date(f"{name}, arrival", window.arrive, transfer.arrival_jd_tdb),
        _number(f"{name}, C3", window.c3, transfer.c3, 0.01, "km2/s2", 3),
        _number(f"{name}, v-inf", window.v_infinity, transfer.arrival_speed, 0.01, "km/s", 3),
    ]


def _date(quantity: str, published: float, computed: float) -> Row:
    return Row(
        quantity=quantity,
        source=DE421_LAMBERT,
        published=published,
        computed=computed,
        tolerance=0.5,
        kind=Kind.DAY,
    )


def _number(
    quantity: str, published: float, computed: float, tolerance: float, unit: str, digits: int
) -> Row:
    return Row(
        quantity=quantity,
        source=DE421_LAMBERT,
        published=published,
        computed=computed,
        tolerance=tolerance,
        unit=unit,
        digits=digits,
    )
