"""How far a two-impulse Clohessy-Wiltshire approach misses when it is flown in true gravity."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import radians, tau

from flight.astrodynamics.gravity import MARS, CentralBody, acceleration, point_mass_acceleration
from flight.astrodynamics.integrators import State, integrate
from flight.astrodynamics.orbits import OrbitalElements, mean_motion, state_from_elements
from flight.astrodynamics.relative_motion import cw_two_impulses, from_lvlh, to_lvlh
from flight.astrodynamics.vectors import norm
from ground.verification.rows import Row

DOP853_STUDY = "DOP853 study"
ORBIT_RADIUS = 3_396_190.0 + 343_000.0
"""Circular orbit 343 km above the equatorial radius, m."""
STEP = 10.0
"""Integration step in s: the error of a flight is then below a millimetre."""

# Distance behind the target (m), part of an orbit, miss in two-body and in J2 gravity (m), first
# impulse (m/s; None where the study gives none). Two digits each.
PUBLISHED = (
    (1_000.0, 0.25, 0.35, 3.2, 0.6),
    (5_000.0, 0.25, 8.7, 12.0, 3.0),
    (10_000.0, 0.25, 35.0, 25.0, 6.0),
    (50_000.0, 0.25, 874.0, 758.0, 30.0),
    (1_000.0, 0.45, 1.6, 7.1, None),
    (5_000.0, 0.45, 41.0, 22.0, None),
    (10_000.0, 0.45, 164.0, 102.0, None),
    (50_000.0, 0.45, 4_100.0, 3_800.0, None),
)
TOLERANCE = 0.05


@dataclass(frozen=True)
class Approach:
    """Where an approach came out: distance from the target (m) and its first impulse (m/s)."""

    miss: float
    first_impulse: float


def two_impulse_approach(
    distance_behind: float,
    revolutions: float,
    body: CentralBody = MARS,
    with_j2: bool = True,
    radius: float = ORBIT_RADIUS,
    inclination_degrees: float = 25.0,
    argument_of_latitude_degrees: float = 0.0,
    step: float = STEP,
) -> Approach:
    """Fly a chaser to the target on the impulse that Clohessy-Wiltshire gives.

    The chaser starts at rest in the local frame, `distance_behind` m behind a target on a circular
    orbit of `radius` m, and is due after a part of a revolution. Both are then integrated in the
    gravity of the body, with J2 or without.
    """
    motion = mean_motion(radius, body.gravitational_parameter)
    target = state_from_elements(
        OrbitalElements(
            radius,
            0.0,
            radians(inclination_degrees),
            0.0,
            0.0,
            radians(argument_of_latitude_degrees),
        ),
        body.gravitational_parameter,
    )
    start = (0.0, -distance_behind, 0.0)
    seconds = revolutions * tau / motion
    at_rest = (0.0, 0.0, 0.0)
    impulses = cw_two_impulses((start, at_rest), (0.0, 0.0, 0.0), motion, seconds)
    chaser = from_lvlh(target, (start, impulses.first))
    derivative = partial(_derivative, body, with_j2)
    target_end, chaser_end = (
        integrate(derivative, 0.0, (*position, *velocity), seconds, step)
        for position, velocity in (target, chaser)
    )
    relative, _ = to_lvlh(_split(target_end), _split(chaser_end))
    return Approach(norm(relative), norm(impulses.first))


def rows() -> list[Row]:
    """Misses in two-body gravity and first impulses, required; misses with J2, informative.

    The study does not say where on which orbit it flew; without J2 that makes no difference.
    """
    plain, oblate, impulses = [], [], []
    for distance, revolutions, miss, j2_miss, impulse in PUBLISHED:
        name = f"{distance / 1000.0:.0f} km in {revolutions} orbit"
        flown = two_impulse_approach(distance, revolutions, with_j2=False)
        plain.append(_row(f"{name}, two-body miss", miss, flown.miss, "m"))
        if impulse is not None:
            impulses.append(_row(f"{name}, first impulse", impulse, flown.first_impulse, "m/s"))
        flown = two_impulse_approach(distance, revolutions)
        name = f"{name}, miss with J2"
        oblate.append(_row(name, j2_miss, flown.miss, "m", required=False))
    return [*plain, *impulses, *oblate]


def _row(quantity: str, published: float, computed: float, unit: str, required: bool = True) -> Row:
    return Row(
        quantity=quantity,
        source=DOP853_STUDY,
        published=published,
        computed=computed,
        tolerance=TOLERANCE,
        relative=True,
        unit=unit,
        digits=2,
        required=required,
    )


def _derivative(body: CentralBody, with_j2: bool, time: float, state: State) -> Sequence[float]:
    position = (state[0], state[1], state[2])
    if with_j2:
        return (*state[3:], *acceleration(position, body))
    return (*state[3:], *point_mass_acceleration(position, body.gravitational_parameter))


def _split(state: State) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    x, y, z, vx, vy, vz = state
    return (x, y, z), (vx, vy, vz)
