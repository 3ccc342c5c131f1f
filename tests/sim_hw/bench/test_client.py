"""The protocol's client: loss and silence are noticed, nothing odd from a device gets through."""

import asyncio
from typing import Any

import msgpack
import pytest

from flight.icd.codec import CodecError
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.runtime.loop import NANOSECONDS, time_ns
from sim_hw.bench.wire.client import LinkLost, ProtocolClient
from sim_hw.bench.wire.frames import frame
from sim_hw.bench.wire.payloads import DeviceSaid, Reader, Writer
from tests.sim_hw.bench.reference_device import ReferenceDevice


class Desk:
    """A client with the reference device, out of safe."""

    def __init__(self, device: ReferenceDevice, **options: Any) -> None:
        self.device = device
        self.said: list[DeviceSaid] = []
        self.lost: list[str] = []
        self.client = ProtocolClient(
            device.wire(), "desk", on_said=self.said.append, on_lost=self.lost.append, **options
        )

    async def ready(self) -> "Desk":
        self.client.start(1)
        await self.client.own("safe", on=False)
        return self

    async def asked(self, **arguments: Any) -> "asyncio.Task[Any]":
        """A drive that is under way."""
        task = asyncio.get_running_loop().create_task(
            self.client.call("drive", arguments or {"distance": 10.0}, limit=900.0)
        )
        await asyncio.sleep(0.5)
        return task


async def desk(**options: Any) -> Desk:
    return await Desk(ReferenceDevice(), **options).ready()


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_call_is_done_and_its_effects_are_heard() -> None:
    it = await desk()
    answer = await it.client.call("drive", {"distance": 2.0}, limit=900.0)
    assert answer.result["distance"] == 2.0 and answer.round_trip == pytest.approx(2.0, abs=0.1)
    assert len(it.said) > 30 and it.said[-1].data["state"] == "done"
    it.client.close()
    assert it.client.lost and not it.client.is_broken_off


async def test_the_plug_pulled_out_ends_all_that_waits_at_once_and_nothing_is_sent_after() -> None:
    it = await desk()
    drive = await it.asked()
    before = now()
    assert it.device.last is not None
    it.device.last.cut()
    with pytest.raises(LinkLost, match="the other side has closed"):
        await drive
    assert now() == before and len(it.lost) == 1 and it.client.is_broken_off
    with pytest.raises(LinkLost):
        await it.client.call("drive", {"distance": 1.0}, limit=900.0)
    new = it.device.wire()
    new.start(lambda payload: None, lambda why: None)
    await asyncio.sleep(10.0)
    assert [method for method, _ in it.device.asked] == ["drive"]
    assert it.device.motion is None


async def test_silence_is_a_loss_after_a_second() -> None:
    it = await desk()
    drive = await it.asked()
    it.device.mute = True
    before = now()
    with pytest.raises(LinkLost, match="has said nothing for 1"):
        await drive
    assert 0.9 < now() - before < 1.5
    assert it.lost and "has said nothing" in it.lost[0] and not it.client.is_broken_off


async def test_time_in_which_this_side_did_not_run_is_no_silence_of_the_device() -> None:
    """A machine that others use lets a bench wait; it asks before it says that nobody answers."""
    it = await desk()
    clock, slept = it.client._clock, [0]
    it.client._clock = lambda: clock() + slept[0]
    slept[0] = round(0.9 * NANOSECONDS)  # between two beats
    await asyncio.sleep(2.0)
    assert it.lost == []
    slept[0] += 60 * NANOSECONDS
    await asyncio.sleep(2.0)
    assert it.lost == []
    it.device.mute = True
    slept[0] += 60 * NANOSECONDS
    await asyncio.sleep(0.7)
    assert it.lost == []
    await asyncio.sleep(0.5)
    assert len(it.lost) == 1 and "has said nothing for 1" in it.lost[0]


async def test_a_beat_that_is_a_little_late_is_no_reason_to_wait_longer() -> None:
    it = await desk()
    clock, slept = it.client._clock, [0]
    it.client._clock = lambda: clock() + slept[0]
    it.device.mute = True
    for _ in range(4):
        slept[0] += round(0.19 * NANOSECONDS)
        await asyncio.sleep(0.2)
    assert len(it.lost) == 1


async def test_without_a_word_for_a_while_heartbeats_keep_it() -> None:
    it = await desk()
    await asyncio.sleep(100.0)
    assert it.lost == [] and it.client.uptime == pytest.approx(100.0, abs=0.5)
    it.client.close()


async def test_a_clock_that_goes_back_is_a_restart() -> None:
    it = await desk()
    await asyncio.sleep(5.0)
    it.device.born = it.device.loop.time()  # the line stays as it is
    await asyncio.sleep(0.5)
    assert len(it.lost) == 1 and "has restarted" in it.lost[0]


async def test_numbers_that_begin_anew_are_a_restart() -> None:
    it = await desk()
    await asyncio.sleep(10.0)
    it.device.sequence = 0
    await asyncio.sleep(0.3)
    assert len(it.lost) == 1 and "has restarted: its message 1 came where" in it.lost[0]


async def test_a_call_that_has_waited_too_long_is_not_sent() -> None:
    it = await desk()
    asked = time_ns() - 2 * NANOSECONDS
    with pytest.raises(DeviceRejected, match=r"late: it was asked 1\.000 s too long ago"):
        await it.client.call("drive", {"distance": 1.0}, limit=9.0, valid=1.0, asked_ns=asked)
    await asyncio.sleep(5.0)
    assert it.device.asked == [] and it.client.counters.late == 1
    # Exactly in time it is sent, and the device may still begin it,
    with pytest.raises(DeviceRejected, match="late"):  # but not after that
        await it.client.call("drive", {"distance": 1.0}, limit=9.0, valid=7.0, asked_ns=asked)
    assert it.client.counters.late == 1 and it.device.asked == []
    it.client.close()


async def test_who_gives_up_a_call_stops_it() -> None:
    it = await desk()
    drive = await it.asked()
    drive.cancel()
    await asyncio.sleep(0.2)
    way = it.device.odometer
    await asyncio.sleep(5.0)
    assert it.device.odometer == way < 1.0 and it.said[-1].data["state"] == "cancelled"
    it.client.close()


async def test_no_answer_in_time_is_told_and_stops_it() -> None:
    it = await desk()
    with pytest.raises(DeviceTimeout, match=r"drive gave no answer within 2 s"):
        await it.client.call("drive", {"distance": 10.0}, limit=2.0)
    await asyncio.sleep(1.0)
    assert it.device.motion is None
    it.client.close()


async def test_a_new_boot_of_the_bench_stops_what_moved_for_the_old_one() -> None:
    it = await desk()
    drive = await it.asked()
    it.client.hello(2)
    await asyncio.sleep(0.1)
    assert it.device.motion is None and it.said[-1].data["state"] == "new boot"
    with pytest.raises(DeviceFault) as fault:
        await it.client.call("drive", {"distance": 1.0}, limit=9.0)
    assert fault.value.code == "safe"
    drive.cancel()
    it.client.close()


async def test_damaged_and_senseless_bytes_of_a_device_are_counted_and_change_nothing() -> None:
    it = await desk(heartbeat=1000.0)
    wire = it.device.last
    assert wire is not None
    good = msgpack.packb([77, 0, ["signal", "effect", {"number": 1}, 0]])
    for data in (
        b"\xff\xff\0", frame(good)[:-3] + b"\0", frame(b"\xc1"), frame(msgpack.packb([1, 2])),
        frame(msgpack.packb([0, 0, ["signal", "effect"]])),
        frame(msgpack.packb([True, 0, ["signal", "effect"]])),
        frame(msgpack.packb([80, 0, ["nothing", 1]])),
        frame(msgpack.packb([81, 0, ["reply", -1]])),
        frame(msgpack.packb([82, 0, ["reply", "1"]])),
        frame(msgpack.packb([83, 0, ["reply", 1, None, "", "x" * 1000]])),
    ):  # fmt: skip
        wire.device_says(data)
    await asyncio.sleep(0.1)
    assert it.said == [] and it.lost == []
    assert wire.counters.damaged == 2 and it.client.counters.nonsense == 8
    wire.device_says(frame(msgpack.packb([84, 0, ["reply", 999, None]])))
    await asyncio.sleep(0.1)
    assert it.client.counters.unasked == 1
    it.client.close()


def test_what_was_read_is_not_read_again_and_what_is_missing_is_counted() -> None:
    reader = Reader()

    def read(sequence: int) -> Any:
        return reader.read(msgpack.packb([sequence, 0, ["signal", "full", True, 0]]))

    assert read(7) is not None  # a line on which it talked before
    assert read(7) is None and reader.repeated == 1
    assert read(10) is not None and reader.missing == 2
    assert read(9) is None


def test_what_is_too_large_for_the_device_is_not_sent() -> None:
    writer = Writer(128)
    assert len(writer.write(0, ["call", 1, "drive", {"distance": 1.0}, 1000])) < 128
    with pytest.raises(CodecError, match=r"call has 2\d\d bytes; the device takes 128"):
        writer.write(0, ["call", 1, "drive", {"text": "x" * 200}, 1000])
    with pytest.raises(CodecError, match="cannot be encoded"):
        writer.write(0, ["call", 1, "drive", {"distance": object()}, 1000])
