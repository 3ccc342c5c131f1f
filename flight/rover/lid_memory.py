"""Whether the rover's gripper may hold the lid of the container; survives a reboot."""

from typing import TYPE_CHECKING

from flight.core.commanding.commands import CommandRejected

if TYPE_CHECKING:
    from flight.rover.node import FetchRover

_KEY = "lid_in_gripper"


def note_lid(node: "FetchRover", held: bool) -> None:
    """Remembers it: before the jaws close on the lid, and after the camera has seen them empty."""
    if may_hold_lid(node) != held:
        node.storage.put("rover", _KEY, held)


def may_hold_lid(node: "FetchRover") -> bool:
    """Whether the lid is in the gripper, or may be since a motion was broken off."""
    return bool(node.storage.get("rover", _KEY))


def refuse_with_lid(node: "FetchRover") -> None:
    """Refuses a command that needs the arm free; raises CommandRejected."""
    if may_hold_lid(node):
        raise CommandRejected(
            "the lid of the container may be in the gripper; allowed after close_container_lid or "
            "open_container_lid"
        )
