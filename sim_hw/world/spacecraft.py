"""The truth of a spacecraft between planets, and in a low orbit where it is in one.

Away from Mars it feels the Sun (less the pressure of its light, which falls off alike), Earth, Moon
and Mars together; its state refers to the planet in whose sphere of influence it is, else to the
Sun, which changes nothing of its speed.

Near Mars it feels point mass, J2 and thrust, integrated as every flying body. Two short cuts keep
months cheap:

- a gap of more than three days in a closed orbit is bridged by the mean drift by J2; the periodic
  part, some km, is left as it was;
- Sun and planets do nothing to it within 50 000 km of Mars, nor J2 beyond.

Axes: near Mars those of the space around it, elsewhere the ICRF; lengths in m. TDB is taken for TT.
"""

from collections.abc import Callable

from flight.astrodynamics.ephemeris import relative_position, relative_state
from flight.astrodynamics.free_fall import falling
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.integrators import State
from flight.astrodynamics.interplanetary import Pull, coast, longest_step
from flight.astrodynamics.mars_orientation import icrf_to_mars_fixed
from flight.astrodynamics.orbits import (
    elements_from_state,
    propagate_j2_secular,
    state_from_elements,
)
from flight.astrodynamics.search import crossing
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import (
    Vector,
    add,
    dot,
    norm,
    scale,
    subtract,
    transform,
    transpose,
)
from sim_hw.world.space import FlyingBody

MARS_SPHERE = 5.773e8
EARTH_SPHERE = 9.246e8
"""Spheres of influence, m: distance from the Sun times (planet's mass over the Sun's)^(2/5)."""
ENTRY_RADIUS = 6_503_137.0
"""Entry interface, m: WGS 84 equatorial radius and 125 km."""

_FAR_FROM_MARS = 5.0e7
_LONG_GAP = 3.0 * SECONDS_PER_DAY


class Spacecraft(FlyingBody):
    """A body that may leave Mars. `centre` is mars, sun or earth: what its state refers to.

    `light_pressure`: part of the Sun's gravity that the pressure of its light takes away.
    `on_entry` is called when it reaches the entry interface of Earth, where it stops.
    `on_conic` are told of each state that is reached away from Mars; they only look.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        epoch_jd_tt: float,
        state: State,
        centre: str = "mars",
        light_pressure: float = 0.0,
        fixed_mass: float = 0.0,
    ) -> None:
        super().__init__(name, clock, FREE_FALL, state, fixed_mass=fixed_mass)
        self.epoch_jd_tt = epoch_jd_tt
        self.centre = centre
        self.thrusting = False
        self.on_entry: list[Callable[[], None]] = []
        self.on_conic: list[Callable[[Spacecraft], None]] = []
        self._pull = Pull(light_pressure)
        self._to_mars_axes = icrf_to_mars_fixed(epoch_jd_tt)

    def jd(self, seconds: float) -> float:
        """Julian date of a mission time."""
        return self.epoch_jd_tt + seconds / SECONDS_PER_DAY

    def kick(self, delta_v: Vector) -> None:
        """Changes the velocity at once."""
        self.advance()
        self.state = (*self.state[:3], *add(_velocity(self.state), delta_v))
        self._tell()

    def sun_direction(self) -> Vector:
        """Vector to the Sun in m, in the axes of the state."""
        if self.centre == "sun":
            return scale(-1.0, _position(self.state))
        sun = relative_position("sun", self.centre, self.jd(self.time))
        metres = scale(1000.0, sun)
        return transform(self._to_mars_axes, metres) if self.centre == "mars" else metres

    def advance(self, until: float | None = None) -> State:
        """Brings the state up to now (or `until`)."""
        goal = self._clock() if until is None else until
        while not self.frozen and goal - self.time > 1e-9:
            if self.centre == "mars":
                self._advance_at_mars(goal)
            elif self.centre == "sun":
                self._advance_around_sun(goal)
            else:
                self._advance_at_earth(goal)
            self._tell()
        if self.frozen:
            self.time = max(self.time, goal)
        return self.state

    def _fall_silent(self) -> None:
        super()._fall_silent()
        self.on_entry, self.on_conic = [], []

    def _tell(self) -> None:
        if self.centre != "mars":
            for tell in self.on_conic:
                tell(self)

    def _advance_at_mars(self, goal: float) -> None:
        mu = MARS.gravitational_parameter
        position, velocity = _position(self.state), _velocity(self.state)
        radius = norm(position)
        bound = dot(velocity, velocity) < 2.0 * mu / radius
        if not bound and radius > _FAR_FROM_MARS and not self.thrusting:
            if self._step(goal, lambda p: norm(p) - MARS_SPHERE):
                self._pass_to_sun("mars")
        elif bound and goal - self.time > _LONG_GAP and not self.thrusting:
            elements = elements_from_state(position, velocity, mu)
            drifted = propagate_j2_secular(elements, goal - self.time, MARS)
            position, velocity = state_from_elements(drifted, mu)
            self.state = (*position, *velocity)
            self.time = goal
        else:
            # By the hour, so that an escape is noticed on the way.
            super().advance(goal if bound and not self.thrusting else min(goal, self.time + 3600.0))

    def _advance_around_sun(self, goal: float) -> None:
        earth_position, earth_velocity = relative_state("earth", "sun", self.jd(self.time))
        relative = subtract(_position(self.state), scale(1000.0, earth_position))
        speed = subtract(_velocity(self.state), scale(1000.0, earth_velocity))
        if norm(relative) < EARTH_SPHERE and dot(relative, speed) < 0.0:
            self._pass_to_earth()
        else:
            self._step(goal)

    def _advance_at_earth(self, goal: float) -> None:
        inbound = dot(_position(self.state), _velocity(self.state)) < 0.0
        if inbound:
            if self._step(goal, lambda p: ENTRY_RADIUS - norm(p)):
                self.frozen = True
                for call in self.on_entry:
                    call()
        elif self._step(goal, lambda p: norm(p) - EARTH_SPHERE):
            self._pass_to_sun("earth")

    def _step(self, goal: float, border: Callable[[Vector], float] | None = None) -> bool:
        """One step towards `goal`, or to the border, where the function becomes positive."""
        start, jd, pull = self.time, self.jd(self.time), self._pull
        turned = self.centre == "mars"
        position, velocity = _position(self.state), _velocity(self.state)
        if turned:
            to_icrf = transpose(self._to_mars_axes)
            position, velocity = transform(to_icrf, position), transform(to_icrf, velocity)
        span = min(goal - start, longest_step(self.centre, position, velocity, jd, pull))

        def after(seconds: float) -> tuple[Vector, Vector]:
            return coast(self.centre, position, velocity, jd, seconds, pull)

        there, speed = after(span)
        reached = border is not None and border(there) >= 0.0 > border(position)
        if border is not None and reached:
            span = crossing(lambda seconds: border(after(seconds)[0]), 0.0, span, 1e-6)
            there, speed = after(span)
        if turned:
            there = transform(self._to_mars_axes, there)
            speed = transform(self._to_mars_axes, speed)
        self.state, self.time = (*there, *speed), start + span
        return reached

    def _pass_to_sun(self, planet: str) -> None:
        position, velocity = _position(self.state), _velocity(self.state)
        if planet == "mars":
            axes = transpose(self._to_mars_axes)
            position, velocity = transform(axes, position), transform(axes, velocity)
        there, speed = relative_state(planet, "sun", self.jd(self.time))
        self.state = (
            *add(position, scale(1000.0, there)),
            *add(velocity, scale(1000.0, speed)),
        )
        self.centre = "sun"

    def _pass_to_earth(self) -> None:
        there, speed = relative_state("earth", "sun", self.jd(self.time))
        self.state = (
            *subtract(_position(self.state), scale(1000.0, there)),
            *subtract(_velocity(self.state), scale(1000.0, speed)),
        )
        self.centre = "earth"

    def distance_from_earth(self) -> float:
        """Distance from Earth's centre in m, now."""
        position = _position(self.advance())
        if self.centre == "earth":
            return norm(position)
        if self.centre == "sun":
            return self._from_earth(self.time, position)
        there = relative_position("earth", "mars", self.jd(self.time))
        return norm(there) * 1000.0

    def near_earth(self, distance: float) -> bool:
        """Whether Earth is nearer than a distance in m."""
        if self.centre == "mars":
            return False
        position = _position(self.advance())
        if self.centre == "earth":
            return norm(position) < distance
        return self._from_earth(self.time, position) < distance

    def _from_earth(self, seconds: float, position: Vector) -> float:
        there = relative_position("earth", "sun", self.jd(seconds))
        return norm(subtract(position, scale(1000.0, there)))


FREE_FALL = falling
"""Derivative of a body at Mars without thrust."""


def orbiting(
    name: str, clock: Callable[[], float], position: Vector, velocity: Vector, mass: float = 0.0
) -> FlyingBody:
    """A body of some kg that floats around Mars, such as the container."""
    return FlyingBody(name, clock, FREE_FALL, (*position, *velocity), fixed_mass=mass)


def _position(state: State) -> Vector:
    return (state[0], state[1], state[2])


def _velocity(state: State) -> Vector:
    return (state[3], state[4], state[5])
