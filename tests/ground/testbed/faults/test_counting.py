"""Which call, message or frame a fault takes: the limits exactly met."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.runtime.nursery import Nursery
from ground.testbed.faults.injector import Faults
from sim_hw.faults.fault import At, Chance, Fault, Nth, Trigger
from sim_hw.faults.value_kinds import NotANumber
from tests.ground.testbed.faults.flights import fault


class Seam:
    def __init__(self) -> None:
        self.takes: Any = None

    def arm(self, kind: Any, injection: Any, takes: Any) -> Any:
        self.takes = takes
        return lambda: None


class Armed:
    """A fault at a seam that only asks whether it takes a call."""

    def __init__(self, folder: Path, given: Fault) -> None:
        self.seam = Seam()
        self.faults = Faults(1, lambda: folder, lambda: Nursery("none"))
        self.faults.seams = {"device": lambda name: self.seam}
        self.faults.arm(given)

    def calls(self, count: int) -> list[bool]:
        return [self.seam.takes() for _ in range(count)]


def nan(when: Trigger | None, lasts: float | None = None) -> Fault:
    return fault("a", "device:x", NotANumber(), when, lasts)


N, Y = False, True


@pytest.mark.parametrize(
    ("when", "lasts", "taken"),
    [
        (Nth(nth=1), None, [Y, N, N, N, N]),
        (Nth(nth=3), None, [N, N, Y, N, N]),
        (Nth(nth=3, calls=2), None, [N, N, Y, Y, N]),
        (Nth(nth=3), 10.0, [N, N, Y, Y, Y]),
        (Nth(nth=2, calls=2), 10.0, [N, Y, Y, N, N]),
        (Chance(probability=0.0), None, [N] * 5),
        (Chance(probability=1.0), None, [Y] * 5),
        (At(at=5.0), None, [N] * 5),
        (None, None, [Y] * 5),
    ],
)
async def test_the_calls_that_are_taken(
    tmp_path: Path, when: Trigger | None, lasts: float | None, taken: list[bool]
) -> None:
    assert Armed(tmp_path, nan(when, lasts)).calls(5) == taken


async def test_none_is_taken_before_its_begin_nor_at_its_end(tmp_path: Path) -> None:
    armed = Armed(tmp_path, nan(At(at=5.0), 2.0))
    await asyncio.sleep(4.999)
    assert armed.calls(1) == [N]
    await asyncio.sleep(0.002)
    assert armed.calls(1) == [Y]
    await asyncio.sleep(2.0)
    assert armed.calls(1) == [N]
    assert armed.faults.began == {"a": 5.0} and armed.faults.healed == {"a": 7.0}


async def test_one_that_was_healed_before_it_began_never_begins(tmp_path: Path) -> None:
    for when in (At(at=5.0), Nth(nth=2), Chance(probability=1.0)):
        armed = Armed(tmp_path, nan(when))
        armed.faults.heal("a")
        armed.faults.heal("a")
        await asyncio.sleep(10.0)
        assert armed.calls(5) == [N] * 5 and armed.faults.began == {}


async def test_counting_goes_on_while_it_lasts_and_not_after(tmp_path: Path) -> None:
    armed = Armed(tmp_path, nan(Nth(nth=2), 10.0))
    assert armed.calls(3) == [N, Y, Y]
    await asyncio.sleep(10.1)
    assert armed.calls(3) == [N, N, N]


async def test_the_time_of_one_by_chance_runs_from_its_first_hit(tmp_path: Path) -> None:
    armed = Armed(tmp_path, nan(Chance(probability=1.0), 10.0))
    await asyncio.sleep(3.0)
    assert armed.faults.began == {}
    assert armed.calls(2) == [Y, Y]
    await asyncio.sleep(9.9)
    assert armed.calls(2) == [Y, Y]
    await asyncio.sleep(0.2)
    assert armed.calls(2) == [N, N]
    assert armed.faults.began == {"a": 3.0} and armed.faults.healed == {"a": 13.0}


async def test_of_a_million_hits_some_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    armed = Armed(tmp_path, nan(None))
    injected = armed.faults._injected["a"]
    for _ in range(5000):
        injected.hit("x", 1.0, float("nan"))
    assert armed.faults.counts == {"a": 5000}
    numbers = [hit.number for hit in armed.faults.hits]
    assert numbers == [*range(1, 101), 128, 256, 512, 1024, 2048, 4096]
    assert armed.faults.hits[0].after == "nan"
