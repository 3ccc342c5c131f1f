"""What the arm does that cannot be undone, and who sees that it has happened."""

from flight.core.fault_protection.witnesses import Confirmation

CONFIRMATIONS = (
    Confirmation(
        "gripper.open", "camera.locate", "the camera sees the tube where it was put",
        "who takes the tube decides by its own sensor; jaws that may hold one stay closed",
        same_switch="without power jaws stay as they are; what takes the tube is on another switch",
    ),
)  # fmt: skip
