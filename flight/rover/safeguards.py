"""What the rover's own code does so that one thing that goes wrong alone loses no tube."""

from flight.core.fault_protection.safeguards import Safeguard
from flight.surface.safeguards import DRIVING_SAFEGUARDS

GRASP_EVIDENCE = Safeguard(
    "grasp_evidence",
    "a tube is in the gripper when the camera sees it there, not when the jaws have closed",
    "Perseverance, sol 164: the sequence ended well and the tube was empty",
)
ROVER_SAFEGUARDS = (*DRIVING_SAFEGUARDS, GRASP_EVIDENCE)
