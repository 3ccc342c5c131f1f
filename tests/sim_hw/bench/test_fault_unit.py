"""Faults of a real device's line: link and device meet them as they would meet a broken cable."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.runtime.nursery import Nursery
from sim_hw.bench.device_link import DeviceLink
from sim_hw.bench.wanted import Wanted
from sim_hw.bench.wire.fault_unit import FaultUnit
from sim_hw.bench.wire.tap import TappedWire
from sim_hw.bench.wire.wire import Wire, WireLost
from tests.sim_hw.bench.reference_device import ReferenceDevice


class Bench:
    """A link to the reference device, with its fault unit."""

    def __init__(self, nursery: Nursery) -> None:
        self.device = ReferenceDevice()
        self.told: list[list[Any]] = []
        self.unit = FaultUnit("rover.wheels", self.told.append)
        wanted = Wanted("rover.wheels", "Wheels", interface_hash(Wheels))
        self.link = DeviceLink(wanted, self._open, self.told.append)
        self._number = 0
        nursery.start(self.link.run(), name="link")

    async def _open(self) -> Wire:
        if self.unit.cut_by:
            raise WireLost(f"broken by {self.unit.cut_by}")
        return TappedWire(self.device.wire(), "rover.wheels", self.unit, None)

    def states(self) -> list[str]:
        return [each[2] for each in self.told if each[0] == "state"]

    def hits(self) -> list[list[Any]]:
        return [each[2:] for each in self.told if each[0] == "fault"]

    async def ask(self, method: str = "state", limit: float = 0.4, **arguments: Any) -> list[Any]:
        """Result, error and reason of a call."""
        self._number += 1
        self.link.call(self._number, method, arguments, limit, limit)
        await asyncio.sleep(limit + 0.1)
        found = [each for each in self.told if each[0] == "reply" and each[2] == self._number]
        return list(found[0][3:6]) if found else []


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Nursery("bench") as nursery:
        made = Bench(nursery)
        await asyncio.sleep(0.5)
        assert made.states()[-1] == "armed"
        yield made
        nursery.cancel()


@pytest.mark.parametrize("kind", ["open", "short"])
async def test_a_line_that_is_cut_loses_the_device_whose_dead_man_stops_it(
    bench: Bench, kind: str
) -> None:
    bench.link.call(900, "drive", {"distance": 10.0}, 60.0, 60.0)
    await asyncio.sleep(1.0)
    bench.unit.begin("cable", kind, 0.0)
    await asyncio.sleep(0.9)
    assert bench.states()[-1] == "armed"  # silent, and not for long enough
    await asyncio.sleep(0.5)
    assert bench.states()[-1] == "lost" and bench.device.motion is None
    assert 1.5 < bench.device.odometer < 2.5
    replied = [each for each in bench.told if each[0] == "reply" and each[2] == 900]
    assert replied[0][4] == "lost" and bench.hits()[0][0] == "cable"
    await asyncio.sleep(5.0)
    assert bench.states()[-1] == "lost"  # as long as it lasts
    bench.unit.heal("cable")
    await asyncio.sleep(0.5)
    assert bench.states()[-1] == "armed" and len(bench.device.asked) == 1


async def test_what_is_late_comes_late_and_nothing_else_is_different(bench: Bench) -> None:
    bench.unit.begin("slow", "delay", 0.3)
    assert (await bench.ask(limit=0.29))[1] == "lost"  # it gave no answer in time
    assert (await bench.ask(limit=0.4))[1] == ""
    await asyncio.sleep(3.0)
    assert bench.states()[-1] == "armed" and bench.hits()[0][1:] == [
        "rover.wheels heard", "at once", "0.3 s later"
    ]  # fmt: skip
    bench.unit.heal("slow")
    await asyncio.sleep(0.5)
    assert (await bench.ask(limit=0.1))[1] == ""


@pytest.mark.parametrize("kind", ["drop", "corrupt"])
async def test_what_is_dropped_or_damaged_is_taken_by_nobody(bench: Bench, kind: str) -> None:
    bench.unit.begin("noise", kind, 0.5)
    answers = [await bench.ask() for _ in range(12)]
    lost = [each for each in answers if not each or each[1] == "lost"]
    assert 2 <= len(lost) < 12 and bench.hits()[0][0] == "noise"
    assert {each[0] for each in bench.told if each[0] == "reply"} == {"reply"}
    assert bench.device.asked == []
    bench.unit.heal("noise")
    await asyncio.sleep(3.0)
    assert (await bench.ask())[1] == ""


async def test_what_is_stuck_is_the_first_answer_since_and_its_heartbeat_goes_on(
    bench: Bench,
) -> None:
    bench.unit.begin("stuck", "stuck", 0.0)
    first = await bench.ask()
    assert bench.hits() == []  # nothing has changed yet
    assert (await bench.ask("drive", 2.0, distance=1.0))[1] == ""
    again = await bench.ask()
    assert again[0] == first[0] and bench.device.odometer == pytest.approx(1.0)
    assert bench.hits()[-1][0] == "stuck" and bench.hits()[-1][2]["odometer"] == pytest.approx(1.0)
    await asyncio.sleep(3.0)
    assert bench.states()[-1] == "armed"
    bench.unit.heal("stuck")
    assert (await bench.ask())[0]["odometer"] == pytest.approx(1.0)


async def test_another_fault_that_is_healed_and_an_unknown_kind_change_nothing(
    bench: Bench,
) -> None:
    bench.unit.begin("melt", "melt", 0.0)
    bench.unit.heal("never")
    assert bench.unit.is_clear and (await bench.ask())[1] == ""
