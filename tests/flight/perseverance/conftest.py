"""A bench with Perseverance's hardware in a world, and a toy arm on the lander."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flight.core.chart.statechart import State, Statechart
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyRecord, Evidence
from flight.core.fault_protection.timers import COMMAND_LOSS  # no ground is here to be missed
from flight.core.node import Node
from flight.core.telling.communications import wire
from flight.icd.devices.base import DeviceFault
from flight.icd.places import ARM_GRIPPER, CONTAINER, PERSEVERANCE
from flight.perseverance.node import Perseverance
from ground.missions.protection_files import plain, without
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.evidence.auditor import Auditor
from ground.testbed.rig import DEFAULT_EPOCH_JD_TT, Rig
from sim_hw.assembly.perseverance import HARDWARE, build
from sim_hw.devices.bit_carousel import SimBitCarousel
from sim_hw.world.depot import load_held_tubes
from sim_hw.world.tubes import TubeRegistry, TubeState
from sim_hw.world.world import World


class WiredPerseverance(Perseverance):
    """Perseverance with a wire instead of its radio."""

    routes: ClassVar = {"arm": wire("arm")}


class ToyArm(Node):
    """Takes what is held out at the port, and puts it into the container."""

    name = "arm"
    statechart = Statechart(State("idle", initial=True))
    routes: ClassVar = {"perseverance": wire("perseverance")}
    bench: ClassVar["Bench"]

    def attach(self) -> None:
        self.active = ActiveHandover(self, ARM_GRIPPER, self.look)

    async def look(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        seen = self.bench.world.tubes.state(tube).place in (ARM_GRIPPER, CONTAINER)
        return Evidence("arm.camera", f"seen: {seen}", seen)

    async def load(self, tube: str, socket: int) -> CustodyRecord:
        async def move(slot: int | None) -> None:
            if self.bench.carousel.held_out != tube:
                raise DeviceFault("stall", "there is no such tube at the port")
            self.bench.world.tubes.move(tube, ARM_GRIPPER)

        await self.active.take(tube, "perseverance", move, device="gripper")
        self.ledger.begin(tube, CONTAINER, "arm.gripper", socket)
        self.bench.world.tubes.move(tube, CONTAINER, slot=socket)
        return self.ledger.commit(tube, Evidence("mav.container", "seat sensor closed"))


class Bench:
    """The rig, the world, and an auditor of the ledgers."""

    def __init__(self, rig: Rig, world: World, lander: tuple[float, float]) -> None:
        self.rig = rig
        self.world = world
        self.body = world.bodies["perseverance"]
        self.tubes = world.tubes.at(PERSEVERANCE)
        self._asleep: dict[str, list[CustodyRecord]] = {}
        file = load_vehicle_file(Perseverance, HARDWARE)
        self.electrical, self.devices = build(world, file.hardware, None)
        for name, device in self.devices.items():
            rig.add_device(f"perseverance.{name}", device)
        self.mission = {
            "holds": list(self.tubes),
            "ground": [],
            "lander": {"east": lander[0], "north": lander[1]},
            "start": {"east": self.body.east, "north": self.body.north},
        }
        rig.add_node(
            WiredPerseverance,
            file.flight,
            mission=self.mission,
            protection=plain(without(file.protection, [COMMAND_LOSS])),
        )
        self.auditor = Auditor(world.tubes, self._ledgers, world.now)
        rig.observers.append(lambda message: self.auditor.audit())

    @property
    def node(self) -> Perseverance:
        node = self.rig.nodes["perseverance"]
        assert isinstance(node, Perseverance)
        return node

    @property
    def carousel(self) -> SimBitCarousel:
        device = self.devices["bit_carousel"]
        assert isinstance(device, SimBitCarousel)
        return device

    def add_arm(self) -> ToyArm:
        ToyArm.bench = self
        arm = self.rig.add_node(ToyArm, {})
        assert isinstance(arm, ToyArm)
        return arm

    async def kill(self) -> None:
        """Kills the node; the auditor goes by what it had written."""
        self._asleep["perseverance"] = self.node.ledger.records()
        await self.rig.kill("perseverance")

    async def restart(self) -> None:
        await self.rig.restart("perseverance")
        del self._asleep["perseverance"]

    def _ledgers(self) -> dict[str, list[CustodyRecord]]:
        living = {name: node.ledger.records() for name, node in self.rig.nodes.items()}
        return {**self._asleep, **living}

    def distance_to_lander(self) -> float:
        return self.body.distance_to(self.world.bodies["lander"])


MakeBench = Callable[..., Any]


@pytest.fixture
def make_bench(tmp_path: Path) -> MakeBench:
    """Makes a bench: `async with make_bench(start=..., lander=...) as bench`."""

    @asynccontextmanager
    async def make(
        *,
        start: tuple[float, float] = (-420.0, 210.0),
        lander: tuple[float, float] = (330.0, -150.0),
        seed: int = 1,
    ) -> AsyncIterator[Bench]:
        held = load_held_tubes()
        registry = TubeRegistry(held, {tube.id: TubeState(PERSEVERANCE) for tube in held})
        async with Rig(tmp_path / f"rig {seed}", seed=seed) as rig:
            world = World(seed, DEFAULT_EPOCH_JD_TT, registry)
            world.place("lander", *lander)
            world.place("perseverance", *start)
            bench = Bench(rig, world, lander)
            yield bench
            bench.auditor.audit()
            assert bench.auditor.violations == []

    return make
