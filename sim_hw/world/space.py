"""Truth in three dimensions around one planet: bodies that fly, integrated when somebody looks.

Axes: inertial, z to the north pole, x to the prime meridian at mission time zero; metres, metres
per second. Between looks a body's controls are constant, so integrating late is exact.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from flight.astrodynamics.free_fall import fall, falling
from flight.astrodynamics.integrators import Derivative, State, rk4_step
from flight.astrodynamics.long_fall import fall_long
from flight.astrodynamics.vectors import Vector

LONGEST_COAST_STEP = 20.0  # s; RK4 on a low orbit then errs by about a metre a sol


class FlyingBody:
    """One body in flight. `state` begins with position (3) and velocity (3); the rest is the
    model's own (mass, attitude quaternion, rates). `fixed_mass` (kg) is that of a body that
    another may take on board, or that was a part of one.

    `derivative` and `maximum_step` may be changed at any time, by those who know the physics
    (ignition, staging, a new gimbal angle): call `advance` first, so that what was before keeps
    what acted before. `observers` see every step: crashes, burn-outs and other events are found
    there. `looked_at` tells whether they have anything to look for now: a free fall that nobody
    looks at goes in long steps.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        derivative: Derivative,
        state: State,
        maximum_step: float = LONGEST_COAST_STEP,
        fixed_mass: float = 0.0,
    ) -> None:
        self.name = name
        self.fixed_mass = fixed_mass
        self.pushed = 0.0
        """J/kg that it was given by what it ran against."""
        self.derivative = derivative
        self.maximum_step = maximum_step
        self.state = tuple(state)
        self.time = clock()
        self.frozen = False  # landed, crashed, captured: moves no more by itself
        self.observers: list[Callable[[float, State], None]] = []
        self.looked_at: Callable[[], bool] = lambda: True
        self._clock = clock
        self._shadow: Self | None = None
        self._shadowed: State | None = None

    def advance(self, until: float | None = None) -> State:
        """Integrates to now (or `until`) and returns the state."""
        goal = self._clock() if until is None else until
        while not self.frozen and goal - self.time > 1e-9:
            step = min(self.maximum_step, goal - self.time)
            if self.derivative is falling and step < goal - self.time and self._falls_unseen():
                self.state, self.time = fall_long(self.state, goal - self.time), goal
                break
            if self.derivative is falling:
                self.state = fall(self.state, step)
            else:
                self.state = rk4_step(self.derivative, self.time, self.state, step)
            self.time += step
            for observer in self.observers:
                observer(self.time, self.state)
        if self.frozen:
            self.time = max(self.time, goal)
        return self.state

    def _falls_unseen(self) -> bool:
        return not self.observers or not self.looked_at()

    def peek(self) -> Self:
        """A shadow of this body, flown on to now: it shows the truth, and changes nothing.

        Nobody hears of its steps, so what observers would find on the way (touchdown, a canopy that
        fills) has not happened to it. A device asks by `advance` instead: where that cuts a step of
        integration in two, what follows differs in the last bits. To be read at once: the next
        look may fly the same shadow on.
        """
        shadow = self._shadow
        # Whoever acts on a body advances it first: untouched, it may be followed where it was left.
        if shadow is None or self._shadowed is not self.state or shadow.time <= self.time:
            shadow = copy.copy(self)
            shadow._fall_silent()
            self._shadow, self._shadowed = shadow, self.state
        shadow.advance()
        return shadow

    def _fall_silent(self) -> None:
        """Makes a shadow of this copy: all that its steps would tell or change is its own."""
        self.observers = []
        self._shadow = None

    def position(self) -> Vector:
        """Position in m now."""
        x, y, z = self.advance()[:3]
        return (x, y, z)

    def velocity(self) -> Vector:
        """Velocity in m/s now."""
        x, y, z = self.advance()[3:6]
        return (x, y, z)


@dataclass
class Space:
    """The flying bodies around one planet, by name."""

    bodies: dict[str, FlyingBody] = field(default_factory=dict)

    def add(self, body: FlyingBody) -> FlyingBody:
        """Puts a body into space; one of that name is replaced."""
        self.bodies[body.name] = body
        return body

    def separation(self, first: str, second: str) -> float:
        """Distance between two bodies in m, now."""
        return math.dist(self.bodies[first].position(), self.bodies[second].position())
