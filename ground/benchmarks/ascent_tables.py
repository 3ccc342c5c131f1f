"""The tables of `msr bench ascent`."""

from collections.abc import Sequence

from rich.console import Group

from ground.benchmarks.ascent_over_bus import WHOLE, Stretch
from ground.benchmarks.closed_loop_ascents import FleetFigures
from ground.benchmarks.measurement import Sample
from ground.benchmarks.point_ascents import (
    DOP853,
    REFERENCE_TOLERANCE,
    ManyFigures,
    OneAscent,
)
from ground.benchmarks.report import plain_table, titled

ASKED_FOR = 1000
"""Ascents, whose time is told also when fewer were flown."""

ONE_NOTE = (
    "The same derivatives: point mass, J2, air, wind, thrust curve, programmed steering, from the "
    "ground to the second burnout. RK4 a/b: the project's, steps of a s in burns and b s in "
    "coasts, cut onto the corners of the thrust and onto events. DOP853: scipy's solve_ivp, rtol "
    "= atol as named, cut onto the same corners, with its own events. Medians of rounds in turns."
)
MANY_NOTE = (
    "Motors, mass, drag and air dispersed. The same vehicles each way; processes already running, "
    "ways in turns. Two are faster only where two processors are free."
)
FLEET_NOTE = (
    "Six degrees of freedom, closed loop at 50 Hz in burns: the MAV's own phases, devices called "
    "directly; processes already running. `--ascents 1000` flies them all."
)
CONTROL_NOTE = (
    "The same phases and devices: called directly, and as node and devices that talk over the bus, "
    "hashed and logged. The count is left out. Both in turns."
)


def one_ascent_table(found: OneAscent) -> Group:
    """Error and time of each integrator."""
    table = plain_table(("method",), ("position, m", "velocity, m/s", "ms", "noise", "speed"))
    beside = next(row for row in found.figures if row.method == DOP853)
    for row in found.figures:
        table.add_row(
            row.method,
            f"{row.error.position:.4f}",
            f"{row.error.velocity:.1e}",
            f"{row.seconds.median * 1e3:.1f}",
            noise(row.seconds),
            f"{beside.seconds.median / row.seconds.median:.1f}",
        )
    title = (
        f"One ascent of a point mass: error in the end, wall time, speed ({DOP853}: 1)\n"
        f"Reference: DOP853 {REFERENCE_TOLERANCE:g}, off RK4 0.01/0.1 s by "
        f"{found.reference.position:.4f} m"
    )
    return titled(title, table)


def many_ascents_table(figures: Sequence[ManyFigures]) -> Group:
    """Throughput of each integrator on each number of processes."""
    table = plain_table(
        ("method",), ("processes", "s", "ascents/s", "noise", "speed-up", "worst, m")
    )
    for row in figures:
        for count, seconds in row.seconds.items():
            table.add_row(
                row.method,
                str(count),
                f"{seconds.median * row.ascents:.1f}",
                f"{seconds.rate:.0f}",
                noise(seconds),
                speed_up(row.seconds, count),
                f"{row.worst.position:.2f}",
            )
    first = figures[0]
    title = f"{first.ascents} dispersed ascents of a point mass (error: of {first.checked})"
    return titled(title, table)


def fleet_table(figures: FleetFigures) -> Group:
    """Throughput of closed-loop ascents on each number of processes."""
    table = plain_table((), ("processes", "ascents/s", "noise", "speed-up", f"{ASKED_FOR} take"))
    for count, seconds in figures.seconds.items():
        table.add_row(
            str(count),
            f"{seconds.rate:.2f}",
            noise(seconds),
            speed_up(figures.seconds, count),
            duration(seconds.median * ASKED_FOR),
        )
    title = (
        f"Dispersed ascents in closed loop: {figures.ascents} flown, {figures.in_height} of them "
        "into 300 to 380 km"
    )
    return titled(title, table)


def control_table(figures: Sequence[Stretch]) -> Group:
    """Mission seconds per wall second without and over the bus."""
    table = plain_table(("stretch",), ("mission s", "wall s", "× real time", "messages/s"))
    for row in figures:
        table.add_row(
            row.name,
            f"{row.mission_seconds:.1f}",
            f"{row.wall_seconds:.2f}",
            f"{row.times_real_time:.0f}",
            f"{row.messages_per_second:.0f}" if row.messages else "",
        )
    plain, whole = figures[0], next(row for row in figures if row.name == WHOLE)
    title = (
        "Control at 50 Hz in virtual time; over the bus "
        f"{whole.times_real_time / plain.times_real_time:.0%} of the speed of direct calls"
    )
    return titled(title, table)


def noise(sample: Sample) -> str:
    """Half the spread of the repetitions."""
    return f"±{sample.noise:.0%}"


def speed_up(seconds: dict[int, Sample], count: int) -> str:
    """How many times as fast as on the least number of processes."""
    return f"{seconds[min(seconds)].median / seconds[count].median:.2f}"


def duration(seconds: float) -> str:
    """Seconds, or minutes when there are many."""
    return f"{seconds:.0f} s" if seconds < 120.0 else f"{seconds / 60.0:.1f} min"
