"""When the MAV has to be launched so that the container ends in the orbiter's plane.

A launch from a site reaches a plane of given inclination twice a sol: northbound and southbound.
The
planes of orbiter and container turn at different rates afterwards (J2); they are made to coincide
some days after the launch, when the two meet.
"""

import math

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.mars_orientation import ROTATION_RATE
from flight.astrodynamics.orbits import OrbitalElements, j2_secular_rates
from flight.astrodynamics.time_scales import SECONDS_PER_DAY


def node_rate(altitude: float, inclination: float) -> float:
    """Drift of the ascending node in rad/s of a circular orbit: altitude in m, inclination in
    rad."""
    elements = OrbitalElements(MARS_MEAN_RADIUS + altitude, 0.0, inclination, 0.0, 0.0, 0.0)
    return j2_secular_rates(elements, MARS).ascending_node


def node_of_launch(
    seconds: float, latitude: float, east_longitude: float, inclination: float
) -> float:
    """Ascending node in rad of a northbound launch at a mission time, from the prime meridian at
    mission time zero; angles in rad. Raises ValueError when the site lies too far from the equator.
    """
    ratio = math.tan(latitude) / math.tan(inclination)
    if abs(ratio) > 1.0:
        raise ValueError(
            f"inclination = {math.degrees(inclination):g} degrees: allowed is at least the "
            f"latitude of the site, {math.degrees(latitude):g}"
        )
    return (east_longitude + ROTATION_RATE * seconds - math.asin(ratio)) % math.tau


def launch_time(
    earliest: float,
    orbiter_node: float,
    orbiter_altitude: float,
    container_altitude: float,
    latitude: float,
    east_longitude: float,
    inclination: float,
    meeting: float = 4.0 * SECONDS_PER_DAY,
) -> float:
    """First mission time from `earliest` on at which a launch meets the orbiter's plane.

    `orbiter_node`: of the orbiter at mission time zero, rad. `meeting`: seconds after the launch at
    which the two planes coincide. Altitudes in m, angles in rad.
    """
    turning = node_rate(orbiter_altitude, inclination)
    lead = (turning - node_rate(container_altitude, inclination)) * meeting
    wanted = orbiter_node + turning * earliest + lead
    behind = (wanted - node_of_launch(earliest, latitude, east_longitude, inclination)) % math.tau
    return earliest + behind / (ROTATION_RATE - turning)
