"""The floor of a flight: what counts of it, what slips, and that it holds nobody up."""

import sys
import threading
from collections.abc import Callable

import pytest

from flight.runtime.forking import BESIDE
from ground.testbed.bench.evidence import BenchEvidence, worse_floor
from ground.testbed.bench.file import load_bench
from sim_hw.bench.flight_floor import FlightFloor
from sim_hw.bench.floor import Floor
from sim_hw.bench.histogram import Histogram

RATE = 50.0
STEER = "mav.effectors", "steer"


class Wall:
    """A clock that only sleeping moves; `late(n)`: by how much the n-th cycle's sleep is longer.
    After so many cycles `then` is called, and it is ended."""

    def __init__(self, cycles: int, late: Callable[[int], float] = lambda n: 0.0) -> None:
        self.now, self.cycles, self.cycle = 1000.0, cycles, 0
        self.late = late
        self.then: Callable[[int], None] = lambda n: None
        self.floor = FlightFloor(RATE, clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds == 0.05:
            return
        self.cycle += 1
        self.now += self.late(self.cycle)
        self.then(self.cycle)
        if self.cycle > self.cycles:
            self.floor._ends = True

    def measure(self) -> FlightFloor:
        self.floor.measure()
        return self.floor


def test_each_cycle_is_late_against_its_due_instant_and_not_the_one_before() -> None:
    wall = Wall(100, lambda n: 0.003 if n == 10 else 0.0)
    wall.floor._works = True
    floor = wall.measure()
    assert floor.lateness.count == 101 and floor.slips == 0
    assert floor.lateness.largest == pytest.approx(0.003, rel=0.04)
    assert floor.told(0.002)["miss_rate"] == pytest.approx(1 / 101)
    assert floor.told(0.0031)["miss_rate"] == 0.0


@pytest.mark.parametrize(("late", "slips"), [(0.0199, 0), (0.0201, 1), (0.0601, 3)])
def test_a_period_that_went_by_is_a_slip_and_no_cycle_is_late_for_it(
    late: float, slips: int
) -> None:
    wall = Wall(20, lambda n: late if n == 5 else 0.0)
    wall.floor._works = True
    floor = wall.measure()
    assert floor.slips == slips
    assert sum(1 for n in floor.lateness.counts if n) <= 3, "the next is due a period later"
    assert floor.told(0.001)["miss_rate"] * floor.lateness.count == pytest.approx(1.0)


def test_what_is_late_while_nothing_real_works_is_nobodys() -> None:
    wall = Wall(40, lambda n: 0.05 if 10 < n < 20 else 0.0)
    wall.floor._works = True

    def then(cycle: int) -> None:
        wall.floor._works = not 9 < cycle < 25
        if wall.floor._works:
            wall.floor._wakes.set()

    wall.then = then
    assert wall.measure().lateness.largest < 1e-6


def test_a_call_that_was_over_within_a_cycle_counts_it() -> None:
    wall = Wall(10)
    wall.then = lambda cycle: setattr(wall.floor, "_worked", cycle == 4)
    assert wall.measure().lateness.count == 1


def test_it_rests_when_nothing_works_and_begins_anew_without_a_slip() -> None:
    wall = Wall(200)
    rested: list[float] = []
    wait = wall.floor._wakes

    class Wakes:
        def clear(self) -> None:
            wait.clear()

        def wait(self) -> None:
            rested.append(wall.now)
            wall.now += 1000.0
            wall.floor._works = True

    wall.floor._wakes = Wakes()  # type: ignore[assignment]
    floor = wall.measure()
    assert len(rested) == 1 and rested[0] == pytest.approx(1001.0, abs=3.0 / RATE)
    assert floor.slips == 0 and floor.lateness.count > 100 and floor.lateness.largest < 1e-6


def test_its_thread_is_gone_when_it_is_ended_or_the_process_is_to_be_copied() -> None:
    before, threads = sys.getswitchinterval(), threading.active_count()
    measured = threading.Event()
    floor = FlightFloor(1000.0, sleep=lambda seconds: measured.set() or None)  # type: ignore[func-returns-value]
    floor.work(False)
    assert threading.active_count() == threads, "nothing has worked: nothing is measured"
    for _ in range(2):
        floor.work(True)
        floor.work(True)
        assert threading.active_count() == threads + 1 and measured.wait(10.0)
        for end in list(BESIDE.values()):
            end()
        assert threading.active_count() == threads and not BESIDE
        assert sys.getswitchinterval() == before
        floor.work(False)
    floor.work(True)
    floor.work(False)
    floor.end()
    floor.end()
    assert threading.active_count() == threads and not BESIDE


def test_one_that_rests_is_ended_as_well() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 1.0

    floor = FlightFloor(RATE, clock=lambda: now[0], sleep=sleep)
    waits = threading.Event()
    wait = floor._wakes.wait
    floor._wakes.wait = lambda *given: waits.set() or wait(*given)  # type: ignore[method-assign]
    floor.work(True)
    floor.work(False)
    assert waits.wait(10.0)
    floor.end()
    assert not BESIDE


def test_a_flight_is_judged_by_the_worse_of_both_floors() -> None:
    _, bench = load_bench("nozzle_on_a_pty")
    way = "sleeping thread"
    before = Floor(RATE, {way: Histogram.of([0.001] * 99)}, {way: 0}, [])
    evidence = BenchEvidence(bench, before)
    evidence.began(*STEER, 1, 0.0, 0.0)
    evidence.answered(STEER[0], 1, 0.001)
    assert evidence.floor_misses() is None, "nothing was measured during it"
    assert evidence.timings.verdict(evidence.floor_misses()) == "unknown"
    during = evidence._in_flight
    assert during is not None and during.rate == RATE
    for _ in range(1000):
        during.lateness.add(0.001)
    assert evidence.timings.verdict(evidence.floor_misses()) == "ok"
    during.lateness.add(0.5)
    during.lateness.add(0.5)
    assert evidence.floor_misses() == pytest.approx(2 / 1002)
    assert evidence.timings.verdict(evidence.floor_misses()) == "unknown"
    told = evidence.floor_told()
    assert told is not None and told["miss_rate"] == 0.0 and told["in_flight"]["slips"] == 0
    assert worse_floor(told) == evidence.floor_misses()
    assert BenchEvidence(bench, None).floor_misses() is None
