"""How long a preview takes on a twin that is warm: in a demo, as an operator asks for it."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ground.client import MissionControl, Refused, Unanswered

USER = "anna"
COMMAND: dict[str, Any] = {
    "vehicle": "rover", "command": "drive_to", "arguments": {"east": 60.0, "north": 30.0},
}  # fmt: skip
WARMING = 600  # times that a twin is asked that is on its way
BETWEEN = 0.2  # wall seconds


@dataclass(frozen=True)
class Previews:
    """Wall seconds of each; `refused`: why there are no more of them, empty where there are."""

    seconds: tuple[float, ...]
    refused: str = ""


def measure_previews(run: Path, count: int) -> Previews:
    """So many previews of a drive, each when the twin is warm."""
    seconds: list[float] = []
    try:
        asyncio.run(_preview(run, count, seconds))
    except (Refused, Unanswered, RuntimeError) as error:
        return Previews(tuple(seconds), str(error))
    return Previews(tuple(seconds))


async def _preview(run: Path, count: int, seconds: list[float]) -> None:
    async with MissionControl(run, user=USER) as mc:
        for _ in range(count):
            await _warm(mc)
            began = time.perf_counter()
            told = await mc.preview(commands=[COMMAND])
            if "items" in told:  # else it was not warm any more
                seconds.append(time.perf_counter() - began)
    if len(seconds) < count // 2:
        raise RuntimeError(f"of {count} previews {len(seconds)} found their twin warm")


async def _warm(mc: MissionControl) -> None:
    """Until a twin is where the run is: it tells so when it is asked for nothing."""
    for _ in range(WARMING):
        if "warming" not in await mc.preview():
            return
        await asyncio.sleep(BETWEEN)
    raise RuntimeError("the twin does not come to where the run is")
