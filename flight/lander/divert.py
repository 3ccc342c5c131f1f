"""Which spot to land on: the safest near the aim that the engines reach."""

import math
from dataclasses import dataclass
from typing import Any

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.vectors import Vector
from flight.lander.landing_site import Spot
from flight.lander.powered_descent import DescentLimits, DescentPlan, Gate, plan_descent

HALVINGS = 5
NEAR = 120.0
"""m around a point in which a spot is looked for when the aim is out of reach."""
BRAKING_DISTANCE = 4.0
"""Seconds of the present horizontal velocity after which braking straight on would end."""


@dataclass(frozen=True)
class DivertChoice:
    """The spot, the gate above it and the plan to it; no plan means that nothing fits the limits.

    `distance`: m to go over the ground. `distance_left`: m from the spot to the aim.
    """

    spot: Spot
    gate: Gate
    plan: DescentPlan | None
    distance: float
    distance_left: float
    reason: str


def descent_limits(descent: Any, mass: float) -> DescentLimits:
    """What plans may ask of the engines for a mass (kg)."""
    p = descent.parameters
    return DescentLimits(
        greatest=p["thrust_margin"] * 12.0 * p["engine_greatest_thrust"] / mass,
        least=1.05 * 12.0 * p["engine_least_thrust"] / mass,
        tilt=math.radians(p["tilt_limit"]),
        exhaust_speed=p["engine_specific_impulse"] * STANDARD_GRAVITY,
    )


def choose_landing(descent: Any, place: Vector, velocity: Vector) -> DivertChoice:
    """The best landing from a place and velocity in the local frame."""
    p = descent.parameters
    mass = p["lander_mass"] + descent.propellant
    limits = descent_limits(descent, mass)
    budget = descent.propellant - p["propellant_reserve"]

    def plan(spot: Spot) -> DescentPlan | None:
        found = plan_descent(place, velocity, gate_over(descent, spot), limits)
        if found is None or found.propellant(mass, limits.exhaust_speed) > budget:
            return None
        return found

    ahead = (
        place[0] + BRAKING_DISTANCE * velocity[0],
        place[1] + BRAKING_DISTANCE * velocity[1],
    )
    if not descent.sensing.fixed and descent.navigation.horizontal_sigma() > 100.0:
        # The map does not help one who does not know where on it he is.
        spot = descent.map.spot(*ahead)
        return _choice(descent, place, spot, plan(spot), "the place is not known well enough")
    aim = best_near(descent, descent.aim)
    found = plan(aim)
    if found is not None:
        return _choice(descent, place, aim, found, "the aim is within reach")
    best = _farthest(descent, ahead, descent.aim, plan)
    if best is None:
        spot = descent.map.spot(*ahead)
        return _choice(descent, place, spot, plan(spot), "nothing else is within reach")
    return _choice(descent, place, *best, "as near to the aim as the engines reach")


def best_near(descent: Any, point: tuple[float, float]) -> Spot:
    """The safest spot near a point; far from the map the point itself."""
    known = descent.known_spots
    key = (round(point[0], 1), round(point[1], 1))
    if key not in known:
        spot = descent.map.safest(point, descent.parameters["spot_uncertainty"], radius=NEAR)
        known[key] = spot or descent.map.spot(*point)
    found: Spot = known[key]
    return found


def _farthest(
    descent: Any, ahead: tuple[float, float], aim: tuple[float, float], plan: Any
) -> tuple[Spot, DescentPlan] | None:
    """The spot farthest along the way from straight ahead to the aim that has a plan."""
    low, high = 0.0, 1.0
    best: tuple[Spot, DescentPlan] | None = None
    for _ in range(HALVINGS):
        part = 0.5 * (low + high)
        # On a grid, so that spots looked up once can be used again.
        point = tuple(
            10.0 * round((a + part * (b - a)) / 10.0) for a, b in zip(ahead, aim, strict=True)
        )
        spot = best_near(descent, point)  # type: ignore[arg-type]
        found = plan(spot)
        if found is None:
            high = part
        else:
            low, best = part, (spot, found)
    return best


def gate_over(descent: Any, spot: Spot) -> Gate:
    """Where the straight descent onto a spot begins."""
    p = descent.parameters
    height = spot.height + p["gate_height"] + p["leg_height"]
    return Gate((spot.east, spot.north, height), p["sinking_speed"])


def _choice(
    descent: Any, place: Vector, spot: Spot, plan: DescentPlan | None, reason: str
) -> DivertChoice:
    return DivertChoice(
        spot,
        gate_over(descent, spot),
        plan,
        math.hypot(spot.east - place[0], spot.north - place[1]),
        math.hypot(spot.east - descent.aim[0], spot.north - descent.aim[1]),
        reason,
    )
