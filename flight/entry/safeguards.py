"""What the capsule's own code does so that one wrong sensor alone costs no entry."""

from flight.core.fault_protection.safeguards import Safeguard

ENTRY_VOTE = Safeguard(
    "entry_vote",
    "two of g-switch, accelerometer and timer tell the entry and its end",
    "Genesis, September 2004: the g-switches were built in upside down, no parachute",
)
ENTRY_SAFEGUARDS = (ENTRY_VOTE,)
