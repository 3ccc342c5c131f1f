"""Which protections of a run are off: tests and drills show what each of them is for.

Those of the tables of fault protection have names of their own; the structural ones are the parts
below. One that is off is replaced by a part that lets everything pass, where the run is composed.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from flight.core.fault_protection.structure import Structure
from flight.icd.checksum import is_whole
from flight.icd.envelope import Envelope, read_envelope, read_envelope_unchecked
from flight.icd.frames import ReadFrame, read_frame, read_frame_unchecked

ALL = "*"
ENVELOPE_CHECKSUM = "envelope_checksum"
FRAME_CHECKSUM = "frame_checksum"
READING_GATE = "reading_gate"


@dataclass(frozen=True)
class Parts:
    """What does the structural protections of one run."""

    read_envelope: Callable[[bytes], Envelope] = read_envelope
    read_frame: ReadFrame = read_frame
    is_whole: Callable[[bytes], bool] = is_whole
    structure: Structure = field(default_factory=Structure)


def is_off(name: str, off: Collection[str]) -> bool:
    """Whether a protection is among those that are off; `*` stands for all."""
    return name in off or ALL in off


def parts_without(off: Collection[str]) -> Parts:
    """The parts of a run in which some protections are off; other names are passed over."""
    bus_is_open = is_off(ENVELOPE_CHECKSUM, off)
    frames_are_open = is_off(FRAME_CHECKSUM, off)
    frame = read_frame_unchecked if frames_are_open else read_frame
    return Parts(
        read_envelope=read_envelope_unchecked if bus_is_open else read_envelope,
        read_frame=frame,
        is_whole=_always if frames_are_open else is_whole,
        structure=Structure(read_frame=frame, gate_is_open=is_off(READING_GATE, off)),
    )


def _always(data: bytes) -> bool:
    return True
