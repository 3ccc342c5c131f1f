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
from flight.runtime.forking import BARS
from flight.runtime.throttled_loop import Input, ThrottledLoop, checked_rate
from ground.missions.mission import LoadedMission
from ground.testbed.bench_file import REPLACEABLE, BenchFile, calibration_of, setting_of
from ground.testbed.bench_opening import Holding, check_arming, check_switches, until_ready
from ground.testbed.hardware import Hardware
from ground.testbed.host import Happenings, Setting
from ground.testbed.inputs import BenchInput, InputRefused, read_input
from ground.testbed.run_control import Order
from ground.testbed.throttled_host import Throttled, ThrottledHost
from sim_hw.bench.calibration import Calibration
from sim_hw.bench.device_link import ARMED, LOST, POWER, READABLE, SAFE
from sim_hw.bench.port import BenchPort, BenchProcess, Line
from sim_hw.bench.stand_ins.wheels import RealWheels

LOOK = 0.1  # s
ALIVE = 0.25  # s of the wall between two words to the bench process that the run is there
PAUSE = "pause"
PAUSED_WITHIN = 2.0  # s of the wall in which what is real is safe, or lost


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


class BenchHost(ThrottledHost):
    """The run's side of a bench."""

    def __init__(self, setting: Setting, happenings: Happenings, kind: Bench) -> None:
        self._bench = kind
        self._process: BenchProcess | None = None
        self._first: list[list[Any]] = []
        self._holding: Holding | None = None
        if kind.session is None:
            self._open_bench(kind)
        super().__init__(setting, happenings, kind)
        devices = kind.bench.devices
        by_hand = [name for name, each in devices.items() if each.arm == "required"]
        self.port = BenchPort(list(devices), self._send, by_hand)
        self._wanted = kind.pace
        self._alive = 0.0
        self._patience: asyncio.TimerHandle | None = None
        self._waits = False
        self._told: dict[str, str] = {}
        self._ready: dict[str, bool] = {}
        self._last: dict[str, str] = {}
        self._switches: dict[str, str] = {}
        self._supplied: dict[str, bool] = {}
        self._hardware: Hardware
        self._bench_loop: ThrottledLoop

    def _open_bench(self, kind: Bench) -> None:
        """Locks the devices, and has the bench process find them; raises ConfigurationError."""
        self._holding = Holding(kind.file, kind.bench, kind.who, "a flight on")
        try:
            setting = setting_of(
                kind.bench, allow_network=kind.allow_network, key_descriptor=kind.key_descriptor
            )
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

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ThrottledLoop)
        self._bench_loop = loop
        self.port.on_work = self._keep_pace
        self.port.on_interlock = self._interlocked
        if self._process is not None:
            assert self._holding is not None
            for taken in self._holding.told:
                self._happenings.told("bench_lock", taken)
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
        BARS.pop("bench", None)
        if self._patience is not None:
            self._patience.cancel()
        if self._process is not None:
            self._bench.outside.look = lambda: None
            if not self._process.gone:
                self._bench.outside.remove(self._process.descriptor)
            self._process.close()
        if self._holding is not None:
            self._holding.release()
        await super().__aexit__(kind, error, trace)

    def fit(self, hardware: Hardware) -> None:
        """Puts the stand-ins in their places."""
        self._hardware = hardware
        for service, device in self._bench.bench.devices.items():
            rates = device.rates
            make: Callable[[Any], Any] = partial(
                RealWheels, port=self.port, on_loss=device.on_loss,
                drive_rate=rates.drive, turn_rate=rates.turn,
            )  # fmt: skip
            right = calibration_of(self._bench.file, device)
            hardware.stand_ins[service] = partial(_calibrated, make, right)
            if device.power is not None:
                self._switches[service] = device.power.switch
            self.port.lines[service].on_state = partial(self._is, hardware)

    # --------------------------------------------------------------- hearing

    def _hear(self) -> None:
        """Between two instants: what the bench has told waits for its turn."""
        process = self._process
        if process is None or process.gone:
            return
        now = self._bench.outside.now()
        if now - self._alive > ALIVE:
            self._alive = now
            process.say_alive()
        self._follow_switches(process)
        while (told := process.take()) is not None:
            self._put(told)
        if process.gone:
            self._bench.outside.remove(process.descriptor)
            for line in self.port.lines.values():
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
        if told[0] == "state":
            self._last[told[1]] = told[2]
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
        was_ready = self._ready.get(line.service, False)
        if line.state not in READABLE:
            self._ready[line.service] = False
        elif line.ready and not was_ready:
            self._ready[line.service] = True
            interface = REPLACEABLE[line.service]
            model, serial, firmware = (
                str(line.identity.get(name, "")) for name in ("model", "serial", "firmware")
            )
            identity = DeviceIdentity(
                interface.__name__, interface_hash(interface), line.boot, model, serial, firmware
            )
            hardware.server(line.service).restarted(identity)
        name = _event(before, line, was_ready)
        if name:
            words = f": {line.words}" if line.words else ""
            self._happenings.told(
                name, f"The real {line.service} is {line.state} (boot {line.boot}){words}"
            )
        armed = self.port.armed if self._process is not None else []
        if armed:
            BARS["bench"] = f"{_are(armed)} real and armed: a copy of the run would move them too"
        else:
            BARS.pop("bench", None)

    def _interlocked(self, why: str) -> None:
        words = f"All real devices are safe: {why}" if why else "The stop is released"
        self._happenings.told("bench_stop" if why else "bench_released", words)

    # ---------------------------------------------------------------- orders

    def ordered(self, asked: Order) -> None:
        """A person arms, makes safe, stops or releases; raises InputRefused."""
        process, devices = self._process, self._bench.bench.devices
        if process is None or process.gone:
            raise InputRefused("no real device is there: the run flies from its record, or its "
                               "bench process has ended")  # fmt: skip
        if asked.service and asked.service not in devices:
            raise InputRefused(f"{asked.service}: allowed is one of {', '.join(devices)}")
        if asked.order == "arm":
            if asked.seconds is None or not asked.service:
                raise InputRefused("arm: one service, and for how many seconds")
            try:
                check_arming(self._bench.file, self._bench.bench, asked.service, asked.seconds)
            except ConfigurationError as error:
                raise InputRefused(str(error)) from None
            process.order("arm", asked.service, asked.seconds, asked.who)
        elif asked.order == "safe":
            process.order("safe", asked.service, f"{asked.who} made it safe")
        elif asked.order == "stop":
            process.order("stop", "", f"stopped by {asked.who}")
        else:
            process.order("release", "")

    def pace_asked(self, rate: float, until_ns: int | None) -> None:
        """A person sets the pace. With something real armed it is not made faster than the bench's,
        nor a way to an instant; a pause makes safe first. Raises InputRefused, ValueError."""
        checked_rate(rate)
        # As it was told last: that may still wait for its turn in the run.
        armed = [service for service, state in self._last.items() if state == ARMED]
        most = self._bench.bench.pace
        if armed and self._process is not None:
            if until_ns is not None:
                raise InputRefused(
                    f"{_are(armed)} real and armed: no jump to an instant; make it safe first "
                    "(`msr hil safe RUN`), or pause"
                )
            if rate > most:
                raise InputRefused(
                    f"{_are(armed)} real and armed: allowed is a pace up to {most:g}; make it safe "
                    "first (`msr hil safe RUN`)"
                )
        if self._process is not None and not self._process.gone:
            if rate == 0.0:
                self._make_safe_to_pause()
            else:
                self._process.order("allow", "", PAUSE)
        self._wanted = rate
        self._bench_loop.set_pace(rate, until_ns)
        if rate > 0.0 and until_ns is None:
            self._keep_pace()

    def _make_safe_to_pause(self) -> None:
        """All real devices are safe before the time of the run stands; raises InputRefused where
        the bench process does not say so, and has not ended either."""
        process = self._process
        assert process is not None
        process.order("inhibit", "", PAUSE, "the run is paused")
        until = self._bench.outside.now() + PAUSED_WITHIN
        while not process.gone and self._bench.outside.now() < until:
            told = process.take(LOOK)
            if told is not None:
                self._put(told)
                if told == ["ordered", "", "inhibit", PAUSE]:
                    return
        if not process.gone:
            process.order("allow", "", PAUSE)
            raise InputRefused("the bench does not say that all is safe: it is not paused")

    # ------------------------------------------------------------------ pace

    def _keep_pace(self) -> None:
        """Mission time runs no faster than the wall's while a real device works or is missing."""
        if self._bench.session is not None or self._wanted == 0.0:
            return
        if self._bench_loop.pace.until_ns is not None:
            return  # a person's way to an instant: nothing real may move meanwhile
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
        loop.set_pace(min(self._wanted, bench.pace) if held else self._wanted)

    def _wait_no_longer(self) -> None:
        self._patience = None
        self._happenings.told(
            "device_missing", "The flight goes on without: " + ", ".join(
                f"{each.service} ({each.words})"
                for each in self.port.lines.values() if not each.ready
            ),
        )  # fmt: skip
        self._keep_pace()


def _calibrated(make: Callable[[Any], Any], right: Calibration | None, sim: Any) -> Any:
    stand_in = make(sim)
    stand_in.calibration = right
    return stand_in


def _event(before: str, line: Line, was_ready: bool) -> str:
    """What a change of state is called; "" for one that nobody has to know of."""
    if line.state == ARMED:
        return "device_armed"
    if line.state == SAFE and line.ready and (before == ARMED or not was_ready):
        return "device_safe"
    return "device_lost" if was_ready and line.state not in READABLE else ""


def _are(armed: list[str]) -> str:
    return f"{', '.join(armed)} {'is' if len(armed) == 1 else 'are'}"


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


