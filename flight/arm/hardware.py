"""The devices of the arm."""

from dataclasses import dataclass

from flight.core.node import Node
from flight.icd.devices.transfer_arm import ArmCamera, ArmGripper, TransferArm


@dataclass(frozen=True)
class ArmHardware:
    """What the arm consists of."""

    arm: TransferArm
    gripper: ArmGripper
    camera: ArmCamera


def connect(node: Node) -> ArmHardware:
    """Drivers of the arm's devices."""
    return ArmHardware(
        arm=node.driver(TransferArm, "transfer_arm"),
        gripper=node.driver(ArmGripper, "gripper"),
        camera=node.driver(ArmCamera, "camera"),
    )
