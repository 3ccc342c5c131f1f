"""The time to the entry is kept when the timer's own register says so, not when it answers."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from capsule_bench import Bench, bench

from flight.runtime.loop import VirtualLoop, run


def forgets(b: Bench, times: int) -> None:
    timer = b.device("timer")
    original, left = timer.set_entry, [times]

    async def claimed(seconds: float) -> Any:
        if left[0] == 0:
            return await original(seconds)
        left[0] -= 1
        return msgspec.structs.replace(await timer.state(), entry_after=seconds)

    timer.set_entry = claimed


@pytest.mark.requirement("FLT-10")
@pytest.mark.parametrize(("times", "kept"), [(0, True), (2, True), (3, False)])
def test_a_timer_that_only_says_so_is_set_again(tmp_path: Path, times: int, kept: bool) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.load()
            await b.rig.command("entry", "run_checks")
            forgets(b, times)
            report = await b.rig.command("entry", "arm", entry_after=259_200.0)
            assert (report.rung == "COMPLETED") == kept, report
            assert b.rig.event_names("entry").count("result_unconfirmed") == times
            assert b.rig.nodes["entry"].is_in("armed" if kept else "stowed")

    run(main(), VirtualLoop())
