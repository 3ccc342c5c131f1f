"""Checks before a run that what the flight software asks for is there: each device by its name and
its interface, each part of it, each other node and stream.

The nodes are built and connected on a bus that leads nowhere, and are never run.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import FrameType

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, find_configuration, refusal
from flight.configuration.yaml_nodes import shown_path
from flight.core.context import NodeContext, Wire
from flight.core.fault_protection.witness_checks import witness_problems
from flight.core.keeping.clock import SpacecraftClock
from flight.core.keeping.storage import Storage
from flight.core.node import Node
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.power import PowerSwitches
from flight.icd.devices.thermal import Heaters, ThermalNodes
from flight.icd.messages import Message
from flight.runtime.bus import Bus
from flight.runtime.client import Client
from flight.runtime.endpoints import Subscriber
from flight.runtime.loop import VirtualLoop
from flight.runtime.loop import run as run_loop
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.nursery import Nursery
from ground.missions.mission import LoadedMission
from ground.missions.protection_files import check_protection
from ground.missions.vehicle_files import VehicleFile
from ground.missions.vehicles import ALL_VEHICLES
from ground.testbed.checks.wiring_names import check_names
from ground.testbed.hardware.hardware import Hardware
from ground.testbed.participants.vehicles import vehicle_class
from sim_hw.power_and_heat.powered import PoweredDevice

_KERNEL = tuple(f"flight{part}" for part in (".core.", ".runtime.", ".icd."))
_SECTIONS: dict[type[DeviceInterface], str] = {
    PowerSwitches: "hardware.power.switches",
    Heaters: "hardware.thermal.zones",
    ThermalNodes: "hardware.thermal.nodes",
}
"""Where a vehicle file names the parts of a device."""


def check_wiring(
    mission: LoadedMission, files: dict[str, VehicleFile], hardware: Hardware
) -> None:
    """Refuses what a vehicle's software asks for and nobody serves; raises ConfigurationError.

    `hardware`: built, and not served.
    """
    services = hardware.services()
    check_names(mission, files, hardware)
    for vehicle in mission.vehicles:
        kind = vehicle_class(vehicle)
        bus, node = run_loop(_connected(kind, files[vehicle], hardware), VirtualLoop())
        _check_peers(kind, bus, services)
        for service, wire in node.wires.items():
            _check_device(vehicle, service, wire, bus, hardware)
        check_protection(files[vehicle].protection, node.protection.names)
        check_witnesses(kind, node.protection.names.devices, partial(_switch_of, hardware, vehicle))


def _switch_of(hardware: Hardware, vehicle: str, name: str) -> str:
    """The power switch that a device of a vehicle hangs on; "" where it has none."""
    device = hardware.device(f"{vehicle}.{name}")
    return device.power_switch if isinstance(device, PoweredDevice) else ""


def check_witnesses(
    kind: type[Node],
    devices: Mapping[str, type[DeviceInterface]],
    switch_of: Callable[[str], str] = lambda _: "",
) -> None:
    """Refuses a vehicle that does what nobody else sees, or only what goes dark with it; raises
    ConfigurationError."""
    wrong = witness_problems(kind.confirmations, devices, switch_of)
    if wrong:
        file = inspect.getfile(kind)
        raise ConfigurationError(file, None, "confirmations", f": {wrong[0]}")


def connected_nodes(
    mission: LoadedMission, files: dict[str, VehicleFile], hardware: Hardware
) -> dict[str, Node]:
    """Each vehicle's node with all that it asks for and answers; none of them runs."""
    hardware.services()
    return {
        name: run_loop(_connected(vehicle_class(name), files[name], hardware), VirtualLoop())[1]
        for name in mission.vehicles
    }


class _ListeningBus(Bus):
    """A bus that notes who is asked for, and from where in the vehicle's code."""

    def __init__(self, name: str) -> None:
        super().__init__(name, fabric=MemoryFabric())
        self.asked: dict[str, tuple[str, int]] = {}
        self.followed: dict[str, tuple[str, int]] = {}

    def connect(
        self, service: str, on_message: Callable[[Message], None], *, epoch: int = 0
    ) -> Client:
        self.asked[service] = _caller()
        return super().connect(service, on_message, epoch=epoch)

    def subscribe(self, stream: str, on_message: Callable[[Message], None]) -> Subscriber:
        self.followed[stream] = _caller()
        return super().subscribe(stream, on_message)


def _caller() -> tuple[str, int]:
    """File and line of the vehicle's code that is being run."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("flight.") and not module.startswith(_KERNEL):
            return shown_path(Path(frame.f_code.co_filename)), frame.f_lineno
        frame = frame.f_back
    return "", 0


async def _connected(
    kind: type[Node], file: VehicleFile, hardware: Hardware
) -> tuple[_ListeningBus, Node]:
    """A node with all its drivers, that does nothing."""
    bus, storage = _ListeningBus(kind.name), Storage(":memory:")
    node = kind(
        NodeContext(
            bus=bus,
            storage=storage,
            clock=SpacecraftClock(hardware.mission.epoch_jd_tt),
            seed=0,
            parameters=file.flight,
            mission=hardware.load_of(kind.name),
        )
    )
    try:
        async with Nursery(kind.name) as nursery:
            try:
                node.connect(nursery)
            finally:
                nursery.cancel()
    finally:
        bus.close()
        storage.close()
    return bus, node


def _check_peers(kind: type[Node], bus: _ListeningBus, services: list[str]) -> None:
    """Looks whether everybody whom a node asks or follows is somebody."""
    nodes = [f"{name}.node" for name in ALL_VEHICLES]
    streams = [f"{name}.telemetry" for name in ALL_VEHICLES]
    for known, met in (([*services, *nodes], bus.asked), (streams, bus.followed)):
        for name, (file, line) in met.items():
            if name in known:
                continue
            if not file:  # the kernel asked: by the routes of the class
                file, line = _place_of(kind)
            same = [each for each in known if each.partition(".")[0] == name.partition(".")[0]]
            near = choices_words(name, same or known, "there is ")
            problem = f"{kind.name} asks for {name!r}, which nobody serves: {near}"
            raise ConfigurationError(file, line, name, problem)


def _place_of(kind: type[Node]) -> tuple[str, int]:
    owner = next(each for each in kind.__mro__ if "routes" in vars(each))
    file = shown_path(Path(inspect.getfile(owner)))
    lines, first = inspect.getsourcelines(owner)
    at = (number for number, line in enumerate(lines) if line.lstrip().startswith("routes"))
    return file, first + next(at, 0)


def _check_device(
    vehicle: str, service: str, wire: Wire, bus: _ListeningBus, hardware: Hardware
) -> None:
    device = hardware.device(service)
    if device is None:
        return  # a service of the ground
    if not isinstance(device, wire.interface):
        file, line = bus.asked[service]
        interface, given = wire.interface.__name__, type(device).__name__
        problem = f"{vehicle} takes {service} for a {interface}: what is served is a {given}"
        raise ConfigurationError(file, line, service, problem)
    known: tuple[str, ...] = hardware.device(service).names()
    for name in wire.names:
        if name not in known:
            _refuse_name(vehicle, service, name, wire.interface, known, bus)


def _refuse_name(
    vehicle: str,
    service: str,
    name: str,
    interface: type[DeviceInterface],
    known: tuple[str, ...],
    bus: _ListeningBus,
) -> None:
    file, line = bus.asked[service]
    near = choices_words(name, known, "there is ")
    section = _SECTIONS.get(interface)
    if section is None:
        problem = f"{vehicle} asks for {name!r} of {service}, which it has not: {near}"
        raise ConfigurationError(file, line, service, problem)
    allowed = f'one with "{name}", which the software asks for ({file}:{line}); {near}'
    raise refusal(find_configuration("vehicles", vehicle), section, allowed)
