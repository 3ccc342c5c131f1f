"""What a vehicle has twice: one is used, the other is there."""

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flight.core.chart.statechart import State, Statechart
from flight.core.redundant_units import RedundantUnits
from flight.runtime.loop import VirtualLoop, run
from ground.testbed.rig import Rig

pytestmark = pytest.mark.requirement("FLT-11")


class Twin(RedundantUnits):
    """Has two compasses and one clock."""

    name = "twin"
    statechart = Statechart(State("idle", initial=True))
    redundant: ClassVar[dict[str, tuple[str, ...]]] = {"compass": ("compass", "compass_b")}

    def attach(self) -> None:
        pass


def test_a_swap_uses_the_other_and_is_kept_over_a_boot(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node: Any = rig.add_node(Twin, {})
            await asyncio.sleep(1.0)
            assert node.in_use("compass") == node.units_in_use == "compass"
            node.swap_unit("compass")
            node.swap_unit("sextant")  # what it has not twice is not swapped
            assert node.in_use("compass") == node.units_in_use == "compass_b"
            await rig.kill("twin")
            node = await rig.restart("twin")
            assert node.units_in_use == "compass_b"
            node.swap_unit("compass")
            assert node.in_use("compass") == "compass"
            await asyncio.sleep(1.0)
            told = [e.data for e in rig.events if e.name == "unit_swapped"]
            assert [(d["before"], d["after"]) for d in told] == [
                ("compass", "compass_b"), ("compass_b", "compass"),
            ]  # fmt: skip

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("unit", "device", "rung"),
    [
        ("compass", "compass_b", "COMPLETED"),
        ("compass", "compass", "COMPLETED"),
        ("compass", "clock", "REJECTED"),
        ("clock", "clock", "REJECTED"),
    ],
)
def test_the_ground_says_which_is_used(
    tmp_path: Path, unit: str, device: str, rung: str
) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node: Any = rig.add_node(Twin, {})
            await asyncio.sleep(1.0)
            report = await rig.command("twin", "use_unit", unit=unit, device=device)
            assert report.rung == rung
            used = device if rung == "COMPLETED" else "compass"
            assert node.in_use("compass") == used
            assert ("unit_swapped" in rig.event_names("twin")) == (used != "compass")

    run(main(), VirtualLoop())
