"""A lander, a toy rover with a rack, the transfer arm and the MAV in one rig."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import pi
from pathlib import Path
from typing import Any, ClassVar

from flight.arm.node import Arm
from flight.astrodynamics.mars_time import jd_tt_of_local_time, local_sol_number
from flight.core.chart.statechart import State, Statechart
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.node import Node
from flight.core.telling.communications import wire
from flight.icd.custody_account import account, agrees
from flight.icd.devices.manipulation import TubeRack
from flight.icd.exchanges import ENERGY_PERMISSION, EnergyWanted, Permission
from flight.icd.messages import CommandReport
from flight.mav.node import Mav
from ground.missions.protection_files import plain
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.rig import Rig
from sim_hw.assembly import arm as arm_assembly
from sim_hw.assembly import mav as mav_assembly
from sim_hw.assembly.couplings import couple
from sim_hw.devices.tube_rack import SimTubeRack, TubeRackParameters
from sim_hw.serving.device import DeviceContext
from sim_hw.world.terrain import Terrain
from sim_hw.world.tubes import LyingPose, SampleKind, SampleTube, TubeRegistry, TubeState
from sim_hw.world.world import World

SITE_EAST_LONGITUDE_DEGREES = 77.407753

MORNING = jd_tt_of_local_time(
    local_sol_number(2461990.0, SITE_EAST_LONGITUDE_DEGREES), 9.0, SITE_EAST_LONGITUDE_DEGREES
)


SEED = 3
SOURCES = ("rover", "perseverance", "ground")


class AlwaysOn:
    """A power supply that never fails, unless it is told to."""

    brownout = False

    def set_load(self, consumer: str, watts: float) -> None:
        pass

    def is_on(self, switch: str) -> bool:
        return True


class Lander(Node):
    """Passes on what others say, and grants energy."""

    name = "lander"
    routes: ClassVar = {name: wire(name) for name in ("arm", "mav", "rover", "perseverance")}
    statechart = Statechart(State("idle", initial=True))

    def attach(self) -> None:
        self.grants = True
        self.exchanges.answer(ENERGY_PERMISSION, self._grant)

    async def _grant(self, source: str, asked: EnergyWanted) -> Permission:
        return Permission(self.grants, "" if self.grants else "the battery is low")


class RackRover(Node):
    """Stands there and gives tubes."""

    name = "rover"
    routes: ClassVar = {name: wire("lander") for name in ("arm", "mav", "lander")}
    statechart = Statechart(State("idle", initial=True))

    def attach(self) -> None:
        self.rack = self.driver(TubeRack, "tube_rack")
        self.handover = PassiveHandover(self, "rover_rack", self.look)
        for slot, tube in enumerate(self.context.mission["tubes"]):
            self.ledger.adopt(tube, "rover_rack", Evidence("rover.rack", "closed"), slot=slot)

    async def look(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        record = self.ledger.record(tube)
        assert record is not None and record.slot is not None
        seated = (await self.rack.state()).seated[record.slot]
        return Evidence("rover.tube_rack", f"slot {record.slot}: {seated}", seated)


class PortPerseverance(RackRover):
    """Stands there and holds out a tube at its port."""

    name = "perseverance"

    def attach(self) -> None:
        self.handover = PassiveHandover(self, "perseverance", self.look)
        self.sees: dict[str, bool] = {}
        for tube in self.context.mission["tubes"]:
            self.ledger.adopt(tube, "perseverance", Evidence("perseverance.store", "in its slot"))

    async def look(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        present = self.sees.get(tube, True)
        return Evidence("perseverance.port", f"port switch: {present}", present)


class Bench:
    """The rig, its world, and a judge that compares ledgers and truth at every message."""

    def __init__(self, rig: Rig, tubes: int, source: str, **changes: Any) -> None:
        self.rig = rig
        self.source = source
        self.power = AlwaysOn()
        self.tubes = [f"M2020-{500 + number:05d}-{number:02d}" for number in range(tubes)]
        registry = TubeRegistry(
            [_tube(number + 1, tube) for number, tube in enumerate(self.tubes)],
            {tube: _start(source, slot) for slot, tube in enumerate(self.tubes)},
        )
        self.world = World(SEED, MORNING, registry)
        self.world.place("lander", 0.0, 0.0, 0.0)
        self.world.place("rover", -2.0, 0.0, 0.5 * pi)
        self.world.place("perseverance", 0.0, 2.4, pi)
        mav_file = load_vehicle_file(Mav, mav_assembly.HARDWARE)
        arm_file = load_vehicle_file(Arm, arm_assembly.HARDWARE)
        power: Any = self.power
        _, mav = mav_assembly.build(self.world, mav_file.hardware, power)
        _, arm = arm_assembly.build(self.world, arm_file.hardware, power)
        couple({"arm": arm, "mav": mav})
        self.container: Any = mav["container"]
        self.container.debris.clear()
        self.systems: Any = mav["systems"]
        self.systems.igloo = lambda: 258.0
        self.transfer_arm: Any = arm["transfer_arm"]
        self.transfer_arm.temperature = lambda: 225.0
        self.gripper: Any = arm["gripper"]
        self.camera: Any = arm["camera"]
        self.scene = self.transfer_arm.scene
        self.rack: Any = SimTubeRack(
            DeviceContext("rover.tube_rack", self.world.random("rack"), self.world, self.power),
            TubeRackParameters(false_reading=0.0005),
        )
        devices = {"arm": arm, "mav": mav, "rover": {"tube_rack": self.rack}}
        for vehicle, named in devices.items():
            for name, device in named.items():
                rig.add_device(f"{vehicle}.{name}", device)
        self.lying: dict[str, Any] = {}
        self.violations: list[str] = []
        self.world.tubes.observe(lambda move: self.judge())
        rig.observers.append(lambda message: self.judge())
        rig.add_node(Lander, {})
        held = {name: self.tubes if name == source else [] for name in SOURCES}
        rig.add_node(RackRover, {}, mission={"tubes": held["rover"]})
        rig.add_node(PortPerseverance, {}, mission={"tubes": held["perseverance"]})
        rig.add_node(
            Arm,
            {**arm_file.flight, **changes},
            mission={"ground": held["ground"]},
            protection=plain(arm_file.protection),
        )
        rig.add_node(Mav, mav_file.flight)

    def ledgers(self) -> dict[str, Any]:
        nodes = self.rig.nodes
        return {**self.lying, **{name: node.ledger.records() for name, node in nodes.items()}}

    def judge(self) -> None:
        try:
            ledgers = self.ledgers()
        except Exception:  # a ledger that is being closed
            return
        statements = account(ledgers, self.tubes)
        for tube in self.tubes:
            place = self.world.tubes.state(tube).place
            is_told = tube in statements and "mav" in ledgers
            if is_told and not agrees(statements[tube], place, "ground"):
                self.violations.append(f"{tube}: {statements[tube].statement}; {place}")

    async def prepare(self) -> None:
        """Wakes the MAV, opens its container, deploys the arm, takes off the lid."""
        for target, name in (
            ("mav", "wake"), ("mav", "open_container"), ("arm", "deploy"), ("arm", "open_lid"),
        ):  # fmt: skip
            report = await self.rig.command(target, name)
            assert report.rung == "COMPLETED", (name, report, self.rig.events[-8:])

    async def load(self) -> CommandReport:
        """Loads all tubes from where they are, and waits for the end."""
        return await self.rig.command("arm", "load_tubes", tubes=self.tubes, source=self.source)

    async def kill(self, victim: str, pause: float) -> None:
        self.lying[victim] = self.rig.nodes[victim].ledger.records()
        await self.rig.kill(victim)
        await asyncio.sleep(pause)
        await self.rig.restart(victim)
        del self.lying[victim]

    def places(self) -> list[str]:
        return [self.world.tubes.state(tube).place for tube in self.tubes]

    def held_by_mav(self) -> list[str]:
        records = self.rig.nodes["mav"].ledger.records()
        return [record.tube for record in records if record.status is CustodyStatus.HELD]


@asynccontextmanager
async def bench(
    folder: Path, tubes: int, source: str = "rover", **changes: Any
) -> AsyncIterator[Bench]:
    async with Rig(folder, epoch_jd_tt=MORNING) as rig:
        built = Bench(rig, tubes, source, **changes)
        yield built
        built.judge()
        assert built.violations == []


def _start(source: str, slot: int) -> TubeState:
    if source == "rover":
        return TubeState("rover_rack", slot)
    if source == "perseverance":
        return TubeState("perseverance")
    ground = Terrain(SEED).elevation(1.3, 0.4)
    return TubeState("ground", pose=LyingPose(1.3, 0.4, ground, 1.2, 0.1))


def _tube(number: int, tube: str) -> SampleTube:
    return SampleTube(id=tube, name=tube, kind=SampleKind.IGNEOUS_CORE, content="")
