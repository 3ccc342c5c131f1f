"""Devices of a bench that do not speak the device protocol: which adapter has them, and its map."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from flight.configuration.files import NotAllowed, load_part, refusal
from sim_hw.bench.adapters.adapter import LONGEST, Adapter, AdapterSetting, Place
from sim_hw.bench.adapters.process import Told
from sim_hw.bench.adapters.registry import (
    PROTOCOL,
    AdapterRefused,
    adapter_called,
    check_libraries,
)
from sim_hw.bench.stand_ins.table import BY_SERVICE
from sim_hw.bench.wire.addresses import AddressRefused, read_address

if TYPE_CHECKING:
    from ground.testbed.bench_file import BenchFile, DeviceFile


def check_adapter(
    path: Path, key: str, device: "DeviceFile", bench: "BenchFile", *, allow_network: bool
) -> None:
    """Refuses an adapter that there is not, or whose library is missing, a map that does not fit,
    and an address that it cannot take; raises ConfigurationError."""
    where = f"wires.{device.wire}.address"
    address = bench.wires[device.wire].address
    if device.adapter == PROTOCOL:
        if device.map:
            raise refusal(path, f"{key}.map", "none: the device protocol needs none")
        check_address(path, where, address, allow_network=allow_network)
        return
    kind = _kind(path, key, device.adapter)
    try:
        found = kind.place(address)
    except AddressRefused as error:
        raise refusal(path, where, str(error)) from None
    if not found.local and not allow_network:
        allowed = "one of this machine: anyone on that network could move it; --allow-network "
        raise refusal(path, where, f"{allowed}permits it")
    setting = _setting(path, key, kind, device, address)
    try:
        kind.check(setting)
    except NotAllowed as error:
        below = f".{error.keys[0]}" if error.keys[0] else ""
        raise refusal(path, f"{key}.map{below}", error.allowed) from None
    except Exception as error:  # of others' code
        problem = f"a map that its adapter can check; that ended in {type(error).__name__}: {error}"
        raise refusal(path, f"{key}.map", problem) from error


def check_address(path: Path, key: str, address: str, *, allow_network: bool = True) -> None:
    """Refuses an address that the device protocol cannot be spoken at."""
    try:
        read_address(address, allow_network=allow_network)
    except AddressRefused as error:
        raise refusal(path, key, str(error)) from None


def _kind(path: Path, key: str, name: str) -> type[Adapter]:
    try:
        kind = adapter_called(name)
        check_libraries(name, kind)
    except AdapterRefused as error:
        raise refusal(path, f"{key}.adapter", str(error)) from None
    return kind


def _setting(
    path: Path, key: str, kind: type[Adapter], device: "DeviceFile", address: str
) -> AdapterSetting:
    service = key.removeprefix("devices.")
    mapped = load_part(path, ("devices", service, "map"), kind.Map)
    longest = LONGEST * device.heartbeat.timeout
    folder = path.resolve().parent
    return AdapterSetting(BY_SERVICE[service].interface, address, mapped, folder, longest)


def place_of(device: "DeviceFile", address: str) -> Place | None:
    """Where an adapter's address leads; None of a device that speaks the protocol."""
    return None if device.adapter == PROTOCOL else adapter_called(device.adapter).place(address)


def told_of(path: Path, key: str, device: "DeviceFile", address: str) -> Told | None:
    """What the process of its adapter is told; None for one that speaks the protocol."""
    if device.adapter == PROTOCOL:
        return None
    setting = _setting(path, key, _kind(path, key, device.adapter), device, address)
    interface, mapped = setting.interface, msgspec.to_builtins(setting.map)
    assert isinstance(mapped, dict)
    plain: dict[str, Any] = mapped
    return Told(
        device.adapter, f"{interface.__module__}:{interface.__qualname__}", address,
        str(setting.folder), plain, setting.longest, device.heartbeat.timeout,
    )  # fmt: skip
