"""The devices that the lander needs on its way down."""

from dataclasses import dataclass

from flight.core.node import Node
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
