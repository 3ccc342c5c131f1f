"""Mission control in a process of its own."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.runtime.bus import Bus, Fabric
from flight.runtime.pace import SharedClock
from ground.missions.mission import load_mission
from ground.testbed.control_room import make_mission_control, write_outcome

if TYPE_CHECKING:
    from ground.testbed.process import Specification


def prepare(
    specification: "Specification", role: str, cause: str, clock: SharedClock
) -> Callable[[], Coroutine[Any, Any, int]]:
    """Gets all ready that needs no running clock; returns the work."""

    async def work() -> int:
        await run_ground(specification)
        return 0

    return work


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
