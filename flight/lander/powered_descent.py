"""Powered descent: a polynomial to a gate above the spot, then straight down at constant speed.

The acceleration is quadratic in time and meets place, velocity and a vertical thrust at the gate
(the law of Apollo's braking phase: Klumpp, Automatica 10 (1974) 133). When to be there is chosen:
the duration that costs least propellant among those that thrust, tilt and ground allow.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract

GRAVITY = 3.72
"""m/s^2 at the landing site, for planning; downwards in the local frame."""
SHORTEST, LONGEST, GRID = 12.0, 88.0, 4.0  # s
SAMPLES = 12
STRAIGHT_TILT = math.tan(math.radians(12.0))
"""Of the straight descent: near the ground the lander stays upright."""


@dataclass(frozen=True)
class DescentLimits:
    """What a plan may ask for: accelerations (m/s^2) by greatest and least thrust with margin, tilt
    of the thrust (rad), exhaust speed (m/s), slope under which the way may not sink (1)."""

    greatest: float
    least: float
    tilt: float
    exhaust_speed: float
    glide_slope: float = 0.06


@dataclass(frozen=True)
class Gate:
    """Where the straight descent begins: place (east, north, height) and sinking speed (m/s)."""

    place: Vector
    sinking: float


@dataclass(frozen=True)
class DescentPlan:
    """A plan: its duration (s) and the velocity that its thrust spends (m/s)."""

    duration: float
    spent: float

    def propellant(self, mass: float, exhaust_speed: float) -> float:
        """Propellant of the plan for a mass at its start, kg."""
        return mass * (1.0 - math.exp(-self.spent / exhaust_speed))


def acceleration_to_gate(place: Vector, velocity: Vector, gate: Gate, to_go: float) -> Vector:
    """Total acceleration (gravity included) now, to be at the gate in `to_go` seconds."""
    final: Vector = (0.0, 0.0, -gate.sinking)
    away = scale(12.0 / to_go**2, subtract(gate.place, place))
    slow = scale(-6.0 / to_go, add(velocity, final))
    return add(away, slow)


def thrust_acceleration(place: Vector, velocity: Vector, gate: Gate, to_go: float) -> Vector:
    """What the engines have to give: the acceleration to the gate less gravity."""
    total = acceleration_to_gate(place, velocity, gate, to_go)
    return (total[0], total[1], total[2] + GRAVITY)


def plan_descent(
    place: Vector, velocity: Vector, gate: Gate, limits: DescentLimits
) -> DescentPlan | None:
    """The cheapest duration that the limits allow; None when there is none."""
    best: DescentPlan | None = None
    duration = SHORTEST
    while duration <= LONGEST:
        spent = _cost(place, velocity, gate, limits, duration)
        if spent is not None and (best is None or spent < best.spent):
            best = DescentPlan(duration, spent)
        duration += GRID
    return best


def _cost(
    place: Vector, velocity: Vector, gate: Gate, limits: DescentLimits, duration: float
) -> float | None:
    """Velocity spent over a polynomial of that duration; None where it breaks a limit."""
    start = acceleration_to_gate(place, velocity, gate, duration)
    # The law, followed exactly, gives this polynomial: its acceleration is
    # start + jerk t + snap t^2 / 2, and zero beyond gravity's balance at the end.
    final: Vector = (0.0, 0.0, -gate.sinking)
    gained = subtract(final, velocity)
    jerk = _combine(6.0 / duration**2, gained, -4.0 / duration, start)
    snap = _combine(-12.0 / duration**3, gained, 6.0 / duration**2, start)
    spent = 0.0
    for index in range(SAMPLES + 1):
        t = duration * index / SAMPLES
        a = _polynomial(start, jerk, snap, t)
        push = (a[0], a[1], a[2] + GRAVITY)
        size = norm(push)
        if size > limits.greatest or push[2] < size * math.cos(limits.tilt):
            return None
        if size < limits.least:
            return None
        weight = 0.5 if index in (0, SAMPLES) else 1.0
        spent += weight * size * duration / SAMPLES
        if not _above_ground(place, velocity, start, jerk, snap, t, gate, limits):
            return None
    return spent


def _above_ground(
    place: Vector,
    velocity: Vector,
    start: Vector,
    jerk: Vector,
    snap: Vector,
    t: float,
    gate: Gate,
    limits: DescentLimits,
) -> bool:
    at = tuple(
        p + t * (v + t * (0.5 * a + t * (j / 6.0 + t * s / 24.0)))
        for p, v, a, j, s in zip(place, velocity, start, jerk, snap, strict=True)
    )
    distance = math.hypot(at[0] - gate.place[0], at[1] - gate.place[1])
    return at[2] >= gate.place[2] - 1.0 + limits.glide_slope * max(0.0, distance - 20.0)


def _polynomial(start: Vector, jerk: Vector, snap: Vector, t: float) -> Vector:
    return (
        start[0] + t * (jerk[0] + 0.5 * t * snap[0]),
        start[1] + t * (jerk[1] + 0.5 * t * snap[1]),
        start[2] + t * (jerk[2] + 0.5 * t * snap[2]),
    )


def _combine(a: float, first: Vector, b: float, second: Vector) -> Vector:
    return add(scale(a, first), scale(b, second))


def straight_down(
    velocity: Vector, height: float, sinking: float, offset: tuple[float, float]
) -> Vector:
    """What the engines have to give to come down straight at a sinking speed.

    `height` over the ground (m); `offset` of the spot from here, east and north (m): the way over
    the ground is closed only while there is height for it.
    """
    room = min(max((height - 3.0) / 15.0, 0.0), 1.0)
    wanted = [max(-1.5, min(1.5, 0.25 * room * away)) for away in offset]
    up = GRAVITY + max(-1.5, min(4.0, 1.5 * (-sinking - velocity[2])))
    east, north = (0.6 * (w - v) for w, v in zip(wanted, velocity, strict=False))
    most = up * STRAIGHT_TILT
    size = math.hypot(east, north)
    if size > most:
        east, north = east * most / size, north * most / size
    return (east, north, up)
