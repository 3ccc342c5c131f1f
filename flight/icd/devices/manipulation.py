"""A rover's arm, its gripper, and the rack that it fills."""

from math import pi
from typing import Annotated, Literal

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

RACK_SLOTS = 36
"""Tubes that the rack of the fetch rover holds."""

Slot = Annotated[int, msgspec.Meta(ge=0, lt=RACK_SLOTS)]
LidPlace = Literal["stand", "seat"]
"""Where the lid of the container is at home: beside the container when that is open, or on it."""
Coordinate = Annotated[float, msgspec.Meta(ge=-5, le=5)]


class ArmState(Reading, frozen=True, kw_only=True):
    """Joint angles (six, radians) by encoders, the named pose it is in, motor temperature (K).

    `pose`: stowed, presented, slot, container, lid, place, or moving.
    """

    joints: Annotated[list[float], measured("rad", -7.0, 7.0)]
    pose: str
    temperature: Annotated[float, measured("K", 100.0, 450.0)]


class LidMotion(Reading, frozen=True, kw_only=True):
    """Greatest force in N against the way down, and how high the jaws ended over the place of the
    lid's handle by the joint angles, in m (below zero: the arm has given way while it pressed)."""

    force: Annotated[float, measured("N", -200.0, 200.0)]
    height: Annotated[float, measured("m", -1.0, 1.0)]


class RoverArm(DeviceInterface):
    """The six-joint arm of the fetch rover; a motion answers when it has ended.

    A place out of reach or through the rover's own body is rejected. Fault codes: `stall` (a joint
    did not move as commanded), `reach` (a place on the lander is too far from where the rover
    stands), `cold`, `no_power`.
    """

    fault_codes = ("stall", "reach", "cold", "no_power")

    @reading()
    async def state(self) -> ArmState:
        """Joint angles, pose, temperature."""
        raise NotImplementedError

    @actuation(limit=600.0)
    async def move_to(
        self,
        ahead: Coordinate,
        right: Coordinate,
        up: Coordinate,
        heading: Annotated[float, msgspec.Meta(ge=-pi, le=pi)] = 0.0,
    ) -> ArmState:
        """Brings the gripper to a place (m from the centre of the vehicle, `up` from the ground),
        pointing down, its jaws across an axis at `heading` (radians from the vehicle's heading).
        """
        raise NotImplementedError

    @actuation(limit=600.0)
    async def move_to_slot(self, slot: Slot) -> ArmState:
        """Brings the gripper, with or without a tube, down to a slot of the rack."""
        raise NotImplementedError

    @actuation(limit=600.0)
    async def move_to_container(self, socket: Annotated[int, msgspec.Meta(ge=0)]) -> ArmState:
        """Brings the gripper to a socket of the container; the rover must be docked."""
        raise NotImplementedError

    @actuation(limit=600.0)
    async def move_to_lid(
        self, place: LidPlace, force_limit: Annotated[float, msgspec.Meta(ge=1, le=60)] = 20.0
    ) -> LidMotion:
        """Brings the gripper, with or without the lid, down to where the lid's handle is on its
        stand or on its seat; stops at the force. The rover must be docked."""
        raise NotImplementedError

    @actuation(limit=600.0)
    async def present(self) -> ArmState:
        """Holds the gripper before the camera."""
        raise NotImplementedError

    @actuation(limit=600.0)
    async def stow(self) -> ArmState:
        """Folds the arm for driving."""
        raise NotImplementedError


class GripperState(Reading, frozen=True, kw_only=True):
    """Opening between the jaws in m, and the force between them in N."""

    opening: Annotated[float, measured("m", -0.01, 0.3)]
    force: Annotated[float, measured("N", -20.0, 500.0)]


class Gripper(DeviceInterface):
    """Two jaws with a position and a force sensor.

    Fault codes: `jam`, `no_power`. Closing on nothing is no fault: the jaws meet each other and the
    force rises as on a tube.
    """

    fault_codes = ("jam", "no_power")

    @reading()
    async def state(self) -> GripperState:
        """Opening and force."""
        raise NotImplementedError

    @actuation(limit=60.0, irreversible=True)
    async def open(self) -> GripperState:
        """Opens the jaws fully; what they held is let go."""
        raise NotImplementedError

    @actuation(limit=60.0)
    async def close(self) -> GripperState:
        """Closes the jaws until the force is reached."""
        raise NotImplementedError


class RackState(Reading, frozen=True, kw_only=True):
    """For each slot, whether its seat sensor says that a tube sits in it."""

    seated: list[bool]


class TubeRack(DeviceInterface):
    """The rack on the rover's deck, a seat sensor in each slot.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> RackState:
        """All seat sensors at once; a reading may rarely be false, so ask more than once."""
        raise NotImplementedError
