"""A node killed at each of its writes ends every command once, and fires only what was fired."""

import asyncio
from pathlib import Path

import pytest

from flight.core.keeping.clock import SpacecraftClock
from flight.core.keeping.storage import Storage
from flight.core.node import NodeContext
from flight.icd.messages import TERMINAL_RUNGS, Command, CommandReport, Message, Rung
from flight.runtime.bus import Bus, Fabric
from flight.runtime.nursery import Nursery, end
from tests.flight.core.toy_node import SPEED, Toy, World


class Killed(BaseException):
    """The process is gone."""


class MortalStorage(Storage):
    """Dies at the `left`-th write, just before or just after it."""

    left = 0
    after = False

    def put(self, namespace: str, key: str, value: object) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        super().put(namespace, key, value)
        if self.left == 0:
            raise Killed


class Bench:
    """Boots one toy again and again, and listens to it."""

    def __init__(self, path: Path, fabric: Fabric) -> None:
        self.path, self.fabric = path, fabric
        self.world = World()
        self.reports: list[CommandReport] = []
        self.umbilical = Bus("umbilical", fabric=fabric)
        self.umbilical.subscribe("toy.telemetry", self.hear)
        self.client = self.umbilical.connect("toy.node", self.hear)

    def hear(self, message: Message) -> None:
        if isinstance(message, CommandReport):
            self.reports.append(message)

    def send(self, identifier: str, name: str, stage: str = "run", **arguments: object) -> None:
        lifetime = 60.0 if stage == "arm" else 0.0
        self.client.send(Command(identifier, "toy", name, arguments, "test", stage, lifetime))

    async def life(self, *, left: int, after: bool, seconds: float, busy: bool) -> bool:
        """One boot, with commands if `busy`; returns whether it was killed."""
        bus = Bus("toy", fabric=self.fabric)
        storage = MortalStorage(self.path)
        storage.left, storage.after = left, after
        try:
            clock, mission = SpacecraftClock(0.0), {"world": self.world}
            node = Toy(NodeContext(bus, storage, clock, 1, SPEED, mission=mission))
            async with Nursery("process") as nursery:
                task = nursery.start(node.run(), name="toy")
                if busy:
                    await self.commands()
                await asyncio.sleep(seconds)
                await end(task)
        except Killed:
            return True
        finally:
            bus.close()
            storage.crash()
        return False

    async def commands(self) -> None:
        self.send("note", "note", text="note")
        self.send("drive", "drive", distance=3.0)
        await asyncio.sleep(10.0)
        self.send("arm", "release", "arm", tube="M14")
        self.send("fire", "release", "fire", tube="M14")
        self.send("arm launch", "launch", "arm")


IDENTIFIERS = ("note", "drive", "arm", "fire", "arm launch")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, 31))
@pytest.mark.requirement("CMD-01")
async def test_killed_at_a_write_all_commands_end_once_and_act_at_most_once(
    tmp_path: Path, write: int, after: bool
) -> None:
    fabric = Fabric()
    bench = Bench(tmp_path / "toy.sqlite", fabric)
    try:
        killed = await bench.life(left=write, after=after, seconds=100.0, busy=True)
        await bench.life(left=0, after=False, seconds=500.0, busy=False)
        for identifier in IDENTIFIERS:
            reports = [r for r in bench.reports if r.identifier == identifier]
            ends = [r for r in reports if r.rung in TERMINAL_RUNGS]
            assert len({r.rung for r in ends}) == (1 if reports else 0), (identifier, reports)
            assert len([r for r in ends if not r.repeated]) <= 1, (identifier, reports)
    finally:
        bench.umbilical.close()
        fabric.close()
    deeds = bench.world.deeds
    assert deeds.count("note") <= 1
    assert deeds.count("release M14") <= 1
    assert "ignition" not in deeds, "it was only armed"
    for identifier, deed in (("note", "note"), ("fire", "release M14")):
        said = [r.rung for r in bench.reports if r.identifier == identifier]
        if Rung.COMPLETED in said:
            assert deed in deeds
        if Rung.REJECTED in said:
            assert deed not in deeds, "it acted, and said that it was refused"
    if not killed:
        assert {r.identifier for r in bench.reports} == set(IDENTIFIERS)
