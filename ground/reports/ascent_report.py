"""What the ascent recorder has to say: loads, dynamic pressure, dispersions, margins.

The next ascent, perhaps with people aboard, is designed from this. A plain function of the samples
that came down; no truth enters.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.vectors import angle_between, norm
from flight.configuration.whole_files import replace_file
from flight.icd.ascent_record import AscentSample
from ground.reports.ascent_design import AscentDesign

PRESSING = 400.0  # Pa, from which on an angle of attack loads the vehicle
REPORT_PAGE, REPORT_FIGURES = "ascent_report.md", "ascent_report.json"
GAP = 1.0  # s between samples of one phase, more than which is a gap


@dataclass(frozen=True)
class Peak:
    """The largest value of something, and when (s after the first sample) and where (km)."""

    value: float
    time: float
    height_km: float


@dataclass(frozen=True)
class BurnReport:
    """One burn: its length and velocity gain, as flown and against the design (fractions)."""

    duration: float
    velocity_gain: float
    duration_off: float
    velocity_gain_off: float
    mean_pointing_error: float
    """Degrees."""
    largest_nozzle_angle: float
    """Degrees."""


@dataclass(frozen=True)
class AscentReport:
    """The report. Margins are fractions of a limit that are left; negative ones were exceeded."""

    samples: int
    first_time: float
    flight_time: float
    gaps: list[float]
    axial_acceleration: Peak
    lateral_acceleration: Peak
    dynamic_pressure: Peak
    angle_of_attack: Peak
    bending: Peak
    """Dynamic pressure times angle of attack, Pa rad."""
    turning_rate: Peak
    first_burn: BurnReport
    second_burn: BurnReport
    gas_used: float
    periapsis_km: float
    apoapsis_km: float
    inclination: float
    margins: dict[str, float]


def ascent_report(samples: Sequence[AscentSample], design: AscentDesign) -> AscentReport:
    """The report of one ascent. Raises ValueError when a burn is missing from the record."""
    if not samples:
        raise ValueError("the ascent record is empty")
    start = samples[0].time

    def peak(values: Sequence[float]) -> Peak:
        index = max(range(len(values)), key=lambda k: values[k])
        sample = samples[index]
        height = (norm(sample.position) - MARS_MEAN_RADIUS) / 1e3
        return Peak(values[index], sample.time - start, height)

    pressing = [s.angle_of_attack if s.dynamic_pressure > PRESSING else 0.0 for s in samples]
    axial = peak([s.acceleration[0] for s in samples])
    angle = peak(pressing)
    first = _burn(samples, "first_burn", design.first_burn_time, design.first_velocity_gain)
    second = _burn(samples, "second_burn", design.second_burn_time, design.second_velocity_gain)
    end = samples[-1]
    orbit = elements_from_state(end.position, end.velocity, MARS.gravitational_parameter)
    gas = [s.gas for s in samples if not math.isnan(s.gas)]
    used = gas[0] - gas[-1] if gas else math.nan
    nozzle = max(first.largest_nozzle_angle, second.largest_nozzle_angle)
    return AscentReport(
        samples=len(samples),
        first_time=start,
        flight_time=end.time - start,
        gaps=_gaps(samples),
        axial_acceleration=axial,
        lateral_acceleration=peak([math.hypot(*s.acceleration[1:]) for s in samples]),
        dynamic_pressure=peak([s.dynamic_pressure for s in samples]),
        angle_of_attack=Peak(math.degrees(angle.value), angle.time, angle.height_km),
        bending=peak([s.dynamic_pressure * s.angle_of_attack for s in samples]),
        turning_rate=peak([math.degrees(norm(s.rate)) for s in samples]),
        first_burn=first,
        second_burn=second,
        gas_used=used,
        periapsis_km=(orbit.periapsis_radius - MARS_MEAN_RADIUS) / 1e3,
        apoapsis_km=(orbit.apoapsis_radius - MARS_MEAN_RADIUS) / 1e3,
        inclination=math.degrees(orbit.inclination),
        margins={
            "axial acceleration": 1.0 - axial.value / design.largest_acceleration,
            "nozzle angle": 1.0 - nozzle / design.largest_nozzle_angle,
            "cold gas": 1.0 - used / design.gas,
            "angle of attack": 1.0 - math.degrees(angle.value) / design.largest_angle_of_attack,
        },
    )


def _burn(
    samples: Sequence[AscentSample], phase: str, designed_time: float, designed_gain: float
) -> BurnReport:
    burning = [sample for sample in samples if sample.phase == phase]
    if len(burning) < 2:
        raise ValueError(f"the ascent record holds nothing of the {phase.replace('_', ' ')}")
    gain = 0.0
    for before, after in pairwise(burning):
        mean = 0.5 * (before.acceleration[0] + after.acceleration[0])
        gain += mean * (after.time - before.time)
    duration = burning[-1].time - burning[0].time
    errors = [math.degrees(angle_between(_nose(sample), sample.wanted)) for sample in burning]
    return BurnReport(
        duration=duration,
        velocity_gain=gain,
        duration_off=duration / designed_time - 1.0,
        velocity_gain_off=gain / designed_gain - 1.0,
        mean_pointing_error=math.fsum(errors) / len(errors),
        largest_nozzle_angle=max(math.degrees(max(map(abs, s.nozzle))) for s in burning),
    )


def _nose(sample: AscentSample) -> tuple[float, float, float]:
    w, x, y, z = sample.attitude
    return (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y))


def _gaps(samples: Sequence[AscentSample]) -> list[float]:
    """Times (s after the first sample) after which samples are missing."""
    start = samples[0].time
    return [
        round(before.time - start, 2)
        for before, after in pairwise(samples)
        if after.time - before.time > GAP
    ]


def markdown(report: AscentReport, remark: str = "") -> str:
    """The report as a page; the remark follows its first paragraph."""
    lines = [
        "# Report of the ascent",
        "",
        f"{report.samples} samples over {report.flight_time:.1f} s, "
        + (f"gaps after {report.gaps} s." if report.gaps else "without gaps.")
        + (f" {remark}" if remark else ""),
        "",
        "| load | largest | at, s | height, km |",
        "|---|---|---|---|",
    ]
    for title, peak, unit in (
        ("axial acceleration", report.axial_acceleration, "m/s²"),
        ("lateral acceleration", report.lateral_acceleration, "m/s²"),
        ("dynamic pressure", report.dynamic_pressure, "Pa"),
        ("angle of attack", report.angle_of_attack, "deg"),
        ("pressure times angle", report.bending, "Pa rad"),
        ("turning rate", report.turning_rate, "deg/s"),
    ):
        lines.append(
            f"| {title} | {peak.value:.2f} {unit} | {peak.time:.1f} | {peak.height_km:.1f} |"
        )
    lines += [
        "",
        "| burn | s | off design | m/s along the nose | off design | pointing, deg | nozzle, deg |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, burn in (("first", report.first_burn), ("second", report.second_burn)):
        lines.append(
            f"| {title} | {burn.duration:.2f} | {100 * burn.duration_off:+.2f} % | "
            f"{burn.velocity_gain:.1f} | {100 * burn.velocity_gain_off:+.2f} % | "
            f"{burn.mean_pointing_error:.2f} | {burn.largest_nozzle_angle:.2f} |"
        )
    lines += [
        "",
        f"Orbit in the end: {report.periapsis_km:.1f} x {report.apoapsis_km:.1f} km, "
        f"{report.inclination:.3f} deg; {report.gas_used:.2f} kg of cold gas used.",
        *_exceeded(report),
        "",
        "| margin | left |",
        "|---|---|",
        *(f"| {name} | {100 * left:.0f} % |" for name, left in report.margins.items()),
    ]
    return "\n".join(lines) + "\n"


def _exceeded(report: AscentReport) -> list[str]:
    """What was asked of the flight and not kept, a paragraph each."""
    return [
        f"\n**Exceeded**: the {name} by {-100 * left:.0f} % of its limit."
        for name, left in report.margins.items()
        if left < 0.0
    ]


def write(folder: Path, report: AscentReport, remark: str = "") -> None:
    """Writes `ascent_report.md` and `ascent_report.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / REPORT_PAGE, markdown(report, remark))
    figures = json.dumps(asdict(report), indent=1) + "\n"
    replace_file(folder / REPORT_FIGURES, figures)
