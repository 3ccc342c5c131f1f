"""A run with real devices: on one loop that is held back while one of them works, or is missing.

What they say comes in as inputs, each at its instant, and is recorded; so the run can be flown
again from its record without them, and two such flights are one.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from flight.configuration.files import ConfigurationError
from flight.icd.codec import pack
from flight.icd.devices.description import interface_hash
from flight.icd.messages import DeviceIdentity
from flight.runtime.throttled_loop import Input, ThrottledLoop
from ground.missions.mission import LoadedMission
from ground.testbed.bench_file import REPLACEABLE, BenchFile, setting_of
from ground.testbed.hardware import Hardware
from ground.testbed.host import Happenings, Setting
from ground.testbed.inputs import BenchInput, read_input
from ground.testbed.throttled_host import Throttled, ThrottledHost
from sim_hw.bench.device_link import ARMED, LOST, REFUSED
from sim_hw.bench.port import BenchPort, BenchProcess, Line
from sim_hw.bench.stand_ins.wheels import RealWheels

READY = 30.0  # s of the wall in which all devices are to be armed before a flight
LOOK = 0.1  # s


@dataclass(frozen=True)
class Bench(Throttled):
    """Devices that are real as `bench` says; the file of that is `file`.

    With a `session` nothing is real: what the devices said then comes again.
    """

    serve: bool = False
    file: Path = Path()
    bench: BenchFile = field(default_factory=lambda: BenchFile(1, "", {}, {}))
    allow_network: bool = False

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        return "bench"

    @property
    def bench_name(self) -> str:
        """For the record."""
        return str(self.file.resolve())

    @property
    def not_deterministic(self) -> tuple[str, ...]:
        """Each device that is real."""
        if self.session is not None:
            return ()
        wires = {name: wire.address for name, wire in self.bench.wires.items()}
        return tuple(
            f"{service} is real, at {wires[device.wire]}"
            for service, device in self.bench.devices.items()
        )

    def options(self, mission: LoadedMission) -> dict[str, Any]:
        """What is real, beside what perturbs the order."""
        real = "replay" if self.session is not None else "real"
        devices = dict.fromkeys(self.bench.devices, real)
        return {**super().options(mission), "bench": self.file.name, "devices": devices}

    def check(self, mission: LoadedMission) -> None:
        """Refuses a bench with a device that nobody here has."""
        super().check(mission)
        for service in self.bench.devices:
            vehicle = service.partition(".")[0]
            if vehicle not in mission.vehicles:
                raise ConfigurationError(
                    str(self.file), None, f"devices.{service}",
                    f"{mission.name} flies without {vehicle}: "
                    f"allowed are devices of {', '.join(mission.vehicles)}",
                )  # fmt: skip

    def open(self, setting: Setting, happenings: Happenings) -> "BenchHost":
        """The host of one run; raises ConfigurationError when a device is not there, or another."""
        return BenchHost(setting, happenings, self)


class BenchHost(ThrottledHost):
    """The run's side of a bench."""

    def __init__(self, setting: Setting, happenings: Happenings, kind: Bench) -> None:
        self._bench = kind
        self._process: BenchProcess | None = None
        self._first: list[list[Any]] = []
        if kind.session is None:
            self._process = BenchProcess(
                msgspec.to_builtins(setting_of(kind.bench, allow_network=kind.allow_network))
            )
            try:
                self._first = _until_armed(self._process, kind)
            except BaseException:
                self._process.close()
                raise
        super().__init__(setting, happenings, kind)
        self.port = BenchPort(list(kind.bench.devices), self._send)
        self._patience: asyncio.TimerHandle | None = None
        self._waits = False
        self._told: dict[str, str] = {}
        self._bench_loop: ThrottledLoop

    def _send(self, packet: bytes) -> None:
        if self._process is not None:
            self._process.send(packet)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ThrottledLoop)
        self._bench_loop = loop
        self.port.on_work = self._keep_pace
        if self._process is not None:
            for told in self._first:
                self._put(told)
            self._bench.outside.add(self._process.descriptor, self._hear)
            self._bench.outside.look = self._hear  # one that hangs says nothing at all
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.port.on_work = lambda: None
        if self._patience is not None:
            self._patience.cancel()
        if self._process is not None:
            self._bench.outside.look = lambda: None
            if not self._process.gone:
                self._bench.outside.remove(self._process.descriptor)
            self._process.close()
        await super().__aexit__(kind, error, trace)

    def fit(self, hardware: Hardware) -> None:
        """Puts the stand-ins in their places."""
        for service, device in self._bench.bench.devices.items():
            rates = device.rates
            make: Callable[[Any], Any] = partial(
                RealWheels, port=self.port, on_loss=device.on_loss,
                drive_rate=rates.drive, turn_rate=rates.turn,
            )  # fmt: skip
            hardware.stand_ins[service] = make
            self.port.lines[service].on_state = partial(self._is, hardware)

    # --------------------------------------------------------------- hearing

    def _hear(self) -> None:
        """Between two instants: what the bench has told waits for its turn."""
        process = self._process
        if process is None or process.gone:
            return
        while (told := process.take()) is not None:
            self._put(told)
        if process.gone:
            self._bench.outside.remove(process.descriptor)
            for line in self.port.lines.values():
                words = "the bench process has ended, or hung"
                self._put(["state", line.service, LOST, words, line.boot, line.identity])

    def _put(self, told: list[Any]) -> None:
        self._bench_loop.put(msgspec.to_builtins(BenchInput(_finite(told))))

    def _admit(self, taken: Input) -> None:
        given = read_input(taken.data)
        if isinstance(given, BenchInput):
            self.rig.log.add(taken.time_ns, b"bench", pack(given.told))
            self.port.admit(given.told)
        else:
            super()._admit(taken)

    def _is(self, hardware: Hardware, line: Line) -> None:
        """A device is in another state: the run tells of it, and its drivers are told."""
        before, self._told[line.service] = self._told.get(line.service, ""), line.state
        if line.state == ARMED:
            interface = REPLACEABLE[line.service]
            model, serial, firmware = (
                str(line.identity.get(name, "")) for name in ("model", "serial", "firmware")
            )
            identity = DeviceIdentity(
                interface.__name__, interface_hash(interface), line.boot, model, serial, firmware
            )
            hardware.server(line.service).restarted(identity)
        if ARMED in (before, line.state):
            words = f": {line.words}" if line.words else ""
            self._happenings.told(
                "device_armed" if line.state == ARMED else "device_lost",
                f"The real {line.service} is {line.state} (boot {line.boot}){words}",
            )

    # ------------------------------------------------------------------ pace

    def _keep_pace(self) -> None:
        """Mission time runs no faster than the wall's while a real device works or is missing."""
        if self._bench.session is not None:
            return
        bench, loop = self._bench.bench, self._bench_loop
        if not self.port.missing:
            self._waits = False
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
        elif self._patience is None and not self._waits:
            self._waits = True
            wait = bench.patience * bench.pace
            self._patience = loop.call_later(wait, self._wait_no_longer)
        held = self.port.at_work or self._patience is not None
        loop.set_pace(min(self._bench.pace, bench.pace) if held else self._bench.pace)

    def _wait_no_longer(self) -> None:
        self._patience = None
        self._happenings.told(
            "device_missing", "The flight goes on without: " + ", ".join(
                f"{each.service} ({each.words})"
                for each in self.port.lines.values() if each.state != ARMED
            ),
        )  # fmt: skip
        self._keep_pace()


def _until_armed(process: BenchProcess, kind: Bench) -> list[list[Any]]:
    """What the bench has told until all its devices are armed; raises ConfigurationError."""
    told: list[list[Any]] = []
    states: dict[str, tuple[str, str]] = dict.fromkeys(kind.bench.devices, ("absent", ""))
    for _ in range(round(READY / LOOK)):
        while not process.gone and (each := process.take(LOOK)) is not None:
            told.append(each)
            if each[0] == "state":
                states[each[1]] = each[2], each[3]
            if all(state == ARMED for state, _ in states.values()):
                return told
        if process.gone or any(state == REFUSED for state, _ in states.values()):
            break
    for service, (state, words) in states.items():
        if state != ARMED:
            wire = kind.bench.devices[service].wire
            why = words or "it does not answer"
            raise ConfigurationError(
                str(kind.file), None, f"devices.{service}", f"{state} on wire {wire}: {why}"
            )
    raise ConfigurationError(str(kind.file), None, "devices", "the bench process has ended")


def _finite(plain: Any) -> Any:
    """The same with texts for what a record cannot hold; those are no numbers to anybody."""
    if isinstance(plain, float) and not math.isfinite(plain):
        return str(plain)
    if isinstance(plain, bytes):
        return plain.hex()
    if isinstance(plain, list):
        return [_finite(each) for each in plain]
    if isinstance(plain, dict):
        return {name: _finite(each) for name, each in plain.items()}
    return plain


