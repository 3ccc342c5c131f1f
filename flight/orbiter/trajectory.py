"""The way to Earth as the orbiter's software predicts it: patched conics.

Around the Sun a conic with the Sun's gravity less the pressure of its light; within Earth's sphere
of influence a hyperbola. Lengths in m, ICRF axes, times in mission seconds.
"""

import math
from dataclasses import dataclass, replace

from flight.astrodynamics.ellipsoids import WGS84
from flight.astrodynamics.ephemeris import relative_state
from flight.astrodynamics.gravity import EARTH, SUN
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import (
    Vector,
    add,
    cross,
    dot,
    norm,
    scale,
    subtract,
    unit,
)

EARTH_SPHERE = 9.246e8
"""Sphere of influence of Earth, m."""
ENTRY_RADIUS = 6_503_137.0
"""Entry interface, m: WGS 84 equatorial radius and 125 km."""
EARTH_RADIUS = WGS84.equatorial_radius

_MU = EARTH.gravitational_parameter
_CLOSING = 12_000.0  # m/s: a bound for how fast Earth is approached
_LONGEST = 600.0 * SECONDS_PER_DAY


@dataclass(frozen=True)
class Kick:
    """The release: a velocity change (m/s) at a mission time, and what light takes away of the
    Sun's gravity from then on (None: as before)."""

    time: float
    delta_v: Vector
    light_pressure: float | None = None


@dataclass(frozen=True)
class Encounter:
    """A passage of Earth.

    `asymptote`: incoming velocity at infinity, m/s. `b_vector`: where that asymptote pierces the
    plane through Earth's centre across it, m. `perigee_time`: mission time.
    """

    asymptote: Vector
    b_vector: Vector
    perigee_radius: float
    perigee_time: float

    @property
    def speed(self) -> float:
        """Speed at infinity, m/s."""
        return norm(self.asymptote)

    @property
    def entry_angle(self) -> float | None:
        """Flight path angle (rad, negative down) at the entry interface; None: it misses."""
        if self.perigee_radius > ENTRY_RADIUS:
            return None
        momentum = norm(self.b_vector) * self.speed
        at_entry = math.sqrt(self.speed**2 + 2.0 * _MU / ENTRY_RADIUS)
        return -math.acos(min(1.0, momentum / (ENTRY_RADIUS * at_entry)))

    @property
    def entry_time(self) -> float:
        """Mission time at the entry interface (at the perigee when it misses)."""
        if self.perigee_radius > ENTRY_RADIUS:
            return self.perigee_time
        return self.perigee_time - time_from_radius(self.speed, self.perigee_radius, ENTRY_RADIUS)

    @property
    def entry(self) -> tuple[Vector, Vector] | None:
        """Place and velocity at the entry interface (m, m/s, ICRF); None: it misses."""
        if self.perigee_radius > ENTRY_RADIUS:
            return None
        return at_entry(self.asymptote, self.b_vector)


@dataclass(frozen=True)
class Path:
    """A state on the way: what it refers to (sun or earth), place, velocity, mission time."""

    centre: str
    position: Vector
    velocity: Vector
    time: float


@dataclass(frozen=True)
class Dynamics:
    """What the prediction needs besides the state."""

    epoch_jd_tt: float
    light_pressure: float

    @property
    def sun_gm(self) -> float:
        """What of the Sun's gravity acts, m3/s2."""
        return SUN.gravitational_parameter * (1.0 - self.light_pressure)

    def jd(self, time: float) -> float:
        """Julian date of a mission time."""
        return self.epoch_jd_tt + time / SECONDS_PER_DAY

    def earth(self, time: float) -> tuple[Vector, Vector]:
        """Earth's state around the Sun in m and m/s."""
        position, velocity = relative_state("earth", "sun", self.jd(time))
        return scale(1000.0, position), scale(1000.0, velocity)


def moved(path: Path, time: float, dynamics: Dynamics) -> Path:
    """The state at a time, on the same conic."""
    mu = dynamics.sun_gm if path.centre == "sun" else _MU
    position, velocity = propagate_kepler(path.position, path.velocity, time - path.time, mu)
    return Path(path.centre, position, velocity, time)


def kicked(path: Path, delta_v: Vector) -> Path:
    """The state after a velocity change."""
    return Path(path.centre, path.position, add(path.velocity, delta_v), path.time)


def predict(path: Path, dynamics: Dynamics, kick: Kick | None = None) -> Encounter | None:
    """The passage of Earth; None when its sphere of influence is not reached."""
    if kick is not None and kick.time > path.time:
        path = _advance(path, dynamics, kick.time)
        path = kicked(path, kick.delta_v)
        if kick.light_pressure is not None:
            dynamics = replace(dynamics, light_pressure=kick.light_pressure)
    path = _advance(path, dynamics, math.inf)
    return encounter(path) if path.centre == "earth" else None


def _advance(path: Path, dynamics: Dynamics, until: float) -> Path:
    """To a time, or to Earth's sphere of influence when `until` is infinite."""
    end = min(until, path.time + _LONGEST)
    while path.centre == "sun" and path.time < end:
        earth, earth_velocity = dynamics.earth(path.time)
        line = subtract(path.position, earth)
        left = norm(line) - EARTH_SPHERE
        if left < 1.0e3:
            speed = subtract(path.velocity, earth_velocity)
            if dot(line, speed) > 0.0:
                return path
            path = Path("earth", line, speed, path.time)
            break
        if dot(line, subtract(path.velocity, earth_velocity)) > 0.0 and left < 1.0e10:
            return path  # it passes by outside
        path = moved(path, min(end, path.time + max(left / _CLOSING, 0.05)), dynamics)
    if path.centre == "earth" and math.isfinite(until) and path.time < until:
        path = moved(path, until, dynamics)
    return path


def encounter(path: Path) -> Encounter:
    """The passage of Earth of a hyperbolic state around it."""
    position, velocity = path.position, path.velocity
    momentum = cross(position, velocity)
    radius = norm(position)
    energy = 0.5 * dot(velocity, velocity) - _MU / radius
    if energy <= 0.0:
        raise ArithmeticError("the orbit around Earth is closed")
    speed = math.sqrt(2.0 * energy)
    shape = subtract(scale(1.0 / _MU, cross(velocity, momentum)), scale(1.0 / radius, position))
    eccentricity = norm(shape)
    towards = scale(1.0 / eccentricity, shape)
    ahead = cross(unit(momentum), towards)
    root = math.sqrt(1.0 - 1.0 / eccentricity**2)
    incoming = unit(add(scale(1.0 / eccentricity, towards), scale(root, ahead)))
    perigee = dot(momentum, momentum) / _MU / (1.0 + eccentricity)
    away = time_from_radius(speed, perigee, radius)
    inbound = dot(position, velocity) < 0.0
    return Encounter(
        asymptote=scale(speed, incoming),
        b_vector=scale(1.0 / speed, cross(incoming, momentum)),
        perigee_radius=perigee,
        perigee_time=path.time + (away if inbound else -away),
    )


def at_entry(asymptote: Vector, b_vector: Vector) -> tuple[Vector, Vector]:
    """Place (m) and velocity (m/s) at the entry interface on the hyperbola of an incoming velocity
    at infinity and a B-vector. Raises ValueError when it passes above the interface."""
    speed = norm(asymptote)
    incoming, sideways = unit(asymptote), unit(b_vector)
    momentum = norm(b_vector) * speed
    there = math.sqrt(speed**2 + 2.0 * _MU / ENTRY_RADIUS)
    if momentum > ENTRY_RADIUS * there:
        raise ValueError("the hyperbola passes above the entry interface")
    angle = -math.acos(momentum / (ENTRY_RADIUS * there))
    parameter = momentum**2 / _MU
    eccentricity = math.sqrt(1.0 + (speed * momentum / _MU) ** 2)
    swept = math.acos(-1.0 / eccentricity)
    swept -= math.acos((parameter / ENTRY_RADIUS - 1.0) / eccentricity)
    place = add(scale(-math.cos(swept), incoming), scale(math.sin(swept), sideways))
    ahead = add(scale(math.sin(swept), incoming), scale(math.cos(swept), sideways))
    direction = add(scale(math.sin(angle), place), scale(math.cos(angle), ahead))
    return scale(ENTRY_RADIUS, place), scale(there, direction)


def time_from_radius(speed: float, perigee: float, radius: float) -> float:
    """Seconds between a radius and the perigee on a hyperbola with that speed at infinity."""
    axis = _MU / speed**2
    eccentricity = 1.0 + perigee / axis
    cosh = max(1.0, (1.0 + radius / axis) / eccentricity)
    anomaly = math.acosh(cosh)
    return (eccentricity * math.sinh(anomaly) - anomaly) * axis / speed


def outgoing_asymptote(position: Vector, velocity: Vector, mu: float) -> Vector | None:
    """Velocity at infinity (m/s) that an escaping state leads to; None when it does not escape."""
    radius = norm(position)
    energy = 0.5 * dot(velocity, velocity) - mu / radius
    if energy <= 0.0:
        return None
    momentum = cross(position, velocity)
    shape = subtract(scale(1.0 / mu, cross(velocity, momentum)), scale(1.0 / radius, position))
    eccentricity = norm(shape)
    towards = scale(1.0 / eccentricity, shape)
    ahead = cross(unit(momentum), towards)
    root = math.sqrt(1.0 - 1.0 / eccentricity**2)
    outward = unit(add(scale(-1.0 / eccentricity, towards), scale(root, ahead)))
    return scale(math.sqrt(2.0 * energy), outward)
