"""What the orbiter does that cannot be undone, and by which reading it knows that it is done."""

from flight.core.fault_protection.witnesses import Confirmation

BOX = "containment.state"
APART = "switches and gauges are read again after the motion's end, apart from what moves"

LID = Confirmation(
    "capture_cone.close_on_trigger", BOX, "the load cell of the cage feels the container",
    "the orbiter backs off, looks, and comes again",
)  # fmt: skip
STERILISED = Confirmation(
    "containment.sterilise", BOX, "thermometers have seen it hot for long enough",
    "what is missing is heated again", own_sensor=APART,
)  # fmt: skip
SEALED = Confirmation(
    "containment.seal", BOX, "helium does not leak", "it is shrunk on again", own_sensor=APART
)
INSERTED = Confirmation(
    "containment.insert_into_capsule", BOX, "the capsule's seat and lid switches",
    "it is carried again; the capsule's own switches have the last word", own_sensor=APART,
)  # fmt: skip
RELEASED = Confirmation(
    "capsule_release.release", "capsule_release.state", "both separation switches are open",
    "it is tried again after half an hour, as long as there is time", own_sensor=APART,
)  # fmt: skip
BURNT = Confirmation(
    "main_engine.burn", "inertial_unit.state", "the velocity that was felt",
    "what is missing is burnt in addition; tracking has the last word",
)  # fmt: skip
CONFIRMATIONS = (LID, STERILISED, SEALED, INSERTED, RELEASED, BURNT)
