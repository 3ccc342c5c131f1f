"""Two integrators on the ascent of a point mass: one ascent, and many dispersed ones."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from flight.astrodynamics.integrators import State
from ground.benchmarks.measurement import Sample, take_turns
from ground.benchmarks.programmed_ascent import (
    PointAscent,
    Programme,
    fly_dop853,
    fly_runge_kutta,
    plan,
    point_ascent,
)
from ground.benchmarks.workers import Workers

STEPS = ((0.1, 1.0), (0.5, 2.0), (1.0, 5.0))
"""Of the Runge-Kutta method, s: in a burn and in a coast."""
TOLERANCES = (1e-11, 1e-9, 1e-7)
REFERENCE_TOLERANCE = 1e-12
CHECK_STEPS = (0.01, 0.1)
"""A tenth of the shortest: what the reference is checked against."""
RUNGE_KUTTA, DOP853 = "RK4 0.5/2 s", "DOP853 1e-09"
"""The two that fly the dispersed ascents: about as exact as each other."""
_CHECKED = 50
"""Every how many of the dispersed ascents are flown by the reference as well."""

Flyer = Callable[[PointAscent], State]


@dataclass(frozen=True)
class Deviation:
    """Distance of an end state from the reference's: m, m/s."""

    position: float
    velocity: float


@dataclass(frozen=True)
class IntegratorFigures:
    """One integrator on one ascent."""

    method: str
    error: Deviation
    seconds: Sample


@dataclass(frozen=True)
class OneAscent:
    """All integrators on one ascent; `reference` tells how far two references lie apart."""

    figures: tuple[IntegratorFigures, ...]
    reference: Deviation


@dataclass(frozen=True)
class ManyFigures:
    """One integrator on many dispersed ascents: seconds per ascent by number of processes, and
    the largest deviation from the reference among those that were checked."""

    method: str
    ascents: int
    seconds: dict[int, Sample]
    checked: int
    worst: Deviation


def methods() -> dict[str, Flyer]:
    """The integrators, by the name that is printed."""
    found: dict[str, Flyer] = {}
    for burn, coast in STEPS:
        found[f"RK4 {burn:g}/{coast:g} s"] = lambda one, b=burn, c=coast: fly_runge_kutta(one, b, c)  # type: ignore[misc]
    for tolerance in TOLERANCES:
        found[f"DOP853 {tolerance:g}"] = lambda one, t=tolerance: fly_dop853(one, t)  # type: ignore[misc]
    return found


def deviation(state: State, reference: State) -> Deviation:
    """How far two end states lie apart."""
    return Deviation(math.dist(state[:3], reference[:3]), math.dist(state[3:6], reference[3:6]))


def measure_one(rounds: int) -> OneAscent:
    """The ascent as designed, by all integrators in turns."""
    ascent = point_ascent(plan())
    reference = fly_dop853(ascent, REFERENCE_TOLERANCE)
    flyers = methods()
    samples = take_turns(
        {name: lambda _, fly=fly: fly(ascent) for name, fly in flyers.items()},  # type: ignore[misc]
        rounds=rounds,
    )
    return OneAscent(
        tuple(
            IntegratorFigures(name, deviation(fly(ascent), reference), samples[name])
            for name, fly in flyers.items()
        ),
        deviation(fly_runge_kutta(ascent, *CHECK_STEPS), reference),
    )


def measure_many(ascents: int, rounds: int, workers: Sequence[int] = (1, 2)) -> list[ManyFigures]:
    """Dispersed ascents by one integrator of each kind, on processes that are already running.

    Each round flies its share of the ascents in every way, one way after the other. `ascents` is
    rounded down to whole shares.
    """
    share = max(1, ascents // rounds)
    programme = plan()
    ways = [(method, count) for method in (RUNGE_KUTTA, DOP853) for count in workers]
    ends: dict[str, dict[int, State]] = {RUNGE_KUTTA: {}, DOP853: {}}
    with Workers(workers, partial(_prepare, programme)) as pools:

        def fly(method: str, count: int, number: int) -> None:
            numbers = range(number * share, (number + 1) * share)
            found = pools.map(count, partial(fly_dispersed, programme, method), numbers)
            ends[method].update(zip(numbers, found, strict=True))

        samples = take_turns(
            {f"{method} {count}": partial(fly, method, count) for method, count in ways},
            operations=share, rounds=rounds, warm_up=False,
        )  # fmt: skip
    return [
        ManyFigures(
            method,
            share * rounds,
            {count: samples[f"{method} {count}"] for count in workers},
            *_worst(programme, found),
        )
        for method, found in ends.items()
    ]


def fly_dispersed(programme: Programme, method: str, number: int) -> State:
    """The end of one dispersed ascent by its number; `method` as in :func:`methods`."""
    return methods()[method](point_ascent(programme, number))


def _prepare(programme: Programme) -> None:
    for method in (RUNGE_KUTTA, DOP853):
        fly_dispersed(programme, method, 0)


def _worst(programme: Programme, found: dict[int, State]) -> tuple[int, Deviation]:
    off = [
        deviation(state, fly_dop853(point_ascent(programme, number), REFERENCE_TOLERANCE))
        for number, state in found.items()
        if number % _CHECKED == 0
    ]
    return len(off), Deviation(max(one.position for one in off), max(one.velocity for one in off))
