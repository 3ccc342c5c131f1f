"""Mission control in a process of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

from flight.runtime.bus import Bus, Fabric
from ground.testbed.control_room import make_mission_control, write_outcome
from ground.testbed.mission import load_mission

if TYPE_CHECKING:
    from ground.testbed.process import Specification


async def run_ground(specification: "Specification") -> None:
    """Runs the mission's procedure to its end, and writes down how it ended and the manifest.

    The outcome is written last: whoever waits for it may then end this process.
    """
    mission = load_mission(specification.mission)
    folder = Path(specification.folder) / "ground"
    fabric = Fabric()
    bus = Bus("mission_control", fabric=fabric, addresses=specification.addresses())
    try:
        control = make_mission_control(mission, bus, folder)
        try:
            outcome = await control.run()
        finally:
            control.write_manifest()
            control.close()
    finally:
        bus.close()
        fabric.close()
    write_outcome(folder, outcome)
