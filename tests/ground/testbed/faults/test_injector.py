"""Faults in a run: their triggers, their hits in the folder, their end, and nothing besides."""

import json
from pathlib import Path
from typing import Any

import pytest

from ground.reports.flight import fly_mission
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.faults.injector import FaultRefused
from ground.testbed.fly import fly
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import Run, RunOptions
from sim_hw.faults.fault import After, At, Chance, Fault, InState, Nth, Target, Trigger, Until
from sim_hw.faults.kind import FaultKind
from sim_hw.faults.value_kinds import Bias, Noise, NotANumber
from tests.ground.testbed.test_run import small_mission

BATTERY = Target("device", "lander.battery")
IN_MEMORY = Virtual(in_memory=True)


def fault(
    identifier: str = "a",
    kind: FaultKind | None = None,
    when: Trigger | None = None,
    lasts: float | Until | None = None,
    target: Target = BATTERY,
) -> Fault:
    kind = NotANumber() if kind is None else kind
    return Fault(id=identifier, target=target, kind=kind, when=when, lasts=lasts)


def flown(tmp_path: Path, *faults: Fault, name: str = "run") -> tuple[RunRecord, list[Any]]:
    out = tmp_path / name
    record = fly(small_mission(tmp_path, 0.05), out, RunOptions(faults=faults), IN_MEMORY)
    lines = out / "faults.jsonl"
    told = [json.loads(line) for line in lines.read_text().splitlines()] if faults else []
    assert faults or not lines.exists()
    return record, told


def test_what_is_null_or_never_hits_leaves_the_hash_as_it_was(tmp_path: Path) -> None:
    without, _ = flown(tmp_path, name="without")
    null, told = flown(
        tmp_path,
        fault("null", Bias(offset=0.0), At(at=10.0), 900.0),
        fault("still", Noise(sigma=0.0)),
        fault("never", NotANumber(), Nth(nth=10_000)),
        fault("late", NotANumber(), InState(state="rover.safe", held=1.0)),
        fault("unlucky", NotANumber(), Chance(probability=0.0)),
    )
    assert null.log_sha256 == without.log_sha256
    assert "hit" not in [line["what"] for line in told]


def test_triggers_begin_faults_and_their_time_ends_them(tmp_path: Path) -> None:
    record, told = flown(
        tmp_path,
        fault("at", when=At(at=1000.0), lasts=2000.0),
        fault("after", when=After(after="lander.booted", delay=7.0), lasts=1.0),
        fault("nth", Bias(offset=1.0), Nth(nth=8)),
        fault("until", when=At(at=5.0), lasts=Until(until="rover.booted")),
    )
    without, _ = flown(tmp_path, name="without")
    assert record.log_sha256 != without.log_sha256

    def of(name: str, what: str) -> list[Any]:
        return [line for line in told if (line["fault"], line["what"]) == (name, what)]

    assert [line["time"] for line in of("at", "began")] == [1000.0]
    assert [line["time"] for line in of("at", "healed")] == [3000.0]
    assert of("at", "hit") and all(1000.0 <= line["time"] < 3000.0 for line in of("at", "hit"))
    began, healed = of("after", "began")[0]["time"], of("after", "healed")[0]["time"]
    assert healed == pytest.approx(began + 1.0) and began >= 7.0
    assert len(of("nth", "hit")) == 1 and of("nth", "began")[0]["why"] == "call 8"
    assert of("until", "began") and not of("until", "healed")  # the rover boots once, before


def test_a_fault_is_armed_and_healed_in_mid_run(tmp_path: Path) -> None:
    seen: list[Any] = []

    def look(run: Run) -> None:
        if run.now() > 600.0 and not run.faults.counts:
            run.faults.arm(fault("b"))
            with pytest.raises(FaultRefused, match="was armed already"):
                run.faults.arm(fault("b"))
            with pytest.raises(FaultRefused, match="there is no device lander\\.boiler"):
                run.faults.arm(fault("c", target=Target("device", "lander.boiler")))
        if run.faults.active and run.faults.counts["b"] >= 1:
            run.faults.heal("b")
            run.faults.heal_all()
            seen.append((run.now(), list(run.faults.hits)))

    out = tmp_path / "run"
    fly_mission(small_mission(tmp_path, 0.05), out, host=IN_MEMORY, show=look)
    ((time, hits),) = seen
    assert hits and hits[-1].time <= time  # the vehicle asks again, before a display looks
    told = [json.loads(line)["what"] for line in (out / "faults.jsonl").read_text().splitlines()]
    assert told == ["armed", "began", *["hit"] * len(hits), "healed"]


def test_a_stream_of_its_own_makes_the_same_errors_in_each_run(tmp_path: Path) -> None:
    noise = fault("noise", Noise(sigma=1.0))
    one, _ = flown(tmp_path, noise, name="one")
    two, _ = flown(tmp_path, noise, name="two")
    other, _ = flown(tmp_path, fault("other", Noise(sigma=1.0)), name="three")
    assert one.log_sha256 == two.log_sha256 != other.log_sha256
