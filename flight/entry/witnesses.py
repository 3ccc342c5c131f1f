"""What the capsule does that cannot be undone, and by which reading it knows that it has happened.

It lets nothing go by itself: the orbiter lets it go, which its separation wires tell it.
"""

from flight.core.fault_protection.witnesses import Confirmation

TIMER_SET = Confirmation(
    "timer.set_entry", "timer.state", "the counter's own register, read again",
    "it is set again, and refused to whom has asked if it does not stay",
    own_sensor="the register is read apart from what writes it; the clock judges it in flight",
)  # fmt: skip
CONFIRMATIONS = (TIMER_SET,)
