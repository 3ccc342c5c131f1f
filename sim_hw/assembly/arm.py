"""The devices of the transfer arm; they draw from the lander's power system."""


import msgspec

from sim_hw.devices.arm_camera import ArmCameraParameters, SimArmCamera
from sim_hw.devices.arm_gripper import ArmGripperParameters, SimArmGripper
from sim_hw.devices.transfer_arm import SimTransferArm, TransferArmParameters
from sim_hw.devices.transfer_arm_scene import ArmScene, SceneParameters
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.serving.device import Fittings, SimulatedDevice
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

    given = Fittings("arm", world.random, world, electrical, carried=True)

    scene = ArmScene(world, world.bodies["lander"], p.scene, world.random("arm.scene"))
    arm = SimTransferArm(given("transfer_arm"), scene, p.transfer_arm)
    return electrical, {
        "transfer_arm": arm,
        "gripper": SimArmGripper(given("gripper"), arm, p.gripper),
        "camera": SimArmCamera(given("camera"), arm, p.camera),
    }
