"""A run with real devices: on one loop that is held back while one of them works, or is missing.

What they say comes in as inputs, each at its instant, and is recorded; so the run can be flown
again from its record without them, and two such flights are one.
"""

import asyncio
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
from flight.runtime.forking import BARS
from flight.runtime.throttled_loop import Input, ThrottledLoop
from ground.mission_control import Outcome
from ground.missions.mission import LoadedMission
from ground.testbed.bench.beside import BesideDevices
from ground.testbed.bench.evidence import BenchEvidence, floor_of, judged
from ground.testbed.bench.file import (
    REPLACEABLE,
    BenchFile,
    DeviceFile,
    calibrations_of,
    code_of_loss,
    setting_of,
)
from ground.testbed.bench.opening import (
    Holding,
    check_arming,
    check_realtime,
    check_stop,
    check_switches,
    until_ready,
)
from ground.testbed.bench.orders import are
from ground.testbed.bench.pace import PacedBench
from ground.testbed.bench.tapes import Tapes, hashes_of_tapes
from ground.testbed.bench.view import BenchView
from ground.testbed.evidence.evidence import file_hash
from ground.testbed.hardware.hardware import Hardware
from ground.testbed.host import Happenings, Setting
from ground.testbed.hosts.throttled import Throttled
from ground.testbed.record.inputs import BenchInput, read_input
from sim_hw.bench.calibration import Calibration
from sim_hw.bench.device_link import ARMED, LOST, POWER, READABLE, SAFE
from sim_hw.bench.floor import Floor
from sim_hw.bench.port import BenchPort, BenchProcess, Line
from sim_hw.bench.realtime import Ahead, of_the_run
from sim_hw.bench.recording import RECORDING
from sim_hw.bench.stand_ins.table import BY_SERVICE

WORDS = {"real": "real", "shadow": "a real shadow", "monitor": "really looked at"}
ALIVE = 0.25  # s of the wall between two words to the bench process that the run is there


@dataclass(frozen=True)
class Bench(Throttled):
    """Devices that are real as `bench` says; the file of that is `file`.

    With a `session` nothing is real: what the devices said then comes again.
    """

    serve: bool = False
    file: Path = Path()
    bench: BenchFile = field(default_factory=lambda: BenchFile(1, "", {}, {}))
    allow_network: bool = False
    armed: tuple[tuple[str, float], ...] = ()
    """Services that are armed before the flight, each for so many s of the wall, by `who`."""
    who: str = ""
    key_descriptor: int = -1
    wait: float = 0.0
    """For so many s of the wall what others hold is waited for, in line."""

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        return "bench"

    @property
    def is_live(self) -> bool:
        """Whether devices are asked; else what they said comes from a record."""
        return self.session is None

    @property
    def is_flown_once(self) -> bool:
        """Also where a real device has moved: it does not move back."""
        return self.serve or (self.is_live and bool(self.bench.wired))

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
            f"{service} is {WORDS[device.mode]}, at {wires[device.wire]}"
            for service, device in self.bench.wired.items()
        )

    def options(self, mission: LoadedMission) -> dict[str, Any]:
        """What is real, beside what perturbs the order."""
        again = self.session is not None
        devices = {name: "replay" if again and each.flies else each.mode
                   for name, each in self.bench.devices.items()}  # fmt: skip
        return {**super().options(mission), "bench": self.file.name, "devices": devices}

    def configuration(self, mission: LoadedMission) -> dict[str, str]:
        """Also of the bench file, and of its calibrations."""
        found = super().configuration(mission)
        names = {
            name: None for each in self.bench.devices.values()
            for name in (each.calibration, *(spare.calibration for spare in each.spares))
        }  # fmt: skip
        files = (self.file, *(self.file.parent / name for name in names if name))
        told = {f"bench {file.name}": file_hash(file) for file in files if file.is_file()}
        told |= hashes_of_tapes(self.file, self.bench)
        if self.session is not None:  # a record of before these were told has none
            known = self.session.head.configuration
            told = {name: each for name, each in told.items() if name in known}
        return {**found, **told}

    def check(self, mission: LoadedMission) -> None:
        """Refuses a bench with a device that nobody here has."""
        super().check(mission)
        for service, seconds in self.armed:
            check_arming(self.file, self.bench, service, seconds)
        for service in self.bench.devices:
            vehicle = service.partition(".")[0]
            if vehicle not in mission.vehicles:
                raise ConfigurationError(
                    str(self.file), None, f"devices.{service}",
                    f"{mission.name} flies without {vehicle}: "
                    f"allowed are devices of {', '.join(mission.vehicles)}",
                )  # fmt: skip
        check_switches(self.file, self.bench, mission)

    def open(self, setting: Setting, happenings: Happenings) -> "BenchHost":
        """The host of one run; raises ConfigurationError when a device is not there, or another."""
        return BenchHost(setting, happenings, self)


class BenchHost(PacedBench):
    """The run's side of a bench."""

    _bench: Bench

    def __init__(self, setting: Setting, happenings: Happenings, kind: Bench) -> None:
        self._bench = kind
        self._process: BenchProcess | None = None
        self._first: list[list[Any]] = []
        self._holding: Holding | None = None
        self._floor: Floor | None = None
        self.tapes = Tapes(kind.file, kind.bench, live=kind.is_live)
        if kind.is_live:
            self._open_bench(kind, setting.folder.path)
        super().__init__(setting, happenings, kind)
        devices = kind.bench.devices
        by_hand = [name for name, each in devices.items() if not each.arms_itself]
        self.port = BenchPort(list(kind.bench.said), self._send, by_hand)
        for name, line in self.port.lines.items():
            line.flies, line.recorded = devices[name].flies, devices[name].is_recorded
        self.beside = BesideDevices(kind.file, kind.bench)
        self._begin_pace(kind.bench, kind.pace)
        self._alive = 0.0
        self._view = BenchView(kind.bench)
        self._told: dict[str, str] = {}
        self._ready: dict[str, bool] = {}
        self.evidence = BenchEvidence(kind.bench, self._floor)
        self._broken, self._by_hand, self._wants = {}, {}, {}
        self._stands_in: dict[str, Any] = {}
        self._right: dict[str, dict[str, Calibration]] = {}
        self._last: dict[str, str] = {}
        self._stopped = ""
        self._switches: dict[str, str] = {}
        self._supplied: dict[str, bool] = {}
        self._hardware: Hardware
        self._bench_loop: ThrottledLoop

    def _open_bench(self, kind: Bench, folder: Path) -> None:
        """Locks the devices, and has the bench process find them; raises ConfigurationError."""
        check_stop(kind.file, kind.bench)
        self._holding = Holding(kind.file, kind.bench, kind.who, "a flight on", kind.wait)
        try:
            setting = setting_of(
                kind.bench, kind.file, allow_network=kind.allow_network,
                key_descriptor=kind.key_descriptor,
                recording=str((folder / RECORDING).resolve()) if kind.bench.record.calls else "",
            )  # fmt: skip
            if kind.bench.ahead is not None and kind.bench.ahead.required:
                check_realtime(kind.file, kind.bench.ahead)
            self._floor = floor_of(kind.bench)
            self._process = BenchProcess(msgspec.to_builtins(setting), kind.key_descriptor)
            self._first = until_ready(self._process, kind.file, kind.bench)
            for service, seconds in kind.armed:
                self._process.order("arm", service, seconds, kind.who)
        except BaseException:
            if self._process is not None:
                self._process.close()
            self._holding.release()
            raise

    def _send(self, packet: bytes) -> None:
        if self._process is not None:
            self._process.send(packet)
        self.tapes.take(packet)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ThrottledLoop)
        self._bench_loop = loop
        self.port.on_work = self._keep_pace
        self.port.on_interlock = self._interlocked
        self.port.on_fault = self._fault_hit
        if self._process is not None:
            self.port.on_begin, self.port.on_end = self._begun, self.evidence.ended
            self._record(loop)
        if self._process is not None:
            assert self._holding is not None
            ahead = self._bench.bench.ahead
            if ahead is not None:
                self._ahead = Ahead(of_the_run(ahead.priority))
                self._not_permitted("the run", self._ahead.refused)
            for taken in self._holding.told:
                self._happenings.told("bench_lock", taken)
            for told in self._first:
                self._put(told)
            self._bench.outside.add(self._process.descriptor, self._hear)
            self._bench.outside.look = self._hear  # one that hangs says nothing at all
            self.tapes.begin(self._put_recorded, self._happenings.told)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.port.on_work = lambda: None
        BARS.pop("bench", None)
        self._end_pace()
        self.tapes.end()
        self.evidence.end()
        if self._process is not None:
            self._bench.outside.look = lambda: None
            if not self._process.gone:
                self._bench.outside.remove(self._process.descriptor)
            for told in self._process.close():
                if told[0] == "recording":  # it was whole until its end
                    self._not_recorded(*told[2:])
            beside, tapes = self.beside.told(), self.tapes.told()
            self.evidence.write(self._setting.folder.path, self.port, beside, tapes)
        if self._holding is not None:
            self._holding.release()
        await super().__aexit__(kind, error, trace)

    def fit(self, hardware: Hardware) -> None:
        """Puts the stand-ins in their places."""
        self._hardware = hardware
        for service, device in self._bench.bench.devices.items():
            if not device.flies:
                hardware.stand_ins[service] = partial(
                    self.beside.stand_in, service, device, self.port, self._note_simulated,
                    self._start_beside, self._happenings.told,
                )  # fmt: skip
            if device.mode == "sim":
                continue
            if device.power is not None:
                self._switches[service] = device.power.switch
            self.port.lines[service].on_state = partial(self._is, hardware)
            if not device.flies:
                continue
            self._right[service] = calibrations_of(self._bench.file, device)
            hardware.stand_ins[service] = partial(self._stand_in, service, device)

    def _ground_ended(self, outcome: Outcome) -> None:
        session = self._bench.session
        why = self._not_theirs() if session is None else list(filter(None, [session.real_time]))
        if why and outcome.verdict == "failed":
            self._note_real_time("; ".join(why))
            if session is not None:
                why = [f"as it was flown, its verdict stood on real time: {session.real_time}"]
        super()._ground_ended(judged(outcome, why))

    def _stand_in(self, service: str, device: DeviceFile, sim: Any) -> Any:
        code = code_of_loss(service, device)
        found = BY_SERVICE[service].make(sim, self.port, code, device.rates.given())
        found.calibration = self._right[service].get(device.identity.serial)
        self._stands_in[service] = found
        return found

    def _not_permitted(self, whose: str, refused: list[str]) -> None:
        """What the machine does not permit of `realtime` is in the evidence."""
        if refused:
            self.evidence.not_permitted[whose] = list(refused)

    # --------------------------------------------------------------- hearing

    def _hear(self) -> None:
        """Between two instants: what the bench has told waits for its turn."""
        process = self._process
        if process is None or process.gone:
            return
        now = self._bench.outside.now()
        if now - self._alive > ALIVE:
            self._alive = now
            process.say_alive(self._bench_loop.time_ns())
        self._follow_switches(process)
        while (told := process.take()) is not None:
            self._put(told)
        if process.gone:
            self._bench.outside.remove(process.descriptor)
            for line in self.port.lines.values():
                if line.recorded:
                    continue
                words = "the bench process has ended, or hung"
                self._put(["state", line.service, LOST, words, line.boot, line.identity])

    def _follow_switches(self, process: BenchProcess) -> None:
        """The simulated switch of a device opens the real one."""
        for service, switch in self._switches.items():
            vehicle = self._hardware.vehicles.get(service.partition(".")[0])
            if vehicle is None:
                continue
            on = vehicle.electrical.is_on(switch)
            if on != self._supplied.get(service, True):
                self._supplied[service] = on
                if on:
                    process.order("allow", service, POWER)
                else:
                    words = f"the simulated switch {switch} is open"
                    process.order("inhibit", service, POWER, words)

    def _put(self, told: list[Any]) -> None:
        if told[0] == "ordered":
            return  # no news of a device
        if told[0] == "realtime":
            self._not_permitted("the bench process", told[2])
            return
        if told[0] == "recording":
            self._not_recorded(*told[2:])
            return
        if told[0] == "clock":
            self.evidence.clocks[told[1]] = told[2]
            return
        if told[0] == "state":
            self._last[told[1]] = told[2]
        elif told[0] == "interlock":
            self._stopped = told[2]
        elif told[0] == "reply":
            self.evidence.answered(told[1], told[2], self._bench.outside.now())
        self._put_in(told)

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
        was_ready = self._ready.get(line.service, False)
        if line.state not in READABLE:
            self._ready[line.service] = False
        elif line.ready and not was_ready and not line.flies:
            self._ready[line.service] = True  # who flies is the simulated one, as before
        elif line.ready and not was_ready:
            self._ready[line.service] = True
            interface = REPLACEABLE[line.service]
            model, serial, firmware = (
                str(line.identity.get(name, "")) for name in ("model", "serial", "firmware")
            )
            identity = DeviceIdentity(
                interface.__name__, interface_hash(interface), line.boot, model, serial, firmware
            )
            if line.service in self._stands_in:  # a spare has a calibration of its own
                right = self._right[line.service].get(serial)
                self._stands_in[line.service].calibration = right
            hardware.server(line.service).restarted(identity)
        name = _event(before, line, was_ready)
        if name == "device_lost" and line.here and line.flies:
            self.evidence.starved.append(f"{line.service} was lost, and {line.here}")
        if name:
            words = "; ".join(filter(None, (line.words, line.here)))
            words = f": {words}" if words else ""
            what = "recorded" if line.recorded else "real"
            self._happenings.told(
                name, f"The {what} {line.service} is {line.state} (boot {line.boot}){words}"
            )
        armed = self.port.armed if self._process is not None else []
        if armed:
            BARS["bench"] = f"{are(armed)} real and armed: a copy of the run would move them too"
        else:
            BARS.pop("bench", None)

    def _interlocked(self, why: str) -> None:
        words = f"All real devices are safe: {why}" if why else "The stop is released"
        self._happenings.told("bench_stop" if why else "bench_released", words)

    def devices_told(self) -> str:
        """Of each device of the bench: its mode, and how it is."""
        again = "" if self._bench.is_live else "as recorded, "
        return "; ".join(
            f"{service}: sim" if device.mode == "sim"
            else f"{service}: {device.mode}, {again}{self.port.lines[service].state}"
            for service, device in self._bench.bench.devices.items()
        )

    def bench_told(self) -> dict[str, Any] | None:
        """How what is real is; None of a flight from a record."""
        if self._process is None:
            return None
        now = self._bench.outside.now()
        return self._view.told(self.port, self.evidence, now, self._by_hand)


def _event(before: str, line: Line, was_ready: bool) -> str:
    """What a change of state is called; "" for one that nobody has to know of."""
    if line.state == ARMED:
        return "device_armed"
    if line.state == SAFE and line.ready and (before == ARMED or not was_ready):
        return "device_safe"
    return "device_lost" if was_ready and line.state not in READABLE else ""
