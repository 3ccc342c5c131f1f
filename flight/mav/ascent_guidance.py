"""Guidance of the ascent: which way to point the thrust, and when to light the second motor.

First stage: linear tangents of pitch and yaw over the target plane, whose constants are found again
and again by flying the rest of the burn ahead, in air, so that the apoapsis of the coast and the
plane come out (predictor-corrector). Second stage: a burn around the apoapsis. A solid motor cannot
be cut off, so the vehicle is given more speed than it needs, and spends the surplus by swinging its
thrust; the swing is found again and again from what has been felt so far. What speed is over or
short in the end, the reaction control trims.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flight.astrodynamics import linear_systems
from flight.astrodynamics.finite_burn import Stage, Tangents, fly_ahead, fly_burn
from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.integrators import State, integrate
from flight.astrodynamics.vectors import Vector, add, cross, dot, norm, scale, subtract, unit

MU = MARS.gravitational_parameter
LEVELLING = (12.0, 4.0)
"""Seconds before burnout from which on, and by which, the nose turns into the wind."""
LEAST_SWING = 0.03
"""rad: with less there is nothing left by which the speed could be made larger or smaller."""


def gravity(position: Vector) -> Vector:
    """Gravity of Mars with J2, m/s^2."""
    return acceleration(position, MARS)


@dataclass(frozen=True)
class FirstStage:
    """What the flight computer believes of the first stage and the air it climbs through.

    `drag_area`: drag coefficient times area, m^2; the density (kg/m^3) falls exponentially with
    `scale_height` (m) from its value at `air_radius` (m from the centre).
    """

    stage: Stage
    drag_area: float
    air_density: float
    air_radius: float
    scale_height: float
    angle_limit: float
    pressure_limit: float = 400.0
    """Pa: below it the limit of the angle grows as the pressure falls, so that their product stays
    what it is; the limit itself would cut the climb off in air too thin to load the vehicle."""

    def mass(self, seconds: float) -> float:
        """Mass at a time after ignition, kg."""
        burnt = min(max(seconds / self.stage.burn_time, 0.0), 1.0)
        return self.stage.mass - self.stage.propellant * burnt

    def pressure(self, position: Vector, through: Vector) -> float:
        """Dynamic pressure, Pa, of a velocity through the air."""
        height = norm(position) - self.air_radius
        density = self.air_density * math.exp(-height / self.scale_height)
        return 0.5 * density * dot(through, through)

    def limited(self, through: Vector, pressure: float, wanted: Vector, seconds: float) -> Vector:
        """The direction wanted, or the nearest that keeps the angle of attack within its limit.

        `through` is the velocity through the air (m/s), `pressure` the dynamic one (Pa).
        Towards burnout the limit shrinks to nothing: without its nozzle the vehicle is too weak
        to hold its nose against the air that is left.
        """
        if pressure < 0.04 * self.pressure_limit:
            return wanted
        limit = self.angle_limit * max(1.0, self.pressure_limit / pressure)
        left = self.stage.burn_time - seconds
        if left < LEVELLING[0]:
            share = max(0.0, (left - LEVELLING[1]) / (LEVELLING[0] - LEVELLING[1]))
            limit = min(limit, share * self.angle_limit)
        ahead = unit(through)
        cosine = dot(ahead, wanted)
        if cosine >= math.cos(limit):
            return wanted
        aside = unit(subtract(wanted, scale(cosine, ahead)))
        return add(scale(math.cos(limit), ahead), scale(math.sin(limit), aside))


def air_speed(position: Vector, velocity: Vector) -> Vector:
    """Velocity over the turning planet, m/s."""
    rate = MARS.rotation_rate
    return (velocity[0] + rate * position[1], velocity[1] - rate * position[0], velocity[2])


def fly_first_stage(
    model: FirstStage,
    seconds: float,
    position: Vector,
    velocity: Vector,
    tangents: Tangents,
    normal: Vector,
    step: float = 2.5,
) -> tuple[Vector, Vector]:
    """Position and velocity at burnout, from a time after ignition on."""
    stage = model.stage
    push = stage.exhaust_speed * stage.propellant / stage.burn_time

    def derivative(time: float, y: State) -> Sequence[float]:
        place, speed = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        pull = gravity(place)
        mass = model.mass(time)
        wanted = tangents.direction(time, place, normal)
        through = air_speed(place, speed)
        pressure = model.pressure(place, through)
        dx, dy, dz = model.limited(through, pressure, wanted, time)
        drag = -pressure * model.drag_area / (mass * max(norm(through), 1e-9))
        force = push / mass
        return (
            *speed,
            pull[0] + force * dx + drag * through[0],
            pull[1] + force * dy + drag * through[1],
            pull[2] + force * dz + drag * through[2],
        )

    end = max(stage.burn_time, seconds)
    x, y, z, vx, vy, vz = integrate(derivative, seconds, (*position, *velocity), end, step)
    return (x, y, z), (vx, vy, vz)


def apoapsis_and_period(position: Vector, velocity: Vector) -> tuple[float, float]:
    """Radius of the apoapsis (m) of the coast, and seconds until it is reached."""
    radius, speed = norm(position), norm(velocity)
    axis = 1.0 / (2.0 / radius - speed * speed / MU)
    moment = norm(cross(position, velocity))
    eccentricity = math.sqrt(max(0.0, 1.0 - moment * moment / (MU * axis)))
    rising = dot(position, velocity)
    sine = rising / math.sqrt(MU * axis)
    cosine = 1.0 - radius / axis
    anomaly = math.atan2(sine, cosine)  # eccentric; the sine and cosine carry the eccentricity
    mean = anomaly - sine
    left = (math.pi - mean) % math.tau
    return axis * (1.0 + eccentricity), left * math.sqrt(axis**3 / MU)


def solve(
    residual: Callable[[list[float]], list[float]],
    start: Sequence[float],
    nudges: Sequence[float],
    rounds: int,
    tolerance: float = 1e-7,
) -> list[float]:
    """Some rounds of Newton's method; returns the best values met, also when it has not settled."""
    values = list(start)
    misses = residual(values)
    best, size = values, max(map(abs, misses))
    for _ in range(rounds):
        if size < tolerance:
            break
        rows = [[0.0] * len(values) for _ in misses]
        for column, nudge in enumerate(nudges):
            nudged = list(values)
            nudged[column] += nudge
            for row, after in enumerate(residual(nudged)):
                rows[row][column] = (after - misses[row]) / nudge
        try:
            step = linear_systems.solve(rows, misses)
        except linear_systems.SingularMatrixError:
            break
        part = 1.0
        while part > 0.1:
            values = [value - part * change for value, change in zip(best, step, strict=True)]
            misses = residual(values)
            if max(map(abs, misses)) < size:
                break
            part *= 0.5
        else:
            break
        best, size = values, max(map(abs, misses))
    return best


@dataclass(frozen=True)
class FirstBurnTarget:
    """Radius of the coast's apoapsis (m), and the unit normal of the plane."""

    apoapsis: float
    normal: Vector


def plan_first_stage(
    model: FirstStage,
    seconds: float,
    position: Vector,
    velocity: Vector,
    target: FirstBurnTarget,
    tangents: Tangents,
    rounds: int,
) -> Tangents:
    """The tangents, found anew from here (`seconds` since ignition).

    The yaw begins as large as it must be to stop the motion across the plane, and ends at zero.
    """
    length = model.stage.burn_time

    def variant(values: Sequence[float]) -> Tangents:
        pitch, yaw = values
        return Tangents(pitch, tangents.pitch_rate, yaw, -yaw / length)

    def residual(values: list[float]) -> list[float]:
        place, speed = fly_first_stage(
            model, seconds, position, velocity, variant(values), target.normal
        )
        apoapsis, _ = apoapsis_and_period(place, speed)
        return [(apoapsis - target.apoapsis) / 1e5, dot(target.normal, speed) / 1e2]

    start = [tangents.pitch_start, tangents.yaw_start]
    best = variant(solve(residual, start, [1e-3, 1e-3], rounds, tolerance=1e-3))
    # A law that turns the vehicle wildly is none: keep what was flown before.
    return best if abs(best.pitch_start) < 4.0 and abs(best.yaw_start) < 1.5 else tangents


@dataclass(frozen=True)
class SecondBurnPlan:
    """When to light the second motor (mission time), how to steer, and which orbit to expect."""

    ignition: float
    tangents: Tangents
    normal: Vector
    place: Vector
    """Where the ignition will be, m."""
    is_reduced: bool
    """A circular orbit cannot be reached; this is the best that can."""

    def direction(self, time: float, position: Vector) -> Vector:
        """Unit vector of the thrust at a mission time."""
        return self.tangents.direction(time - self.ignition, position, self.normal)


def plan_second_stage(
    time: float,
    position: Vector,
    velocity: Vector,
    stage: Stage,
    normal: Vector,
    earliest: float,
) -> SecondBurnPlan:
    """A burn around the apoapsis that ends on a circular orbit there.

    What the motor gives beyond that is spent by swinging the thrust upwards first and then
    downwards. A motor that gives too little is fired level: the best that is left, told by
    `is_reduced`. `earliest` is the mission time before which it cannot be lit.
    """
    _, to_apoapsis = apoapsis_and_period(position, velocity)
    if dot(position, velocity) < 0.0:
        to_apoapsis = 0.0  # it has been missed: the sooner the better
    ignition = max(to_apoapsis - 0.5 * stage.burn_time, earliest - time)
    place, speed = fly_ahead(position, velocity, ignition, gravity, step=10.0)
    plane = plane_through(place, normal)
    missing = norm(trim_needed(place, speed, plane))
    excess = max(0.0, stage.velocity_gain - missing)
    swing = max(LEAST_SWING, math.sqrt(6.0 * excess / stage.velocity_gain))
    start = Swing(0.0, swing, 0.0)
    law, is_reduced = _solve_swing(place, speed, stage, plane, start, rounds=10)
    tangents = law.tangents(stage.burn_time)
    return SecondBurnPlan(time + ignition, tangents, plane, place, is_reduced)


@dataclass(frozen=True)
class Swing:
    """Tangents of a burn: their mean, half their change from begin to end, and the yaw."""

    mean: float
    half: float
    yaw: float

    def tangents(self, length: float, begun: float = 0.0) -> Tangents:
        """As linear tangents of a burn that is still `length` s long and began `begun` s ago."""
        rate = -2.0 * self.half / length
        return Tangents(self.mean + self.half - rate * begun, rate, self.yaw, 0.0)


def level_misses(place: Vector, speed: Vector, normal: Vector) -> list[float]:
    """What a burn that ends there (m, m/s) misses: level, in the plane of the unit normal, at
    circular speed; in 10 m/s."""
    radius = norm(place)
    return [
        dot(place, speed) / radius / 10.0,
        dot(normal, speed) / 10.0,
        (norm(speed) - math.sqrt(MU / radius)) / 10.0,
    ]


def _solve_swing(
    position: Vector, velocity: Vector, stage: Stage, normal: Vector, start: Swing, rounds: int
) -> tuple[Swing, bool]:
    """The swing that ends level, in the plane and at circular speed; or, when there is none, the
    one that ends level and in the plane, and True."""

    def misses(swing: Swing) -> list[float]:
        law = swing.tangents(stage.burn_time)
        place, speed = fly_burn(
            position, velocity, stage,
            lambda seconds, where: law.direction(seconds, where, normal), gravity, step=3.0,
        )  # fmt: skip
        return level_misses(place, speed, normal)

    found = solve(
        lambda values: misses(Swing(values[0], values[1], values[2])),
        [start.mean, start.half, start.yaw], [1e-3, 1e-3, 1e-3], rounds, tolerance=1e-2,
    )  # fmt: skip
    swing = Swing(found[0], found[1], found[2])
    if max(map(abs, misses(swing))) < 0.1 and abs(swing.half) < 1.5:
        return swing, False
    half = min(max(swing.half, LEAST_SWING), start.half)
    found = solve(
        lambda values: misses(Swing(values[0], half, values[1]))[:2],
        [start.mean, start.yaw], [1e-3, 1e-3], rounds, tolerance=1e-2,
    )  # fmt: skip
    return Swing(found[0], half, found[1]), True


def plane_through(position: Vector, normal: Vector) -> Vector:
    """Unit normal of the plane through a position that is nearest to that of a normal."""
    up = unit(position)
    return unit(subtract(normal, scale(dot(normal, up), up)))


def steer_rest(
    plan: SecondBurnPlan, time: float, position: Vector, velocity: Vector, rest: Stage
) -> SecondBurnPlan:
    """The plan with its tangents found anew for the rest of the burn.

    `rest`: mass and propellant left, by what has been felt. In the end the height is whatever it
    is; the speed is made circular as far as there is something to spend.
    """
    seconds = time - plan.ignition
    law = plan.tangents
    here = law.pitch_start + law.pitch_rate * seconds
    there = here + law.pitch_rate * rest.burn_time
    yaw = law.yaw_start + law.yaw_rate * seconds
    start = Swing(0.5 * (here + there), 0.5 * (here - there), yaw)
    found, is_reduced = _solve_swing(position, velocity, rest, plan.normal, start, rounds=2)
    if abs(found.mean) > 1.5 or abs(found.yaw) > 1.0:
        return plan
    return replace(plan, tangents=found.tangents(rest.burn_time, seconds), is_reduced=is_reduced)


def trim_needed(position: Vector, velocity: Vector, normal: Vector) -> Vector:
    """Change of velocity (m/s) to the circular orbit of this height, in the plane nearest to that
    of a normal."""
    up = unit(position)
    along = unit(cross(normal, up))
    return subtract(scale(math.sqrt(MU / norm(position)), along), velocity)
