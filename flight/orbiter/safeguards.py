"""What the orbiter's own code does so that one thing that goes wrong alone ends no mission."""

from flight.core.fault_protection.safeguards import Safeguard

TARGET_GATE = Safeguard(
    "target_gate",
    "an orbit that the ground loads is taken only if a container can be on it, and be reached",
    "Mars Climate Orbiter, September 1999: pound-force seconds taken for newton seconds",
)
SAFE_POWER = Safeguard(
    "safe_power",
    "in the safe state the battery is looked at: while it loses, the arrays follow the Sun by "
    "themselves, whatever angle was loaded",
    "Mars Global Surveyor, November 2006: the safe attitude had the battery in the Sun",
)
BURN_COMPLETED = Safeguard(
    "burn_completed",
    "a burn that was cut off is completed at once, or planned anew, by what was felt of it",
    "NEAR, December 1998: a burn was aborted by a transient, and the rendezvous came a year later",
)
ALL_STELLAR = Safeguard(
    "all_stellar",
    "a burn that no inertial unit can measure is taken as it was told to the engines, less well "
    "known, and tracking and stars have the last word",
    "MAVEN, February 2022: both inertial units erratic, three months until it flew by stars alone",
)
ORBITER_SAFEGUARDS = (TARGET_GATE, SAFE_POWER, BURN_COMPLETED, ALL_STELLAR)
