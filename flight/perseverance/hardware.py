"""The devices that Perseverance needs for its part."""

from dataclasses import dataclass

from flight.core.node import Node
from flight.icd.devices.attitude import InertialMeasurementUnit, SunSensor
from flight.icd.devices.bit_carousel import BitCarousel
from flight.icd.devices.communications import Radio
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery, PowerSwitches
from flight.icd.devices.vision import StereoCamera

AVIONICS = "avionics"
"""The switch of computer and motor electronics."""


@dataclass(frozen=True)
class PerseveranceHardware:
    """The drivers of its devices."""

    wheels: Wheels
    camera: StereoCamera
    imu: InertialMeasurementUnit
    sun_sensor: SunSensor
    carousel: BitCarousel
    battery: Battery
    switches: PowerSwitches
    uhf: Radio
    x_band: Radio


def connect(node: Node) -> PerseveranceHardware:
    """Connects all drivers."""
    return PerseveranceHardware(
        wheels=node.driver(Wheels, "wheels"),
        camera=node.driver(StereoCamera, "stereo_camera"),
        imu=node.driver(InertialMeasurementUnit, "inertial_measurement_unit"),
        sun_sensor=node.driver(SunSensor, "sun_sensor"),
        carousel=node.driver(BitCarousel, "bit_carousel"),
        battery=node.driver(Battery, "battery"),
        switches=node.driver(PowerSwitches, "power_switches", names=(AVIONICS,)),
        uhf=node.driver(Radio, "uhf"),
        x_band=node.driver(Radio, "x_band"),
    )
