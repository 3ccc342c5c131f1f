"""A flight node in a process of its own."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.core.clock import SpacecraftClock
from flight.core.context import POWER_OFF_AFTER
from flight.core.node import NodeContext
from flight.core.storage import Storage
from flight.runtime.bus import Bus, Fabric
from ground.testbed.hardware import Hardware, load_vehicle_files
from ground.testbed.mission import LoadedMission, load_mission
from ground.testbed.vehicle_files import load_vehicle_file
from ground.testbed.vehicles import vehicle_class

if TYPE_CHECKING:
    from ground.testbed.process import Specification

OFF_FILE = "off.jsonl"  # in the run folder: who was decommissioned and is off for good


def _load(mission: LoadedMission, name: str, seed: int) -> dict[str, Any]:
    """What the vehicle is told before launch: the same at each boot."""
    if name == "lander" and mission.in_space:
        return Hardware(mission, load_vehicle_files(mission), seed).load_without_assembly(name)
    return mission.load_of(name)


async def boot_node(specification: "Specification", name: str, cause: str) -> None:
    """Boots one node and runs it until the process is asked to end, or the node is switched off."""
    loop, this = asyncio.get_running_loop(), asyncio.current_task()

    def switch_off() -> None:
        # Written before the process ends, so that nobody takes its end for a death.
        with (Path(specification.folder) / OFF_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"vehicle": name}) + "\n")
        if this is not None:
            this.cancel()

    def request_power_off() -> None:
        loop.call_later(POWER_OFF_AFTER, switch_off)

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
        mission=_load(mission, name, specification.seed),
        request_power_off=request_power_off,
    )
    try:
        await kind(context).run()
    finally:
        bus.close()
        storage.close()
        fabric.close()
