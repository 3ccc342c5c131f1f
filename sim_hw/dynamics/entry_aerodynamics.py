"""Forces of the air on a blunt sphere-cone, on what it carries, and on its parachute.

Forebody: modified Newtonian flow over a cone, with the stagnation pressure behind a normal shock
(Anderson, Hypersonic and High-Temperature Gas Dynamics, 2006, section 3.3). Base: Gabeaud's formula
for the pressure behind a blunt body in supersonic flow (1949); below Mach 1 a straight line to a
round figure. The nose's rounding is left out: on a cone of 70 degrees it changes the drag by less
than the Newtonian method itself errs, some 3 %.
"""

import math
from bisect import bisect_right

from sim_hw.world.atmosphere import HEAT_CAPACITY_RATIO

BASE_PRESSURE_AT_REST = -0.13
"""Base pressure coefficient at low speed: assumption, round figure for blunt bodies."""

# Drag coefficient of a disk-gap-band parachute over Mach number, on its nominal area: Viking-type
# canopies after Cruz and Lingard (AIAA 2006-6792), in round figures.
_CANOPY = (
    (0.0, 0.64),
    (0.5, 0.64),
    (0.8, 0.58),
    (1.0, 0.50),
    (1.2, 0.55),
    (1.5, 0.63),
    (1.75, 0.62),
    (2.0, 0.57),
    (2.5, 0.46),
)


def stagnation_pressure_coefficient(mach: float) -> float:
    """Pressure coefficient where the air comes to rest: behind a normal shock above Mach 1."""
    g = HEAT_CAPACITY_RATIO
    if mach < 0.05:
        return 1.0
    squared = mach * mach
    if mach <= 1.0:
        ratio = (1.0 + 0.5 * (g - 1.0) * squared) ** (g / (g - 1.0))
    else:
        ratio = ((g + 1.0) ** 2 * squared / (4.0 * g * squared - 2.0 * (g - 1.0))) ** (
            g / (g - 1.0)
        ) * ((1.0 - g + 2.0 * g * squared) / (g + 1.0))
    return 2.0 / (g * squared) * (ratio - 1.0)


def base_pressure_coefficient(mach: float) -> float:
    """Pressure coefficient of the dead air behind the body."""
    g = HEAT_CAPACITY_RATIO
    at = max(mach, 1.0)
    squared = at * at
    part = (2.0 / (g + 1.0)) ** 1.4 * at**-2.8 * (2.0 * g * squared - (g - 1.0)) / (g + 1.0)
    supersonic = 2.0 / (g * squared) * (part - 1.0)
    if mach >= 1.0:
        return supersonic
    return BASE_PRESSURE_AT_REST + (supersonic - BASE_PRESSURE_AT_REST) * mach


def cone_coefficients(
    mach: float, angle_of_attack: float, half_angle: float
) -> tuple[float, float]:
    """Drag and lift coefficient of a blunt cone (rad), on its base area.

    Lift is positive where the blunt body lifts: its base tilted towards the lift.
    """
    scale = 0.5 * stagnation_pressure_coefficient(mach)
    sine, cosine = math.sin(angle_of_attack), math.cos(angle_of_attack)
    flank = math.cos(half_angle) ** 2
    axial = scale * (2.0 * math.sin(half_angle) ** 2 * cosine**2 + flank * sine**2)
    axial -= base_pressure_coefficient(mach)
    normal = scale * flank * 2.0 * sine * cosine
    return axial * cosine + normal * sine, axial * sine - normal * cosine


def canopy_drag_coefficient(mach: float) -> float:
    """Drag coefficient of a disk-gap-band parachute, on its nominal area."""
    index = bisect_right(_CANOPY, (mach, 1.0))
    if index in (0, len(_CANOPY)):
        return _CANOPY[min(index, len(_CANOPY) - 1)][1]
    (start, low), (end, high) = _CANOPY[index - 1], _CANOPY[index]
    return low + (high - low) * (mach - start) / (end - start)
