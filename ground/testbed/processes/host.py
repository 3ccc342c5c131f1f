"""Starts, kills and ends the processes of one run, and hears what they tell."""

import asyncio
import resource
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import ScratchFolder
from flight.icd.custody_record import CustodyRecord
from flight.runtime.bus import Bus, Fabric
from flight.runtime.common_clock import ClockKeeper
from flight.runtime.common_loop import CommonLoop
from flight.runtime.discs import FILES
from flight.runtime.nursery import Nursery
from flight.runtime.zeromq_keys import Keys
from ground.mission_control import Outcome, Progress
from ground.testbed.computers.protections import parts_without
from ground.testbed.computers.starts import HARDWARE_LIFE
from ground.testbed.hardware.hardware import Hardware
from ground.testbed.host import GROUND, Boot, Figures, Happenings, Setting
from ground.testbed.participants.addresses import listening_ports
from ground.testbed.participants.roles import HARDWARE, bus_name, owner_of, participants
from ground.testbed.processes import reporting_pipe as pipes
from ground.testbed.processes.child import Child
from ground.testbed.processes.clock_watch import LOOK as WATCH
from ground.testbed.processes.clock_watch import ClockWatch, Tell
from ground.testbed.processes.out_of_reach import OutOfReach
from ground.testbed.processes.process import Specification
from ground.testbed.processes.refused_programs import RefusedPrograms
from ground.testbed.processes.told_ledgers import ToldLedgers
from ground.testbed.processes.told_watchdogs import ToldTimer
from ground.testbed.seams.bus import Buses
from ground.testbed.seams.orders import Order, line, standing
from ground.testbed.seams.outside import OutsideSeam
from sim_hw.faults.fault import Fault

GRACE = 10.0  # wall seconds that a process has to end when asked to
LOOK = 0.25  # wall seconds between looks of whoever shows the run


class ProcessesHost(OutOfReach):
    """The processes of one run, around the one in which it is composed."""

    def __init__(
        self,
        setting: Setting,
        happenings: Happenings,
        *,
        rate: float | None,
        transport: Literal["ipc", "tcp"],
        services: list[str],
        operators: str = "",
    ) -> None:
        self._setting = setting
        self._happenings = happenings
        self._rate = inf if rate is None else rate
        self._sockets = ScratchFolder()
        names = participants(setting.mission.vehicles)
        ports = listening_ports(services)
        self._specification = Specification(
            mission=str(setting.mission.file.resolve()),
            folder=str(setting.folder.path.resolve()),
            seed=setting.seed,
            transport=transport,
            participants=names,
            sockets=str(self._sockets.path),
            ports={service: port for service, (port, _) in ports.items()},
            descriptors={service: descriptor for service, (_, descriptor) in ports.items()},
            protections_off=setting.protections_off,
            operators=operators,
            rate=rate,
        )
        if transport == "tcp":
            Keys.make().write(self._specification.keys_file)
        plain = msgspec.to_builtins(self._specification)
        self._file = setting.folder.write_json("specification.json", plain).resolve()
        (setting.folder.path / "logs").mkdir(exist_ok=True)
        setting.folder.ground.mkdir(exist_ok=True)
        ClockKeeper.create(self._specification.clock_file, names)
        self._clock = ClockKeeper(self._specification.clock_file, names, HARDWARE, owner_of)
        self._watch = ClockWatch(self._clock, Tell(self._hung, self._gone_on))
        self._nursery = Nursery("run")
        self._log = pipes.CountingLog()
        self._children: dict[str, Child] = {}
        self._refused = RefusedPrograms(happenings)
        self._counted = 0  # messages of processes that were replaced
        self._told = ToldLedgers()
        self._progress: Progress | None = None
        self._fabric: Fabric
        self._bus: Bus
        self._loop: CommonLoop
        self._draining = False
        self._buses = self._specification.buses()
        self._timers: dict[str, ToldTimer] = {}
        self._forgotten = 0  # stores
        self._orders: dict[str, list[Order]] = {}  # about faults, not healed

    def loop(self) -> asyncio.AbstractEventLoop:
        """A loop on the common clock."""
        self._clock.start(HARDWARE, 0, 1)
        self._loop = CommonLoop(self._clock)
        return self._loop

    @property
    def nursery(self) -> Nursery:
        """Of the run's own work."""
        return self._nursery

    @property
    def buses(self) -> Buses:
        """The seams of the bus in this process: where the hardware receives."""
        return self._buses

    def outside(self, fault: Fault) -> OutsideSeam | None:
        """A store, a clock and a mailbox are in the process of their computer; the bus is in all
        of them and in this one."""
        if fault.target.kind == "bus":
            return OutsideSeam(self, (*self._setting.mission.vehicles, GROUND), self._buses)
        return OutsideSeam(self, (fault.target.name,)) if fault.kind.is_inside else None

    def order(self, role: str, what: str, value: Any) -> None:
        """Tells a process about a fault: now, and whenever it is started anew."""
        self._orders[role] = standing(self._orders.get(role, []), what, value)
        each = self._children.get(role)
        if each is not None and each.runs:
            self._clock.sent_to(self._clock.names.index(bus_name(role)))
            each.order(line(what, value, counted=True))  # of one that has just died all is forgiven

    @property
    def hardware_bus(self) -> Bus:
        """On which the hardware is served."""
        return self._bus

    # ------------------------------------------------------- begin and end

    async def __aenter__(self) -> Self:
        given = self._specification
        stranger = partial(self._refused.stranger, HARDWARE)
        self._fabric = Fabric(given.keys(), self._clock, given.listening(HARDWARE), stranger)
        addresses = self._specification.addresses()
        read = parts_without(self._setting.protections_off).read_envelope
        fabric = self._buses.view("hardware", self._fabric)
        self._bus = Bus(
            HARDWARE, fabric=fabric, addresses=addresses, log=self._log, read=read
        )
        self._bus.begin_life(HARDWARE_LIFE)
        self._bus.on_second = self._refused.second
        await self._nursery.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._end(list(self._children))
        finally:
            for each in self._children.values():
                each.end_now()
                self._loop.remove_reader(each.descriptor)
            self._nursery.cancel()
            try:
                await self._nursery.__aexit__(kind, error, trace)
            finally:
                self._bus.close()
                self._fabric.close()
                self._specification.let_go_of_ports()
                self._sockets.remove()

    def fit(self, hardware: Hardware) -> None:
        """All is simulated."""

    async def begin(self, hardware: Hardware, boots: Mapping[str, Boot]) -> None:
        """Starts all, waits until they are ready, and lets mission time run."""
        for role, boot in boots.items():
            self.boot(role, boot)
        for role in boots:
            started = self._children[role]
            await started.ready
            if started.asked == pipes.REFUSED:
                log = pipes.log_of(self._setting.folder.path, role)
                raise ConfigurationError(str(log), None, role, started.words)
        self._loop.look_by_wall(self._watch.look, WATCH)
        self._loop.look_by_wall(self._give_orders, WATCH)
        self._clock.begin(self._rate)

    async def end_ground(self) -> None:
        """Ends mission control in order; it leaves its records."""
        await self._end([GROUND])

    async def _end(self, roles: list[str]) -> None:
        running = [self._children[role] for role in roles if self.runs(role)]
        self._clock.leave()  # what follows is in seconds of the wall
        for role in roles:
            self._stop_timer(role)
        for each in running:
            each.ask_to_end()
        for each in running:
            try:
                async with asyncio.timeout(GRACE):
                    # Who waits in vain must not take the end away from who waits on.
                    await asyncio.shield(each.ended)
            except TimeoutError:
                each.kill()
                await each.ended

    # ------------------------------------------------------- start and kill

    def boot(self, role: str, boot: Boot) -> None:
        """Starts a process."""
        if role != GROUND:
            load = msgspec.msgpack.encode(boot.load)
            self._specification.load_file(role).write_bytes(load)
        if role in self._children:
            self._counted += self._children[role].count
        # From here on time stands until it has done what it does first.
        self._clock.start(bus_name(role), self._loop.time_ns(), boot.number)
        log = pipes.log_of(self._setting.folder.path, role)
        inherited = list(self._specification.listening(bus_name(role)).values())
        waiting = b"".join(line(*each, counted=False) for each in self._orders.get(role, ()))
        child = Child(role, self._file, boot, log, inherited, waiting)
        self._children[role] = child
        self._loop.add_reader(child.descriptor, self._hear, role)

    async def kill(self, role: str) -> None:
        """Ends a process as a power cut does."""
        each = self._children[role]
        self._stop_timer(role)
        if not each.ended.done():
            each.kill()
            # That takes a while by the wall.
            self._clock.is_ending(bus_name(role), self._loop.time_ns())
        await each.ended

    def runs(self, role: str) -> bool:
        """Whether a process runs."""
        each = self._children.get(role)
        return each is not None and each.runs

    def _give_orders(self) -> None:
        for each in self._children.values():
            each.give_orders()

    def _hung(self, name: str) -> None:
        for role, each in self._children.items():
            if bus_name(role) == name:
                each.kill_hung()

    def _gone_on(self, what: str) -> None:
        self._happenings.told("time_went_on", f"Mission time has gone on, although {what}")

    def stand(self, role: str) -> Callable[[], None]:
        """Stops a process, until what is returned is called; mission time does not wait for it."""
        each, name = self._children[role], bus_name(role)
        if not each.runs:
            return lambda: None
        each.stop()
        self._clock.stand(name)

        def go_on() -> None:
            if each.runs:
                self._clock.go_on(name)
                each.go_on()

        return go_on

    def forget(self, role: str) -> None:
        """The store of a node that does not run is gone."""
        file = self._setting.folder.nodes / f"{role}.sqlite"
        if file.exists():
            self._forgotten += 1
            FILES.set_aside(file, f"{role}.lost-{self._forgotten}")

    # -------------------------------------------------------------- hearing

    def _hear(self, role: str) -> None:
        """Takes what a process has told; at its end, tells the run what that means."""
        each = self._children[role]
        for frame in each.frames():
            self._take(role, each, frame)
        if each.gone and not each.ended.done():
            self._loop.remove_reader(each.descriptor)
            self._stop_timer(role)
            each.buried()
            self._clock.end(bus_name(role))
            self._say_end(role, each)

    def _timer_of(self, role: str) -> ToldTimer:
        if role not in self._timers:
            self._timers[role] = ToldTimer(
                lambda expiry: self._happenings.watchdog_expired(role, expiry),
                lambda: self._hear(role),
            )
        return self._timers[role]

    def _stop_timer(self, role: str) -> None:
        timer = self._timers.pop(role, None)
        if timer is not None:
            timer.stop()

    def _say_end(self, role: str, each: Child) -> None:
        if each.asked == pipes.REBOOT:
            self._happenings.reboot_asked(role)
        elif each.asked == pipes.OFF:
            self._happenings.powered_off(role)
        elif not each.wanted and each.asked != pipes.OUTCOME:
            self._happenings.died(role, each.death)

    def _take(self, role: str, each: Child, frame: list[Any]) -> None:
        kind, *values = frame
        if kind == pipes.MESSAGE:
            self._clock.taken()
            each.count = values[0]
            self._take_message(values[1])
        elif kind == pipes.PROGRESS:
            each.count = values[0]
            self._progress = msgspec.convert(values[1], Progress)
        elif kind == pipes.STRANGER:
            self._refused.stranger(role, values[0])
        elif kind == pipes.FAULT:
            self._clock.taken()
            self._happenings.fault_told(*values)
        elif kind == pipes.PAUSE:
            self._clock.taken()
            self._loop.call_later(values[0], self.stand(role))
        elif kind == pipes.SECOND:
            self._refused.second(*values)
        elif kind == pipes.ALIVE:
            self._timer_of(role).alive(*values)
        elif kind == pipes.READY:
            each.ready.set_result(None)
        elif kind == pipes.OUTCOME:
            each.asked = kind
            self._happenings.procedure_ended(msgspec.convert(values[0], Outcome))
        elif kind in (pipes.REBOOT, pipes.OFF, pipes.REFUSED):
            each.asked = kind
            each.words = str(values[0]) if values else ""

    def _take_message(self, payload: bytes) -> None:
        message = self._told.take(payload)
        if message is not None:
            self._happenings.heard(message)

    def ledgers(self) -> Mapping[str, list[CustodyRecord]]:
        """What the nodes have told of their ledgers, up to now.

        A node tells a step before it acts on it, so all is read that lies in the pipes; again until
        nothing new is there, for one node's step follows from another's.
        """
        if not self._draining:  # what is heard meanwhile is audited by who has begun to ask
            self._draining = True
            try:
                before = -1
                while before != (before := self._heard()):
                    for role in list(self._children):
                        if not self._children[role].ended.done():
                            self._hear(role)
            finally:
                self._draining = False
        return self._told.ledgers()

    def _heard(self) -> int:
        count = self._counted
        for each in self._children.values():
            count += each.count
        return count

    # -------------------------------------------------------------- looking

    def progress(self) -> Progress | None:
        """How far the ground is, as it has told; None before."""
        return self._progress

    def devices_told(self) -> str:
        """Nothing is real."""
        return ""

    def look(self, look: Callable[[], None]) -> None:
        """Has somebody look now and then, by the wall."""
        self._loop.look_by_wall(look, LOOK)

    def figures(self) -> Figures:
        """Of the run, when it is over; the largest process counts for memory."""
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        peak = max(resource.getrusage(each).ru_maxrss for each in who)
        return Figures(self._log.count + self._heard(), "", peak / 1024.0)
