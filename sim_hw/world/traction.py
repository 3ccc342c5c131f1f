"""How much the wheels slip on the ground they stand on."""

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


def sample_slip(
    ground: GroundPoint,
    heading: float,
    stream: random.Random,
    parameters: TractionParameters | None = None,
) -> float:
    """One momentary slip about the mean."""
    parameters = parameters or TractionParameters()
    mean = expected_slip(ground, heading, parameters)
    return min(max(mean * (1.0 + parameters.scatter * stream.gauss(0.0, 1.0)), -0.5), 0.995)
