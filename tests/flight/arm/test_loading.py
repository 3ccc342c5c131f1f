"""The arm loads tubes from a rover's rack into the MAV, also when something goes wrong."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from loading_bench import bench

from flight.arm.node import Arm
from flight.core.chart.statechart_checks import check
from flight.core.custody.ledger import CustodyStatus
from flight.icd.custody_account import account
from flight.runtime.loop import VirtualLoop, run
from sim_hw.world.tubes import TubeMove


def test_the_statechart_is_sound() -> None:
    assert check(Arm.statechart) == []


def test_tubes_are_loaded_closed_in_and_sealed(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 3) as b:
            await b.prepare()
            report = await b.load()
            assert (report.rung, report.detail) == (
                "COMPLETED", "3 of 3 tubes in the container",
            )  # fmt: skip
            assert b.places() == ["container"] * 3
            for target, name in (("arm", "close_lid"), ("mav", "seal_container")):
                assert (await b.rig.command(target, name)).rung == "COMPLETED"
            assert b.places() == ["mav"] * 3
            assert b.held_by_mav() == b.tubes
            for tube in b.tubes:
                record = b.rig.nodes["mav"].ledger.record(tube)
                assert record is not None and record.place == "mav"
            assert b.rig.telemetry["arm"]["tubes_loaded"] in (2, 3)

    run(main(), VirtualLoop())


def test_ten_tubes_take_three_sols_at_four_a_sol_and_work_is_by_day(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 10) as b:
            hours: list[float] = []
            b.world.tubes.observe(lambda move: hours.append(b.world.sky().ltst_hours))
            await b.prepare()
            report = await b.load()
            assert report.rung == "COMPLETED"
            assert len(b.held_by_mav()) == 10
            sols = asyncio.get_running_loop().time() / 88_775.244
            assert 2.0 < sols < 3.0
            assert min(hours) > 7.0 and max(hours) < 18.0

    run(main(), VirtualLoop())


def test_a_stuck_joint_ends_the_command_with_the_reason_and_the_arm_safe(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            b.transfer_arm.fail("joint_stall", joint=3)
            report = await b.load()
            assert report.rung == "FAILED"
            assert "joint 3 does not follow" in report.detail
            await asyncio.sleep(100.0)
            assert b.rig.nodes["arm"].state == "safe"
            assert b.transfer_arm.brakes
            assert b.places() == ["rover_rack"]
            record = b.rig.nodes["rover"].ledger.record(b.tubes[0])
            assert record is not None and record.status is CustodyStatus.HELD
            await b.rig.command("arm", "leave_safe")
            refused = await b.load()
            assert refused.rung == "REJECTED" and "use the rover's arm" in refused.detail

    run(main(), VirtualLoop())


def test_it_comes_out_of_safe_as_it_stands_folded_or_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            for deployed, state in ((False, "stowed"), (True, "ready.idle")):
                if deployed:
                    assert (await b.rig.command("arm", "deploy")).rung == "COMPLETED"
                await b.rig.command("arm", "enter_safe")
                await b.rig.wait_for_state("arm", "safe")
                await b.rig.command("arm", "leave_safe")
                await b.rig.wait_for_state("arm", state)

    run(main(), VirtualLoop())


def test_a_joint_that_sticks_with_a_tube_in_the_jaws_leaves_it_accounted_for(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            b.world.tubes.observe(lambda move: b.transfer_arm.fail("joint_stall", joint=1))
            report = await b.load()
            assert report.rung == "FAILED" and "joint 1" in report.detail
            assert b.places() == ["arm_gripper"]
            assert account(b.ledgers(), b.tubes)[b.tubes[0]].place == "arm_gripper"

    run(main(), VirtualLoop())


def test_debris_in_a_socket_sends_the_tube_to_another(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            b.container.fail("debris", socket=0, height=0.010)
            await b.prepare()
            report = await b.load()
            assert report.rung == "COMPLETED"
            assert "insertion_stopped" in b.rig.event_names("arm")
            record = b.rig.nodes["mav"].ledger.record(b.tubes[0])
            assert record is not None and record.slot == 1
            assert b.world.tubes.state(b.tubes[0]).slot == 1
            assert b.container.raised == {}

    run(main(), VirtualLoop())


def test_a_refusal_of_energy_is_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            lander = b.rig.nodes["lander"]
            lander.grants = False  # type: ignore[attr-defined]
            identifier = b.rig.send("arm", "load_tubes", tubes=b.tubes, source="rover")
            await asyncio.sleep(5000.0)
            assert b.rig.nodes["arm"].state == "ready.loading.waiting"
            lander.grants = True  # type: ignore[attr-defined]
            assert (await b.rig.wait_for_end(identifier)).rung == "COMPLETED"

    run(main(), VirtualLoop())


def test_a_tube_that_perseverance_holds_out_is_loaded(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1, "perseverance") as b:
            [tube] = b.tubes
            b.scene.held_out = lambda: tube
            rover: Any = b.rig.nodes["perseverance"]
            b.world.tubes.observe(lambda move: rover.sees.update({tube: False}))
            await b.prepare()
            report = await b.load()
            assert report.rung == "COMPLETED", report
            assert b.held_by_mav() == b.tubes

    run(main(), VirtualLoop())


def test_a_tube_on_the_ground_within_reach_is_loaded(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1, "ground") as b:
            await b.prepare()
            report = await b.load()
            assert report.rung == "COMPLETED", report
            assert b.held_by_mav() == b.tubes

    run(main(), VirtualLoop())


def test_jaws_that_jam_end_the_command_and_leave_the_tube_where_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            b.gripper.fail("jam")
            report = await b.load()
            assert report.rung == "FAILED" and "does not move" in report.detail
            assert b.places() == ["rover_rack"]

    run(main(), VirtualLoop())


def test_a_seat_sensor_that_says_nothing_makes_the_tube_openly_unknown(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            b.container.fail("stuck_sensor", socket=0, value=False)
            await b.prepare()
            report = await b.load()
            assert report.rung == "FAILED"
            statement = account(b.ledgers(), b.tubes)[b.tubes[0]]
            assert statement.last_seen == "arm_gripper" and statement.problem is None

    run(main(), VirtualLoop())


def test_power_that_comes_back_lets_the_loading_go_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            identifier = b.rig.send("arm", "load_tubes", tubes=b.tubes, source="rover")
            await asyncio.sleep(2500.0)
            b.power.brownout = True
            await asyncio.sleep(100.0)
            b.power.brownout = False
            assert (await b.rig.wait_for_end(identifier)).rung == "COMPLETED"

    run(main(), VirtualLoop())


def test_an_abort_leaves_the_tube_accounted_for_and_loading_can_go_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            identifier = b.rig.send("arm", "load_tubes", tubes=b.tubes, source="rover")
            await asyncio.sleep(3000.0)
            b.rig.send("arm", "abort_activity")
            assert (await b.rig.wait_for_end(identifier)).rung == "ABORTED"
            assert b.rig.nodes["arm"].state == "ready.idle"
            assert (await b.load()).rung == "COMPLETED"

    run(main(), VirtualLoop())


def test_a_rover_out_of_reach_is_said_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            b.world.bodies["rover"].east = -3.2
            report = await b.load()
            assert report.rung == "FAILED" and "out of reach" in report.detail
            assert b.places() == ["rover_rack"]

    run(main(), VirtualLoop())


def test_the_lid_is_not_taken_off_while_it_is_latched(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.rig.command("arm", "deploy")
            report = await b.rig.command("arm", "open_lid")
            assert report.rung == "FAILED" and "latched" in report.detail

    run(main(), VirtualLoop())


@pytest.mark.parametrize("victim", ["arm", "mav", "rover"])
@pytest.mark.parametrize("instant", [10.0, 1700.0, 1930.0, 2400.0, 3300.0, 3600.0, 3700.0])
def test_a_kill_while_loading_ends_with_the_tubes_loaded(
    tmp_path: Path, victim: str, instant: float
) -> None:
    async def main() -> None:
        async with bench(tmp_path, 1) as b:
            await b.prepare()
            identifier = b.rig.send("arm", "load_tubes", tubes=b.tubes, source="rover")
            await asyncio.sleep(instant)
            await b.kill(victim, 120.0)
            report = await b.rig.wait_for_end(identifier)
            assert report.rung == "COMPLETED", report
            assert b.places() == ["container"]
            assert b.held_by_mav() == b.tubes

    run(main(), VirtualLoop())


@pytest.mark.parametrize("place", ["arm_gripper", "container"])
def test_an_arm_that_dies_as_a_tube_arrives_does_not_fetch_it_again(
    tmp_path: Path, place: str
) -> None:
    async def main() -> None:
        async with bench(tmp_path, 2) as b:
            await b.prepare()
            arrived = asyncio.Event()

            def note(move: TubeMove) -> None:
                if move.after.place == place:
                    arrived.set()

            b.world.tubes.observe(note)
            identifier = b.rig.send("arm", "load_tubes", tubes=b.tubes, source="rover")
            await arrived.wait()
            await b.kill("arm", 30.0)
            report = await b.rig.wait_for_end(identifier)
            assert report.rung == "COMPLETED", report
            assert "tube_failed" not in b.rig.event_names("arm")
            assert b.places() == ["container"] * 2

    run(main(), VirtualLoop())
