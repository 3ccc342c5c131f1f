"""Misses and slips of a loop over a real device, and when nobody can say of it that it is slow."""

import pytest

from sim_hw.bench.histogram import Histogram
from sim_hw.bench.timing import MISSED, OK, UNKNOWN, MethodTiming, Timings

LOOP = {("mav.effectors", "steer"): (0.02, 0.01)}


def test_a_miss_is_beyond_the_deadline_and_the_longest_run_is_kept() -> None:
    timing = MethodTiming(0.02, 0.01)
    for response in (0.010, 0.0101, 0.02, 0.001, 0.011):  # the deadline exactly met is none
        timing.began(0.0)
        timing.answered(response)
    assert (timing.n, timing.misses, timing.longest, timing.unanswered) == (5, 3, 2, 0)
    timing.began(0.0)
    timing.gave_none()
    assert (timing.misses, timing.longest, timing.unanswered) == (4, 2, 1)


def test_a_slip_is_a_period_that_went_by_before_a_cycle_began() -> None:
    timing = MethodTiming(0.02, 0.02)
    for late in (0.0199, 0.045, 0.045, 0.05, 0.0, 0.02, -1.0):
        timing.began(late)
    assert timing.slips == 3  # two at 45 ms, once for both cycles that were as late; one at 20 ms


def test_what_is_in_no_loop_has_neither() -> None:
    timing = MethodTiming()
    timing.began(5.0)
    timing.answered(5.0)
    timing.gave_none()
    assert (timing.misses, timing.slips, timing.unanswered) == (0, 0, 1)


def test_answers_are_counted_once_and_from_when_they_were_due() -> None:
    timings = Timings(LOOP)
    timings.began("mav.effectors", "steer", 1, due=10.0, now=10.004)
    timings.answered("mav.effectors", 1, 10.012)
    timings.answered("mav.effectors", 1, 99.0)
    timings.answered("mav.effectors", 7, 99.0)
    timings.ended("mav.effectors", 1)
    timings.began("rover.wheels", "drive", 2, due=0.0, now=0.0)
    timings.ended("rover.wheels", 2)
    told = timings.told()
    steer, drive = told["mav.effectors"]["steer"], told["rover.wheels"]["drive"]
    assert (steer["n"], steer["misses"], steer["unanswered"]) == (1, 1, 0)
    assert steer["response"]["max_s"] == pytest.approx(0.012)
    assert (drive["misses"], drive["unanswered"]) == (0, 1)


@pytest.mark.parametrize(
    ("misses", "floor", "verdict"),
    [(0, 0.0, OK), (1, 0.001, OK), (2, 0.001, MISSED), (0, 0.0011, UNKNOWN), (9, 0.5, UNKNOWN),
     (0, None, UNKNOWN)],
)  # fmt: skip
def test_where_the_floor_is_bad_nobody_can_say(
    misses: int, floor: float | None, verdict: str
) -> None:
    timings = Timings(LOOP)
    for number in range(1000):
        timings.began("mav.effectors", "steer", number, 0.0, 0.0)
        timings.answered("mav.effectors", number, 0.5 if number < misses else 0.001)
    assert timings.verdict(floor) == verdict


def test_a_bench_without_a_loop_has_no_verdict() -> None:
    timings = Timings({})
    timings.began("rover.wheels", "drive", 1, 0.0, 0.0)
    timings.answered("rover.wheels", 1, 9.0)
    assert timings.verdict(0.0) == UNKNOWN


def test_a_deadline_without_a_loop_is_judged_by_the_share_that_a_bench_forgives() -> None:
    for most, verdict in ((0.1, OK), (0.099, MISSED)):
        timings = Timings({("rover.battery", "state"): (0.0, 0.05)}, most)
        for number in range(10):
            timings.began("rover.battery", "state", number, 0.0, 0.3)
            timings.answered("rover.battery", number, 0.05 if number else 0.0501)
        assert timings.verdict(most) == verdict and timings.verdict(most * 1.01) == UNKNOWN
        told = timings.told()["rover.battery"]["state"]
        assert (told["misses"], told["slips"], told["deadline_s"]) == (1, 0, 0.05)


def test_the_part_of_a_histogram_beyond_a_time() -> None:
    histogram = Histogram.of([0.001] * 98 + [0.030] * 2)
    assert histogram.beyond(0.02) == pytest.approx(0.02)
    assert histogram.beyond(0.03) == 0.0 and histogram.beyond(0.0005) == 1.0
    assert Histogram().beyond(0.0) == 0.0
    assert sum(count for _, count in histogram.told()["counts_ns"]) == 100
