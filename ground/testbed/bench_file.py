"""The file of a bench: what is real on it, over which wires, and which devices belong there."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

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
from flight.icd.devices.mobility import Wheels
from sim_hw.bench.device_link import Wanted, is_version_rule
from sim_hw.bench.process import RealDevice, Setting
from sim_hw.bench.wire.addresses import AddressRefused, read_address

FORMAT = 1
FOLDER = "benches"
REPLACEABLE: dict[str, type[DeviceInterface]] = {
    "rover.wheels": Wheels, "perseverance.wheels": Wheels,
}  # fmt: skip
"""Services that a real device can stand in for: those whose plant is told apart from them."""


class WireFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wire."""

    address: str

    def __post_init__(self) -> None:
        try:
            read_address(self.address, allow_network=True)
        except AddressRefused as error:
            raise NotAllowed("address", str(error)) from None


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

    drive: Annotated[float, Quantity("m/s", gt=0, le=1000)]
    turn: Annotated[float, Quantity("rad/s", gt=0, le=1000)]


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


class DeviceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device. `arm`: automatic is all that there is so far; `on_loss`: a fault code."""

    mode: Literal["real"]
    wire: str
    identity: IdentityFile
    rates: RatesFile
    adapter: Literal["protocol"] = "protocol"
    arm: Literal["automatic"] = "automatic"
    heartbeat: HeartbeatFile = HeartbeatFile()
    on_loss: str = "no_power"


class BenchFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bench. `pace`: mission seconds in one of the wall while a real device works or is missing;
    `patience`: wall seconds for which a flight waits at that pace for one that was lost."""

    format: Literal[1]
    title: str
    wires: dict[str, WireFile]
    devices: dict[str, DeviceFile]
    pace: Annotated[float, Quantity("1", gt=0, le=1)] = 1.0
    patience: Annotated[float, Quantity("s", ge=0, le=3600)] = 60.0


def load_bench(name: str, *, allow_network: bool = False) -> tuple[Path, BenchFile]:
    """A bench by its name in configs/benches, or by the path of a file, checked.

    Raises ConfigurationError with file, line, key and what is allowed.
    """
    path = find_configuration(FOLDER, name)
    bench = load_configuration(path, BenchFile)
    users: dict[str, str] = {}
    for service, device in bench.devices.items():
        key = f"devices.{service}"
        _check(path, key, service, device, bench)
        if device.wire in users:
            raise _refused(path, f"{key}.wire", f"a wire of its own: {users[device.wire]} has it")
        users[device.wire] = service
        try:
            read_address(bench.wires[device.wire].address, allow_network=allow_network)
        except AddressRefused as error:
            raise _refused(path, f"wires.{device.wire}.address", str(error)) from None
    return path, bench


def _check(path: Path, key: str, service: str, device: DeviceFile, bench: BenchFile) -> None:
    if service not in REPLACEABLE:
        raise _refused(path, key, f"a service that can be real: {', '.join(REPLACEABLE)}")
    interface = REPLACEABLE[service]
    if device.identity.interface != interface.__name__:
        raise _refused(path, f"{key}.identity.interface", interface.__name__)
    if device.wire not in bench.wires:
        raise _refused(path, f"{key}.wire", f"one of {', '.join(bench.wires) or 'none: add it'}")
    if device.on_loss not in interface.fault_codes:
        raise _refused(path, f"{key}.on_loss", f"one of {', '.join(interface.fault_codes)}")


def _refused(path: Path, key: str, allowed: str) -> ConfigurationError:
    return refusal(path, key, allowed)


def setting_of(bench: BenchFile, *, allow_network: bool = False) -> Setting:
    """What the bench process is told."""
    devices = []
    for service, device in bench.devices.items():
        wanted = Wanted(
            service, device.identity.interface, interface_hash(REPLACEABLE[service]),
            device.identity.model, device.identity.serial, device.identity.firmware,
            device.heartbeat.period, device.heartbeat.timeout,
        )  # fmt: skip
        address = bench.wires[device.wire].address
        devices.append(RealDevice(vars_of(wanted), address, allow_network))
    return Setting(devices)


def vars_of(wanted: Wanted) -> dict[str, object]:
    """As plain data."""
    return dict(vars(wanted))
