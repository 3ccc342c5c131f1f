"""A refusal that comes while a command works is no error of the software."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, command
from flight.core.node import Node
from flight.icd.messages import Rung
from ground.testbed.rig import Rig


async def work(node: Node, signal: Signal) -> None:
    await asyncio.sleep(1.0)
    raise CommandRejected("work: the door is shut")


class Picky(Node):
    """Refuses at several moments."""

    name = "picky"
    statechart = Statechart(
        State("idle", initial=True),
        State("working", activity=work),
        State("safe"),
        transitions=[
            On("work", "idle", "working"),
            On("failed", "working", "idle"),
            On("done", "working", "idle"),
            On("resume", "idle", "working"),
            On("command", "idle", None),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "idle"),
        ],
    )

    @command(deadline=60.0)
    async def ask(self, wait: float) -> str:
        """Refuses at once, or after a wait."""
        if wait > 0.0:
            await asyncio.sleep(wait)
        raise CommandRejected(f"ask: argument wait = {wait}: allowed is none")

    @command(deadline=60.0)
    async def quick(self) -> str:
        """Never has to wait."""
        return "quick"

    @command(deadline=60.0, starts="working")
    def work(self) -> None:
        """Works."""


@pytest.fixture
async def picky(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as rig:
        rig.add_node(Picky, {})
        yield rig


async def test_a_refusal_before_anything_began_is_rejected(picky: Rig) -> None:
    identifier = picky.send("picky", "ask", wait=0.0)
    report = await picky.wait_for_end(identifier)
    assert report.detail == "ask: argument wait = 0.0: allowed is none"
    assert picky.rungs(identifier) == [Rung.RECEIVED, Rung.REJECTED]
    assert "command_refused" in picky.event_names("picky")
    assert "command_fault" not in picky.event_names("picky")


async def test_a_refusal_after_a_wait_is_a_failure_with_its_sentence(picky: Rig) -> None:
    identifier = picky.send("picky", "ask", wait=3.0)
    report = await picky.wait_for_end(identifier)
    assert report.detail == "ask: argument wait = 3.0: allowed is none"
    assert picky.rungs(identifier) == [Rung.RECEIVED, Rung.ACCEPTED, Rung.STARTED, Rung.FAILED]
    assert "command_fault" not in picky.event_names("picky")


async def test_a_command_that_never_waits_climbs_the_whole_ladder(picky: Rig) -> None:
    identifier = picky.send("picky", "quick")
    await picky.wait_for_end(identifier)
    assert picky.rungs(identifier) == [
        Rung.RECEIVED,
        Rung.ACCEPTED,
        Rung.STARTED,
        Rung.COMPLETED,
    ]


async def test_a_refusal_out_of_an_activity_fails_its_command_and_keeps_the_node(
    picky: Rig,
) -> None:
    report = await picky.command("picky", "work")
    assert (report.rung, report.detail) == (Rung.FAILED, "work: the door is shut")
    assert "activity_fault" not in picky.event_names("picky")
    assert picky.nodes["picky"].state == "idle"


@pytest.mark.parametrize("name", ["resume", "command", "deadline", "ping", "activity_end"])
async def test_no_signal_of_a_statechart_is_taken_for_an_item_of_the_kernel(
    picky: Rig, name: str
) -> None:
    picky.nodes["picky"].post(name)
    await asyncio.sleep(0.5)
    assert picky.nodes["picky"].state == ("working" if name == "resume" else "idle")
    assert (await picky.command("picky", "quick")).rung is Rung.COMPLETED
