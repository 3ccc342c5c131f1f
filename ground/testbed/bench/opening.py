"""Before a flight on a bench: its devices are locked, found, and as ready as they are to be."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError, refusal
from ground.missions.mission import LoadedMission
from ground.missions.vehicles import ON_THE_LANDER
from ground.terminal.user_names import user_name
from ground.testbed.bench.file import BenchFile, RealtimeFile
from ground.testbed.bench.locks import Held, Locks
from ground.testbed.bench.sharing import places_of
from ground.testbed.hardware.hardware import load_vehicle_files
from sim_hw.bench.adapters.registry import PROTOCOL
from sim_hw.bench.between import RULED
from sim_hw.bench.device_link import ABSENT, ARMED, REFUSED, SAFE
from sim_hw.bench.port import BenchProcess
from sim_hw.bench.realtime import real_time
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.hints import others_words
from sim_hw.bench.wire.wire import HELD
from sim_hw.power_and_heat.electrical import ElectricalParameters

READY = 30.0  # s of the wall in which all devices are to be there before a flight
LOOK = 0.1  # s
NOTED = 3.0  # s after which who sits at the terminal is told of what is there and not ready


def lock_keys(bench: BenchFile) -> list[str]:
    """What is held of a bench: its name, each wire by where it truly leads, each serial number."""
    keys = [f"bench {bench.bench}"] if bench.bench else []
    for device in bench.wired.values():
        keys += places_of(device.adapter, bench.wires[device.wire].address)
        for serial in device.serials:
            keys.append(" ".join(filter(None, (device.identity.model, serial))))
    return keys


class Holding:
    """The devices of a bench, held by this process until they are released."""

    def __init__(
        self, file: Path, bench: BenchFile, who: str, what: str, wait: float = 0.0
    ) -> None:
        """`wait`: s of the wall for which it waits in line for what others hold. Raises
        ConfigurationError."""
        self._keys = lock_keys(bench)
        self._who = who or user_name()
        what, mine = f"{what} {file.name}", os.getpid()
        try:
            self._locks = Locks()
            if wait > 0.0:
                self.told = self._locks.take_in_line(
                    self._keys, self._who, what, wait=wait, pid=mine, tell=note_waiting(wait)
                )
            else:
                self.told = self._locks.take(self._keys, self._who, what, pid=mine)
        except Held as error:
            raise ConfigurationError(str(file), None, "devices", str(error)) from None

    def release(self) -> None:
        """Others may have them."""
        self._locks.release(self._keys, self._who, pid=os.getpid())


def note_waiting(wait: float) -> Callable[[str], None]:
    """Tells at the terminal who is waited for, and until when."""
    until = time.strftime("%H:%M:%S", time.localtime(time.time() + wait))

    def note(whose: str) -> None:
        print(f"note: {whose}; waited for until {until}", file=sys.stderr, flush=True)

    return note


def stop_problem(bench: BenchFile) -> str:
    """Why nobody can stop by the file or the line that is to do so; "" where one can, or it has
    none."""
    stop = bench.interlock.e_stop
    folder = os.path.dirname(stop.file)
    if stop.file and not os.path.isdir(folder):
        return (
            f"interlock.e_stop.file = {stop.file}: there is no folder {folder}, so nobody can put "
            "the file there: make it"
        )
    return line_problem(stop.input) if stop.input else ""


def line_problem(path: str) -> str:
    """Why a path cannot be an input line; "" where it can."""
    where = f"interlock.e_stop.input = {path}"
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        return f"{where}: {words}; is the line exported, or the FIFO made (`mkfifo`)?"
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        return f"{where}: allowed is a file that can be read at once, or a FIFO"
    return "" if os.access(path, os.R_OK) else f"{where}: it may not be read: give the right to"


def check_stop(file: Path, bench: BenchFile) -> None:
    """Refuses a stop by a file that nobody can make, or by a line that there is not."""
    problem = stop_problem(bench)
    if problem:
        raise ConfigurationError(str(file), None, "interlock.e_stop", problem)


def check_realtime(file: Path, ahead: RealtimeFile) -> None:
    """Refuses a machine that does not permit what a bench requires to be in time."""
    with real_time(ahead.priority) as refused:
        pass
    if refused:
        problem = f"{'; '.join(refused)}; or take realtime.required out"
        raise ConfigurationError(str(file), None, "realtime.required", problem)


def check_arming(file: Path, bench: BenchFile, service: str, seconds: float) -> None:
    """Refuses to arm what there is not, or for longer than the bench allows."""
    device = bench.wired.get(service)
    if device is None or device.mode == "monitor":
        known = [name for name, each in bench.wired.items() if each.mode != "monitor"]
        why = "is not real" if device is None else "is only looked at (mode: monitor)"
        problem = f"{service} {why}: allowed is one of {', '.join(known) or 'none'}"
        raise ConfigurationError(str(file), None, "devices", problem)
    if not 0.0 < seconds <= device.arm_for:
        problem = f"{service} for {seconds:g} s: allowed is up to {device.arm_for:g} s"
        raise ConfigurationError(str(file), None, f"devices.{service}.arm_for", problem)


def check_switches(file: Path, bench: BenchFile, mission: LoadedMission) -> None:
    """Refuses a simulated switch that the vehicle does not have."""
    files = load_vehicle_files(mission)
    for service, device in bench.devices.items():
        if device.power is None:
            continue
        vehicle = service.partition(".")[0]
        owner = "lander" if vehicle in ON_THE_LANDER else vehicle
        known = sorted(_switches_of(files[owner].hardware))
        if device.power.switch not in known:
            raise refusal(
                file, f"devices.{service}.power.switch",
                f"one of {', '.join(known) or 'none: it has no switches'}",
            )  # fmt: skip


def _switches_of(parameters: Any) -> Iterator[str]:
    """The switches of a vehicle's hardware file."""
    if isinstance(parameters, ElectricalParameters):
        yield from parameters.switches
    elif isinstance(parameters, msgspec.Struct):
        for name in parameters.__struct_fields__:
            yield from _switches_of(getattr(parameters, name))


def until_ready(
    process: BenchProcess, file: Path, bench: BenchFile,
    clock: Callable[[], float] = time.monotonic,
) -> list[list[Any]]:  # fmt: skip
    """What the bench has told until all its devices are armed, or safe where a person arms them;
    raises ConfigurationError, after READY also where one comes and goes all the time. `clock`: s of
    the wall."""
    told: list[list[Any]] = []
    states: dict[str, tuple[str, str]] = dict.fromkeys(bench.wired, ("absent", ""))
    ready = {
        service: ARMED if device.arms_itself else SAFE
        for service, device in bench.wired.items()
    }
    stopped = ""
    names: dict[str, str] = {}
    notes = _Notes()
    begun = clock()
    while states and (since := clock() - begun) < READY:
        for service, (state, words) in states.items():
            if since >= NOTED and not _is_ready(state, words, ready[service]):
                notes.waited_for(service, state, words)
        if not process.gone and (each := process.take(LOOK)) is not None:
            told.append(each)
            if each[0] == "state":
                states[each[1]] = each[2], each[3]
                if each[2] == ABSENT and each[3]:
                    notes.waited_for(*each[1:4])
                _two_of_one_name(file, each[1], each[5], names)
            elif each[0] == "interlock":
                stopped = each[2]
            if all(_is_ready(*each, ready[service]) for service, each in states.items()):
                return told
        if process.gone or stopped or any(state == REFUSED for state, _ in states.values()):
            break
    if not states:
        return told  # nothing is real: there is the recording alone
    if stopped:
        problem = f"{stopped}: take away what stops it, and begin anew"
        raise ConfigurationError(str(file), None, "interlock", problem)
    for service, (state, words) in states.items():
        if not _is_ready(state, words, ready[service]):
            wire = bench.devices[service].wire
            why = (words or "it does not answer") + _others(
                bench, service, state, words, process.identifier
            )
            problem = f"{service} is {state} on wire {wire}: {why}"
            raise ConfigurationError(str(file), None, f"devices.{service}", problem)
    raise ConfigurationError(str(file), None, "devices", "the bench process has ended")


def _is_ready(state: str, words: str, wanted: str) -> bool:
    """Whether a device is where it is to be, or a rule of the bench has it wait there."""
    return state == wanted or (state == SAFE and words.startswith(RULED))


def _others(bench: BenchFile, service: str, state: str, words: str, but: int) -> str:
    """Who else is on the line of a device that is not there."""
    device = bench.devices[service]
    if state == REFUSED or device.adapter != PROTOCOL:
        return ""
    address = read_address(bench.wires[device.wire].address, allow_network=True)
    return others_words(address, must=HELD in words, but=but)


class _Notes:
    """For who sits at the terminal: what is waited for, and until when, before it is refused."""

    def __init__(self) -> None:
        self._until = time.strftime("%H:%M:%S", time.localtime(time.time() + READY))
        self._noted: dict[str, None] = {}

    def waited_for(self, service: str, state: str, words: str) -> None:
        """A device is not there, or not as it is to be; said once of each."""
        if service in self._noted or sys.stderr is None or not sys.stderr.isatty():
            return
        self._noted[service] = None
        why = f" ({words})" if words else ""
        print(
            f"note: {service} is {state}{why}; it is waited for until {self._until}, "
            f"{READY:g} s in all",
            file=sys.stderr, flush=True,
        )  # fmt: skip


def _two_of_one_name(file: Path, service: str, told: dict[str, Any], names: dict[str, str]) -> None:
    """Refuses a device that calls itself as another one does: nobody knows which is which."""
    if not told.get("serial"):
        return
    name = " ".join(str(told.get(each)) for each in ("vendor", "model", "serial"))
    if names.setdefault(name, service) != service:
        raise ConfigurationError(
            str(file), None, f"devices.{service}", f"{service} is {name}, and so is the device of "
            f"{names[name]}: give each a serial number of its own, and say it in the bench file",
        )  # fmt: skip
