"""A correction of the lander's clock makes none of its waits longer or shorter."""

import asyncio
from pathlib import Path

import pytest

from flight.core.activities import ActivityFailed
from flight.lander.commissioning import check_radios
from tests.flight.lander.test_lander import SOL, Landed, land

SOLS_FOR_CONTACT = 3.0


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("error", [1e6, -1e6])
def test_the_commissioning_lasts_its_sols_over_a_correction_and_a_reboot(
    tmp_path: Path, error: float
) -> None:
    async def story(b: Landed) -> None:
        await b.rig.wait_for_state("lander", "landed.waiting")
        began = now()
        identifier = b.rig.send("lander", "commission")
        await asyncio.sleep(1.2 * SOL)
        await b.rig.command("lander", "correct_clock", error=error)
        await b.rig.kill("lander")
        await b.rig.restart("lander")
        await b.rig.wait_for_end(identifier)
        sols = b.rig.nodes["lander"].parameters["commissioning_sols"]
        assert now() - began == pytest.approx(sols * SOL, abs=60.0)

    land(tmp_path, story)


@pytest.mark.parametrize("error", [1e6, -1e6])
def test_the_wait_for_a_contact_ends_when_it_should_whatever_the_clock(
    tmp_path: Path, error: float
) -> None:
    async def story(b: Landed) -> None:
        await b.rig.wait_for_state("lander", "landed.waiting")
        b.node.heard = lambda peer: False
        began = now()
        asyncio.get_running_loop().call_later(SOL, b.node.clock.correct, error)
        with pytest.raises(ActivityFailed, match="was heard"):
            await check_radios(b.node)
        assert 0.0 <= now() - began - SOLS_FOR_CONTACT * SOL < 1000.0

    land(tmp_path, story)
