"""How soon a run knows that a device has gone, and how soon that is there again: wheels that die in
mid-drive, or are stopped, and come back; beside how late this machine is meanwhile."""

import asyncio
import signal
import subprocess
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from flight.icd.devices.base import DeviceError
from flight.icd.devices.mobility import WheelsState
from flight.runtime.loop import run as run_loop
from flight.runtime.nursery import Nursery
from flight.runtime.paced_loop import PacedLoop
from ground.benchmarks.floor_beside import floor_beside
from ground.benchmarks.hil_bench import MeasuredDevice, Place, device_process, measured
from sim_hw.bench.device_link import ARMED, READABLE
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.realtime import real_time

PTY, SOCKET = "pty", "socket"
WIRES = {PTY: ("--pty", "serial"), SOCKET: ("--unix", "unix")}
"""What the device is told, and how its address begins. The end of a pty comes through a queue of
the kernel's that no priority lifts; that of a socket comes at once."""


@dataclass
class UnplugFigures:
    """Seconds from a device's end to the fault of a call, and from its start to its arming;
    `floor`: how late a process that only sleeps was in the same time; `stale`: devices that had
    moved though nobody had asked them since they came back."""

    name: str
    fault: Histogram = field(default_factory=Histogram)
    back: Histogram = field(default_factory=Histogram)
    floor: Histogram = field(default_factory=Histogram)
    stale: int = 0
    refused: list[str] = field(default_factory=list)


class Wheels:
    """A process on a wire that can be ended, and begun anew, while others have their turn."""

    def __init__(
        self, binary: Path, wire: str, line: Path, serial: str, realtime: bool
    ) -> None:
        self._words = [str(binary), WIRES[wire][0], str(line), "--serial", serial]
        self._line, self._realtime = line, realtime
        self._holder: AbstractContextManager[subprocess.Popen[str]] | None = None
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """When it was ready (s); takes as long as a process takes to begin."""
        self._holder = device_process(self._words, realtime=self._realtime)
        self._process = self._holder.__enter__()
        return time.perf_counter()

    def send(self, what: signal.Signals) -> None:
        """Kills, stops or continues it."""
        assert self._process is not None
        self._process.send_signal(what)

    def end(self) -> None:
        """It is gone, and its line with it, as a system takes the name of a plug away: the next
        device that begins may have the number of the terminal."""
        holder, self._holder = self._holder, None
        self._line.unlink(missing_ok=True)
        if holder is not None:
            holder.__exit__(None, None, None)


def measure_unplugging(
    binary: Path,
    folder: Path,
    cycles: int,
    *,
    silent: bool,
    wire: str = PTY,
    desks: int = 1,
    realtime: bool = False,
) -> UnplugFigures:
    """Wheels that die in mid-drive (`silent`: that are stopped), and come back: `cycles` in all, at
    so many desks of one bench."""
    found = UnplugFigures(f"{'silent' if silent else 'process dies'}, {wire}")
    with floor_beside(realtime=realtime) as floor:
        measures: AbstractContextManager[list[str]] = real_time() if realtime else nullcontext([])
        with measures as refused:
            found.refused += refused
            names = [f"SN{number:04}" for number in range(1, desks + 1)]
            lines = {name: folder / f"{wire}{name}" for name in names}
            wheels = [Wheels(binary, wire, lines[name], name, realtime) for name in names]
            places = [
                Place(f"desk{name}.wheels", "wheels", f"{WIRES[wire][1]}://{line}", name)
                for name, line in lines.items()
            ]
            run_loop(_at_desks(found, wheels, places, cycles, silent, realtime), PacedLoop())
    found.floor = floor.lateness
    return found


async def _at_desks(
    found: UnplugFigures, wheels: list[Wheels], places: list[Place], cycles: int, silent: bool,
    realtime: bool,
) -> None:  # fmt: skip
    desks = len(places)
    try:
        for each in wheels:
            each.start()
        async with measured(places, realtime=realtime) as bench, Nursery("desks") as nursery:
            found.refused += [each for each in bench.refused if each not in found.refused]
            for at, device in enumerate(bench.devices):
                mine = cycles // desks + (at < cycles % desks)
                nursery.start(
                    _unplugged(found, wheels[at], device, mine, silent), name=device.service
                )
    finally:
        for each in wheels:
            each.end()


async def _unplugged(
    found: UnplugFigures, wheels: Wheels, device: MeasuredDevice, cycles: int, silent: bool
) -> None:
    for cycle in range(cycles):
        _, future = device.port.begin(device.service, "drive", {"distance": 5.0}, 900.0)
        await asyncio.sleep(0.02 + 0.0097 * (cycle % 20))
        ended = time.perf_counter()
        wheels.send(signal.SIGSTOP if silent else signal.SIGKILL)
        try:
            await future
        except DeviceError:
            found.fault.add(time.perf_counter() - ended)
        await device.until(lambda state: state not in READABLE)
        if silent:
            wheels.send(signal.SIGCONT)
            again = time.perf_counter()
        else:
            await asyncio.to_thread(wheels.end)
            again = await asyncio.to_thread(wheels.start)
        await device.until(lambda state: state == ARMED)
        found.back.add(time.perf_counter() - again)
        told = await device.stand_in.read("state", WheelsState, 1.0)
        found.stale += not silent and told.odometer != 0.0
