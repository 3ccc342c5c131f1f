"""Parameters and sequences of a node."""

import asyncio
from typing import Any

import pytest

from flight.icd.messages import Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import World, toy


async def test_parameters_are_loaded_checked_activated_and_kept(rig: Rig) -> None:
    assert (await rig.command("toy", "load_parameters", values={"speed": 2.0})).rung is (
        Rung.COMPLETED
    )
    assert toy(rig).parameters["speed"] == 1.0
    await rig.command("toy", "activate_parameters")
    assert toy(rig).parameters["speed"] == 2.0
    await rig.kill("toy")
    await rig.restart("toy")
    assert toy(rig).parameters["speed"] == 2.0


async def test_refused_parameters_say_why_and_change_nothing(rig: Rig) -> None:
    report = await rig.command("toy", "load_parameters", values={"speed": 9.0})
    assert report.rung is Rung.REJECTED
    assert "speed = 9.0: allowed is a finite float from 0.0 to 5.0 m/s" in report.detail
    assert (await rig.command("toy", "activate_parameters")).rung is Rung.REJECTED


def entry(name: str, delay: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"kind": "relative", "delay": delay, "target": "toy", "command": name, **more}


async def start(rig: Rig, *entries: dict[str, Any]) -> None:
    loaded = await rig.command("toy", "load_sequence", sequence={"name": "s", "entries": entries})
    assert loaded.rung is Rung.COMPLETED, loaded.detail
    assert (await rig.command("toy", "start_sequence", name="s")).rung is Rung.COMPLETED


async def test_a_sequence_runs_its_commands_one_after_the_other(rig: Rig, world: World) -> None:
    await start(
        rig,
        entry("note", arguments={"text": "before"}),
        entry("drive", 10.0, arguments={"distance": 5.0}),
        entry("note", 10.0, arguments={"text": "after"}),
    )
    await asyncio.sleep(100.0)
    assert world.deeds == ["before", "drive", "stop", "after"]


async def test_a_sequence_goes_on_after_a_reboot(rig: Rig, world: World) -> None:
    await start(rig, *[entry("note", 10.0, arguments={"text": str(n)}) for n in range(5)])
    await asyncio.sleep(25.0)
    await rig.kill("toy")
    await asyncio.sleep(25.0)
    await rig.restart("toy")
    await asyncio.sleep(1000.0)
    assert world.deeds == ["0", "1", "2", "3", "4"]


async def test_a_sequence_arms_and_fires_a_hazardous_command(rig: Rig, world: World) -> None:
    tube = {"tube": "M14"}
    await start(
        rig,
        entry("release", arguments=tube, stage="arm", lifetime=60.0),
        entry("release", 30.0, arguments=tube, stage="fire"),
    )
    await asyncio.sleep(100.0)
    assert world.deeds == ["release M14"]


async def test_a_sequence_that_only_runs_a_hazardous_command_is_refused_at_load(rig: Rig) -> None:
    sequence = {"name": "s", "entries": [entry("release", arguments={"tube": "M14"})]}
    report = await rig.command("toy", "load_sequence", sequence=sequence)
    assert report.rung is Rung.REJECTED
    assert "ARM it, then FIRE" in report.detail


@pytest.mark.requirement("CMD-10")
async def test_entering_safe_ends_running_sequences(rig: Rig, world: World) -> None:
    await start(rig, entry("note", 100.0, arguments={"text": "too late"}))
    await rig.command("toy", "enter_safe")
    await rig.wait_for_state("toy", "safe")
    await rig.command("toy", "leave_safe")
    await asyncio.sleep(1000.0)
    assert world.deeds == []
    assert toy(rig).sequences.unfinished() == []


async def test_a_reduced_boot_ends_sequences(rig: Rig, world: World) -> None:
    await start(rig, entry("note", 100.0, arguments={"text": "too late"}))
    for _ in range(3):
        await rig.kill("toy")
        await rig.restart("toy")
        await asyncio.sleep(1.0)
    assert toy(rig).boot.reduced
    await asyncio.sleep(1000.0)
    assert world.deeds == []


async def test_a_corrected_clock_moves_what_a_sequence_waits_for(rig: Rig, world: World) -> None:
    await start(
        rig,
        {
            "kind": "absolute",
            "time": 500.0,
            "late": "run",
            "target": "toy",
            "command": "note",
            "arguments": {"text": "now"},
        },
    )
    await asyncio.sleep(10.0)
    await rig.command("toy", "correct_clock", error=-460.0)  # the clock goes from 10 to 470 s
    assert toy(rig).clock.now() == 470.0
    await asyncio.sleep(29.0)
    assert world.deeds == []
    await asyncio.sleep(1.5)  # less than the sequence would sleep until it looks by itself
    assert world.deeds == ["now"]
