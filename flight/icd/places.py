"""The places of a sample tube: how ledgers, world, reports and procedures name them all alike."""

from typing import Final

PERSEVERANCE: Final = "perseverance"
GROUND: Final = "ground"
ROVER_GRIPPER: Final = "rover_gripper"
ROVER_RACK: Final = "rover_rack"
ARM_GRIPPER: Final = "arm_gripper"
CONTAINER: Final = "container"
MAV: Final = "mav"
"""The container, sealed, in the MAV."""
ORBIT: Final = "orbit"
ORBITER: Final = "orbiter"
ENTRY_CAPSULE: Final = "entry_capsule"
EARTH: Final = "earth"

GRIPPERS: Final = (ROVER_GRIPPER, ARM_GRIPPER)
"""Those that hold one tube at most."""

PLACES: Final = (
    PERSEVERANCE, GROUND, ROVER_GRIPPER, ROVER_RACK, ARM_GRIPPER, CONTAINER, MAV, ORBIT, ORBITER,
    ENTRY_CAPSULE, EARTH,
)  # fmt: skip
"""All of them, in the order of a tube's way."""

BROUGHT_BY: Final = {
    PERSEVERANCE: "perseverance", ROVER_GRIPPER: "rover", ROVER_RACK: "rover", ARM_GRIPPER: "arm",
    CONTAINER: "mav", MAV: "mav", ORBIT: "mav", ORBITER: "orbiter", ENTRY_CAPSULE: "entry",
    EARTH: "entry",
}  # fmt: skip
"""The vehicle without which no tube comes to a place."""

IN_TRANSIT: Final = "in transit"
UNKNOWN: Final = "unknown"
UNREPORTED: Final = "unreported"
NOWHERE: Final = (IN_TRANSIT, UNKNOWN, UNREPORTED)
"""What the ground says of a tube of which no place can be named."""
