"""What the MAV does that cannot be undone, and by which reading it knows that it has happened."""

from flight.core.fault_protection.witnesses import Confirmation

CONFIRMATIONS = (
    Confirmation(
        "ejector.eject",
        "inertial_unit.increments",
        "no weight is felt any more; no motor is lit before that",
    ),
    Confirmation("first_igniter.fire", "inertial_unit.increments", "thrust is felt"),
    Confirmation("second_igniter.fire", "inertial_unit.increments", "thrust is felt"),
    # The springs and the break wires are one device to the computer: the wires are sensors of their
    # own, and are read after the motion's end.
    Confirmation("separation.separate_stage", "separation.state", "its break wire is open"),
    Confirmation("separation.release_fairing", "separation.state", "its break wire is open"),
    Confirmation("separation.release_container", "separation.state", "its break wire is open"),
)
