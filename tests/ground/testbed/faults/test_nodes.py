"""Faults of computers: deaths, hangs, clocks; what they do, and that they heal."""

from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import CommandReport
from sim_hw.faults.fault import InState
from sim_hw.faults.node_kinds import (
    ClockDrift,
    ClockFreeze,
    ClockStep,
    Crash,
    CrashLoop,
    Hang,
    Lost,
    RestartWithoutMemory,
    Slow,
)
from tests.ground.testbed.faults.flights import Flight, at, fault, flown

COLD = 30.0


def boots(flight: Flight, who: str) -> list[float]:
    """When it started, but for the first time."""
    return [time for time, _ in flight.events(who, "booted") if time > 10.0]


def test_deaths_are_followed_by_starts_and_a_loop_ends_when_it_is_healed(tmp_path: Path) -> None:
    flight = flown(
        tmp_path,
        fault("crash", "node:lander", Crash(), at(700.0)),
        fault("loop", "node:rover", CrashLoop(after=50.0), at(1000.0), 300.0),
        fault("blank", "node:arm", RestartWithoutMemory(), at(1500.0)),
        fault("ground", "node:ground", Crash(), at(2000.0)),
    )
    assert boots(flight, "lander") == [pytest.approx(700.0 + COLD)]
    again = boots(flight, "rover")
    assert again == pytest.approx([1030.0 + 80.0 * n for n in range(4)])
    assert len(flight.of("loop", "hit")) == 4 and len(flight.of("crash", "hit")) == 1
    ((_, damaged),) = flight.events("arm", "store_damaged")
    assert "is missing" in damaged.text
    assert not flight.events("lander", "store_damaged")
    assert flight.record.boots["ground"] == 2


def test_a_process_that_stands_says_nothing_and_then_all_that_is_due(tmp_path: Path) -> None:
    flight = flown(tmp_path, fault("hang", "node:lander", Hang(of="process"), at(1000.0), 1500.0))
    without = flown(tmp_path, name="without")
    told = [time for time, message in flight.told if getattr(message, "source", "") == "lander"]
    assert not [time for time in told if 1000.0 < time < 2500.0]
    assert [time for time in told if time == 2500.0]  # what was due while it stood
    expected = [t for t, m in without.told if getattr(m, "source", "") == "lander"]
    assert [time for time in expected if 1000.0 < time < 2500.0]
    assert [time for time in told if time > 2500.0]
    assert flight.telemetry("rover")  # the others go on
    assert flight.record.boots["lander"] == 1


def test_a_computer_that_hangs_is_cured_by_its_death(tmp_path: Path) -> None:
    flight = flown(
        tmp_path,
        fault("hang", "node:lander", Hang(of="process"), at(1000.0)),
        fault("reset", "node:lander", Crash(), at(1200.0)),
        fault("mail", "node:rover", Hang(), at(1000.0)),
        fault("reset_too", "node:rover", Crash(), at(1200.0)),
        sols=0.1,
    )
    assert boots(flight, "lander") == [pytest.approx(1230.0)]
    assert boots(flight, "rover") == [pytest.approx(1230.0)]
    for who in ("lander", "rover"):
        assert [time for time in flight.telemetry(who) if time > 1300.0]


def reports(flight: Flight) -> list[float]:
    """When the lander reported of a command: of one that comes at 6963 s."""
    return [
        time
        for time, message in flight.told
        if isinstance(message, CommandReport) and message.source == "lander"
    ]


def test_a_mailbox_that_is_not_emptied_leaves_telemetry_and_no_reaction(tmp_path: Path) -> None:
    flight = flown(tmp_path, fault("hang", "node:lander", Hang(), at(6900.0), 1100.0), sols=0.1)
    without = flown(tmp_path, name="without", sols=0.1)
    assert [time for time in reports(without) if 6900.0 < time < 8000.0]
    assert next(time for time in reports(flight) if time > 6900.0) == 8000.0
    assert [time for time in flight.telemetry("lander") if 6900.0 < time < 8000.0]


def test_a_slow_computer_acts_late_and_only_while_it_is_slow(tmp_path: Path) -> None:
    slow = fault("slow", "node:lander", Slow(by=100.0), at(6900.0), 1000.0)
    flight = flown(tmp_path, slow, sols=0.1)
    told = [time for time, message in flight.told if getattr(message, "source", "") == "lander"]
    during = [time for time in told if 6900.0 < time < 7900.0]
    assert during and all(time % 100.0 < 0.01 for time in during)
    assert reports(flight)[0] == pytest.approx(7000.0, abs=0.01)
    assert len(flight.of("slow", "hit")) == 10
    ended = flown(
        tmp_path, fault("slow", "node:lander", Slow(by=100.0), at(6000.0), 900.0), sols=0.1
    )
    without = flown(tmp_path, name="without", sols=0.1)
    assert reports(ended)[0] == pytest.approx(reports(without)[0], abs=0.01)


@pytest.mark.parametrize(
    ("kind", "stamp"),
    [
        (ClockStep(by=-50.0), lambda time, first: time - 50.0),
        (ClockDrift(rate=0.01), lambda time, first: time + 0.01 * (time - 1000.0)),
        (ClockFreeze(), lambda time, first: first),
    ],
    ids=["step", "drift", "freeze"],
)
def test_a_clock_goes_wrong_and_is_right_again(tmp_path: Path, kind: Any, stamp: Any) -> None:
    flight = flown(
        tmp_path,
        fault("clock", "node:rover", kind, at(1000.0), 1200.0),
        fault("crash", "node:rover", Crash(), at(1500.0)),  # the oscillator is not cured by that
        fault("again", "node:rover", Crash(), at(1800.0)),
        fault("late", "node:rover", Crash(), at(2600.0)),
    )
    stamps = [(time, told.time_ns / 1e9) for time, told in flight.events("rover")]
    wrong = [(time, told) for time, told in stamps if 1000.0 <= time < 2200.0]
    assert wrong
    if isinstance(kind, ClockFreeze):
        assert wrong[0][1] == pytest.approx(1530.0) and len(wrong) > 1
    for time, told in wrong:
        assert told == pytest.approx(stamp(time, wrong[0][1]), abs=1e-3)
    right = [(time, told) for time, told in stamps if not 1000.0 <= time < 2200.0]
    assert [time for time, _ in right if time > 2600.0]
    for time, told in right:
        assert told == pytest.approx(time, abs=1e-6)


def test_a_vehicle_that_is_lost_comes_back_when_it_is_healed(tmp_path: Path) -> None:
    flight = flown(
        tmp_path,
        fault("lost", "node:rover", Lost(), at(1000.0), 1000.0),
        fault("after", "node:lander", Crash(), InState(state="lander.safe", held=1e6)),
    )
    told = [time for time, message in flight.told if getattr(message, "source", "") == "rover"]
    assert not [time for time in told if 1000.0 < time < 2000.0]
    assert boots(flight, "rover") == [pytest.approx(2000.0 + COLD)]
    assert not flight.record.lost and not flight.of("after", "began")
