"""A rover on a small depot, in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flight.core.fault_protection.timers import COMMAND_LOSS  # no ground is here to be missed
from flight.core.node import Node
from flight.icd.places import GROUND
from flight.rover.node import FetchRover
from flight.runtime.streams import stream
from ground.missions.protection_files import plain, without
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.rig import Rig
from sim_hw.assembly import rover
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.serving.device import SimulatedDevice
from sim_hw.world.depot import load_depot, true_lying_poses
from sim_hw.world.rocks import Clearing, RockParameters
from sim_hw.world.tubes import TubeRegistry, TubeState
from sim_hw.world.world import World


@dataclass
class Field:
    """The rover, its world and its devices."""

    rig: Rig
    world: World
    node: Node
    electrical: Electrical
    devices: dict[str, Any]
    tubes: list[str] = field(default_factory=list)

    def truth(self, tube: str) -> str:
        """Where a tube truly is."""
        return self.world.tubes.state(tube).place

    def ledger(self, tube: str) -> tuple[str, str]:
        """Status and place of a tube in the rover's ledger."""
        record = self.rig.nodes["rover"].ledger.record(tube)
        return (str(record.status), record.place) if record is not None else ("", "")


MakeField = Callable[..., Field]


def make_field(
    rig: Rig,
    *,
    seed: int = 1,
    count: int = 10,
    lander: tuple[float, float] = (70.0, 22.0),
    believed: tuple[float, float] | None = None,
    heading: float = 0.0,
    on_ground: bool = True,
    abundance: float = 0.03,
    parameters: dict[str, Any] | None = None,
) -> Field:
    """Builds the world and boots the rover. `count`: tubes to be fetched, from the last.
    `believed`: where the rover is told that the lander stands. `heading` (rad): of both."""
    depot = load_depot()
    poses = true_lying_poses(depot, stream(seed, "world.tubes"))
    states = {tube: TubeState(GROUND, pose=pose) for tube, pose in poses.items()}
    world = World(
        seed, rig.epoch_jd_tt, TubeRegistry(depot.tubes, states),
        rock_parameters=RockParameters(abundance=abundance),
    )  # fmt: skip
    # Terrain-relative navigation sets the lander down on ground without rocks.
    world.rocks.clearings = (*world.rocks.clearings, Clearing(*lander, 6.0))
    world.place("lander", *lander, heading)
    world.place("rover", *lander, heading)
    file = load_vehicle_file(FetchRover, rover.HARDWARE)
    electrical, devices = rover.build(world, file.hardware)
    for name, device in devices.items():
        assert isinstance(device, SimulatedDevice)
        rig.add_device(f"rover.{name}", device)
    mission = {
        "tubes": [{"id": t.id, "east": t.east, "north": t.north} for t in depot.tubes],
        "all_tubes": [tube.id for tube in depot.tubes],
        "lander": dict(zip(("east", "north"), believed or lander, strict=True)),
    }
    node = rig.add_node(
        FetchRover,
        file.flight | (parameters or {}),
        mission=mission,
        protection=plain(without(file.protection, [COMMAND_LOSS])),
    )
    tubes = [tube.id for tube in reversed(depot.tubes)][:count]
    return Field(rig, world, node, electrical, devices, tubes)


@pytest.fixture
def new_field() -> MakeField:
    """Builds a field on a rig."""
    return make_field


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the rig keeps its storages."""
    return tmp_path
