"""Wires of a bench: each is one device's, unless it is declared to be shared and can be."""

import os
from collections.abc import Collection
from pathlib import Path

from flight.configuration.files import refusal
from ground.testbed.bench.adapters import Mapped, claims_of, place_of, shares
from sim_hw.bench.wire.addresses import read_address


def places_of(adapter: str, address: str) -> list[str]:
    """Where the wire of a checked address truly leads, by whatever name it is called: what nobody
    else may have. None where everybody has one of his own."""
    place = place_of(adapter, address)
    if place is not None:
        return [place.key] if place.key else []
    read = read_address(address, allow_network=True)
    if read.kind == "qemu":
        return []  # each flight starts its own
    if read.kind == "isotp":  # a bus has room for many: what is one device's are its frames
        return [f"isotp {read.interface} {read.path} {each:#x}" for each in (read.to, read.back)]
    host = "loopback" if read.is_local else read.host
    where = os.path.realpath(read.path) if read.path else f"{host}:{read.port}"
    return [f"{read.kind} {where}"]


def check_wires(path: Path, shared: Collection[str], devices: list[Mapped]) -> None:
    """Refuses devices of one file, each checked by itself, that would be in each other's way;
    raises ConfigurationError. `shared`: the wires that are declared to be."""
    users: dict[str, list[Mapped]] = {}
    leads: dict[str, str] = {}  # by where it leads, the name of a wire
    for device in devices:
        name, can_share = device.wire, shares(device.adapter)
        before = users.setdefault(name, [])
        if name in shared and not can_share:
            raise refusal(
                path, f"wires.{name}.shared", f"false: {_service(device)} has the adapter "
                f"{device.adapter}, whose line is one device's; a CAN bus (can) can be shared",
            )  # fmt: skip
        if before and name not in shared:
            more = f", or wires.{name}.shared: true" if can_share else ""
            raise device.refused("wire", f"a wire of its own: {_service(before[0])} has it{more}")
        for where in places_of(device.adapter, device.address):
            if leads.setdefault(where, name) == name:
                continue
            more = "; let both have that one, with shared: true" if can_share else ""
            raise refusal(
                path, f"wires.{name}.address",
                f"another place: wires.{leads[where]} leads there as well{more}",
            )  # fmt: skip
        for each in before:
            _check_apart(device, each)
        before.append(device)


def _check_apart(device: Mapped, other: Mapped) -> None:
    """Refuses messages that two devices of a shared wire have both."""
    both = sorted(claims_of(device) & claims_of(other))
    if both:
        raise device.refused(
            "map", f"messages of its own: {', '.join(both)} of it is of {_service(other)} as well, "
            "and nobody could tell whose it is",
        )  # fmt: skip


def _service(device: Mapped) -> str:
    return device.key.removeprefix("devices.")
