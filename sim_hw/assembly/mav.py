"""The devices of the MAV; on the lander they draw from its power system, in flight from their own.

All devices of the ascent look at one truth, :class:`sim_hw.dynamics.mav_truth.MavTruth`.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from sim_hw.devices.ascent_recorder import AscentRecorderParameters, SimAscentRecorder
from sim_hw.devices.ascent_star_tracker import SimAscentStarTracker, StarTrackerParameters
from sim_hw.devices.attitude_effectors import EffectorParameters, SimAttitudeEffectors
from sim_hw.devices.beacon import BeaconParameters, SimBeacon
from sim_hw.devices.container import ContainerParameters, SimContainer
from sim_hw.devices.ejector import SimEjector
from sim_hw.devices.flight_battery import FlightBatteryParameters, MavSupply
from sim_hw.devices.igniter import IgniterParameters, SimIgniter
from sim_hw.devices.inertial_increments import InertialParameters, SimInertialIncrements
from sim_hw.devices.mav_systems import MavSystemsParameters, SimMavSystems
from sim_hw.devices.separation import SimSeparation
from sim_hw.dynamics.hybrid_flight import HybridBody
from sim_hw.dynamics.hybrid_vehicle import Hybrid, HybridVehicle
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.dynamics.mav_truth import LaunchTube, MavTruth
from sim_hw.dynamics.mav_vehicle import MavDispersion, MavVehicle, MavVehicleParameters
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.power_and_heat.powered import PowerSupply
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.atmosphere import AirDispersion, Atmosphere
from sim_hw.world.space import Space
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import SITE_EAST_LONGITUDE_DEGREES, SITE_LATITUDE_DEGREES, World

_METRES_PER_RADIAN = 3_392_000.0


class MavHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The container in the nose, the MAV's own systems, and all that it flies with."""

    container: ContainerParameters
    systems: MavSystemsParameters
    vehicle: MavVehicleParameters
    dispersion: MavDispersion
    tube: LaunchTube
    battery: FlightBatteryParameters
    igniter: IgniterParameters
    effectors: EffectorParameters
    inertial_unit: InertialParameters
    star_tracker: StarTrackerParameters
    recorder: AscentRecorderParameters
    beacon: BeaconParameters


HARDWARE = MavHardware


@dataclass
class AscentDevices:
    """All that the MAV flies with, and what it truly does."""

    truth: MavTruth
    supply: MavSupply
    ejector: SimEjector
    first_igniter: SimIgniter
    second_igniter: SimIgniter
    effectors: SimAttitudeEffectors
    separation: SimSeparation
    inertial_unit: SimInertialIncrements
    star_tracker: SimAscentStarTracker
    recorder: SimAscentRecorder
    beacon: SimBeacon


def build_ascent(
    parameters: MavHardware,
    clock: Callable[[], float],
    space: Space,
    place: Callable[[], tuple[float, float, float]],
    streams: Callable[[str], random.Random],
    lander: PowerSupply,
    tubes: TubeRegistry | None,
    hybrid: Hybrid | None = None,
) -> AscentDevices:
    """One dispersed MAV on one dispersed day: what `streams` gives by name decides which.

    With `hybrid` it is that vehicle in place of the two solid stages.
    """
    vehicle: Any
    kind: type[MavBody] = MavBody
    if hybrid is None:
        vehicle = MavVehicle(parameters.vehicle)
        sample: Any = parameters.dispersion.draw(vehicle, streams("mav.vehicle"))
    else:
        vehicle, kind = HybridVehicle(hybrid.vehicle), HybridBody
        sample = hybrid.dispersion.draw(vehicle, streams("mav.vehicle"))
    truth = MavTruth(
        clock, space, vehicle, sample, Atmosphere(AirDispersion(streams("mav.air"))),
        parameters.tube, place, streams("mav.tube"), body_kind=kind,
    )  # fmt: skip
    supply = MavSupply(lander, truth, parameters.battery)

    given = Fittings("mav", streams, truth, supply, carried=True)

    return AscentDevices(
        truth=truth,
        supply=supply,
        ejector=SimEjector(given("ejector")),
        first_igniter=SimIgniter(given("first_igniter"), parameters.igniter, 0),
        second_igniter=SimIgniter(given("second_igniter"), parameters.igniter, 1),
        effectors=SimAttitudeEffectors(given("effectors"), parameters.effectors),
        separation=SimSeparation(given("separation"), tubes),
        inertial_unit=SimInertialIncrements(given("inertial_unit"), parameters.inertial_unit),
        star_tracker=SimAscentStarTracker(given("star_tracker"), parameters.star_tracker),
        recorder=SimAscentRecorder(given("ascent_recorder"), parameters.recorder),
        beacon=SimBeacon(given("beacon"), parameters.beacon),
    )


def build(
    world: World, parameters: MavHardware, electrical: Electrical
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """The power system that was given, and the MAV's devices by name; to be coupled."""
    ascent = build_ascent(
        parameters, world.now, world.space, lambda: lander_place(world), world.random,
        electrical, world.tubes,
    )  # fmt: skip

    given = Fittings("mav", world.random, world, ascent.supply, carried=True)

    return electrical, {
        "container": SimContainer(given("container"), parameters.container),
        "systems": SimMavSystems(given("systems"), parameters.systems),
        "ejector": ascent.ejector,
        "first_igniter": ascent.first_igniter,
        "second_igniter": ascent.second_igniter,
        "effectors": ascent.effectors,
        "separation": ascent.separation,
        "inertial_unit": ascent.inertial_unit,
        "star_tracker": ascent.star_tracker,
        "ascent_recorder": ascent.recorder,
        "beacon": ascent.beacon,
    }


def lander_place(world: World) -> tuple[float, float, float]:
    """Latitude at the centre, longitude (rad) and height over the areoid (m) of the lander."""
    body = world.bodies.get("lander")
    east, north = (0.0, 0.0) if body is None else (body.east, body.north)
    latitude = math.radians(SITE_LATITUDE_DEGREES)
    return (
        latitude + north / _METRES_PER_RADIAN,
        math.radians(SITE_EAST_LONGITUDE_DEGREES)
        + east / (_METRES_PER_RADIAN * math.cos(latitude)),
        world.terrain.elevation(east, north),
    )
