"""Where to aim at Earth: past it, or into the corridor of the capsule's entry and to the site.

The incoming asymptote and the entry angle fix how far from its radiant the capsule enters; the
plane of the entry and its hour are then chosen so that the capsule, whose fall is flown through the
turning air, comes down at the site.
"""

import math
from dataclasses import dataclass, replace

from flight.astrodynamics.ballistic_fall import Fall, FallingCapsule, fall
from flight.astrodynamics.earth_arrival import EquatorOfDate
from flight.astrodynamics.earth_stations import icrf_to_earth_fixed
from flight.astrodynamics.ellipsoids import WGS84
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.linear_systems import inverse
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
from flight.orbiter.navigation import across
from flight.orbiter.trajectory import (
    EARTH_RADIUS,
    ENTRY_RADIUS,
    Dynamics,
    Encounter,
    Kick,
    Path,
    at_entry,
    kicked,
    predict,
    time_from_radius,
)

_MU = EARTH.gravitational_parameter
_DESCENT = 360.0  # s from entry to ground: six minutes (NASA/JPL, PIA25986)
_LOOKS = 96  # a day
_SETTLED = 50.0  # m
_SHOTS = 12
_LANDED = 20.0  # m: so near to the site an aim is to bring the capsule
_FLIGHTS = 10


@dataclass(frozen=True)
class Site:
    """Landing site (geodetic, rad; m over the ellipsoid) and at which angle the capsule is to enter
    (rad, negative)."""

    latitude: float
    longitude: float
    entry_angle: float
    height: float = 0.0


@dataclass(frozen=True)
class Aim:
    """What to aim at: the B-vector (m) and the time of the perigee (mission s); velocity direction
    at the entry interface (unit vector), for the attitude of the capsule."""

    b_vector: Vector
    perigee_time: float
    entry_time: float
    entry_direction: Vector


def aim_at_site(
    asymptote: Vector, near: float, site: Site, capsule: FallingCapsule, dynamics: Dynamics
) -> Aim:
    """The aim for a landing at a site, at the hour nearest to a mission time.

    The capsule's fall is flown, and the aim moved by what it misses. Raises ValueError when the
    site does not come to where the capsule can enter.
    """
    over = site
    for _ in range(_FLIGHTS):
        aim = _aim_over(asymptote, near, over, dynamics)
        landed = touchdown(asymptote, aim.b_vector, aim.entry_time, site.height, capsule, dynamics)
        east, north = offset(site, landed)
        if math.hypot(east, north) < _LANDED:
            return aim
        over = replace(
            over,
            latitude=over.latitude - (landed.latitude - site.latitude),
            longitude=over.longitude - math.remainder(landed.longitude - site.longitude, math.tau),
        )
    raise ValueError(
        f"no aim brings the capsule to the site: {math.hypot(east, north) / 1000.0:.1f} km off"
    )


def touchdown(
    asymptote: Vector,
    b_vector: Vector,
    entry_time: float,
    ground_height: float,
    capsule: FallingCapsule,
    dynamics: Dynamics,
) -> Fall:
    """Where a capsule comes down (m over the ellipsoid) that comes with an asymptote (m/s) and a
    B-vector (m) and enters at a mission time. Raises ValueError when it passes by or skips out."""
    position, velocity = at_entry(asymptote, b_vector)
    axes = EquatorOfDate.at(utc_from_tt(dynamics.jd(entry_time)))
    state = (*transform(axes.from_icrf, position), *transform(axes.from_icrf, velocity))
    return fall(capsule, state, axes.prime_meridian, ground_height)


def offset(site: Site, landed: Fall) -> tuple[float, float]:
    """Metres east and north of the site at which it came down, on a sphere of the same height."""
    radius = norm(WGS84.to_cartesian(site.latitude, site.longitude, site.height))
    east = math.remainder(landed.longitude - site.longitude, math.tau)
    return (
        radius * math.cos(site.latitude) * east,
        radius * (landed.latitude - site.latitude),
    )


def _aim_over(asymptote: Vector, near: float, site: Site, dynamics: Dynamics) -> Aim:
    """The aim with the site so far ahead of the entry point as a straight line would reach."""
    speed = norm(asymptote)
    incoming = unit(asymptote)
    at_interface = math.sqrt(speed**2 + 2.0 * _MU / ENTRY_RADIUS)
    momentum = ENTRY_RADIUS * at_interface * math.cos(site.entry_angle)
    parameter = momentum**2 / _MU
    eccentricity = math.sqrt(1.0 + (speed * momentum / _MU) ** 2)
    from_perigee = math.acos((parameter / ENTRY_RADIUS - 1.0) / eccentricity)
    swept = math.acos(-1.0 / eccentricity) - from_perigee
    ahead = (ENTRY_RADIUS / EARTH_RADIUS - 1.0) / math.tan(-site.entry_angle)
    time = _hour_of_site(incoming, swept + ahead, near, site, dynamics)
    there = site_direction(site, time + _DESCENT, dynamics)
    sideways = unit(subtract(there, scale(dot(there, incoming), incoming)))
    perigee = parameter / (1.0 + eccentricity)
    b_vector = scale(momentum / speed, sideways)
    return Aim(
        b_vector=b_vector,
        perigee_time=time + time_from_radius(speed, perigee, ENTRY_RADIUS),
        entry_time=time,
        entry_direction=unit(at_entry(asymptote, b_vector)[1]),
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
        x, y, z = applied(inverse(rows), miss)
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
