"""What the arm's own code does so that one thing that goes wrong alone loses no tube."""

from flight.core.fault_protection.safeguards import Safeguard

INSERTION_FORCE = Safeguard(
    "insertion_force",
    "a tube that meets force before the bottom is not let go: it comes back, and another socket is "
    "tried",
    "Perseverance, 29 December 2021: pebbles stopped a bit 1 cm before its seat",
)
MECHANISM_REST = Safeguard(
    "mechanism_rest",
    "a mechanism that does not move is left alone (a stalled joint for an hour, brakes and jaws "
    "for a sol) and tried again before it is given up",
    "Curiosity, sol 1536, December 2016: a brake that did not release, and did later",
)
ARM_SAFEGUARDS = (MECHANISM_REST, INSERTION_FORCE)
