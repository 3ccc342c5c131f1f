"""Frames that were changed on their way to mission control: none is taken, all are counted."""

from collections.abc import Callable
from typing import Any

import pytest

from flight.icd.codec import encode
from flight.icd.devices.communications import ReceivedFrame
from flight.icd.frames import write_frame
from flight.icd.messages import CommandReport, EventReport, Frame, Packet, Rung, Severity, Telemetry
from tests.changed_frames import changed_frames

BODIES = (
    EventReport("rover", "arrived", Severity.ACTIVITY_HI, 5, "text", {"place": "C"}, 9),
    Telemetry("rover", 2**40, {"charge": 0.5}, 3),
    CommandReport("ground/1", "rover", Rung.COMPLETED, 12),
)
GOOD = [
    write_frame(Frame("rover", "relay", 1, [encode(Packet("rover", "ground", 0, encode(body)))]))
    for body in BODIES
]


async def _receive(ground: Any, count: int, seed: int) -> None:
    downlink, archive = ground.control.downlink, ground.control.archive
    for data in changed_frames(GOOD, count, seed):
        assert downlink.take(ReceivedFrame("relay/rover", data)) is False
    assert downlink.unreadable == downlink.corrupt == downlink.frames == count
    assert downlink.messages == 0
    kept = [archive.count(table) for table in ("events", "samples", "rungs", "downlinks")]
    assert kept == [0, 0, 0, 0]
    told = archive.rows("SELECT text FROM procedure_log WHERE step = 'reception'")
    assert 0 < len(told) <= count and "checksum" in told[0][0]
    for data in GOOD:
        downlink.take(ReceivedFrame("relay/rover", data))
    assert downlink.messages == 3 and archive.count("events") == 1


def receive(fly: Callable[..., Any], count: int, seed: int) -> None:
    async def flight(ground: Any) -> None:
        await _receive(ground, count, seed)

    fly("  - {do: pause, seconds: 2}\n", flight)


@pytest.mark.requirement("BUS-08")
def test_none_of_2000_changed_frames_is_taken(fly: Callable[..., Any]) -> None:
    receive(fly, 2_000, 1)


@pytest.mark.check
@pytest.mark.requirement("BUS-08")
def test_none_of_100000_changed_frames_is_taken(fly: Callable[..., Any]) -> None:
    receive(fly, 100_000, 2)
