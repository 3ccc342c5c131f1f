"""The way to Earth as the orbiter's software predicts it: under Sun, Earth, Moon and Mars together.

Where Earth is near, the hyperbola that belongs to the state there tells the passage. Lengths in m,
ICRF axes, times in mission seconds.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

from flight.astrodynamics.ellipsoids import WGS84
from flight.astrodynamics.ephemeris import relative_state
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.interplanetary import PLANETS, Pull, coast, longest_step
from flight.astrodynamics.lambert import lambert
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
MARS_SPHERE = 5.773e8
"""Spheres of influence, m: within them the state refers to the planet."""
ENTRY_RADIUS = 6_503_137.0
"""Entry interface, m: WGS 84 equatorial radius and 125 km."""
EARTH_RADIUS = WGS84.equatorial_radius

_MU = EARTH.gravitational_parameter
EARTH_ALONE = 5.0e7  # m: nearer, what else pulls changes the place of an entry by some metres
_PASSED = 1.0e10  # m from Earth, moving away
_ROUNDS = 2
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
    planets: tuple[str, ...] = PLANETS

    @cached_property
    def pull(self) -> Pull:
        """What acts on the craft."""
        return Pull(self.light_pressure, self.planets)

    @property
    def sun_gm(self) -> float:
        """What of the Sun's gravity acts, m3/s2."""
        return self.pull.gm("sun")

    def jd(self, time: float) -> float:
        """Julian date of a mission time."""
        return self.epoch_jd_tt + time / SECONDS_PER_DAY

    def earth(self, time: float) -> tuple[Vector, Vector]:
        """Earth's state around the Sun in m and m/s."""
        position, velocity = relative_state("earth", "sun", self.jd(time))
        return scale(1000.0, position), scale(1000.0, velocity)


def stepped(path: Path, until: float, dynamics: Dynamics) -> Path:
    """The state one step further under all that pulls, or at `until` when that is nearer."""
    jd, pull = dynamics.jd(path.time), dynamics.pull
    longest = longest_step(path.centre, path.position, path.velocity, jd, pull)
    seconds = min(until - path.time, longest)
    position, velocity = coast(path.centre, path.position, path.velocity, jd, seconds, pull)
    return Path(path.centre, position, velocity, path.time + seconds)


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
    """To a time; when that is infinite, to where Earth alone counts or has been passed."""
    end = min(until, path.time + _LONGEST)
    while path.time < end:
        if path.centre == "sun":
            earth, earth_velocity = dynamics.earth(path.time)
            line = subtract(path.position, earth)
            speed = subtract(path.velocity, earth_velocity)
            distance, inbound = norm(line), dot(line, speed) < 0.0
            if not inbound and distance < _PASSED:
                return path  # it has passed by outside
            if inbound and distance < EARTH_SPHERE:
                path = Path("earth", line, speed, path.time)
                continue
        elif math.isinf(until):
            outbound = dot(path.position, path.velocity) >= 0.0
            if outbound or norm(path.position) < EARTH_ALONE:
                return path
        path = stepped(path, end, dynamics)
    return path


def leave_mars(path: Path, dynamics: Dynamics) -> Path:
    """An escaping state at Mars (ICRF axes), once its sphere of influence is left, at the Sun."""
    while norm(path.position) < MARS_SPHERE:
        path = stepped(path, math.inf, dynamics)
    mars, motion = relative_state("mars", "sun", dynamics.jd(path.time))
    return Path(
        "sun",
        add(path.position, scale(1000.0, mars)),
        add(path.velocity, scale(1000.0, motion)),
        path.time,
    )


def change_towards_earth(path: Path, arrival: float, dynamics: Dynamics) -> Vector:
    """The velocity change (m/s) now after which Earth's centre is met at a time, were it massless.

    Lambert's arcs tell what a change does to the place of arrival; what the planets do to it on
    the way is flown. Raises ValueError where there is no arc.
    """
    alone = replace(dynamics, planets=("mars",))
    earth, _ = dynamics.earth(arrival)
    change: Vector = (0.0, 0.0, 0.0)
    for _ in range(_ROUNDS):
        flown = kicked(path, change)
        while flown.time < arrival:
            flown = stepped(flown, arrival, alone)
        seconds, mu = arrival - path.time, dynamics.sun_gm
        there = lambert(path.position, flown.position, seconds, mu)[0].departure_velocity
        wanted = lambert(path.position, earth, seconds, mu)[0].departure_velocity
        change = add(change, subtract(wanted, there))
    return change


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
