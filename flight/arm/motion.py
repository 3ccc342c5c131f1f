"""Motions of the arm: free moves over a way point, straight moves, and visual servoing."""

import math
from collections.abc import Sequence

from flight.arm.device_calls import MechanismFailed, persist, persist_sound
from flight.arm.kinematics import sighted, standoff
from flight.arm.vehicle import ArmVehicle
from flight.core.activities import ActivityFailed
from flight.icd.devices.transfer_arm import StraightMotion, TargetSighting
from flight.icd.devices.transfer_arm_geometry import (
    READY,
    STANDOFF,
    STOWED,
    Pose,
    Unreachable,
    forward,
    inverse,
    scaled,
)

ALIGNED = 0.0025  # m across within which the arm goes on
AT_HOME = 0.02  # rad


class NotSeen(ActivityFailed):
    """The target was not seen from where it should be in view."""


def is_at(joints: Sequence[float], home: Sequence[float]) -> bool:
    """Whether all joints (rad) are where they are at a place that it rests at."""
    return max(abs(a - b) for a, b in zip(joints, home, strict=True)) <= AT_HOME


async def release_brakes(node: ArmVehicle) -> None:
    """Makes the arm ready to move."""
    await persist(node, lambda: node.hardware.arm.set_brakes(False))


async def hold(node: ArmVehicle) -> None:
    """Ends what moves and engages the brakes."""
    await persist(node, node.hardware.arm.stop)
    await persist(node, lambda: node.hardware.arm.set_brakes(True))


async def tip(node: ArmVehicle) -> Pose:
    """Where the encoders say that the tip is."""
    state = await persist_sound(node, node.hardware.arm.state)
    return forward(state.joints)


async def go(node: ArmVehicle, joints: tuple[float, ...]) -> None:
    """A free move of the joints."""
    state = await persist(node, lambda: node.hardware.arm.move_joints(list(joints)))
    node.show(state)


async def line(node: ArmVehicle, target: Pose, force_limit: float | None = None) -> StraightMotion:
    """A straight move of the tip, until it is there or the force is reached."""
    limit = node.parameters["free_force_limit"] if force_limit is None else force_limit
    rotation = [element for row in target.rotation for element in row]
    motion = await persist_sound(
        node, lambda: node.hardware.arm.move_to_pose(list(target.position), rotation, limit)
    )
    node.contact_force = motion.force
    return motion


async def retreat(node: ArmVehicle) -> None:
    """Backs out of wherever the tip is, along its axis, before the arm turns freely."""
    state = await persist_sound(node, node.hardware.arm.state)
    if any(is_at(state.joints, home) for home in (READY, STOWED)):
        return
    here = forward(state.joints)
    for distance in (STANDOFF, 0.5 * STANDOFF):
        try:
            await line(node, standoff(here, distance))
            return
        except MechanismFailed:
            raise
        except ActivityFailed:  # out of reach: there is less way to go back
            continue


async def transit(node: ArmVehicle, pose: Pose) -> None:
    """A free move to before a place, by way of the ready position."""
    try:
        joints = inverse(pose, READY)
    except Unreachable as error:
        raise ActivityFailed(f"out of reach: {error}") from error
    await retreat(node)
    await go(node, READY)
    await go(node, joints)


async def look(node: ArmVehicle, target: str) -> TargetSighting:
    """The target in the tip frame; raises NotSeen after several images without it."""
    for _ in range(node.parameters["images"]):
        sighting = await persist(node, lambda: node.hardware.camera.locate(target))
        if sighting.valid:
            return sighting
    raise NotSeen(f"{target} is not in view")


async def servo(node: ArmVehicle, target: str, nominal: Pose) -> tuple[Pose, TargetSighting]:
    """Stands before a target by what the camera sees; returns the pose at it, as seen last.

    The camera looks from the gripper, so that errors of encoders and links, and the droop of the
    arm, cancel.
    """
    await transit(node, standoff(nominal, STANDOFF))
    for _ in range(node.parameters["servo_steps"]):
        here = await tip(node)
        sightings = [await look(node, target) for _ in range(node.parameters["images_averaged"])]
        total = [math.fsum(s.position[axis] for s in sightings) for axis in range(3)]
        mean = scaled((total[0], total[1], total[2]), 1.0 / len(sightings))
        goal = sighted(here, mean)
        if max(abs(mean[0]), abs(mean[1]), abs(mean[2] - STANDOFF)) < ALIGNED:
            return goal, sightings[-1]
        await line(node, standoff(goal, STANDOFF))
    return goal, sightings[-1]
