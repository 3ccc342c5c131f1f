"""The devices that the orbiter needs."""

from flight.core.redundant_units import RedundantUnits
from flight.icd.devices.array_drive import ArrayDrive
from flight.icd.devices.capture import CapsuleRelease, CaptureCone, Containment
from flight.icd.devices.communications import Radio
from flight.icd.devices.orbiter_navigation import (
    AttitudeControl,
    InertialReading,
    InertialUnit,
    NarrowAngleCamera,
    OrbitKnowledge,
    ScanningLidar,
    StarTracker,
)
from flight.icd.devices.orbiter_propulsion import MainEngine, PropellantLines, Thrusters
from flight.icd.devices.power import Battery

INERTIAL_UNIT = "inertial_unit"
REDUNDANT: dict[str, tuple[str, ...]] = {INERTIAL_UNIT: (INERTIAL_UNIT, "inertial_unit_b")}
"""What the orbiter has twice."""


class InertialUnits(InertialUnit):
    """The inertial unit that is in use."""

    def __init__(self, node: RedundantUnits) -> None:
        self._node = node
        self._units = {
            name: node.driver(InertialUnit, name) for name in REDUNDANT[INERTIAL_UNIT]
        }

    async def state(self) -> InertialReading:
        return await self._units[self._node.in_use(INERTIAL_UNIT)].state()


class OrbiterDevices:
    """Drivers of the orbiter's devices."""

    def __init__(self, node: RedundantUnits) -> None:
        self.x_band: Radio = node.driver(Radio, "x_band")
        self.battery: Battery = node.driver(Battery, "battery")
        self.array_drive: ArrayDrive = node.driver(ArrayDrive, "array_drive")
        self.star_tracker: StarTracker = node.driver(StarTracker, "star_tracker")
        self.inertial_unit: InertialUnit = InertialUnits(node)
        self.attitude_control: AttitudeControl = node.driver(AttitudeControl, "attitude_control")
        self.orbit_knowledge: OrbitKnowledge = node.driver(OrbitKnowledge, "orbit_knowledge")
        self.camera: NarrowAngleCamera = node.driver(NarrowAngleCamera, "camera")
        self.lidar: ScanningLidar = node.driver(ScanningLidar, "lidar")
        self.propellant_lines: PropellantLines = node.driver(PropellantLines, "propellant_lines")
        self.thrusters: Thrusters = node.driver(Thrusters, "thrusters")
        self.main_engine: MainEngine = node.driver(MainEngine, "main_engine")
        self.capture_cone: CaptureCone = node.driver(CaptureCone, "capture_cone")
        self.containment: Containment = node.driver(Containment, "containment")
        self.capsule_release: CapsuleRelease = node.driver(CapsuleRelease, "capsule_release")
