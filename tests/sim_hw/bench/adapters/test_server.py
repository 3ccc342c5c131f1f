"""The device's side of the protocol over an adapter keeps all its rules, in virtual time."""

import asyncio
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from flight.icd.codec import decode_plain, pack
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.mobility import Wheels
from ground.hil.conformance import PASSED, Kit, check_device
from ground.hil.probes import PROBES
from sim_hw.bench.adapters.adapter import AdapterSetting, Identity, Progress, Sample
from sim_hw.bench.adapters.process import Worker
from sim_hw.bench.adapters.server import MappedDevice
from sim_hw.bench.adapters.trial import wire_to
from sim_hw.bench.wire.client import LinkLost, ProtocolClient
from sim_hw.bench.wire.memory_wire import MemoryWire
from sim_hw.bench.wire.wire import Wire
from tests.sim_hw.bench.adapters.motor_adapter import Does, MotorAdapter


class Desk:
    """One adapter, and the plug to it: each connection is a new process of it, so to say."""

    def __init__(self, does: str = "right", adapter: type[MotorAdapter] = MotorAdapter) -> None:
        self.adapter = adapter(AdapterSetting(Wheels, "desk", Does(does), Path()))
        self.adapter.now = asyncio.get_running_loop().time
        self.failed: list[str] = []

    def wire(self) -> MemoryWire:
        identity = Identity("demo-motor", "SN1", "0.1")
        return wire_to(self.adapter, identity, on_failed=self.failed.append)

    async def client(self, *, safe: bool = False) -> ProtocolClient:
        self.effects: list[dict[str, Any]] = []
        client = ProtocolClient(
            self.wire(), "test", on_said=lambda said: self.effects.append(said.data)
        )
        client.start(1)
        if not safe:
            await client.own("safe", on=False)
        return client


@pytest.mark.requirement("HIL-08")
async def test_it_passes_the_conformance_kit() -> None:
    desk = Desk()

    async def open_wire() -> Wire:
        return desk.wire()

    rows = await check_device(Kit(Wheels, open_wire), PROBES)
    assert [row for row in rows if row.verdict != PASSED] == []
    assert {row.rule for row in rows} == set(range(8)) and desk.failed == []


async def test_a_motion_tells_its_effects_and_one_that_is_cancelled_how_far_it_was() -> None:
    desk = Desk()
    client = await desk.client()
    told = await client.call("drive", {"distance": -2.0}, limit=5.0)
    assert told.result["distance"] == -2.0 and len(desk.effects) > 40
    assert (desk.effects[-1]["state"], desk.effects[-1]["distance"]) == ("done", -2.0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await client.call("drive", {"distance": 2.0}, limit=5.0)
    await asyncio.sleep(0.01)
    last = desk.effects[-1]
    assert last["state"] == "cancelled" and 0.45 < last["distance"] < 0.55
    assert await client.call("drive", {"distance": 0.1}, limit=5.0)  # it is free again
    client.close()


async def test_safe_stops_it_faults_the_call_and_is_said_to_the_adapter() -> None:
    desk = Desk()
    client = await desk.client()
    task = asyncio.get_running_loop().create_task(
        client.call("drive", {"distance": 9.0}, limit=20.0)
    )
    await asyncio.sleep(1.0)
    before = desk.adapter.safed
    await client.own("safe", on=True)
    with pytest.raises(DeviceFault) as fault:
        await task
    assert fault.value.code == "safed" and desk.adapter.safed == before + 1
    with pytest.raises(DeviceFault, match="it is safe"):
        await client.call("drive", {"distance": 1.0}, limit=5.0)
    assert desk.adapter.asked == [("drive", 9.0)]
    client.close()


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("raises", "ZeroDivisionError: of its own"),
        ("nonsense", "state answered nonsense"),
        ("not a number", "a number is not finite"),
    ],
)
async def test_what_is_no_fault_of_the_interface_is_the_end_of_the_device(
    does: str, words: str
) -> None:
    desk = Desk(does)
    client = await desk.client()
    with pytest.raises(LinkLost, match=words):
        await client.call("state", {}, limit=5.0)
    assert len(desk.failed) == 1 and client.lost


class Unwilling(MotorAdapter):
    """Refuses in each way that is allowed."""

    def begin(self, method: str, arguments: Any) -> None:
        if method == "drive":
            raise DeviceFault("stall", "the motor draws too much")
        raise DeviceRejected("not on this desk")

    def read(self, method: str, arguments: Any) -> Sample:
        return Sample({}, 0.0) if self.does == "empty" else super().read(method, arguments)


class Odd(MotorAdapter):
    """Answers with what is no progress."""

    def advance(self) -> Progress:
        return Progress(True, {}, {"distance": 1.0})


async def test_a_fault_of_the_interface_is_told_and_nothing_is_lost() -> None:
    desk = Desk(adapter=Unwilling)
    client = await desk.client()
    with pytest.raises(DeviceFault, match="draws too much") as fault:
        await client.call("drive", {"distance": 1.0}, limit=5.0)
    assert fault.value.code == "stall"
    with pytest.raises(DeviceRejected, match="not on this desk"):
        await client.call("turn", {"angle": 1.0}, limit=5.0)
    assert (await client.call("state", {}, limit=5.0)).result["odometer"] == 0.0
    assert desk.failed == [] and not client.lost
    client.close()


async def test_a_result_that_lacks_a_field_is_nonsense_also_at_the_end_of_a_motion() -> None:
    desk = Desk(adapter=Odd)
    client = await desk.client()
    with pytest.raises(LinkLost, match=r"drive answered nonsense.*turned"):
        await client.call("drive", {"distance": 1.0}, limit=5.0)


class Old(MotorAdapter):
    """What it reads is 0.3 s old when it has been read."""

    def read(self, method: str, arguments: Any) -> Sample:
        return Sample(super().read(method, arguments).values, 0.3)


async def test_an_age_is_told_from_the_middle_of_the_call_as_the_bench_stamps_it() -> None:
    """A reading that took 0.4 s and is 0.3 s old then was taken 0.1 s after it was asked for: half
    its way and what is told of its age are to come to that."""
    loop = asyncio.get_running_loop()
    adapter = Old(AdapterSetting(Wheels, "desk", Does(), Path()))
    said: list[bytes] = []

    def slowly(work: Any, done: Any) -> None:
        loop.call_later(0.4, lambda: done(work(), None))

    device = MappedDevice(adapter, Identity("m", "s", "1"), said.append, slowly, said.append)  # type: ignore[arg-type]
    device.hear(pack([1, 0, ["hello", "test", 1]]))
    device.hear(pack([2, 0, ["call", 1, "state", {}, 5000]]))
    await asyncio.sleep(1.0)
    _, number, result, error, *_, age_us = decode_plain(said[-1])[2]
    assert (number, error, result["odometer"]) == (1, "", 0.0)
    assert age_us == pytest.approx(100_000, abs=1)
    device.close()


async def test_safe_is_never_too_many_nor_late_and_goes_before_what_waits() -> None:
    adapter = MotorAdapter(AdapterSetting(Wheels, "desk", Does(), Path()))
    said: list[bytes] = []
    waits: list[Any] = []
    first: list[Any] = []
    device = MappedDevice(
        adapter, Identity("m", "s", "1"), said.append, lambda *job: waits.append(job),
        lambda why: None, do_first=lambda *job: first.append(job),
    )  # fmt: skip
    device.hear(pack([1, 0, ["hello", "test", 1]]))
    assert len(first) == 1 and not waits
    device.hear(pack([2, 0, ["call", 1, "safe", {"on": False}, 1000]]))
    for number in range(2, 20):
        device.hear(pack([number, 0, ["call", number, "state", {}, 1000]]))
    assert len(waits) == 16 and "16 calls wait already" in str(decode_plain(said[-1]))
    before = len(said)
    for number, valid_ms in ((30, 1000), (31, 0)):
        device.hear(pack([number, 0, ["call", number, "safe", {"on": True}, valid_ms]]))
    assert len(first) == 3 and len(said) == before  # answered once it is done
    for work, done in first[1:]:
        done(work(), None)
    assert decode_plain(said[-1])[2][:3] == ["reply", 31, {"safe": True}] and adapter.safed == 2
    device.hear(pack([32, 0, ["call", 32, "safe", {"on": False}, 0]]))
    assert "late" in str(decode_plain(said[-1]))  # what lets it move is not begun late
    device.close()


async def test_a_worker_does_first_what_is_to_be_first_and_nothing_after_the_last() -> None:
    worker, began, goes_on, ended = Worker(), Event(), Event(), Event()
    order: list[str] = []

    def busy() -> None:
        began.set()
        goes_on.wait(5.0)

    def given(what: str) -> tuple[Any, Any]:
        return lambda: order.append(what), lambda result, error: None

    worker.do(busy, lambda result, error: None)
    assert began.wait(5.0)
    worker.do(*given("read"))
    worker.do_first(*given("halt"))
    worker.do_first(*given("safe"))
    worker.do(*given("another"))
    worker.do(ended.set, lambda result, error: None)
    goes_on.set()
    assert ended.wait(5.0) and order == ["halt", "safe", "read", "another"]
    for each in (began, goes_on, ended):
        each.clear()
    worker.do(busy, lambda result, error: None)
    assert began.wait(5.0)
    worker.do(*given("too late"))
    worker.do_last(*given("lets go"))
    worker.do(ended.set, lambda result, error: None)
    goes_on.set()
    assert ended.wait(5.0) and order[4:] == ["lets go"]


@pytest.mark.parametrize("why", ["safed", "deadman"])
async def test_a_motion_that_was_stopped_ends_after_its_last_effect(why: str) -> None:
    adapter = MotorAdapter(AdapterSetting(Wheels, "desk", Does(), Path()))
    adapter.now = asyncio.get_running_loop().time
    said: list[bytes] = []
    first: list[Any] = []

    def at_once(work: Any, done: Any) -> None:
        done(work(), None)

    device = MappedDevice(
        adapter, Identity("m", "s", "1"), said.append, at_once, lambda why: None,
        do_first=lambda *job: first.append(job),
    )  # fmt: skip
    device.hear(pack([1, 0, ["hello", "test", 1]]))
    device.hear(pack([2, 0, ["call", 1, "safe", {"on": False}, 1000]]))
    device.hear(pack([3, 0, ["call", 2, "drive", {"distance": 5.0}, 1000]]))
    await asyncio.sleep(0.5)
    if why == "safed":
        device.hear(pack([4, 0, ["call", 3, "safe", {"on": True}, 1000]]))
    else:
        await asyncio.sleep(1.5)
    before = len(said)
    for work, done in first[1:]:
        done(work(), None)
    effect, reply = (decode_plain(each)[2] for each in said[before : before + 2])
    assert effect[:2] == ["signal", "effect"] and effect[2]["state"] == why
    assert reply[0] == "reply" and reply[1] == 2 and why in reply
    device.close()
