"""What `msr measure hil` says: met, missed, or unknown where the machine is to blame."""

import pytest

from ground.benchmarks.hil_bench import PathFigures
from ground.benchmarks.hil_costs import measure_costs
from ground.benchmarks.hil_measurement import (
    COST,
    MISSED,
    OK,
    UNKNOWN,
    cost_row,
    hil_table,
    path_row,
    sum_of,
    timer_row,
)
from sim_hw.bench.floor import WAYS, Floor
from sim_hw.bench.histogram import Histogram


def path(trip: float, floor: float, slips: int = 0, floor_slips: int = 0) -> PathFigures:
    figures = PathFigures("C", False)
    figures.trip, figures.floor = Histogram.of([trip] * 100), Histogram.of([floor] * 100)
    figures.slips, figures.floor_slips = slips, floor_slips
    return figures


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        (path(1e-3, 1e-4), OK),
        (path(1e-3, 1e-4, slips=1), MISSED),
        (path(1e-3, 1e-4, slips=1, floor_slips=1), UNKNOWN),
        (path(6e-3, 1e-4), MISSED),
        (path(6e-3, 4e-3), UNKNOWN),  # the machine is late by itself
        (path(1e-3, 4e-3), OK),  # and the path is in time all the same
        (path(1.3e-3, 1e-4), MISSED),  # its middle
    ],
)
def test_a_path_is_judged_beside_its_floor(figures: PathFigures, verdict: str) -> None:
    row = path_row(figures, 1.2e-3, 5e-3)
    assert row.verdict == verdict and row.slips == figures.slips
    assert figures.ratio(0.99) == pytest.approx(figures.trip.at(0.99) / figures.floor.at(0.99))


@pytest.mark.parametrize(
    ("timer", "thread", "realtime", "verdict"),
    [(1.4e-3, 1e-3, False, OK), (1.7e-3, 1e-3, False, MISSED), (2e-4, 1e-3, True, OK),
     (4e-4, 1e-3, True, MISSED), (4e-4, 3e-3, True, UNKNOWN)],
)  # fmt: skip
def test_a_timer_is_judged_by_the_thread_or_with_priority_by_itself(
    timer: float, thread: float, realtime: bool, verdict: str
) -> None:
    lateness = dict(zip(WAYS, (Histogram.of([thread]), Histogram(), Histogram.of([timer])),
                        strict=True))  # fmt: skip
    assert timer_row(Floor(100.0, lateness, {}, []), realtime).verdict == verdict


def test_costs_are_summed_and_shown() -> None:
    costs = measure_costs(200)
    assert list(costs) == ["guard", "histogram", "recorder"] and all(costs.values())
    row = cost_row({"guard": COST, "histogram": 0.0})
    assert row.verdict == OK and cost_row({"guard": COST, "more": 1e-6}).verdict == MISSED
    assert sum_of({"a": 1.0, "b": 2.0}) == 3.0
    assert hil_table([row]).row_count == 1
