"""How a node ends its own process: for a reboot, or for good."""

import asyncio
import json
from pathlib import Path

from flight.core.context import POWER_OFF_AFTER
from flight.runtime.nursery import Nursery
from ground.testbed.flight_process import _Ending


async def _run(made: list[_Ending], file: Path) -> None:
    made.append(_Ending("rover", file))
    await asyncio.Event().wait()


async def test_a_reboot_ends_the_task_and_leaves_no_trace(tmp_path: Path) -> None:
    made: list[_Ending] = []
    async with Nursery("test") as nursery:
        task = nursery.start(_run(made, tmp_path / "off.jsonl"), name="node")
        await asyncio.sleep(1.0)
        made[0].reboot()
    assert task.cancelled()
    assert made[0].reboots
    assert not (tmp_path / "off.jsonl").exists()


async def test_a_power_off_comes_late_and_is_written_down_before(tmp_path: Path) -> None:
    made: list[_Ending] = []
    async with Nursery("test") as nursery:
        task = nursery.start(_run(made, tmp_path / "off.jsonl"), name="node")
        await asyncio.sleep(1.0)
        made[0].power_off()
        await asyncio.sleep(POWER_OFF_AFTER - 1.0)
        assert not task.done()
    assert not made[0].reboots
    assert json.loads((tmp_path / "off.jsonl").read_text()) == {"vehicle": "rover"}
