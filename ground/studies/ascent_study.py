"""Many dispersed ascents, with and without closed loop, side by side.

Each run is a vehicle, a day and a launch of its own, by its number; both ways of steering fly the
same ones. The runs are spread over processes, and come out the same on any number of them.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flight.configuration.whole_files import replace_file
from flight.core.node import Node
from flight.mav.ascent_computer import BURN_CYCLE
from flight.mav.node import Mav
from ground.missions.vehicle_files import VehicleFile, load_vehicle_file
from ground.reports.ascent_design import LARGEST_ANGLE_OF_ATTACK
from ground.reports.ascent_report import PRESSING
from ground.studies.ascent_run import AscentResult, Flight
from ground.studies.study_runs import all_of
from sim_hw.assembly.mav import HARDWARE

LOWEST_KM, HIGHEST_KM = 300.0, 380.0
LARGEST_PLANE_ERROR = 0.1  # degrees
CYCLE = BURN_CYCLE
"""s, of the control loop."""


@dataclass(frozen=True)
class Column:
    """Mean, spread and extremes of one figure over the runs."""

    mean: float
    deviation: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Column":
        """Of some values; all not-a-number when there are none."""
        if not values:
            return cls(math.nan, math.nan, math.nan, math.nan)
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
        return cls(mean, math.sqrt(variance), min(values), max(values))


@dataclass(frozen=True)
class StudySide:
    """What one way of steering came to."""

    runs: int
    lost: int
    share_in_height: float
    share_in_plane: float
    share_in_both: float
    share_before_trim: float
    share_in_angle: float
    columns: dict[str, Column]


def is_in_height(result: AscentResult) -> bool:
    """Whether the whole orbit lies between 300 and 380 km."""
    return result.in_orbit and LOWEST_KM <= result.periapsis_km and result.apoapsis_km <= HIGHEST_KM


def is_in_plane(result: AscentResult) -> bool:
    """Whether the orbit's plane is within 0.1 degrees of the one aimed at."""
    return result.in_orbit and result.plane_error <= LARGEST_PLANE_ERROR


def is_in_angle(result: AscentResult) -> bool:
    """Whether the nose kept to the air, as required where it presses; False without an orbit."""
    return result.in_orbit and result.angle_of_attack <= LARGEST_ANGLE_OF_ATTACK


def judge(results: Sequence[AscentResult]) -> StudySide:
    """The figures of one side. Raises ValueError without results."""
    if not results:
        raise ValueError("a study without runs has no result")
    count = len(results)
    flown = [result for result in results if result.in_orbit]

    def share(condition: Callable[[AscentResult], bool]) -> float:
        return sum(1 for result in results if condition(result)) / count

    def before(result: AscentResult) -> bool:
        low, high = result.before_trim_km
        return result.in_orbit and LOWEST_KM <= low and high <= HIGHEST_KM

    names = (
        "apoapsis_km", "periapsis_km", "inclination", "plane_error", "trim", "gas_left",
        "dynamic_pressure", "angle_of_attack", "acceleration",
    )  # fmt: skip
    columns = {name: Column.of([getattr(result, name) for result in flown]) for name in names}
    return StudySide(
        runs=count,
        lost=count - len(flown),
        share_in_height=share(is_in_height),
        share_in_plane=share(is_in_plane),
        share_in_both=share(lambda result: is_in_height(result) and is_in_plane(result)),
        share_before_trim=share(before),
        share_in_angle=share(is_in_angle),
        columns=columns,
    )


def vehicle_file() -> VehicleFile:
    """The MAV's file; raises ConfigurationError."""
    kind: type[Node] = Mav
    return load_vehicle_file(kind, HARDWARE)


def fly_one(task: tuple[int, bool, float]) -> AscentResult:
    """One run of the study: its number, closed loop or not, control cycle in s."""
    number, closed, cycle = task
    file = vehicle_file_once()
    return Flight(file.hardware, file.flight, number, closed=closed, burn_cycle=cycle).fly()


_FILES: list[VehicleFile] = []


def vehicle_file_once() -> VehicleFile:
    """The MAV's file, read once a process."""
    if not _FILES:
        _FILES.append(vehicle_file())
    return _FILES[0]


def fly_study(
    runs: int,
    workers: int = 1,
    *,
    first: int = 1,
    cycle: float = CYCLE,
    steering: Sequence[bool] = (False, True),
    progress: Callable[[int, int], None] = lambda done, all_: None,
) -> list[AscentResult]:
    """Flies the runs `first` to `first + runs - 1` by each way of steering: `closed` loop or not.

    Raises BrokenOffError where a signal ends it.
    """
    tasks = [(first + n, closed, cycle) for n in range(runs) for closed in steering]
    return all_of(fly_one, tasks, workers, progress)


def compare(results: Sequence[AscentResult]) -> dict[str, StudySide]:
    """Open and closed loop, judged, as far as they were flown."""
    sides = {
        "open loop": [result for result in results if not result.closed],
        "closed loop": [result for result in results if result.closed],
    }
    return {name: judge(side) for name, side in sides.items() if side}


_UNITS = {
    "apoapsis_km": ("apoapsis, km", 1), "periapsis_km": ("periapsis, km", 1),
    "inclination": ("inclination, deg", 4), "plane_error": ("off the plane, deg", 4),
    "trim": ("trim by cold gas, m/s", 2), "gas_left": ("cold gas left, kg", 2),
    "dynamic_pressure": ("largest dynamic pressure, Pa", 0),
    "angle_of_attack": ("largest angle of attack, deg", 1),
    "acceleration": ("largest acceleration, m/s^2", 1),
}  # fmt: skip


def markdown(sides: dict[str, StudySide]) -> str:
    """The comparison as a table."""
    names = list(sides)
    lines = ["| figure | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]

    def row(title: str, cell: Callable[[StudySide], str]) -> None:
        lines.append(f"| {title} | " + " | ".join(cell(sides[name]) for name in names) + " |")

    row("runs", lambda side: str(side.runs))
    row("lost", lambda side: str(side.lost))
    row(
        f"within {LOWEST_KM:.0f} to {HIGHEST_KM:.0f} km",
        lambda side: f"{100 * side.share_in_height:.1f} %",
    )
    row(
        f"within {LARGEST_PLANE_ERROR} deg of the plane",
        lambda side: f"{100 * side.share_in_plane:.1f} %",
    )
    row("within both", lambda side: f"{100 * side.share_in_both:.1f} %")
    row(
        f"within {LARGEST_ANGLE_OF_ATTACK:g} deg of the air above {PRESSING:g} Pa",
        lambda side: f"{100 * side.share_in_angle:.1f} %",
    )
    row("within the heights before the trim", lambda side: f"{100 * side.share_before_trim:.1f} %")
    for name, (title, digits) in _UNITS.items():
        row(title, lambda side, n=name, d=digits: _cell(side.columns[n], d))  # type: ignore[misc]
    return "\n".join(lines) + "\n"


def _cell(column: Column, digits: int) -> str:
    return (
        f"{column.mean:.{digits}f} ± {column.deviation:.{digits}f} "
        f"({column.lowest:.{digits}f} to {column.highest:.{digits}f})"
    )


def write(folder: Path, results: Sequence[AscentResult], sides: dict[str, StudySide]) -> None:
    """Writes `ascents.json` (every run) and `summary.json` and `summary.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = [asdict(result) for result in results]
    replace_file(folder / "ascents.json", json.dumps(rows, indent=1) + "\n")
    summary = {name: asdict(side) for name, side in sides.items()}
    replace_file(folder / "summary.json", json.dumps(summary, indent=1) + "\n")
    replace_file(folder / "summary.md", markdown(sides))
