"""When to light a solid stage, and where to point it, so that it ends on a circular orbit.

A solid motor cannot be cut off: its velocity gain is what it is. What is left to choose is the
moment of ignition and the direction of thrust. Both are found by flying the burn ahead in the
gravity that is handed in, and correcting by Newton's method; nothing is linearised along the arc.

Two kinds of stage are planned:

- a steered one, by linear tangents: the tangents of pitch and of yaw change evenly over the burn,
  the law of the optimal ascent over a flat planet (Bryson and Ho, Applied Optimal Control,
  section 2.7). It can meet a radius;
- a spinning one, whose axis stays as it is among the stars. Its orbit is circular at whatever
  radius comes out.

Units: m, s, kg, rad; states are position and velocity in inertial axes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flight.astrodynamics.integrators import State, integrate
from flight.astrodynamics.linear_systems import SingularMatrixError, solve
from flight.astrodynamics.vectors import Vector, cross, dot, norm, unit

Gravity = Callable[[Vector], Vector]
"""Acceleration (m/s^2) at a position (m)."""

_LARGEST_RESIDUAL = 1.0e-9
_ITERATIONS = 30


class NoBurnFound(ValueError):
    """No ignition and direction bring the stage onto the orbit asked for."""


@dataclass(frozen=True)
class Stage:
    """A stage at constant thrust: mass at ignition, propellant, seconds, exhaust speed."""

    mass: float
    propellant: float
    burn_time: float
    exhaust_speed: float

    def __post_init__(self) -> None:
        if not 0.0 < self.propellant < self.mass:
            raise ValueError(
                f"propellant of {self.propellant} kg must be more than none and less than the "
                f"stage, {self.mass} kg"
            )
        if not (self.burn_time > 0.0 and self.exhaust_speed > 0.0):
            raise ValueError(f"no burn: {self.exhaust_speed} m/s for {self.burn_time} s")

    @property
    def velocity_gain(self) -> float:
        """Velocity gain in free space, m/s: the rocket equation."""
        return self.exhaust_speed * math.log(self.mass / (self.mass - self.propellant))

    def acceleration(self, seconds: float) -> float:
        """Acceleration by thrust, m/s^2, a time after ignition."""
        flow = self.propellant / self.burn_time
        return self.exhaust_speed * flow / (self.mass - flow * seconds)


@dataclass(frozen=True)
class Tangents:
    """Linear tangents: of the pitch over the horizontal, and of the yaw towards the plane's normal.

    Each is `start + rate * seconds since ignition`; angles are taken in the local horizontal axes
    of the moment.
    """

    pitch_start: float = 0.0
    pitch_rate: float = 0.0
    yaw_start: float = 0.0
    yaw_rate: float = 0.0

    def direction(self, seconds: float, position: Vector, normal: Vector) -> Vector:
        """Unit vector of the thrust, inertial axes."""
        pitch = self.pitch_start + self.pitch_rate * seconds
        yaw = self.yaw_start + self.yaw_rate * seconds
        # Along + pitch * up + yaw * across, written out: asked for at every step of a burn.
        ux, uy, uz = up = unit(position)
        ax, ay, az = unit(cross(normal, up))
        return unit(
            (
                ax + (pitch * ux + yaw * (uy * az - uz * ay)),
                ay + (pitch * uy + yaw * (uz * ax - ux * az)),
                az + (pitch * uz + yaw * (ux * ay - uy * ax)),
            )
        )


@dataclass(frozen=True)
class SteeredPlan:
    """A burn by linear tangents: ignition in seconds from now, and the state at burnout."""

    ignition: float
    tangents: Tangents
    position: Vector
    velocity: Vector


@dataclass(frozen=True)
class SpinningPlan:
    """A burn along one inertial direction: ignition in seconds from now, state at burnout."""

    ignition: float
    direction: Vector
    position: Vector
    velocity: Vector


def fly_ahead(
    position: Vector, velocity: Vector, seconds: float, gravity: Gravity, step: float = 5.0
) -> tuple[Vector, Vector]:
    """Position and velocity after a coast; a negative time flies back."""

    def derivative(time: float, y: State) -> Sequence[float]:
        ahead = gravity((y[0], y[1], y[2]))
        if seconds < 0.0:
            return (-y[3], -y[4], -y[5], -ahead[0], -ahead[1], -ahead[2])
        return (y[3], y[4], y[5], *ahead)

    x, y, z, vx, vy, vz = integrate(
        derivative, 0.0, (*position, *velocity), abs(seconds), max(step, 1e-3)
    )
    return (x, y, z), (vx, vy, vz)


def fly_burn(
    position: Vector,
    velocity: Vector,
    stage: Stage,
    direction: Callable[[float, Vector], Vector],
    gravity: Gravity,
    step: float = 1.0,
) -> tuple[Vector, Vector]:
    """Position and velocity at burnout; `direction` is a function of seconds and position."""

    def derivative(time: float, y: State) -> Sequence[float]:
        place = (y[0], y[1], y[2])
        ax, ay, az = gravity(place)
        dx, dy, dz = direction(time, place)
        push = stage.acceleration(time)
        return (y[3], y[4], y[5], ax + push * dx, ay + push * dy, az + push * dz)

    x, y, z, vx, vy, vz = integrate(derivative, 0.0, (*position, *velocity), stage.burn_time, step)
    return (x, y, z), (vx, vy, vz)


def steer_to_height(
    position: Vector,
    velocity: Vector,
    stage: Stage,
    radius: float,
    normal: Vector,
    gravity: Gravity,
    guess: Tangents | None = None,
) -> SteeredPlan:
    """Steer a stage that is lit now to horizontal flight at a radius, in the plane of a normal.

    What horizontal speed it then has depends on the moment of ignition: see
    :func:`plan_steered_burn`. Raises NoBurnFound when the stage cannot get there.
    """

    def end(values: Sequence[float]) -> tuple[Vector, Vector]:
        tangents = _tangents(values, stage)
        return fly_burn(
            position,
            velocity,
            stage,
            lambda seconds, place: tangents.direction(seconds, place, normal),
            gravity,
        )

    def residual(values: Sequence[float]) -> list[float]:
        return _miss(*end(values), radius, normal, stage.velocity_gain)

    start = guess or Tangents()
    found = _newton(
        residual,
        [
            start.pitch_start,
            start.pitch_rate * stage.burn_time,
            start.yaw_start,
            start.yaw_rate * stage.burn_time,
        ],
        [1e-5] * 4,
    )
    return SteeredPlan(0.0, _tangents(found, stage), *end(found))


def plan_steered_burn(
    position: Vector,
    velocity: Vector,
    stage: Stage,
    radius: float,
    normal: Vector,
    gravity: Gravity,
    mu: float,
    ignition_guess: float,
) -> SteeredPlan:
    """Ignition and tangents that end on the circular orbit of a radius, in the plane of a normal.

    `ignition_guess` is in seconds from now; there are two solutions around apoapsis when the stage
    has more than it needs, and the one nearer the guess is found. Raises NoBurnFound.
    """
    needed = math.sqrt(mu / radius)

    def plan(ignition: float) -> tuple[Vector, Vector]:
        return fly_ahead(position, velocity, ignition, gravity)

    def end(values: Sequence[float]) -> tuple[Vector, Vector]:
        tangents = _tangents(values[1:], stage)
        return fly_burn(
            *plan(values[0]),
            stage,
            lambda seconds, place: tangents.direction(seconds, place, normal),
            gravity,
        )

    def residual(values: Sequence[float]) -> list[float]:
        place, speed = end(values)
        missing = (norm(speed) - needed) / stage.velocity_gain
        return [missing, *_miss(place, speed, radius, normal, stage.velocity_gain)]

    first = steer_to_height(*plan(ignition_guess), stage, radius, normal, gravity).tangents
    found = _newton(
        residual,
        [
            ignition_guess,
            first.pitch_start,
            first.pitch_rate * stage.burn_time,
            first.yaw_start,
            first.yaw_rate * stage.burn_time,
        ],
        [1e-3, 1e-5, 1e-5, 1e-5, 1e-5],
    )
    return SteeredPlan(found[0], _tangents(found[1:], stage), *end(found))


def plan_spinning_burn(
    position: Vector,
    velocity: Vector,
    stage: Stage,
    normal: Vector,
    gravity: Gravity,
    mu: float,
    ignition_guess: float,
) -> SpinningPlan:
    """Ignition and one fixed direction that end on a circular orbit in the plane of a normal.

    The radius is free. The plane is met in direction (its inclination and node), the small
    displacement out of it at burnout is not. Raises NoBurnFound when the velocity gain does not
    suffice.
    """

    def end(values: Sequence[float]) -> tuple[Vector, Vector, Vector]:
        place, speed = fly_ahead(position, velocity, values[0], gravity)
        # The pitch is counted from the horizontal in the middle of the burn.
        middle, _ = fly_ahead(place, speed, 0.5 * stage.burn_time, gravity)
        axis = Tangents(values[1], 0.0, values[2]).direction(0.0, middle, normal)
        return (axis, *fly_burn(place, speed, stage, lambda seconds, where: axis, gravity))

    def residual(values: Sequence[float]) -> list[float]:
        _, place, speed = end(values)
        circular = math.sqrt(mu / norm(place))
        gain = stage.velocity_gain
        return [
            (norm(speed) - circular) / gain,
            dot(unit(place), speed) / gain,
            dot(normal, speed) / gain,
        ]

    found = _newton(residual, [ignition_guess, 0.0, 0.0], [1e-2, 1e-5, 1e-5])
    axis, place, speed = end(found)
    return SpinningPlan(found[0], axis, place, speed)


def _tangents(values: Sequence[float], stage: Stage) -> Tangents:
    """Tangents of starts and of changes over the whole burn, which are alike in size."""
    return Tangents(values[0], values[1] / stage.burn_time, values[2], values[3] / stage.burn_time)


def _miss(
    position: Vector, velocity: Vector, radius: float, normal: Vector, speed_scale: float
) -> list[float]:
    """Misses of radius, climb, and place and speed out of the plane, made plain numbers."""
    return [
        (norm(position) - radius) / radius,
        dot(unit(position), velocity) / speed_scale,
        dot(normal, position) / radius,
        dot(normal, velocity) / speed_scale,
    ]


def _newton(
    residual: Callable[[Sequence[float]], list[float]],
    start: Sequence[float],
    nudges: Sequence[float],
) -> list[float]:
    """Zero of as many functions as unknowns, by Newton's method with halved steps."""
    values = list(start)
    misses = residual(values)
    for _ in range(_ITERATIONS):
        size = max(abs(miss) for miss in misses)
        if size < _LARGEST_RESIDUAL:
            return values
        columns = []
        for index, nudge in enumerate(nudges):
            nudged = list(values)
            nudged[index] += nudge
            columns.append([(b - a) / nudge for a, b in zip(misses, residual(nudged), strict=True)])
        try:
            step = solve(list(zip(*columns, strict=True)), misses)
        except SingularMatrixError as error:
            raise NoBurnFound(
                "the burn has no influence on the orbit that was asked for"
            ) from error
        part = 1.0
        while part > 1.0e-3:
            trial = [value - part * change for value, change in zip(values, step, strict=True)]
            trial_misses = residual(trial)
            if max(abs(miss) for miss in trial_misses) < size:
                break
            part *= 0.5
        else:
            break
        values, misses = trial, trial_misses
    raise NoBurnFound(
        "no ignition and direction bring the stage onto the orbit; "
        f"the nearest misses by {max(abs(miss) for miss in misses):.2g} of its velocity gain"
    )
