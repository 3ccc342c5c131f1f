"""The devices that the fetch rover needs."""

from dataclasses import dataclass

from flight.core.node import Node
from flight.icd.devices.attitude import InertialMeasurementUnit, SunSensor
from flight.icd.devices.communications import Radio
from flight.icd.devices.manipulation import Gripper, RoverArm, TubeRack
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery, PowerSwitches, SolarArray
from flight.icd.devices.thermal import Heaters, ThermalNodes
from flight.icd.devices.vision import StereoCamera

AVIONICS = "avionics"
"""The switch of computer and motor electronics."""
CORE = "core"
"""The switch of what sleeps with one eye open: all but the clock."""
HEAT = "heaters"
"""The switch by which heaters draw on the battery; open, they have what the array gives."""
CELLS, BOX = "battery", "electronics"
"""The heater zones."""


@dataclass(frozen=True)
class RoverHardware:
    """The drivers of the rover's devices."""

    wheels: Wheels
    camera: StereoCamera
    arm: RoverArm
    gripper: Gripper
    rack: TubeRack
    imu: InertialMeasurementUnit
    sun_sensor: SunSensor
    battery: Battery
    solar_array: SolarArray
    switches: PowerSwitches
    heaters: Heaters
    thermal: ThermalNodes
    radio: Radio


def connect(node: Node) -> RoverHardware:
    """Connects all drivers."""
    return RoverHardware(
        wheels=node.driver(Wheels, "wheels"),
        camera=node.driver(StereoCamera, "stereo_camera"),
        arm=node.driver(RoverArm, "rover_arm"),
        gripper=node.driver(Gripper, "gripper"),
        rack=node.driver(TubeRack, "tube_rack"),
        imu=node.driver(InertialMeasurementUnit, "inertial_measurement_unit"),
        sun_sensor=node.driver(SunSensor, "sun_sensor"),
        battery=node.driver(Battery, "battery"),
        solar_array=node.driver(SolarArray, "solar_array"),
        switches=node.driver(PowerSwitches, "power_switches", names=(AVIONICS, CORE, HEAT)),
        heaters=node.driver(Heaters, "heaters", names=(CELLS, BOX)),
        thermal=node.driver(ThermalNodes, "thermal_nodes"),
        radio=node.driver(Radio, "uhf"),
    )
