"""A command whose work is done already completes, and nothing is done again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart, is_inside
from flight.core.commanding.commands import Hazard, command, declared_commands
from flight.core.node import Node
from flight.icd.messages import Rung
from ground.testbed.participants.vehicles import vehicle_class
from ground.testbed.rig import Rig

VEHICLES = ("lander", "rover", "arm", "mav", "perseverance", "orbiter", "entry")


async def open_up(node: Any, signal: Signal) -> None:
    node.opened += 1


class Door(Node):
    """Open or shut."""

    name = "door"
    opened = 0
    told = 0
    statechart = Statechart(
        State("shut", initial=True),
        State("opening", activity=open_up),
        State("open", children=[State("idle", initial=True), State("swinging")]),
        State("safe"),
        transitions=[
            On("open", "shut", "opening"),
            On("done", "opening", "open"),
            On("failed", "opening", "shut"),
            On("swing", "open.idle", "open.swinging"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "open"),
        ],
    )

    @command(deadline=60.0, starts="opening", so_in="open.idle", hazard=Hazard.RELEASE)
    def open(self) -> None:
        """Opens."""

    @command(deadline=60.0, allowed_in="shut", so_in="open")
    def tell(self) -> str:
        """Tells."""
        self.told += 1
        return "told"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as rig:
        rig.add_node(Door, {})
        yield rig


async def leave_safe(rig: Rig) -> None:
    for signal in ("enter_safe", "leave_safe"):
        rig.nodes["door"].post(signal)
        await asyncio.sleep(1.0)


async def test_out_of_safe_what_is_open_is_not_opened_again(rig: Rig) -> None:
    node: Any = rig.nodes["door"]
    await leave_safe(rig)
    assert node.state == "open.idle"
    report = await rig.command("door", "tell")
    assert report.rung is Rung.COMPLETED
    assert report.detail == "nothing was to be done in state open.idle"
    assert node.told == 0
    assert (await rig.command("door", "open")).rung is Rung.COMPLETED
    assert node.opened == 0
    node.post("swing")
    await rig.command("door", "tell")
    assert node.state == "open.swinging"
    report = await rig.command("door", "open")
    assert report.rung is Rung.REJECTED, "it is open, and does something else"


async def test_a_hazardous_one_is_not_run_without_arm_and_fire_there_either(rig: Rig) -> None:
    await leave_safe(rig)
    identifier = rig.send("door", "open")
    report = await rig.wait_for_end(identifier)
    assert report.rung is Rung.REJECTED and "hazardous" in report.detail


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_where_it_is_so_the_chart_knows_no_other_work_for_the_command(vehicle: str) -> None:
    kind = vehicle_class(vehicle)
    chart = kind.statechart
    for spec in declared_commands(kind).values():
        for state in spec.so_in:
            leaves = [leaf for leaf in chart.leaves if is_inside(leaf, state)]
            assert leaves, f"{spec.name}: no state {state}"
            assert not any(chart.handles(leaf, spec.name) for leaf in leaves if spec.starts)
            assert not any(is_inside(leaf, each) for leaf in leaves for each in spec.allowed_in)


def test_the_mav_that_has_left_safe_takes_the_procedure_on() -> None:
    kind = vehicle_class("mav")
    wake = declared_commands(kind)["wake"]
    resting = {"awake.idle", "loading", "sealed"}  # where `leave_safe` leads on the ground
    assert resting <= set(wake.so_in)
    assert "loading" in declared_commands(kind)["open_container"].so_in
