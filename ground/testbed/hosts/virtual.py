"""A run in one process and in virtual time: time jumps to whatever is due next."""

import asyncio
import random
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from flight.core.node import Node
from flight.icd.custody_record import CustodyRecord
from flight.runtime.bus import Bus
from flight.runtime.discs import FILES, UNWAITED_FILES, Disc, MemoryDisc
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.nursery import Nursery, end
from flight.runtime.participants import working_as
from flight.runtime.streams import stream
from ground.mission_control import MissionControl, NoRoom, Outcome, Progress, ProgressDisplay
from ground.missions.mission import LoadedMission
from ground.missions.protection_files import plain, without
from ground.testbed.computers.deaths import Death
from ground.testbed.computers.oscillators import Turn
from ground.testbed.computers.protections import parts_without
from ground.testbed.control_room.control_room import make_mission_control, run_to_end
from ground.testbed.hardware.hardware import Hardware
from ground.testbed.host import GROUND, Boot, Figures, Happenings, Setting
from ground.testbed.participants.vehicles import vehicle_class
from ground.testbed.rig import Rig
from ground.testbed.seams.bus import Buses
from ground.testbed.seams.flooding import say_too_much
from ground.testbed.seams.mailbox import leave_mailbox
from ground.testbed.seams.outside import OutsideSeam
from ground.testbed.seams.stores import Stores
from sim_hw.faults.fault import Fault
from sim_hw.faults.kind import FaultKind

LOOK = 300  # s of mission time between looks


@dataclass(frozen=True)
class Virtual:
    """One process in virtual time: the same seed, the same bits.

    `shuffle` permutes what is ready, by its own seed. `log_messages` writes all of them down.
    `in_memory`: messages go through queues, not ZeroMQ, and stores and archive are written to their
    files when all is over; the messages are the same, and so is what is left.
    """

    shuffle: int | None = None
    log_messages: bool = False
    in_memory: bool = False

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        return "virtual"

    @property
    def not_deterministic(self) -> tuple[str, ...]:
        """Nothing: this is what virtual time is for."""
        return ()

    def check(self, mission: LoadedMission) -> None:
        """All missions can be flown here."""

    def why_not(self, kind: FaultKind) -> str:
        """All faults can be here."""
        return ""

    def options(self, mission: LoadedMission) -> dict[str, Any]:
        """What perturbs the order."""
        return {"shuffle": self.shuffle}

    def open(self, setting: Setting, happenings: Happenings) -> "VirtualHost":
        """The host of one run."""
        return VirtualHost(
            setting, happenings, self.loop, log_messages=self.log_messages, in_memory=self.in_memory
        )

    def loop(self) -> VirtualLoop:
        """A loop that jumps through time."""
        return VirtualLoop(shuffle=self.order())

    def order(self) -> random.Random | None:
        """What permutes what is ready; None: nothing does."""
        return None if self.shuffle is None else stream(self.shuffle, "shuffle")


class VirtualHost:
    """All participants on one loop and one fabric."""

    has_sides = True
    def __init__(
        self,
        setting: Setting,
        happenings: Happenings,
        make_loop: Callable[[], VirtualLoop],
        *,
        log_messages: bool = False,
        in_memory: bool = False,
        durable: bool = False,
    ) -> None:
        """`durable`: what is kept outlives a power cut of this machine, as where people act, who do
        not fly again."""
        self.durable = durable
        self._make_loop = make_loop
        self._memory = self.memory_disc() if in_memory else None
        self._stores = Stores(self._pause)
        self._disc: Disc = self._stores.disc(self._memory or (FILES if durable else UNWAITED_FILES))
        self._setting = setting
        self._happenings = happenings
        folder = setting.folder
        self.rig = Rig(
            folder.nodes,
            seed=setting.seed,
            epoch_jd_tt=setting.mission.epoch_jd_tt,
            log_file=folder.path / "messages.log" if log_messages else None,
            fabric=MemoryFabric() if in_memory else None,
            disc=self._disc,
            parts=parts_without(setting.protections_off),
        )
        self.rig.observers.append(happenings.heard)
        self.rig.on_reboot_asked = happenings.reboot_asked
        self.rig.on_swap_asked = happenings.swap_asked
        self.rig.on_power_off = happenings.powered_off
        self.rig.on_files_deleted = lambda role: self._stores.of(role).files_deleted()
        self.rig.on_watchdog = happenings.watchdog_expired
        self.rig.on_died = lambda role, how: happenings.died(role, Death(how))
        self.control: MissionControl | None = None
        self._display: ProgressDisplay | None = None
        self._ground: asyncio.Task[None] | None = None
        self._ground_bus: Bus

    def memory_disc(self) -> MemoryDisc:
        """What stores and archive lie on that lie in memory."""
        return MemoryDisc()

    def loop(self) -> VirtualLoop:
        """A new loop that jumps through time."""
        return self._make_loop()

    @property
    def nursery(self) -> Nursery:
        """Of the run's own work."""
        return self.rig.nursery

    @property
    def buses(self) -> Buses:
        """The seams of the bus: all of it."""
        return self.rig.buses

    def outside(self, fault: Fault) -> OutsideSeam | None:
        """All is in this process."""
        return None

    @property
    def stores(self) -> Stores:
        """The seams of the stores: all of them."""
        return self._stores

    @property
    def hardware_bus(self) -> Bus:
        """On which the hardware is served."""
        return self.rig.hardware_bus

    async def __aenter__(self) -> Self:
        await self.rig.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _loop().watch(None, 0)
        await self.rig.__aexit__(kind, error, trace)
        if self._memory is not None:
            try:
                self._memory.save()
            except RuntimeError:  # it was left open by what has ended the run, which is to be told
                if error is None:
                    raise

    def fit(self, hardware: Hardware) -> None:
        """All is simulated."""

    async def begin(self, hardware: Hardware, boots: Mapping[str, Boot]) -> None:
        """Starts the first computers, in their order."""
        for role, boot in boots.items():
            self.boot(role, boot)

    def boot(self, role: str, boot: Boot) -> None:
        """Starts a computer that does not run."""
        if role == GROUND:
            self._start_ground(boot)
        elif boot.number == 1:
            files = self._setting.files[role]
            table = plain(without(files.protection, self._setting.protections_off))
            self.rig.add_node(
                vehicle_class(role), files.flight, mission=boot.load, protection=table
            )
        else:
            side, before = boot.side, boot.side_before
            self.rig.boot(role, boot.cause, planned=boot.planned, side=side, before=before)

    def _start_ground(self, boot: Boot) -> None:
        try:
            with working_as(GROUND):
                self._begin_ground(boot)
        except NoRoom as error:
            self._ground_bus.close()
            self._happenings.died(GROUND, Death(str(error), was_ready=False, passes=True))

    def _begin_ground(self, boot: Boot) -> None:
        self._ground_bus = self.rig.bus("mission_control")
        self._ground_bus.begin_life(boot.number)
        folder = self._setting.folder.ground
        self.control = make_mission_control(
            self._setting.mission, self._ground_bus, folder, self._disc, durable=self.durable
        )
        self.control.downlink.read = parts_without(self._setting.protections_off).read_frame
        self._display = ProgressDisplay(self.control)
        self._ground = self.rig.nursery.start(self._run_ground(), name="mission control")

    async def _run_ground(self) -> None:
        assert self.control is not None
        try:
            self._ground_ended(await run_to_end(self.control))
        except NoRoom as error:
            with working_as(""):
                self.rig.nursery.start(self._bury_ground(str(error)), name="death of ground")

    async def _bury_ground(self, how: str) -> None:
        """As over processes: one whose archive takes no more ends, and is started again."""
        await self.kill(GROUND)
        self._happenings.died(GROUND, Death(how, passes=True))

    def _ground_ended(self, outcome: Outcome) -> None:
        self._happenings.procedure_ended(outcome)

    async def kill(self, role: str) -> None:
        """Ends a computer that runs as a power cut does."""
        if role == GROUND:
            assert self.control is not None
            self.control.archive.crash()
            self._ground_bus.close()
            self.rig.standing.died(GROUND)
            if self._ground is not None:
                await end(self._ground)
        else:
            await self.rig.kill(role)

    def runs(self, role: str) -> bool:
        """Whether a computer runs."""
        if role == GROUND:
            return self._ground is not None and not self._ground.done()
        return role in self.rig.nodes

    def stand(self, role: str) -> Callable[[], None]:
        """Nothing of a computer's software runs."""
        return self.rig.standing.begin(role)

    def _pause(self, role: str, seconds: float) -> None:
        """A computer stands while it waits for its store."""
        with working_as(""):  # else what ends it would be held back as well
            _loop().call_later(seconds, self.rig.standing.begin(role))

    def leave_mailbox(self, role: str) -> Callable[[], None]:
        """A node takes nothing from its mailbox; one that does not run has none."""
        node = self.rig.nodes.get(role)
        return leave_mailbox(node) if node is not None else lambda: None

    def lay_files(self, role: str) -> tuple[Callable[[], bool], Callable[[], None]]:
        """Old files lie in the store of a node: whether they do, and what takes them away."""
        store = self._stores.of(role)
        heal = store.lay_files()
        return lambda: store.has_old_files, heal

    def say_too_much(self, role: str, characters: int) -> bool:
        """A node says something that nobody needs; whether it runs."""
        node = self.rig.nodes.get(role)
        if node is not None:
            say_too_much(node, characters)
        return node is not None

    def turn_clock(self, role: str, turn: Turn) -> Callable[[], None]:
        """The oscillator of a computer goes wrong."""
        turns = self.rig.turns.setdefault(role, [])
        turns.append(turn)
        return lambda: turns.remove(turn)

    def forget(self, role: str) -> None:
        """The store of a node that does not run is gone."""
        self.rig.forget(role)

    def change_side(self, role: str, before: str, after: str) -> None:
        """The computer that does not run is to be the other one when it is started."""
        self.rig.change_side(role, before, after)
        self._stores.of(role).side = after

    async def end_ground(self) -> None:
        """Ends mission control in order; it leaves its records."""
        if self.control is not None:
            self.rig.standing.died(GROUND)
            try:
                if self._ground is not None:
                    await end(self._ground)
                self.control.write_manifest()
            finally:
                self._close_archive(self.control)
                self._ground_bus.close()

    def _close_archive(self, control: MissionControl) -> None:
        try:
            control.close()
        except NoRoom as error:
            text = f"The last of what came down is not in the archive: {error}"
            self._happenings.told("archive_cut_off", text)

    def ledgers(self) -> Mapping[str, list[CustodyRecord]]:
        """What the custody ledger of each node says; of a dead node, what it had stored."""
        return self.rig.ledgers()

    def node(self, role: str) -> Node:
        """A node that runs. Raises KeyError when it does not."""
        return self.rig.nodes[role]

    def mission_control(self) -> MissionControl:
        """The ground that runs."""
        assert self.control is not None
        return self.control

    def progress(self) -> Progress | None:
        """How far the ground is."""
        return None if self._display is None else self._display.state()

    def devices_told(self) -> str:
        """Nothing is real."""
        return ""

    def look(self, look: Callable[[], None]) -> None:
        """Has somebody look every 300 s of mission time, between two instants."""
        _loop().watch(look, LOOK * NANOSECONDS)

    def figures(self) -> Figures:
        """Of the run, when it is over."""
        log = self.rig.log
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return Figures(log.count, log.sha256(), usage.ru_maxrss / 1024.0)


def _loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop
