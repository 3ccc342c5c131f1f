"""A flight that failed after a loss of which nobody knows whose it is, is no failure."""

from typing import Any

import pytest

from ground.hil.bench_report import junit, summary, verdict_of
from ground.mission_control import Outcome
from ground.testbed.bench.evidence import BenchEvidence, judged
from ground.testbed.bench.file import BenchFile, load_bench
from sim_hw.bench.floor import FLOOR_WAY, Floor
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.port import BenchPort

WHY = "mav.effectors was lost, and this machine was late by 1.00 s itself in that time"


@pytest.mark.parametrize(
    ("verdict", "starved", "then"),
    [
        ("failed", [WHY], "unknown"),
        ("failed", [], "failed"),
        ("complete", [WHY], "complete"),
        ("unknown", [WHY], "unknown"),
    ],
)
def test_the_verdict_of_a_flight(verdict: str, starved: list[str], then: str) -> None:
    outcome = judged(Outcome(verdict, "no orbit", []), starved)
    assert outcome.verdict == then
    told = then != verdict
    assert (WHY in outcome.reason) is told and "no orbit" in outcome.reason


def test_evidence_and_report_tell_why_they_are_unknown(tmp_path: Any) -> None:
    evidence = BenchEvidence(BenchFile(1, "desk", {}, {}), None)
    evidence.timings._timed["mav.effectors", "steer"] = 0.02, 0.02
    evidence.began("mav.effectors", "steer", 1, 0.0, 0.0)
    evidence.answered("mav.effectors", 1, 0.001)
    assert evidence.timings.verdict(0.0) == "ok"
    evidence.starved.append(WHY)
    told = evidence.told(BenchPort([], lambda packet: None), {}, tmp_path)
    assert told["timing"] == evidence.verdict == "unknown" and told["starved"] == [WHY]
    floor = {"miss_rate": 0.0, "rate_hz": 50.0, "slips": 0, "way": "thread",
             "lateness": {"n": 9, "p50_s": 0.0, "p99_s": 0.0, "max_s": 0.0}}  # fmt: skip
    method = evidence.timings.told()["mav.effectors"]["steer"]
    device = {"mode": "real", "state": "armed", "boots": 1, "identity": {}, "clock": None,
              "methods": {"steer": method}}  # fmt: skip
    told |= {"floor": floor, "devices": {"mav.effectors": device}}
    assert verdict_of(told, method) == "unknown"
    assert f"UNKNOWN: {WHY}" in summary(told)
    skipped = junit(told).find("testcase/skipped")
    assert skipped is not None and skipped.get("message") == WHY
    assert verdict_of(told | {"starved": []}, method) == "ok"


@pytest.mark.parametrize(
    ("floor_late", "answers_late", "excused"),
    [(True, True, True), (True, False, False), (False, True, False)],
    ids=["both", "the machine alone", "the device alone"],
)
def test_a_device_that_was_too_late_is_excused_by_a_floor_that_was_so_too(
    floor_late: bool, answers_late: bool, excused: bool
) -> None:
    lateness = Histogram.of([0.5 if floor_late else 0.0001] * 10)
    floor = Floor(50.0, {FLOOR_WAY: lateness}, {FLOOR_WAY: 0}, [])
    bench = load_bench("nozzle_on_a_pty")[1]
    evidence = BenchEvidence(bench, floor)
    assert evidence.not_theirs() == []
    assert evidence._in_flight is not None
    evidence._in_flight.lateness.add(0.0001)
    evidence.began("mav.effectors", "steer", 1, 0.0, 0.0)
    evidence.answered("mav.effectors", 1, 0.1 if answers_late else 0.02)  # exactly its deadline
    said = evidence.not_theirs()
    assert bool(said) is excused
    if excused:
        assert said == [
            "answers of mav.effectors.steer were too late, and this machine missed 100.00% of its "
            "cycles by itself (allowed is 0.10%)"
        ]
