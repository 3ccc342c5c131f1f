"""The simulated camera of the transfer arm, with its image processing."""

from math import atan2, hypot
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.transfer_arm import (
    ArmCamera,
    GripperView,
    TargetSighting,
    VehicleSighting,
)
from flight.icd.devices.transfer_arm_geometry import Pose, Vector, column
from sim_hw.devices.transfer_arm import SimTransferArm
from sim_hw.devices.transfer_arm_scene import seen_from
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure


class ArmCameraParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Errors, misses and time of the images."""

    near_error: Annotated[float, Quantity("m", ge=0, le=0.02)]
    error_slope: Annotated[float, Quantity("1", ge=0, le=0.1)]
    survey_error: Annotated[float, Quantity("m", ge=0, le=0.1)]
    survey_heading_error: Annotated[float, Quantity("rad", ge=0, le=0.1)]
    survey_range: Annotated[float, Quantity("m", gt=0, le=20)]
    miss: Annotated[float, Quantity("1", ge=0, le=0.5)]
    false_presence: Annotated[float, Quantity("1", ge=0, le=0.1)]
    legible: Annotated[float, Quantity("1", ge=0, le=1)]
    lamp_range: Annotated[float, Quantity("m", gt=0, le=5)]
    view_range: Annotated[float, Quantity("m", gt=0, le=5)]
    seconds: Annotated[float, Quantity("s", gt=0, le=500)]
    power: Annotated[float, Quantity("W", gt=0, le=100)]


class SimArmCamera(PoweredDevice, ArmCamera):
    """Sees what is in front of the gripper. `blind` may be set: then no image is good."""

    def __init__(
        self, context: PoweredContext, arm: SimTransferArm, parameters: ArmCameraParameters
    ) -> None:
        super().__init__(context)
        self.arm = arm
        self.parameters = parameters
        self.blind = False

    @failure
    def fail_blind(self) -> Failing:
        """No image is good any more."""
        self.blind = True
        yield
        self.blind = False

    async def survey(self, vehicle: str) -> VehicleSighting:
        await self._take()
        p, gauss = self.parameters, self.random.gauss
        found = self._find(vehicle)
        dark = self.world.sun().sun_elevation < 0.0
        far = found is not None and hypot(found[0][0], found[0][1]) > p.survey_range
        if found is None or far or dark or self._misses():
            return VehicleSighting(
                valid=False, time_ns=self.time_ns(), position=[0.0, 0.0, 0.0], heading=0.0
            )
        place, heading = found
        return VehicleSighting(
            time_ns=self.time_ns(),
            position=[c + p.survey_error * gauss(0, 1) for c in place],
            heading=heading + p.survey_heading_error * gauss(0, 1),
        )

    def _find(self, name: str) -> tuple[Vector, float] | None:
        kind, _, tube = name.partition(":")
        if kind != "tube":
            return self.arm.scene.vehicle(name)
        pose = _target(self.arm, f"ground:{tube}")
        if pose is None:
            return None
        axis = column(pose.rotation, 2)
        return pose.position, atan2(axis[1], axis[0])

    async def locate(self, target: str) -> TargetSighting:
        await self._take()
        scene = self.arm.scene
        pose = _target(self.arm, target)
        seen = None if pose is None else seen_from(self.arm.tip(), pose.position)
        if seen is None or not self._in_view(*seen) or self._misses():
            return TargetSighting(
                valid=False, time_ns=self.time_ns(), position=[0.0] * 3, tube_present=False
            )
        p, gauss = self.parameters, self.random.gauss
        error = p.near_error + p.error_slope * seen[2]
        tube = scene.tube_at(target)
        number = target.partition(":")[2]
        debris = target.startswith("socket:") and int(number) in scene.container.debris
        return TargetSighting(
            time_ns=self.time_ns(),
            position=[c + error * gauss(0, 1) for c in seen],
            tube_present=self._believes(tube is not None),
            serial=self._read(tube),
            debris=debris and self.random.random() > p.miss,
        )

    async def view_gripper(self) -> GripperView:
        await self._take()
        scene = self.arm.scene
        if self.blind:
            return GripperView(
                valid=False, time_ns=self.time_ns(), tube_present=False, lid_present=False
            )
        tube = scene.held_tube
        return GripperView(
            time_ns=self.time_ns(),
            tube_present=self._believes(tube is not None),
            lid_present=self._believes(scene.held_lid),
            serial=self._read(tube),
        )

    async def _take(self) -> None:
        await self.work(self.parameters.seconds, self.parameters.power)

    def _in_view(self, x: float, y: float, z: float) -> bool:
        p = self.parameters
        reach = p.lamp_range if self.world.sun().sun_elevation < 0.0 else p.view_range
        return 0.02 < z < reach and hypot(x, y) < 0.6 * z + 0.05

    def _misses(self) -> bool:
        return self.blind or self.random.random() < self.parameters.miss

    def _believes(self, truth: bool) -> bool:
        return truth != (self.random.random() < self.parameters.false_presence)

    def _read(self, tube: str | None) -> str:
        legible = self.random.random() < self.parameters.legible
        return tube if tube is not None and legible else ""


def _target(arm: SimTransferArm, name: str) -> Pose | None:
    try:
        return arm.scene.target(name)
    except (ValueError, KeyError):
        return None
