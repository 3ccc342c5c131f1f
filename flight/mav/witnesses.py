"""What the MAV does that cannot be undone, and by which reading it knows that it has happened."""

from flight.core.fault_protection.witnesses import Confirmation

FELT = "inertial_unit.increments"
WIRES = "separation.state"
OWN_WIRES = "break wires are sensors apart from the springs, read after the motion's end"
SPREAD = "the other initiator, after pauses that grow"

EJECTED = Confirmation(
    "ejector.eject", FELT, "no weight is felt any more; no motor is lit before that",
    "it stays where it is, and no motor is lit",
)  # fmt: skip
OUT_OF_TUBE = Confirmation(
    "ejector.eject", "ejector.state", "the switch in its tube is open",
    "no motor is lit, though a fall is felt", own_sensor="the switch lies apart from the springs",
)  # fmt: skip
FIRST_LIT = Confirmation(
    "first_igniter.fire", FELT, "thrust is felt", "the other bridge wire"
)
SECOND_LIT = Confirmation("second_igniter.fire", FELT, "thrust is felt", SPREAD)
STAGE_GONE = Confirmation(
    "separation.separate_stage", WIRES, "its break wire is open", SPREAD, own_sensor=OWN_WIRES
)
FAIRING_GONE = Confirmation(
    "separation.release_fairing", WIRES, "its break wire is open", SPREAD, own_sensor=OWN_WIRES
)
LET_GO = Confirmation(
    "separation.release_container", WIRES, "its break wire is open", SPREAD, own_sensor=OWN_WIRES
)
SEALED = Confirmation(
    "container.latch", "container.state", "the switch of the latch",
    "it is told to the ground, and tried again by command",
    own_sensor="the switch lies behind the latch, and is read again after the motion",
)  # fmt: skip
CONFIRMATIONS = (
    EJECTED, OUT_OF_TUBE, FIRST_LIT, SECOND_LIT, STAGE_GONE, FAIRING_GONE, LET_GO, SEALED,
)  # fmt: skip
