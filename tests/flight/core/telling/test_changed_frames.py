"""Frames that were changed on their way to a node's radio: none is delivered or passed on."""

from collections.abc import Iterator

import pytest

from flight.core.telling.communications import Communications, radio, wire
from flight.icd.codec import encode
from flight.icd.devices.communications import ReceivedFrame
from flight.icd.frames import read_frame_unchecked, write_frame
from flight.icd.messages import Command, Exchange, Frame, Message, Packet
from flight.runtime.bus import Bus
from flight.runtime.fabric import Presence
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.nursery import Nursery
from tests.changed_frames import changed_frames

BODIES: tuple[Message, ...] = (
    Command("ground/1", "lander", "release", {"tube": "M1"}, "ground", "fire"),
    Exchange("rover", "handover", {"tube": "M1", "step": "offer"}),
)
GOOD = [
    write_frame(Frame("rover", "lander", 1, [encode(Packet("rover", to, 1, encode(body)))]))
    for body in BODIES
    for to in ("lander", "mav")
]


class Receiver:
    """The communications of a lander, of which only the radio is used."""

    def __init__(self, fabric: Presence, nursery: Nursery, **options: object) -> None:
        self.delivered: list[Packet] = []
        self.dropped: list[str] = []
        self.bus = Bus("lander", fabric=fabric)
        self.communications = Communications(
            name="lander",
            bus=self.bus,
            boot=1,
            routes={"mav": wire("mav"), "rover": radio("rover")},
            nursery=nursery,
            deliver=self.delivered.append,
            on_drop=lambda where, why: self.dropped.append(why),
            on_link=lambda state: None,
            **options,  # type: ignore[arg-type]
        )

    def hear(self, frames: Iterator[bytes] | list[bytes]) -> None:
        for data in frames:
            self.communications._received(ReceivedFrame("rover", data))


async def _receive(count: int, seed: int) -> None:
    fabric = MemoryFabric()
    passed_on: list[Message] = []
    async with Nursery("test") as nursery:
        mav = Bus("mav", fabric=fabric)
        mav.serve("mav.node", lambda peer, message: passed_on.append(message))
        receiver = Receiver(fabric, nursery)
        receiver.hear(changed_frames(GOOD, count, seed))
        assert receiver.delivered == [] and passed_on == []
        assert receiver.communications.corrupt == count == len(receiver.dropped)
        assert "checksum" in receiver.dropped[0]
        receiver.hear(GOOD)
        assert len(receiver.delivered) == 2
        assert receiver.bus.counters.sent == 2, "as many were passed on"
        receiver.bus.close()
        mav.close()


@pytest.mark.requirement("BUS-08")
def test_none_of_2000_changed_frames_is_taken() -> None:
    run(_receive(2_000, 1), VirtualLoop())


@pytest.mark.check
@pytest.mark.requirement("BUS-08")
def test_none_of_100000_changed_frames_is_taken() -> None:
    run(_receive(100_000, 2), VirtualLoop())


def test_without_the_checksum_a_changed_command_is_obeyed() -> None:
    """What the checksum is for: a drill that takes it away sees the fault do its work."""

    async def play() -> None:
        async with Nursery("test") as nursery:
            receiver = Receiver(MemoryFabric(), nursery, read=read_frame_unchecked)
            changed = GOOD[0].replace(b"M1", b"M3")
            receiver.hear([changed])
            assert b"M3" in receiver.delivered[0].body
            receiver.bus.close()

    run(play(), VirtualLoop())
