"""Which protections of a run are off: tests and drills show what each of them is for.

Those of the tables of fault protection have names of their own; the structural ones are the parts
below. One that is off is replaced by a part that lets everything pass, where the run is composed.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError
from flight.core.commanding.arming import ARM_AND_FIRE
from flight.core.fault_protection.structure import ALL, Structure
from flight.core.fault_protection.witnesses import WITNESSES
from flight.core.keeping.opening import CRIPPLED_BOOT
from flight.core.keeping.parameters import READ_BACK
from flight.core.telling.quotas import PRODUCER_QUOTA
from flight.icd.checksum import is_whole
from flight.icd.envelope import Envelope, read_envelope, read_envelope_unchecked
from flight.icd.frames import ReadFrame, read_frame, read_frame_unchecked
from ground.missions.protection_files import load_protection, protection_names
from ground.testbed.computers.sides import CROSS_STRAP, SIDE_SWAP
from ground.testbed.participants.vehicles import vehicle_classes

ENVELOPE_CHECKSUM = "envelope_checksum"
FRAME_CHECKSUM = "frame_checksum"
READING_GATE = "reading_gate"
ARMING_RELAYS = "arming_relays"
STORE_GUARD = "store_guard"
WATCHDOG = "watchdog"
STRUCTURAL = {
    ENVELOPE_CHECKSUM: "messages on the bus that were changed on their way are dropped",
    FRAME_CHECKSUM: "radio frames that were changed on their way are dropped",
    READING_GATE: "readings that cannot be true do not reach who asked for them",
    ARMING_RELAYS: "what cannot be undone has a relay besides its output, closed while it is told",
    STORE_GUARD: "a node whose store fails flies on from memory",
    WATCHDOG: "a computer whose software stands still is started anew",
    SIDE_SWAP: "a computer that starts again and again, or stands again, gives way to the other",
    CROSS_STRAP: "a computer that takes over reads the memory of the one before",
    WITNESSES.name: WITNESSES.doc,
    READ_BACK.name: READ_BACK.doc,
    ARM_AND_FIRE.name: ARM_AND_FIRE.doc,
    PRODUCER_QUOTA.name: PRODUCER_QUOTA.doc,
    CRIPPLED_BOOT.name: CRIPPLED_BOOT.doc,
}


@dataclass(frozen=True)
class Parts:
    """What does the structural protections of one run."""

    read_envelope: Callable[[bytes], Envelope] = read_envelope
    read_frame: ReadFrame = read_frame
    is_whole: Callable[[bytes], bool] = is_whole
    store_guard: bool = True  # else a store that fails is an error of who writes
    watchdog: bool = True
    arming_relays: bool = True
    side_swap: bool = True
    cross_strap: bool = True
    structure: Structure = field(default_factory=Structure)


def is_off(name: str, off: Collection[str]) -> bool:
    """Whether a protection is among those that are off; `*` stands for all."""
    return name in off or ALL in off


def known_protections(vehicles: Iterable[str]) -> dict[str, str]:
    """What can be off in a run of these vehicles: names, and what each does."""
    names = dict(STRUCTURAL)
    for kind in vehicle_classes(vehicles):
        for name, doc in protection_names(load_protection(kind.name)).items():
            names.setdefault(name, doc)
        names.update({each.name: each.doc for each in kind.safeguards})
    return names


def check_protections(off: Iterable[str], vehicles: Iterable[str]) -> None:
    """Refuses a name that no protection has; raises ConfigurationError."""
    known = known_protections(vehicles)
    for name in off:
        if name != ALL and name not in known:
            allowed = f"* (all of them) or {choices_words(name, list(known), '')}"
            raise ConfigurationError("command line", None, "protection", f"= {name!r}: {allowed}")


def parts_without(off: Collection[str]) -> Parts:
    """The parts of a run in which some protections are off; names of tables are passed over."""
    bus_is_open = is_off(ENVELOPE_CHECKSUM, off)
    frames_are_open = is_off(FRAME_CHECKSUM, off)
    frame = read_frame_unchecked if frames_are_open else read_frame
    return Parts(
        read_envelope=read_envelope_unchecked if bus_is_open else read_envelope,
        read_frame=frame,
        is_whole=_always if frames_are_open else is_whole,
        store_guard=not is_off(STORE_GUARD, off),
        watchdog=not is_off(WATCHDOG, off),
        arming_relays=not is_off(ARMING_RELAYS, off),
        side_swap=not is_off(SIDE_SWAP, off),
        cross_strap=not is_off(CROSS_STRAP, off),
        structure=Structure(
            read_frame=frame, gate_is_open=is_off(READING_GATE, off), left_out=frozenset(off)
        ),
    )


def _always(data: bytes) -> bool:
    return True
