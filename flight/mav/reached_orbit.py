"""The orbit that the ascent has reached so far, by inertial navigation."""

import math
from typing import TypedDict

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.vectors import angle_between, cross
from flight.mav.ascent_computer import AscentComputer
from flight.mav.ascent_guidance import MU


class ReachedOrbit(TypedDict):
    """Heights in km over 3389.5 km, angles in degrees."""

    periapsis: float
    apoapsis: float
    inclination: float
    node: float
    argument_of_periapsis: float
    true_anomaly: float
    off_plane: float


def reached_orbit(computer: AscentComputer) -> ReachedOrbit:
    """The orbit by inertial navigation."""
    navigation = computer.navigation
    elements = elements_from_state(navigation.position, navigation.velocity, MU)
    normal = cross(navigation.position, navigation.velocity)
    return {
        "periapsis": round((elements.periapsis_radius - MARS_MEAN_RADIUS) / 1e3, 2),
        "apoapsis": round((elements.apoapsis_radius - MARS_MEAN_RADIUS) / 1e3, 2),
        "inclination": round(math.degrees(elements.inclination), 4),
        "node": round(math.degrees(elements.ascending_node), 4),
        "argument_of_periapsis": round(math.degrees(elements.argument_of_periapsis), 4),
        "true_anomaly": round(math.degrees(elements.true_anomaly), 4),
        "off_plane": round(math.degrees(angle_between(normal, computer.plan.normal)), 4),
    }
