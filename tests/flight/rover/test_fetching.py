"""The rover fetches tubes: found, grasped, verified, racked, and nothing claimed that is not so."""

import asyncio
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.core.chart.statechart_checks import check
from flight.core.custody.ledger import Evidence
from flight.icd.messages import Rung
from flight.icd.places import ROVER_GRIPPER
from flight.rover.node import FetchRover
from ground.testbed.rig import Rig

SOL = 88_775.244


def test_the_statechart_is_sound() -> None:
    assert check(FetchRover.statechart) == []


async def test_two_tubes_are_fetched_and_brought_to_the_lander(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=2)
        assert (await rig.command("rover", "egress")).rung is Rung.COMPLETED
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.rung is Rung.COMPLETED
        assert report.detail.startswith("collected 2 of 2")
        for tube in field.tubes:
            assert field.truth(tube) == "rover_rack"
            assert field.ledger(tube) == ("held", "rover_rack")
        assert (await rig.command("rover", "return_to_lander")).rung is Rung.COMPLETED
        assert rig.nodes["rover"].state == "surface.docked"
        distance = field.world.bodies["rover"].distance_to(field.world.bodies["lander"])
        assert distance == pytest.approx(2.0, abs=0.3)


async def test_told_where_the_lander_truly_came_down_the_rover_finds_its_tube(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1, believed=(81.0, 14.0), heading=0.4)
        told = {"east": 70.3, "north": 21.8, "error": 0.5}
        assert (await rig.command("rover", "locate_lander", **told)).rung is Rung.COMPLETED
        await rig.kill("rover")
        await rig.restart("rover")  # what it was told outlives a reboot
        assert rig.nodes["rover"].lander_place == (70.3, 21.8)  # type: ignore[attr-defined]
        await rig.command("rover", "egress")
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.detail.startswith("collected 1 of 1")


async def test_a_rover_that_has_lost_its_way_finds_its_tube_once_a_picture_says_where_it_is(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1, believed=(90.0, 37.0), heading=0.4)
        wrong = {"east": 90.3, "north": 36.8, "error": 20.0}
        assert (await rig.command("rover", "locate_lander", **wrong)).rung is Rung.COMPLETED
        await rig.command("rover", "egress")
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.detail.startswith("collected 0 of 1")

        def off() -> float:
            node: Any = rig.nodes["rover"]
            body = field.world.bodies["rover"]
            return math.hypot(node.pose.east - body.east, node.pose.north - body.north)

        astray = off()
        assert astray > 10.0
        body = field.world.bodies["rover"]
        # One that is worse than what is known says next to nothing.
        poor = {"east": body.east + 300.0, "north": body.north, "error": 1000.0}
        assert (await rig.command("rover", "correct_place", **poor)).rung is Rung.COMPLETED
        assert off() == pytest.approx(astray, abs=1.0)
        picture = {"east": body.east + 0.4, "north": body.north - 0.3, "error": 0.5}
        report = await rig.command("rover", "correct_place", **picture)
        assert report.rung is Rung.COMPLETED and report.detail.startswith("corrected by")
        assert off() < 0.6
        await rig.kill("rover")
        await rig.restart("rover")  # what it was told outlives a reboot
        assert off() < 0.6
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.detail.startswith("collected 1 of 1")


async def test_each_move_is_in_the_ledger_before_it_happens_and_is_seen_by_another_sensor(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        at_move: list[tuple[str, str]] = []
        field.world.tubes.observe(lambda move: at_move.append(field.ledger(tube)))
        await rig.command("rover", "egress")
        await rig.command("rover", "fetch_tubes", tubes=[tube])
        assert at_move[0] == ("in_transit", "ground")
        assert at_move[-1] == ("in_transit", "rover_gripper")
        for record in rig.nodes["rover"].ledger.journal(tube):
            if record.step in ("commit", "revert"):
                assert record.evidence is not None
                assert record.evidence.verified_by in ("rover.stereo_camera", "rover.tube_rack")
                assert record.evidence.verified_by != record.moved_by


async def test_without_memory_the_rover_finds_the_tube_in_its_gripper_again(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        await rig.command("rover", "egress")
        ledger = rig.nodes["rover"].ledger
        ledger.begin(tube, ROVER_GRIPPER, "rover.gripper")
        field.world.tubes.move(tube, ROVER_GRIPPER)
        told = [msgspec.to_builtins(ledger.commit(tube, Evidence("rover.stereo_camera", "seen")))]
        await rig.kill("rover")
        rig.forget("rover")
        await rig.restart("rover")
        assert field.ledger(tube)[0] == "unknown"
        strange = [{**told[0], "tube": "M2020-00000-00"}]  # another one is not made of it
        report = await rig.command("rover", "look_for_tubes", records=strange)
        assert "found: none" in report.detail
        report = await rig.command("rover", "look_for_tubes", records=told)
        assert f"found: {tube}" in report.detail
        assert field.ledger(tube) == ("held", field.truth(tube)) == ("held", "rover_gripper")


async def test_a_gripper_that_closes_on_nothing_is_found_out_and_the_tube_is_left(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        field.devices["gripper"]._between_jaws = lambda pose: False
        await rig.command("rover", "egress")
        report = await rig.command("rover", "fetch_tubes", tubes=[tube])
        assert report.rung is Rung.COMPLETED
        assert report.detail.startswith("collected 0 of 1")
        assert f"Left: {tube}" in report.detail
        assert field.truth(tube) == "ground"
        assert field.ledger(tube) == ("held", "ground")
        names = rig.event_names("rover")
        assert "grasp_failed" in names and "tube_left" in names and "tube_grasped" not in names


async def test_a_tube_for_which_another_answers_is_left_where_it_lies(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        await rig.command("rover", "egress")
        ledger = rig.nodes["rover"].ledger
        ledger.lose(tube, "nobody knows")
        ledger.cede(tube, "perseverance")
        report = await rig.command("rover", "fetch_tubes", tubes=[tube])
        assert report.rung is Rung.COMPLETED
        assert report.detail.startswith("collected 0 of 1") and "not this rover's" in report.detail
        assert field.truth(tube) == "ground" and field.ledger(tube)[0] == "unknown"
        names = rig.event_names("rover")
        assert "activity_fault" not in names and "entered_safe" not in names


async def test_a_tube_that_is_not_there_is_left_and_the_others_are_fetched(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=2)
        gone, other = field.tubes
        field.world.tubes.move(gone, "arm_gripper")  # somebody took it
        await rig.command("rover", "egress")
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.rung is Rung.COMPLETED
        assert report.detail.startswith(f"collected 1 of 2: {other}")
        assert f"Left: {gone}" in report.detail


async def test_a_sensor_of_a_slot_that_never_closes_does_not_lose_the_tube(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        field.devices["tube_rack"].fail("stuck_open", slot=0)
        await rig.command("rover", "egress")
        report = await rig.command("rover", "fetch_tubes", tubes=[tube])
        assert report.detail.startswith("collected 1 of 1")
        assert field.truth(tube) == "rover_rack"
        assert field.world.tubes.state(tube).slot == 1
        assert rig.nodes["rover"].ledger.record(tube).slot == 1


async def test_an_arm_that_does_not_move_fails_the_command_and_the_tube_stays_accounted_for(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        field.devices["rover_arm"].fail("joint_stall", joint=1)
        await rig.command("rover", "egress")
        report = await rig.command("rover", "fetch_tubes", tubes=[tube])
        assert report.rung is Rung.FAILED
        assert rig.nodes["rover"].state == "surface.idle"
        assert field.truth(tube) == "ground"
        assert field.ledger(tube)[0] in ("held", "in_transit")


async def test_the_fetch_goes_on_over_nights_and_keeps_to_the_way_of_a_sol(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1, lander=(330.0, -150.0), seed=2)
        await rig.command("rover", "egress")
        begun = field.world.now()
        ways: dict[int, float] = {}
        field.rig.observers.append(
            lambda message: ways.update(
                {rig.nodes["rover"].sols.sol: rig.nodes["rover"].distance_driven}
            )
        )
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.detail.startswith("collected 1 of 1")
        assert field.world.now() - begun > SOL
        totals = list(ways.values())
        by_sol = [after - before for before, after in pairwise(totals)]
        assert max(by_sol) < 200.0 + 5.0
        assert "going_to_sleep" in rig.event_names("rover")


@pytest.mark.parametrize("instant", [60, 400, 900, 1500, 2000, 2300, 2600, 2900, 3100, 3400])
async def test_killed_at_any_instant_it_goes_on_and_every_tube_is_accounted_for(
    folder: Path, new_field: Any, instant: int
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=2)
        await rig.command("rover", "egress")
        identifier = rig.send("rover", "fetch_tubes", tubes=field.tubes)
        await asyncio.sleep(instant)
        await rig.kill("rover")
        await asyncio.sleep(30.0)
        await rig.restart("rover")
        report = await rig.wait_for_end(identifier)
        assert report.rung is Rung.COMPLETED
        for tube in field.tubes:
            assert field.truth(tube) == "rover_rack"
            assert field.ledger(tube) == ("held", "rover_rack")
        ends = [rung for rung in rig.rungs(identifier) if rung in (Rung.COMPLETED, Rung.FAILED)]
        assert len(ends) == 1


async def test_an_abort_stops_the_drive_and_the_pose_is_caught_up_with(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        await rig.command("rover", "egress")
        identifier = rig.send("rover", "drive_to", east=40.0, north=30.0)
        await asyncio.sleep(170.0)
        rig.send("rover", "abort_activity")
        assert (await rig.wait_for_end(identifier)).rung is Rung.ABORTED
        assert rig.nodes["rover"].state == "surface.idle"
        report = await rig.command("rover", "drive_to", east=42.0, north=30.0)
        assert report.rung is Rung.COMPLETED
        body = field.world.bodies["rover"]
        assert body.east == pytest.approx(42.0, abs=1.5)
        assert body.north == pytest.approx(30.0, abs=1.5)


async def test_unknown_tubes_are_refused_by_name(folder: Path, new_field: Any) -> None:
    async with Rig(folder) as rig:
        new_field(rig, count=1)
        await rig.command("rover", "egress")
        report = await rig.command("rover", "fetch_tubes", tubes=["M2020-99999-99"])
        assert report.rung is Rung.REJECTED
        assert "M2020-99999-99" in report.detail


async def test_low_charge_leads_to_safe_and_the_rover_recovers_by_itself(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        await rig.command("rover", "egress")
        field.electrical._energy = 0.12 * field.electrical._capacity
        await rig.wait_for_state("rover", "safe", timeout=2 * SOL)
        await rig.wait_for_state("rover", "surface.idle", timeout=3 * SOL)
        assert "power_recovered" in rig.event_names("rover")


async def test_a_blind_camera_fails_the_fetch_within_a_sol_and_says_why(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        await rig.command("rover", "egress")
        begun = field.world.now()
        field.devices["stereo_camera"].fail("blind")
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.rung is Rung.FAILED
        assert "camera" in report.detail
        assert field.world.now() - begun < SOL


async def test_a_dead_wheel_slows_the_rover_and_does_not_stop_it(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        await rig.command("rover", "egress")
        field.devices["wheels"].fail("dead_wheel", wheel=2)
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.detail.startswith("collected 1 of 1")


async def test_a_saturated_gyro_and_a_blind_sun_sensor_do_not_lead_astray(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        await rig.command("rover", "egress")
        field.devices["inertial_measurement_unit"].fail("saturate", error=0.6)
        field.devices["sun_sensor"].fail("blind")
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.detail.startswith("collected 1 of 1")


async def test_with_a_dark_sky_the_rover_sleeps_and_goes_on_when_it_clears(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        await rig.command("rover", "egress")
        field.electrical._array_power = lambda seconds, dust: 36.0
        field.electrical._energy = 0.24 * field.electrical._capacity
        identifier = rig.send("rover", "fetch_tubes", tubes=field.tubes)
        await asyncio.sleep(0.5 * SOL)
        assert rig.nodes["rover"].state == "surface.fetching.sleeping"
        del field.electrical._array_power
        report = await rig.wait_for_end(identifier)
        assert report.detail.startswith("collected 1 of 1")


async def test_on_the_lander_it_lasts_ten_sols_and_hears_by_day(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        lowest = 1.0
        for _ in range(40):
            await asyncio.sleep(0.25 * SOL)
            lowest = min(lowest, field.electrical.state_of_charge)
        assert rig.nodes["rover"].state == "stowed"
        assert lowest > 0.3
        assert "entered_safe" not in rig.event_names("rover")
        await asyncio.sleep(0.1)
        by_day = field.world.sun().sun_elevation > 0.3
        assert field.devices["uhf"].is_on is by_day


async def test_commanded_safe_ends_the_work_and_is_left_by_command(
    folder: Path, new_field: Any
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        await rig.command("rover", "egress")
        identifier = rig.send("rover", "fetch_tubes", tubes=field.tubes)
        await asyncio.sleep(300.0)
        rig.send("rover", "enter_safe")
        assert (await rig.wait_for_end(identifier)).rung is Rung.ABORTED
        await asyncio.sleep(2 * SOL)
        assert rig.nodes["rover"].state == "safe"
        rig.send("rover", "leave_safe")
        await rig.wait_for_state("rover", "surface.idle", timeout=60.0)
        report = await rig.command("rover", "fetch_tubes", tubes=field.tubes)
        assert report.detail.startswith("collected 1 of 1")
