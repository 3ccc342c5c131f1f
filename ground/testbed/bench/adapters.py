"""Devices of a bench that do not speak the device protocol: which adapter has them, and its map."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError, NotAllowed, load_part, refusal
from sim_hw.bench.adapters.adapter import LONGEST, Adapter, AdapterSetting, Place
from sim_hw.bench.adapters.process import Told
from sim_hw.bench.adapters.registry import (
    PROTOCOL,
    AdapterRefused,
    adapter_called,
    check_libraries,
    check_safe,
)
from sim_hw.bench.stand_ins.table import BY_SERVICE
from sim_hw.bench.wire.addresses import AddressRefused, read_address


@dataclass(frozen=True)
class Mapped:
    """Of one device of the file at `path`: its `key` there, `devices.SERVICE`, its adapter, whether
    it has a map, its wire and the address of that, the silence (s) after which it is lost."""

    path: Path
    key: str
    adapter: str
    has_map: bool
    wire: str
    address: str
    silence: float

    def refused(self, below: str, allowed: str) -> ConfigurationError:
        """The refusal of what stands at a key of the device."""
        return refusal(self.path, f"{self.key}.{below}", allowed)


def check_adapter(device: Mapped, *, allow_network: bool) -> None:
    """Refuses an adapter that there is not, or whose library is missing, a map that does not fit,
    and an address that it cannot take; raises ConfigurationError."""
    path, where, address = device.path, f"wires.{device.wire}.address", device.address
    if device.adapter == PROTOCOL:
        if device.has_map:
            raise device.refused("map", "none: the device protocol needs none")
        check_address(path, where, address, allow_network=allow_network)
        return
    kind = _kind(device)
    try:
        found = kind.place(address)
    except AddressRefused as error:
        raise refusal(path, where, str(error)) from None
    if not found.local and not allow_network:
        allowed = "one of this machine: anyone on that network could move it; --allow-network "
        raise refusal(path, where, f"{allowed}permits it")
    setting = _setting(device, kind)
    try:
        kind.check(setting)
    except NotAllowed as error:
        below = f".{error.keys[0]}" if error.keys[0] else ""
        raise device.refused(f"map{below}", error.allowed) from None
    except Exception as error:  # of others' code
        problem = f"a map that its adapter can check; that ended in {type(error).__name__}: {error}"
        raise device.refused("map", problem) from error


def check_address(path: Path, key: str, address: str, *, allow_network: bool = True) -> None:
    """Refuses an address that the device protocol cannot be spoken at."""
    try:
        read_address(address, allow_network=allow_network)
    except AddressRefused as error:
        raise refusal(path, key, _allowed(address, str(error))) from None


def _allowed(address: str, words: str) -> str:
    """What may be written in the place of an address, from the words that refuse it."""
    words = words.removeprefix(f"{address}: ")
    what, said, allowed = words.rpartition("allowed is ")
    if not said:
        return f"another one: {words}"
    name = what.removesuffix(": ").partition(" = ")[0]
    return f"{allowed} (of {name})" if name else allowed


def _kind(device: Mapped) -> type[Adapter]:
    try:
        kind = adapter_called(device.adapter)
        service = device.key.removeprefix("devices.")
        check_safe(device.adapter, kind, BY_SERVICE[service].interface)
        check_libraries(device.adapter, kind)
    except AdapterRefused as error:
        raise device.refused("adapter", str(error)) from None
    return kind


def _setting(device: Mapped, kind: type[Adapter]) -> AdapterSetting:
    service = device.key.removeprefix("devices.")
    mapped = load_part(device.path, ("devices", service, "map"), kind.Map)
    longest = LONGEST * device.silence
    folder = device.path.resolve().parent
    return AdapterSetting(BY_SERVICE[service].interface, device.address, mapped, folder, longest)


def place_of(adapter: str, address: str) -> Place | None:
    """Where an adapter's address leads; None of a device that speaks the protocol."""
    return None if adapter == PROTOCOL else adapter_called(adapter).place(address)


def is_local(adapter: str, address: str) -> bool:
    """Whether nobody but this machine can be at a checked address."""
    place = place_of(adapter, address)
    if place is not None:
        return place.local
    return read_address(address, allow_network=True).is_local


def shares(adapter: str) -> bool:
    """Whether several devices of an adapter can be on one wire."""
    return adapter != PROTOCOL and adapter_called(adapter).shares


def claims_of(device: Mapped) -> frozenset[str]:
    """What of a shared wire is a device's alone."""
    kind = adapter_called(device.adapter)
    return kind.claims(_setting(device, kind))


def told_of(device: Mapped) -> Told | None:
    """What the process of its adapter is told; None for one that speaks the protocol."""
    if device.adapter == PROTOCOL:
        return None
    setting = _setting(device, _kind(device))
    interface, mapped = setting.interface, msgspec.to_builtins(setting.map)
    assert isinstance(mapped, dict)
    plain: dict[str, Any] = mapped
    return Told(
        device.adapter, f"{interface.__module__}:{interface.__qualname__}", device.address,
        str(setting.folder), plain, setting.longest, device.silence,
    )  # fmt: skip
