"""The transfer arm of the lander: seven joints, a gripper and the camera beside it.

Poses are given in the arm's base frame (`transfer_arm_geometry`), metres and radians; rotations as
the nine elements of the matrix, row by row.
"""

from math import pi
from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

Angle = Annotated[float, msgspec.Meta(ge=-pi, le=pi)]
JointAngles = Annotated[list[Angle], msgspec.Meta(min_length=7, max_length=7)]
Coordinate = Annotated[float, msgspec.Meta(ge=-4.0, le=4.0)]
Position = Annotated[list[Coordinate], msgspec.Meta(min_length=3, max_length=3)]
Element = Annotated[float, msgspec.Meta(ge=-1.001, le=1.001)]
RotationMatrix = Annotated[list[Element], msgspec.Meta(min_length=9, max_length=9)]
ForceLimit = Annotated[float, msgspec.Meta(gt=0.0, le=200.0, extra={"unit": "N"})]
TargetName = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class TransferArmState(Reading, frozen=True, kw_only=True):
    """Joint angles by encoders (rad), motor currents (A), force (N) and torque (N m) on the wrist
    in the tip frame, joint temperature (K), whether the brakes are engaged and whether it moves."""

    joints: Annotated[list[float], measured("rad", -7.0, 7.0)]
    currents: Annotated[list[float], measured("A", -20.0, 20.0)]
    force: Annotated[list[float], measured("N", -1000.0, 1000.0)]
    torque: Annotated[list[float], measured("N m", -200.0, 200.0)]
    temperature: Annotated[float, measured("K", 100.0, 450.0)]
    brakes: bool
    moving: bool


class StraightMotion(Reading, frozen=True, kw_only=True):
    """End of a straight motion: way travelled (m), greatest force against it (N), and whether it
    came to its end or stopped at the force limit."""

    travelled: Annotated[float, measured("m", -0.1, 10.0)]
    force: Annotated[float, measured("N", -1000.0, 1000.0)]
    reached: bool


class TransferArm(DeviceInterface):
    """Seven joints with encoders and brakes, and a force-torque sensor at the wrist.

    A motion answers when it has ended; brakes must be released before it. What is out of reach is
    rejected. Fault codes: `stall` (a joint did not follow its command, the text names it), `brake`
    (a brake did not move), `force` (unexpected contact during a free motion), `cold`, `no_power`.
    """

    fault_codes = ("stall", "brake", "force", "cold", "no_power")

    @reading()
    async def state(self) -> TransferArmState:
        """Encoders, currents, force and torque."""
        raise NotImplementedError

    @actuation(limit=30.0)
    async def set_brakes(self, engaged: bool) -> TransferArmState:
        """Engages or releases all brakes."""
        raise NotImplementedError

    @actuation(limit=3600.0)
    async def move_joints(self, joints: JointAngles) -> TransferArmState:
        """Turns all joints to these angles, together, through free space."""
        raise NotImplementedError

    @actuation(limit=3600.0)
    async def move_to_pose(
        self, position: Position, rotation: RotationMatrix, force_limit: ForceLimit
    ) -> StraightMotion:
        """Moves the tip in a straight line to a pose, and stops where the force is reached."""
        raise NotImplementedError

    @actuation(limit=10.0)
    async def stop(self) -> TransferArmState:
        """Ends the motion under way."""
        raise NotImplementedError


class ArmGripperState(Reading, frozen=True, kw_only=True):
    """Opening between the jaws (m) and the force on them (N)."""

    opening: Annotated[float, measured("m", -0.01, 0.3)]
    force: Annotated[float, measured("N", -20.0, 500.0)]


class ArmGripper(DeviceInterface):
    """The two jaws of the transfer arm; they centre what they grip, and hold it without power.

    Closing on nothing is no fault: force on the jaws does not prove that they hold something. Fault
    codes: `jam`, `no_power`.
    """

    fault_codes = ("jam", "no_power")

    @reading()
    async def state(self) -> ArmGripperState:
        """Opening and force."""
        raise NotImplementedError

    @actuation(limit=120.0, irreversible=True)
    async def open(self) -> ArmGripperState:
        """Opens the jaws."""
        raise NotImplementedError

    @actuation(limit=120.0)
    async def close(self) -> ArmGripperState:
        """Closes the jaws until the force is reached."""
        raise NotImplementedError


class VehicleSighting(Reading, frozen=True, kw_only=True):
    """A vehicle by its fiducial marks: its centre on the ground and the direction of its heading,
    radians from the base's x axis towards y. Invalid when it is not in sight."""

    position: list[float]
    heading: float


class TargetSighting(Reading, frozen=True, kw_only=True):
    """A target seen from the gripper: its place in the tip frame (m), in which a tip that stands
    right has x = y = 0; whether a tube is in it, and what can be read of the tube's engraving.
    `debris`: something lies in the socket. Invalid when the target is not in view."""

    position: list[float]
    tube_present: bool
    serial: str = ""
    debris: bool = False


class GripperView(Reading, frozen=True, kw_only=True):
    """What is between the jaws; `serial` is empty when the engraving cannot be read."""

    tube_present: bool
    lid_present: bool
    serial: str = ""


class ArmCamera(DeviceInterface):
    """The camera beside the gripper, with the image processing that belongs to it.

    Targets: `rack:<slot>`, `port:<tube>` (Perseverance holds the tube out), `ground:<tube>`,
    `socket:<number>`, `lid` (its handle), `lid_seat`. Invalid in the dark beyond the reach of its
    lamp. Fault codes: `no_image`, `no_power`.
    """

    fault_codes = ("no_image", "no_power")

    @actuation(limit=600.0)
    async def survey(self, vehicle: TargetName) -> VehicleSighting:
        """Looks around for a vehicle, or with `tube:<tube>` for a tube on the ground.

        Of a tube it gives where the jaws take it by its nearer end, and the direction in which
        they come.
        """
        raise NotImplementedError

    @actuation(limit=600.0)
    async def locate(self, target: TargetName) -> TargetSighting:
        """Looks for a target in front of the gripper."""
        raise NotImplementedError

    @actuation(limit=600.0)
    async def view_gripper(self) -> GripperView:
        """Looks at the jaws."""
        raise NotImplementedError
