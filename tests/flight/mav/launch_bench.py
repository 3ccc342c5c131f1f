"""A lander that permits, and a loaded MAV that is ready to be launched, in one rig."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from flight.core.chart.statechart import State, Statechart
from flight.core.custody.ledger import Evidence
from flight.core.node import Node
from flight.core.telling.communications import wire
from flight.icd.exchanges import LAUNCH_PERMISSION, Nothing, Permission
from flight.mav.node import Mav
from ground.missions.protection_files import plain
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.evidence.auditor import Auditor
from ground.testbed.rig import Rig
from sim_hw.assembly import mav as mav_assembly
from sim_hw.world.tubes import SampleKind, SampleTube, TubeRegistry, TubeState
from sim_hw.world.world import World

EPOCH = 2462300.0  # June 2029: clear season
TUBES = [f"M2020-{500 + number:05d}-{number:02d}" for number in range(3)]


class AlwaysOn:
    brownout = False

    def set_load(self, consumer: str, watts: float) -> None:
        pass

    def is_on(self, switch: str) -> bool:
        return True


class Lander(Node):
    """Permits a launch, or does not."""

    name = "lander"
    routes: ClassVar = {"mav": wire("mav")}
    statechart = Statechart(State("idle", initial=True))

    def attach(self) -> None:
        self.permits = True
        self.exchanges.answer(LAUNCH_PERMISSION, self._permit)

    async def _permit(self, source: str, asked: Nothing) -> Permission:
        return Permission(self.permits, "" if self.permits else "the arm is in the way")


class LoadedMav(Mav):
    """Adopts its tubes sealed, and has been checked and declared ready."""

    def attach(self) -> None:
        super().attach()
        for slot, tube in enumerate(TUBES):
            self.ledger.adopt(tube, "mav", Evidence("mav.seat_sensors", "seated"), slot=slot)


class CoarseMav(LoadedMav):
    """Steers half as often, which takes half as long: where it is not about how well."""

    burn_cycle = 0.04


class LaunchBench:
    def __init__(
        self, rig: Rig, seed: int, hardware: Any = None, coarse: bool = False, **changes: Any
    ) -> None:
        self.rig = rig
        tubes = [
            SampleTube(id=tube, name=tube, kind=SampleKind.IGNEOUS_CORE, content="")
            for tube in TUBES
        ]
        states = {tube: TubeState("mav", slot) for slot, tube in enumerate(TUBES)}
        self.world = World(seed, EPOCH, TubeRegistry(tubes, states))
        self.world.place("lander", 0.0, 0.0)
        file = load_vehicle_file(Mav, mav_assembly.HARDWARE)
        power: Any = AlwaysOn()
        _, self.devices = mav_assembly.build(self.world, hardware or file.hardware, power)
        named: dict[str, Any] = self.devices
        named["systems"].igloo = lambda: 258.0
        named["systems"].on = True
        named["container"].lid, named["container"].latched = "seat", True
        for name, device in named.items():
            rig.add_device(f"mav.{name}", device)
        rig.add_node(Lander, {})
        kind = CoarseMav if coarse else LoadedMav
        rig.add_node(kind, {**file.flight, **changes}, protection=plain(file.protection))
        self.auditor = Auditor(
            self.world.tubes, rig.ledgers, lambda: asyncio.get_running_loop().time()
        )
        rig.observers.append(lambda message: self.auditor.audit())

    @property
    def mav(self) -> Mav:
        node = self.rig.nodes["mav"]
        assert isinstance(node, Mav)
        return node

    @property
    def truth(self) -> Any:
        device: Any = self.devices["ejector"]
        return device.truth

    def device(self, name: str) -> Any:
        return self.devices[name]

    async def make_ready(self) -> None:
        """Wakes, checks, seals again, declares ready, prepares."""
        self.mav.closure = "sealed"
        for name in ("wake", "enter_safe", "leave_safe", "run_checks", "declare_ready"):
            report = await self.rig.command("mav", name)
            assert report.rung == "COMPLETED", (name, report)
        await self.rig.wait_for_state("mav", "ready")

    async def prepare(self) -> None:
        await self.make_ready()
        report = await self.rig.command("mav", "prepare_launch")
        assert report.rung == "COMPLETED", report

    def fire(self) -> str:
        """Arms and fires the launch, and waits for nothing; the second command's identifier."""
        self.rig.send("mav", "launch", stage="arm")
        return self.rig.send("mav", "launch", stage="fire")

    def places(self) -> list[str]:
        return [self.world.tubes.state(tube).place for tube in TUBES]

    def true_heights(self) -> tuple[float, float]:
        """Lowest and highest point of the container's next revolution, km over 3389.5 km."""
        from ground.studies.ascent_run import turning_heights

        return turning_heights(self.truth.body)


def replaced(hardware: Any, **changes: Any) -> Any:
    """Hardware parameters with some of the vehicle's changed."""
    return msgspec.structs.replace(
        hardware, vehicle=msgspec.structs.replace(hardware.vehicle, **changes)
    )


@asynccontextmanager
async def launch_bench(folder: Path, seed: int = 7, **options: Any) -> AsyncIterator[LaunchBench]:
    async with Rig(folder, epoch_jd_tt=EPOCH, seed=seed) as rig:
        built = LaunchBench(rig, seed, **options)
        yield built
        assert built.auditor.violations == []
