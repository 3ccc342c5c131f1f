"""What `msr measure hil` says: met, missed, or unknown where the machine is to blame."""

from pathlib import Path

import pytest

from ground.benchmarks.hil_bench import PathFigures
from ground.benchmarks.hil_costs import measure_costs
from ground.benchmarks.hil_measurement import (
    MISSED,
    OK,
    UNKNOWN,
    cost_row,
    hil_table,
    largest_within,
    path_row,
    sum_of,
    timer_row,
    unplug_rows,
)
from ground.benchmarks.hil_unplugging import PTY, SOCKET, UnplugFigures, measure_unplugging
from sim_hw.bench.building import build
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


@pytest.mark.parametrize(
    ("largest", "floor", "verdict"),
    [
        (0.05, 1e-4, OK),  # exactly met
        (0.0502, 1e-4, UNKNOWN),  # by what two wakings were late
        (0.0503, 1e-4, MISSED),
        (0.05, 0.3, OK),  # in time all the same
        (0.06, 0.005, UNKNOWN),
        (0.07, 3e-3, UNKNOWN),  # a machine that is late at its p99
        (0.07, 1.9e-3, MISSED),
    ],
)
def test_the_largest_of_some_times_is_judged_beside_the_largest_of_the_floor(
    largest: float, floor: float, verdict: str
) -> None:
    times, base = Histogram.of([0.001] * 99 + [largest]), Histogram.of([floor] * 100)
    assert largest_within(times, 0.05, base, 2) == verdict
    assert largest_within(times, 0.05, Histogram(), 2) == UNKNOWN  # nobody has looked
    assert largest_within(Histogram(), 0.05, Histogram.of([1e-4]), 2) == MISSED


def test_what_moved_unasked_is_missed_whatever_the_machine() -> None:
    figures = UnplugFigures("process dies")
    figures.floor = Histogram.of([1.0] * 100)
    figures.fault, figures.back = Histogram.of([0.06] * 3), Histogram.of([0.4] * 3)
    rows = list(unplug_rows(figures, silent=False))
    assert [row.verdict for row in rows] == [UNKNOWN, OK, OK]
    assert [row.floor for row in rows] == [figures.floor, figures.floor, None]
    figures.stale = 1
    assert list(unplug_rows(figures, silent=False))[2].verdict == MISSED
    assert len(list(unplug_rows(figures, silent=True))) == 2


@pytest.mark.check
@pytest.mark.processes
@pytest.mark.parametrize("wire", [PTY, SOCKET])
def test_devices_that_die_at_several_desks_are_each_told_and_are_back(
    wire: str, tmp_path: Path
) -> None:
    wheels = build("wheels", "posix", tmp_path)
    figures = measure_unplugging(wheels, tmp_path, 7, silent=False, wire=wire, desks=3)
    assert figures.fault.count == figures.back.count == 7 and figures.stale == 0
    assert figures.floor.count > 20


def test_what_was_dropped_is_no_cost_and_no_end_of_the_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sim_hw.bench.recorder.Recorder.__init__.__kwdefaults__", {"most": 3})
    assert list(measure_costs(50)) == ["guard", "histogram"]


def test_costs_are_summed_and_shown() -> None:
    costs = measure_costs(200)
    assert list(costs) == ["guard", "histogram", "recorder"] and all(costs.values())
    row = cost_row({"guard": 60e-6, "histogram": 0.0, "recorder": 0.0})
    assert row.verdict == OK
    assert cost_row({"guard": 60e-6, "histogram": 0.0, "recorder": 1e-6}).verdict == MISSED
    assert cost_row({"guard": 60e-6, "histogram": 0.0}).verdict == UNKNOWN
    assert cost_row({"guard": 60e-6, "histogram": 1e-6}).verdict == MISSED
    assert sum_of({"a": 1.0, "b": 2.0}) == 3.0
    beside = path_row(path(1e-3, 1e-4), 1.2e-3, 5e-3)
    table = hil_table([row, beside])
    assert list(table.columns[5].cells) == ["", "0.1/0.1/0.1"]
