"""Burns that take minutes: when to begin them, and whether the tanks hold enough.

A manoeuvre is planned as an impulse. A burn of constant thrust leads to where an impulse would that
was given at the instant about which its velocity change is balanced: begun at the instant of the
impulse itself, one of 126 m/s in 260 s ends 16 km aside.
"""

import math
from collections.abc import Callable

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.vectors import Vector, norm
from flight.core.activities import ActivityFailed
from flight.orbiter.vehicle import OrbiterVehicle

_SETTLED = 0.5  # s
_ROUNDS = 6


def lead_of(node: OrbiterVehicle, delta_v: float) -> float:
    """Seconds from the beginning of a burn (m/s) to the instant of the impulse that it stands for.

    Constant thrust F on a mass m, exhaust at c: with x = delta_v / c it is
    (m c / F) (1 - (1 - exp(-x)) / x), from the rocket equation integrated over the burn. Nought for
    what the small thrusters give: corrections make up for that.
    """
    if delta_v <= node.parameters["largest_thruster_change"]:
        return 0.0
    exhaust = float(node.parameters["specific_impulse"]) * STANDARD_GRAVITY
    x = delta_v / exhaust
    whole = node.weight() * exhaust / float(node.parameters["main_thrust"])
    return whole * (1.0 + math.expm1(-x) / x)


def balanced(node: OrbiterVehicle, plan: Callable[[float], Vector]) -> Vector:
    """The velocity change (m/s) of a burn that begins now.

    `plan` gives the impulse that is right so many seconds from now; how late that is depends on its
    size, and its size on how late it is.
    """
    lead = 0.0
    change = plan(lead)
    for _ in range(_ROUNDS):
        later = lead_of(node, norm(change))
        if abs(later - lead) < _SETTLED:
            break
        lead = later
        change = plan(lead)
    return change


def check_propellant(node: OrbiterVehicle, delta_v: float, purpose: str) -> None:
    """Raises ActivityFailed where the tanks do not hold what a change of so many m/s takes."""
    book = node.tank_book
    if book is None:  # nobody has said what is in them
        return
    exhaust = float(node.parameters["specific_impulse"]) * STANDARD_GRAVITY
    rest = book.mass - book.propellant
    left = exhaust * math.log(book.mass / rest) if rest > 0.0 else math.inf
    if delta_v > left:
        raise ActivityFailed(f"{purpose}: it takes {delta_v:.0f} m/s, the tanks hold {left:.0f}")
