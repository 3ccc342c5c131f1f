"""What radios carry: a frame with its checksum, the same over every hop between two computers.

Whoever makes the frame seals it. Each storey that takes it looks at the checksum before it does
anything with it (the radio, the relay orbiter, the station, and at last who reads it); none opens
and seals it anew, so that what one of them did to it is found by the next.
"""

from collections.abc import Callable

from flight.icd.checksum import opened, opened_unchecked, sealed
from flight.icd.codec import CodecError, encode
from flight.icd.messages import Frame, decode_message

ReadFrame = Callable[[bytes], Frame]


def write_frame(frame: Frame) -> bytes:
    """The bytes of a frame; raises CodecError for one that is too large."""
    return sealed(encode(frame))


def read_frame(data: bytes) -> Frame:
    """The frame in some bytes; raises Corrupt when they were changed, CodecError when there is
    none."""
    return _frame(opened(data))


def read_frame_unchecked(data: bytes) -> Frame:
    """The frame in some bytes, changed or not: what a drill puts in place of `read_frame`."""
    return _frame(opened_unchecked(data))


def _frame(data: bytes) -> Frame:
    frame = decode_message(data)
    if not isinstance(frame, Frame):
        raise CodecError("not a frame")
    return frame
