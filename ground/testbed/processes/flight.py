"""A flight node in a process of its own."""

import asyncio
from pathlib import Path

import msgspec

from flight.core.context import POWER_OFF_AFTER
from flight.core.keeping.opening import CRIPPLED_BOOT, open_store
from flight.core.node import NodeContext
from flight.runtime.bus import Bus
from flight.runtime.discs import FILES
from ground.missions.mission import load_mission
from ground.missions.protection_files import plain, without
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.computers.oscillators import DisturbedClock
from ground.testbed.computers.protections import parts_without
from ground.testbed.participants.vehicles import vehicle_class
from ground.testbed.processes.faults import InsideFaults
from ground.testbed.processes.process import Part, Work
from ground.testbed.processes.reporting_pipe import OFF, REBOOT, ReportingPipe, TellingLog
from ground.testbed.processes.told_watchdogs import TellingTimer


def prepare(part: Part) -> Work:
    """Gets all ready that needs no running clock; returns the work."""
    specification, role = part.specification, part.role
    mission = load_mission(specification.mission)
    kind = vehicle_class(role)
    file = load_vehicle_file(kind, None)

    async def work() -> None:
        faults = InsideFaults(part)
        fabric = part.fabric()
        log = TellingLog(role, part.pipe, part.clock)
        parts = parts_without(specification.protections_off)
        addresses = specification.addresses()
        view = faults.buses.view(role, fabric)
        bus = Bus(role, fabric=view, addresses=addresses, log=log, read=parts.read_envelope)
        bus.on_second = part.second
        store_file = Path(specification.folder) / "nodes" / f"{role}.sqlite"
        disc, first = faults.stores.disc(FILES), part.number == 1
        store = open_store(
            store_file,
            first_boot=first,
            disc=disc,
            guarded=parts.store_guard,
            cripples=parts.structure.keeps(CRIPPLED_BOOT),
        )
        ending = Ending(part.pipe)
        context = NodeContext(
            bus=bus,
            storage=store.storage,
            clock=DisturbedClock(mission.epoch_jd_tt, turns=faults.turns),
            seed=specification.seed,
            parameters=file.flight,
            boot_cause=part.cause,
            mission=msgspec.msgpack.decode(specification.load_file(role).read_bytes()),
            planned_boot=part.planned,
            store_damage=store.damage,
            store_lost=store.fresh,
            earlier_boots=store.earlier_boots,
            deleted=store.deleted,
            request_reboot=ending.reboot,
            request_power_off=ending.power_off,
            structure=parts.structure,
            protection=plain(without(file.protection, specification.protections_off)),
        )
        if parts.watchdog:
            context.watchdog = TellingTimer(part.pipe)
        try:
            faults.node = kind(context)
            await faults.node.run()
        finally:
            faults.close()
            bus.close()
            store.storage.close()
            fabric.close()

    return work


class Ending:
    """How a node ends its own process. To be made in the task that runs the node."""

    def __init__(self, pipe: ReportingPipe) -> None:
        self._pipe = pipe
        self._task = asyncio.current_task()

    def reboot(self) -> None:
        """Ends the node in good order; it is to be booted again."""
        self._end(REBOOT)

    def power_off(self) -> None:
        """Ends the node for good, after a while."""
        asyncio.get_running_loop().call_later(POWER_OFF_AFTER, self._end, OFF)

    def _end(self, why: int) -> None:
        # Told before the process ends, so that nobody takes its end for a death.
        self._pipe.tell(why)
        if self._task is not None:
            self._task.cancel()
