"""Mission control in a process of its own."""

import asyncio
from functools import partial
from pathlib import Path

import msgspec

from flight.runtime.bus import Bus
from flight.runtime.common_loop import CommonLoop
from flight.runtime.discs import FILES
from ground.mission_control import ProgressDisplay
from ground.missions.mission import load_mission
from ground.testbed.computers.protections import parts_without
from ground.testbed.control_room.control_room import make_mission_control, run_to_end
from ground.testbed.participants.roles import MISSION_CONTROL
from ground.testbed.processes.faults import InsideFaults
from ground.testbed.processes.ground_door import GroundDoor
from ground.testbed.processes.process import Part, Work
from ground.testbed.processes.reporting_pipe import OUTCOME, CountingLog

SAY = 0.3  # wall seconds between words about how far it is


def prepare(part: Part) -> Work:
    """Gets all ready that needs no running clock; returns the work."""
    mission = load_mission(part.specification.mission)

    async def work() -> None:
        folder = Path(part.specification.folder) / "ground"
        faults = InsideFaults(part)
        fabric, log = part.fabric(), CountingLog()
        addresses = part.specification.addresses()
        parts = parts_without(part.specification.protections_off)
        bus = Bus(
            MISSION_CONTROL,
            fabric=faults.buses.view(MISSION_CONTROL, fabric),
            addresses=addresses,
            log=log,
            read=parts.read_envelope,
        )
        bus.on_second = part.second
        bus.begin_life(part.number)
        try:
            disc = faults.stores.disc(FILES)
            served = part.specification.operators
            control = make_mission_control(mission, bus, folder, disc, durable=bool(served))
            control.downlink.read = parts.read_frame
            display = ProgressDisplay(control)

            def say() -> None:
                part.pipe.tell_progress(display.state(), log.count)

            doors: list[GroundDoor] = []

            def open_door() -> None:
                assert isinstance(loop, CommonLoop)
                doors.append(GroundDoor(control, mission, part.specification, loop))

            try:
                # By the wall, whatever the pace of mission time: somebody watches.
                loop = asyncio.get_running_loop()
                assert isinstance(loop, CommonLoop)
                loop.look_by_wall(say, SAY)
                outcome = await (run_to_end(control, open_door) if served else run_to_end(control))
                say()
            finally:
                for door in doors:
                    door.close(control.runner.cursor.ended)
                control.write_manifest()
                control.close()
        finally:
            faults.close()
            bus.close()
            fabric.close()
        part.pipe.tell(OUTCOME, msgspec.to_builtins(outcome))

    return partial(work)
