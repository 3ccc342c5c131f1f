"""Whether a container can be on the orbit that the ground has loaded, and be reached there.

A file that is well formed says nothing of its units: each of its numbers is within its own range,
and what they say together is checked against what the orbiter knows by itself.
"""

import math

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import (
    elements_from_state,
    propagate_j2_secular,
    state_from_elements,
)
from flight.astrodynamics.vectors import angle_between, cross, norm
from flight.orbiter.propagation import State

LOWEST = 100e3
"""m over the mean radius: what comes lower burns before anybody can reach it (assumption)."""
HIGHEST = 2_000e3
"""m over the mean radius, where no MAV brings a container (assumption: six times its 343 km)."""
FARTHEST_PLANE = math.radians(5.0)
"""Between both planes: a change of the plane by more costs over 300 m/s (assumption)."""
FUTURE = 60.0
"""s by which a clock may be behind."""
OLDEST = 400.0 * 86_400.0
"""s: older than that no orbit of it says where it is (assumption)."""


def why_no_orbit(state: State, time: float, now: float) -> str:
    """Why nothing that was let go in `state` (m, m/s) at mission time `time` can be looked for at
    `now`; empty when it can."""
    position, velocity = state
    if not 0.0 < norm(cross(position, velocity)):
        return "position and velocity are along one line"
    elements = elements_from_state(position, velocity, MARS.gravitational_parameter)
    if elements.eccentricity >= 1.0:
        speed = norm(velocity)
        return f"velocity = {speed:.0f} m/s at {norm(position) / 1e3:.0f} km: that leaves Mars"
    low = elements.periapsis_radius - MARS_MEAN_RADIUS
    high = elements.apoapsis_radius - MARS_MEAN_RADIUS
    if low < LOWEST:
        return f"its lowest height is {low / 1e3:.0f} km: allowed is from {LOWEST / 1e3:g} km"
    if high > HIGHEST:
        return f"its highest height is {high / 1e3:.0f} km: allowed is to {HIGHEST / 1e3:g} km"
    if not now - OLDEST <= time <= now + FUTURE:
        return f"time = {time:.0f} s: allowed is from {now - OLDEST:.0f} to {now + FUTURE:.0f} s"
    return ""


def why_out_of_reach(state: State, seconds: float, own: State) -> str:
    """Why the orbit of what was let go in `state` cannot be reached, `seconds` later, from the own
    one; empty when it can."""
    mu = MARS.gravitational_parameter
    then = propagate_j2_secular(elements_from_state(*state, mu), seconds, MARS)
    apart = angle_between(cross(*state_from_elements(then, mu)), cross(*own))
    if apart <= FARTHEST_PLANE:
        return ""
    return (
        f"the plane that was loaded is {math.degrees(apart):.1f} degrees from the own one: allowed "
        f"are {math.degrees(FARTHEST_PLANE):g}"
    )
