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
from flight.mav.wind_estimate import CORRELATION

MU = MARS.gravitational_parameter
LEVELLING = (12.0, 4.0)
"""Seconds before burnout from which on, and by which, the nose turns along the way."""
INTO_THE_WIND = 1.0
"""Seconds before burnout by which it has turned from there into the wind."""
LARGEST_TURN = math.radians(1.0)
"""Between two solutions: a quarter of a degree a second, as in the planned climb (assumption)."""
PLANE_MET = 0.02
"""Of 50 km across the plane where the coast is highest: 0.015 degrees."""
COAST_STEP = 50.0
"""s: a coast of 500 s comes out to metres."""
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
        share = self._unlevelled(seconds)
        if share < 1.0:
            limit = min(limit, share * self.angle_limit)
        ahead = unit(through)
        cosine = dot(ahead, wanted)
        if cosine >= math.cos(limit):
            return wanted
        aside = unit(subtract(wanted, scale(cosine, ahead)))
        return add(scale(math.cos(limit), ahead), scale(math.sin(limit), aside))

    def _unlevelled(self, seconds: float) -> float:
        """1 until the levelling begins, 0 when the nose lies along the way."""
        left = self.stage.burn_time - seconds
        share = (left - LEVELLING[1]) / (LEVELLING[0] - LEVELLING[1])
        return min(1.0, max(0.0, share))

    def steering_air(
        self, position: Vector, over_ground: Vector, wind: Vector, seconds: float
    ) -> Vector:
        """Velocity through the air by which is steered, m/s: the wind counts as far as it presses.

        High up it is felt no longer, and to follow what it was below would turn the thrust out of
        the plane. Nor is it followed while the nose is levelled: at 3 km/s it comes to a degree,
        less than what the limit has shrunk by, but so much of the last thrust would turn the orbit
        by up to 0.1 degrees, and nothing could turn it back. Only as the thrust ends does the nose
        turn into it: the nozzle no longer holds against the air then.
        """
        pressure = self.pressure(position, subtract(over_ground, wind))
        left = self.stage.burn_time - seconds
        ending = (LEVELLING[1] - left) / (LEVELLING[1] - INTO_THE_WIND)
        part = max(self._unlevelled(seconds), min(1.0, max(0.0, ending)))
        part *= min(1.0, pressure / self.pressure_limit)
        return subtract(over_ground, scale(part, wind))


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
    wind: Vector = (0.0, 0.0, 0.0),
) -> tuple[Vector, Vector]:
    """Position and velocity at burnout, from a time after ignition on.

    `wind` is that at the beginning (m/s); what is expected of it falls with the height climbed.
    """
    radius = norm(position)
    stage = model.stage
    push = stage.exhaust_speed * stage.propellant / stage.burn_time

    def derivative(time: float, y: State) -> Sequence[float]:
        place, speed = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        pull = gravity(place)
        mass = model.mass(time)
        wanted = tangents.direction(time, place, normal)
        kept = math.exp(-abs(norm(place) - radius) / CORRELATION)
        through = model.steering_air(place, air_speed(place, speed), scale(kept, wind), time)
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
    wind: Vector = (0.0, 0.0, 0.0),
    planned: Tangents | None = None,
) -> Tangents:
    """The tangents, found anew from here (`seconds` since ignition), in a wind (m/s).

    The pitch stays within the limit of the angle of attack about that which was `planned`: what
    asks for more is not flown, but takes the yaw's part of the limit too. It is the planned one
    where the plane is missed with any other.

    The yaw begins as large as it must be for the coast to meet the plane where it is highest, and
    ends at zero: there the second burn stops what motion across the plane is left. To stop it here
    would leave the orbit turned by what the coast makes of the place and of a last metre a second.
    """
    length = model.stage.burn_time

    def variant(values: Sequence[float]) -> Tangents:
        pitch, yaw = values
        return Tangents(pitch, tangents.pitch_rate, yaw, -yaw / length)

    def residual(values: list[float]) -> list[float]:
        place, speed = fly_first_stage(
            model, seconds, position, velocity, variant(values), target.normal, wind=wind
        )
        apoapsis, to_apoapsis = apoapsis_and_period(place, speed)
        highest = fly_ahead(place, speed, to_apoapsis, gravity, step=COAST_STEP)[0]
        return [(apoapsis - target.apoapsis) / 1e5, dot(target.normal, highest) / 5e4]

    start = [tangents.pitch_start, tangents.yaw_start]
    found = solve(residual, start, [1e-3, 1e-3], rounds, tolerance=1e-3)
    # Where the angle of attack allows too little for both, the plane comes first: the second burn
    # ends on a circle at whatever height, and turns the orbit by nothing.
    starts = [(found[0], found[1])]
    if planned is not None:
        bounded = _bounded_pitch(found[0], tangents, planned, model.angle_limit)
        if bounded != found[0]:
            starts = [(bounded, tangents.yaw_start)]
        fallback = _bounded_pitch(planned.pitch_start, tangents, planned, model.angle_limit)
        starts.append((fallback, planned.yaw_start))
    best, least = tangents, math.inf
    for pitch, begin in starts:
        (yaw,) = solve(
            lambda values, pitch=pitch: residual([pitch, values[0]])[1:],  # type: ignore[misc]
            [begin], [1e-3], rounds, tolerance=1e-3,
        )  # fmt: skip
        miss = abs(residual([pitch, yaw])[1])
        if miss < least:
            best, least = variant([pitch, yaw]), miss
        if least < PLANE_MET:
            break
    # A law that turns the vehicle wildly is none: keep what was flown before.
    return best if abs(best.pitch_start) < 4.0 and abs(best.yaw_start) < 1.5 else tangents


def _bounded_pitch(pitch: float, flown: Tangents, planned: Tangents, limit: float) -> float:
    """The tangent of a pitch that is within `limit` (rad) of what was planned, and no further from
    what is flown than the nose can follow until the next solution."""
    angle, middle = math.atan(pitch), math.atan(planned.pitch_start)
    now = math.atan(flown.pitch_start)
    within = min(max(angle, middle - limit), middle + limit)
    followed = min(max(within, now - LARGEST_TURN), now + LARGEST_TURN)
    return pitch if followed == angle else math.tan(followed)


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
