"""An orbiter on a rig, and a container that was let go in an orbit around Mars."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.linear_systems import inverse
from flight.astrodynamics.orbits import OrbitalElements, state_from_elements
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import Vector, norm, subtract
from flight.core.custody.ledger import CustodyRecord, CustodyStatus
from flight.core.fault_protection.timers import COMMAND_LOSS  # no ground is here to be missed
from flight.icd.messages import CommandReport
from flight.icd.places import ORBIT
from flight.orbiter.linear_algebra import applied
from flight.orbiter.node import Orbiter
from ground.missions.protection_files import plain, without
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.rig import Rig
from sim_hw.assembly import orbiter
from sim_hw.devices.orbiter_vehicle import OrbiterVehicle
from sim_hw.world.depot import load_depot
from sim_hw.world.spacecraft import orbiting
from sim_hw.world.tubes import TubeRegistry, TubeState
from sim_hw.world.world import World

State = tuple[Vector, Vector]


@dataclass
class Bench:
    """The rig, its world, and what tests ask for."""

    rig: Rig
    world: World
    devices: dict[str, Any]
    vehicle: OrbiterVehicle
    tubes: list[str] = field(default_factory=list)

    @property
    def node(self) -> Orbiter:
        node = self.rig.nodes["orbiter"]
        assert isinstance(node, Orbiter)
        return node

    async def command(self, name: str, **arguments: Any) -> CommandReport:
        return await self.rig.command("orbiter", name, timeout=1e9, **arguments)

    async def do(self, name: str, **arguments: Any) -> str:
        report = await self.command(name, **arguments)
        assert report.rung == "COMPLETED", (name, report.detail)
        return report.detail

    def events(self, name: str) -> list[str]:
        return [e.text for e in self.rig.events if e.name == name]

    def true_state(self) -> tuple[State, State]:
        """States of orbiter and container."""
        own = self.vehicle.body
        container = self.world.space.bodies["container"]
        return (own.position(), own.velocity()), (container.position(), container.velocity())

    def errors(self) -> tuple[float, float]:
        """Error of the believed relative position (m), and its size in standard deviations."""
        nav = self.node.navigator
        nav.advance(self.world.now())
        own, container = self.true_state()
        off = subtract(nav.line_of_sight(), subtract(container[0], own[0]))
        weight = inverse([row[:3] for row in nav.covariance[:3]])
        squared = sum(a * b for a, b in zip(off, applied(weight, off), strict=True))
        return norm(off), math.sqrt(squared)


def container_state(
    altitude: float = 343e3,
    eccentricity: float = 0.0,
    inclination: float = 25.0,
    node: float = 0.0,
    periapsis: float = 0.0,
    anomaly: float = 0.0,
) -> State:
    """State of the container; altitude (m) of the semi-major axis, angles in degrees."""
    elements = OrbitalElements(
        MARS_MEAN_RADIUS + altitude,
        eccentricity,
        math.radians(inclination),
        math.radians(node) % math.tau,
        math.radians(periapsis) % math.tau,
        math.radians(anomaly) % math.tau,
    )
    return state_from_elements(elements, MARS.gravitational_parameter)


def manifest(tubes: list[str]) -> list[dict[str, Any]]:
    """The last records of the node that let the container go."""
    return [
        msgspec.to_builtins(
            CustodyRecord(
                tube=tube,
                owner="mav",
                step="commit",
                status=CustodyStatus.HELD,
                place="orbit",
                slot=slot,
                since_ns=0,
                link=9,
                sequence=9,
            )
        )
        for slot, tube in enumerate(tubes)
    ]


@asynccontextmanager
async def bench(
    folder: Path,
    *,
    seed: int = 1,
    epoch: float | None = None,
    count: int = 3,
    hardware: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
) -> AsyncIterator[Bench]:
    """Boots the orbiter; `count` tubes are in orbit. Epoch: 2029-07-01 unless another is given."""
    jd = julian_date(2029, 7, 1) if epoch is None else epoch
    async with Rig(folder, seed=seed, epoch_jd_tt=jd) as rig:
        depot = load_depot()
        tubes = list(depot.tubes)[:count]
        states = {t.id: TubeState(ORBIT, slot=i) for i, t in enumerate(tubes)}
        world = World(seed, jd, TubeRegistry(tubes, states))
        file = load_vehicle_file(Orbiter, orbiter.HARDWARE)
        built = file.hardware
        if hardware:
            built = msgspec.structs.replace(
                built, vehicle=msgspec.structs.replace(built.vehicle, **hardware)
            )
        _, devices = orbiter.build(world, built)
        for name, device in devices.items():
            rig.add_device(f"orbiter.{name}", device)
        rig.add_node(
            Orbiter,
            file.flight | (parameters or {}),
            protection=plain(without(file.protection, [COMMAND_LOSS])),
        )
        camera: Any = devices["camera"]
        yield Bench(rig, world, devices, camera.vehicle, [t.id for t in tubes])


def let_go(b: Bench, state: State) -> None:
    """The MAV lets the container go."""
    b.world.space.add(orbiting("container", b.world.now, *state))
