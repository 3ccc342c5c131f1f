"""The node across a reboot: what resumes, what ends, in which state it comes up."""

import asyncio

import pytest

from flight.icd.custody_record import Evidence
from flight.icd.messages import Message, Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import World, now, toy

POWER_OFF_AFTER = 1.2 * 88775.24414688001  # s: sols


@pytest.mark.requirement("NOD-05")
async def test_a_killed_node_resumes_a_command_and_does_the_rest(rig: Rig, world: World) -> None:
    identifier = rig.send("toy", "drive", distance=50.0)
    await asyncio.sleep(20.5)
    toy(rig).storage.put("toy", "driven", toy(rig).driven)
    await rig.kill("toy")
    await asyncio.sleep(100.0)
    await rig.restart("toy")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, now()) == (Rung.COMPLETED, 150.5)
    assert rig.rungs(identifier).count(Rung.STARTED) == 1
    assert world.deeds == ["drive", "stop", "drive", "stop"]


async def test_a_command_that_does_not_resume_is_aborted_by_a_reboot(rig: Rig) -> None:
    toy(rig).mast_deployed = True
    identifier = rig.send("toy", "measure")
    await asyncio.sleep(10.0)
    await rig.kill("toy")
    await rig.restart("toy")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, report.detail) == (Rung.ABORTED, "interrupted by a reboot")
    assert toy(rig).state == "idle"


async def test_the_deadline_of_a_resumed_command_counts_the_time_before_the_reboot(
    rig: Rig,
) -> None:
    identifier = rig.send("toy", "drive", distance=900.0)
    await asyncio.sleep(50.0)
    await rig.kill("toy")
    await asyncio.sleep(60.0)
    await rig.restart("toy")
    report = await rig.wait_for_end(identifier)
    assert (report.rung, now()) == (Rung.TIMED_OUT, 200.0)


async def test_a_command_whose_deadline_passed_while_the_node_was_down_is_not_resumed(
    rig: Rig, world: World
) -> None:
    identifier = rig.send("toy", "drive", distance=900.0)
    await asyncio.sleep(50.0)
    await rig.kill("toy")
    await asyncio.sleep(500.0)
    await rig.restart("toy")
    assert (await rig.wait_for_end(identifier)).rung is Rung.TIMED_OUT
    assert world.deeds.count("drive") == 1


async def test_a_node_comes_up_in_the_state_in_which_it_rested(rig: Rig) -> None:
    await rig.command("toy", "enter_safe")
    await rig.wait_for_state("toy", "safe")
    await rig.kill("toy")
    await rig.restart("toy")
    assert toy(rig).state == "safe"


@pytest.mark.requirement("NOD-06")
async def test_after_too_many_boots_a_node_comes_up_reduced_and_resumes_nothing(
    rig: Rig, world: World
) -> None:
    identifier = rig.send("toy", "drive", distance=150.0)
    await asyncio.sleep(1.0)
    for _ in range(3):
        await rig.kill("toy")
        await rig.restart("toy")
        await asyncio.sleep(1.0)
    assert toy(rig).boot.reduced
    assert toy(rig).state == "safe"
    assert "boot_reduced" in rig.event_names("toy")
    assert (await rig.wait_for_end(identifier)).rung is Rung.ABORTED


async def test_a_commanded_reboot_is_planned_and_the_way_out_of_a_reduced_boot(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    for _ in range(3):
        await rig.kill("toy")
        await rig.restart("toy")
        await asyncio.sleep(1.0)
    assert toy(rig).boot.reduced
    report = await rig.command("toy", "reboot")
    assert report.rung is Rung.COMPLETED
    await rig.wait_for_state("toy", "idle")
    assert (toy(rig).boot.number, toy(rig).boot.planned, toy(rig).boot.reduced) == (5, True, False)


async def test_a_decommissioned_node_says_its_last_words_and_is_off_for_good(rig: Rig) -> None:
    switched_off: list[tuple[str, float]] = []
    rig.on_power_off = lambda name: switched_off.append((name, now()))
    report = await rig.command("toy", "decommission")
    assert (report.rung, report.detail) == (Rung.COMPLETED, "off in a sol")
    commanded = now()
    await asyncio.sleep(POWER_OFF_AFTER - 1.0)
    assert (await rig.command("toy", "note", text="still here")).rung is Rung.COMPLETED
    await asyncio.sleep(10.0)
    assert "toy" not in rig.nodes
    assert switched_off == [("toy", pytest.approx(commanded + POWER_OFF_AFTER, abs=1e-6))]
    heard: list[Message] = []
    rig.observers.append(heard.append)
    rig.send("toy", "note", text="anybody?")
    await asyncio.sleep(POWER_OFF_AFTER)
    assert heard == []


async def test_decommissioning_needs_arming_as_all_that_cannot_be_undone(rig: Rig) -> None:
    report = await rig.wait_for_end(rig.send("toy", "decommission"))
    assert report.rung is Rung.REJECTED
    await asyncio.sleep(2 * POWER_OFF_AFTER)
    assert (await rig.command("toy", "note", text="still here")).rung is Rung.COMPLETED


async def test_a_node_that_nobody_can_switch_off_refuses_to_be_decommissioned(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).context.request_power_off = None
    report = await rig.command("toy", "decommission")
    assert report.rung is Rung.REJECTED
    assert "nobody here can switch toy off" in report.detail


async def test_boots_that_last_are_stable_and_never_add_up(rig: Rig) -> None:
    for _ in range(6):
        await asyncio.sleep(1000.0)
        await rig.kill("toy")
        await asyncio.sleep(3600.0)
        await rig.restart("toy")
    assert not toy(rig).boot.reduced


async def test_an_error_when_the_first_state_is_entered_leads_to_safe(
    rig: Rig, world: World
) -> None:
    world.fail_on_boot = True
    await rig.kill("toy")
    await rig.restart("toy")
    await asyncio.sleep(1.0)
    assert toy(rig).state == "safe"
    assert "statechart_fault" in rig.event_names("toy")


async def test_a_damaged_rest_state_leads_to_safe_and_is_reported(rig: Rig) -> None:
    await rig.command("toy", "drive", distance=1.0)
    storage = toy(rig).storage
    storage._query("UPDATE record SET crc = crc + 1 WHERE namespace = 'node'")
    await rig.kill("toy")
    await rig.restart("toy")
    await asyncio.sleep(1.0)
    assert toy(rig).state == "safe"
    assert "record_damaged" in rig.event_names("toy")


async def test_a_reboot_says_again_what_the_ledger_holds(rig: Rig) -> None:
    toy(rig).ledger.adopt("M2020-00337-08", "ground", Evidence("map", "laid down there"))
    await asyncio.sleep(1.0)
    await rig.kill("toy")
    told = len(rig.custody)
    await rig.restart("toy")
    await asyncio.sleep(1.0)
    again = [report.record["tube"] for report in rig.custody[told:]]
    assert again == ["M2020-00337-08"]
