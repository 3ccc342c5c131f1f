"""Between skipping out and burning up: the flight-path angles at which a capsule may enter."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from flight.astrodynamics.search import crossing
from sim_hw.dynamics.earth_entry import EntryReport, entry_state, fly
from sim_hw.dynamics.entry_capsule import Capsule

_FLATTEST, _STEEPEST = math.radians(-3.0), math.radians(-60.0)
_TOLERANCE = math.radians(0.05)
_STEP = 0.5  # s: loads and fluxes then err by less than 1 %


@dataclass(frozen=True)
class EntryLimits:
    """What the capsule bears: g, W/m^2 at the stagnation point, J/m^2. All are assumptions: a
    load half as high again as the legacy vehicle's, a woven heat shield, its thickness."""

    load: float = 200.0
    heating: float = 2.0e7
    heat_load: float = 1.5e8

    def __post_init__(self) -> None:
        if not (self.load > 0.0 and self.heating > 0.0 and self.heat_load > 0.0):
            raise ValueError(f"the limits of an entry must be positive: {self}")


@dataclass(frozen=True)
class EntryCorridor:
    """Flight-path angles at 125 km (rad, negative), and what limits at either end."""

    steepest: float
    shallowest: float
    steep_limit: str
    shallow_limit: str

    @property
    def width(self) -> float:
        """Rad."""
        return self.shallowest - self.steepest


def entry_corridor(
    capsule: Capsule,
    speed: float,
    limits: EntryLimits | None = None,
    latitude: float = math.radians(40.0),
    heading: float = math.radians(90.0),
) -> EntryCorridor:
    """The corridor at an inertial speed (m/s) over a latitude (rad) on a heading (rad from north).

    Flat entries are limited by the heat that they gather, and by skipping out; steep ones by load
    and heating. Raises ValueError when no angle is within all limits.
    """
    bounds = limits or EntryLimits()

    def flown(angle: float) -> EntryReport:
        return fly(capsule, entry_state(speed, angle, latitude, 0.0, heading), step=_STEP)

    def gathered(angle: float) -> float:
        report = flown(angle)
        return 1.0 if report.outcome != "ground" else report.heat_load / bounds.heat_load - 1.0

    def strained(measure: Callable[[EntryReport], float], limit: float) -> float:
        def excess(angle: float) -> float:
            return measure(flown(angle)) / limit - 1.0

        if excess(_STEEPEST) <= 0.0:
            return _STEEPEST
        if excess(_FLATTEST) >= 0.0:
            return 0.0
        return crossing(excess, _STEEPEST, _FLATTEST, _TOLERANCE)

    if gathered(_STEEPEST) > 0.0:
        raise ValueError(f"even straight down, {speed:.0f} m/s bring more heat than {bounds} allow")
    shallowest = crossing(gathered, _STEEPEST, _FLATTEST, _TOLERANCE)
    shallow = "heat load" if flown(shallowest + 2.0 * _TOLERANCE).outcome == "ground" else "skip"
    by_load = strained(lambda report: report.peak_load, bounds.load)
    by_heating = strained(lambda report: report.peak_heating, bounds.heating)
    steepest, steep = max((by_load, "load"), (by_heating, "heating"))
    if steepest >= shallowest:
        raise ValueError(
            f"no corridor at {speed:.0f} m/s: {steep} allows {math.degrees(steepest):.2f} degrees "
            f"and flatter, {shallow} allows {math.degrees(shallowest):.2f} degrees and steeper"
        )
    return EntryCorridor(steepest, shallowest, steep, shallow)
