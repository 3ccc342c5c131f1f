"""What the MAV does that cannot be undone, and by which reading it knows that it has happened."""

from flight.core.fault_protection.witnesses import Confirmation

FELT = "inertial_unit.increments"
WIRES = "separation.state"
OWN_WIRES = "break wires are sensors apart from the springs, read after the motion's end"
SPREAD = "the other initiator, after pauses that grow"

CONFIRMATIONS = (
    Confirmation(
        "ejector.eject", FELT, "no weight is felt any more; no motor is lit before that",
        "it stays where it is, and no motor is lit",
    ),
    Confirmation("first_igniter.fire", FELT, "thrust is felt", "the other bridge wire"),
    Confirmation("second_igniter.fire", FELT, "thrust is felt", SPREAD),
    Confirmation(
        "separation.separate_stage", WIRES, "its break wire is open", SPREAD, own_sensor=OWN_WIRES
    ),
    Confirmation(
        "separation.release_fairing", WIRES, "its break wire is open", SPREAD, own_sensor=OWN_WIRES
    ),
    Confirmation(
        "separation.release_container", WIRES, "its break wire is open", SPREAD,
        own_sensor=OWN_WIRES,
    ),
    Confirmation(
        "container.latch", "container.state", "the switch of the latch",
        "it is told to the ground, and tried again by command",
        own_sensor="the switch lies behind the latch, and is read again after the motion",
    ),
)  # fmt: skip
