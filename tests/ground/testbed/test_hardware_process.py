"""The hardware in a process of its own: its time stands while what is due at once is done."""

import asyncio
import json
from pathlib import Path
from typing import Any

from flight.runtime.loop import PacedLoop, run
from flight.runtime.nursery import Nursery, end
from ground.testbed.hardware_process import LOOK_AT_FILES, Instant, _follow_power_off


class Ticking:
    """A clock that goes on by a second whenever somebody looks."""

    changes = True
    rate = 1000.0

    def __init__(self) -> None:
        self.seconds = 0

    def now_ns(self) -> int:
        self.seconds += 1
        return self.seconds * 1_000_000_000


def test_an_instant_lasts_until_the_next_turn_of_the_loop() -> None:
    async def main() -> list[float]:
        instant = Instant()
        seen = [instant.now(), instant.now()]
        await asyncio.sleep(0.0)
        return [*seen, instant.now(), instant.now()]

    first, same, later, same_later = run(main(), PacedLoop(clock=Ticking()))
    assert first == same < later == same_later


async def test_who_has_switched_itself_off_loses_its_power(tmp_path: Path) -> None:
    off: list[str] = []

    class Hardware:
        switch_off = staticmethod(off.append)

    hardware: Any = Hardware()
    async with Nursery("test") as nursery:
        task = nursery.start(_follow_power_off(hardware, tmp_path / "off"), name="power off")
        await asyncio.sleep(1.0)
        for vehicle in ("rover", "arm"):
            with (tmp_path / "off").open("a") as file:
                file.write(json.dumps({"vehicle": vehicle}) + "\n")
            await asyncio.sleep(2.0 * LOOK_AT_FILES)
        await end(task)
    assert off == ["rover", "arm"]
