"""What the MAV's own code does so that one thing that goes wrong alone costs no launch."""

from flight.core.fault_protection.safeguards import Safeguard

LAUNCH_CHECKS = Safeguard(
    "launch_checks",
    "the count holds while a check fails, and the launch is scrubbed when the window closes",
    "Philae, November 2014: landed though the hold-down thruster had failed its check",
)
MAV_SAFEGUARDS = (LAUNCH_CHECKS,)
