"""How long a preview takes on a twin that is warm: in a demo, as an operator asks for it."""

import asyncio
import time
from pathlib import Path
from typing import Any

from ground.benchmarks.measurement import Sample
from ground.client import MissionControl

USER = "anna"
COMMAND: dict[str, Any] = {
    "vehicle": "rover", "command": "drive_to", "arguments": {"east": 60.0, "north": 30.0},
}  # fmt: skip
WARMING = 600  # times that a twin is asked that is on its way
BETWEEN = 0.2  # wall seconds


def measure_previews(run: Path, count: int) -> Sample:
    """So many previews of a drive, each when the twin is warm. Raises Refused, RuntimeError."""
    return asyncio.run(_previews(run, count))


async def _previews(run: Path, count: int) -> Sample:
    seconds = []
    async with MissionControl(run, user=USER) as mc:
        for _ in range(count):
            await _warm(mc)
            began = time.perf_counter()
            told = await mc.preview(commands=[COMMAND])
            if "items" in told:  # else it was not warm any more
                seconds.append(time.perf_counter() - began)
    if len(seconds) < count // 2:
        raise RuntimeError(f"of {count} previews {len(seconds)} found their twin warm")
    return Sample(tuple(seconds))


async def _warm(mc: MissionControl) -> None:
    """Until a twin is where the run is: it tells so when it is asked for nothing."""
    for _ in range(WARMING):
        if "warming" not in await mc.preview():
            return
        await asyncio.sleep(BETWEEN)
    raise RuntimeError("the twin does not come to where the run is")
