"""The devices of the transfer arm; they draw from the lander's power system."""

import random

import msgspec

from sim_hw.devices.arm_camera import ArmCameraParameters, SimArmCamera
from sim_hw.devices.arm_gripper import ArmGripperParameters, SimArmGripper
from sim_hw.devices.transfer_arm import SimTransferArm, TransferArmParameters
from sim_hw.devices.transfer_arm_scene import ArmScene, SceneParameters
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.serving.device import SimulatedDevice
from sim_hw.world.world import World


class ArmHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Joints, jaws, camera, and what the arm touches."""

    transfer_arm: TransferArmParameters
    gripper: ArmGripperParameters
    camera: ArmCameraParameters
    scene: SceneParameters


HARDWARE = ArmHardware


def build(
    world: World, parameters: ArmHardware, electrical: Electrical
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """The power system that was given, and the arm's devices by name; to be coupled.

    The lander must stand in the world already.
    """
    p = parameters

    def given(device: str) -> tuple[str, random.Random]:
        return f"arm.{device}", world.random(f"arm.{device}")

    scene = ArmScene(world, world.bodies["lander"], p.scene, world.random("arm.scene"))
    arm = SimTransferArm(*given("transfer_arm"), world, electrical, scene, p.transfer_arm)
    return electrical, {
        "transfer_arm": arm,
        "gripper": SimArmGripper(*given("gripper"), world, electrical, arm, p.gripper),
        "camera": SimArmCamera(*given("camera"), world, electrical, arm, p.camera),
    }
