"""Hazardous commands in a running node: ARM, then FIRE, and nothing in between."""

import asyncio

import pytest

from flight.icd.messages import CommandReport, Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import World


async def send(rig: Rig, stage: str, tube: str = "M14", lifetime: float = 60.0) -> CommandReport:
    identifier = rig.send("toy", "release", stage=stage, tube=tube, lifetime=lifetime)
    return await rig.wait_for_end(identifier)


async def test_armed_and_fired_it_acts_once(rig: Rig, world: World) -> None:
    armed = await send(rig, "arm")
    assert (armed.rung, armed.detail, world.deeds) == (Rung.COMPLETED, "armed for 60 s", [])
    fired = await send(rig, "fire")
    assert (fired.rung, fired.detail) == (Rung.COMPLETED, "released M14")
    assert (await send(rig, "fire")).rung is Rung.REJECTED
    assert world.deeds == ["release M14"]


async def test_what_is_armed_is_telemetry(rig: Rig) -> None:
    await send(rig, "arm", lifetime=600.0)
    await asyncio.sleep(599.0)
    assert rig.nodes["toy"].dispatcher.armed_command() == "release"
    await asyncio.sleep(2.0)
    assert rig.nodes["toy"].dispatcher.armed_command() == ""


@pytest.mark.requirement("CMD-04")
async def test_it_does_not_run_without_arming(rig: Rig, world: World) -> None:
    assert "ARM it, then FIRE" in (await send(rig, "run")).detail
    assert "nothing is armed" in (await send(rig, "fire")).detail
    assert world.deeds == []


async def test_other_arguments_than_armed_are_refused_and_disarm(rig: Rig, world: World) -> None:
    await send(rig, "arm", tube="M14")
    assert (await send(rig, "fire", tube="M15")).rung is Rung.REJECTED
    assert (await send(rig, "fire", tube="M14")).rung is Rung.REJECTED
    assert world.deeds == []


@pytest.mark.parametrize("other", ["note", "fly", "drive"])
@pytest.mark.requirement("CMD-05")
async def test_any_other_command_disarms_even_one_that_is_refused(
    rig: Rig, world: World, other: str
) -> None:
    await send(rig, "arm")
    await rig.wait_for_end(rig.send("toy", other, text="x"))
    assert (await send(rig, "fire")).rung is Rung.REJECTED
    assert "release M14" not in world.deeds


@pytest.mark.requirement("CMD-06")
async def test_an_arming_ends_with_its_lifetime(rig: Rig, world: World) -> None:
    await send(rig, "arm", lifetime=60.0)
    await asyncio.sleep(60.0)
    assert "lifetime" in (await send(rig, "fire")).detail
    assert world.deeds == []


async def test_a_fire_that_is_refused_for_any_reason_disarms(rig: Rig, world: World) -> None:
    await send(rig, "arm")
    wrong = rig.send("toy", "release", stage="fire", tube=7)
    assert (await rig.wait_for_end(wrong)).rung is Rung.REJECTED
    assert (await send(rig, "fire")).rung is Rung.REJECTED
    assert world.deeds == []


async def test_an_arm_that_is_refused_ends_an_earlier_arming(rig: Rig, world: World) -> None:
    await send(rig, "arm")
    assert (await send(rig, "arm", lifetime=1e4)).rung is Rung.REJECTED
    assert (await send(rig, "fire")).rung is Rung.REJECTED
    assert world.deeds == []


@pytest.mark.requirement("CMD-06")
async def test_entering_safe_disarms(rig: Rig, world: World) -> None:
    await send(rig, "arm")
    rig.nodes["toy"].go_safe("test")
    await rig.wait_for_state("toy", "safe")
    assert (await send(rig, "fire")).rung is Rung.REJECTED
    assert world.deeds == []


@pytest.mark.requirement("CMD-06")
async def test_an_arming_does_not_survive_a_reboot(rig: Rig, world: World) -> None:
    await send(rig, "arm")
    await rig.kill("toy")
    await rig.restart("toy")
    assert (await send(rig, "fire")).rung is Rung.REJECTED
    assert world.deeds == []


async def test_a_repeated_fire_is_answered_from_history(rig: Rig, world: World) -> None:
    await send(rig, "arm")
    rig.send("toy", "release", stage="fire", tube="M14", identifier="f")
    await rig.wait_for_end("f")
    await send(rig, "arm")
    rig.send("toy", "release", stage="fire", tube="M14", identifier="f")
    await asyncio.sleep(1.0)
    assert world.deeds == ["release M14"]


async def test_a_command_that_is_hazardous_nowhere_takes_no_arm(rig: Rig) -> None:
    report = await rig.wait_for_end(rig.send("toy", "report_status", stage="arm"))
    assert (report.rung, "takes no arm" in report.detail) == (Rung.REJECTED, True)


async def test_one_that_is_hazardous_elsewhere_is_armed_and_fired_here_as_well(rig: Rig) -> None:
    """The ground cannot know for sure in which phase it comes."""
    fired = await rig.wait_for_end(rig.send("toy", "note", stage="fire", text="x"))
    assert fired.rung is Rung.REJECTED, "nothing was armed"
    rig.send("toy", "note", stage="arm", text="x")
    fired = await rig.wait_for_end(rig.send("toy", "note", stage="fire", text="x"))
    assert fired.rung is Rung.COMPLETED


async def test_long_work_is_fired_too_and_resumed_after_a_reboot(rig: Rig, world: World) -> None:
    rig.send("toy", "launch", stage="arm")
    fired = rig.send("toy", "launch", stage="fire")
    await asyncio.sleep(5.0)
    await rig.kill("toy")
    await rig.restart("toy")
    assert (await rig.wait_for_end(fired)).rung is Rung.COMPLETED
    assert world.deeds == ["ignition"]
