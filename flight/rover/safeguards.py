"""What the rover's own code does so that one thing that goes wrong alone loses no tube."""

from flight.core.fault_protection.safeguards import Safeguard
from flight.surface.safeguards import DRIVING_SAFEGUARDS

GRASP_EVIDENCE = Safeguard(
    "grasp_evidence",
    "a tube is in the gripper when the camera sees it there, not when the jaws have closed",
    "Perseverance, sol 164: the sequence ended well and the tube was empty",
)
RELAXED_WAKING = Safeguard(
    "relaxed_waking",
    "after sols in which the rule for waking was not met it works by what is stored above the "
    "charge to wake with, and by day it sleeps while there is less",
    "Zhurong, May 2022: 140 W and -15 C to wake with were never met again",
)
DEVICE_REST = Safeguard(
    "device_rest",
    "a joint that does not move or a camera that sees nothing is left alone, for half an hour to "
    "a sol, before what needs it is given up",
    "Opportunity, sol 654, November 2005: a joint of the arm stalled, and moved again after a rest",
)
ROVER_SAFEGUARDS = (*DRIVING_SAFEGUARDS, GRASP_EVIDENCE, RELAXED_WAKING, DEVICE_REST)
