"""The devices that the lander needs on its way down."""

from dataclasses import dataclass

from flight.core.node import Node
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.descent import (
    AttitudeThrusters,
    DescentEngines,
    DescentInertialUnit,
    LandingRadar,
    Pyrotechnics,
    TerrainCamera,
    TouchdownSensors,
)


@dataclass
class DescentDevices:
    """Drivers of the devices of the descent."""

    inertial_unit: DescentInertialUnit
    thrusters: AttitudeThrusters
    pyrotechnics: Pyrotechnics
    radar: LandingRadar
    camera: TerrainCamera
    engines: DescentEngines
    legs: TouchdownSensors


DESCENT_DEVICES: dict[str, type[DeviceInterface]] = {
    "descent_inertial_unit": DescentInertialUnit,
    "attitude_thrusters": AttitudeThrusters,
    "pyrotechnics": Pyrotechnics,
    "landing_radar": LandingRadar,
    "terrain_camera": TerrainCamera,
    "descent_engines": DescentEngines,
    "touchdown_sensors": TouchdownSensors,
}
"""By the name of the device; there only on a lander that comes from space."""


def descent_devices(node: Node) -> DescentDevices:
    """The drivers for a node."""
    return DescentDevices(
        node.driver(DescentInertialUnit, "descent_inertial_unit"),
        node.driver(AttitudeThrusters, "attitude_thrusters"),
        node.driver(Pyrotechnics, "pyrotechnics"),
        node.driver(LandingRadar, "landing_radar"),
        node.driver(TerrainCamera, "terrain_camera"),
        node.driver(DescentEngines, "descent_engines"),
        node.driver(TouchdownSensors, "touchdown_sensors"),
    )
