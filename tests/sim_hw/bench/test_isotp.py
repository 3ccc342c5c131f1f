"""ISO-TP: messages come whole and in order or not at all, whatever the bus and the other side do;
and a device that keeps the rules passes over a bus."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from flight.icd.devices.mobility import Wheels
from ground.hil.conformance import PASSED, Kit, check_device
from ground.hil.probes import PROBES
from sim_hw.bench.building import build
from sim_hw.bench.library import LibraryDevice
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.can_wire import open_can
from sim_hw.bench.wire.frames import LARGEST_PAYLOAD
from sim_hw.bench.wire.isotp import FD, SIZES, IsoTp
from sim_hw.bench.wire.wire import Wire, WireLost

READY = bytes.fromhex("300000")
BENCH = "isotp:udp_multicast:239.74.163.77?to=0x7E0&from=0x7E8"
DEVICE = "isotp:udp_multicast:239.74.163.77?to=0x7E8&from=0x7E0"


class Side:
    """One side; what it has put on the bus, and when, and what it has heard."""

    def __init__(self, size: int = 8, other: Callable[[bytes], None] | None = None) -> None:
        self.frames: list[bytes] = []
        self.times: list[float] = []
        self.heard: list[bytes] = []
        self.other, self.room = other, 1 << 30
        self.loop = asyncio.get_running_loop()
        self.parts = IsoTp(self.put, self.heard.append, size)

    def put(self, frame: bytes) -> bool:
        if not self.room:
            return False
        self.room -= 1
        self.frames.append(frame)
        self.times.append(self.loop.time())
        if self.other is not None:
            self.loop.call_soon(self.other, frame)
        return True

    def feed(self, *frames: str) -> None:
        for each in frames:
            self.parts.feed(bytes.fromhex(each))


def joined(size: int) -> tuple[Side, Side]:
    one, two = Side(size), Side(size)
    one.other, two.other = two.parts.feed, one.parts.feed
    return one, two


def message(length: int) -> bytes:
    return bytes(at * 7 % 251 for at in range(length))


@pytest.mark.parametrize("size", [8, FD])
async def test_what_is_sent_comes_whole_and_in_order(size: int) -> None:
    one, two = joined(size)
    lengths = (1, 7, 8, 9, 62, 63, 64, 4095, 4096, LARGEST_PAYLOAD + 4 if size == FD else 9000)
    for length in lengths:
        assert one.parts.send(message(length)) and two.parts.send(message(length + 1)[1:])
    await asyncio.sleep(1.0)
    assert two.heard == [message(length) for length in lengths]
    assert one.heard == [message(length + 1)[1:] for length in lengths]
    assert {len(each) for each in one.frames} <= set(SIZES[: 1 if size == 8 else None])
    assert one.parts.broken == two.parts.broken == 0


async def test_frames_are_those_of_the_standard() -> None:
    side = Side()
    side.parts.send(bytes.fromhex("0102"))
    side.parts.send(bytes(range(1, 11)))
    assert [each.hex() for each in side.frames] == ["020102cccccccccc", "100a010203040506"]
    side.feed("300000")
    assert side.frames[2].hex() == "210708090acccccc"
    side.feed("100a010203040506", "210708090acccccc")
    assert side.frames[3][:3] == READY and side.heard == [bytes(range(1, 11))]


async def test_the_other_side_says_how_many_frames_come_and_how_far_apart() -> None:
    side = Side()
    side.parts.send(message(34))  # a first frame and four more
    side.feed("310000")  # not yet
    await asyncio.sleep(0.9)
    side.feed("300214")  # two, 20 ms apart
    await asyncio.sleep(0.9)
    assert len(side.frames) == 3 and side.times[2] - side.times[1] == pytest.approx(0.02)
    side.feed("3000f5")  # the rest, 500 us apart
    await asyncio.sleep(0.1)
    assert [each[0] for each in side.frames[1:]] == [0x21, 0x22, 0x23, 0x24]
    assert side.times[4] - side.times[3] == pytest.approx(500e-6)


@pytest.mark.parametrize("said", [[], ["320000"], ["330000"], ["310000"] * 17, ["30"]])
async def test_what_nobody_takes_is_given_up_and_the_next_has_its_turn(said: list[str]) -> None:
    side = Side()
    side.parts.send(message(20))
    side.feed(*said)
    await asyncio.sleep(0.01)
    side.parts.send(b"next")
    await asyncio.sleep(1.1)
    assert [each[0] >> 4 for each in side.frames] == [1, 0] and side.parts.broken == 1
    side.feed("300000")  # too late
    assert len(side.frames) == 2


async def test_what_was_to_be_said_while_nobody_was_there_is_not_said_to_who_comes() -> None:
    side = Side()
    for _ in range(19):  # effects of a motion, whose bench has gone
        side.parts.send(message(20))
        await asyncio.sleep(0.05)
    assert [each[0] >> 4 for each in side.frames] == [1]
    await asyncio.sleep(1.2)  # it is back, and asks
    side.parts.send(b"answer")
    await asyncio.sleep(1.0)
    assert side.frames[-1][1:7] == b"answer" and len(side.frames) <= 3
    assert side.parts.broken == 19


@pytest.mark.parametrize(
    ("frames", "broken"),
    [
        (["100a010203040506", "220708090a"], 1),  # one is missing
        (["100a010203040506", "2107"], 0),  # it goes on
        (["100a010203040506", "100a010203040506"], 1),  # begun anew
        (["210708090acccccc"], 0),  # of no message
        (["0801020304050607"], 0), (["07010203"], 0), (["00"], 0), ([""], 0),  # no single ones
        (["1007010203040506"], 0),  # would have been a single one
        (["100000000fff0102"], 0),  # would have told its length in 12 bits
        (["100a0102"], 0),  # shorter than a first one is
        (["40ffffffffffffff"], 0),
    ],
)  # fmt: skip
async def test_what_is_not_whole_is_not_heard(frames: list[str], broken: int) -> None:
    side = Side()
    side.feed(*frames)
    assert side.heard == [] and side.parts.broken == broken
    side.feed("0155")  # the next one is
    assert side.heard == [b"\x55"]


async def test_a_message_whose_rest_is_late_is_none() -> None:
    side = Side()
    side.feed("100a010203040506")
    await asyncio.sleep(1.01)
    side.feed("210708090acccccc")
    assert side.heard == [] and side.parts.broken == 1


async def test_one_that_is_too_large_is_refused_before_it_comes() -> None:
    side = Side()
    side.feed(f"1000{LARGEST_PAYLOAD + 4:08x}0102")
    side.feed(f"1000{LARGEST_PAYLOAD + 5:08x}0102", "2103040506070809")
    assert [each[:3].hex() for each in side.frames] == ["300000", "320000"]
    assert side.heard == [] and side.parts.broken == 2


async def test_a_bus_that_is_full_is_waited_for_and_not_without_end() -> None:
    side = Side()
    side.room = 0
    side.parts.send(b"one")
    side.parts.send(message(20))
    await asyncio.sleep(0.1)
    side.room = 2
    await asyncio.sleep(0.1)
    assert [each[0] >> 4 for each in side.frames] == [0, 1]
    side.feed("300000")
    side.room = 5
    await asyncio.sleep(0.1)
    assert [each[0] for each in side.frames[2:]] == [0x21, 0x22]
    side.room = 0
    assert sum(side.parts.send(bytes(60_000)) for _ in range(9)) == 4
    side.parts.close()
    side.room = 9
    await asyncio.sleep(5.0)
    assert len(side.frames) == 4


@pytest.mark.check
@pytest.mark.paced(1)
@pytest.mark.parametrize("more", ["", "&fd=1"])
async def test_a_device_passes_over_a_bus(more: str, tmp_path: Path) -> None:
    device = LibraryDevice(build("wheels", "library", tmp_path))
    line, there = device.wire(), await open_can(read_address(DEVICE + more))
    line.start(there.send, lambda why: None)
    there.start(line.send, lambda why: None)
    opened: list[Wire] = []

    async def open_wire() -> Wire:
        opened.append(await open_can(read_address(BENCH + more)))
        return opened[-1]

    rows = await check_device(Kit(Wheels, open_wire), PROBES)
    assert [row for row in rows if row.verdict != PASSED] == []
    there.close()
    line.close()
    device.close()


@pytest.mark.paced(1)
async def test_a_bus_that_cannot_be_is_lost_with_a_sentence() -> None:
    for address, words in (
        ("isotp:virtual:x?to=1&from=2", "virtual has no descriptor to wait for"),
        ("isotp:nosuch:x?to=1&from=2", "nosuch"),
    ):
        with pytest.raises(WireLost, match=words) as refused:
            await open_can(read_address(address))
        assert str(refused.value).isprintable() and len(str(refused.value)) < 400


