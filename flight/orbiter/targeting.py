"""Where to aim at Earth: past it, or into the corridor of the capsule's entry and to the site.

The incoming asymptote and the entry angle fix how far from its radiant the capsule enters; the
plane of the entry and its hour are then chosen so that the site lies where it comes down.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.earth_stations import icrf_to_earth_fixed
from flight.astrodynamics.ellipsoids import WGS84
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.search import crossing
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, utc_from_tt
from flight.astrodynamics.vectors import (
    Vector,
    add,
    angle_between,
    dot,
    norm,
    scale,
    subtract,
    transform,
    transpose,
    unit,
)
from flight.orbiter.linear_algebra import applied
from flight.orbiter.manoeuvres import inverse_of
from flight.orbiter.navigation import across
from flight.orbiter.trajectory import (
    ENTRY_RADIUS,
    Dynamics,
    Encounter,
    Kick,
    Path,
    kicked,
    predict,
    time_from_radius,
)

_MU = EARTH.gravitational_parameter
_DESCENT = 360.0  # s from entry to ground: six minutes (NASA/JPL, PIA25986)
_LOOKS = 96  # a day
_SETTLED = 50.0  # m
_SHOTS = 12


@dataclass(frozen=True)
class Site:
    """Landing site (rad) and how the capsule is to enter: angle (rad, negative) and the range from
    the entry interface to the ground as an angle at Earth's centre (rad)."""

    latitude: float
    longitude: float
    entry_angle: float
    entry_range: float


@dataclass(frozen=True)
class Aim:
    """What to aim at: the B-vector (m) and the time of the perigee (mission s); velocity direction
    at the entry interface (unit vector), for the attitude of the capsule."""

    b_vector: Vector
    perigee_time: float
    entry_time: float
    entry_direction: Vector


def aim_at_site(asymptote: Vector, near: float, site: Site, dynamics: Dynamics) -> Aim:
    """The aim for a landing at a site, at the hour nearest to a mission time.

    Raises ValueError when the site does not come to where the capsule can enter.
    """
    speed = norm(asymptote)
    incoming = unit(asymptote)
    at_entry = math.sqrt(speed**2 + 2.0 * _MU / ENTRY_RADIUS)
    momentum = ENTRY_RADIUS * at_entry * math.cos(site.entry_angle)
    parameter = momentum**2 / _MU
    eccentricity = math.sqrt(1.0 + (speed * momentum / _MU) ** 2)
    from_perigee = math.acos((parameter / ENTRY_RADIUS - 1.0) / eccentricity)
    swept = math.acos(-1.0 / eccentricity) - from_perigee
    time = _hour_of_site(incoming, swept + site.entry_range, near, site, dynamics)
    there = site_direction(site, time + _DESCENT, dynamics)
    sideways = unit(subtract(there, scale(dot(there, incoming), incoming)))
    perigee = parameter / (1.0 + eccentricity)
    place = add(scale(-math.cos(swept), incoming), scale(math.sin(swept), sideways))
    ahead = add(scale(math.sin(swept), incoming), scale(math.cos(swept), sideways))
    direction = add(
        scale(math.sin(site.entry_angle), place), scale(math.cos(site.entry_angle), ahead)
    )
    return Aim(
        b_vector=scale(momentum / speed, sideways),
        perigee_time=time + time_from_radius(speed, perigee, ENTRY_RADIUS),
        entry_time=time,
        entry_direction=direction,
    )


def aim_past(aim: Aim, speed: float, perigee_radius: float) -> Aim:
    """The same aim moved outwards, so that the perigee lies higher."""
    size = perigee_radius * math.sqrt(1.0 + 2.0 * _MU / (perigee_radius * speed**2))
    return Aim(
        scale(size, unit(aim.b_vector)), aim.perigee_time, aim.entry_time, aim.entry_direction
    )


def site_direction(site: Site, time: float, dynamics: Dynamics) -> Vector:
    """Direction from Earth's centre to the site at a mission time, ICRF."""
    position = WGS84.to_cartesian(site.latitude, site.longitude, 0.0)
    axes = icrf_to_earth_fixed(utc_from_tt(dynamics.jd(time)))
    return unit(transform(transpose(axes), position))


def _hour_of_site(
    incoming: Vector, from_radiant: float, near: float, site: Site, dynamics: Dynamics
) -> float:
    """Entry time nearest to `near` at which the site is that far (rad) from the radiant."""
    radiant = scale(-1.0, incoming)

    def gap(time: float) -> float:
        there = site_direction(site, time + _DESCENT, dynamics)
        return angle_between(radiant, there) - from_radiant

    step = SECONDS_PER_DAY / _LOOKS
    found = []
    before = gap(near - 0.5 * SECONDS_PER_DAY)
    for index in range(1, _LOOKS + 1):
        time = near - 0.5 * SECONDS_PER_DAY + index * step
        here = gap(time)
        if (here > 0.0) != (before > 0.0):
            found.append(crossing(gap, time - step, time, 0.01))
        before = here
    if not found:
        raise ValueError(
            f"the site never lies {math.degrees(from_radiant):.1f} degrees from where the capsule "
            "comes from: another entry angle or arrival is needed"
        )
    return min(found, key=lambda each: abs(each - near))


def correction(
    path: Path, aim: Aim, dynamics: Dynamics, kick: Kick | None = None
) -> tuple[Vector, Encounter]:
    """The velocity change now that leads to the aim, and the passage that it leads to.

    `kick`: what will be given besides later (the springs of the capsule). Newton's method on the
    B-vector and the time. Raises ArithmeticError when it does not settle or Earth is missed.
    """
    change: Vector = (0.0, 0.0, 0.0)
    seen = _seen(path, change, dynamics, kick)
    left = max(3600.0, aim.perigee_time - path.time)
    step = max(1.0e-4, 5.0e4 / left)
    for _ in range(_SHOTS):
        miss = _miss(seen, aim)
        if norm(miss) < _SETTLED:
            return change, seen
        columns = []
        for axis in range(3):
            delta = [0.0, 0.0, 0.0]
            delta[axis] = step
            moved = add(change, (delta[0], delta[1], delta[2]))
            other = _miss(_seen(path, moved, dynamics, kick), aim)
            columns.append([(a - b) / step for a, b in zip(other, miss, strict=True)])
        rows = [list(row) for row in zip(*columns, strict=True)]
        x, y, z = applied(inverse_of(rows), miss)
        change = subtract(change, (x, y, z))
        seen = _seen(path, change, dynamics, kick)
    raise ArithmeticError(f"the correction does not settle: {norm(_miss(seen, aim)):.0f} m left")


def _seen(path: Path, change: Vector, dynamics: Dynamics, kick: Kick | None) -> Encounter:
    found = predict(kicked(path, change), dynamics, kick)
    if found is None:
        raise ArithmeticError("Earth is missed by more than its sphere of influence")
    return found


def _miss(seen: Encounter, aim: Aim) -> Vector:
    """Components of the B-vector's error, and the time's error as a length, m."""
    first, second = across(unit(seen.asymptote))
    off = subtract(seen.b_vector, aim.b_vector)
    late = (seen.perigee_time - aim.perigee_time) * seen.speed
    return dot(off, first), dot(off, second), late
