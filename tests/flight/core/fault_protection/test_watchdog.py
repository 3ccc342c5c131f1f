"""The watchdog starts a computer anew whose software stands still, and no other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import Restart, command
from flight.core.fault_protection.watchdog import Watched
from flight.core.node import Node
from flight.runtime.memory_fabric import MemoryFabric
from ground.testbed.computers.protections import parts_without
from ground.testbed.computers.resets import Resets
from ground.testbed.computers.starts import COLD, WARM
from ground.testbed.computers.watchdogs import Expiry
from ground.testbed.rig import Rig
from ground.testbed.seams.mailbox import leave_mailbox

FATAL = 0.5


async def burn(node: "Burner", signal: Signal) -> str:
    """Beats of so many seconds; after some it hangs."""
    for beat in range(node.beats):
        await asyncio.sleep(node.pace)
        node.vigil.alive()
        if beat == node.hangs_after:
            node.hangs_after = -1
            await asyncio.Event().wait()
    return "done"


class Burner(Node):
    """Burns, and has to be steered meanwhile."""

    name = "burner"
    watched: ClassVar = (Watched(("burning",), FATAL, held=("nozzle",)),)
    statechart = Statechart(
        State("idle", initial=True),
        State("burning", activity=burn),
        State("safe"),
        transitions=[
            On("ignite", "idle", "burning"),
            On("done", "burning", "idle"),
            On("failed", "burning", "idle"),
            On("abort", "burning", "idle"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "idle"),
        ],
        ignored=("abort",),
    )
    beats: ClassVar[int] = 100
    pace: ClassVar[float] = 0.1
    hangs_after: int = -1

    @command(deadline=1e5, starts="burning", restart=Restart.RESUME)
    def ignite(self) -> None:
        """Burns."""


class Bench:
    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.expired: list[tuple[float, Expiry]] = []
        rig.on_watchdog = self._expired

    @property
    def node(self) -> Burner:
        node = self.rig.nodes["burner"]
        assert isinstance(node, Burner)
        return node

    @property
    def boots(self) -> list[str]:
        booted = [event for event in self.rig.events if event.name == "booted"]
        return [event.data["cause"] for event in booted]

    def _expired(self, name: str, expiry: Expiry) -> None:
        self.expired.append((now(), expiry))
        self.rig.nursery.start(self.rig._reset(self.rig.nodes[name]), name="reset")


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Rig(tmp_path, fabric=MemoryFabric()) as rig:
        bench = Bench(rig)
        rig.add_node(Burner, {})
        await asyncio.sleep(1.0)
        yield bench


@pytest.mark.requirement("NOD-10")
async def test_a_mailbox_that_nobody_empties_ends_in_a_reset(bench: Bench) -> None:
    await asyncio.sleep(899.0 - now())
    leave_mailbox(bench.node)
    await asyncio.sleep(1799.0 - now())
    assert bench.expired == []
    await asyncio.sleep(3.0)
    [(time, expiry)] = bench.expired
    assert (expiry.what, expiry.held, expiry.closely) == ("mailbox", (), False)
    assert time == pytest.approx(1800.0, abs=0.01)  # asked at 0, and every quarter of an hour
    assert bench.boots == ["power on", "watchdog"]
    report = await bench.rig.command("burner", "report_status")
    assert report.rung == "COMPLETED", "it hears again"
    await asyncio.sleep(10_000.0)
    assert len(bench.expired) == 1


@pytest.mark.requirement("NOD-10")
async def test_an_activity_that_hangs_where_it_is_watched_ends_in_a_reset(bench: Bench) -> None:
    bench.node.hangs_after = 19
    began = now()
    identifier = bench.rig.send("burner", "ignite")
    await asyncio.sleep(began + 2.0 + FATAL - now())
    assert bench.expired == []
    await asyncio.sleep(0.1)
    [(time, expiry)] = bench.expired
    assert time - began == pytest.approx(2.0 + FATAL, abs=0.005)
    assert (expiry.what, expiry.held, expiry.closely) == ("burning", ("nozzle",), True)
    assert expiry.silent_for == pytest.approx(FATAL, abs=0.005)
    await asyncio.sleep(WARM.seconds)
    assert bench.boots == ["power on", "watchdog"]
    assert bench.node.state == "burning", "the burn is taken up again"
    assert (await bench.rig.wait_for_end(identifier)).rung == "COMPLETED"
    assert len(bench.expired) == 1


async def test_a_mailbox_that_stands_in_a_burn_ends_in_a_reset_at_once(bench: Bench) -> None:
    began = now()
    bench.rig.send("burner", "ignite")
    await asyncio.sleep(1.0)
    leave_mailbox(bench.node)
    await asyncio.sleep(2.0 * FATAL)
    [(time, expiry)] = bench.expired
    assert expiry.what == "mailbox now"
    await asyncio.sleep(300.0)  # nobody asks the mailbox of the one that is gone
    assert "signal_dropped" not in bench.rig.event_names("burner")
    assert FATAL <= time - began - 1.0 + FATAL / 5 + 0.01 <= 1.5 * FATAL


@pytest.mark.parametrize("burning", [False, True])
async def test_a_computer_that_stands_ends_in_a_reset(bench: Bench, burning: bool) -> None:
    if burning:
        bench.rig.send("burner", "ignite")
        await asyncio.sleep(1.05)
    bench.rig.standing.begin("burner")
    await asyncio.sleep(FATAL + 0.1 if burning else 2000.0)
    assert len(bench.expired) == 1
    await asyncio.sleep(WARM.seconds)
    assert bench.boots == ["power on", "watchdog"]


@pytest.mark.requirement("NOD-11")
async def test_a_slow_node_that_makes_progress_is_not_reset(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each beat comes exactly at the limit."""
    monkeypatch.setattr(Burner, "pace", FATAL)
    assert (await bench.rig.command("burner", "ignite")).rung == "COMPLETED"
    assert bench.expired == [] and bench.boots == ["power on"]


async def test_a_beat_later_than_the_limit_is_too_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Burner, "pace", FATAL + 0.002)
    bench.rig.send("burner", "ignite")
    await asyncio.sleep(2.0 * FATAL)
    assert len(bench.expired) == 1


async def test_a_computer_that_stands_for_less_than_the_limit_is_not_reset(bench: Bench) -> None:
    bench.rig.send("burner", "ignite")
    await asyncio.sleep(1.05)
    for _ in range(8):
        go_on = bench.rig.standing.begin("burner")
        await asyncio.sleep(FATAL - 0.15)  # the last beat was up to a tenth before
        go_on()
        await asyncio.sleep(0.15)
    assert bench.expired == []


async def test_who_waits_for_a_device_is_given_the_time_that_this_may_take(bench: Bench) -> None:
    bench.rig.send("burner", "ignite")
    await asyncio.sleep(0.05)
    bench.node.hangs_after = 3
    await asyncio.sleep(0.37)
    bench.node.vigil.alive(5.0)
    await asyncio.sleep(5.4)
    assert bench.expired == []
    await asyncio.sleep(0.2)
    assert len(bench.expired) == 1


async def test_after_the_burn_nothing_is_watched_closely(bench: Bench) -> None:
    await bench.rig.command("burner", "ignite")
    assert not bench.node.vigil.is_close and bench.node.vigil.held == ()
    posted = len(bench.node.mailbox)
    await asyncio.sleep(500.0)
    assert bench.expired == [] and len(bench.node.mailbox) == posted


async def test_while_a_motor_burns_in_any_state_the_mailbox_is_watched_closely(
    bench: Bench,
) -> None:
    with bench.node.vigil.burning():
        await asyncio.sleep(5.0)
        assert bench.expired == []
        leave_mailbox(bench.node)
        await asyncio.sleep(2.0 * FATAL)
    assert [expiry.what for _, expiry in bench.expired] == ["mailbox now"]


async def test_a_killed_or_stopped_node_is_not_reset(bench: Bench) -> None:
    await bench.rig.kill("burner")
    await asyncio.sleep(5000.0)
    await bench.rig.restart("burner")
    await bench.rig.stop("burner")
    await asyncio.sleep(5000.0)
    assert bench.expired == []


async def test_without_the_watchdog_it_stands_for_ever(tmp_path: Path) -> None:
    """What the watchdog is for: a drill that takes it away waits in vain."""
    parts = parts_without(("watchdog",))
    async with Rig(tmp_path, fabric=MemoryFabric(), parts=parts) as rig:
        bench = Bench(rig)
        rig.add_node(Burner, {})
        await asyncio.sleep(1.0)
        go_on = leave_mailbox(bench.node)
        await asyncio.sleep(1e5)
        assert bench.expired == [] and bench.boots == ["power on"]
        go_on()


def test_resets_are_warm_first_and_cold_when_that_has_not_helped() -> None:
    resets = Resets()
    starts = [resets.next("rover", float(time), closely=False) for time in range(5)]
    assert starts == [WARM] * 3 + [COLD, WARM]
    assert resets.next("lander", 10.0, closely=False) is WARM, "another computer"
    late = Resets()
    for number in range(10):
        assert late.next("rover", number * 3_600.0, closely=False) is WARM


def test_in_the_entry_and_in_a_burn_no_reset_is_cold() -> None:
    resets = Resets()
    starts = [resets.next("lander", float(time), closely=True) for time in range(20)]
    assert starts == [WARM] * 20


