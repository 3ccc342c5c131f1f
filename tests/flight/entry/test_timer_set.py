"""The time to the entry is kept by the timer when its own register says so, not when it answers."""

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
def test_a_timer_that_only_says_so_is_set_again_and_then_the_capsule_keeps_the_time_itself(
    tmp_path: Path, times: int, kept: bool
) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.load()
            await b.rig.command("entry", "run_checks")
            forgets(b, times)
            report = await b.rig.command("entry", "arm", entry_after=259_200.0)
            assert report.rung == "COMPLETED", report
            assert b.rig.event_names("entry").count("result_unconfirmed") == times
            node: Any = b.rig.nodes["entry"]
            assert node.is_in("armed") and node.entry_time == 259_200.0
            assert ((await b.device("timer").state()).entry_after == 259_200.0) == kept

    run(main(), VirtualLoop())
