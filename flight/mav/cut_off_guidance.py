"""Guidance of burns that can be ended: one stage that is lit twice, and shut off twice.

First burn: the same tangents as for a solid stage, and the end when the coast's apoapsis is as high
as it shall be. Second burn: level around the apoapsis, ended at circular speed; what a solid motor
must spend by swinging its thrust stays in the tank. How long the first burn shall be is chosen on
the ground, so that both together take the least propellant.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from flight.astrodynamics.finite_burn import Stage, Tangents, fly_ahead, fly_burn
from flight.astrodynamics.search import grid, minimum
from flight.astrodynamics.vectors import Vector, add, dot, norm, scale
from flight.mav.ascent_guidance import (
    SecondBurnPlan,
    apoapsis_and_period,
    gravity,
    level_misses,
    plane_through,
    solve,
    trim_needed,
)

LOOK_AHEAD = 0.1  # s over which the rise of the apoapsis is taken
_SHARES = (0.58, 0.82)  # of the propellant, between which the first burn's is sought
_TOLERANCE = 0.06  # of the range in which the optimum lies, which is flat


@dataclass(frozen=True)
class CutOff:
    """What the flight computer believes of a motor that it can shut off.

    `propellant`: usable in all burns, kg; `flow`: mean, kg/s; `fall_time`: s over which the thrust
    falls evenly once the valve is shut; `fairing_mass`: let go between the burns, kg.
    """

    propellant: float
    exhaust_speed: float
    flow: float
    fall_time: float
    fairing_mass: float
    area: float
    nose_place: float

    def stage(self, mass: float, propellant: float) -> Stage:
        """A stage of a mass (kg), with what is left to burn (kg; a little at least)."""
        left = max(propellant, 1e-3 * self.propellant)
        return Stage(mass, left, left / self.flow, self.exhaust_speed)


@dataclass(frozen=True)
class CutOffPlan(SecondBurnPlan):
    """A second burn that is ended after `duration` s, or when the speed is circular."""

    duration: float


def seconds_to_apoapsis(
    position: Vector, velocity: Vector, pushed: Vector, apoapsis: float
) -> float:
    """Seconds of burn until the coast's apoapsis (m) is reached, at the felt acceleration
    `pushed` (m/s^2, inertial axes); infinite while it does not rise."""
    now, _ = apoapsis_and_period(position, velocity)
    gain = add(gravity(position), pushed)
    later, _ = apoapsis_and_period(
        add(position, scale(LOOK_AHEAD, velocity)), add(velocity, scale(LOOK_AHEAD, gain))
    )
    if now >= apoapsis:
        return 0.0
    return LOOK_AHEAD * (apoapsis - now) / (later - now) if later > now else float("inf")


def plan_level_burn(
    time: float,
    position: Vector,
    velocity: Vector,
    stage: Stage,
    normal: Vector,
    earliest: float,
) -> CutOffPlan:
    """A level burn about the apoapsis that ends at circular speed; `is_reduced` when the stage
    has too little for it. `earliest` is the mission time before which it cannot be lit."""
    _, to_apoapsis = apoapsis_and_period(position, velocity)
    if dot(position, velocity) < 0.0:
        to_apoapsis = 0.0
    there, fast = fly_ahead(position, velocity, to_apoapsis, gravity, step=10.0)
    missing = norm(trim_needed(there, fast, plane_through(there, normal)))
    duration = min(stage.burn_time, stage.burn_time * missing / stage.velocity_gain)
    for _ in range(2):
        ignition = max(to_apoapsis - 0.5 * duration, earliest - time)
        place, speed = fly_ahead(position, velocity, ignition, gravity, step=10.0)
        plane = plane_through(place, normal)
        pitch, yaw, duration = _solve_level(place, speed, stage, plane, (0.0, 0.0, duration), 10)
    return CutOffPlan(
        time + ignition, Tangents(pitch, 0.0, yaw, 0.0), plane, place,
        duration >= stage.burn_time, duration,
    )  # fmt: skip


def steer_level_burn(
    plan: CutOffPlan, time: float, position: Vector, velocity: Vector, rest: Stage
) -> CutOffPlan:
    """The plan with pitch, yaw and end found anew; `rest`: mass and propellant that are left."""
    law, seconds = plan.tangents, time - plan.ignition
    start = (law.pitch_start, law.yaw_start, max(0.1, plan.duration - seconds))
    pitch, yaw, duration = _solve_level(position, velocity, rest, plan.normal, start, 2)
    if abs(pitch) > 1.5 or abs(yaw) > 1.0:
        return plan
    return replace(
        plan, tangents=Tangents(pitch, 0.0, yaw, 0.0), duration=seconds + duration,
        is_reduced=duration >= rest.burn_time,
    )  # fmt: skip


def _solve_level(
    position: Vector,
    velocity: Vector,
    stage: Stage,
    normal: Vector,
    start: tuple[float, float, float],
    rounds: int,
) -> tuple[float, float, float]:
    """Pitch, yaw and length (s) of the burn that ends level, in the plane, at circular speed."""

    def misses(pitch: float, yaw: float, length: float) -> list[float]:
        seconds = min(max(length, 0.05), stage.burn_time)
        part = replace(
            stage, burn_time=seconds, propellant=stage.propellant * seconds / stage.burn_time
        )
        law = Tangents(pitch, 0.0, yaw, 0.0)
        place, speed = fly_burn(
            position, velocity, part,
            lambda passed, where: law.direction(passed, where, normal), gravity, step=3.0,
        )  # fmt: skip
        return level_misses(place, speed, normal)

    found = solve(lambda values: misses(*values), start, [1e-3, 1e-3, 1e-2], rounds, tolerance=1e-3)
    if found[2] < stage.burn_time - 0.02:
        return found[0], found[1], max(found[2], 0.05)
    found = solve(
        lambda values: misses(values[0], values[1], stage.burn_time)[:2],
        [start[0], start[1]], [1e-3, 1e-3], rounds, tolerance=1e-2,
    )  # fmt: skip
    return found[0], found[1], stage.burn_time


def choose_first_burn(cut_off: CutOff, total: Callable[[float], float]) -> float:
    """Propellant of the first burn, kg, for which `total` of both burns (kg) is least.

    `total` is infinite where no ascent is found. Golden-section search: the optimum is flat and
    single. Raises ValueError when there is no ascent at all.
    """
    low, high = (share * cut_off.propellant for share in _SHARES)
    points = grid(low, high, (high - low) / 6.0)
    costs = [total(propellant) for propellant in points]
    best = costs.index(min(costs))
    if costs[best] == float("inf"):
        raise ValueError("no first burn brings the coast to the height of the orbit")
    left, right = points[max(best - 1, 0)], points[min(best + 1, len(points) - 1)]
    return minimum(total, left, right, _TOLERANCE * (right - left))
