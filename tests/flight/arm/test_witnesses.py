"""Two witnesses of a tube's place: one sensor that is wrong loses no tube, and opens no jaws."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from loading_bench import MORNING, Bench, bench

from flight.core.custody.ledger import CustodyStatus
from flight.runtime.loop import VirtualLoop, run
from ground.testbed.computers.protections import parts_without
from ground.testbed.rig import Rig


@pytest.mark.requirement("CUS-13")
def test_a_rack_sensor_stuck_closed_loses_no_tube_and_the_jaws_stay_closed_over_it(
    tmp_path: Path,
) -> None:
    """The rover claims what the arm holds: it was believed again, and the arm dropped the tube."""

    async def main() -> None:
        async with bench(tmp_path, 2) as b:
            await b.prepare()
            b.rack.fail("stuck_closed", slot=0)
            report = await b.load()
            assert (report.rung, report.detail) == (
                "COMPLETED", "2 of 2 tubes in the container",
            )  # fmt: skip
            assert b.places() == ["container"] * 2
            assert "witness_outvoted" in b.rig.event_names("arm")
            record = b.rig.nodes["rover"].ledger.record(b.tubes[0])
            assert record is not None and record.status is CustodyStatus.HANDED_OVER

    run(main(), VirtualLoop())


def test_a_rack_sensor_stuck_open_keeps_no_tube_from_being_found(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 2) as b:
            await b.prepare()
            b.rack.fail("stuck_open", slot=0)
            await b.load()
            assert b.places()[1] == "container"
            assert b.places()[0] in ("rover_rack", "container")

    run(main(), VirtualLoop())


def test_without_the_witnesses_the_tube_is_dropped_while_the_rover_claims_it(
    tmp_path: Path,
) -> None:
    """What they are for: a drill that takes them away sees the fault do its work."""

    async def main() -> None:
        parts = parts_without(("witnesses",))
        async with Rig(tmp_path, epoch_jd_tt=MORNING, parts=parts) as rig:
            b = Bench(rig, 1, "rover")
            await b.prepare()
            b.rack.fail("stuck_closed", slot=0)
            await b.load()
            assert b.places() == ["ground"] and b.violations != []

    run(main(), VirtualLoop())
