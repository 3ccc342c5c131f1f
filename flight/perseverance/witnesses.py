"""What Perseverance does that cannot be undone, and who sees that it has happened."""

from flight.core.fault_protection.witnesses import Confirmation

CONFIRMATIONS = (
    Confirmation(
        "bit_carousel.release", "stereo_camera.find_tubes", "the tube lies on the ground",
        "a tube that the port's switch still feels is held; one that nobody sees is unknown",
    ),
)  # fmt: skip
