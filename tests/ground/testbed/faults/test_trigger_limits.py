"""When a fault begins, to the instant: counts, delays, states that are left, chances, tubes."""

import asyncio
import math
import random
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import EventReport, Severity, Telemetry
from ground.testbed.faults.triggers import Triggers
from sim_hw.faults.fault import After, At, Chance, InState, Tubes


def event(name: str, source: str = "rover", **data: Any) -> EventReport:
    return EventReport(source, name, Severity.ACTIVITY_LO, 1, "text", data, 1)


class Begun:
    """When and why something began."""

    def __init__(self) -> None:
        self.at: list[tuple[float, str]] = []

    def __call__(self, why: str) -> None:
        self.at.append((asyncio.get_running_loop().time(), why))


def chance(value: float) -> Any:
    return SimpleNamespace(expovariate=lambda rate: value / rate)


ANY = random.Random(1)


async def test_at_once_at_a_time_and_at_one_that_is_over() -> None:
    triggers, begun = Triggers(), Begun()
    triggers.wait(None, ANY, begun)
    triggers.wait(At(50.0), ANY, begun)
    triggers.wait(At(0.0), ANY, begun)
    given_up = triggers.wait(At(60.0), ANY, begun)
    given_up()
    await asyncio.sleep(100.0)
    triggers.wait(At(99.0), ANY, begun)
    assert begun.at == [
        (0.0, "at once"), (0.0, "at 0 s"), (50.0, "at 50 s"), (100.0, "at 99 s"),
    ]  # fmt: skip


async def test_after_so_many_events_of_that_source_and_name_and_once() -> None:
    triggers, begun = Triggers(), Begun()
    triggers.wait(After("rover.moved", 5.0, 3), ANY, begun)
    for each in (event("moved"), event("moved", "lander"), event("stopped"), event("moved")):
        triggers.heard(each)
    await asyncio.sleep(10.0)
    assert begun.at == []
    for _ in range(4):
        triggers.heard(event("moved"))
    await asyncio.sleep(10.0)
    assert begun.at == [(15.0, "after rover.moved")]


async def test_what_is_given_up_does_not_begin_neither_before_nor_in_its_delay() -> None:
    triggers, begun = Triggers(), Begun()
    stop = triggers.wait(After("rover.moved", 5.0), ANY, begun)
    triggers.heard(event("moved"))
    await asyncio.sleep(1.0)
    stop()
    early = triggers.wait(After("rover.moved"), ANY, begun)
    early()
    early()
    triggers.heard(event("moved"))
    await asyncio.sleep(10.0)
    assert begun.at == []


async def test_a_state_that_is_left_before_its_time_counts_from_its_next_begin() -> None:
    triggers, begun = Triggers(), Begun()
    triggers.wait(InState("rover.working.driving", 10.0), ANY, begun)
    triggers.heard(event("mode_changed", after="working.driving.fast"))
    await asyncio.sleep(9.0)
    triggers.heard(event("mode_changed", after="working.driving"))  # still within it
    triggers.heard(event("mode_changed", "lander", after="idle"))
    triggers.heard(Telemetry("rover", 1, {"mode": "working"}, 1))
    await asyncio.sleep(5.0)
    assert begun.at == []
    triggers.heard(Telemetry("rover", 1, {"mode": "working.driving"}, 1))
    await asyncio.sleep(9.9)
    triggers.heard(Telemetry("rover", 1, {"charge": 0.5}, 1))
    await asyncio.sleep(30.0)
    assert begun.at == [(24.0, "10 s in rover.working.driving")]


async def test_a_state_with_a_like_name_is_another_and_one_that_is_there_counts_at_once() -> None:
    triggers, begun = Triggers(), Begun()
    triggers.heard(event("mode_changed", after="safety"))
    triggers.wait(InState("rover.safe"), ANY, begun)
    await asyncio.sleep(1.0)
    assert begun.at == []
    triggers.heard(event("mode_changed", after="safe"))
    await asyncio.sleep(1.0)
    assert [at for at, _ in begun.at] == [1.0]
    triggers.wait(InState("rover.safe", 3.0), ANY, begun)
    stop = triggers.wait(InState("rover.safe", 2.0), ANY, begun)
    stop()
    await asyncio.sleep(9.0)
    assert [at for at, _ in begun.at] == [1.0, 5.0]


@pytest.mark.parametrize(
    ("probability", "per", "at"),
    [(1.0, 100.0, 0.0), (0.5, 100.0, 100.0), (0.0, 100.0, None), (0.75, 50.0, 25.0)],
)
async def test_a_chance_per_time_is_that_of_a_rate(
    probability: float, per: float, at: float | None
) -> None:
    triggers, begun = Triggers(), Begun()
    triggers.wait(Chance(probability, per), chance(math.log(2.0)), begun)
    await asyncio.sleep(1e4)
    assert [round(when, 6) for when, _ in begun.at] == ([] if at is None else [at])


async def test_tubes_count_when_there_are_enough_and_only_once() -> None:
    triggers, begun = Triggers(), Begun()
    there = {"container": 0}
    triggers.tubes_at = lambda place: there.get(place, 99)
    triggers.wait(Tubes(3, "container"), ANY, begun)
    for count in (1, 2):
        there["container"] = count
        triggers.tubes_moved()
    await asyncio.sleep(1.0)
    assert begun.at == []
    there["container"] = 3
    triggers.tubes_moved()
    assert begun.at == [], "not from within the motion"
    await asyncio.sleep(1.0)
    there["container"] = 4
    triggers.tubes_moved()
    await asyncio.sleep(1.0)
    assert begun.at == [(1.0, "3 tubes were at container")], "and only once"
