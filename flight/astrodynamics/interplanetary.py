"""Motion between the planets under the Sun, Earth, Moon and Mars together.

The state refers to one of them, its centre, whose conic is followed exactly; what the others
pull, and how they pull the centre itself, comes in kicks between. Where one centre is left for
another is a matter of rounding then, not of physics: no speed is gained or lost there. The Moon
is among them since it moves the Earth. Other planets are left out, the pull on the Sun included:
what is left of Jupiter's, its tide, moves a craft by some thousand km in a cruise of 0.8 years.

Method: SABA2 of J. Laskar and P. Robutel, Celestial Mechanics and Dynamical Astronomy 80 (2001)
39-62, two kicks a step at the nodes of Gauss's quadrature. Lengths in m, ICRF axes, dates in TDB.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.ephemeris import relative_position, relative_state
from flight.astrodynamics.gravity import EARTH, MARS, MOON, SUN
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, add_scaled, norm, scale, subtract

PLANETS = ("earth", "moon", "mars")
"""All that pull besides the Sun."""
_GM = {
    "sun": SUN.gravitational_parameter,
    "earth": EARTH.gravitational_parameter,
    "moon": MOON.gravitational_parameter,
    "mars": MARS.gravitational_parameter,
}
_OUTER = 0.5 * (1.0 - 1.0 / math.sqrt(3.0))
_INNER = 1.0 / math.sqrt(3.0)
_LONGEST_STEP = 5.0 * SECONDS_PER_DAY
_PART_OF_APPROACH = 0.1
"""Of the time in which a planet would be reached or has been left: a step is not longer."""


@dataclass(frozen=True)
class Pull:
    """What acts besides the centre: `light_pressure` is the part of the Sun's gravity that the
    pressure of its light takes away (it falls off alike); `planets` are those that have mass."""

    light_pressure: float = 0.0
    planets: tuple[str, ...] = PLANETS

    def gm(self, body: str) -> float:
        """Gravitational parameter with which a body acts on the craft, m^3/s^2."""
        return _GM[body] * (1.0 - self.light_pressure) if body == "sun" else _GM[body]

    def disturbance(self, centre: str, position: Vector, jd_tdb: float) -> Vector:
        """Acceleration (m/s^2) relative to a centre by all that is not the centre."""
        total: Vector = (0.0, 0.0, 0.0)
        for body in ("sun", *self.planets):
            if body == centre:
                continue
            there = scale(1.0e3, relative_position(body, centre, jd_tdb))
            line = subtract(there, position)
            total = add_scaled(total, self.gm(body) / norm(line) ** 3, line)
            # It pulls the centre, too, on which no light presses.
            total = add_scaled(total, -_GM[body] / norm(there) ** 3, there)
        return total


def coast(
    centre: str, position: Vector, velocity: Vector, jd_tdb: float, seconds: float, pull: Pull
) -> tuple[Vector, Vector]:
    """Position (m) and velocity (m/s) after one step of `seconds`: at most :func:`longest_step`."""
    mu = pull.gm(centre)
    for drift, kick in ((_OUTER, 0.5), (_INNER, 0.5), (_OUTER, 0.0)):
        position, velocity = propagate_kepler(position, velocity, drift * seconds, mu)
        jd_tdb += drift * seconds / SECONDS_PER_DAY
        if kick:
            pushed = pull.disturbance(centre, position, jd_tdb)
            velocity = add_scaled(velocity, kick * seconds, pushed)
    return position, velocity


def longest_step(
    centre: str, position: Vector, velocity: Vector, jd_tdb: float, pull: Pull
) -> float:
    """Seconds of a step with which the kicks follow what the planets do."""
    shortest = _LONGEST_STEP
    for body in pull.planets:
        if body == "moon" and centre != "earth":
            continue  # from afar it stands where the Earth is
        line, speed = position, velocity
        if body != centre:
            there, motion = relative_state(body, centre, jd_tdb)
            line = add_scaled(position, -1.0e3, there)
            speed = add_scaled(velocity, -1.0e3, motion)
        shortest = min(shortest, _PART_OF_APPROACH * norm(line) / norm(speed))
    return shortest
