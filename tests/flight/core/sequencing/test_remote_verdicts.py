"""A sequence's command to another node is done when that node says so."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flight.core.telling.communications import Route, wire
from flight.icd.messages import Command, Message, Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import SPEED, Toy, World


class Sender(Toy):
    name = "sender"
    routes: ClassVar[dict[str, Route]] = {"other": wire("other")}


class Other(Toy):
    name = "other"
    routes: ClassVar[dict[str, Route]] = {"sender": wire("sender")}


@pytest.fixture
async def pair(tmp_path: Path, world: World) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as rig:
        rig.add_node(Sender, SPEED, mission={"world": world})
        rig.add_node(Other, SPEED, mission={"world": world})
        await asyncio.sleep(0.1)
        yield rig


def order(command: str, **more: Any) -> dict[str, Any]:
    return {"kind": "relative", "target": "other", "command": command, **more}


async def begin(rig: Rig, *entries: dict[str, Any]) -> None:
    sequence = {"name": "s", "entries": entries}
    loaded = await rig.command("sender", "load_sequence", sequence=sequence)
    assert loaded.rung is Rung.COMPLETED, loaded.detail
    await rig.command("sender", "start_sequence", name="s")


def told(rig: Rig) -> list[str]:
    reports = [e.data["report"] for e in rig.events if e.source == "sender" and "report" in e.data]
    return [report for report in reports if report.startswith("sequence_")]


AFTER = {"kind": "relative", "target": "sender", "command": "note", "arguments": {"text": "after"}}


async def test_the_next_entry_waits_until_the_other_node_has_done_it(
    pair: Rig, world: World
) -> None:
    await begin(pair, order("drive", arguments={"distance": 100.0}), AFTER)
    await asyncio.sleep(99.0)
    assert world.deeds == ["drive"]
    await asyncio.sleep(15.0)
    assert world.deeds == ["drive", "stop", "after"]
    assert told(pair)[-1] == "sequence_completed"


async def test_what_the_other_node_rejects_aborts_the_sequence(pair: Rig, world: World) -> None:
    await begin(pair, order("note", arguments={"text": "never"}, on_failure="abort"), AFTER)
    await asyncio.sleep(100.0)
    assert world.deeds == []
    assert told(pair)[-2:] == ["sequence_entry_failed", "sequence_aborted"]


async def test_what_the_other_node_rejects_is_told_though_the_sequence_goes_on(
    pair: Rig, world: World
) -> None:
    await begin(pair, order("note", arguments={"text": "never"}, on_failure="continue"), AFTER)
    await asyncio.sleep(100.0)
    assert world.deeds == ["after"]
    assert "sequence_entry_failed" in told(pair)


async def test_a_node_that_never_answers_is_waited_for_so_long_as_the_entry_says(
    pair: Rig, world: World
) -> None:
    await pair.kill("other")
    await begin(pair, order("note", arguments={"text": "x"}, within=500.0), AFTER)
    await asyncio.sleep(490.0)
    assert told(pair) == ["sequence_started"]
    await asyncio.sleep(20.0)
    failed = [e for e in pair.events if e.data.get("report") == "sequence_entry_failed"]
    assert failed[0].data["data"]["rung"] == Rung.TIMED_OUT
    assert told(pair)[-1] == "sequence_aborted"
    assert world.deeds == []


async def test_a_reboot_of_the_sender_neither_loses_nor_repeats_the_command(
    pair: Rig, world: World
) -> None:
    await begin(pair, order("drive", arguments={"distance": 100.0}), AFTER)
    await asyncio.sleep(20.0)
    await pair.kill("sender")
    await asyncio.sleep(20.0)
    await pair.restart("sender")
    await asyncio.sleep(200.0)
    assert world.deeds == ["drive", "stop", "after"]


def sent_orders(rig: Rig, monkeypatch: pytest.MonkeyPatch, lost: int) -> list[str]:
    """Names of the orders that the sender has sent; the first `lost` of them never arrive."""
    node = rig.nodes["sender"]
    send = node.communications.send
    sent: list[str] = []

    def note(destination: str, message: Message, priority: int = 4) -> bool:
        if isinstance(message, Command):
            sent.append(message.name)
            if len(sent) <= lost:
                return True
        return send(destination, message, priority)

    monkeypatch.setattr(node.communications, "send", note)
    return sent


async def test_a_command_that_the_other_node_has_heard_is_sent_once(
    pair: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = sent_orders(pair, monkeypatch, lost=0)
    await begin(pair, order("drive", arguments={"distance": 100.0}))
    await asyncio.sleep(200.0)
    assert sent == ["drive"]


async def test_a_command_that_was_lost_on_its_way_is_sent_again(
    pair: Rig, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = sent_orders(pair, monkeypatch, lost=2)
    await begin(pair, order("drive", arguments={"distance": 10.0}))
    await asyncio.sleep(200.0)
    assert sent == ["drive"] * 3
    assert world.deeds == ["drive", "stop"]
    assert told(pair)[-1] == "sequence_completed"


async def test_safe_ends_the_sending_of_what_was_lost(
    pair: Rig, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = sent_orders(pair, monkeypatch, lost=3)
    await begin(pair, order("drive", arguments={"distance": 10.0}))
    await asyncio.sleep(15.0)
    assert len(sent) == 2
    await pair.command("sender", "enter_safe")
    await asyncio.sleep(1000.0)
    assert len(sent) == 2
    assert world.deeds == []
