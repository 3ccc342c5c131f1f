"""Times of a bench: from the question of a stand-in to the answer of a C device, and back; each
beside how late this machine is by itself, in the same minute."""

import asyncio
import os
import socket
import subprocess
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

from flight.configuration.scratch_folder import ScratchFolder
from flight.icd.devices.ascent import EffectorState
from flight.icd.devices.base import Reading
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import WheelsState
from flight.runtime.loop import run as run_loop
from flight.runtime.paced_loop import PacedLoop
from ground.testbed.bench.limits import actuations_of
from sim_hw.bench.building import DEVICES, build
from sim_hw.bench.device_link import ARMED
from sim_hw.bench.floor import FLOOR_WAY, measure_floor
from sim_hw.bench.guard import GuardRules
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.port import BenchPort, BenchProcess
from sim_hw.bench.process import RealDevice, Setting
from sim_hw.bench.realtime import PRIORITY, real_time
from sim_hw.bench.stand_ins.stand_in import StandIn
from sim_hw.bench.wanted import Wanted

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


@dataclass(frozen=True)
class Place:
    """Where a device is: its service, which C device it is, its address and serial number."""

    service: str
    device: str
    address: str
    serial: str = ""


class MeasuredDevice:
    """One of the devices of a bench process, as a run has it."""

    def __init__(self, service: str, port: BenchPort) -> None:
        self.service, self.port = service, port
        self.stand_in = StandIn(
            SimpleNamespace(service=service, time_ns=time.monotonic_ns), port, "lost"
        )
        self._changed = asyncio.Event()
        port.lines[service].on_state = lambda line: self._changed.set()

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


class MeasuredBench:
    """A bench process with its devices, and the port of a run that is none."""

    def __init__(self, places: list[Place], *, realtime: bool) -> None:
        self._home = ScratchFolder("measure-")
        recording = str(self._home.path / "bench.mcap")
        setting = Setting(
            [_real_device(place) for place in places],
            recording=recording,
            realtime=PRIORITY if realtime else 0,
        )
        self._process = BenchProcess(msgspec.to_builtins(setting))
        self._port = BenchPort([place.service for place in places], self._process.send)
        self._port.mission_ns = time.monotonic_ns
        self.devices = [MeasuredDevice(place.service, self._port) for place in places]
        self.refused: list[str] = []
        self._alive: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begins to hear."""
        asyncio.get_running_loop().add_reader(self._process.descriptor, self._hear)
        self._say_alive()

    def _say_alive(self) -> None:
        self._process.say_alive(time.monotonic_ns())
        self._alive = asyncio.get_running_loop().call_later(0.25, self._say_alive)

    def _hear(self) -> None:
        while (told := self._process.take()) is not None:
            if told[0] == "realtime":
                self.refused = told[2]
            elif told[0] in ("state", "reply", "effect"):
                self._port.admit(told)
        if self._process.gone:
            asyncio.get_running_loop().remove_reader(self._process.descriptor)

    def close(self) -> None:
        """Ends the bench process."""
        if self._alive is not None:
            self._alive.cancel()
        if not self._process.gone:
            asyncio.get_running_loop().remove_reader(self._process.descriptor)
        self._process.close()
        self._home.remove()


def _real_device(place: Place) -> RealDevice:
    interface = DEVICES[place.device]
    wanted = Wanted(
        place.service, interface.__name__, interface_hash(interface), serial=place.serial
    )
    return RealDevice(vars(wanted), place.address, False, GuardRules(actuations_of(interface)))


@asynccontextmanager
async def measured(places: list[Place], *, realtime: bool = False) -> AsyncIterator[MeasuredBench]:
    """Devices that are there and armed, until the block ends."""
    made = MeasuredBench(places, realtime=realtime)
    try:
        made.open()
        for device in made.devices:
            await device.until(lambda state: state == ARMED)
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
    name: str, place: Place, call: Call, cycles: int, *, realtime: bool
) -> PathFigures:
    """So many periodic calls of a device at a place."""
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


async def _cycles(found: PathFigures, place: Place, call: Call, cycles: int) -> None:
    method, arguments, kind, actuates = call
    loop, period = asyncio.get_running_loop(), 1.0 / RATE
    async with measured([place], realtime=found.realtime) as made:
        (device,) = made.devices
        found.refused += [each for each in made.refused if each not in found.refused]
        begun, cycle = loop.time() + period, 0
        for _ in range(cycles):
            due = begun + cycle * period
            await asyncio.sleep(max(0.0, due - loop.time()))
            asked = time.perf_counter()
            found.lateness.add(max(0.0, loop.time() - due))
            answer = await device.stand_in.ask(method, arguments, 1.0, actuates=actuates)
            device.stand_in.reading(kind, answer.result, 0)
            found.trip.add(time.perf_counter() - asked)
            ahead = max(1, 1 + int((loop.time() - due) / period))
            found.slips += ahead - 1
            cycle += ahead
