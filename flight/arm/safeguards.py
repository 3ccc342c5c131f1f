"""What the arm's own code does so that one thing that goes wrong alone loses no tube."""

from flight.core.fault_protection.safeguards import Safeguard

INSERTION_FORCE = Safeguard(
    "insertion_force",
    "a tube that meets force before the bottom is not let go: it comes back, and another socket is "
    "tried",
    "Perseverance, 29 December 2021: pebbles stopped a bit 1 cm before its seat",
)
ARM_SAFEGUARDS = (INSERTION_FORCE,)
