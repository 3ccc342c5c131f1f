"""The devices of the Sample Fetch Rover."""


import msgspec

from sim_hw.devices.battery import SimBattery
from sim_hw.devices.gripper import GripperParameters, SimGripper
from sim_hw.devices.heaters import SimHeaters
from sim_hw.devices.inertial_measurement_unit import (
    InertialMeasurementUnitParameters,
    SimInertialMeasurementUnit,
)
from sim_hw.devices.power_switches import SimPowerSwitches
from sim_hw.devices.rover_arm import RoverArmParameters, SimRoverArm
from sim_hw.devices.solar_array import SimSolarArray
from sim_hw.devices.stereo_camera import SimStereoCamera, StereoCameraParameters
from sim_hw.devices.sun_sensor import SimSunSensor, SunSensorParameters
from sim_hw.devices.surface_radio import RadioParameters
from sim_hw.devices.tube_rack import SimTubeRack, TubeRackParameters
from sim_hw.devices.uhf_radio import SimUhfRadio
from sim_hw.devices.wheels import SimWheels, WheelsParameters
from sim_hw.power_and_heat.electrical import Electrical, ElectricalParameters
from sim_hw.power_and_heat.thermal_network import ThermalNetwork, ThermalParameters
from sim_hw.power_and_heat.thermal_nodes import SimThermalNodes
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.world import World


class RoverHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Power and temperatures, mobility, sight, arm, radio."""

    power: ElectricalParameters
    thermal: ThermalParameters
    wheels: WheelsParameters
    stereo_camera: StereoCameraParameters
    rover_arm: RoverArmParameters
    gripper: GripperParameters
    tube_rack: TubeRackParameters
    inertial_measurement_unit: InertialMeasurementUnitParameters
    sun_sensor: SunSensorParameters
    uhf: RadioParameters


HARDWARE = RoverHardware


def build(
    world: World, parameters: RoverHardware, electrical: Electrical | None = None
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """The rover's power system and its devices by name."""
    power = electrical or Electrical("rover", world, parameters.power)
    network = ThermalNetwork(power, parameters.thermal)
    body = world.bodies["rover"]
    p = parameters

    given = Fittings("rover", world.random, world, power)

    arm = SimRoverArm(given("rover_arm"), body, p.rover_arm)
    imu = SimInertialMeasurementUnit(
        given("inertial_measurement_unit"), body, p.inertial_measurement_unit
    )
    devices: dict[str, SimulatedDevice] = {
        "battery": SimBattery(given("battery")),
        "solar_array": SimSolarArray(given("solar_array")),
        "power_switches": SimPowerSwitches(given("power_switches")),
        "thermal_nodes": SimThermalNodes(given("thermal_nodes"), network),
        "heaters": SimHeaters(given("heaters"), network),
        "uhf": SimUhfRadio(given("uhf"), p.uhf),
        "wheels": SimWheels(given("wheels"), body, p.wheels),
        "stereo_camera": SimStereoCamera(
            given("stereo_camera"), body, p.stereo_camera, arm
        ),
        "rover_arm": arm,
        "gripper": SimGripper(given("gripper"), arm, p.gripper),
        "tube_rack": SimTubeRack(given("tube_rack"), p.tube_rack),
        "inertial_measurement_unit": imu,
        "sun_sensor": SimSunSensor(given("sun_sensor"), body, p.sun_sensor),
    }
    return power, devices
