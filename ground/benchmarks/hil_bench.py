"""Times of a bench: from the question of a stand-in to the answer of a C device, and back; each
beside how late this machine is by itself, in the same minute."""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from flight.icd.devices.ascent import EffectorState
from flight.icd.devices.base import DeviceError, Reading
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import WheelsState
from flight.runtime.loop import run as run_loop
from flight.runtime.nursery import Nursery
from flight.runtime.paced_loop import PacedLoop
from ground.testbed.bench_limits import actuations_of
from sim_hw.bench.building import DEVICES, build
from sim_hw.bench.device_link import ARMED, READABLE, Wanted
from sim_hw.bench.floor import FLOOR_WAY, measure_floor
from sim_hw.bench.guard import GuardRules
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.port import BenchPort, BenchProcess
from sim_hw.bench.process import RealDevice, Setting
from sim_hw.bench.realtime import PRIORITY, real_time
from sim_hw.bench.stand_ins.stand_in import StandIn

RATE = 50.0  # Hz
PATIENCE = 20.0  # s of the wall until a device is there
LEAST_FLOOR = 2.0  # s
QEMU = "qemu-system-arm"
Call = tuple[str, dict[str, Any], type[Reading], bool]
STEER: Call = (
    "steer", {"pitch": 0.01, "yaw": -0.01, "pulses": [0.0, 0.0, 0.0], "forward": 0.0},
    EffectorState, True,
)  # fmt: skip
STATE: Call = ("state", {}, WheelsState, False)


@dataclass
class PathFigures:
    """One path, measured periodically: round trips (s), slips, and the floor before and after."""

    name: str
    realtime: bool
    trip: Histogram = field(default_factory=Histogram)
    lateness: Histogram = field(default_factory=Histogram)
    floor: Histogram = field(default_factory=Histogram)
    slips: int = 0
    floor_slips: int = 0
    refused: list[str] = field(default_factory=list)

    def ratio(self, part: float) -> float:
        """The round trip as a multiple of the floor's lateness."""
        base = self.floor.at(part)
        return self.trip.at(part) / base if base else float("inf")


class MeasuredDevice:
    """One device, its bench process, and the port of a run that is none."""

    def __init__(self, service: str, device: str, address: str, realtime: bool) -> None:
        interface = DEVICES[device]
        wanted = vars(Wanted(service, interface.__name__, interface_hash(interface)))
        rules = GuardRules(actuations_of(interface))
        self._home = tempfile.TemporaryDirectory(prefix="msr-measure-")
        recording = str(Path(self._home.name) / "bench.mcap")
        setting = Setting(
            [RealDevice(wanted, address, False, rules)], recording=recording, realtime=realtime
        )
        self.service = service
        self.process = BenchProcess(msgspec.to_builtins(setting))
        self.port = BenchPort([service], self.process.send)
        self.port.mission_ns = time.monotonic_ns
        self.stand_in = StandIn(
            SimpleNamespace(service=service, time_ns=time.monotonic_ns), self.port, "lost"
        )
        self.refused: list[str] = []
        self._changed = asyncio.Event()
        self.port.lines[service].on_state = lambda line: self._changed.set()
        self._alive: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begins to hear."""
        asyncio.get_running_loop().add_reader(self.process.descriptor, self._hear)
        self._say_alive()

    def _say_alive(self) -> None:
        self.process.say_alive(time.monotonic_ns())
        self._alive = asyncio.get_running_loop().call_later(0.25, self._say_alive)

    def _hear(self) -> None:
        while (told := self.process.take()) is not None:
            if told[0] == "realtime":
                self.refused = told[2]
            elif told[0] in ("state", "reply", "effect"):
                self.port.admit(told)
        if self.process.gone:
            asyncio.get_running_loop().remove_reader(self.process.descriptor)

    @property
    def state(self) -> str:
        """Of the device."""
        return self.port.lines[self.service].state

    async def until(self, wanted: Callable[[str], bool]) -> None:
        """Waits until the device is in such a state; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not wanted(self.state):
                self._changed.clear()
                await self._changed.wait()

    def close(self) -> None:
        """Ends the bench process."""
        if self._alive is not None:
            self._alive.cancel()
        if not self.process.gone:
            asyncio.get_running_loop().remove_reader(self.process.descriptor)
        self.process.close()
        self._home.cleanup()


@asynccontextmanager
async def measured(
    service: str, device: str, address: str, *, realtime: bool = False
) -> AsyncIterator[MeasuredDevice]:
    """A device that is there and armed, until the block ends."""
    made = MeasuredDevice(service, device, address, realtime)
    try:
        made.open()
        await made.until(lambda state: state == ARMED)
        yield made
    finally:
        made.close()


@contextmanager
def device_process(
    words: list[str], *, realtime: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """A C device, from when it says that it is ready. `realtime`: as if it had a processor of its
    own, which a real one has."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        _prefer(process.pid, realtime)
        assert process.stdout is not None
        while process.stdout.readline().strip() != "ready":
            if process.poll() is not None:
                raise RuntimeError(f"{words[0]} has ended")
        yield process
    finally:
        process.kill()
        process.communicate()


def _prefer(process: int, realtime: bool) -> None:
    if realtime:
        with suppress(PermissionError):
            os.sched_setscheduler(process, os.SCHED_FIFO, os.sched_param(PRIORITY))


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def firmware(folder: Path, *, realtime: bool = False) -> Iterator[str]:
    """The wheels in QEMU; the address of their line."""
    image, line = build("wheels", "cortex_m3", folder), folder / "uart"
    process = subprocess.Popen(
        [
            QEMU, "-M", "mps2-an385", "-kernel", image, "-display", "none", "-monitor", "none",
            "-serial", f"unix:{line},server=on,wait=off",
        ],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _prefer(process.pid, realtime)
        until = time.monotonic() + PATIENCE
        while not line.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{QEMU} has not started")
            time.sleep(0.01)
        yield f"unix://{line}"
    finally:
        process.kill()
        process.wait()


def measure_path(
    name: str, place: tuple[str, str, str], call: Call, cycles: int, *, realtime: bool
) -> PathFigures:
    """So many periodic calls of a device at `place` (service, C device, address)."""
    found = PathFigures(name, realtime)
    floor = max(LEAST_FLOOR, 0.25 * cycles / RATE)
    measures: AbstractContextManager[list[str]] = real_time() if realtime else nullcontext([])
    with measures as refused:
        found.refused += refused
        _floor(found, floor)
        run_loop(_cycles(found, place, call, cycles), PacedLoop())
        _floor(found, floor)
    return found


def _floor(found: PathFigures, seconds: float) -> None:
    measured = measure_floor(RATE, 3.0 * seconds, ways=(FLOOR_WAY,))
    lateness = measured.lateness[FLOOR_WAY]
    for slot, count in enumerate(lateness.counts):
        found.floor.counts[slot] += count
    found.floor.count += lateness.count
    found.floor.largest = max(found.floor.largest, lateness.largest)
    found.floor_slips += measured.slips[FLOOR_WAY]


async def _cycles(
    found: PathFigures, place: tuple[str, str, str], call: Call, cycles: int
) -> None:
    method, arguments, kind, actuates = call
    loop, period = asyncio.get_running_loop(), 1.0 / RATE
    async with measured(*place, realtime=found.realtime) as made:
        found.refused += [each for each in made.refused if each not in found.refused]
        begun, cycle = loop.time() + period, 0
        for _ in range(cycles):
            due = begun + cycle * period
            await asyncio.sleep(max(0.0, due - loop.time()))
            asked = time.perf_counter()
            found.lateness.add(max(0.0, loop.time() - due))
            answer = await made.stand_in.ask(method, arguments, 1.0, actuates=actuates)
            made.stand_in.reading(kind, answer.result, 0)
            found.trip.add(time.perf_counter() - asked)
            ahead = max(1, 1 + int((loop.time() - due) / period))
            found.slips += ahead - 1
            cycle += ahead


@dataclass
class UnplugFigures:
    """Seconds from a device's end to the fault of a call, and from its start to its arming;
    `floor`: how late the sleep before was, in the same loop; `stale`: devices that had moved though
    nobody had asked them since they came back."""

    name: str
    fault: Histogram = field(default_factory=Histogram)
    back: Histogram = field(default_factory=Histogram)
    floor: Histogram = field(default_factory=Histogram)
    stale: int = 0


def measure_unplugging(
    binary: Path, folder: Path, cycles: int, *, silent: bool, desks: int = 1
) -> UnplugFigures:
    """Wheels on a pty that die in mid-drive (`silent`: that are stopped), and come back: `cycles`
    in all, at so many desks at once."""
    found = UnplugFigures("silent" if silent else "process dies")

    async def measure() -> None:
        async with Nursery("desks") as nursery:
            for number in range(desks):
                mine = cycles // desks + (number < cycles % desks)
                line = folder / f"line{number}"
                nursery.start(_unplugged(found, binary, line, mine, silent), name=line.name)

    run_loop(measure(), PacedLoop())
    return found


async def _unplugged(
    found: UnplugFigures, binary: Path, line: Path, cycles: int, silent: bool
) -> None:
    words = [str(binary), "--pty", str(line)]
    holder = device_process(words)
    process = holder.__enter__()
    try:
        async with measured("rover.wheels", "wheels", f"serial://{line}") as made:
            for cycle in range(cycles):
                _, future = made.port.begin("rover.wheels", "drive", {"distance": 5.0}, 900.0)
                into = 0.02 + 0.0097 * (cycle % 20)
                begun = time.perf_counter()
                await asyncio.sleep(into)
                ended = time.perf_counter()
                found.floor.add(max(0.0, ended - begun - into))
                process.send_signal(signal.SIGSTOP if silent else signal.SIGKILL)
                try:
                    await future
                except DeviceError:
                    found.fault.add(time.perf_counter() - ended)
                await made.until(lambda state: state not in READABLE)
                if silent:
                    process.send_signal(signal.SIGCONT)
                else:
                    holder.__exit__(None, None, None)
                    holder = device_process(words)
                    process = holder.__enter__()
                again = time.perf_counter()
                await made.until(lambda state: state == ARMED)
                found.back.add(time.perf_counter() - again)
                told = await made.stand_in.read("state", WheelsState, 1.0)
                found.stale += not silent and told.odometer != 0.0
    finally:
        holder.__exit__(None, None, None)
