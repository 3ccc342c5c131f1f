"""The MAV opens and seals its container with the tubes in it, and is ready only when it is."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "arm"))

from loading_bench import Bench, bench

from flight.core.chart.statechart_checks import check
from flight.core.custody.ledger import CustodyStatus
from flight.icd.custody_account import account
from flight.icd.devices.base import DeviceTimeout
from flight.mav.node import Mav
from flight.runtime.loop import VirtualLoop, run


async def loaded(b: Bench) -> None:
    await b.prepare()
    report = await b.load()
    assert report.rung == "COMPLETED", report
    report = await b.rig.command("arm", "close_lid")
    assert report.rung == "COMPLETED", report


def statuses(b: Bench) -> list[tuple[str, CustodyStatus]]:
    return [(r.place, r.status) for r in b.rig.nodes["mav"].ledger.records()]


def test_the_statechart_is_sound() -> None:
    assert check(Mav.statechart) == []


def test_it_does_not_seal_without_its_lid(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            report = await b.rig.command("mav", "seal_container")
            assert report.rung == "FAILED" and "lid is not on its seat" in report.detail
            assert b.rig.nodes["mav"].state == "loading"

    run(main(), VirtualLoop())


def test_sealing_needs_arm_and_fire(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            report = await b.rig.wait_for_end(b.rig.send("mav", "seal_container"))
            assert report.rung == "REJECTED" and "ARM it" in report.detail

    run(main(), VirtualLoop())


def test_a_latch_that_is_stuck_leaves_the_tubes_in_the_open_container(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await loaded(b)
            b.container.fail("latch")
            report = await b.rig.command("mav", "seal_container")
            assert report.rung == "FAILED" and "latch did not close" in report.detail
            assert statuses(b) == [("container", CustodyStatus.HELD)]
            b.container.latch_stuck = False
            assert (await b.rig.command("mav", "seal_container")).rung == "COMPLETED"
            assert statuses(b) == [("mav", CustodyStatus.HELD)]

    run(main(), VirtualLoop())


def test_a_tube_that_its_seat_sensor_does_not_feel_keeps_it_from_sealing(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await loaded(b)
            b.container.fail("stuck_sensor", socket=0, value=False)
            report = await b.rig.command("mav", "seal_container")
            assert report.rung == "FAILED" and b.tubes[0] in report.detail

    run(main(), VirtualLoop())


@pytest.mark.parametrize("instant", [0.001, 30.0, 89.0, 90.0, 91.0])
def test_a_kill_while_it_seals_ends_sealed(tmp_path: Path, instant: float) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await loaded(b)
            b.rig.send("mav", "seal_container", stage="arm")
            identifier = b.rig.send("mav", "seal_container", stage="fire")
            await asyncio.sleep(instant)
            await b.kill("mav", 40.0)
            report = await b.rig.wait_for_end(identifier)
            assert report.rung in ("COMPLETED", "ABORTED", "FAILED")
            await asyncio.sleep(600.0)
            sealed = b.container.latched
            place = "mav" if sealed else "container"
            assert statuses(b) == [(place, CustodyStatus.HELD)]
            if not sealed:
                assert (await b.rig.command("mav", "seal_container")).rung == "COMPLETED"

    run(main(), VirtualLoop())


@pytest.mark.parametrize(("sealed", "state"), [(True, "sealed"), (False, "loading")])
def test_without_memory_its_switches_and_seats_tell_how_the_container_is(
    tmp_path: Path, sealed: bool, state: str
) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await loaded(b)
            if sealed:
                assert (await b.rig.command("mav", "seal_container")).rung == "COMPLETED"
            await b.rig.kill("mav")
            b.rig.forget("mav")
            await asyncio.sleep(40.0)
            b.rig.boot("mav", "power cut")
            await asyncio.sleep(600.0)
            mav = b.rig.nodes["mav"]
            assert mav.state == "safe" and mav.ledger.records() == []
            assert (await b.rig.command("mav", "leave_safe")).rung == "COMPLETED"
            assert mav.state == state
            b.tubes = []  # of them it knows nothing before it has looked
            b.violations.clear()

    run(main(), VirtualLoop())


def test_a_sealed_container_can_be_opened_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await loaded(b)
            await b.rig.command("mav", "seal_container")
            assert (await b.rig.command("mav", "open_container")).rung == "COMPLETED"
            assert statuses(b) == [("container", CustodyStatus.HELD)]
            assert b.places() == ["container"]

    run(main(), VirtualLoop())


def test_it_is_ready_only_when_checked_and_conditioned(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await loaded(b)
            await b.rig.command("mav", "seal_container")
            report = await b.rig.command("mav", "declare_ready")
            assert report.rung == "REJECTED" and "run_checks first" in report.detail
            b.systems.fail("check", check="igniter circuits")
            report = await b.rig.command("mav", "run_checks")
            assert report.rung == "FAILED" and "igniter circuits" in report.detail
            assert b.rig.nodes["mav"].state == "sealed"
            b.systems.failing.clear()
            assert (await b.rig.command("mav", "run_checks")).rung == "COMPLETED"
            await b.rig.kill("mav")
            await b.rig.restart("mav")  # what was checked is not forgotten
            b.systems.igloo = lambda: 240.0
            await asyncio.sleep(200_000.0)
            report = await b.rig.command("mav", "declare_ready")
            assert report.rung == "REJECTED" and "condition first" in report.detail
            b.systems.igloo = lambda: 258.0
            assert (await b.rig.command("mav", "condition")).rung == "COMPLETED"
            report = await b.rig.command("mav", "declare_ready")
            assert report.rung == "COMPLETED", report.detail
            await b.rig.wait_for_state("mav", "ready")

    run(main(), VirtualLoop())


def test_what_a_silent_device_said_before_is_not_known_any_more(tmp_path: Path) -> None:
    """Else a count went on with the temperatures of yesterday."""

    async def silent() -> Any:
        raise DeviceTimeout("no answer")

    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await loaded(b)
            mav: Any = b.rig.nodes["mav"]
            await mav.sample()
            assert mav.motors_conditioned() and mav.state_of_charge is not None
            answers, mav.systems.state = mav.systems.state, silent
            await mav.sample()
            assert not mav.motors_conditioned()
            assert (mav.state_of_charge, mav.avionics_temperature) == (None, None)
            assert mav.lid_closed is not None, "the container answers"
            assert "not conditioned" not in str(mav.battery_problem())
            mav.systems.state, mav.container.state = answers, silent
            await mav.sample()
            assert mav.motors_conditioned()
            assert (mav.lid_closed, mav.latched, mav.seats_closed) == (None, None, None)

    run(main(), VirtualLoop())


def test_it_takes_no_tubes_while_its_container_is_shut(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.rig.command("arm", "deploy")
            report = await b.load()
            assert report.rung == "FAILED" and "takes no tubes in state dormant" in report.detail
            assert b.places() == ["arm_gripper"]

    run(main(), VirtualLoop())


def test_a_tube_of_which_nothing_was_known_is_found_by_its_seat_sensor(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 2) as b:
            b.container.fail("stuck_sensor", socket=0, value=False)
            await b.prepare()
            report = await b.load()
            assert report.rung == "FAILED" and "1 of 2" in report.detail
            lost = b.tubes[0]
            assert account(b.ledgers(), b.tubes)[lost].last_seen == "arm_gripper"
            b.container.stuck_sensors.clear()
            assert (await b.rig.command("arm", "close_lid")).rung == "COMPLETED"
            assert (await b.rig.command("mav", "seal_container")).rung == "COMPLETED"
            assert "tube_found" in b.rig.event_names("mav")
            assert statuses(b) == [("mav", CustodyStatus.HELD)] * 2
            told = account(b.ledgers(), b.tubes)
            assert [told[tube].place for tube in b.tubes] == b.places() == ["mav"] * 2

    run(main(), VirtualLoop())
