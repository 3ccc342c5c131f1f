"""The closed-loop ascent in six degrees of freedom, by the MAV's own phases without the bus."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from flight.mav.ascent_computer import BURN_CYCLE
from ground.benchmarks.measurement import Sample, take_turns
from ground.benchmarks.workers import Workers
from ground.studies.ascent_run import AscentResult, Flight
from ground.studies.ascent_study import fly_one, is_in_height, vehicle_file_once

SEED = 7


@dataclass(frozen=True)
class FleetFigures:
    """Dispersed ascents: seconds per ascent by number of processes, and how many ended between
    the heights that are asked for."""

    ascents: int
    in_height: int
    seconds: dict[int, Sample]


def fly_directly(seed: int = SEED) -> float:
    """Flies one vehicle, controlled at 50 Hz in the burns; mission seconds from launch to orbit."""
    file = vehicle_file_once()
    flight = Flight(file.hardware, file.flight, seed)
    result = flight.fly()
    if not result.in_orbit:
        raise RuntimeError(f"the ascent that is measured has failed: {result.failure}")
    return flight.time - flight.launch


def measure_fleet(ascents: int, rounds: int, workers: Sequence[int] = (1, 2)) -> FleetFigures:
    """Dispersed ascents on processes that are already running, as `msr study ascent` flies them;
    each round flies its share on each number of processes."""
    share = max(1, ascents // rounds)
    results: dict[int, AscentResult] = {}
    with Workers(workers, partial(fly_dispersed, 0)) as pools:

        def fly(count: int, number: int) -> None:
            numbers = range(number * share, (number + 1) * share)
            results.update(zip(numbers, pools.map(count, fly_dispersed, numbers), strict=True))

        samples = take_turns(
            {str(count): partial(fly, count) for count in workers},
            operations=share, rounds=rounds, warm_up=False,
        )  # fmt: skip
    return FleetFigures(
        share * rounds,
        sum(is_in_height(result) for result in results.values()),
        {count: samples[str(count)] for count in workers},
    )


def fly_dispersed(number: int) -> AscentResult:
    """One closed-loop ascent by its number."""
    return fly_one((number, True, BURN_CYCLE))
