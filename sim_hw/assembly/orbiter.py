"""The devices of the Earth Return Orbiter, and its body in the world's space."""


import msgspec

from sim_hw.devices.battery import SimBattery
from sim_hw.devices.capsule_release import ReleaseParameters, SimCapsuleRelease
from sim_hw.devices.capture_cone import ConeParameters, SimCaptureCone
from sim_hw.devices.containment import ContainmentParameters, SimContainment
from sim_hw.devices.narrow_angle_camera import CameraParameters, SimNarrowAngleCamera
from sim_hw.devices.orbit_knowledge import OrbitKnowledgeParameters, SimOrbitKnowledge
from sim_hw.devices.orbiter_array_drive import ArrayDriveParameters, SimArrayDrive
from sim_hw.devices.orbiter_attitude_control import SimOrbiterAttitudeControl
from sim_hw.devices.orbiter_inertial_unit import (
    OrbiterInertialParameters,
    SimOrbiterInertialUnit,
)
from sim_hw.devices.orbiter_lines import SimPropellantLines
from sim_hw.devices.orbiter_main_engine import MainEngineParameters, SimOrbiterMainEngine
from sim_hw.devices.orbiter_star_tracker import SimOrbiterStarTracker, StarTrackerParameters
from sim_hw.devices.orbiter_thrusters import SimOrbiterThrusters, ThrusterParameters
from sim_hw.devices.orbiter_vehicle import OrbiterParameters, OrbiterVehicle
from sim_hw.devices.scanning_lidar import LidarParameters, SimScanningLidar
from sim_hw.devices.surface_radio import RadioParameters
from sim_hw.devices.x_band_radio import SimXBandRadio
from sim_hw.power_and_heat.electrical import Electrical, ElectricalParameters
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.world import World


class OrbiterHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vehicle, power, navigation, propulsion, capture, containment, release."""

    vehicle: OrbiterParameters
    power: ElectricalParameters
    star_tracker: StarTrackerParameters
    inertial_unit: OrbiterInertialParameters
    array_drive: ArrayDriveParameters
    orbit_knowledge: OrbitKnowledgeParameters
    camera: CameraParameters
    lidar: LidarParameters
    thrusters: ThrusterParameters
    main_engine: MainEngineParameters
    cone: ConeParameters
    containment: ContainmentParameters
    release: ReleaseParameters
    x_band: RadioParameters


HARDWARE = OrbiterHardware


def build(
    world: World, parameters: OrbiterHardware, electrical: Electrical | None = None
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """The orbiter's power system and its devices by name; puts the orbiter into space."""
    power = electrical or Electrical("orbiter", world, parameters.power)
    vehicle = OrbiterVehicle(world, parameters.vehicle, world.random("orbiter.vehicle"))
    p = parameters

    given = Fittings("orbiter", world.random, vehicle, power)

    containment = SimContainment(given("containment"), p.containment)
    return power, {
        "x_band": SimXBandRadio(given("x_band"), p.x_band),
        "battery": SimBattery(given("battery")),
        "array_drive": SimArrayDrive(given("array_drive"), p.array_drive, power),
        "star_tracker": SimOrbiterStarTracker(given("star_tracker"), p.star_tracker),
        "inertial_unit": SimOrbiterInertialUnit(given("inertial_unit"), p.inertial_unit),
        "inertial_unit_b": SimOrbiterInertialUnit(
            given("inertial_unit_b"), p.inertial_unit, spare=True
        ),
        "attitude_control": SimOrbiterAttitudeControl(given("attitude_control")),
        "orbit_knowledge": SimOrbitKnowledge(given("orbit_knowledge"), p.orbit_knowledge),
        "camera": SimNarrowAngleCamera(given("camera"), p.camera),
        "lidar": SimScanningLidar(given("lidar"), p.lidar),
        "propellant_lines": SimPropellantLines(given("propellant_lines")),
        "thrusters": SimOrbiterThrusters(given("thrusters"), p.thrusters),
        "main_engine": SimOrbiterMainEngine(given("main_engine"), p.main_engine),
        "capture_cone": SimCaptureCone(given("capture_cone"), p.cone),
        "containment": containment,
        "capsule_release": SimCapsuleRelease(given("capsule_release"), containment, p.release),
    }
