"""What the summary says of a flight: the orbit of the container, and the light times."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.ephemeris import mars_to_earth_light_time
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, tdb_from_tt
from flight.astrodynamics.vectors import Vector
from ground.mission_control import PhaseRecord
from ground.testbed.hardware.milestones import Released


@dataclass(frozen=True)
class TrueOrbit:
    """The osculating orbit at mission time `time` (s): heights over the mean radius (km), angles
    (degrees), period (s)."""

    time: float
    periapsis_km: float
    apoapsis_km: float
    inclination_deg: float
    eccentricity: float
    ascending_node_deg: float
    argument_of_periapsis_deg: float
    period_s: float


def true_orbit(time: float, position: Vector, velocity: Vector) -> TrueOrbit | None:
    """Of a state in the inertial axes of the space around Mars (m, m/s); None when it is not bound
    to Mars."""
    mu = MARS.gravitational_parameter
    elements = elements_from_state(position, velocity, mu)
    if not elements.eccentricity < 1.0:
        return None
    return TrueOrbit(
        time=round(time, 3),
        periapsis_km=round((elements.periapsis_radius - MARS_MEAN_RADIUS) / 1e3, 3),
        apoapsis_km=round((elements.apoapsis_radius - MARS_MEAN_RADIUS) / 1e3, 3),
        inclination_deg=round(math.degrees(elements.inclination), 5),
        eccentricity=round(elements.eccentricity, 6),
        ascending_node_deg=round(math.degrees(elements.ascending_node), 4),
        argument_of_periapsis_deg=round(math.degrees(elements.argument_of_periapsis), 4),
        period_s=round(math.tau * math.sqrt(elements.semi_major_axis**3 / mu), 2),
    )


def orbit_as_plain(released: Released | None) -> dict[str, float] | None:
    """In which orbit the container was let go, as the summary has it."""
    if released is None:
        return None
    orbit = true_orbit(released.time, released.position, released.velocity)
    return None if orbit is None else asdict(orbit)


def light_times(epoch_jd_tt: float, end: float, phases: Iterable[PhaseRecord]) -> dict[str, Any]:
    """One-way light times from Mars to Earth in s: at the start of each phase, the least and the
    greatest, day by day, until mission time `end` (s)."""

    def at(seconds: float) -> float:
        jd_tdb = tdb_from_tt(epoch_jd_tt + seconds / SECONDS_PER_DAY)
        return round(mars_to_earth_light_time(jd_tdb), 3)

    days = [at(day * SECONDS_PER_DAY) for day in range(int(end / SECONDS_PER_DAY) + 1)]
    known = [*days, at(end)]
    return {
        "least": min(known),
        "greatest": max(known),
        "phases": {phase.name: at(phase.began) for phase in phases},
    }
