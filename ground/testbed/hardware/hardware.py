"""All that is not software: the world, the devices of every vehicle, and the links between them."""

import asyncio
import importlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flight.astrodynamics.time_scales import Epoch
from flight.icd.checksum import is_whole
from flight.icd.devices.description import interface_of
from flight.icd.devices.ground_station import STATIONS_SERVICE
from flight.icd.devices.orbital_imagery import IMAGERY_SERVICE
from flight.icd.places import GROUND, ORBIT, PERSEVERANCE
from flight.runtime.bus import Bus
from flight.runtime.nursery import Nursery
from flight.runtime.streams import stream
from ground.missions.mission import LoadedMission
from ground.missions.vehicle_files import VehicleFile, load_vehicle_file
from ground.missions.vehicles import ON_THE_LANDER
from ground.testbed.hardware.lander_entry import begin_entry
from ground.testbed.hardware.milestones import Released, Touchdown
from ground.testbed.participants.vehicles import vehicle_class
from sim_hw.assembly.conservation import Conservation
from sim_hw.assembly.couplings import couple
from sim_hw.assembly.entry import flight_of
from sim_hw.assembly.truth_probes import TruthProbes
from sim_hw.devices.orbital_imagery import SimOrbitalImagery
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.dynamics.entry_vehicle import EntryBody
from sim_hw.dynamics.mav_truth import CONTAINER_NAME
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.line_seam import LineSeam
from sim_hw.links.parameters import load_link_parameters
from sim_hw.links.space_links import SpaceLinks
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.serving.server import DeviceServer
from sim_hw.world.depot import true_lying_poses
from sim_hw.world.landing_survey import MAP_HALF_WIDTH
from sim_hw.world.relay_orbit import sun_synchronous_orbit
from sim_hw.world.rocks import Clearing
from sim_hw.world.tubes import TubeMove, TubeRegistry, TubeState
from sim_hw.world.world import World

# m: terrain-relative navigation puts a lander down within about 5 m of the point that was selected
# for it (Mars 2020), and what is selected is free of rocks; assumption: so is all that it can reach
# of that with its ramps and its arm.
LANDING_SPOT_RADIUS = 5.5
# m: the ground around the depot was chosen as a place to land, flat and free of rocks (NASA, news
# of August 2022); assumption: around the aim, within what 99 of 100 landings come down to, no rock
# stands in the way of wheels.
LANDING_ZONE_RADIUS, LANDING_ZONE_ROCKS = 60.0, 0.15
LOOK_AT_FLIGHT = 5.0  # s


@dataclass
class Assembled:
    """The hardware of one vehicle."""

    electrical: Electrical
    devices: dict[str, Any]  # each a simulated device and a device interface


def load_vehicle_files(mission: LoadedMission) -> dict[str, VehicleFile]:
    """The files of all vehicles, checked; raises ConfigurationError."""
    return {
        name: load_vehicle_file(vehicle_class(name), _assembly(name).HARDWARE)
        for name in mission.vehicles
    }


def _assembly(name: str) -> Any:
    return importlib.import_module(f"sim_hw.assembly.{name}")


def make_world(mission: LoadedMission, seed: int) -> World:
    """The world of a mission: tubes where they lie or are held, vehicles where they stand.

    A lander that is still in space, and what it carries, stand where it is to land.
    """
    poses = true_lying_poses(mission.depot, stream(seed, "world.tubes"))
    states = {tube_id: TubeState(GROUND, pose=pose) for tube_id, pose in poses.items()}
    states.update({tube.id: TubeState(PERSEVERANCE) for tube in mission.held})
    registry = TubeRegistry((*mission.depot.tubes, *mission.held), states)
    lander = mission.mission.lander
    spot = Clearing(lander.east, lander.north, LANDING_SPOT_RADIUS)
    zone = Clearing(lander.east, lander.north, LANDING_ZONE_RADIUS, LANDING_ZONE_ROCKS)
    clearing = zone if mission.in_space else spot
    world = World(seed, mission.epoch_jd_tt, registry, clearings=(clearing,))
    world.place("lander", lander.east, lander.north)
    world.place("rover", lander.east, lander.north)
    parked = mission.mission.perseverance
    world.place("perseverance", parked.east, parked.north)
    return world


class Hardware:
    """The hardware of a run. `serve` brings it on the bus."""

    def __init__(
        self,
        mission: LoadedMission,
        files: dict[str, VehicleFile],
        seed: int,
        is_whole: Callable[[bytes], bool] = is_whole,
        *,
        map_half_width: float = MAP_HALF_WIDTH,
    ) -> None:
        """`map_half_width`: m of the landing site that a lander in space has a map of."""
        self.mission = mission
        self._map_half_width = map_half_width
        self.seed = seed
        self.world = make_world(mission, seed)
        self.vehicles: dict[str, Assembled] = {}
        orbit = sun_synchronous_orbit(Epoch.from_utc(mission.mission.landing))
        links = load_link_parameters()
        self.links = SpaceLinks(self.world, orbit, links, is_whole)
        self.imagery = SimOrbitalImagery(self.world, links.imagery)
        self.probes: TruthProbes
        """Looks at the truth that change nothing; there once all is built."""
        self.conservation: Conservation
        """Whether mass, propellant and energy close; there once all is built."""
        self.moves: list[tuple[float, TubeMove]] = []
        self.lost: dict[str, float] = {}
        self.released: Released | None = None
        """Where the container was let go."""
        self._entry_load: dict[str, Any] = {}
        self.on_lost: Callable[[str], None] = lambda vehicle: None
        self.called: list[Callable[[str, str], None]] = []
        """Told of each call of a device: service and method. Who hears changes nothing."""
        self.stand_ins: dict[str, Callable[[Any], Any]] = {}
        """By service: makes, from the simulated device, what is served in its place."""
        self._servers: dict[str, DeviceServer] = {}
        self._seams: dict[str, DeviceSeam] = {}
        self._lines: dict[str, LineSeam] = {}
        self._files = files
        self.world.tubes.observe(self._tube_moved)
        self.world.on_moved.append(self.links.moved)

    def serve(self, bus: Bus, nursery: Nursery) -> None:
        """Builds all devices and serves each on a socket of its own."""
        self._assemble()
        for name in self.mission.vehicles:
            for device_name, device in self.vehicles[name].devices.items():
                service = f"{name}.{device_name}"
                self._serve(bus, service, device, nursery)
                if isinstance(device, SurfaceRadio):
                    self.links.attach(device)
        self._serve(bus, STATIONS_SERVICE, self.links.stations, nursery)
        self._serve(bus, IMAGERY_SERVICE, self.imagery, nursery)
        self.links.start()
        if self.mission.in_space:
            nursery.start(self._follow_landing(), name="landing")

    def _serve(self, bus: Bus, service: str, device: Any, nursery: Nursery) -> None:
        if service in self.stand_ins:
            device = self.stand_ins[service](device)
        server = self._servers[service] = DeviceServer(bus, service, device, nursery)
        server.on_call = partial(self._is_asked, service)
        device.emit = server.emit

    def server(self, service: str) -> DeviceServer:
        """Who answers for a device; raises KeyError without it."""
        return self._servers[service]

    def let_go(self, node: str, held: Iterable[str]) -> None:
        """What moves on behalf of a node whose software is gone stops, but on its devices held."""
        kept = [f"{node}.{device}" for device in held]
        for service, server in self._servers.items():
            if service not in kept:
                server.let_go(node)

    def seam(self, service: str) -> DeviceSeam:
        """Where faults come between a device and its drivers; raises KeyError without it."""
        if service not in self._seams:
            server = self._servers[service]
            device = getattr(server.device, "simulated", server.device)
            part = DevicePart(service, interface_of(server.device), device)
            self._seams[service] = DeviceSeam(part)
            if service not in self._lines:
                server.interposer = self._seams[service]
        return self._seams[service]

    def line(self, service: str) -> LineSeam:
        """The line of a device, outside of its seam; raises KeyError without it."""
        if service not in self._lines:
            server = self._servers[service]
            inner = partial(self._seams.get, service)
            line = LineSeam(service, server.device, inner)
            server.interposer = self._lines[service] = line
        return self._lines[service]

    def devices(self) -> dict[str, Any]:
        """Every device by its service; builds the hardware without serving it."""
        return {name: self.device(name) for name in self.services()}

    def _is_asked(self, service: str, method: str) -> None:
        for hear in self.called:
            hear(service, method)

    async def _follow_landing(self) -> None:
        """Looks at the lander in flight until it has come to rest: no device may do so any more."""
        body = self.world.space.bodies["lander"]
        assert isinstance(body, EntryBody)
        while not body.frozen:
            body.advance()
            await asyncio.sleep(LOOK_AT_FLIGHT)
        outcome = body.vehicle.outcome
        if outcome is not None and outcome.verdict == "crashed":
            for name in ("lander", *ON_THE_LANDER, "rover"):
                self.lose(name)

    def load_of(self, vehicle: str) -> dict[str, Any]:
        """What a vehicle is told before launch; of a lander in space also where it is."""
        load = self.mission.load_of(vehicle) | {"all_tubes": list(self.world.tubes.tube_ids)}
        return {**load, **self._entry_load} if vehicle == "lander" else load

    def _begin_entry(self) -> None:
        aim = self.mission.mission.lander
        descent = self._files["lander"].hardware.descent
        self._entry_load = begin_entry(
            self.world, descent, aim.east, aim.north, map_half_width=self._map_half_width
        )

    def _assemble(self) -> None:
        """Builds the devices of all vehicles; arm and MAV live on the lander's power."""
        if self.mission.in_space:
            self._begin_entry()
        for name in self.mission.vehicles:
            shared = self.vehicles["lander"].electrical if name in ON_THE_LANDER else None
            parameters = self._files[name].hardware
            self.vehicles[name] = Assembled(*_assembly(name).build(self.world, parameters, shared))
        devices = {name: vehicle.devices for name, vehicle in self.vehicles.items()}
        couple(devices)
        power = {name: vehicle.electrical for name, vehicle in self.vehicles.items()}
        self.probes = TruthProbes(self.world, power, devices)
        self.conservation = Conservation(self.world, power, devices)

    def services(self) -> list[str]:
        """The names of all services of the hardware; builds it without serving."""
        if not self.vehicles:
            self._assemble()
        devices = [f"{v}.{d}" for v, built in self.vehicles.items() for d in built.devices]
        return [*devices, STATIONS_SERVICE, IMAGERY_SERVICE]

    def device(self, service: str) -> Any:
        """The device `<vehicle>.<device>`; None when there is none."""
        if service in (STATIONS_SERVICE, IMAGERY_SERVICE):
            return self.links.stations if service == STATIONS_SERVICE else self.imagery
        vehicle, _, device = service.partition(".")
        built = self.vehicles.get(vehicle)
        return None if built is None else built.devices.get(device)

    def switch_off(self, vehicle: str) -> None:
        """A decommissioned vehicle loses its power for good; a carried one its computer only."""
        if vehicle not in ON_THE_LANDER:
            self.vehicles[vehicle].electrical.kill()

    def truth(self) -> dict[str, str]:
        """Where each tube truly is."""
        tubes = self.world.tubes
        return {tube_id: tubes.state(tube_id).place for tube_id in tubes.tube_ids}

    def touchdown(self) -> Touchdown | None:
        """The capsule's on Earth; None without one."""
        entry = self.vehicles.get("entry")
        if entry is None:
            return None
        flight = flight_of(entry.devices)
        if flight.touchdown is None or flight.landed_at is None:
            return None
        latitude, longitude = (math.degrees(angle) for angle in flight.touchdown)
        return Touchdown(flight.landed_at, latitude, longitude, flight.touchdown_speed)

    # ---------------------------------------------------------------- losses

    def _tube_moved(self, move: TubeMove) -> None:
        self.moves.append((self.world.now(), move))
        if move.after.place == ORBIT and self.released is None:
            container = self.world.space.bodies[CONTAINER_NAME]
            self.released = Released(self.world.now(), container.position(), container.velocity())

    def lose(self, vehicle: str) -> None:
        """Takes a vehicle away for good: power and computer; a carried one its computer only."""
        if vehicle in self.lost:
            return
        self.lost[vehicle] = self.world.now()
        self.switch_off(vehicle)
        self.on_lost(vehicle)

    def give_back(self, vehicle: str) -> bool:
        """Gives a vehicle that was lost its power back; False when it was not."""
        if self.lost.pop(vehicle, None) is None:
            return False
        if vehicle not in ON_THE_LANDER:
            self.vehicles[vehicle].electrical.revive()
        return True
