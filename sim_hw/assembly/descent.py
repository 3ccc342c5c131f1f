"""The devices of a lander on its way down, around the truth about it."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from flight.astrodynamics.site_frame import SiteFrame
from flight.astrodynamics.vectors import Vector
from sim_hw.devices.attitude_thrusters import SimAttitudeThrusters
from sim_hw.devices.descent_engines import DescentEngineParameters, SimDescentEngines
from sim_hw.devices.descent_inertial_unit import (
    DescentInertialUnitParameters,
    SimDescentInertialUnit,
)
from sim_hw.devices.landing_radar import LandingRadarParameters, SimLandingRadar
from sim_hw.devices.pyrotechnics import SimPyrotechnics
from sim_hw.devices.terrain_camera import SimTerrainCamera, TerrainCameraParameters
from sim_hw.devices.touchdown_sensors import SimTouchdownSensors, TouchdownSensorParameters
from sim_hw.dynamics.entry_parameters import EntryVehicleParameters
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.dynamics.landing_legs import Plane
from sim_hw.dynamics.planet import JEZERO
from sim_hw.power_and_heat.powered import PowerSupply
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.atmosphere import AirDispersion, Atmosphere
from sim_hw.world.world import SITE_EAST_LONGITUDE_DEGREES, SITE_LATITUDE_DEGREES, World

D = TypeVar("D")

BELLY_RADIUS = 1.4  # m within which a high rock meets the belly


class DescentHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entry vehicle and its devices."""

    vehicle: EntryVehicleParameters
    inertial_unit: DescentInertialUnitParameters
    radar: LandingRadarParameters
    terrain_camera: TerrainCameraParameters
    engines: DescentEngineParameters
    touchdown_sensors: TouchdownSensorParameters


SITE_FRAME = SiteFrame(
    math.radians(SITE_LATITUDE_DEGREES),
    math.radians(SITE_EAST_LONGITUDE_DEGREES),
    JEZERO.areoid_height,
)


def place_in_space(
    world: World,
    parameters: EntryVehicleParameters,
    position: Vector,
    velocity: Vector,
    *,
    name: str = "lander",
    dispersed: bool = True,
) -> EntryVehicle:
    """Puts a vehicle on its way to the world's ground, with the air of one day."""
    air = AirDispersion(world.random(f"{name}.air")) if dispersed else None

    def ground(east: float, north: float) -> Plane:
        point = world.terrain.ground(east, north)
        return Plane(east, north, point.elevation, point.gradient_east, point.gradient_north)

    def obstacle(east: float, north: float) -> float:
        rocks = world.rocks.within(east, north, BELLY_RADIUS)
        return max((rock.height for rock in rocks), default=0.0)

    vehicle = EntryVehicle(
        name,
        parameters,
        JEZERO,
        SITE_FRAME,
        Atmosphere(air),
        ground,
        world.now,
        position,
        velocity,
        world.random(f"{name}.descent"),
        obstacle,
    )
    world.space.add(vehicle.body)
    return vehicle


def build_descent(
    world: World, parameters: DescentHardware, electrical: PowerSupply, vehicle: EntryVehicle
) -> dict[str, SimulatedDevice]:
    """The devices of the descent by name."""
    name = vehicle.body.name

    given = Fittings(name, world.random, world, electrical)

    def make(kind: Callable[..., D], device: str, *own: Any) -> D:
        return kind(given(device), vehicle, *own)

    pyrotechnics = make(SimPyrotechnics, "pyrotechnics")
    touchdown = make(SimTouchdownSensors, "touchdown_sensors", parameters.touchdown_sensors)
    pyrotechnics.on_legs = touchdown.jolt
    return {
        "descent_inertial_unit": make(
            SimDescentInertialUnit, "descent_inertial_unit", parameters.inertial_unit
        ),
        "attitude_thrusters": make(SimAttitudeThrusters, "attitude_thrusters"),
        "pyrotechnics": pyrotechnics,
        "landing_radar": make(SimLandingRadar, "landing_radar", parameters.radar),
        "terrain_camera": make(SimTerrainCamera, "terrain_camera", parameters.terrain_camera),
        "descent_engines": make(SimDescentEngines, "descent_engines", parameters.engines),
        "touchdown_sensors": touchdown,
    }
