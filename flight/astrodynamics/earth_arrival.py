"""The way to the Earth's air: the hyperbola to an entry point, and the coast before it.

Axes: the Earth's mean equator and equinox of one date, origin at its centre, metres. Gravity: the
Earth with J2, and the tide of the Sun, which bends three days of approach by thousands of km. The
Moon is left out (tens of km over the same time).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flight.astrodynamics.earth_stations import greenwich_mean_sidereal_time, precession_matrix
from flight.astrodynamics.ephemeris import relative_position
from flight.astrodynamics.gravity import EARTH, SUN, acceleration
from flight.astrodynamics.integrators import State, rk4_step
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, tdb_from_utc, tt_from_utc
from flight.astrodynamics.vectors import (
    Matrix,
    Vector,
    add,
    cross,
    dot,
    norm,
    scale,
    subtract,
    transform,
    unit,
)

STEP_PART = 0.01  # of the distance over the speed: the step of a coast, s
_METRES = 1000.0


@dataclass(frozen=True)
class EquatorOfDate:
    """Axes of the Earth's mean equator at `jd_utc`, from which seconds count."""

    jd_utc: float
    from_icrf: Matrix
    prime_meridian: float
    """Right ascension of Greenwich at second 0, rad."""

    @classmethod
    def at(cls, jd_utc: float) -> "EquatorOfDate":
        """The axes of a date."""
        return cls(
            jd_utc, precession_matrix(tt_from_utc(jd_utc)), greenwich_mean_sidereal_time(jd_utc)
        )

    def shifted(self, seconds: float) -> "EquatorOfDate":
        """The same axes, with seconds counted from `seconds` later."""
        jd_utc = self.jd_utc + seconds / SECONDS_PER_DAY
        return EquatorOfDate(jd_utc, self.from_icrf, greenwich_mean_sidereal_time(jd_utc))

    def sun(self, time: float) -> Vector:
        """The Sun from the Earth's centre, m."""
        jd_tdb = tdb_from_utc(self.jd_utc + time / SECONDS_PER_DAY)
        return scale(_METRES, transform(self.from_icrf, relative_position("sun", "earth", jd_tdb)))

    def coasting(self, time: float, state: State) -> Sequence[float]:
        """Rate of change of position and velocity in free fall outside the air."""
        position = (state[0], state[1], state[2])
        pull = add(acceleration(position, EARTH), tide(position, self.sun(time)))
        return (state[3], state[4], state[5], *pull)

    def coast(self, state: State, start: float, end: float) -> State:
        """State at `end` of a free fall from `start`, forward or backward (s)."""
        time, direction = start, math.copysign(1.0, end - start)
        while time != end:
            step = min(coast_step(state), abs(end - time))
            state = rk4_step(self.coasting, time, state, direction * step)
            time = end if step >= abs(end - time) else time + direction * step
        return state


def coast_step(state: State) -> float:
    """A step (s) that is short beside the time over which the pull changes."""
    return STEP_PART * norm((state[0], state[1], state[2])) / norm((state[3], state[4], state[5]))


def tide(position: Vector, sun: Vector) -> Vector:
    """The Sun's pull at a position less its pull at the Earth's centre, m/s^2."""
    away = subtract(sun, position)
    near = SUN.gravitational_parameter / norm(away) ** 3
    centre = SUN.gravitational_parameter / norm(sun) ** 3
    return subtract(scale(near, away), scale(centre, sun))


@dataclass(frozen=True)
class Hyperbola:
    """An arrival: excess velocity (m/s), entry radius (m), flight-path angle there (rad, < 0)."""

    v_infinity: Vector
    entry_radius: float
    angle: float

    def __post_init__(self) -> None:
        if not -0.5 * math.pi < self.angle < 0.0:
            raise ValueError(
                f"flight-path angle {math.degrees(self.angle):.2f} degrees: allowed is -90 to 0"
            )
        if norm(self.v_infinity) == 0.0:
            raise ValueError("v_infinity is zero: that is no hyperbola")

    @property
    def speed(self) -> float:
        """Inertial speed at entry, m/s."""
        squared = dot(self.v_infinity, self.v_infinity)
        return math.sqrt(squared + 2.0 * EARTH.gravitational_parameter / self.entry_radius)

    @property
    def swept(self) -> float:
        """Angle (rad) at the Earth from where the approach comes from to the entry point."""
        mu = EARTH.gravitational_parameter
        momentum = self.entry_radius * self.speed * math.cos(self.angle)
        semi_latus = momentum**2 / mu
        eccentricity = math.sqrt(1.0 + semi_latus * dot(self.v_infinity, self.v_infinity) / mu)
        at_entry = math.acos((semi_latus / self.entry_radius - 1.0) / eccentricity)
        return math.acos(-1.0 / eccentricity) - at_entry

    def entry(self, turn: float) -> tuple[Vector, Vector]:
        """Position and velocity at entry; `turn` (rad) about the direction of arrival.

        At a quarter turn the entry point lies on the north side, at 0 on the east side of who
        looks along the velocity.
        """
        along = unit(self.v_infinity)
        side = self._side(turn)
        part = self.swept
        up = subtract(scale(math.sin(part), side), scale(math.cos(part), along))
        level = add(scale(math.cos(part), side), scale(math.sin(part), along))
        motion = add(scale(math.cos(self.angle), level), scale(math.sin(self.angle), up))
        return scale(self.entry_radius, up), scale(self.speed, motion)

    def turn_for(self, latitude: float, range_angle: float, *, east: bool = True) -> float:
        """The turn that leads to a latitude (rad, at the centre), `range_angle` after entry.

        Of the two, the one that moves more (or less) to the east at entry. The turning of the air
        is left out. Raises ValueError when that latitude cannot be reached.
        """
        along = unit(self.v_infinity)
        angle = self.swept + range_angle
        reach = math.sin(angle) * math.hypot(along[0], along[1])
        wanted = math.sin(latitude) + math.cos(angle) * along[2]
        if abs(wanted) > abs(reach):
            low, high = sorted(
                math.degrees(math.asin(max(-1.0, min(1.0, -math.cos(angle) * along[2] + x))))
                for x in (-reach, reach)
            )
            raise ValueError(
                f"latitude {math.degrees(latitude):.1f} degrees cannot be reached from this "
                f"direction at {math.degrees(self.angle):.1f} degrees; allowed are {low:.1f} to "
                f"{high:.1f} degrees"
            )
        turn = math.asin(wanted / reach) if reach != 0.0 else 0.0
        return max(
            (turn, math.pi - turn), key=lambda t: self._eastward(t) if east else -self._eastward(t)
        )

    def _eastward(self, turn: float) -> float:
        position, velocity = self.entry(turn)
        return cross(position, velocity)[2]

    def _side(self, turn: float) -> Vector:
        along = unit(self.v_infinity)
        sideways = cross(along, (0.0, 0.0, 1.0))
        east = unit(sideways) if norm(sideways) > 0.0 else (1.0, 0.0, 0.0)
        north = cross(east, along)
        return add(scale(math.cos(turn), east), scale(math.sin(turn), north))
