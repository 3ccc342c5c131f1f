"""Whether the rover's gripper may hold the lid of the container; survives a reboot."""


from flight.core.commanding.commands import CommandRejected
from flight.rover.vehicle import RoverVehicle


def note_lid(node: RoverVehicle, held: bool) -> None:
    """Remembers it: before the jaws close on the lid, and after the camera has seen them empty."""
    if may_hold_lid(node) != held:
        node.lid_in_gripper = held


def may_hold_lid(node: RoverVehicle) -> bool:
    """Whether the lid is in the gripper, or may be since a motion was broken off."""
    return node.lid_in_gripper


def refuse_with_lid(node: RoverVehicle) -> None:
    """Refuses a command that needs the arm free; raises CommandRejected."""
    if may_hold_lid(node):
        raise CommandRejected(
            "the lid of the container may be in the gripper; allowed after close_container_lid or "
            "open_container_lid"
        )
