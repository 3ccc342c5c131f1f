"""A flight node in a process of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

from flight.core.clock import SpacecraftClock
from flight.core.node import NodeContext
from flight.core.storage import Storage
from flight.runtime.bus import Bus, Fabric
from ground.testbed.mission import load_mission
from ground.testbed.vehicle_files import load_vehicle_file
from ground.testbed.vehicles import vehicle_class

if TYPE_CHECKING:
    from ground.testbed.process import Specification


async def boot_node(specification: "Specification", name: str, cause: str) -> None:
    """Boots one node and runs it until the process is asked to end."""
    mission = load_mission(specification.mission)
    kind = vehicle_class(name)
    fabric = Fabric()
    bus = Bus(name, fabric=fabric, addresses=specification.addresses())
    storage = Storage(Path(specification.folder) / "nodes" / f"{name}.sqlite")
    context = NodeContext(
        bus=bus,
        storage=storage,
        clock=SpacecraftClock(mission.epoch_jd_tt),
        seed=specification.seed,
        parameters=load_vehicle_file(kind, None).flight,
        boot_cause=cause,
        mission=mission.load_of(name),
    )
    try:
        await kind(context).run()
    finally:
        bus.close()
        storage.close()
        fabric.close()
