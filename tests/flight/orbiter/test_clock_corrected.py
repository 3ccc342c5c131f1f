"""A correction of the orbiter's clock makes no solution older and no sample more frequent."""

import asyncio
from pathlib import Path

import pytest

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.runtime.loop import VirtualLoop, run
from tests.flight.orbiter.bench import bench


@pytest.mark.parametrize("error", [1e6, -1e6])
def test_a_tracking_solution_grows_old_by_the_time_that_passes(
    tmp_path: Path, error: float
) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await asyncio.sleep(1.0)
            await b.node.refresh_own()
            b.node.clock.correct(error)
            assert not b.node.own_is_old()
            await asyncio.sleep(1.4 * SECONDS_PER_DAY)
            assert not b.node.own_is_old()
            await asyncio.sleep(0.2 * SECONDS_PER_DAY)
            assert b.node.own_is_old()

    run(main(), VirtualLoop())
