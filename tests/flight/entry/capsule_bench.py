"""A toy orbiter and the capsule in one rig, three days before the Earth."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from flight.astrodynamics.earth_arrival import EquatorOfDate
from flight.astrodynamics.integrators import State
from flight.core.chart import statechart as charts
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.handover_together import give_together
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.node import Node
from flight.core.telling.communications import wire
from flight.entry.node import EntryCapsule
from flight.icd.custody_account import account, agrees
from ground.missions.protection_files import plain
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.rig import Rig
from sim_hw.assembly import entry as assembly
from sim_hw.dynamics.earth_approach import Approach, plan_approach
from sim_hw.dynamics.earth_entry import UTAH_RANGE
from sim_hw.world.tubes import SampleKind, SampleTube, TubeRegistry, TubeState
from sim_hw.world.world import World

SEED = 5
THREE_DAYS = 3.0 * 86_400.0
ARRIVAL_JD_UTC = 2462767.5  # 2031-09-23: the transfer of least energy that leaves Mars in 2030
V_INFINITY = (4_055.0, 2_228.6, 2_921.1)  # m/s, its excess velocity at the Earth


@cache
def approach(angle_degrees: float = -25.0) -> Approach:
    return plan_approach(V_INFINITY, ARRIVAL_JD_UTC, math.radians(angle_degrees))


@cache
def three_days_out(angle_degrees: float) -> tuple[State, EquatorOfDate]:
    plan = approach(angle_degrees)
    return plan.before(THREE_DAYS), plan.axes_before(THREE_DAYS)


class ToyOrbiter(Node):
    """Gives the whole container at once: no tube moves before each is in transit."""

    name = "orbiter"
    routes: ClassVar = {"entry": wire("entry")}
    statechart = charts.Statechart(charts.State("idle", initial=True))

    def attach(self) -> None:
        self.given = False
        self.tubes: list[str] = list(self.context.mission["tubes"])
        self.handover = ActiveHandover(self, "orbiter", self.look)
        for slot, tube in enumerate(self.tubes):
            self.ledger.adopt(tube, "orbiter", Evidence("orbiter.cage", "in"), slot=slot)

    async def look(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        return Evidence("orbiter.cage", "switch", not self.given)

    async def give_all(self, assemble: Any) -> None:
        async def move() -> None:
            await asyncio.sleep(600.0)
            assemble()
            self.given = True

        await give_together(
            self.handover, self.tubes, "entry", "entry_capsule", move, device="gantry"
        )


class Bench:
    """The rig, its world, and a judge that compares ledgers and truth at every message."""

    def __init__(self, rig: Rig, tubes: int) -> None:
        self.rig = rig
        self.tubes = [f"M2020-{500 + number:05d}-{number:02d}" for number in range(tubes)]
        registry = TubeRegistry(
            [
                SampleTube(id=tube, name=tube, kind=SampleKind.IGNEOUS_CORE, content="")
                for tube in self.tubes
            ],
            {tube: TubeState("orbiter", slot) for slot, tube in enumerate(self.tubes)},
        )
        self.world = World(SEED, rig.epoch_jd_tt, registry)
        file = load_vehicle_file(EntryCapsule, assembly.HARDWARE)
        self.power, self.devices = assembly.build(self.world, file.hardware)
        self.flight = assembly.flight_of(self.devices)
        for name, device in self.devices.items():
            rig.add_device(f"entry.{name}", device)
        self.violations: list[str] = []
        self.lying: dict[str, Any] = {}
        self.world.tubes.observe(lambda move: self.judge())
        rig.observers.append(lambda message: self.judge())
        self.orbiter: Any = rig.add_node(ToyOrbiter, {}, mission={"tubes": self.tubes})
        rig.add_node(EntryCapsule, file.flight, protection=plain(file.protection))

    def device(self, name: str) -> Any:
        return self.devices[name]

    def judge(self) -> None:
        nodes = self.rig.nodes
        try:
            alive = {name: node.ledger.records() for name, node in nodes.items()}
        except Exception:  # a ledger that is being closed
            return
        ledgers = {**self.lying, **alive}
        if len(ledgers) < 2:
            return
        statements = account(ledgers, self.tubes)
        for tube in self.tubes:
            place = self.world.tubes.state(tube).place
            if tube in statements and not agrees(statements[tube], place, "ground"):
                self.violations.append(f"{tube}: {statements[tube].statement}; {place}")

    async def load(self) -> None:
        """Hands the container over."""
        await asyncio.sleep(1.0)
        await self.orbiter.give_all(lambda: self.world.tubes.carry("orbiter", "entry_capsule"))

    async def arm(self) -> None:
        """Checks and arms the capsule."""
        for name, arguments in (("run_checks", {}), ("arm", {"entry_after": THREE_DAYS})):
            report = await self.rig.command("entry", name, **arguments)
            assert report.rung == "COMPLETED", report

    async def let_go(self, angle_degrees: float = -25.0) -> None:
        """The orbiter's spring pushes the capsule off, three days before entry."""
        await asyncio.sleep(30.0)
        self.flight.release(*three_days_out(angle_degrees))

    async def kill(self, pause: float) -> None:
        self.lying["entry"] = self.rig.nodes["entry"].ledger.records()
        await self.rig.kill("entry")
        await asyncio.sleep(pause)
        await self.rig.restart("entry")
        del self.lying["entry"]

    def status(self) -> list[tuple[str, CustodyStatus]]:
        return [(r.place, r.status) for r in self.rig.nodes["entry"].ledger.records()]

    def distance_from_target(self) -> float:
        """From the touchdown to the middle of the range, m."""
        assert self.flight.touchdown is not None
        latitude, longitude = self.flight.touchdown
        north = 6_371_000.0 * (latitude - UTAH_RANGE.latitude)
        east = longitude - UTAH_RANGE.east_longitude
        return math.hypot(north, 6_371_000.0 * east * math.cos(latitude))


@asynccontextmanager
async def bench(folder: Path, tubes: int = 3) -> AsyncIterator[Bench]:
    async with Rig(folder) as rig:
        built = Bench(rig, tubes)
        yield built
        built.judge()
        assert built.violations == []
