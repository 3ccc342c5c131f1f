"""The file of a bench: what is real on it, over which wires, and which devices belong there."""

import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import (
    ConfigurationError,
    NotAllowed,
    Quantity,
    find_configuration,
    load_configuration,
    refusal,
)
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.description import interface_hash
from flight.runtime.throttled_loop import LEAST_PACE
from ground.testbed.bench.adapters import Mapped, check_adapter, check_address, told_of
from ground.testbed.bench.evidence_file import (
    Mode,
    RecordFile,
    ToleranceFile,
    check_tolerances,
)
from ground.testbed.bench.limits import (
    PYROTECHNIC,
    DummyFile,
    Duty,
    InterlockFile,
    LimitFile,
    PowerFile,
    Rate,
    Seconds,
    actuations_of,
    check_limit,
    guard_rules,
    overdue_words,
    read_calibration,
)
from ground.testbed.bench.not_there import with_instead
from ground.testbed.bench.rules import check_rules, rules_of
from ground.testbed.bench.sharing import check_wires
from ground.testbed.bench.tape_file import HOLD, check_tape
from sim_hw.bench.adapters.registry import PROTOCOL
from sim_hw.bench.calibration import Calibration
from sim_hw.bench.process import RealDevice, Setting
from sim_hw.bench.realtime import PRIORITY
from sim_hw.bench.stand_ins.table import BY_SERVICE
from sim_hw.bench.timing import MOST_MISSES
from sim_hw.bench.wanted import Wanted, is_version_rule
from sim_hw.faults.line_names import LineFault

FORMAT = 1
FOLDER = "benches"
REPLACEABLE: dict[str, type[DeviceInterface]] = {
    service: place.interface for service, place in BY_SERVICE.items()
}  # fmt: skip
"""Services that a real device can stand in for: those whose plant is told apart from them."""
RATE_UNITS = {"drive": "m/s", "turn": "rad/s", "nozzle": "rad/s", "motion": "1/s"}
LOST = "lost"
"""The fault code of a loss that an interface has no word for."""


class WireFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wire; what its address may be is the matter of who is on it. `shared`: several devices
    are on it, as on a CAN bus."""

    address: str
    shared: bool = False


class IdentityFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which device belongs on a wire; another one is refused before anything moves."""

    interface: str
    model: str = ""
    serial: str = ""
    firmware: str = ""

    def __post_init__(self) -> None:
        if self.firmware and not is_version_rule(self.firmware):
            raise NotAllowed("firmware", 'a version, such as "0.1", "==0.1" or ">=0.1"')


class RatesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fastest that the device can be; what it says beyond is not believed."""

    drive: Annotated[float, Quantity("m/s", gt=0, le=1000)] | None = None
    turn: Annotated[float, Quantity("rad/s", gt=0, le=1000)] | None = None
    nozzle: Annotated[float, Quantity("rad/s", gt=0, le=1000)] | None = None
    motion: Annotated[float, Quantity("1/s", gt=0, le=1000)] | None = None

    def given(self) -> dict[str, float]:
        """Those that the file gives; `motion`: parts of a motion a second."""
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None
        }


class SpareFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device of the same kind that may be put in for another one, on its wire."""

    serial: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    calibration: str = ""


class HeartbeatFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often the bench says that it is there, and how long either may be silent."""

    period: Annotated[float, Quantity("s", ge=0.05, le=0.5)] = 0.2
    timeout: Annotated[float, Quantity("s", ge=0.3, le=1.0)] = 1.0

    def __post_init__(self) -> None:
        # One that is lost on the wire is not yet silence: two have to fit.
        if self.timeout < 2.0 * self.period:
            raise NotAllowed(
                ["timeout", "period"], f"a timeout of two periods ({2.0 * self.period:g} s) or more"
            )


class LoopFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control loop over a device: which method is called, how often, and how soon after the
    instant at which a cycle is due its answer is to be there. While it runs the pace is held."""

    method: str
    period: Annotated[float, Quantity("s", ge=0.002, le=10)]
    deadline: Annotated[float, Quantity("s", gt=0, le=10)]


class RealtimeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SCHED_FIFO and locked memory: of the bench process at `priority`, of the run just below it.
    `required`: a flight for which the machine does not permit them is refused."""

    required: bool = False
    priority: Annotated[int, msgspec.Meta(ge=3, le=90)] = PRIORITY


class DeviceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device. `arm`: automatic (whenever nothing inhibits it), or required: by a named person,
    for `arm_for` seconds at most; a motion of a method in `finish` goes on to its end when that is
    over. `limits`: by method.argument, tighter than the ICD's; `rate`:
    actuations a second; `duty`: part of a minute in motion. `on_loss`: a fault code. `adapter`: by
    its name, with its `map`, where the device does not speak the device protocol itself.
    `deadlines`: how soon after a call the answer is to be there, by methods that are in no loop.
    `tolerance`: of a shadow or monitor, by field or method.field; `faults`: of its line, that it
    may have. `recording`: of mode `replay`, and `hold`: how far (s) its readings may be off."""

    mode: Mode
    wire: str = ""
    identity: IdentityFile = IdentityFile("")
    rates: RatesFile = RatesFile()
    adapter: str = PROTOCOL
    map: dict[str, Any] = {}
    arm: Literal["automatic", "required"] = "automatic"
    arm_for: Seconds = 900.0
    finish: list[str] = []
    limits: dict[str, LimitFile] = {}
    rate: Rate | None = None
    duty: Duty = 1.0
    power: PowerFile | None = None
    calibration: str = ""
    calibration_required: bool = False
    spares: list[SpareFile] = []
    dummy_load: DummyFile | None = None
    loop: LoopFile | None = None
    deadlines: dict[str, Annotated[float, Quantity("s", gt=0, le=3600)]] = {}
    heartbeat: HeartbeatFile = HeartbeatFile()
    on_loss: str = ""
    tolerance: dict[str, ToleranceFile] = {}
    faults: list[LineFault] = []
    recording: str = ""
    hold: Annotated[float, Quantity("s", ge=0, le=1e6)] = HOLD

    @property
    def flies(self) -> bool:
        """Whether what it says comes to flight software."""
        return self.mode in ("real", "replay")

    @property
    def is_recorded(self) -> bool:
        """Whether nothing is there, and what it says comes from a recording."""
        return self.mode == "replay"

    @property
    def serials(self) -> list[str]:
        """Of all devices that may be there, the first that is wanted first."""
        return [*filter(None, [self.identity.serial]), *(each.serial for each in self.spares)]

    @property
    def arms_itself(self) -> bool:
        """Whether nobody arms it; what is only looked at is armed by nobody at all."""
        return self.arm == "automatic" and self.mode != "monitor"


class BenchFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bench. `pace`: mission seconds in one of the wall while a real device works or is missing;
    `patience`: wall seconds for which a flight waits at that pace for one that was lost. `bench`:
    its name in the inventory of locks; `never_real`: services refused without a dummy load;
    `realtime`: for the bench process and the run, where that is permitted. `most_misses`: the part
    of the calls with a deadline that may miss it, of each method."""

    format: Literal[1]
    title: str
    wires: dict[str, WireFile]
    devices: dict[str, DeviceFile]
    pace: Annotated[float, Quantity("1", ge=LEAST_PACE, le=1)] = 1.0
    patience: Annotated[float, Quantity("s", ge=0, le=3600)] = 60.0
    bench: str = ""
    interlock: InterlockFile = InterlockFile()
    never_real: list[str] = []
    record: RecordFile = RecordFile()
    realtime: bool | RealtimeFile = False
    most_misses: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)] = MOST_MISSES

    @property
    def ahead(self) -> RealtimeFile | None:
        """How it is ahead of other programs; None: it is not."""
        if isinstance(self.realtime, RealtimeFile):
            return self.realtime
        return RealtimeFile() if self.realtime else None

    @property
    def timed(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Period (0: in no loop) and deadline, s, by service and method that has a deadline."""
        found = {}
        for service, device in self.devices.items():
            for method, deadline in device.deadlines.items():
                found[service, method] = 0.0, deadline
            if device.loop is not None:
                found[service, device.loop.method] = device.loop.period, device.loop.deadline
        return found

    @property
    def modes(self) -> dict[str, str]:
        """Of each service that the file names."""
        return {name: each.mode for name, each in self.devices.items()}

    @property
    def wired(self) -> dict[str, DeviceFile]:
        """The devices that are there: all but those that are simulated, or recordings."""
        told = self.devices.items()
        return {name: each for name, each in told if each.mode not in ("sim", "replay")}

    @property
    def said(self) -> dict[str, DeviceFile]:
        """The devices that say something themselves, there or in a recording: all but simulated."""
        return {name: each for name, each in self.devices.items() if each.mode != "sim"}


def load_bench(name: str, *, allow_network: bool = False) -> tuple[Path, BenchFile]:
    """A bench by its name in configs/benches, or by the path of a file, checked.

    Raises ConfigurationError with file, line, key and what is allowed.
    """
    path = find_configuration(FOLDER, name)
    try:
        bench = load_configuration(path, BenchFile)
    except ConfigurationError as error:
        raise with_instead(error) from None
    mapped = {each.wire for each in bench.devices.values() if each.adapter != PROTOCOL}
    for name in bench.wires:
        if name not in mapped:
            check_address(path, f"wires.{name}.address", bench.wires[name].address)
    for number, service in enumerate(bench.never_real):
        if service not in REPLACEABLE:  # one that is misspelt would keep nothing safe
            allowed = choices_words(service, list(REPLACEABLE), "")
            raise _refused(path, f"never_real[{number}]", allowed)
    owners: dict[tuple[str, str], str] = {}
    wired: list[Mapped] = []
    for service, device in bench.devices.items():
        key = f"devices.{service}"
        _check(path, key, service, device, bench)
        if service not in bench.wired:
            continue
        for number, serial in enumerate(device.serials):
            owner = owners.setdefault((device.identity.model, serial), f"{service} {number}")
            if owner != f"{service} {number}":
                where = f"spares[{number - 1}].serial" if number else "identity.serial"
                words = f"a serial number of its own: {owner.partition(' ')[0]} has it"
                raise _refused(path, f"{key}.{where}", words)
        wired.append(_mapped(path, service, device, bench.wires[device.wire].address))
        check_adapter(wired[-1], allow_network=allow_network)
    check_wires(path, {name for name, each in bench.wires.items() if each.shared}, wired)
    check_rules(path, bench.interlock.rules, bench.modes)
    return path, bench


def _check(path: Path, key: str, service: str, device: DeviceFile, bench: BenchFile) -> None:
    if service not in REPLACEABLE:
        raise _refused(path, key, f"a service that can be real: {', '.join(REPLACEABLE)}")
    interface = REPLACEABLE[service]
    check_tape(path, key, device)
    if device.mode == "sim":
        if device.wire or device.identity.interface:
            raise _refused(path, f"{key}.mode", "real, shadow or monitor where a wire or an "
                           "identity is given; a simulated device has none")  # fmt: skip
        return
    check_tolerances(path, f"{key}.tolerance", device.tolerance, interface)
    if device.tolerance and device.flies:
        raise _refused(path, f"{key}.tolerance", "none of a device that is real: nothing is "
                       "simulated beside it; mode: shadow or monitor")  # fmt: skip
    if device.identity.interface != interface.__name__:
        raise _refused(path, f"{key}.identity.interface", interface.__name__)
    if not device.is_recorded and device.wire not in bench.wires:
        raise _refused(path, f"{key}.wire", f"one of {', '.join(bench.wires) or 'none: add it'}")
    codes = (*interface.fault_codes, LOST)
    if device.on_loss and device.on_loss not in codes:
        raise _refused(path, f"{key}.on_loss", f"one of {', '.join(codes)}")
    given, wanted = device.rates.given(), BY_SERVICE[service].rates
    for name in wanted:
        if name not in given:
            words = f"the fastest that {interface.__name__} can be: {', '.join(wanted)}"
            raise _refused(path, f"{key}.rates", words)
    for name in given:
        if name not in wanted:
            words = f"{', '.join(wanted) or 'none'} of {interface.__name__}"
            raise _refused(path, f"{key}.rates.{name}", words)
    barred = service in bench.never_real or interface.__name__ in PYROTECHNIC
    if barred and device.dummy_load is None and not device.is_recorded:
        raise _refused(
            path, key, "a dummy: name with dummy_load the row of its self-test that shows it to be "
            "one; the real thing is never put on a bench",
        )  # fmt: skip
    if device.loop is not None and device.loop.method not in interface.methods:
        raise _refused(path, f"{key}.loop.method", f"one of {', '.join(interface.methods)}")
    for method in device.deadlines:
        others = [each for each in interface.methods
                  if device.loop is None or each != device.loop.method]  # fmt: skip
        if method not in others:
            words = f"one of {', '.join(others) or 'none'}; that of a loop stands in loop.deadline"
            raise _refused(path, f"{key}.deadlines.{method}", words)
    check_finish(path, f"{key}.finish", device, interface)
    for name, limit in device.limits.items():
        check_limit(path, f"{key}.limits.{name}", name, limit, interface)
    check_spares(path, f"{key}.spares", device)
    for where, name, serial in (
        (f"{key}.calibration", device.calibration, device.identity.serial),
        *((f"{key}.spares[{number}].calibration", each.calibration, each.serial)
          for number, each in enumerate(device.spares)),
    ):  # fmt: skip
        if not name:
            if device.calibration_required:
                raise _refused(path, where, "a file: calibration_required wants one")
            continue
        found = read_calibration(path, where, name, serial)
        if device.calibration_required and (words := overdue_words(found, today(), required=True)):
            raise ConfigurationError(str(path), None, where, words)


def check_spares(path: Path, key: str, device: DeviceFile) -> None:
    """Refuses spares of what is not told by its number, or does not fly."""
    if device.spares and not device.identity.serial:
        raise _refused(path, key, "none without identity.serial: which one is there first")
    if device.spares and not device.flies:
        raise _refused(path, key, f"none of a {device.mode}: nothing is swapped beside the flight")


def check_finish(
    path: Path, key: str, device: DeviceFile, interface: type[DeviceInterface]
) -> None:
    """Refuses methods that move nothing, or never for long, and where no arming ever ends."""
    if device.finish and device.arm == "automatic":
        raise _refused(path, key, "none where nobody arms it for a time: arm: required")
    looped = "" if device.loop is None else device.loop.method
    lasting = [name for name in actuations_of(interface) if name != looped]
    for number, method in enumerate(device.finish):
        if method not in lasting:
            words = f"what moves it, and is in no loop: {', '.join(lasting) or 'nothing'}"
            raise _refused(path, f"{key}[{number}]", words)


def today() -> datetime.date:
    """Of the wall: calibrations are due on it."""
    return datetime.datetime.now(datetime.UTC).date()


def calibration_of(path: Path, device: DeviceFile) -> Calibration | None:
    """The calibration of a device of a bench file that was checked; None without."""
    return calibrations_of(path, device).get(device.identity.serial)


def calibrations_of(path: Path, device: DeviceFile) -> dict[str, Calibration]:
    """Those of a device and its spares, by serial number."""
    named = {device.identity.serial: device.calibration}
    named |= {each.serial: each.calibration for each in device.spares}
    return {
        serial: read_calibration(path, "calibration", name, serial)
        for serial, name in named.items() if name
    }  # fmt: skip


def code_of_loss(service: str, device: DeviceFile) -> str:
    """The fault code that flight software sees when a device is lost."""
    codes = REPLACEABLE[service].fault_codes
    return device.on_loss or ("no_power" if "no_power" in codes else LOST)


def _refused(path: Path, key: str, allowed: str) -> ConfigurationError:
    return refusal(path, key, allowed)


def setting_of(
    bench: BenchFile, file: Path = Path(), *, allow_network: bool = False, key_descriptor: int = -1,
    recording: str = "",
) -> Setting:  # fmt: skip
    """What the bench process is told; `file`: of the bench, which its adapters name files from;
    `key_descriptor`: where the key that stops is heard; `recording`: the file of the recording, ""
    for none."""
    devices = []
    for service, device in bench.wired.items():
        wanted = Wanted(
            service, device.identity.interface, interface_hash(REPLACEABLE[service]),
            device.identity.model, device.identity.serial, device.identity.firmware,
            device.heartbeat.period, device.heartbeat.timeout, device.arms_itself,
            *_dummy(device), BY_SERVICE[service].positions,
        )  # fmt: skip
        address = bench.wires[device.wire].address
        rules = guard_rules(
            REPLACEABLE[service], device.limits, device.rate or 0.0, device.duty, device.finish
        )
        told = told_of(_mapped(file, service, device, address))
        devices.append(RealDevice(vars_of(wanted), address, allow_network, rules, told))
    interlock = bench.interlock.stop_rules(key_descriptor)
    priority = 0 if bench.ahead is None else bench.ahead.priority
    between = rules_of(bench.interlock.rules, bench.modes)
    return Setting(devices, interlock, between, recording, bench.record.wire, priority)


def _mapped(path: Path, service: str, device: DeviceFile, address: str) -> Mapped:
    return Mapped(
        path, f"devices.{service}", device.adapter, bool(device.map), device.wire, address,
        device.heartbeat.timeout,
    )  # fmt: skip


def _dummy(device: DeviceFile) -> tuple[str, tuple[float, float]]:
    load = device.dummy_load
    return ("", (0.0, 0.0)) if load is None else (load.row, (load.ge, load.le))


def vars_of(wanted: Wanted) -> dict[str, object]:
    """As plain data."""
    return dict(vars(wanted))
