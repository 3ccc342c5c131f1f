"""Safe ends autonomy; sequences can neither flood nor go round in a ring."""

import asyncio
from typing import Any

import pytest

from flight.core.chart.statechart import Signal
from flight.core.mailbox import CommandArrived
from flight.icd.messages import Command, Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import World, toy

HISTORY = 500
BURST = 40
PER_SECOND = 2.0
MAXIMUM_DEPTH = 4


def entry(command: str, /, **arguments: Any) -> dict[str, Any]:
    return {
        "kind": "relative",
        "target": "toy",
        "command": command,
        "arguments": arguments,
        "on_failure": "continue",
    }


async def load(rig: Rig, name: str, *entries: dict[str, Any]) -> None:
    report = await rig.command("toy", "load_sequence", sequence={"name": name, "entries": entries})
    assert report.rung is Rung.COMPLETED, report.detail


async def test_starting_a_sequence_is_refused_in_safe_and_allowed_after_it(
    rig: Rig, world: World
) -> None:
    await load(rig, "s", entry("note", text="done"))
    await rig.command("toy", "enter_safe")
    await rig.wait_for_state("toy", "safe")
    report = await rig.command("toy", "start_sequence", name="s")
    assert report.rung is Rung.REJECTED
    assert "no sequence runs in the state safe" in report.detail
    await asyncio.sleep(10.0)
    assert world.deeds == []
    await rig.command("toy", "leave_safe")
    assert (await rig.command("toy", "start_sequence", name="s")).rung is Rung.COMPLETED
    await asyncio.sleep(10.0)
    assert world.deeds == ["done"]


@pytest.mark.parametrize("ending", ["enter_safe", "abort_sequence"])
async def test_what_an_ended_run_had_posted_and_not_begun_is_aborted(
    rig: Rig, world: World, ending: str
) -> None:
    await load(rig, "s", entry("note", text="too late"))
    node = toy(rig)
    node.sequences.start("s")
    run = asyncio.ensure_future(node.sequences.execute("s"))
    # To the instant at which its command waits in the mailbox.
    await asyncio.sleep(0)
    assert any(isinstance(item, CommandArrived) for item in node.mailbox._ordinary)
    if ending == "enter_safe":
        await node.fire(Signal("enter_safe"))
    else:
        node.sequences.abort("s", "for the test")
    await run
    [posted] = [e for e in node.dispatcher.entries() if e.command.origin == "toy.sequence"]
    assert (posted.rung, posted.detail) == (Rung.ABORTED, "its sequence has ended before it began")
    assert world.deeds == []


async def test_a_ring_of_sequences_ends_by_its_depth(rig: Rig) -> None:
    await load(rig, "a", entry("start_sequence", name="b"))
    await load(rig, "b", entry("start_sequence", name="a"))
    await rig.command("toy", "start_sequence", name="a")
    await asyncio.sleep(1000.0)
    refused = [r for r in rig.reports if r.rung is Rung.REJECTED]
    assert len(refused) == 1
    assert f"{MAXIMUM_DEPTH + 1} sequences have started one another" in refused[0].detail
    begun = [e for e in toy(rig).dispatcher.entries() if e.command.name == "start_sequence"]
    assert len(begun) == 1 + MAXIMUM_DEPTH + 1
    assert toy(rig).sequences.unfinished() == []


async def test_a_chain_of_sequences_within_the_depth_is_taken(rig: Rig, world: World) -> None:
    for depth in range(MAXIMUM_DEPTH):
        await load(rig, f"s{depth}", entry("start_sequence", name=f"s{depth + 1}"))
    await load(rig, f"s{MAXIMUM_DEPTH}", entry("note", text="deep"))
    await rig.command("toy", "start_sequence", name="s0")
    await asyncio.sleep(10.0)
    assert world.deeds == ["deep"]


async def test_commands_from_sequences_are_bounded_per_second(rig: Rig, world: World) -> None:
    await load(rig, "s", *[entry("note", text=str(n)) for n in range(BURST + 20)])
    await rig.command("toy", "start_sequence", name="s")
    await asyncio.sleep(1e-3)
    assert len(world.deeds) == BURST
    await asyncio.sleep(19.0 / PER_SECOND)
    assert len(world.deeds) == BURST + 19
    await asyncio.sleep(2.0 / PER_SECOND)
    assert len(world.deeds) == BURST + 20


async def test_safe_ends_a_sequence_that_waits_for_its_rate(rig: Rig, world: World) -> None:
    await load(rig, "s", *[entry("note", text=str(n)) for n in range(BURST + 20)])
    await rig.command("toy", "start_sequence", name="s")
    await asyncio.sleep(1e-3)
    await rig.command("toy", "enter_safe")
    await asyncio.sleep(1000.0)
    assert len(world.deeds) == BURST
    assert toy(rig).sequences.unfinished() == []


async def test_commands_of_sequences_do_not_wash_out_what_the_ground_has_commanded(
    rig: Rig, world: World
) -> None:
    await rig.wait_for_end(rig.send("toy", "note", identifier="ground/1", text="once"))
    for number in range(HISTORY + 50):
        order = Command(f"other/s/1/{number}", "toy", "note", {"text": "x"}, "other.sequence")
        await toy(rig).dispatcher.dispatch(order)
    assert toy(rig).dispatcher.ladder.find("ground/1") is not None
    assert toy(rig).dispatcher.ladder.find("other/s/1/0") is None
    rig.send("toy", "note", identifier="ground/1", text="once")
    await asyncio.sleep(1.0)
    assert world.deeds.count("once") == 1


async def test_a_command_that_has_left_the_history_is_still_not_carried_out_twice(
    rig: Rig, world: World
) -> None:
    await rig.wait_for_end(rig.send("toy", "note", identifier="ground/1", text="once"))
    for number in range(HISTORY + 1):
        order = Command(f"flood/{number}", "toy", "note", {"text": "x"}, "umbilical")
        await toy(rig).dispatcher.dispatch(order)
    assert toy(rig).dispatcher.ladder.find("ground/1") is None
    await rig.kill("toy")
    await rig.restart("toy")
    rig.reports.clear()
    rig.send("toy", "note", identifier="ground/1", text="once")
    rig.send("toy", "note", identifier="ground/1", text="twice")
    await asyncio.sleep(1.0)
    said = [(r.rung, r.repeated) for r in rig.reports if r.identifier == "ground/1"]
    assert said == [(Rung.COMPLETED, True), (Rung.REJECTED, False)]
    assert world.deeds.count("once") == 1
    assert world.deeds.count("twice") == 0
