"""Connects the faults of a run to what can break in it."""

from functools import partial

from flight.core.commanding.commands import declared_commands
from flight.core.node import Node
from flight.core.telling.events import declared_events
from flight.icd.devices.ground_station import STATIONS_SERVICE
from ground.missions.mission import LoadedMission, most_tubes
from ground.testbed.faults.hardware_seams import HardwareSeams, parts_of
from ground.testbed.faults.injector import Faults
from ground.testbed.faults.namespaces import namespaces_of
from ground.testbed.faults.node_seam import FaultyRun, RunNode
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from ground.testbed.participants.roles import GROUND
from ground.testbed.participants.vehicles import vehicle_class
from ground.testbed.seams.bus import HARDWARE, Buses
from sim_hw.faults.command_paths import CommandsPart
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.ground_kinds import MISSION_CONTROL
from sim_hw.faults.targets import NamedPart, Targets, device_parts
from sim_hw.world.tubes import TubeMove

RUN_EVENTS = ("command_unheard", "watchdog_reset", "process_died", "computer_swapped")
"""What a run tells of itself."""


def connect(faults: Faults, run: FaultyRun, *, arming: bool = True) -> None:
    """Lets faults reach the seams of a run whose hardware is there. `arming`: whether what cannot
    be undone has relays besides the outputs that do it."""
    hardware = run.hardware
    tubes = hardware.world.tubes

    def moved(move: TubeMove) -> None:
        faults.triggers.tubes_moved()

    tubes.observe(moved)
    faults.triggers.tubes_at = lambda place: len(tubes.at(place))
    faults.outside = run.host.outside
    seams = HardwareSeams(hardware)
    faults.seams = {
        "device": partial(_device, hardware, arming),
        "line": hardware.line,
        "node": lambda name: _node(run, name),
        "bus": lambda name: _buses(run, name),
        "link": seams.link,
        "ground": lambda name: _edge(hardware, name),
        "world": seams.world,
        "store": lambda name: run.host.stores.of(_node(run, name).name),
    }


def _device(hardware: Hardware, arming: bool, name: str) -> DeviceSeam:
    seam = hardware.seam(name)
    seam.has_arming = arming
    return seam


def _edge(hardware: Hardware, name: str) -> DeviceSeam:
    """The edge of mission control is where the stations take what it sends."""
    if name != MISSION_CONTROL:
        raise KeyError(name)
    return hardware.seam(STATIONS_SERVICE)


def ground_parts(nodes: dict[str, type[Node]]) -> dict[str, CommandsPart]:
    """Mission control, and the commands that it can send."""
    commands = {
        vehicle: {name: spec.arguments for name, spec in declared_commands(kind).items()}
        for vehicle, kind in nodes.items()
    }
    parameters = {name: tuple(kind.parameter_declarations) for name, kind in nodes.items()}
    every = tuple(dict.fromkeys(name for own in commands.values() for name in own))
    part = CommandsPart(
        MISSION_CONTROL, every, tuple(nodes), commands=commands, parameters=parameters
    )
    return {MISSION_CONTROL: part}


def _buses(run: FaultyRun, name: str) -> Buses:
    if name not in bus_names(run.mission):
        raise KeyError(name)
    return run.host.buses


def _node(run: FaultyRun, name: str) -> RunNode:
    if name not in (*run.mission.vehicles, GROUND):
        raise KeyError(name)
    return RunNode(run, name)


def node_parts(mission: LoadedMission) -> dict[str, NamedPart]:
    """The computers of a mission, and what each of them has."""
    parts = {name: NamedPart(name, _has(name)) for name in mission.vehicles}
    return {**parts, GROUND: NamedPart(GROUND)}


def _has(vehicle: str) -> tuple[str, ...]:
    two = vehicle_class(vehicle).has_two_computers
    return (*_OF_A_VEHICLE, *(("second computer",) if two else ()))


def store_parts(mission: LoadedMission) -> dict[str, NamedPart]:
    """The stores of a mission."""
    parts = {
        name: NamedPart(name, ("records",), namespaces_of(name)) for name in mission.vehicles
    }
    return {**parts, GROUND: NamedPart(GROUND)}


def bus_names(mission: LoadedMission) -> tuple[str, ...]:
    """Who takes part in the bus of a mission."""
    return (*mission.vehicles, GROUND, HARDWARE)


def bus_parts(mission: LoadedMission, services: list[str]) -> dict[str, NamedPart]:
    """The participants of the bus, each with all services, of which it has some."""
    names = bus_names(mission)
    own = [f"{name}.{what}" for name in mission.vehicles for what in ("node", "telemetry")]
    return {
        name: NamedPart(name, (*own, *services), tuple(n for n in names if n != name))
        for name in names
    }


_OF_A_VEHICLE = ("vehicle", "store", "mailbox", "clock")


def targets_of(mission: LoadedMission) -> Targets:
    """What can break in a run of a mission, what can be told in it, and the states of its nodes."""
    hardware = Hardware(mission, load_vehicle_files(mission), 0)
    hardware.world.clock = lambda: 0.0
    nodes: dict[str, type[Node]] = {name: vehicle_class(name) for name in mission.vehicles}
    events = {name: tuple(declared_events(kind)) for name, kind in nodes.items()}
    devices = device_parts(hardware.devices())
    links, world = parts_of(hardware)
    return Targets(
        parts={
            "device": devices,
            "line": {name: NamedPart(name) for name in devices},
            "link": links,
            "ground": ground_parts(nodes),
            "world": world,
            "node": node_parts(mission),
            "store": store_parts(mission),
            "bus": bus_parts(mission, hardware.services()),
        },
        events={**events, "run": RUN_EVENTS},
        states={name: tuple(kind.statechart.states) for name, kind in nodes.items()},
        places=most_tubes(mission),
    )
