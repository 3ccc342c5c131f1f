"""How a node ends its own process: for a reboot, or for good; and what its process tells."""

import asyncio
import os
from pathlib import Path

from flight.runtime.common_clock import ClockKeeper
from flight.runtime.nursery import Nursery
from ground.testbed.participants.roles import owner_of
from ground.testbed.processes.flight import Ending
from ground.testbed.processes.reporting_pipe import (
    MESSAGE,
    OFF,
    REBOOT,
    ReadingEnd,
    ReportingPipe,
    TellingLog,
)

POWER_OFF_AFTER = 1.2 * 88775.24414688001  # s: sols


def pair() -> tuple[ReadingEnd, ReportingPipe, int]:
    reading, writing = os.pipe()
    return ReadingEnd(reading), ReportingPipe(writing), writing


async def _run(made: list[Ending], pipe: ReportingPipe) -> None:
    made.append(Ending(pipe))
    await asyncio.Event().wait()


async def test_a_reboot_is_told_and_ends_the_task() -> None:
    made: list[Ending] = []
    reading, pipe, writing = pair()
    async with Nursery("test") as nursery:
        task = nursery.start(_run(made, pipe), name="node")
        await asyncio.sleep(1.0)
        made[0].reboot()
    assert task.cancelled()
    assert list(reading.frames()) == [[REBOOT]]
    os.close(writing)


async def test_a_power_off_comes_late_and_is_told_before() -> None:
    made: list[Ending] = []
    reading, pipe, writing = pair()
    async with Nursery("test") as nursery:
        task = nursery.start(_run(made, pipe), name="node")
        await asyncio.sleep(1.0)
        made[0].power_off()
        await asyncio.sleep(POWER_OFF_AFTER - 1.0)
        assert not task.done()
        assert list(reading.frames()) == []
    assert list(reading.frames()) == [[OFF]]
    os.close(writing)


def test_only_what_the_node_publishes_is_told_and_all_is_counted(tmp_path: Path) -> None:
    reading, pipe, writing = pair()
    ClockKeeper.create(tmp_path / "clock", ["hardware", "rover"])
    clock = ClockKeeper(tmp_path / "clock", ["hardware", "rover"], "rover", owner_of)
    log = TellingLog("rover", pipe, clock)
    log.add(1, b"rover>lander.node", b"a")
    log.add(2, b"rover>rover.telemetry", b"b")
    log.add(3, b"rover>rover.node", b"c")
    log.add(4, b"rover>rover.telemetry", b"d")
    assert list(reading.frames()) == [[MESSAGE, 2, b"b"], [MESSAGE, 4, b"d"]]
    clock.start("hardware", 0, 1)
    assert clock.look().in_flight == ()  # not those of before its start
    log.add(5, b"rover>rover.telemetry", b"e")
    assert clock.look().in_flight == ((0, 1),)  # mission time waits until it is read
    clock.close()
    os.close(writing)


def test_what_was_told_before_a_death_is_read_and_half_a_frame_is_not() -> None:
    reading, pipe, writing = pair()
    pipe.tell(REBOOT)
    os.write(writing, b"\x09\x00\x00\x00\x91")
    os.close(writing)
    assert list(reading.frames()) == [[REBOOT]]
    assert reading.ended
    assert list(reading.frames()) == []
