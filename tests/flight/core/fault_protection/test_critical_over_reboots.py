"""What nothing is safer than to go on with, and was commanded, over reboots: it goes on, or it is
over and the vehicle may go safe again."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from flight.core.chart.statechart import ANY, On, Safing, Signal, State, Statechart
from flight.core.commanding.commands import Hazard, Restart, command
from flight.core.node import Node
from flight.icd.messages import Rung
from flight.runtime.loop import VirtualLoop, run
from ground.testbed.rig import Rig


async def climb(node: "Climber", signal: Signal) -> str:
    await asyncio.sleep(100.0)
    return "done"


class Climber(Node):
    """Climbs a wall, on which nothing is safer than going on."""

    name = "climber"
    statechart = Statechart(
        State("foot", initial=True),
        State("climbing", activity=climb, safing=Safing.FORBIDDEN),
        State("strolling", activity=climb),
        State("safe"),
        transitions=[
            On("climb", "foot", "climbing"), On("dare", "foot", "climbing"),
            On("stroll", "foot", "strolling"),
            *(On(e, s, "foot") for e in ("done", "failed", "abort")
              for s in ("climbing", "strolling")),
            On("enter_safe", ANY, "safe"), On("leave_safe", "safe", "foot"),
        ],
        ignored=("abort",),
    )  # fmt: skip

    def housekeeping_period(self) -> float:
        return 1e6

    @command(deadline=200.0, starts="climbing", restart=Restart.RESUME)
    def climb(self) -> None:
        """Climbs."""

    @command(deadline=200.0, starts="climbing", hazard=Hazard.IGNITION)
    def dare(self) -> None:
        """Climbs, and does not go on after a fall."""

    @command(deadline=200.0, starts="strolling", restart=Restart.RESUME)
    def stroll(self) -> None:
        """Walks about."""


def on_the_wall(folder: Path, story: Callable[[Rig], Awaitable[None]]) -> None:
    async def scenario() -> None:
        async with Rig(folder) as rig:
            rig.add_node(Climber, {})
            await asyncio.sleep(0.01)
            await story(rig)

    run(scenario(), VirtualLoop())


async def fall(rig: Rig, times: int = 1, seconds: float = 0.0) -> None:
    for _ in range(times):
        await rig.kill("climber")
        await asyncio.sleep(seconds)
        await rig.restart("climber")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("boots", [1, 4])
def test_what_was_commanded_goes_on_after_any_boot(tmp_path: Path, boots: int) -> None:
    async def story(rig: Rig) -> None:
        identifier = rig.send("climber", "climb")
        await asyncio.sleep(1.0)
        await fall(rig, boots)
        node = rig.nodes["climber"]
        assert node.boot.reduced is (boots == 4)
        assert node.state == "climbing" and node.safing_control.now() is Safing.FORBIDDEN
        assert (await rig.wait_for_end(identifier)).rung is Rung.COMPLETED
        assert node.state == "foot" and node.safing_control.now() is Safing.ALLOWED

    on_the_wall(tmp_path, story)


@pytest.mark.parametrize(("boots", "down", "how"), [
    (1, 0.0, "dare"), (4, 0.0, "dare"), (1, 300.0, "climb"), (4, 300.0, "climb"),
])  # fmt: skip
def test_what_does_not_go_on_forbids_nothing_any_more(
    tmp_path: Path, boots: int, down: float, how: str
) -> None:
    async def story(rig: Rig) -> None:
        calm: list[bool] = []
        stage = "run" if how == "climb" else "fire"
        rig.send("climber", "dare", stage="arm")
        identifier = rig.send("climber", how, stage=stage)
        await asyncio.sleep(1.0)
        await fall(rig, boots, down)
        node = rig.nodes["climber"]

        async def wait() -> None:
            await node.safing_control.calm()
            calm.append(True)

        waits = asyncio.create_task(wait())
        assert (await rig.wait_for_end(identifier)).rung in (Rung.ABORTED, Rung.TIMED_OUT)
        await asyncio.sleep(1.0)
        assert calm == [True] and waits.done(), "who waited for its end goes on"
        assert node.state == ("safe" if boots == 4 else "foot")
        assert node.safing_control.now() is Safing.ALLOWED
        await fall(rig)
        assert rig.nodes["climber"].safing_control.now() is Safing.ALLOWED, "nor after the next"
        await rig.command("climber", "enter_safe")
        assert rig.nodes["climber"].state == "safe"

    on_the_wall(tmp_path, story)


def test_what_was_not_critical_is_not_taken_up_by_a_reduced_boot(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        identifier = rig.send("climber", "stroll")
        await asyncio.sleep(1.0)
        await fall(rig, 4)
        assert (await rig.wait_for_end(identifier)).rung is Rung.ABORTED
        assert rig.nodes["climber"].state == "safe"

    on_the_wall(tmp_path, story)
