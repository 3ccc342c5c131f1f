"""Faults between a device and its drivers: who is hit, with what, and that all is well after."""

import asyncio
import math
import random
from typing import Any, ClassVar

import pytest

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from sim_hw.faults.actuation_kinds import AcknowledgedWithoutEffect, EffectWithoutAcknowledgement
from sim_hw.faults.answer_kinds import Delayed, Dropout
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.value_kinds import Bias, NotANumber, Stuck
from sim_hw.serving.interposing import NoAnswer


class Depth(Reading, frozen=True, kw_only=True):
    metres: float
    axes: tuple[float, float]
    full: bool


class Pump(DeviceInterface):
    signals: ClassVar = {"drop": Depth}

    @reading()
    async def look(self) -> Depth: ...

    @actuation(limit=5.0)
    async def set_level(self, metres: float) -> Depth: ...


class SimPump(Pump):
    def __init__(self) -> None:
        self.metres = 1.0
        self.calls = 0

    async def look(self) -> Depth:
        self.calls += 1
        return Depth(time_ns=self.calls, metres=self.metres, axes=(1.0, 2.0), full=False)

    async def set_level(self, metres: float) -> Depth:
        self.metres = metres
        return await self.look()


class Held:
    """A fault that is armed; begun and healed by hand."""

    def __init__(self, method: str | None = None, fields: tuple[str, ...] = ()) -> None:
        self.method, self.fields = method, fields
        self.random = random.Random(1)
        self.memory: dict[str, Any] = {}
        self.active = False
        self.since = 0.0
        self.hits: list[tuple[str, Any, Any]] = []

    def now(self) -> float:
        return 10.0

    def hit(self, where: str, before: Any = None, after: Any = None) -> None:
        self.hits.append((where, before, after))


class Bench:
    def __init__(self, kind: DeviceKind, held: Held) -> None:
        self.pump = SimPump()
        self.seam = DeviceSeam(DevicePart("pump", Pump, self.pump))
        self.held = held
        self.disarm = self.seam.arm(kind, held, lambda: held.active)  # type: ignore[arg-type]

    async def ask(self, name: str, **arguments: Any) -> Any:
        return await self.seam.call(Pump.methods[name], arguments, getattr(self.pump, name))

    def told(self) -> list[Any]:
        heard: list[Any] = []
        plain = {"valid": True, "time_ns": 5, "metres": 1.0, "axes": [1.0, 2.0], "full": False}
        self.seam.emit("drop", plain, lambda name, data: heard.append(data))
        return heard


async def test_only_the_fields_that_are_named_are_hit_and_only_while_it_lasts() -> None:
    bench = Bench(NotANumber(), Held("look", ("axes[1]",)))
    assert (await bench.ask("look"))["axes"] == (1.0, 2.0)
    bench.held.active = True
    told = await bench.ask("look")
    assert told["metres"] == 1.0 and told["axes"][0] == 1.0 and math.isnan(told["axes"][1])
    assert (await bench.ask("set_level", metres=3.0))["axes"] == (1.0, 2.0)  # another method
    assert bench.told()[0]["axes"] == [1.0, 2.0]
    ((where, before, after),) = bench.held.hits
    assert where == "pump.look" and before == {"axes[1]": 2.0} and math.isnan(after["axes[1]"])
    bench.held.active = False
    assert (await bench.ask("look"))["axes"] == (1.0, 2.0)


async def test_a_sensor_that_is_stuck_says_what_it_said_last_by_whatever_method() -> None:
    bench = Bench(Stuck(), Held())
    await bench.ask("set_level", metres=2.0)
    bench.held.active = True
    bench.pump.metres = 9.0
    told = await bench.ask("look")
    assert told["metres"] == 2.0 and told["time_ns"] == 2  # with a time stamp of its own
    assert (await bench.ask("set_level", metres=7.0))["metres"] == 2.0
    assert bench.pump.metres == 7.0  # what it does it does
    assert bench.told()[0]["metres"] == 2.0
    bench.held.active = False
    assert (await bench.ask("look"))["metres"] == 7.0


async def test_what_changes_nothing_is_no_hit() -> None:
    bench = Bench(Bias(offset=0.0), Held())
    bench.held.active = True
    await bench.ask("look")
    bench.told()
    assert bench.held.hits == []


async def test_a_dropout_marks_readings_or_says_nothing_at_all() -> None:
    bench = Bench(Dropout(), Held())
    bench.held.active = True
    assert (await bench.ask("look"))["valid"] is False
    assert bench.told()[0]["valid"] is False
    silent = Bench(Dropout(how="silent"), Held())
    silent.held.active = True
    with pytest.raises(NoAnswer):
        await silent.ask("look")
    assert silent.told() == []
    silent.held.active = False
    assert (await silent.ask("look"))["valid"] is True and len(silent.told()) == 1


async def test_a_delayed_answer_tells_of_when_it_was_asked() -> None:
    bench = Bench(Delayed(by=3.0), Held("look"))
    bench.held.active = True
    began = asyncio.get_running_loop().time()
    told = await bench.ask("look")
    assert asyncio.get_running_loop().time() - began == pytest.approx(3.0)
    assert told["time_ns"] == 1


async def test_what_is_acknowledged_without_effect_has_none() -> None:
    bench = Bench(AcknowledgedWithoutEffect(), Held())
    bench.held.active = True
    assert (await bench.ask("set_level", metres=4.0))["metres"] == 4.0
    assert bench.pump.metres == 1.0
    assert (await bench.ask("look"))["metres"] == 1.0  # a reading tells the truth
    bench.held.active = False
    assert (await bench.ask("set_level", metres=4.0))["metres"] == 4.0
    assert bench.pump.metres == 4.0


async def test_what_has_effect_without_acknowledgement_is_done() -> None:
    bench = Bench(EffectWithoutAcknowledgement(), Held())
    bench.held.active = True
    with pytest.raises(NoAnswer):
        await bench.ask("set_level", metres=4.0)
    assert bench.pump.metres == 4.0
    assert (await bench.ask("look"))["metres"] == 4.0


async def test_two_faults_of_one_device_come_one_around_the_other() -> None:
    bench = Bench(Bias(offset=1.0), Held("look", ("metres",)))
    outer = Held("look", ("metres",))
    disarm = bench.seam.arm(Bias(offset=10.0), outer, lambda: outer.active)  # type: ignore[arg-type]
    bench.held.active = outer.active = True
    assert (await bench.ask("look"))["metres"] == 12.0
    disarm()
    assert (await bench.ask("look"))["metres"] == 2.0
    bench.disarm()
    assert (await bench.ask("look"))["metres"] == 1.0
    assert bench.seam.is_clear
