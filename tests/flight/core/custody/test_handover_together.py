"""Tubes that one motion moves go over together, or not at all."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "entry"))

from capsule_bench import bench

from flight.core.custody.handover import HandoverFailed
from flight.core.custody.ledger import CustodyError, CustodyStatus
from flight.runtime.loop import VirtualLoop, run


def places(b: Any, node: str) -> list[tuple[str, CustodyStatus]]:
    return [(r.place, r.status) for r in b.rig.nodes[node].ledger.records()]


def test_all_go_by_one_motion(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 4) as b:
            await b.load()
            assert places(b, "orbiter") == [("orbiter", CustodyStatus.HANDED_OVER)] * 4
            assert places(b, "entry") == [("entry_capsule", CustodyStatus.HELD)] * 4

    run(main(), VirtualLoop())


@pytest.mark.requirement("CUS-11")
def test_one_that_is_refused_keeps_all(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 4) as b:
            await asyncio.sleep(1.0)
            handover = b.rig.nodes["entry"].handover

            def refuse(tube: str, avoid: list[int]) -> None:
                if tube == b.tubes[2]:
                    raise CustodyError("no room for this one")

            handover._choose_slot = refuse
            with pytest.raises(HandoverFailed, match="no room"):
                await b.load()
            assert places(b, "orbiter") == [("orbiter", CustodyStatus.HELD)] * 4
            assert b.world.tubes.at("orbiter") == tuple(b.tubes)

    run(main(), VirtualLoop())


def test_a_motion_that_fails_leaves_all_where_they_were(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 3) as b:

            def jam() -> None:
                raise RuntimeError("the gantry is stuck")

            carry, b.world.tubes.carry = b.world.tubes.carry, lambda *places: jam()
            with pytest.raises(HandoverFailed, match="gantry is stuck"):
                await b.load()
            assert places(b, "orbiter") == [("orbiter", CustodyStatus.HELD)] * 3
            b.world.tubes.carry = carry
            await b.load()
            assert places(b, "entry") == [("entry_capsule", CustodyStatus.HELD)] * 3

    run(main(), VirtualLoop())
