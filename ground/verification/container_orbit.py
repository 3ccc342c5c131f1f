"""The orbits that the sample container may be left in: speed, period, drift of the node by J2."""

from dataclasses import dataclass, replace
from math import degrees, radians

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS, CentralBody
from flight.astrodynamics.orbits import OrbitalElements, circular_speed, j2_secular_rates, period
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from ground.verification.rows import Row

SECULAR = "IAU/MGS95J constants"
MARS_MGS95J = replace(MARS, gravitational_parameter=4.282_837e13, gravity_radius=3_396_190.0)
"""Mars with the constants behind the published orbits; the J2 is the same. The radius that goes
with the J2 of `MARS` is 3 397 km, so that the node of what flies drifts 0.05 % faster."""

# Altitude (km), inclination (deg), speed (m/s, None where not given), period (min), drift (deg/d).
PUBLISHED = (
    (343.0, 25.0, 3_387.4, 115.39, -9.89),
    (380.0, 27.0, None, 117.11, -9.39),
    (300.0, 25.0, None, 113.40, -10.30),
)


@dataclass(frozen=True)
class CircularOrbit:
    """Speed in m/s, period in minutes, drift of the ascending node in degrees per (Earth) day."""

    speed: float
    period_minutes: float
    node_degrees_per_day: float


def circular_orbit(
    altitude_km: float,
    inclination_degrees: float,
    body: CentralBody = MARS,
    mean_radius: float = MARS_MEAN_RADIUS,
) -> CircularOrbit:
    """Speed, period and node of a circular orbit at an altitude above a mean radius in m."""
    radius = mean_radius + 1000.0 * altitude_km
    mu = body.gravitational_parameter
    elements = OrbitalElements(radius, 0.0, radians(inclination_degrees), 0.0, 0.0, 0.0)
    rate = j2_secular_rates(elements, body).ascending_node
    return CircularOrbit(
        circular_speed(radius, mu), period(radius, mu) / 60.0, degrees(rate) * SECONDS_PER_DAY
    )


def rows() -> list[Row]:
    """The three orbits; tolerances are half a unit of the last printed digit.

    The drift comes twice: with the constants of the source, and, informative, with those that fly.
    """
    found = []
    for altitude, inclination, speed, minutes, drift in PUBLISHED:
        orbit = circular_orbit(altitude, inclination, MARS_MGS95J)
        flown = circular_orbit(altitude, inclination).node_degrees_per_day
        name = f"{altitude:.0f} km, {inclination:.0f} deg"
        if speed is not None:
            found.append(_row(f"{name}, speed", speed, orbit.speed, 0.05, "m/s", 2))
        found.append(_row(f"{name}, period", minutes, orbit.period_minutes, 0.005, "min", 3))
        drift_name = f"{name}, drift of the node"
        found.append(_row(drift_name, drift, orbit.node_degrees_per_day, 0.005, "deg/d", 4))
        drift_name += ", flown constants"
        found.append(_row(drift_name, drift, flown, 0.005, "deg/d", 4, required=False))
    return found


def _row(
    quantity: str,
    published: float,
    computed: float,
    tolerance: float,
    unit: str,
    digits: int,
    required: bool = True,
) -> Row:
    return Row(
        quantity=quantity,
        source=SECULAR,
        published=published,
        computed=computed,
        tolerance=tolerance,
        unit=unit,
        digits=digits,
        required=required,
    )
