"""What the rover does that cannot be undone, and who sees that it has happened."""

from flight.core.fault_protection.witnesses import Confirmation

CONFIRMATIONS = (
    Confirmation(
        "gripper.open", "stereo_camera.view_gripper", "the camera sees whether the jaws are empty",
        "the tube is held still, and another slot or socket is tried",
    ),
    Confirmation(
        "solar_array.deploy", "solar_array.state", "its end switches",
        "it is deployed again; the rover works with what it has",
        own_sensor="end switches and the array's current are apart from its motors",
    ),
)  # fmt: skip
