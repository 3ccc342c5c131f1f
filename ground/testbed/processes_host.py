"""Starts, kills and ends the processes of one run, and hears what they tell."""

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from flight.configuration.files import ConfigurationError
from flight.core.node import Node
from flight.icd.codec import CodecError
from flight.icd.custody_record import CustodyRecord, decode
from flight.icd.envelope import read_envelope
from flight.icd.messages import CustodyReport, Message
from flight.runtime.bus import Bus, Fabric
from flight.runtime.discs import FILES
from flight.runtime.loop import PacedLoop
from flight.runtime.nursery import Nursery
from flight.runtime.pace import SharedClock
from flight.runtime.zeromq_keys import Keys
from ground.mission_control.mission_control import MissionControl, Outcome
from ground.mission_control.progress import Progress
from ground.testbed import reporting_pipe as pipes
from ground.testbed.addresses import free_ports
from ground.testbed.hardware import Hardware
from ground.testbed.host import GROUND, Boot, Figures, Happenings, HostCannot, Setting
from ground.testbed.instant import Instant
from ground.testbed.oscillators import Turn
from ground.testbed.pace_keeper import PaceKeeper
from ground.testbed.process import Specification
from ground.testbed.protections import parts_without

SOCKETS = "msr-"  # what the names of folders of sockets begin with
GRACE = 10.0  # wall seconds that a process has to end when asked to
LOOK = 0.25  # wall seconds between looks of whoever shows the run
PACE_FILE = "pace.jsonl"  # in the run folder: what the pace of the run has followed


@dataclass
class _Process:
    """One process that was started, and what became of it."""

    process: subprocess.Popen[bytes]
    pipe: pipes.ReadingEnd
    ended: asyncio.Future[None]
    ready: asyncio.Future[None]
    asked: int | None = None  # what it has told before its end: REBOOT, OFF, OUTCOME, REFUSED
    words: str = ""
    wanted: bool = False  # somebody here has ended it
    count: int = 0  # messages that it has sent


@dataclass
class _Account:
    """What the nodes have told of their ledgers."""

    records: dict[str, dict[str, CustodyRecord]] = field(default_factory=dict)

    def take(self, report: CustodyReport) -> None:
        record = decode(report.record)
        if record.step == "forget":
            self.records.get(record.owner, {}).pop(record.tube, None)
            return
        self.records.setdefault(record.owner, {})[record.tube] = record


class ProcessesHost:
    """The processes of one run, around the one in which it is composed."""

    def __init__(
        self,
        setting: Setting,
        happenings: Happenings,
        *,
        rate: float,
        care: float,
        transport: Literal["ipc", "tcp"],
        services: list[str],
    ) -> None:
        self._setting = setting
        self._happenings = happenings
        self._rate, self._care = rate, care
        self._sockets = Path(tempfile.mkdtemp(prefix=SOCKETS))
        self._specification = Specification(
            mission=str(setting.mission.file.resolve()),
            folder=str(setting.folder.path.resolve()),
            seed=setting.seed,
            transport=transport,
            sockets=str(self._sockets),
            ports=free_ports(services) if services else {},
            protections_off=setting.protections_off,
        )
        if transport == "tcp":
            Keys.make().write(self._specification.keys_file)
        plain = msgspec.to_builtins(self._specification)
        self._file = setting.folder.write_json("specification.json", plain).resolve()
        (setting.folder.path / "logs").mkdir(exist_ok=True)
        setting.folder.ground.mkdir(exist_ok=True)
        self._clock = SharedClock.create(self._specification.clock_file)
        self._nursery = Nursery("run")
        self._log = pipes.CountingLog()
        self._processes: dict[str, _Process] = {}
        self._counted = 0  # messages of processes that were replaced
        self._account = _Account()
        self._progress: Progress | None = None
        self._pace: PaceKeeper | None = None
        self._fabric: Fabric
        self._bus: Bus
        self._draining = False
        self._forgotten = 0  # stores

    def loop(self) -> asyncio.AbstractEventLoop:
        """A loop on the common clock."""
        return PacedLoop(clock=self._clock)

    def world_clock(self) -> Callable[[], float] | None:
        """Mission time that stands while what is due at once is done."""
        return Instant().now

    @property
    def nursery(self) -> Nursery:
        """Of the run's own work."""
        return self._nursery

    @property
    def hardware_bus(self) -> Bus:
        """On which the hardware is served."""
        return self._bus

    # ------------------------------------------------------- begin and end

    async def __aenter__(self) -> Self:
        self._fabric = Fabric(self._specification.keys())
        addresses = self._specification.addresses()
        read = parts_without(self._setting.protections_off).read_envelope
        self._bus = Bus(
            "hardware", fabric=self._fabric, addresses=addresses, log=self._log, read=read
        )
        await self._nursery.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        loop.remove_signal_handler(signal.SIGALRM)
        if self._pace is not None:
            self._pace.stop()
        try:
            await self._end(list(self._processes))
        finally:
            for each in self._processes.values():
                if each.process.poll() is None:
                    each.process.kill()
                    each.process.wait()
                loop.remove_reader(each.pipe.descriptor)
            self._nursery.cancel()
            try:
                await self._nursery.__aexit__(kind, error, trace)
            finally:
                self._bus.close()
                self._fabric.close()
                shutil.rmtree(self._sockets, ignore_errors=True)

    async def begin(self, hardware: Hardware, boots: Mapping[str, Boot]) -> None:
        """Starts all, waits until they are ready, and lets mission time run."""
        for role, boot in boots.items():
            self.boot(role, boot)
        for role in boots:
            started = self._processes[role]
            await started.ready
            if started.asked == pipes.REFUSED:
                log = pipes.log_of(self._setting.folder.path, role)
                raise ConfigurationError(str(log), None, role, started.words)
        folder = self._setting.folder.path
        pace = PaceKeeper(self._clock, hardware, self._rate, self._care, folder / PACE_FILE)
        self._pace = pace
        for role in boots:
            pace.hold(role)
        pace.start()

    async def end_ground(self) -> None:
        """Ends mission control in order; it leaves its records."""
        await self._end([GROUND])

    async def _end(self, roles: list[str]) -> None:
        running = [self._processes[role] for role in roles if self.runs(role)]
        for each in running:
            each.wanted = True
            each.process.terminate()
        if running and self._clock.rate != 1.0:
            self._clock.set_rate(1.0)  # so that what follows is in seconds of the wall
        for each in running:
            try:
                async with asyncio.timeout(GRACE):
                    await each.ended
            except TimeoutError:
                each.process.kill()
                await each.ended

    # ------------------------------------------------------- start and kill

    def boot(self, role: str, boot: Boot) -> None:
        """Starts a process."""
        specification = self._specification
        if role != GROUND:
            specification.load_file(role).write_bytes(msgspec.msgpack.encode(boot.load))
        reading, writing = os.pipe()
        try:
            with pipes.log_of(self._setting.folder.path, role).open("ab") as log:
                process = subprocess.Popen(
                    [
                        sys.executable, "-m", "ground.testbed.process", role, str(self._file),
                        "--cause", boot.cause, "--number", str(boot.number),
                        *(["--planned"] if boot.planned else []), "--report", str(writing),
                    ],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(writing,),
                    env=os.environ | {"PYTHONHASHSEED": "0"},
                    start_new_session=True,  # Ctrl-C comes here, and everybody is ended in order
                )  # fmt: skip
        finally:
            os.close(writing)
        loop = asyncio.get_running_loop()
        pipe = pipes.ReadingEnd(reading)
        if role in self._processes:
            self._counted += self._processes[role].count
        if self._pace is not None:
            self._pace.hold(role)
            self._pace.look()
        self._processes[role] = _Process(process, pipe, loop.create_future(), loop.create_future())
        loop.add_reader(reading, self._hear, role)

    async def kill(self, role: str) -> None:
        """Ends a process as a power cut does."""
        each = self._processes[role]
        each.wanted = True
        each.process.kill()
        await each.ended

    def runs(self, role: str) -> bool:
        """Whether a process runs."""
        each = self._processes.get(role)
        return each is not None and not each.wanted and not each.ended.done()

    def stand(self, role: str) -> Callable[[], None]:
        """Stops a process, until what is returned is called."""
        each = self._processes[role]
        if not self.runs(role):
            return lambda: None
        each.process.send_signal(signal.SIGSTOP)

        def go_on() -> None:
            if each.process.poll() is None:
                each.process.send_signal(signal.SIGCONT)

        return go_on

    def leave_mailbox(self, role: str) -> Callable[[], None]:
        """Raises HostCannot: a node is in a process of its own."""
        raise HostCannot(f"over processes {role} has a process of its own")

    def turn_clock(self, role: str, turn: Turn) -> Callable[[], None]:
        """Raises HostCannot: a clock is in the process of its node."""
        raise HostCannot(f"over processes {role} has a process of its own")

    def forget(self, role: str) -> None:
        """The store of a node that does not run is gone."""
        file = self._setting.folder.nodes / f"{role}.sqlite"
        if file.exists():
            self._forgotten += 1
            FILES.set_aside(file, f"{role}.lost-{self._forgotten}")

    # -------------------------------------------------------------- hearing

    def _hear(self, role: str) -> None:
        """Takes what a process has told; at its end, tells the run what that means."""
        each = self._processes[role]
        for frame in each.pipe.frames():
            self._take(role, each, frame)
        if each.pipe.ended and not each.ended.done():
            asyncio.get_running_loop().remove_reader(each.pipe.descriptor)
            each.process.wait()
            each.ended.set_result(None)
            if not each.ready.done():
                each.ready.set_result(None)
            if self._pace is not None:
                self._pace.release(role)
            self._say_end(role, each)

    def _say_end(self, role: str, each: _Process) -> None:
        if each.asked == pipes.REBOOT:
            self._happenings.reboot_asked(role)
        elif each.asked == pipes.OFF:
            self._happenings.powered_off(role)
        elif not each.wanted and each.asked != pipes.OUTCOME:
            log = pipes.log_of(self._setting.folder.path, role)
            how = each.words or f"exit code {each.process.returncode}"
            self._happenings.died(role, f"{how}; see {log}")

    def _take(self, role: str, each: _Process, frame: list[Any]) -> None:
        kind, *values = frame
        if kind in (pipes.MESSAGE, pipes.PROGRESS) and not each.count and self._pace is not None:
            self._pace.release(role)  # it is up
        if kind == pipes.MESSAGE:
            each.count = values[0]
            self._take_message(values[1])
        elif kind == pipes.PROGRESS:
            each.count = values[0]
            self._progress = msgspec.convert(values[1], Progress)
        elif kind == pipes.READY:
            each.ready.set_result(None)
        elif kind == pipes.OUTCOME:
            each.asked = kind
            self._happenings.procedure_ended(msgspec.convert(values[0], Outcome))
        elif kind in (pipes.REBOOT, pipes.OFF, pipes.REFUSED):
            each.asked = kind
            each.words = str(values[0]) if values else ""

    def _take_message(self, payload: bytes) -> None:
        try:
            message: Message = read_envelope(payload).message
        except CodecError:
            return  # its own receivers count it
        if isinstance(message, CustodyReport):
            self._account.take(message)
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
                    for role in list(self._processes):
                        if not self._processes[role].ended.done():
                            self._hear(role)
            finally:
                self._draining = False
        return {owner: list(told.values()) for owner, told in self._account.records.items()}

    def _heard(self) -> int:
        count = self._counted
        for each in self._processes.values():
            count += each.count
        return count

    # -------------------------------------------------------------- looking

    def node(self, role: str) -> Node:
        """Raises HostCannot: a node is in a process of its own."""
        raise HostCannot(f"over processes nobody can look into {role}: it has a process of its own")

    def mission_control(self) -> MissionControl:
        """Raises HostCannot: mission control is in a process of its own."""
        raise HostCannot("over processes mission control has a process of its own")

    def progress(self) -> Progress | None:
        """How far the ground is, as it has told; None before."""
        return self._progress

    def look(self, look: Callable[[], None]) -> None:
        """Has somebody look now and then, by the wall."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)

    def figures(self) -> Figures:
        """Of the run, when it is over; the largest process counts for memory."""
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        peak = max(resource.getrusage(each).ru_maxrss for each in who)
        return Figures(self._log.count + self._heard(), "", peak / 1024.0)
