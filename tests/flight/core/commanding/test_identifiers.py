"""An identifier stands for one order: the same again is answered, another is refused."""

import asyncio
from typing import Any

import pytest

from flight.icd.messages import Command, Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import World, toy

SAME = {"name": "drive", "arguments": {"distance": 5.0}}


async def said(rig: Rig, **order: Any) -> list[tuple[Rung, bool, str]]:
    """What is reported of an identifier that a drive of 5 m has had before."""
    await rig.wait_for_end(rig.send("toy", "drive", identifier="g/1", distance=5.0))
    rig.reports.clear()
    fields = {"target": "toy", "origin": "umbilical", **SAME, **order}
    await toy(rig).dispatcher.dispatch(Command("g/1", **fields))
    await asyncio.sleep(10.0)
    return [(r.rung, r.repeated, r.detail) for r in rig.reports if r.identifier == "g/1"]


@pytest.mark.parametrize("distance", [5.0, 5])
async def test_the_same_order_is_answered_from_history(
    rig: Rig, world: World, distance: float
) -> None:
    answers = await said(rig, arguments={"distance": distance})
    assert answers == [(Rung.COMPLETED, True, "5 m")]
    assert world.deeds == ["drive", "stop"]


@pytest.mark.parametrize(
    "other",
    [
        {"arguments": {"distance": 6.0}},
        {"name": "note", "arguments": {"text": "x"}},
        {"target": "rover"},
        {"stage": "arm"},
    ],
)
async def test_another_order_is_rejected_with_a_sentence_and_not_carried_out(
    rig: Rig, world: World, other: dict[str, Any]
) -> None:
    [(rung, repeated, detail)] = await said(rig, **other)
    assert (rung, repeated) == (Rung.REJECTED, False)
    assert "identifier = 'g/1': it was given to drive, COMPLETED before" in detail
    assert world.deeds == ["drive", "stop"]
    assert "command_refused" in rig.event_names("toy")


async def test_a_refused_identifier_leaves_the_running_command_alone(
    rig: Rig, world: World
) -> None:
    rig.send("toy", "drive", identifier="g/1", distance=5.0)
    await asyncio.sleep(2.0)
    rig.send("toy", "note", identifier="g/1", text="other")
    await asyncio.sleep(1.0)
    assert toy(rig).state == "driving"
    await asyncio.sleep(10.0)
    entry = toy(rig).dispatcher.ladder.entry("g/1")
    assert (entry.command.name, entry.rung) == ("drive", Rung.COMPLETED)
    assert world.deeds == ["drive", "stop"]
