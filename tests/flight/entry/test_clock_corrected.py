"""A correction of the capsule's clock moves neither the separation nor the entry."""

import asyncio
from pathlib import Path

import pytest

from flight.entry.sensing import note_separation, since_separation
from flight.runtime.loop import VirtualLoop, run
from tests.flight.entry.capsule_bench import bench


@pytest.mark.parametrize("error", [1e5, -1e5])
def test_the_time_since_the_separation_is_what_it_was_after_a_correction_and_a_reboot(
    tmp_path: Path, error: float
) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await asyncio.sleep(1.0)
            note_separation(b.rig.nodes["entry"], 0.0)
            b.device("timer").fail("stopped")
            await asyncio.sleep(50_000.0)
            b.rig.nodes["entry"].clock.correct(error)
            passed = await since_separation(b.rig.nodes["entry"])
            assert passed == pytest.approx(50_000.0, abs=20.0)
            await b.kill(500.0)
            passed = await since_separation(b.rig.nodes["entry"])
            # Between: the boot, some seconds; the drift of the clock is less.
            assert passed == pytest.approx(50_500.0, abs=100.0)

    run(main(), VirtualLoop())
