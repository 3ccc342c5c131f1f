"""A flight node in a process of its own."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from flight.core.context import POWER_OFF_AFTER
from flight.core.keeping.clock import SpacecraftClock
from flight.core.keeping.opening import open_store
from flight.core.node import NodeContext
from flight.runtime.bus import Bus, Fabric
from flight.runtime.pace import SharedClock
from ground.missions.mission import load_mission
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.vehicles import vehicle_class

if TYPE_CHECKING:
    from ground.testbed.process import Specification

OFF_FILE = "off.jsonl"  # in the run folder: who was decommissioned and is off for good
FIRST_START = "power on"  # cause of the boot with which a run begins
COMMANDED = "commanded"  # cause of a boot that an operator has asked for


def prepare(
    specification: "Specification", role: str, cause: str, clock: SharedClock
) -> Callable[[], Coroutine[Any, Any, int]]:
    """Gets all ready that needs no running clock; returns the work."""
    mission = load_mission(specification.mission)
    kind = vehicle_class(role)
    parameters = load_vehicle_file(kind, None).flight

    async def work() -> int:
        from ground.testbed.process import REBOOT_ASKED

        fabric = Fabric()
        bus = Bus(role, fabric=fabric, addresses=specification.addresses())
        folder = Path(specification.folder)
        store = open_store(folder / "nodes" / f"{role}.sqlite", first_boot=cause == FIRST_START)
        ending = _Ending(role, folder / OFF_FILE)
        context = NodeContext(
            bus=bus,
            storage=store.storage,
            clock=SpacecraftClock(mission.epoch_jd_tt),
            seed=specification.seed,
            parameters=parameters,
            boot_cause=cause,
            mission=msgspec.msgpack.decode(specification.load_file(role).read_bytes()),
            planned_boot=cause == COMMANDED,
            store_damage=store.damage,
            store_lost=store.fresh,
            earlier_boots=store.earlier_boots,
            request_reboot=ending.reboot,
            request_power_off=ending.power_off,
        )
        try:
            await kind(context).run()
        except asyncio.CancelledError:
            if not ending.reboots:
                raise
        finally:
            bus.close()
            store.storage.close()
            fabric.close()
        return REBOOT_ASKED if ending.reboots else 0

    return work


class _Ending:
    """How a node ends its own process. To be made in the task that runs the node."""

    def __init__(self, role: str, off_file: Path) -> None:
        self.reboots = False
        self._role = role
        self._off_file = off_file
        self._task = asyncio.current_task()

    def reboot(self) -> None:
        """Ends the node in good order; the supervisor boots it again."""
        self.reboots = True
        self._end()

    def power_off(self) -> None:
        """Ends the node for good, after a while."""
        asyncio.get_running_loop().call_later(POWER_OFF_AFTER, self._switch_off)

    def _switch_off(self) -> None:
        # Written before the process ends, so that nobody takes its end for a death.
        with self._off_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"vehicle": self._role}) + "\n")
        self._end()

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
