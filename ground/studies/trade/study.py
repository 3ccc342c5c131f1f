"""The flights of a trade: every design on the same dispersed days, spread over processes."""

import contextlib
import math
from collections.abc import Callable, Sequence

from ground.studies.study_runs import each_of
from ground.studies.trade.design import Design
from ground.studies.trade.flight import DesignFlight, Trace, TradeResult

CYCLE = 0.04
"""s, of the control loop: half as often as in flight, for two thirds of the time."""

Task = tuple[Design, int, float]


def fly_one(task: Task) -> TradeResult:
    """One flight: the design, the number of the day, the control cycle in s.

    A flight for which the guidance finds no way on has failed; it ends no study.
    """
    design, number, cycle = task
    flight = DesignFlight(design, number, cycle)
    try:
        return flight.result()
    except (ValueError, ArithmeticError) as error:
        return _without_a_plan(design, number, error)


def fly_designs(
    designs: Sequence[Design],
    runs: int,
    workers: int = 1,
    *,
    first: int = 1,
    cycle: float = CYCLE,
    progress: Callable[[int, int], None] = lambda done, all_: None,
) -> dict[str, list[TradeResult]]:
    """Flies each design on the days `first` to `first + runs - 1`; results by its name.

    A day is the air, the tube's aim and the sensors, by its number: the same for all designs.
    """
    tasks = [(design, first + n, cycle) for design in designs for n in range(runs)]
    results: dict[str, list[TradeResult]] = {design.name: [] for design in designs}
    for done, result in enumerate(each_of(fly_one, tasks, workers), start=1):
        results[result.design].append(result)
        progress(done, len(tasks))
    return results


def trace_of(design: Design, number: int, cycle: float = CYCLE) -> Trace:
    """The course of one flight, for a picture; as far as it came."""
    flight = DesignFlight(design, number, cycle, traced=True)
    with contextlib.suppress(ValueError, ArithmeticError):
        flight.result()
    return flight.trace


def _without_a_plan(design: Design, number: int, error: Exception) -> TradeResult:
    nothing = math.nan
    return TradeResult(
        design.name, number, False, f"the guidance found no way to the orbit: {error}",
        nothing, nothing,
        nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing,
    )  # fmt: skip
