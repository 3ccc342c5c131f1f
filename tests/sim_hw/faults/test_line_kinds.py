"""Faults of the line of a simulated device: as a bench has them at the wire of a real one."""

import asyncio
import random
from typing import Any

import pytest

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceFault, DeviceInterface, Reading, actuation, reading
from sim_hw.faults.line_kinds import Corrupt, Delay, Drop, LineKind, Open, Short, Stuck
from sim_hw.faults.line_seam import LineSeam
from sim_hw.faults.targets import NamedPart
from sim_hw.serving.interposing import NoAnswer


class Level(Reading, frozen=True, kw_only=True):
    metres: float


class Pump(DeviceInterface):
    fault_codes = ("no_power", "dry")

    @reading(limit=2.0)
    async def look(self) -> Level: ...

    @actuation(limit=60.0)
    async def fill(self, metres: float) -> Level: ...


class SimPump(Pump):
    def __init__(self) -> None:
        self.metres = 0.0

    async def look(self) -> Level:
        return Level(time_ns=0, metres=self.metres)

    async def fill(self, metres: float) -> Level:
        while self.metres < metres:
            await asyncio.sleep(0.1)
            self.metres += 0.1
        return await self.look()


class Held:
    """A fault that has begun."""

    def __init__(self) -> None:
        self.random = random.Random(1)
        self.hits: list[tuple[str, Any, Any]] = []

    def hit(self, where: str, before: Any = None, after: Any = None) -> None:
        self.hits.append((where, before, after))


class Bench:
    def __init__(self) -> None:
        self.pump, self.held = SimPump(), Held()
        self.seam = LineSeam("pump", self.pump, lambda: None)

    def begin(self, kind: LineKind) -> Any:
        return kind.begin(self.seam, self.held)  # type: ignore[arg-type]

    async def ask(self, name: str = "look", **arguments: Any) -> Any:
        return await self.seam.call(Pump.methods[name], arguments, getattr(self.pump, name))


async def faults_after(work: Any) -> float:
    """After how many s a call ends in the fault of a loss."""
    begun = asyncio.get_running_loop().time()
    with pytest.raises(DeviceFault, match="the line is broken") as fault:
        await work
    assert fault.value.code == "no_power"
    return asyncio.get_running_loop().time() - begun


@pytest.mark.parametrize("kind", [Open(), Short()])
async def test_a_cut_line_is_a_loss_within_a_second_and_stops_what_moves(kind: LineKind) -> None:
    bench = Bench()
    loop = asyncio.get_running_loop()
    fill = loop.create_task(bench.ask("fill", metres=50.0))
    await asyncio.sleep(3.05)
    heal = bench.begin(kind)
    look = loop.create_task(bench.ask())
    assert await faults_after(fill) == pytest.approx(1.0)
    await faults_after(look)
    stands = bench.pump.metres
    assert stands == pytest.approx(4.0) and bench.held.hits
    await asyncio.sleep(1.0)
    assert await faults_after(bench.ask()) == 0.0 and bench.pump.metres == stands
    heal()
    await asyncio.sleep(0.4)
    assert await faults_after(bench.ask()) == 0.0  # not yet
    await asyncio.sleep(0.2)
    assert (await bench.ask())["metres"] == stands


async def test_a_cut_that_is_mended_sooner_loses_what_was_said_meanwhile_alone() -> None:
    bench = Bench()
    heal = bench.begin(Open())
    look = asyncio.get_running_loop().create_task(bench.ask())
    await asyncio.sleep(0.9)
    heal()
    with pytest.raises(NoAnswer):
        await look
    assert (await bench.ask())["metres"] == 0.0
    await asyncio.sleep(1.0)
    assert (await bench.ask())["metres"] == 0.0


async def test_a_call_that_its_driver_gives_up_is_no_fault_of_the_line() -> None:
    bench = Bench()
    fill = asyncio.get_running_loop().create_task(bench.ask("fill", metres=5.0))
    await asyncio.sleep(0.3)
    bench.begin(Open())
    fill.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fill
    await asyncio.sleep(2.0)
    assert bench.seam._under_way == {}


async def test_late_stuck_and_lost_answers() -> None:
    bench = Bench()
    heal = bench.begin(Delay(by=0.4))
    begun = asyncio.get_running_loop().time()
    await bench.ask()
    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.4)
    heal()
    heal = bench.begin(Stuck())
    assert (await bench.ask())["metres"] == 0.0
    bench.pump.metres = 1.0
    assert (await bench.ask())["metres"] == 0.0 and bench.held.hits[-1][2]["metres"] == 0.0
    heal()
    assert (await bench.ask())["metres"] == 1.0
    for kind in (Drop(share=1.0), Corrupt(share=1.0)):
        heal = bench.begin(kind)
        with pytest.raises(NoAnswer):
            await bench.ask()
        heal()
    assert bench.held.hits[-1] == ("pump", "a call", "a damaged one")
    assert (await bench.ask())["metres"] == 1.0


async def test_half_of_what_goes_over_it_is_lost() -> None:
    bench, lost = Bench(), 0
    bench.begin(Drop(share=0.5))
    for _ in range(200):
        try:
            await bench.ask()
        except NoAnswer:
            lost += 1
    assert 130 <= lost <= 170  # three in four: there and back


def test_it_is_of_the_whole_line() -> None:
    for method, fields, key in (("look", (), "method"), (None, ("metres",), "fields")):
        with pytest.raises(NotAllowed) as refused:
            Open().check(NamedPart("pump"), method, fields)
        assert refused.value.keys[0] == key
    Open().check(NamedPart("pump"), None, ())
