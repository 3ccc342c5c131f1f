"""Frames that were changed on their way, at each end of the bus: none is heard, all are told."""

import asyncio

import pytest

from flight.icd.envelope import numbered, read_envelope_unchecked, write_envelope
from flight.icd.messages import (
    Call,
    Cancel,
    Command,
    DeviceSignal,
    EventReport,
    Exchange,
    Hello,
    Message,
    Reply,
    Severity,
    Telemetry,
)
from flight.runtime.bus import Bus
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.sockets import Kind
from tests.changed_frames import changed_frames

GOOD: list[Message] = [
    Command("c1", "rover", "drive", {"east": 1.0, "deep": [{"a": [1, "x", None]}]}, "ground"),
    EventReport("rover", "slipped", Severity.WARNING_LO, 5, "text", {"slip": 0.5}, 9),
    Telemetry("rover", 2**62, {"mode": "safe", "tubes": 2**40}, 3),
    Exchange("rover", "status", {"x": b"bytes"}),
    Hello("rover", 3),
    Call(1, "wind", {"metres": 1.0}),
    Reply(1, result={"valid": True, "time_ns": 5, "speed": 3.5}),
    DeviceSignal("slack", {"far": [1.0, 2.0]}),
]
BATCH = 200


class Ends:
    """One bus with each kind of end, and somebody at the other side of each."""

    def __init__(self, read: object = None) -> None:
        self.fabric = MemoryFabric()
        self.told: list[tuple[str, str]] = []
        self.heard: list[Message] = []
        options = {} if read is None else {"read": read}
        self.bus = Bus(
            "hardware",
            fabric=self.fabric,
            on_malformed=lambda *said: self.told.append(said),
            **options,  # type: ignore[arg-type]
        )
        self.bus.serve("entry", lambda peer, message: self.heard.append(message))
        self.asker = self.fabric.open_socket(Kind.CLIENT, b"stranger#1")
        self.asker.connect("inproc://entry")
        self.station = self.fabric.open_socket(Kind.SERVER)
        self.station.bind("inproc://station")
        self.bus.connect("station", self.heard.append)
        self.stream = self.fabric.open_socket(Kind.PUBLISHER)
        self.stream.bind("inproc://stream")
        self.bus.subscribe("stream", self.heard.append)

    def send(self, end: str, frame: bytes) -> None:
        if end == "server":
            self.asker.send(frame)
        elif end == "client":
            self.station.send_to(b"hardware#0", frame)
        else:
            self.stream.send(frame)


def sealed_goods() -> list[bytes]:
    return [
        write_envelope(numbered(1, number), 5, message) for number, message in enumerate(GOOD, 1)
    ]


async def _send_changed(end: str, count: int, seed: int) -> None:
    errors: list[object] = []
    asyncio.get_running_loop().call_exception_handler = errors.append  # type: ignore[method-assign]
    ends = Ends()
    for number, frame in enumerate(changed_frames(sealed_goods(), count, seed)):
        ends.send(end, frame)
        if number % BATCH == 0:
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.1)
    ends.send(end, write_envelope(numbered(1, 1), 5, Cancel(77)))
    await asyncio.sleep(0.1)
    ends.bus.close()
    counters = ends.bus.counters
    assert errors == []
    assert ends.heard == [Cancel(77)], "nothing that was changed was acted upon"
    assert counters.corrupt == counters.malformed == len(ends.told) == count
    # Nothing was believed that stood in them: not even the number, by which messages are missed.
    assert counters.missing == counters.stale == 0


@pytest.mark.parametrize("end", ["server", "client", "subscriber"])
@pytest.mark.requirement("BUS-08")
def test_none_of_2000_changed_frames_is_heard_and_each_is_told(end: str) -> None:
    run(_send_changed(end, 2_000, 1), VirtualLoop())


@pytest.mark.check
@pytest.mark.parametrize("end", ["server", "client", "subscriber"])
@pytest.mark.requirement("BUS-08")
def test_none_of_100000_changed_frames_is_heard_and_each_is_told(end: str) -> None:
    run(_send_changed(end, 100_000, 2), VirtualLoop())


def test_the_message_after_a_changed_one_tells_that_one_is_missing() -> None:
    async def play() -> None:
        ends = Ends()
        goods = [write_envelope(numbered(1, n), 5, Cancel(n)) for n in (1, 2, 3)]
        ends.send("server", goods[0])
        ends.send("server", goods[1][:-1] + b"?")
        ends.send("server", goods[2])
        await asyncio.sleep(0.1)
        ends.bus.close()
        assert ends.heard == [Cancel(1), Cancel(3)]
        assert (ends.bus.counters.corrupt, ends.bus.counters.missing) == (1, 1)

    run(play(), VirtualLoop())


def test_without_the_checksum_a_changed_frame_is_taken_for_true() -> None:
    """What the checksum is for: a drill that takes it away sees the fault do its work."""

    async def play() -> None:
        ends = Ends(read_envelope_unchecked)
        frame = bytearray(write_envelope(numbered(1, 1), 5, Call(1, "wind", {"metres": 1.0})))
        frame[frame.index(b"wind")] ^= 1
        ends.send("server", bytes(frame))
        await asyncio.sleep(0.1)
        ends.bus.close()
        assert ends.heard == [Call(1, "vind", {"metres": 1.0})]

    run(play(), VirtualLoop())
