"""A rig: nodes and simulated devices in one process. What tests and runs stand on."""

import asyncio
import itertools
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flight.core.context import POWER_OFF_AFTER
from flight.core.keeping.opening import CRIPPLED_BOOT, open_store
from flight.core.node import Node, NodeContext
from flight.icd.custody_record import CustodyRecord
from flight.runtime.bus import Bus
from flight.runtime.discs import FILES, Disc
from flight.runtime.fabric import Fabric, Presence
from flight.runtime.message_log import MessageLog
from flight.runtime.nursery import Nursery, end
from flight.runtime.participants import working_as
from ground.testbed.computers.oscillators import DisturbedClock, Turn
from ground.testbed.computers.protections import Parts
from ground.testbed.computers.sides import exchange_memories
from ground.testbed.computers.standing import StandingParticipants
from ground.testbed.computers.starts import HARDWARE_LIFE, WARM
from ground.testbed.computers.watchdogs import WATCHDOG, Expiry, Timer
from ground.testbed.participants.roles import GROUND
from ground.testbed.participants.umbilical import Umbilical
from ground.testbed.seams.bus import Buses
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.server import DeviceServer

DEFAULT_EPOCH_JD_TT = 2461990.0  # 2028-08-07 12:00 TT, inside the landing season


@dataclass
class _Station:
    """How to build a node again after it was killed."""

    kind: type[Node]
    parameters: Mapping[str, Any]
    mission: Mapping[str, Any]
    clock_offset: float
    clock_drift: float
    protection: Mapping[str, Any]


class Rig(Umbilical):
    """Composes nodes and devices, and listens to them over an umbilical.

    Use as `async with Rig(folder) as rig:`. `send` commands a node directly, without links;
    `events`, `reports`, `telemetry` and `custody` hold what the nodes have published. Their bus is
    ZeroMQ's `inproc://`, unless another `fabric` is given; it is closed with the rig. Their stores
    lie in `folder`, on a `disc`. `parts`: its structural protections.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        epoch_jd_tt: float = DEFAULT_EPOCH_JD_TT,
        log_file: Path | None = None,
        fabric: Presence | None = None,
        disc: Disc = FILES,
        parts: Parts | None = None,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.seed = seed
        self.epoch_jd_tt = epoch_jd_tt
        self.log = MessageLog(log_file)
        self.on_power_off: Callable[[str], None] = lambda name: None
        self.on_reboot_asked: Callable[[str], None] | None = None
        """Told of a node that has ended in order, to be booted again; without it that is done at
        once."""
        self.on_swap_asked: Callable[[str], None] | None = None
        """Told of a node that has ended in order, whose other computer is to be started."""
        self.on_files_deleted: Callable[[str], None] = lambda name: None
        """Told of a node that has deleted all that waited to be sent, before it booted."""
        self.on_watchdog: Callable[[str, Expiry], None] | None = None
        """Told of a node whose watchdog has run out; without it that is started anew, warm."""
        self.on_died: Callable[[str, str], None] | None = None
        """Told of a node that has ended by an error, and how; without it that is the rig's end."""
        self.nursery = Nursery("rig")
        self._fabric: Presence = Fabric() if fabric is None else fabric
        self._disc = disc
        self._parts = Parts() if parts is None else parts
        self._buses: list[Bus] = []
        self._last_records: dict[str, list[CustodyRecord]] = {}
        self._stations: dict[str, _Station] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._booted: dict[str, None] = {}  # who has booted before
        self.buses = Buses({"mission_control": GROUND})
        self.turns: dict[str, list[Turn]] = {}
        """What is wrong with the oscillator of each node, over its boots."""
        self._forgotten = itertools.count(1)
        self._timers: dict[str, Timer] = {}
        self.standing = StandingParticipants()
        self._hardware_bus: Bus | None = None

    async def __aenter__(self) -> "Rig":
        self.folder.mkdir(parents=True, exist_ok=True)
        await self.nursery.__aenter__()
        self._hardware_bus = self.bus("hardware")
        self._hardware_bus.begin_life(HARDWARE_LIFE)
        self.plug_in(self.bus("umbilical"))
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        for name in list(self._tasks):
            await self.stop(name)
        self.nursery.cancel()
        try:
            await self.nursery.__aexit__(kind, error, trace)
        finally:
            for bus in reversed(self._buses):
                bus.close()
            self._fabric.close()
            self.log.close()

    # ------------------------------------------------------------- composing

    def add_device(self, service: str, device: Any) -> None:
        """Serves a simulated device as `<vehicle>.<device>`."""
        assert self._hardware_bus is not None
        server = DeviceServer(self._hardware_bus, service, device, self.nursery)
        if isinstance(device, SimulatedDevice):
            device.emit = server.emit

    def add_node(
        self,
        kind: type[Node],
        parameters: Mapping[str, Any],
        *,
        mission: Mapping[str, Any] | None = None,
        clock_offset: float = 0.0,
        clock_drift: float = 0.0,
        protection: Mapping[str, Any] | None = None,
    ) -> Node:
        """Boots a node; `protection`: the table of its fault protection, none if not given."""
        self._stations[kind.name] = _Station(
            kind, parameters, mission or {}, clock_offset, clock_drift, protection or {}
        )
        self.listen_to(kind.name)
        return self.boot(kind.name, "power on")

    def boot(
        self, name: str, cause: str, *, planned: bool = False, side: str = "A", before: str = ""
    ) -> Node:
        """Boots a node that was added and does not run, from what it had stored; `side`: which of
        its computers, `before`: which flew until now, where that was another."""
        with working_as(name):
            return self._boot(name, cause, planned, side, before)

    def _boot(self, name: str, cause: str, planned: bool, side: str, before: str) -> Node:
        station = self._stations[name]
        first = name not in self._booted
        self._booted[name] = None
        store = open_store(
            self.folder / f"{name}.sqlite",
            first_boot=first,
            disc=self._disc,
            guarded=self._parts.store_guard,
            cripples=self._parts.structure.keeps(CRIPPLED_BOOT),
        )
        if store.deleted is not None:
            self.on_files_deleted(name)
        timer = Timer(lambda expiry: self._watchdog_expired(name, expiry))
        context = NodeContext(
            bus=self.bus(name),
            storage=store.storage,
            clock=DisturbedClock(
                self.epoch_jd_tt,
                station.clock_offset,
                station.clock_drift,
                turns=self.turns.setdefault(name, []),
            ),
            seed=self.seed,
            parameters=station.parameters,
            boot_cause=cause,
            mission=station.mission,
            planned_boot=planned,
            store_damage=store.damage,
            store_lost=store.fresh,
            earlier_boots=store.earlier_boots,
            deleted=store.deleted,
            request_reboot=lambda: self._request_reboot(name),
            request_swap=lambda: self._request_swap(name),
            side=side,
            side_before=before,
            request_power_off=lambda: self._request_power_off(name),
            structure=self._parts.structure,
            protection=station.protection,
        )
        if self._parts.watchdog:
            context.watchdog = self._timers[name] = timer
        try:
            node = station.kind(context)
        except BaseException:
            store.storage.crash()
            raise
        self.nodes[name] = node
        self._tasks[name] = self.nursery.start(self._live(node), name=name)
        return node

    async def _live(self, node: Node) -> None:
        try:
            await node.run()
        except Exception as error:
            if self.on_died is None:
                raise
            how = "".join(traceback.format_exception(error))
            with working_as(""):
                self.nursery.start(self._bury(node, how), name=f"death of {node.name}")

    async def _bury(self, node: Node, how: str) -> None:
        if self.nodes.get(node.name) is node and self.on_died is not None:
            await self.kill(node.name)
            self.on_died(node.name, how)

    def _watchdog_expired(self, name: str, expiry: Expiry) -> None:
        if self.on_watchdog is not None:
            self.on_watchdog(name, expiry)
        else:
            self.nursery.start(self._reset(self.nodes[name]), name=f"reset {name}")

    async def _reset(self, node: Node) -> None:
        await self.kill(node.name)
        await asyncio.sleep(WARM.seconds)
        self.boot(node.name, WATCHDOG)

    def _request_power_off(self, name: str) -> None:
        with working_as(""):
            self.nursery.start(self._power_off(self.nodes[name]), name=f"power off {name}")

    async def _power_off(self, node: Node) -> None:
        await asyncio.sleep(POWER_OFF_AFTER)
        if self.nodes.get(node.name) is node:
            await self.stop(node.name)
            self.on_power_off(node.name)

    def _request_reboot(self, name: str) -> None:
        with working_as(""):
            self.nursery.start(self._reboot(self.nodes[name]), name=f"reboot {name}")

    async def _reboot(self, node: Node) -> None:
        if self.nodes.get(node.name) is node:
            await self.stop(node.name)
            if self.on_reboot_asked is not None:
                self.on_reboot_asked(node.name)
            else:
                self.boot(node.name, "commanded", planned=True)

    def _request_swap(self, name: str) -> None:
        with working_as(""):
            self.nursery.start(self._swap(self.nodes[name]), name=f"swap {name}")

    async def _swap(self, node: Node) -> None:
        if self.nodes.get(node.name) is node and self.on_swap_asked is not None:
            await self.stop(node.name)
            self.on_swap_asked(node.name)

    def change_side(self, name: str, before: str, after: str) -> None:
        """The other computer of a node that does not run is to fly."""
        if not self._parts.cross_strap:
            exchange_memories(self._disc, self.folder / f"{name}.sqlite", before, after)

    def bus(self, name: str) -> Bus:
        """A bus of this rig for one more participant; closed with the rig at the latest."""
        fabric = self.buses.view(name, self._fabric)
        bus = Bus(name, fabric=fabric, log=self.log, read=self._parts.read_envelope)
        self._buses.append(bus)
        return bus

    @property
    def hardware_bus(self) -> Bus:
        """The bus on which devices are served."""
        assert self._hardware_bus is not None
        return self._hardware_bus

    def ledgers(self) -> dict[str, list[CustodyRecord]]:
        """What the custody ledger of each node says; of a dead node, what it had stored."""
        alive = {name: node.ledger.records() for name, node in self.nodes.items()}
        return {**self._last_records, **alive}

    # ----------------------------------------------------------- stop, kill

    async def stop(self, name: str) -> None:
        """Ends a node in good order."""
        self.standing.died(name)
        task = self._tasks.pop(name)
        await end(task)
        node = self._take_away(name)
        node.bus.close()
        node.storage.close()

    async def kill(self, name: str) -> None:
        """Ends a node as a power cut does: nothing more is sent, nothing more is stored."""
        task = self._tasks.pop(name)
        node = self._take_away(name)
        node.bus.close()
        node.storage.crash()
        self.standing.died(name)
        await end(task)

    def _take_away(self, name: str) -> Node:
        node = self.nodes.pop(name)
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.stop()
        self._last_records[name] = node.ledger.records()
        return node

    def forget(self, name: str) -> None:
        """The store of a node that does not run is gone: nobody knows what it held."""
        file = self.folder / f"{name}.sqlite"
        if self._disc.size(file) is not None:
            self._disc.set_aside(file, f"{name}.lost-{next(self._forgotten)}")

    async def restart(self, name: str, cause: str = "power cut") -> Node:
        """Boots a killed or stopped node again from what it had stored; returns when it is up."""
        node = self.boot(name, cause)
        while self._fabric.is_down(node.bus.address(f"{name}.node")):
            await self._next_message()
        return node
