"""How much the wheels slip on the ground they stand on, and how deep they dig themselves in."""

import random
from dataclasses import dataclass
from math import degrees

from sim_hw.world.terrain import GroundPoint


@dataclass(frozen=True)
class TractionParameters:
    """Slip is 1 - (distance made / distance the wheels turned), without unit.

    firm_slip: healthy drives of Opportunity slipped 2.5 % (drive reports, sol 603).
    firm_per_degree: 1 % a degree uphill, the size seen on cohesive ground. sand_slip: at the edge
    of a ripple patch; sand_heart_slip is added in its heart, where Opportunity met 44 to 52 % (sols
    603 and 789). sand_per_degree: 3 % a degree uphill on loose ground: Opportunity in Eagle crater,
    20 to 45 % between 10 and 15 degrees (Lindemann & Voorhees 2005). scatter: relative, 1 sigma.
    """

    firm_slip: float = 0.025
    firm_per_degree: float = 0.01
    sand_slip: float = 0.12
    sand_heart_slip: float = 0.40
    sand_per_degree: float = 0.03
    scatter: float = 0.15


DIGGING_SLIP = 0.6
"""Above it wheels throw out more than they roll over (assumption: above the 52 % that Opportunity
met on ripples that it left without trouble)."""
DIGGING = 0.0024
"""m of depth for each m that turns without way: 4.6 mm down for 2 m of wheel (Opportunity, sol
463); some 50 m took it down to the hubs, 13 cm (sol 446)."""
MOST_SLIP = 0.995
"""Of wheels down to their hubs: Opportunity made 1 m with 191 m of wheel."""


def expected_slip(
    ground: GroundPoint, heading: float, parameters: TractionParameters | None = None
) -> float:
    """Mean slip when driving at a heading (radians from north); below 0 when sliding downhill."""
    if ground.slip is not None:
        return ground.slip
    parameters = parameters or TractionParameters()
    slope = degrees(ground.slope_along(heading))
    loose = ground.looseness
    if loose > 0.0:
        level = parameters.sand_slip + parameters.sand_heart_slip * loose
        slip = level + parameters.sand_per_degree * slope
    else:
        slip = parameters.firm_slip + parameters.firm_per_degree * slope
    return min(max(slip, -0.3), 0.99)


def dug_in(depth: float, turned: float, slip: float, radius: float) -> float:
    """How deep wheels of a `radius` stand after another piece of way, all in m: to the hubs at
    most. A wheel is out of its hole after its own diameter of way."""
    lost = turned * slip if slip > DIGGING_SLIP else 0.0
    left = depth * max(0.0, 1.0 - turned * (1.0 - slip) / (2.0 * radius))
    return min(left + DIGGING * lost, radius)


def slip_when_dug_in(slip: float, depth: float, radius: float) -> float:
    """The slip of wheels that stand so deep, m: what has no hold on level ground has less there."""
    if depth <= 0.0:
        return slip
    return min(1.0 - (1.0 - slip) * (1.0 - depth / radius), max(slip, MOST_SLIP))


def sample_slip(
    ground: GroundPoint,
    heading: float,
    stream: random.Random,
    parameters: TractionParameters | None = None,
) -> float:
    """One momentary slip about the mean; on ground of a given slip about the way that is left."""
    parameters = parameters or TractionParameters()
    mean = expected_slip(ground, heading, parameters)
    scatter = parameters.scatter * stream.gauss(0.0, 1.0)
    if ground.slip is not None and mean > 0.5:
        return min(mean + (1.0 - mean) * scatter, MOST_SLIP)
    return min(max(mean * (1.0 + scatter), -0.5), MOST_SLIP)
